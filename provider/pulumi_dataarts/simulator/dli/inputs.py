"""What every Flink handler takes from its request: the body, numbers and flags in it, job ids."""

from __future__ import annotations

import re
from typing import Any

from pulumi_dataarts.simulator.clock import milliseconds
from pulumi_dataarts.simulator.dli.answers import INVALID, Refusal
from pulumi_dataarts.simulator.documents import parse
from pulumi_dataarts.simulator.http import Context, Refused, Request
from pulumi_dataarts.simulator.store import Document

_ID = re.compile(r"[0-9]{1,18}")
_NUMBER = re.compile(r"[0-9]{1,9}")


def now_ms(context: Context) -> int:
    """Return the cloud's time in milliseconds."""
    return milliseconds(context.clock.now())


def body_of(request: Request) -> Document:
    """Return the body, which must be an object; no body counts as an empty one."""
    try:
        body = parse(request.body or b"{}")
    except ValueError as error:
        raise Refused(request.malformed) from error
    if not isinstance(body, dict):
        raise Refusal(INVALID, "The request body must be an object.")
    return body


def flag(body: Document, key: str) -> bool:
    """Return a flag of the body; absent or null is false."""
    value = body.get(key) or False
    if not isinstance(value, bool):
        raise Refusal(INVALID, f"The parameter {key} must be true or false.")
    return value


def job_ids(body: Document, key: str) -> list[int]:
    """Return a list of job ids in the body, written as numbers or as text; it must not be empty."""
    ids: Any = body.get(key)
    if not isinstance(ids, list) or not ids:
        raise Refusal(INVALID, f"The parameter {key} is required.")
    if not all(isinstance(job_id, int | str) and _ID.fullmatch(str(job_id)) for job_id in ids):
        raise Refusal(INVALID, f"The parameter {key} must be a list of job ids.")
    return [int(job_id) for job_id in ids]


def page_of(request: Request) -> tuple[int, int]:
    """Return how many rows a list leaves out, and how many it has at most.

    Source: DLI API "Listing Jobs", "Querying Job Details", "Running Jobs in Batches", "Stopping Jobs in Batches",
    "Deleting a Job": limit is 0 to 100, 10 if absent; offset counts rows.
    """
    offset, limit = _whole(request, "offset", 0), _whole(request, "limit", 10)
    if limit > 100:
        raise Refusal(INVALID, "The parameter limit must be 0 to 100.")
    return offset, limit


def is_ascending(request: Request) -> bool:
    """Say whether a list is asked for with its oldest first; otherwise its latest is."""
    order = request.query.get("order") or "desc"
    if order not in ("asc", "desc"):
        raise Refusal(INVALID, "The parameter order must be asc or desc.")
    return order == "asc"


def _whole(request: Request, name: str, default: int) -> int:
    value = request.query.get(name) or str(default)
    if not _NUMBER.fullmatch(value):
        raise Refusal(INVALID, f"The parameter {name} must be a whole number.")
    return int(value)
