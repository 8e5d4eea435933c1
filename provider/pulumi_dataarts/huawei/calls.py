"""What a service room says to the transport, and what it gets back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from pulumi_dataarts.errors import BadResponse, CloudError

ErrorTable: TypeAlias = Mapping[str, type[CloudError]]
"""A service's own codes to errors. A listed code is definite whatever its status; others go by status."""


@dataclass(frozen=True)
class Call:
    """One request to a service.

    Attributes:
        operation: the page's name, for messages: `create job`.
        method: HTTP method.
        path: from the root, with the project id in it, its parts percent-encoded.
        safe: only reads, or does no harm when done twice: may be repeated after an unanswered send.
        query: parameters, not encoded.
        headers: beyond those of every call.
        body: a JSON value; None for no body.
        resource: what the call is about, for messages: `job orders_full on cluster c1`.
    """

    operation: str
    method: str
    path: str
    safe: bool = False
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = field(default=None, repr=False)
    resource: str = ""

    def content(self) -> bytes:
        """Return the body as it travels."""
        if self.body is None:
            return b""
        return json.dumps(self.body, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Reply:
    """An answer. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    def json(self) -> Any:
        """Return the body as JSON; an empty body is `{}`. Raises BadResponse on anything else."""
        if not self.content.strip():
            return {}
        try:
            return json.loads(self.content)
        except ValueError as error:
            raise BadResponse(
                "the answer is not JSON",
                status=self.status,
                request_id=self.headers.get("x-request-id", ""),
                hint="Check that the endpoint is the service's own, not a proxy's or a login page.",
            ) from error
