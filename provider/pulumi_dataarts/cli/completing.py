"""What a shell offers while somebody types: answered from a table that is made from the commands.

It runs with each press of the key, so it imports next to nothing: no click, no pathlib, no command. `make docs` makes
the table. A command in it is `{"about": line, "flags": {name: [kind, line]}, "arguments": [kind], "endless": bool,
"commands": {name: command}, "aliases": {name: name}}`; a kind is a list of words, or the name of what is meant.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import suppress

from pulumi_dataarts.cli import offered

SHELL = "_DATAARTS_COMPLETE"
TABLE = os.path.join(os.path.dirname(__file__), "completion.json")  # noqa: PTH118, PTH120
FLAG = "flag"
_FOLDER = ("-C", "--cwd")
_SPECIAL = "$*?[]()&;<>|'\"`\\ "


def main() -> int:
    """Print what the line in our arguments may go on with; nothing where files are meant: a shell knows those."""
    shell, arguments = os.environ[SHELL], sys.argv[1:]
    words = _split(arguments[0])[1:] if shell == "bash" else arguments
    shown = _shown_from(words[-1], arguments[1]) if shell == "bash" else 0
    for value, about in offers(words):
        print(WRITTEN[shell](value[shown:], about))
    return 0


def offers(words: list[str]) -> list[tuple[str, str]]:
    """Return what the last of the words, which may be empty, can become; each with a line about it."""
    with open(TABLE, encoding="utf-8") as file:  # noqa: PTH123
        line = Line(json.load(file))
    *done, last = words
    for word in done:
        line.take(word)
    name, equals, _ = last.partition("=")
    if not (equals and name in line.flags):
        return [offer for offer in line.offers(last) if offer[0].startswith(last)]
    return [(f"{name}={value}", about) for value, about in offers([*done, name, last[len(name) + 1 :]])]


class Line:
    """How far a command line has come: the command, how many arguments it was given, the flag that needs a value."""

    def __init__(self, root: dict) -> None:  # type: ignore[type-arg]
        self.root = self.command = root
        self.given = 0
        self.valued = ""
        self.folder = "."

    @property
    def flags(self) -> dict[str, list]:  # type: ignore[type-arg]
        """Those of `dataarts` itself may stand anywhere."""
        return {**self.command["flags"], **self.root["flags"]}

    def take(self, word: str) -> None:
        """Go on by a word that was typed."""
        if self.valued:
            self.folder = word if self.valued in _FOLDER else self.folder
            self.valued = ""
        elif word.startswith("-"):
            self.valued = word if self.flags.get(word, [FLAG])[0] != FLAG else ""
        elif below := self.command["commands"].get(self.command["aliases"].get(word, word)):
            self.command, self.given = below, 0
        else:
            self.given += 1

    def offers(self, last: str) -> Iterator[tuple[str, str]]:
        """Yield what may stand next, whatever has been typed of it."""
        if self.valued:
            yield from self._words(self.flags[self.valued][0])
        elif last.startswith("-"):
            yield from ((name, about) for name, (_, about) in self.flags.items() if name.startswith("--"))
        else:
            yield from ((name, below["about"]) for name, below in self.command["commands"].items())
            arguments = self.command["arguments"]
            at = min(self.given, len(arguments) - 1) if self.command["endless"] else self.given
            yield from self._words(arguments[at] if at < len(arguments) else [])

    def _words(self, kind: str | list[str]) -> Iterator[tuple[str, str]]:
        known = kind if isinstance(kind, list) else sorted(LOOKED_UP.get(kind, _nothing)(self.folder))
        yield from ((word, "") for word in known)


def _nothing(folder: str) -> set[str]:
    return set()


def _split(line: str) -> list[str]:
    """Return the words of a line up to the cursor; the last is empty after a space."""
    import shlex

    for closing in ("", "'", '"'):
        with suppress(ValueError):
            return [*shlex.split(line + closing), *([""] if line[-1:].isspace() else [])]
    return [""]


def _shown_from(word: str, breaks: str) -> int:
    """Return where bash takes a word to begin: it breaks one at `:` and `=`, and would repeat what stands before."""
    return max(word.rfind(mark) for mark in ":=") + 1 if set(":=") <= set(breaks) else 0


def _for_bash(value: str, about: str) -> str:
    return "".join(f"\\{sign}" if sign in _SPECIAL else sign for sign in value)


def _for_zsh(value: str, about: str) -> str:
    return value.replace(":", "\\:") + (f":{about}" if about else "")


def _for_fish(value: str, about: str) -> str:
    return f"{value}\t{about}"


WRITTEN = {"bash": _for_bash, "zsh": _for_zsh, "fish": _for_fish}
LOOKED_UP = {"stack": offered.stacks, "urn": offered.urns}
