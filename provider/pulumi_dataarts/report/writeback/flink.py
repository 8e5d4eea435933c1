"""Flink jobs that were edited or deleted in the console: into the source folder that their archive is packed from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pulumi_dataarts.dli import archive
from pulumi_dataarts.dli.importing import standing_jobs
from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.model import paths
from pulumi_dataarts.model.values import plain
from pulumi_dataarts.report.writeback.documents import rewritten
from pulumi_dataarts.report.writeback.drafts import Draft
from pulumi_dataarts.report.writeback.edits import Found, Project

_SQL = "sql_body"


def write(found: Found, draft: Draft, project: Project) -> Iterator[tuple[str, str | ConfigError]]:
    """Write each edited setting into the job's source, and let the files go of jobs that were deleted."""
    edited, gone = _edited(found), _gone(found)
    told = [*(paths.render(("jobs", name, setting)) for name, setting in edited), *(f"jobs.{name}" for name in gone)]
    try:
        folder = _folder(found, project)
        live = {job.name: job.settings() for job in standing_jobs(project.session(), {name for name, _ in edited})}
    except ConfigError as error:
        yield from ((path, error) for path in told)
        return
    for name, setting in edited:
        try:
            _require_unchanged(found, name)
            yield paths.render(("jobs", name, setting)), _take(folder, draft, name, setting, live.get(name, {}))
        except ConfigError as error:
            yield paths.render(("jobs", name, setting)), error
    for name in gone:
        yield f"jobs.{name}", _let_go(folder, draft, name)


def _edited(found: Found) -> list[tuple[str, str]]:
    steps = [paths.parse(path) for path in found.look.paths]
    return [(str(step[1]), str(step[2])) for step in steps if step[0] == "jobs" and len(step) > 2]


def _gone(found: Found) -> list[str]:
    return sorted((found.before().get("jobs") or {}).keys() - (found.now().get("jobs") or {}).keys())


def _folder(found: Found, project: Project) -> Path:
    """Return the folder whose jobs are those of the archive; it is known by what it holds."""
    inputs = plain(found.declared.new.inputs) if found.declared and found.declared.new else {}
    named = project.program / str(inputs.get("archive") or "")
    candidates = [named] if (named / "jobs").is_dir() else [path.parent for path in _job_folders(project.program)]
    for folder in candidates:
        if _settings(folder) == (inputs.get("jobs") or None):
            return folder
    raise ConfigError("there is no source folder with just the archive's jobs in it")


def _job_folders(program: Path) -> Iterator[Path]:
    for path in sorted(program.rglob("jobs")):
        if path.is_dir() and not any(part.startswith(".") for part in path.relative_to(program).parts):
            yield path


def _settings(folder: Path) -> Mapping[str, Any] | None:
    try:
        return archive.load(folder).settings()
    except ConfigError:
        return None


def _require_unchanged(found: Found, name: str) -> None:
    inputs = plain(found.declared.new.inputs) if found.declared and found.declared.new else {}
    if (inputs.get("jobs") or {}).get(name) != (found.before().get("jobs") or {}).get(name):
        raise ConfigError("its source was changed since the last up as well: merge the two by hand")


def _files(folder: Path, name: str) -> tuple[Path, Path]:
    path = folder / "jobs" / f"{name}.json"
    if not path.exists():
        path = folder / "jobs" / f"{quote(name, safe='')}.json"
    return path, path.with_name(f"{path.name.removesuffix('.json')}.sql")


def _take(folder: Path, draft: Draft, name: str, setting: str, live: Mapping[str, Any]) -> str:
    path, sql = _files(folder, name)
    value = live.get(setting)
    if setting == _SQL and sql.exists():
        before = draft.text(sql)
        text = str(value or "").replace("\r\n", "\n")
        draft.write(sql, text.replace("\n", "\r\n") if "\r\n" in before else text)
        return draft.name(sql)
    text = draft.text(path)
    old = json.loads(text)
    new = {key: item for key, item in old.items() if key != setting or value is not None}
    if value is not None:
        new[setting] = value
    draft.write(path, rewritten(text, old, new))
    return draft.name(path)


def _let_go(folder: Path, draft: Draft, name: str) -> str:
    path, sql = _files(folder, name)
    for file in filter(Path.exists, (path, sql)):
        draft.remove(file)
    return f"{draft.name(path)} (goes)"
