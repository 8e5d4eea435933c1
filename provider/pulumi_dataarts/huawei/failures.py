"""From an unsuccessful answer to one of our errors: by the service's code where known, else by status.

Services and the gateway before them write errors in eight ways; all are read here ("Error Codes" of each
API, of API Gateway and of IAM).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from pulumi_dataarts.errors import (
    AuthError,
    BadResponse,
    CloudError,
    Conflict,
    NotFound,
    OutcomeUnknown,
    ProvisionError,
    ServiceFault,
    Throttled,
)

if TYPE_CHECKING:
    from pulumi_dataarts.huawei.calls import Call, ErrorTable, Reply

VALIDATION: Final = "validation-result"
"""Stands for the code of an answer that has none and lists what is wrong with an object instead."""

LOOK_FIRST: Final = "It may have taken effect: run again, and the object is looked for before anything is made."

_HINTS: Final[Mapping[type[CloudError], str]] = {
    BadResponse: "This is not the service: check `dataarts:endpoint`, `dataarts:endpoints` and the region.",
    Throttled: "Run again later, or lower `dataarts:rateLimit`; what is finished is not repeated.",
    OutcomeUnknown: LOOK_FIRST,
    ServiceFault: "Run again; what is finished is not repeated.",
}

_CODES = ("errCode", "code", "error_code", "errorCode")
_MESSAGES = ("externalMessage", "message", "error_msg", "errorMsg", "ternalMessage", "error_message")
_GATEWAY = ("APIG.", "APIGW.")
_TEXT_MAX = 600
_MULTIPLE, _REFUSED, _UNAUTHORISED, _FORBIDDEN = 300, 400, 401, 403
_MISSING, _CONFLICT, _TOO_MANY, _SERVER = 404, 409, 429, 500


@dataclass(frozen=True)
class Complaint:
    """What a service says in an unsuccessful answer, whatever the shape."""

    status: int
    code: str
    message: str
    request_id: str

    @property
    def is_from_gateway(self) -> bool:
        """Say whether the request never reached the service itself."""
        return self.code.startswith(_GATEWAY)


def complaint(reply: Reply) -> Complaint | None:
    """Read code, message and request id out of an answer of any shape, or of none; None for a success."""
    if reply.status < _MULTIPLE:
        return None
    body = _json(reply.content)
    fields = next(_objects(body), {}) if isinstance(body, Mapping) else {}
    code = _first(fields, _CODES)
    if code.isdigit():
        code = ""  # Keystone repeats the status there
    if not code and VALIDATION in fields:
        code, message = VALIDATION, "; ".join(_said(fields[VALIDATION]))
    else:
        message = _first(fields, _MESSAGES) or _plain_text(reply)
    request_id = reply.headers.get("x-request-id", "") or _first(fields, ("request_id", "requestId"))
    return Complaint(reply.status, code, _short(message), request_id)


def error_of(
    said: Complaint, *, service: str, call: Call, table: ErrorTable, auth_hint: str, rights_hint: str
) -> ProvisionError:
    """Return the error that a complaint stands for.

    A 5xx that the room's table does not know, on a call that may not be repeated, is `OutcomeUnknown`: a gateway that
    gave up waiting says so with the same statuses.
    """
    kind = table.get(said.code) or _by_status(said, safe=call.safe)
    about = f"{call.resource}: " if call.resource else ""
    error = kind(
        f"{about}{said.message or 'no reason given'}",
        service=service,
        operation=call.operation,
        status=said.status,
        code=said.code,
        request_id=said.request_id,
    )
    if said.status == _UNAUTHORISED:
        return AuthError(str(error), hint=auth_hint)
    error.hint = rights_hint if said.status == _FORBIDDEN else _HINTS.get(kind, "")
    return error


def _by_status(said: Complaint, *, safe: bool) -> type[CloudError]:
    status = said.status
    if status == _MISSING:
        return NotFound if said.code and not said.is_from_gateway else BadResponse
    if status >= _SERVER:
        return ServiceFault if safe else OutcomeUnknown
    if status < _REFUSED:
        return BadResponse  # a redirection, which no page documents
    return {_CONFLICT: Conflict, _TOO_MANY: Throttled}.get(status, CloudError)


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None


def _objects(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield what may hold the error: the body itself, `error` (Keystone), the members of `errors`."""
    if any(name in body for name in (*_CODES, *_MESSAGES, VALIDATION)):
        yield body
    inner = body.get("error")
    if isinstance(inner, Mapping):
        yield inner
    for item in body.get("errors") or ():
        if isinstance(item, Mapping):
            yield item


def _first(fields: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((str(fields[name]) for name in names if fields.get(name) not in (None, "")), "")


def _said(result: Any) -> Iterator[str]:
    if isinstance(result, Mapping):
        if isinstance(result.get("message"), str):
            yield result["message"]
        else:
            for item in result.values():
                yield from _said(item)
    elif isinstance(result, list):
        for item in result:
            yield from _said(item)


def _plain_text(reply: Reply) -> str:
    """Return what a body without fields says, unless it is a page; then the status's own phrase."""
    text = reply.content.decode(errors="replace").strip()
    if text and not text.startswith("<"):
        return text
    return HTTPStatus(reply.status).phrase if reply.status in set(HTTPStatus) else ""


def _short(text: str) -> str:
    return text if len(text) <= _TEXT_MAX else f"{text[:_TEXT_MAX]}…"
