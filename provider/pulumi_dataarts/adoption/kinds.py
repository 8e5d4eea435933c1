"""Which resources there are, by their short type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pulumi_dataarts import cdm, dlf, dli, obs
from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.lifecycle.adapter import DynamicProvider

_ROOMS: Final = {"cdm": cdm, "dlf": dlf, "dli": dli, "obs": obs}
PREFIX: Final = "pulumi-python:dynamic/"


def kinds() -> Mapping[str, type[DynamicProvider]]:
    """Return the provider of each resource type, `cdm:Job` and so on."""
    found = {f"{room}:{name}": getattr(module, name) for room, module in _ROOMS.items() for name in module.__all__}
    return {type: item.provider for type, item in found.items() if hasattr(item, "provider")}


def kind(type: str) -> tuple[str, type[DynamicProvider]]:
    """Return the short type and the provider that a type, written short or in full, means.

    Raises:
        ConfigError: there is no such type.
    """
    short = type.removeprefix(PREFIX).replace(".", ":")
    known = kinds()
    if short not in known:
        raise ConfigError(f"there is no resource type {type!r}", hint=f"There are {', '.join(sorted(known))}.")
    return short, known[short]
