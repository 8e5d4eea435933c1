"""Source files as they would be after a patch, and the patch: a unified diff that `git apply` and `patch -p1` take."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pulumi_dataarts.errors import ConfigError

_NO_END: Final = "\\ No newline at end of file\n"


@dataclass(frozen=True)
class Span:
    """A piece of a text, by offsets in characters, and what stands there instead."""

    start: int
    end: int
    text: str


class Draft:
    """Files under a project's folder, changed in memory only. `masked` hides known secrets, which no file may get."""

    def __init__(self, root: Path, masked: Callable[[str], str] = str) -> None:
        self.root = root.resolve()
        self._masked = masked
        self._before: dict[Path, str] = {}
        self._now: dict[Path, str | None] = {}

    def text(self, path: Path) -> str:
        """Return a file's text as it would be now. Raises ConfigError where it cannot be read, or is not ours."""
        path = path.resolve()
        if path not in self._now:
            if not path.is_relative_to(self.root):
                raise ConfigError(f"{path.name} lies outside of the project")
            try:
                self._before[path] = self._now[path] = path.read_bytes().decode()
            except (OSError, UnicodeDecodeError) as error:
                raise ConfigError(f"{self.name(path)} cannot be read as UTF-8") from error
        text = self._now[path]
        if text is None:
            raise ConfigError(f"{self.name(path)} goes with another change")
        return text

    def write(self, path: Path, text: str) -> None:
        """Give a file another text. Raises ConfigError where a secret of the stack would stand in it."""
        self.text(path)
        if self._masked(text) != text:
            raise ConfigError("a secret of the stack stands in it in clear")
        self._now[path.resolve()] = text

    def replace(self, path: Path, spans: Sequence[Span]) -> None:
        """Replace pieces of a file, none of which overlaps another."""
        self.write(path, replaced(self.text(path), spans))

    def remove(self, path: Path) -> None:
        """Let a file go."""
        self.text(path)
        self._now[path.resolve()] = None

    def name(self, path: Path) -> str:
        """Return a file's path from the project's folder, as people and patches write it."""
        return path.resolve().relative_to(self.root).as_posix()

    def changed(self) -> list[str]:
        """Return the names of the files that would change, sorted."""
        return sorted(self.name(path) for path, text in self._now.items() if text != self._before[path])

    def patch(self) -> str:
        """Return the patch, by paths from the project's folder; empty where nothing changes."""
        return "".join(line for name in self.changed() for line in self._file(name))

    def _file(self, name: str) -> Iterator[str]:
        path = self.root / name
        old, new = self._before[path], self._now[path]
        tab = "\t" if " " in name else ""  # else a space would end the name
        yield f"--- a/{name}{tab}\n"
        yield f"+++ b/{name}{tab}\n" if new is not None else "+++ /dev/null\n"
        lines = difflib.unified_diff(_lines(old), _lines(new or ""), n=3)
        for line in list(lines)[2:]:
            yield line if line.endswith("\n") else f"{line}\n{_NO_END}"


def replaced(text: str, spans: Sequence[Span]) -> str:
    """Return a text with pieces replaced."""
    for span in sorted(spans, key=lambda span: span.start, reverse=True):
        text = f"{text[: span.start]}{span.text}{text[span.end :]}"
    return text


def _lines(text: str) -> list[str]:
    """Return the lines with their ends; only a line feed ends one, as for those who apply patches."""
    found = text.split("\n")
    return [*(f"{line}\n" for line in found[:-1]), *([found[-1]] if found[-1] else [])]
