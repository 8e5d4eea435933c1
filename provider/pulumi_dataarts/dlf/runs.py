"""Running a job now, exactly once, and following the instance to its end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from pulumi_dataarts.dlf import api
from pulumi_dataarts.dlf.wire import Instance
from pulumi_dataarts.errors import Conflict, OutcomeUnknown, RunFailed
from pulumi_dataarts.huawei.session import Session

Policy = Literal["take_over", "wait", "fail"]

SUCCESS: Final = "success"
# A paused instance waits for somebody to act, so nothing more comes of it by itself.
ENDED: Final = frozenset({SUCCESS, "fail", "running-exception", "pause", "manual-stop"})
_MANUAL: Final = 2


def begin(
    session: Session, place: api.Workspace, name: str, params: Mapping[str, str], policy: Policy, deadline_s: float
) -> int:
    """Return the id of a run that does what is asked for: one under way that may be taken over, or a new one.

    A run under way does the same if it is of the job's version as it stands, nobody can have given it parameters that
    are asked for here, and it was not begun for another resource of this program.

    Raises:
        Conflict: another run is under way, and the policy is not to wait for its end.
        NotFound, OutcomeUnknown: as `start`.
    """
    under_way = [item for item in api.list_instances(place, name) if _is_by_hand(item) and item.status not in ENDED]
    for item in under_way:
        may_take_over = policy == "take_over" and not params and _is_of_this_version(place, item)
        if may_take_over and _claim(session, place, name, item.instance_id):
            session.tell(f"job {name} in workspace {place.id}: run {item.instance_id} is under way: taken over")
            return item.instance_id
        if policy != "wait":
            raise Conflict(
                f"job {name} in workspace {place.id} is busy with run {item.instance_id} ({item.status})",
                service="dlf",
                operation="run job",
                hint='Run again when it has ended, or set when_running="wait". Order runs of one job by `depends_on`.',
            )
    for item in under_way:
        follow(session, place, name, item.instance_id, deadline_s)
    instance_id = start(session, place, name, params)
    _claim(session, place, name, instance_id)
    return instance_id


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


def follow(session: Session, place: api.Workspace, name: str, instance_id: int, deadline_s: float) -> Instance:
    """Wait for the end of an instance and return it. Raises WaitTimeout; the instance goes on."""
    status = ""

    def look() -> Instance | None:
        nonlocal status
        seen = api.show_instance(place, name, instance_id)
        status = seen.status
        return seen if status in ENDED else None

    what = f"the end of instance {instance_id} of job {name} in workspace {place.id}"
    return session.wait_until(look, what=what, deadline_s=deadline_s, every_s=5.0, describe=lambda: status)


def judge(session: Session, instance: Instance) -> None:
    """Raise RunFailed, in the service's own words, unless the instance succeeded."""
    if instance.status != SUCCESS:
        said = session.redacted(instance.error_message or "") or "the service gives no reason"
        about = f"instance {instance.instance_id} of job {instance.job_name}"
        hint = "The instance's log in the console says which node it was."
        raise RunFailed(f"{about}: {instance.status}: {said}", service="dlf", operation="run job", hint=hint)


def facts(instance: Instance) -> dict[str, Any]:
    """Return what is known of a run that has ended, and does not change any more."""
    known = {
        "instance_id": instance.instance_id,
        "status": instance.status,
        "started_ms": instance.start_time,
        "ended_ms": instance.end_time,
    }
    return {name: value for name, value in known.items() if value is not None}


def _is_by_hand(instance: Instance) -> bool:
    return instance.instance_type in (None, _MANUAL)


def _is_of_this_version(place: api.Workspace, instance: Instance) -> bool:
    version = api.show_job(place, instance.job_name).get("version")
    return version is not None and str(version) == str(instance.version)


def _claim(session: Session, place: api.Workspace, name: str, instance_id: int) -> bool:
    """Make a run the asking resource's own; False if it is another resource's of this program."""
    claims: dict[tuple[str, str, int], object] = session.once(("dlf runs",), dict)
    mine = object()
    return claims.setdefault((place.id, name, instance_id), mine) is mine


def _appeared(place: api.Workspace, name: str, before: set[int]) -> int | None:
    fresh = [item for item in api.list_instances(place, name) if item.instance_id not in before]
    return next((item.instance_id for item in fresh if _is_by_hand(item)), None)
