"""What every DataArts Factory handler takes from its request: the workspace, the body, the page."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pulumi_dataarts.simulator.clock import milliseconds
from pulumi_dataarts.simulator.dlf import checks
from pulumi_dataarts.simulator.dlf.refusals import Refusal
from pulumi_dataarts.simulator.documents import parse
from pulumi_dataarts.simulator.http import Context, Refused, Request
from pulumi_dataarts.simulator.objects import ObjectError
from pulumi_dataarts.simulator.store import Document

_DEFAULT_WORKSPACE = "default"
# So many digits that a page stays within the store's integers, and a time in milliseconds fits.
_WHOLE = re.compile(r"-?[0-9]{1,15}")
_OBS_PATH = re.compile(r"obs://(?P<bucket>[^/]+)(/(?P<key>.*))?")


@dataclass(frozen=True)
class Page:
    """One page of a list.

    Attributes:
        offset: rows before the page.
        limit: rows on the page, at most.
    """

    offset: int
    limit: int


def scope_of(request: Request, context: Context) -> str:
    """Return the store scope of the request's workspace, which the header `workspace` names.

    Raises:
        Refused: DLF.0819, no such workspace.

    Source: DataArts Factory API "Common Message Headers".
    """
    workspace = _workspace(request)
    if workspace not in context.settings.workspaces:
        raise Refusal("DLF.0819")
    return f"{request.project_id}/{workspace}"


def body_of(request: Request) -> Document:
    """Return the body, which must be an object; no body counts as an empty one."""
    try:
        return checks.a_document(parse(request.body or b"{}"), "the body")
    except ValueError as error:
        raise Refused(request.malformed) from error


def obs_address(path: str) -> tuple[str, str]:
    """Return bucket and key of an `obs://` path; the key may be empty.

    Raises:
        Refused: DLF.0803, not such a path.
    """
    match = _OBS_PATH.fullmatch(path)
    if match is None:
        raise Refusal("DLF.0803")
    return match["bucket"], match["key"] or ""


def fetched(path: str, context: Context) -> bytes:
    """Return the object at an `obs://` path.

    Raises:
        Refused: DLF.0803, not the path of an object; DLF.0815, there is none.
    """
    bucket, key = obs_address(path)
    if not key:
        raise Refusal("DLF.0803")
    try:
        return context.objects.read(bucket, key)
    except ObjectError as missing:
        raise Refusal("DLF.0815") from missing


def now_ms(context: Context) -> int:
    """Return the cloud's time in milliseconds."""
    return milliseconds(context.clock.now())


def page_of(request: Request, *, limit_max: int = 100) -> Page:
    """Return the page asked for; `offset` counts pages, not rows.

    Source: DataArts Factory API, the pages of job operations: offset is "the number of pages", limit is 1 to 100, 10 if
    absent.
    """
    limit = _whole(request, "limit", 10)
    number = _whole(request, "offset", 0)
    if not 1 <= limit <= limit_max or number < 0:
        raise Refusal("DLF.3051", f"limit must be 1 to {limit_max}, offset 0 or more")
    return Page(number * limit, limit)


def optional_time_ms(request: Request, name: str) -> int | None:
    """Return a time in the query, in milliseconds, or None."""
    return _whole(request, name, 0) if request.query.get(name) else None


def check_reviewed(body: Document, request: Request, context: Context, *keys: str) -> None:
    """Refuse a body without the keys that the review function asks for, where it is on in the request's workspace.

    Source: DataArts Factory API "Importing a Job": what happens without them is not stated; DLF.0802 is our choice.
    """
    review = context.settings.review
    is_on = review if isinstance(review, bool) else _workspace(request) in review
    for key in keys:
        if is_on and not body.get(key):
            raise Refusal("DLF.0802", f"{key} is required while the review function is on")


def _workspace(request: Request) -> str:
    return request.headers.get("workspace") or _DEFAULT_WORKSPACE


def _whole(request: Request, name: str, default: int) -> int:
    value = request.query.get(name) or str(default)
    if not _WHOLE.fullmatch(value):
        raise Refusal("DLF.3051", f"{name} must be a whole number")
    return int(value)
