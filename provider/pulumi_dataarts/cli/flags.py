"""Flags of `dataarts` itself, which may stand anywhere on the line, as with `pulumi`; and the log that they ask for."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterable
from itertools import islice
from typing import Final

_VALUED: Final = frozenset({"-C", "--cwd", "--color", "-v", "--verbose"})
_PLAIN: Final = frozenset({"--logtostderr", "--non-interactive"})
_JOINED: Final = re.compile(r"(-v)(\d+)")


def hoisted(arguments: Iterable[str]) -> list[str]:
    """Return a command line with the flags of `dataarts` itself first."""
    ours: list[str] = []
    rest: list[str] = []
    words = iter(arguments)
    for word in words:
        name, equals, value = word.partition("=")
        if word == "--":
            rest += [word, *words]
        elif word in _PLAIN:
            ours.append(word)
        elif name in _VALUED:
            ours += [name, *([value] if equals else islice(words, 1))]
        elif joined := _JOINED.fullmatch(word):
            ours += joined.groups()
        else:
            rest.append(word)
    return [*ours, *rest]


def begin_log(*, to_stderr: bool) -> None:
    """Log what we do, and have the processes of our providers do the same. Secrets are redacted.

    Only our own log: other packages' may show what they send, tokens among it.
    """
    from pulumi_dataarts.engine.provider_host import LOG, start_log

    path = "-"
    if not to_stderr:
        handle, path = tempfile.mkstemp(prefix="dataarts-", suffix=".log")
        os.close(handle)
        print(f"logging to {path}", file=sys.stderr)
    os.environ[LOG] = path
    start_log(path)
