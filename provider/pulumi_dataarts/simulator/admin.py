"""The embedded cloud's own calls, under `/_embedded/`: faults, the clock, the request log, a fresh start.

They need no signature, since only this machine can reach them; what a page in a browser sends is refused.
"""

from __future__ import annotations

from dataclasses import asdict, fields, replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from pulumi_dataarts.simulator.cdm.clusters import existing
from pulumi_dataarts.simulator.cdm.operations import add, delete_cluster
from pulumi_dataarts.simulator.clock import ManualClock
from pulumi_dataarts.simulator.faults import KINDS, MOMENTS, OBS_KINDS, Fault
from pulumi_dataarts.simulator.http import Answer, Refused
from pulumi_dataarts.simulator.openapi import describe

if TYPE_CHECKING:
    from collections.abc import Callable

    from pulumi_dataarts.simulator.embedded import EmbeddedCloud
    from pulumi_dataarts.simulator.http import Request

PREFIX: Final = "/_embedded/"
_LOCAL: Final = ("127.0.0.1", "localhost")
_LAST: Final = "100"


def answer(request: Request, cloud: EmbeddedCloud) -> Answer:
    """Answer one call under `/_embedded/`."""
    name, _, rest = request.path.removeprefix(PREFIX).partition("/")
    call = CALLS.get((request.method, f"{name}/*" if rest else name))
    host = request.headers.get("host", "").rpartition(":")[0]
    if host not in _LOCAL or "origin" in request.headers:
        return _error(403, "only programs on this machine may call this")
    if call is None:
        return _error(404, f"no such call; there are {', '.join(' '.join(key) for key in CALLS)}")
    try:
        return call(replace(request, params={"id": unquote(rest)}), cloud)
    except Refused as refusal:
        return refusal.answer


def parse_fault(document: Any) -> Fault:
    """Return the rule that a JSON object describes.

    Raises:
        ValueError: an unknown key or kind, or a value of the wrong type.
    """
    if not isinstance(document, dict) or document.get("kind") not in KINDS:
        raise ValueError(f"`kind` must be one of {', '.join(KINDS)}")
    types = {field.name: field.type for field in fields(Fault) if field.name not in ("id", "seen")}
    for key, value in document.items():
        if key not in types:
            raise ValueError(f"`{key}` is unknown; there are {', '.join(types)}")
        expected = _JSON_TYPES.get(str(types[key]), (str,))
        if not isinstance(value, expected) or isinstance(value, bool):
            # One kind of error for a bad document, whatever is bad about it.
            raise ValueError(f"`{key}` must be {' or '.join(kind.__name__ for kind in expected)}")  # noqa: TRY004
    if document.get("moment", "after") not in MOMENTS:
        raise ValueError(f"`moment` must be {' or '.join(MOMENTS)}")
    if document.get("moment") == "stop" and document["kind"] != "task-fails":
        raise ValueError("only a `task-fails` has the moment `stop`")
    if document.get("service") == "obs" and document["kind"] not in OBS_KINDS:
        raise ValueError(f"`obs` knows {', '.join(sorted(OBS_KINDS))}")
    if not 0 <= document.get("probability", 1) <= 1:
        raise ValueError("`probability` must be from 0 to 1")
    return Fault(**document)


def _status(_request: Request, cloud: EmbeddedCloud) -> Answer:
    """Where the cloud is, as in `cloud.json`."""
    return Answer(200, None if cloud.status is None else asdict(cloud.status))


def _openapi(_request: Request, cloud: EmbeddedCloud) -> Answer:
    """All operations of the services, as an OpenAPI description."""
    return Answer(200, describe(cloud.routes, "/" if cloud.status is None else cloud.status.api))


def _list_faults(_request: Request, cloud: EmbeddedCloud) -> Answer:
    """The faults that are armed."""
    return Answer(200, {"faults": [asdict(fault) for fault in cloud.faults.list()]})


def _add_fault(request: Request, cloud: EmbeddedCloud) -> Answer:
    """Arm a fault."""
    try:
        return Answer(201, asdict(cloud.faults.add(parse_fault(request.json()))))
    except ValueError as error:
        raise Refused(_error(400, str(error))) from error


def _remove_fault(request: Request, cloud: EmbeddedCloud) -> Answer:
    """Take a fault away, by its id."""
    given = request.params["id"]
    if not given.isdecimal() or not cloud.faults.remove(int(given)):
        return _error(404, f"there is no fault {given}")
    return Answer(204)


def _clear_faults(_request: Request, cloud: EmbeddedCloud) -> Answer:
    """Take all faults away."""
    cloud.faults.clear()
    return Answer(204)


def _requests(request: Request, cloud: EmbeddedCloud) -> Answer:
    """The `last` requests, oldest first, and the total."""
    last = request.query.get("last", _LAST)
    if not last.isdecimal():
        return _error(400, "`last` must be a number")
    return Answer(200, {"total": cloud.log.total, "requests": [asdict(served) for served in cloud.log.last(int(last))]})


def _list_clusters(_request: Request, cloud: EmbeddedCloud) -> Answer:
    """Name of each CDM cluster by its id."""
    with cloud.context.store.transaction():
        found = existing(cloud.context)
    return Answer(200, {"clusters": {cluster_id: cluster["name"] for cluster_id, cluster in found.items()}})


def _add_cluster(request: Request, cloud: EmbeddedCloud) -> Answer:
    """Make a CDM cluster: `{"id": …, "name": …}`."""
    match request.json():
        case {"id": str() as cluster_id, **more}:
            name = str(more.get("name") or f"cdm-{cluster_id}")
        case _:
            return _error(400, 'the body must be {"id": …} and may have a "name"')
    with cloud.context.store.transaction():
        add(cluster_id, name, cloud.context)
    return Answer(201, {"id": cluster_id, "name": name})


def _remove_cluster(request: Request, cloud: EmbeddedCloud) -> Answer:
    """Delete a CDM cluster with its links and jobs."""
    with cloud.context.store.transaction():
        delete_cluster(replace(request, params={"cluster_id": request.params["id"]}), cloud.context)
    return Answer(204)


def _settings(_request: Request, cloud: EmbeddedCloud) -> Answer:
    """The settings, without the secret key."""
    shown = asdict(cloud.context.settings)
    return Answer(200, {name: value for name, value in shown.items() if name != "secret_key"})


def _set_clock(request: Request, cloud: EmbeddedCloud) -> Answer:
    """Move, stop or restart the clock of a cloud under test."""
    clock = cloud.clock
    if not isinstance(clock, ManualClock):
        return _error(409, "this cloud runs on the machine's clock")
    match request.json():
        case {"advance": int() | float() as seconds} if seconds >= 0 and not isinstance(seconds, bool):
            clock.advance(seconds)
        case {"frozen": bool() as frozen}:
            (clock.freeze if frozen else clock.restart)()
        case _:
            return _error(400, 'the body must be {"advance": seconds} or {"frozen": true or false}')
    cloud.run_due()
    return Answer(200, {"now": clock.now()})


def _show_clock(_request: Request, cloud: EmbeddedCloud) -> Answer:
    """The cloud's time, in seconds."""
    return Answer(200, {"now": cloud.clock.now()})


def _reset(_request: Request, cloud: EmbeddedCloud) -> Answer:
    """Forget everything."""
    cloud.reset()
    return Answer(204)


def _error(status: int, message: str) -> Answer:
    return Answer(status, {"error_code": f"EMBEDDED.0{status}", "error_msg": message})


_JSON_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "int": (int,),
    "float": (int, float),
    "int | None": (int, type(None)),
}
CALLS: Final[dict[tuple[str, str], Callable[[Request, EmbeddedCloud], Answer]]] = {
    ("GET", "status"): _status,
    ("GET", "openapi.json"): _openapi,
    ("GET", "faults"): _list_faults,
    ("POST", "faults"): _add_fault,
    ("DELETE", "faults"): _clear_faults,
    ("DELETE", "faults/*"): _remove_fault,
    ("GET", "clusters"): _list_clusters,
    ("POST", "clusters"): _add_cluster,
    ("DELETE", "clusters/*"): _remove_cluster,
    ("GET", "settings"): _settings,
    ("GET", "requests"): _requests,
    ("GET", "clock"): _show_clock,
    ("POST", "clock"): _set_clock,
    ("POST", "reset"): _reset,
}
