"""The changed texts of bundles, before and after, for people to read.

A state keeps digests, not texts. The new text is that of the source folder. The one before is looked for where it can
be proved to be the one that stands: in an archive built on this machine or, by one read, in OBS, if its digest is the
one the state has; for what was edited outside, in the service itself. Where that fails, the plan says so, and shows
digests. Texts are no part of a plan's digest. What has a secret's name or mark in them is hidden.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from pulumi_dataarts.dlf import api as factory
from pulumi_dataarts.dlf import standing
from pulumi_dataarts.dlf.addresses import ObsPath
from pulumi_dataarts.dlf.bindings import Bindings
from pulumi_dataarts.dlf.bundle import Bundle, from_zip
from pulumi_dataarts.dlf.canonical import Body, Kind, canonical
from pulumi_dataarts.dlf.source import read_source
from pulumi_dataarts.dli import archive as flink
from pulumi_dataarts.dli.importing import settings_of, standing_jobs
from pulumi_dataarts.dli.wire import comparable
from pulumi_dataarts.engine.events import StepReport
from pulumi_dataarts.errors import ProvisionError
from pulumi_dataarts.huawei import objects
from pulumi_dataarts.huawei.redaction import secrets_in, secrets_in_text
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.lifecycle.effects import EDITED
from pulumi_dataarts.model import paths
from pulumi_dataarts.model.plans import Plan, Step, TextChange
from pulumi_dataarts.model.values import Secret, plain
from pulumi_dataarts.report.masking import Mask

TEXT_MAX: Final = 60_000
TOTAL_MAX: Final = 400_000
NOT_AT_HAND: Final = "the text before is not at hand: the archive was built elsewhere and cannot be read here"
TOO_LONG: Final = "too long to be shown"
_SECTIONS: Final[Mapping[str, Kind]] = {"jobs": "job", "scripts": "script", "archive_resources": "resource"}


@dataclass(frozen=True)
class Sources:
    """Where texts may be found: the program's folder, that of built archives, and the cloud (None: not asked)."""

    program: Path
    builds: Path
    session: Callable[[], Session] | None = None


def with_texts(plan: Plan, reports: Iterable[StepReport], sources: Sources, mask: Mask) -> Plan:
    """Return the plan with the changed texts of its bundles, as far as they are at hand."""
    compared = {report.urn: report for report in reports if report.op != "refresh" and report.new}
    left = TOTAL_MAX
    steps = []
    for step in plan.steps:
        reader = READERS.get(step.type)
        report = compared.get(step.urn)
        if reader and report and step.op in ("create", "update", "replace"):
            texts = [_shown(text, mask, left) for text in _read(reader, step, report, sources)]
            left -= sum(len(text.old or "") + len(text.new or "") for text in texts)
            step = step.model_copy(update={"texts": texts})
        steps.append(step)
    return plan.model_copy(update={"steps": steps})


Reader = Callable[[Step, dict[str, Any], dict[str, Any], Sources], Iterator[TextChange]]


def _read(reader: Reader, step: Step, report: StepReport, sources: Sources) -> list[TextChange]:
    assert report.new is not None
    before = {**plain(report.old.inputs), **plain(report.old.outputs)} if report.old else {}
    try:
        return list(reader(step, before, plain(report.new.inputs), sources))
    except (ProvisionError, OSError, ValueError):
        return []


def _shown(text: TextChange, mask: Mask, left: int) -> TextChange:
    for side in filter(None, (text.old, text.new)):
        mask.learn(*(Secret(value) for value in _secrets_of(side)))
    size = len(text.old or "") + len(text.new or "")
    if size > min(2 * TEXT_MAX, left):
        return TextChange(name=text.name, note=TOO_LONG)
    old = None if text.old is None else mask.text(text.old)
    new = None if text.new is None else mask.text(text.new)
    return text.model_copy(update={"old": old, "new": new})


def _secrets_of(text: str) -> list[str]:
    """Return what is secret in a job's definition, or in the code of a script."""
    try:
        return list(secrets_in(json.loads(text)))
    except ValueError:
        return list(secrets_in_text(text))


def _factory_texts(step: Step, before: dict[str, Any], after: dict[str, Any], sources: Sources) -> Iterator[TextChange]:
    if not isinstance(after.get("bundle"), str):
        return
    new = _bound(read_source(sources.program / after["bundle"]), after)
    old = _old_bundle(before, sources)
    edited = _edited(before, sources)
    for section, name in _changed_members(step):
        now = _text_of(new, section, name)
        was = _text_of(edited, section, name) or (_text_of(_bound(old, before), section, name) if old else None)
        is_known = old is not None or was is not None or name not in (before.get(section) or {})
        if was != now or not is_known:
            yield TextChange(name=f"{section}/{name}", old=was, new=now, note="" if is_known else NOT_AT_HAND)


def _bound(bundle: Bundle, properties: Mapping[str, Any]) -> Bundle:
    """Return a bundle with its jobs as they stand in this environment."""
    bindings = Bindings.of(properties)
    return replace(bundle, jobs={name: bindings.bound(job) for name, job in bundle.jobs.items()})


def _changed_members(step: Step) -> Iterator[tuple[str, str]]:
    for field in step.fields:
        section, *rest = paths.parse(field.path)
        if section in _SECTIONS and rest:
            yield str(section), str(rest[0])


def _text_of(bundle: Bundle, section: str, name: str) -> str | None:
    kind = _SECTIONS[section]
    held: Mapping[Kind, dict[str, Body]] = {"job": bundle.jobs, "script": bundle.scripts, "resource": bundle.resources}
    body = held[kind].get(name)
    if body is None:
        return None
    content = body.get("content")
    if isinstance(content, str):
        return content
    return json.dumps(canonical(body, kind), indent=2, sort_keys=True, ensure_ascii=False)


def _old_bundle(before: Mapping[str, Any], sources: Sources) -> Bundle | None:
    if not before:
        return None
    sha256 = str(before.get("archive_sha256", ""))
    data = _built(sha256, sources) or _lying(ObsPath.parse(before["path"]), sources)
    return from_zip(data) if data is not None and hashlib.sha256(data).hexdigest() == sha256 else None


def _built(sha256: str, sources: Sources) -> bytes | None:
    path = sources.builds / f"{sha256}.zip"
    return path.read_bytes() if sha256.isalnum() and path.is_file() else None


def _lying(path: ObsPath, sources: Sources) -> bytes | None:
    if sources.session is None:
        return None
    try:
        return objects.get(sources.session(), path.bucket, path.key)
    except ProvisionError:
        return None


def _edited(before: Mapping[str, Any], sources: Sources) -> Bundle:
    """Return what stands of that which was edited outside: the text before is the one in the service."""
    names = {
        section: {name for name, digest in (before.get(section) or {}).items() if str(digest).startswith(EDITED)}
        for section in ("jobs", "scripts")
    }
    if sources.session is None or not any(names.values()):
        return Bundle()
    session = sources.session()
    place = factory.workspace(session, str(before.get("workspace") or session.settings.workspace))
    return Bundle(
        standing.jobs(session, place, names["jobs"]) if names["jobs"] else {},
        standing.scripts(session, place, names["scripts"]) if names["scripts"] else {},
    )


def _flink_texts(step: Step, before: dict[str, Any], after: dict[str, Any], sources: Sources) -> Iterator[TextChange]:
    if not isinstance(after.get("archive"), str):
        return
    new = flink.load(sources.program / after["archive"]).jobs
    changed = {name for section, name in _changed_members(step) if section == "jobs"}
    old = _old_flink_jobs(before, changed, sources)
    for name in sorted(changed):
        was, now = old.get(name, {}).get("sql_body"), new.get(name, {}).get("sql_body")
        is_known = name in old or name not in (before.get("jobs") or {})
        if was != now:
            yield TextChange(name=f"jobs/{name}", old=was, new=now, note="" if is_known else NOT_AT_HAND)


def _old_flink_jobs(before: Mapping[str, Any], names: set[str], sources: Sources) -> dict[str, Mapping[str, Any]]:
    """Return those of the jobs whose earlier body is found, and is the one that the state remembers.

    What is not as the archive has it was edited outside: then the body is the one in the service.
    """
    if not before:
        return {}
    local = sources.program / str(before.get("archive") or "")
    data = local.read_bytes() if local.is_file() else _lying(ObsPath.parse(before["zip_file"]), sources)
    found, known = flink.read(data).jobs if data else {}, before.get("jobs") or {}
    same: dict[str, Mapping[str, Any]] = {
        name: found[name] for name in names & found.keys() if comparable(found[name]) == known.get(name)
    }
    missing = names & known.keys() - same.keys()
    if not missing or sources.session is None:
        return same
    standing = standing_jobs(sources.session(), missing)
    return same | {job.name: job.settings() for job in standing if settings_of(job, known[job.name]) == known[job.name]}


READERS: Final[Mapping[str, Reader]] = {"dlf:JobImport": _factory_texts, "dli:FlinkJobImport": _flink_texts}
