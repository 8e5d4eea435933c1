"""Removing what an import owns, and nothing else.

Jobs go first. A script or resource that any remaining job of the workspace uses stays, and that is said: the job may
be somebody else's, or may have begun to use it since.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress

from pulumi_dataarts.dlf import api, standing
from pulumi_dataarts.dlf.bundle import resource_references, script_names
from pulumi_dataarts.dlf.canonical import Body
from pulumi_dataarts.dlf.ownership import Owned
from pulumi_dataarts.dlf.wording import listed
from pulumi_dataarts.errors import NotFound
from pulumi_dataarts.huawei.session import Session


def remove(session: Session, place: api.Workspace, leaving: Owned, approvers: list[str]) -> None:
    """Delete jobs, which must be off schedule, and then the scripts and resources that no other job uses."""

    def delete_job(name: str) -> None:
        with suppress(NotFound):
            api.delete_job(place, name, approvers)

    def delete_script(name: str) -> None:
        with suppress(NotFound):
            api.delete_script(place, name, approvers)

    standing.for_each(leaving.jobs, delete_job)
    if not leaving.scripts and not leaving.resources:
        return
    others = standing.jobs(session, place, standing.job_names(session, place) - leaving.jobs.keys())
    found = standing.resources(session, place, {name: {"id": mark.id} for name, mark in leaving.resources.items()})
    used_scripts = {job: script_names(body) for job, body in others.items()}
    used_resources = {job: _resources_of(body, found) for job, body in others.items()}
    scripts = _unused(session, "script", leaving.scripts, used_scripts)
    standing.for_each(scripts, delete_script)
    for name in _unused(session, "resource", found, used_resources):
        with suppress(NotFound):
            api.delete_resource(place, str(found[name]["id"]), name)


def _unused(session: Session, what: str, names: Iterable[str], used: Mapping[str, set[str]]) -> Iterator[str]:
    for name in sorted(names):
        users = sorted(job for job, its in used.items() if name in its)
        if users:
            session.tell(f"{what} {name} stays: used by {listed(users)}")
        else:
            yield name


def _resources_of(job: Body, resources: Mapping[str, Body]) -> set[str]:
    references = resource_references(job)
    return {name for name, body in resources.items() if references & {name, str(body.get("location"))}}
