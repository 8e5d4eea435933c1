"""Our own resources' providers, for the engine to run in its own process."""

from __future__ import annotations

import base64
import importlib
import logging
import os
import pickletools
import sys
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pulumi.dynamic import ResourceProvider

    from pulumi_dataarts.lifecycle.adapter import DynamicProvider

_OWN: Final = "pulumi_dataarts."


class OwnProviders:
    """Knows every provider of this distribution by its pickled text, which is no more than the name of its class."""

    def opened(self, say: Callable[[str], None], *, dry_run: bool) -> Callable[[str], ResourceProvider | None]:
        """Return what finds a provider for one run: with sessions of its own, which tell people by `say`."""
        from pulumi_dataarts.huawei.session import Sessions

        _begin_log()
        if not dry_run:  # takes a while, in which the program gets to its first resource
            threading.Thread(target=importlib.import_module, args=("httpx",), daemon=True).start()
        sessions = Sessions(say)

        def find(text: str) -> ResourceProvider | None:
            provider = _named_by(text)
            return None if provider is None else provider(sessions)

        return find


def _begin_log() -> None:
    """Log where the environment says so, as a host process does; a flag may have seen to it already."""
    from pulumi_dataarts.engine.provider_host import LOG, start_log

    place = os.environ.get(LOG)
    if place and not logging.getLogger(_OWN.removesuffix(".")).handlers:
        start_log(place)


@cache
def _named_by(text: str) -> type[DynamicProvider] | None:
    """Return our provider that a pickle is of, found by the names in it; nothing is unpickled."""
    from pulumi.dynamic.dynamic import serialize_provider

    from pulumi_dataarts.lifecycle.adapter import DynamicProvider

    names = _names(text)
    if len(names) != 2 or not names[0].startswith(_OWN):
        return None
    module, name = names
    found = getattr(importlib.import_module(module), name, None)
    if not (isinstance(found, type) and issubclass(found, DynamicProvider)):
        return None
    return found if str(serialize_provider(found())) == text else None


def _names(text: str) -> list[str]:
    try:
        return [
            argument
            for _, argument, _ in pickletools.genops(base64.b64decode(text, validate=True))
            if isinstance(argument, str)
        ]
    except ValueError:
        return []


def residents_for(interpreter: Path | None) -> OwnProviders | None:
    """Return what may run here for a program under an interpreter, None for the one that runs now.

    Nothing for another one: it may have other versions of our code.
    """
    is_other = interpreter is not None and interpreter.parent.resolve() != Path(sys.executable).parent.resolve()
    return None if is_other else OwnProviders()
