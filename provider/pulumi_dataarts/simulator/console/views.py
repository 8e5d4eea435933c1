"""What a page is made from, and what it is made into."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pulumi_dataarts.simulator.http import Answer, Context
    from pulumi_dataarts.simulator.request_log import RequestLog
    from pulumi_dataarts.simulator.s3 import S3Answer, S3Request
    from pulumi_dataarts.simulator.status import Status
    from pulumi_dataarts.simulator.store import Document, Store


class S3(Protocol):
    """The buckets, asked in S3's words."""

    def call(self, request: S3Request) -> S3Answer:
        """Answer a request."""
        ...


@dataclass(frozen=True)
class Sight:
    """One cloud at one moment, as a page looks at it, and what the reader asked for.

    Attributes:
        now_ms: the cloud's time.
        path: of the page.
        query: of the page.
    """

    context: Context
    s3: S3
    log: RequestLog
    status: Status | None
    now_ms: int
    path: str
    query: Mapping[str, str]

    @property
    def store(self) -> Store:
        """The documents."""
        return self.context.store

    @property
    def project(self) -> str:
        """The id of the one project."""
        return self.context.settings.project_id


@dataclass(frozen=True)
class View:
    """What a page shows: a template and its values."""

    template: str
    title: str
    values: Mapping[str, Any] = field(default_factory=dict)


class Absent(Exception):
    """What a page is about is not there, or not any more; the message says what."""


def body_of(answer: Answer) -> Document:
    """Return the JSON object that a service's own handler answers."""
    assert isinstance(answer.body, dict)
    return answer.body


def link(path: str, /, **query: str | int) -> str:
    """Return an address on this site; what is empty is left out of the query.

    Names travel in the query, where no name can be mistaken for a part of the path.
    """
    given = {key: value for key, value in query.items() if value not in ("", None)}
    return f"{path}?{urlencode(given)}" if given else path
