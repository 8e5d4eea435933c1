"""Settings of any other resource: into the literal that the program declares them by, or the stack's configuration."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from pulumi_dataarts.backend.yamledits import set_entry
from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.huawei import objects
from pulumi_dataarts.model import paths
from pulumi_dataarts.report.writeback.drafts import Draft
from pulumi_dataarts.report.writeback.edits import Found, Project
from pulumi_dataarts.report.writeback.literals import Literal, Setting, is_same, origin, respelt, span

_TEXT_MAX_BYTES: Final = 1024 * 1024
_CONTENT: Final = ("digest", "size")


def write(found: Found, draft: Draft, project: Project) -> Iterator[tuple[str, str | ConfigError]]:
    """Write each setting that has another value in the cloud."""
    trees = _trees(project.program)
    for path, kind in found.look.paths.items():
        try:
            _require_plain(kind)
            yield path, _take(found, paths.parse(path), trees, draft, project)
        except ConfigError as error:
            yield path, error


def write_object(found: Found, draft: Draft, project: Project) -> Iterator[tuple[str, str | ConfigError]]:
    """Write an object's content into the file that it is uploaded from; its settings as those of others."""
    content = [path for path in found.look.paths if path in _CONTENT]
    if content:
        try:
            yield "content", _take_content(found, draft, project)
        except ConfigError as error:
            yield "content", error
    if len(found.look.paths) > len(content):
        yield from (item for item in write(found, draft, project) if item[0] not in _CONTENT)


def _take_content(found: Found, draft: Draft, project: Project) -> str:
    now = found.now()
    if not now.get("source"):
        raise ConfigError("the content is a text in the program")
    path = project.program / str(now["source"])
    draft.text(path)
    data = objects.get(project.session(), str(now["bucket"]), str(now["key"]), size_max_bytes=_TEXT_MAX_BYTES)
    try:
        draft.write(path, data.decode())
    except UnicodeDecodeError as error:
        raise ConfigError("the content is no text") from error
    return draft.name(path)


def _take(found: Found, path: paths.Path, trees: dict[Path, ast.Module], draft: Draft, project: Project) -> str:
    old, new = paths.get(found.before(), path), paths.get(found.now(), path)
    place, _, line = found.step.source.rpartition(":")
    if not place or old is None or new is None:
        raise ConfigError("where it is declared is not known")
    where = origin(trees, draft.root / place, int(line), path, old, is_shared=found.is_shared)
    if isinstance(where, Setting):
        return _set(where, old, new, draft, project)
    return _put(where, new, draft)


def _require_plain(kind: str) -> None:
    if kind.endswith("-replace"):
        raise ConfigError("cannot be changed in place, so it is another object by now")
    if kind != "update":
        raise ConfigError("was added or removed as a whole, which is not written back")


def _put(where: Literal, new: Any, draft: Draft) -> str:
    """Positions hold as long as no line is added or removed: what is written stands on one."""
    if where.node.end_lineno != where.node.lineno:
        raise ConfigError("the literal spans several lines")
    text = draft.text(where.path)
    tree = ast.parse(text)
    node = next((node for node in ast.walk(tree) if isinstance(node, ast.Constant) and _begins(node, where.node)), None)
    if node is None or node.value != where.node.value:
        raise ConfigError("another edit is written in the same line")
    draft.replace(where.path, [span(text, node, respelt(node.value, new))])
    return f"{draft.name(where.path)}:{node.lineno}"


def _begins(node: ast.Constant, other: ast.Constant) -> bool:
    return (node.lineno, node.col_offset) == (other.lineno, other.col_offset)


def _set(where: Setting, old: Any, new: Any, draft: Draft, project: Project) -> str:
    key = f"{where.namespace or project.name}:{where.key}"
    value = project.values.get(key)
    if value is None or isinstance(value, dict | list):
        raise ConfigError(
            f"the value comes from the configuration's `{key}`, which has none in {project.stack_file.name}"
        )
    if not is_same(value, old):
        raise ConfigError(f"the configuration's `{key}` is {value!r} by now, not what was last applied")
    text = draft.text(project.stack_file)
    draft.write(project.stack_file, set_entry(text, project.stack_file, "config", key, respelt(value, new)))
    return f"{draft.name(project.stack_file)} ({key})"


def _trees(program: Path) -> dict[Path, ast.Module]:
    """Return the program's files, parsed; what cannot be is left out, like what hidden folders hold."""
    trees = {}
    for path in sorted(program.rglob("*.py")):
        if any(part.startswith(".") or part == "__pycache__" for part in path.relative_to(program).parts):
            continue
        try:
            trees[path.resolve()] = ast.parse(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, SyntaxError):
            continue
    return trees
