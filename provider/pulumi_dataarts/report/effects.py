"""What a step does besides, asked of the resource's handler: where no provider is asked, or its answer is not told."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

from pulumi_dataarts.lifecycle.changes import changes
from pulumi_dataarts.lifecycle.handler import Handler, effects_of_changing
from pulumi_dataarts.model.values import Properties

_ROOMS: Final = ("cdm", "dlf", "dli", "obs")


def of_step(type: str, known: Properties | None, declared: Properties | None) -> list[str]:
    """Return the effects of a create, a change or a delete; none for resources of others.

    Args:
        type: the short type, such as `cdm:Job`.
        known: the old outputs, plain; None for a create.
        declared: the new inputs, plain; None for a delete.
    """
    handler = _handler(type)
    if handler is None:
        return []
    if known is None or declared is None:
        return handler.effects_of_making(declared or {}) if known is None else handler.effects_of_removing(known)
    return effects_of_changing(handler, known, declared, changes(handler.inputs, known, declared))


def _handler(type: str) -> Handler[Any] | None:
    room, _, name = type.partition(":")
    resource = getattr(import_module(f"pulumi_dataarts.{room}"), name, None) if room in _ROOMS else None
    handler: Handler[Any] | None = resource.provider.handler if resource else None
    return handler
