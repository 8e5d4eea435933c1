"""The API gateway in front of the services: the shape of its refusals.

Source: API Gateway, "Error Codes".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pulumi_dataarts.simulator.http import Answer, Refused

if TYPE_CHECKING:
    from pulumi_dataarts.simulator.http import Request

BODY_LIMIT_BYTES: Final = 12 * 1024 * 1024
URI_LIMIT_BYTES: Final = 32 * 1024

# What the gateway, or a service behind it, says when a fault asks for a status.
_CODES: Final = {
    401: ("APIGW.0307", "The token must be updated."),
    403: ("APIGW.0302", "The IAM user is not authorized to access the API."),
    429: ("APIGW.0308", "The throttling threshold has been reached: policy user over ratelimit."),
    502: ("APIGW.0610", "No backend available."),
    503: ("APIGW.0613", "IAM is temporarily unavailable."),
    504: ("APIGW.0201", "Backend timeout."),
}
_BAD_REQUEST: Final = ("APIGW.0602", "Bad request.")
_INTERNAL: Final = ("APIGW.0601", "Internal server error.")


def error(request: Request, status: int, code: str, message: str) -> Answer:
    """Return a refusal in the gateway's shape."""
    body = {"error_msg": message, "error_code": code, "request_id": request.request_id}
    return Answer(status, body)


def refused(request: Request, status: int, code: str, message: str) -> Refused:
    """Return a refusal in the gateway's shape, to be raised."""
    return Refused(error(request, status, code, message))


def failure(request: Request, status: int, retry_after_s: int | None = None) -> Answer:
    """Return what the gateway says when it answers with `status` on its own account."""
    code, message = _CODES.get(status, _BAD_REQUEST if status < 500 else _INTERNAL)
    headers = {} if retry_after_s is None else {"Retry-After": str(retry_after_s)}
    return Answer(status, error(request, status, code, message).body, headers)


def check_size(request: Request) -> None:
    """Refuse what the gateway does not let through.

    Raises:
        Refused: 413 for a body over 12 MB, 414 for an address over 32 KB.
    """
    if len(request.body) > BODY_LIMIT_BYTES:
        raise refused(request, 413, "APIGW.0201", "Request entity too large.")
    if len(request.path) + len(request.raw_query) > URI_LIMIT_BYTES:
        raise refused(request, 414, "APIGW.0201", "Request URI too large.")


def unknown_path(request: Request) -> Refused:
    """Return the gateway's refusal of a path that belongs to no service."""
    return refused(request, 404, "APIGW.0101", "The API does not exist or has not been published.")


def not_simulated(request: Request, details: str = "") -> Refused:
    """Return the embedded cloud's own refusal of a call that the real service may well have."""
    call = f"{request.method} {request.path}{details}"
    return refused(request, 501, "EMBEDDED.0501", f"The embedded cloud does not simulate {call}.")
