"""From what a look at the cloud found to a patch of the sources, and to what it leaves out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pulumi_dataarts.engine.events import StepReport
from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.model.plans import Plan
from pulumi_dataarts.report.wording import short_type
from pulumi_dataarts.report.writeback import factory, flink, program
from pulumi_dataarts.report.writeback.drafts import Draft
from pulumi_dataarts.report.writeback.edits import Found, Project, Told, Writer

WRITERS: Final[Mapping[str, Writer]] = {
    "dlf:JobImport": factory.write,
    "dli:FlinkJobImport": flink.write,
    "obs:Object": program.write_object,
}


@dataclass(frozen=True)
class WriteBack:
    """A patch, the files it changes, the edits it takes in, and those it does not, each with the reason."""

    patch: str
    files: list[str]
    taken: list[Told]
    left: list[Told]


def written_back(plan: Plan, reports: Iterable[StepReport], draft: Draft, project: Project) -> WriteBack:
    """Write what was edited outside into a draft of the sources.

    Args:
        plan: of an update with a refresh.
        reports: those that the plan was made from.
        draft: the project's files.
        project: where to write, and how to look closer.
    """
    told = [item for found in _found(plan, reports) for item in _written(found, draft, project)]
    return WriteBack(
        draft.patch(),
        draft.changed(),
        [item for item in told if item.file],
        [item for item in told if not item.file],
    )


def _found(plan: Plan, reports: Iterable[StepReport]) -> Iterator[Found]:
    """Yield what is not as it was left; what the program has taken in already is."""
    reports = list(reports)
    looks = {report.urn: report for report in reports if report.op == "refresh"}
    declared = {report.urn: report for report in reports if report.op != "refresh"}
    places = Counter(step.source for step in plan.steps)
    for step in plan.steps:
        look = looks.get(step.urn)
        if look is not None and "agreed" not in step.causes:
            yield Found(step, look, declared.get(step.urn), is_shared=places[step.source] > 1)


def _written(found: Found, draft: Draft, project: Project) -> Iterator[Told]:
    resource = f"{found.step.name} ({short_type(found.step.type)})"
    if found.look.result == "delete":
        where = f" at {found.step.source}" if found.step.source else ""
        yield Told(resource, "", reason=f"is gone from the cloud: take its declaration out of the program{where}")
        return
    if found.look.result == "same" and found.step.type != "dlf:JobImport":
        return
    writer = WRITERS.get(found.step.type, program.write)
    for path, result in writer(found, draft, project):
        if isinstance(result, ConfigError):
            yield Told(resource, path, reason=result.message)
        else:
            yield Told(resource, path, file=str(result))
