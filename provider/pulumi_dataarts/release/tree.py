"""The files of a program: what of a project's folder belongs into a release.

That is Pulumi.yaml and the folder that its `main` names, as they lie there, byte for byte. Left out is what is no
source: names that begin with a dot, caches of Python, virtual environments, the stacks' own configuration files, and
whatever a `.gitignore` in the project's folder or below ignores. Git itself is not asked, so that a copy of the folder
makes the same release as the repository does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pulumi_dataarts.backend.projects import Project
from pulumi_dataarts.errors import ConfigError

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_CACHES: Final = frozenset({"__pycache__", "node_modules"})
_COMPILED: Final = frozenset({".pyc", ".pyo"})
_IGNORE: Final = ".gitignore"


@dataclass(frozen=True)
class _Rules:
    """The `.gitignore` files from the project's folder down to some folder, each with the folder it is about."""

    found: tuple[tuple[Path, GitIgnoreSpec], ...] = ()

    def within(self, folder: Path) -> _Rules:
        """Return the rules that hold in a folder: these, and its own."""
        from pathspec import GitIgnoreSpec

        file = folder / _IGNORE
        if not file.is_file():
            return self
        return _Rules((*self.found, (folder, GitIgnoreSpec.from_lines(file.read_text("utf-8").splitlines()))))

    def ignore(self, path: Path) -> bool:
        """Say whether a path is ignored; the rules deepest down have the last word."""
        verdict = False
        for folder, spec in self.found:
            name = path.relative_to(folder).as_posix()
            decided = spec.check_file(f"{name}/" if path.is_dir() else name).include
            verdict = verdict if decided is None else decided
        return verdict


def program_files(project: Project) -> dict[str, bytes]:
    """Return the files of the program, by path in the project's folder, with `/` between its parts.

    Raises:
        ConfigError: the program lies outside of the project's folder, cannot be read, or has a link in it.
    """
    folder, _ = project.program()
    root = project.folder.resolve()
    start = folder.resolve()
    if not start.is_relative_to(root):
        raise ConfigError(f"the program at {start} lies outside of the project's folder {root}")
    if not start.is_dir():
        raise ConfigError(f"there is no program at {start}", hint="Name its folder by `main:` in Pulumi.yaml.")
    above = [item for item in reversed(start.parents) if item.is_relative_to(root)]
    rules = reduce(_Rules.within, above, _Rules())
    configs = project.stack_path("").parent.resolve()

    def is_configuration(path: Path) -> bool:
        return path.parent == configs and path.match("Pulumi.*.y*ml")

    try:
        found = {
            path.relative_to(root).as_posix(): path.read_bytes() for path in _files(start, rules, is_configuration)
        }
        return {**found, project.path.name: project.path.read_bytes()}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the program at {start} cannot be read: {error}") from error


def _files(folder: Path, above: _Rules, is_left_out: Callable[[Path], bool]) -> Iterator[Path]:
    rules = above.within(folder)
    for path in sorted(folder.iterdir()):
        if _is_no_source(path) or is_left_out(path) or rules.ignore(path):
            continue
        if path.is_symlink():
            raise ConfigError(f"{path} is a link, which may lead out of the release", hint="Put the file itself there.")
        if path.is_dir():
            yield from _files(path, rules, is_left_out)
        else:
            yield path


def _is_no_source(path: Path) -> bool:
    is_cache = path.name in _CACHES or path.suffix in _COMPILED or (path / "pyvenv.cfg").is_file()
    return path.name.startswith(".") or is_cache
