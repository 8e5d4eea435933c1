r"""Bundles as people edit them: a directory of definitions, with the scripts' code in files of its own.

::

    orders/
      jobs/orders_daily.job           the JSON body of "creating a job"
      scripts/clean_orders.script     the JSON body of "creating a script", without `content`
      scripts/clean_orders.sql        its content (.sql, .py or .sh)
      resources/rules.resource        the JSON body of "creating a resource"

`name` may be left out of a body: it is the file's. Line ends are read as `\n`, so that every machine builds the same
archive. Files whose names begin with a dot, and whatever lies outside these three folders, are no part of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pulumi_dataarts.dlf.bundle import FOLDERS, KINDS, Bundle, checked, from_entries, from_zip
from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.lifecycle.builds import keep

CODE_SUFFIXES: Final = (".sql", ".py", ".sh")
_SUFFIX_OF: Final = dict(zip(FOLDERS, KINDS, strict=True))


def read_source(source: str | Path) -> Bundle:
    """Return the bundle that a directory or a zip holds, checked.

    Raises:
        ConfigError: nothing there, or mistakes in it; all of them, one a line.
    """
    path = Path(source)
    try:
        bundle = from_entries(_entries(path)) if path.is_dir() else from_zip(path.read_bytes())
        return checked(bundle)
    except OSError as error:
        raise ConfigError(
            f"bundle {source}: cannot be read: {error.strerror}",
            hint="Name a directory with jobs/<name>.job in it, or a zip; relative to the program's directory.",
        ) from error
    except ConfigError as error:
        raise ConfigError("\n".join(_placed(path, error.message)), hint=error.hint) from error


def pack(source: str | Path) -> str:
    """Build the archive of a bundle, and return its path relative to the working directory.

    The archive is `.build/<sha256>.zip` under the directory of `Pulumi.yaml` (or the working directory, where there
    is none above it): equal content has an equal path. `.build` is kept out of version control by a file of its own.

    Args:
        source: a directory of definitions, or a zip, which is written anew in the canonical form.

    Raises:
        ConfigError: nothing there, or mistakes in it.
    """
    return keep(read_source(source).to_zip())


def _placed(path: Path, mistakes: str) -> Iterator[str]:
    """Yield mistakes with where each is: in a directory, the file that an editor opens."""
    inside = tuple(f"{folder}/" for folder in FOLDERS)
    for mistake in mistakes.splitlines():
        is_file = path.is_dir() and mistake.startswith(inside)
        yield f"{path}/{mistake}" if is_file else f"bundle {path}: {mistake}"


def _entries(folder: Path) -> dict[str, bytes]:
    entries: dict[str, bytes] = {}
    mistakes: list[str] = []
    for path in _files(folder):
        name = path.relative_to(folder).as_posix()
        is_code = path.parent.name == "scripts" and path.suffix in CODE_SUFFIXES
        if path.is_symlink():
            mistakes.append(f"{name}: is a link, which may lead out of the bundle")
        elif path.suffix == _SUFFIX_OF[path.parent.name]:
            entries[name] = path.read_bytes()
        elif not is_code:
            mistakes.append(f"{name}: only {', '.join(_allowed(path.parent.name))} belong here")
        elif not path.with_suffix(".script").exists():
            mistakes.append(f"{name}: {path.stem}.script is missing beside it")
    for path in sorted((folder / "scripts").glob("*.script")):
        try:
            entries[f"scripts/{path.name}"] = _with_content(path)
        except ValueError as error:
            mistakes.append(f"scripts/{path.name}: {error}")
    if mistakes:
        raise ConfigError("\n".join(mistakes))
    return entries


def _files(folder: Path) -> Iterator[Path]:
    for name in FOLDERS:
        for path in sorted((folder / name).glob("*")):
            if not path.name.startswith("."):
                yield path


def _allowed(folder: str) -> list[str]:
    return [f"*{_SUFFIX_OF[folder]}", *(f"*{suffix}" for suffix in CODE_SUFFIXES if folder == "scripts")]


def _with_content(script: Path) -> bytes:
    """Return a script's definition with the code that lies beside it as its content."""
    beside = [path for suffix in CODE_SUFFIXES if (path := script.with_suffix(suffix)).exists()]
    if not beside:
        return script.read_bytes()
    if len(beside) > 1:
        raise ValueError(f"its content lies in {' and in '.join(path.name for path in beside)}")
    body = json.loads(script.read_text("utf-8-sig"))
    if not isinstance(body, dict):
        raise ValueError("is not a JSON object")  # noqa: TRY004  a mistake in the user's file, reported with the others
    if body.get("content"):
        raise ValueError(f"has content, and so does {beside[0].name}")
    return json.dumps({**body, "content": _code(beside[0])}).encode()


def _code(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path.name} is not UTF-8") from error
