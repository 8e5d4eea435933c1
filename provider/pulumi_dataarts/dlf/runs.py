"""Running a job now, exactly once, and following the instance to its end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pulumi_dataarts.dlf import api, wire
from pulumi_dataarts.errors import OutcomeUnknown, RunFailed
from pulumi_dataarts.huawei.session import Session

SUCCESS: Final = "success"
# A paused instance waits for somebody to act, so nothing more comes of it by itself.
ENDED: Final = frozenset({SUCCESS, "fail", "running-exception", "pause", "manual-stop"})


def start(session: Session, place: api.Workspace, name: str, params: Mapping[str, str]) -> int:
    """Run a job now and return the instance's id.

    Where the answer is lost, the job's instances are looked at: a new one that was started by hand is taken for ours,
    and without one the call is sent once more.

    Raises:
        NotFound: there is no such job; OutcomeUnknown: two answers were lost, and no instance can be seen.
    """
    before = {item.instance_id for item in api.list_instances(place, name)}
    try:
        return api.run_once(place, name, params)
    except OutcomeUnknown:
        session.tell(f"job {name} in workspace {place.id}: no answer to the start; looking whether it runs")
    found = _appeared(place, name, before)
    if found is not None:
        return found
    try:
        return api.run_once(place, name, params)
    except OutcomeUnknown:
        if (found := _appeared(place, name, before)) is None:
            raise
        return found


def follow(session: Session, place: api.Workspace, name: str, instance_id: int, deadline_s: float) -> wire.Instance:
    """Wait for the end of an instance and return it. Raises WaitTimeout; the instance goes on."""
    status = ""

    def look() -> wire.Instance | None:
        nonlocal status
        seen = api.show_instance(place, name, instance_id)
        status = seen.status
        return seen if status in ENDED else None

    what = f"the end of instance {instance_id} of job {name} in workspace {place.id}"
    return session.wait_until(look, what=what, deadline_s=deadline_s, every_s=5.0, describe=lambda: status)


def judge(session: Session, instance: wire.Instance) -> None:
    """Raise RunFailed, in the service's own words, unless the instance succeeded."""
    if instance.status != SUCCESS:
        said = session.redacted(instance.error_message or "") or "the service gives no reason"
        about = f"instance {instance.instance_id} of job {instance.job_name}"
        hint = "The instance's log in the console says which node it was."
        raise RunFailed(f"{about}: {instance.status}: {said}", service="dlf", operation="run job", hint=hint)


def _appeared(place: api.Workspace, name: str, before: set[int]) -> int | None:
    manual = 2
    fresh = [item for item in api.list_instances(place, name) if item.instance_id not in before]
    return next((item.instance_id for item in fresh if item.instance_type in (None, manual)), None)
