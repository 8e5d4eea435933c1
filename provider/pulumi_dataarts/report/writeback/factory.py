"""Jobs, scripts and resources of DataArts Factory that were edited or deleted in the console: into the bundle."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pulumi_dataarts.dlf import api, standing
from pulumi_dataarts.dlf.bindings import Bindings
from pulumi_dataarts.dlf.bundle import Bundle
from pulumi_dataarts.dlf.canonical import Body, Kind
from pulumi_dataarts.dlf.merging import taken_in
from pulumi_dataarts.dlf.ownership import Mark, Owned
from pulumi_dataarts.dlf.source import CODE_SUFFIXES, read_source
from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.lifecycle.effects import EDITED
from pulumi_dataarts.model.paths import render
from pulumi_dataarts.report.writeback.documents import rewritten
from pulumi_dataarts.report.writeback.drafts import Draft
from pulumi_dataarts.report.writeback.edits import Found, Project

_KINDS: Final[Mapping[str, Kind]] = {"jobs": "job", "scripts": "script", "archive_resources": "resource"}
_FOLDERS: Final = {"jobs": "jobs", "scripts": "scripts", "archive_resources": "resources"}
_SOURCE_CHANGED: Final = "its source was changed since the last up as well: merge the two by hand"


@dataclass(frozen=True)
class _Member:
    """A definition that is not as it was imported; `mark` is None where it is gone."""

    section: str
    name: str
    mark: Mark | None

    @property
    def path(self) -> str:
        return render((self.section, self.name))


def write(found: Found, draft: Draft, project: Project) -> Iterator[tuple[str, str | ConfigError]]:
    """Write each edited definition into its source file, and let the files go of those that were deleted."""
    now = found.now()
    members = list(_members(found.before(), now))
    try:
        source = _Source(_folder(now, project), draft, now, found.before())
        live = _standing(members, now, project)
    except ConfigError as error:
        yield from ((member.path, error) for member in members)
        return
    for member in members:
        try:
            yield member.path, source.take_in(member, live)
        except ConfigError as error:
            yield member.path, error


def _members(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[_Member]:
    marks = _marks(Owned.of(now))
    for section in _KINDS:
        told = now.get(section) or {}
        for name, digest in told.items():
            if str(digest).startswith(EDITED):
                yield _Member(section, name, marks[section].get(name))
        for name in (before.get(section) or {}).keys() - told.keys():
            yield _Member(section, name, None)


def _marks(owned: Owned) -> dict[str, dict[str, Mark]]:
    return {"jobs": owned.jobs, "scripts": owned.scripts, "archive_resources": owned.resources}


def _folder(now: Mapping[str, Any], project: Project) -> Path:
    bundle = now.get("bundle")
    folder = project.program / str(bundle)
    if not bundle or not folder.is_dir():
        raise ConfigError("the import has no bundle folder to write to")
    return folder


def _standing(members: list[_Member], now: Mapping[str, Any], project: Project) -> Bundle:
    names = {section: {m.name for m in members if m.section == section and m.mark} for section in _KINDS}
    if not any(names.values()):
        return Bundle()
    session = project.session()
    place = api.workspace(session, str(now.get("workspace") or session.settings.workspace))
    ids: dict[str, Body] = {m.name: {"id": m.mark.id} for m in members if m.section == "archive_resources" and m.mark}
    return Bundle(
        standing.jobs(session, place, names["jobs"]) if names["jobs"] else {},
        standing.scripts(session, place, names["scripts"]) if names["scripts"] else {},
        standing.resources(session, place, ids) if ids else {},
    )


class _Source:
    """A bundle's folder, and what its definitions were when they were imported."""

    def __init__(self, folder: Path, draft: Draft, now: Mapping[str, Any], before: Mapping[str, Any]) -> None:
        self._folder = folder
        self._draft = draft
        self._bundle = read_source(folder)
        digests = self._bundle.digests()
        self._digests = {"jobs": digests.jobs, "scripts": digests.scripts, "archive_resources": digests.resources}
        self._imported = _marks(Owned.of(before))
        self._bindings = Bindings.of(now)

    def take_in(self, member: _Member, live: Bundle) -> str:
        """Write one definition, and return its file's name. Raises ConfigError where it cannot be."""
        imported = self._imported[member.section].get(member.name)
        if imported is None or imported.source != self._digests[member.section].get(member.name):
            raise ConfigError(_SOURCE_CHANGED)
        kind = _KINDS[member.section]
        path = self._folder / _FOLDERS[member.section] / f"{member.name}.{kind}"
        if member.mark is None:
            return self._let_go(path)
        body, stands = _body(self._bundle, kind, member.name), _body(live, kind, member.name)
        if body is None or stands is None:
            raise ConfigError("what was found at the last look is not there any more")
        return self._take(path, kind, body, stands)

    def _let_go(self, path: Path) -> str:
        for file in (path, *filter(Path.exists, map(path.with_suffix, CODE_SUFFIXES))):
            self._draft.remove(file)
        return f"{self._draft.name(path)} (goes)"

    def _take(self, path: Path, kind: Kind, body: Body, stands: Body) -> str:
        bound = self._bindings.bound(body) if kind == "job" else body
        alternatives = {name: new for (_, name), new in self._bindings.replacements.items()}
        merged = taken_in(body, bound, stands, kind, alternatives)
        if merged == body:
            raise ConfigError("what was edited is nothing that a bundle declares")
        code = next(filter(Path.exists, map(path.with_suffix, CODE_SUFFIXES)), None) if kind == "script" else None
        if code and merged.get("content") != body.get("content"):
            self._draft.write(code, _as_file(str(merged.get("content") or ""), self._draft.text(code)))
        left = {"content"} if code else set()
        self._rewrite(path, {key: value for key, value in merged.items() if key not in left})
        return self._draft.name(code if code and merged.get("content") != body.get("content") else path)

    def _rewrite(self, path: Path, body: Body) -> None:
        text = self._draft.text(path)
        old = json.loads(text.removeprefix("\ufeff"))
        new = body if "name" in old else {key: value for key, value in body.items() if key != "name"}
        if old != new:
            self._draft.write(path, rewritten(text, old, new))


def _body(bundle: Bundle, kind: Kind, name: str) -> Body | None:
    held: Mapping[Kind, dict[str, Body]] = {"job": bundle.jobs, "script": bundle.scripts, "resource": bundle.resources}
    return held[kind].get(name)


def _as_file(content: str, before: str) -> str:
    """Return a text with the line ends, and the end, of the file that it goes into."""
    lines = content.replace("\r\n", "\n").rstrip()
    text = f"{lines}\n" if before.endswith("\n") else lines
    return text.replace("\n", "\r\n") if "\r\n" in before else text
