"""What travels between the kernel and the services: requests, answers, routes.

A service is a list of `Route`; its handlers are plain functions `(Request, Context) -> Answer`. The kernel
(`cloud.Cloud`) has matched the path, checked the caller and opened one store transaction before a handler
runs; it commits when the handler returns and rolls back when the handler raises, `Refused` included.

Handlers of GET and HEAD must not write: a *stale* fault runs them on a read-only view of the past.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from pulumi_dataarts.simulator.documents import parse

if TYPE_CHECKING:
    from pulumi_dataarts.simulator.clock import Clock
    from pulumi_dataarts.simulator.databases import Databases
    from pulumi_dataarts.simulator.faults import Faults
    from pulumi_dataarts.simulator.objects import Objects
    from pulumi_dataarts.simulator.settings import Settings
    from pulumi_dataarts.simulator.store import Store

# JSON as it came in or goes out; the border where types end.
Json: TypeAlias = Any


@dataclass(frozen=True)
class Delivery:
    """How an answer travels, when a fault says so.

    Attributes:
        delay_s: wait before the first byte.
        slow_s: spread the body over this time.
        truncate: close the connection in the middle of the body.
        drop: close the connection without a byte.
    """

    delay_s: float = 0.0
    slow_s: float = 0.0
    drop: bool = False
    truncate: bool = False


@dataclass(frozen=True)
class JsonText:
    """JSON that is written out already, and travels as it is."""

    text: str


@dataclass(frozen=True)
class Answer:
    """One HTTP answer.

    Attributes:
        body: JSON, or JSON that is written out already, or bytes that travel as they are
            (`application/octet-stream` unless `headers` says otherwise), or None for no body at all.
        headers: additional headers; the kernel adds the content type and the request id.
    """

    status: int = 200
    body: Json | JsonText | bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    delivery: Delivery = Delivery()


class Refused(Exception):
    """Ends a handler with an answer that says no; everything the request wrote is rolled back."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"refused with status {answer.status}")
        self.answer = answer


MALFORMED = Answer(400, {"error_code": "APIGW.0602", "error_msg": "The request body is not valid JSON."})


@dataclass(frozen=True)
class Request:
    """One HTTP request, as the kernel hands it to a handler.

    Attributes:
        path: as sent, percent-encoded, without the query.
        query: decoded; the first value where a name is repeated.
        headers: names in lower case.
        params: the template's path parameters, percent-decoded (a `%2F` stays inside its parameter).
        project_id: the `project_id` path parameter, or empty.
        user: name of the authenticated user, or empty.
        request_id: what the answer carries as `X-Request-Id`.
        raw_query: as sent, without the question mark.
        malformed: the service's own way to refuse a body that is not JSON (from the route).
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    params: Mapping[str, str] = field(default_factory=dict)
    project_id: str = ""
    user: str = ""
    request_id: str = ""
    raw_query: str = ""
    malformed: Answer = MALFORMED

    def json(self) -> Json:
        """Return the parsed body; an empty body is `{}`.

        Raises:
            Refused: the body is not JSON, with the service's own 400.
        """
        if not self.body:
            return {}
        try:
            return parse(self.body)
        except ValueError as error:
            raise Refused(self.malformed) from error


@dataclass(frozen=True)
class Context:
    """What a handler works with.

    Attributes:
        store: the documents, inside this request's transaction.
        clock: the cloud's time.
        objects: the embedded OBS.
        databases: what the embedded CDM can read.
        faults: asked by whatever starts a run or a task: `faults.failure_of(name)`.
    """

    store: Store
    clock: Clock
    objects: Objects
    settings: Settings
    faults: Faults
    databases: Databases


Handler: TypeAlias = Callable[[Request, Context], Answer]


@dataclass(frozen=True)
class Route:
    """One operation of a service.

    Attributes:
        template: e.g. `/v1.1/{project_id}/clusters/{cluster_id}/cdm/job/{job_name}`. Literal segments win
            over parameters.
        operation: the official SDK's name of the call, e.g. `create_job`.
        source: the page or fact sheet section the handler was written from.
        malformed: how the service refuses a body that is not JSON.
        signed: whether the gateway asks for a signature or a token.
    """

    method: str
    template: str
    handler: Handler
    operation: str
    source: str
    malformed: Answer = MALFORMED
    signed: bool = True

    @property
    def service(self) -> str:
        """Which service it belongs to: `iam`, `cdm`, `dlf` or `dli`."""
        return "dli" if "/streaming/" in self.template else _SERVICES[self.template.split("/")[1]]


_SERVICES: Final = {"v1.1": "cdm", "v1": "dlf", "v1.0": "dlf", "v2": "dlf", "v3": "iam", "v3.0": "iam"}
