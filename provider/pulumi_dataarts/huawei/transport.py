"""The only module that speaks HTTP to the services (all but OBS): one pool of connections a session.

A service room builds a `Call`, gives it to `Service.send`, reads the `Reply`. httpx is imported here alone,
and only when the first call is made.
"""

from __future__ import annotations

import logging
import random
import threading
from collections import defaultdict, deque
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from pulumi_dataarts.errors import (
    BadResponse,
    CloudError,
    OutcomeUnknown,
    ProvisionError,
    ServiceFault,
    Throttled,
    Unreachable,
)
from pulumi_dataarts.huawei.calls import Call, ErrorTable, Reply
from pulumi_dataarts.huawei.credentials import Credentials, Unsigned
from pulumi_dataarts.huawei.failures import LOOK_FIRST, complaint, error_of
from pulumi_dataarts.huawei.pauses import told_while
from pulumi_dataarts.huawei.retries import Outcome, Patience, Retries, retry_after_s
from pulumi_dataarts.huawei.signing import canonical_query
from pulumi_dataarts.huawei.throttle import TELL_FROM_S

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator, Mapping

    import httpx

    from pulumi_dataarts.huawei.clock import Clock
    from pulumi_dataarts.huawei.redaction import Redactor
    from pulumi_dataarts.huawei.throttle import Throttle

__all__ = ["Call", "Connection", "ErrorTable", "Limits", "Reply", "Service", "answers"]

_log = logging.getLogger(__name__)

_UNAUTHORISED, _UNAVAILABLE = 401, 503
_ALWAYS: Final = {"User-Agent": "pulumi-dataarts", "Accept": "application/json", "Accept-Encoding": "gzip, deflate"}
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
_UNSENT: Final = "The next `up` sends it."


@dataclass(frozen=True)
class Limits:
    """Bounds of one attempt. Seconds and bytes.

    Attributes:
        answer_s: from sending to the last byte of the answer.
        silence_s: without a byte on a connection that is open.
        connect_s: for making one, or for getting one from the pool.
        content_max: the largest answer that is read, after decompression.
        connections: open at once.
        idle_s: after which an unused connection is closed, before a server would do so under a request.
    """

    answer_s: float = 120.0
    silence_s: float = 60.0
    connect_s: float = 10.0
    content_max: int = 64 * 1024 * 1024
    connections: int = 64
    idle_s: float = 4.0


class Connection:
    """A pool of connections to any of the services. Thread-safe.

    Each connection is a transport of its own, used without a client: httpx goes through all of a client's connections
    for every request, and merges headers, cookies, redirects and credentials that no service here has any use for.
    """

    def __init__(self, clock: Clock, limits: Limits = Limits()) -> None:
        self._clock, self._limits = clock, limits
        self._free = threading.BoundedSemaphore(limits.connections)
        self._idle: defaultdict[str, deque[httpx.HTTPTransport]] = defaultdict(deque)
        self._certificates_lock = threading.Lock()

    @contextmanager
    def _borrowed(self, url: str) -> Iterator[httpx.HTTPTransport]:
        """Lend the one that was given back last: its connection is the least likely to be closed by now."""
        if not self._free.acquire(timeout=self._limits.answer_s):
            raise Unreachable(f"{self._limits.connections} calls are under way, and none has ended")
        try:
            idle = self._idle[_origin(url)]
            transport = _popped(idle) or self._made(url)
            try:
                yield transport
            finally:
                idle.append(transport)
        finally:
            self._free.release()

    @cached_property
    def _certificates(self) -> ssl.SSLContext:
        import httpx

        return httpx.create_ssl_context()

    def _made(self, url: str) -> httpx.HTTPTransport:
        import httpx

        logging.getLogger("httpcore").setLevel(logging.WARNING)  # its debug logs show headers, tokens among them
        with self._certificates_lock:  # they take long to load
            certificates = self._certificates
        return httpx.HTTPTransport(
            verify=certificates,
            limits=httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=self._limits.idle_s),
            proxy=_proxy(url),
        )

    @cached_property
    def _timeouts_s(self) -> dict[str, float]:
        limits = self._limits
        return {
            "connect": limits.connect_s,
            "read": limits.silence_s,
            "write": limits.silence_s,
            "pool": limits.answer_s,
        }

    def exchange(self, method: str, url: str, headers: Mapping[str, str], content: bytes) -> Reply:
        """Send one request and read the whole answer, whatever its status.

        Raises:
            Unreachable: never sent.
            OutcomeUnknown: sent, at least in part, and not answered in full and in time.
            BadResponse: the answer is larger than is ever read.
        """
        import httpx

        deadline_s = self._clock.now_s() + self._limits.answer_s
        try:
            request = httpx.Request(
                method, url, headers={**_ALWAYS, **headers}, content=content, extensions={"timeout": self._timeouts_s}
            )
            with self._borrowed(url) as transport, closing(transport.handle_request(request)) as response:
                body = self._read(response, deadline_s)
                return Reply(response.status_code, dict(response.headers), body)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
            raise Unreachable(f"cannot reach {_host(url)}: {error}") from error
        except httpx.InvalidURL as error:
            raise Unreachable(f"not a URL: {url}") from error
        except httpx.TransportError as error:
            raise OutcomeUnknown(f"{_host(url)} did not answer: {type(error).__name__}") from error

    def _read(self, response: httpx.Response, deadline_s: float) -> bytes:
        content = bytearray()
        for chunk in response.iter_bytes():
            content += chunk
            if len(content) > self._limits.content_max:
                raise BadResponse(f"the answer is larger than {self._limits.content_max} bytes")
            if self._clock.now_s() > deadline_s:
                raise OutcomeUnknown(f"the answer took longer than {self._limits.answer_s:g} s")
        return bytes(content)


def answers(url: str) -> bool:
    """Say whether something on this machine speaks HTTP there, within two seconds.

    Nothing is told or believed, and it is the first that many a run does: httpx would take longer to import.
    """
    from http.client import HTTPConnection, HTTPException

    where = urlsplit(url)
    connection = HTTPConnection(where.netloc, timeout=2.0)
    try:
        connection.request("GET", where.path or "/")
        connection.getresponse()
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
    return True


@dataclass(frozen=True)
class _Attempt:
    outcome: Outcome
    result: Reply | ProvisionError
    asked_s: float | None = None


@dataclass
class Service:
    """One service as one account sees it. Thread-safe.

    Attributes:
        name: `cdm`, `dlf`, `dli` or `iam`.
        url: where it is, without a trailing slash.
        project_id: goes into each path, by the room's api functions.
        table: the service's codes as errors.
        credentials: None sends without any.
        say: takes one line for people.
        away_hint: what to do where nothing answers at `url`.
        auth_hint: what to do where the credentials are refused.
        rights_hint: what to do where the user lacks a permission.
    """

    name: str
    url: str
    project_id: str
    table: ErrorTable
    connection: Connection
    credentials: Credentials | None
    throttle: Throttle
    clock: Clock
    redactor: Redactor
    say: Callable[[str], None]
    away_hint: str = ""
    auth_hint: str = ""
    rights_hint: str = ""
    patience: Patience = field(default_factory=Patience)
    dice: random.Random = field(default_factory=random.Random, repr=False)

    def send(self, call: Call) -> Reply:
        """Send a call, retry what cannot have taken effect, and return the answer if it is a success.

        Raises:
            AuthError: the credentials were refused.
            CloudError: the subclass that the service's code, or else the status, stands for.
            Unreachable: never sent.
            OutcomeUnknown: an unsafe call was sent, and what came of it is not known.
        """
        retries = Retries(self.patience, self.dice)
        self.redactor.learn(call.body)
        while True:
            with told_while(lambda: f"{call.operation} waited for its turn", _UNSENT):
                self.throttle.take()
            attempt = self._attempt(call)
            if isinstance(attempt.result, Reply):
                return attempt.result
            wait_s = retries.wait_s(attempt.outcome, attempt.asked_s)
            if wait_s is None:
                raise attempt.result
            self._wait(call, attempt, wait_s)

    def _attempt(self, call: Call) -> _Attempt:
        try:
            reply = self._exchange(call)
        except Unreachable as error:
            return _Attempt(Outcome.NEVER_SENT, self._about(call, error, Unreachable, self.away_hint))
        except OutcomeUnknown as error:
            if call.safe:
                return _Attempt(Outcome.HARMLESS, self._about(call, error, ServiceFault, "Run again."))
            return _Attempt(Outcome.FINAL, self._about(call, error, OutcomeUnknown, LOOK_FIRST))
        except BadResponse as error:
            return _Attempt(Outcome.FINAL, self._about(call, error, BadResponse, ""))
        said = complaint(reply)
        if said is None:
            return _Attempt(Outcome.DONE, reply)
        said = replace(said, message=self.redactor.text(said.message))
        refusal = error_of(
            said,
            service=self.name,
            call=call,
            table=self.table,
            auth_hint=self.auth_hint,
            rights_hint=self.rights_hint,
        )
        asked_s = retry_after_s(reply.headers.get("retry-after", ""), self.clock)
        return _Attempt(_outcome(reply.status, refusal, asked_s), refusal, asked_s)

    def _exchange(self, call: Call) -> Reply:
        reply, shown = self._once(call)
        if reply.status == _UNAUTHORISED and self.credentials and self.credentials.renew(shown):
            reply, _ = self._once(call)
        return reply

    def _once(self, call: Call) -> tuple[Reply, Mapping[str, str]]:
        where = urlsplit(self.url)
        headers = {
            "Host": where.netloc,
            "Content-Type": "application/json",
            "X-Project-Id": self.project_id,
            **call.headers,
        }
        content, path = call.content(), f"{where.path}{call.path}"
        shown: Mapping[str, str] = {}
        if self.credentials:
            shown = self.credentials.headers(Unsigned(call.method, path, call.query, headers, content))
        query = canonical_query(call.query.items())
        url = f"{where.scheme}://{where.netloc}{path}{'?' if query else ''}{query}"
        began_s = self.clock.now_s()
        reply = self.connection.exchange(call.method, url, {**headers, **shown}, content)
        self._record(call, url, reply, self.clock.now_s() - began_s)
        return reply, shown

    def _record(self, call: Call, url: str, reply: Reply, took_s: float) -> None:
        if _log.isEnabledFor(logging.DEBUG):
            _log.debug(
                "%s %s: %d in %.0f ms, request %s, sent %s",
                call.method,
                self.redactor.text(url),
                reply.status,
                took_s * 1000,
                reply.headers.get("x-request-id", "-"),
                self.redactor.body(call.body),
            )

    def _about(self, call: Call, cause: CloudError, kind: type[CloudError], hint: str) -> CloudError:
        about = f"{call.resource}: " if call.resource else ""
        told = kind(f"{about}{cause.message}", service=self.name, operation=call.operation, hint=hint)
        told.__cause__ = cause
        return told

    def _wait(self, call: Call, attempt: _Attempt, wait_s: float) -> None:
        is_news = attempt.outcome is not Outcome.ASKED_TO_WAIT or self.throttle.hold(wait_s)
        if wait_s >= TELL_FROM_S and is_news:
            reason, _, _ = str(attempt.result).partition("\n")
            self.say(f"{reason}; {call.operation} is sent again in {wait_s:.0f} s")
        with told_while(lambda: f"{call.operation} waited to be sent again", _UNSENT):
            self.clock.sleep(wait_s)


def _outcome(status: int, refusal: ProvisionError, asked_s: float | None) -> Outcome:
    if isinstance(refusal, Throttled) or (status == _UNAVAILABLE and asked_s is not None):
        return Outcome.ASKED_TO_WAIT
    return Outcome.HARMLESS if isinstance(refusal, ServiceFault) else Outcome.FINAL


def _proxy(url: str) -> str | None:
    """Return the proxy that the environment names for an address; none reaches this machine's loopback."""
    from urllib.request import getproxies, proxy_bypass

    parts = urlsplit(url)
    host = parts.hostname or ""
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy or host in _LOOPBACK or proxy_bypass(host):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _popped(idle: deque[httpx.HTTPTransport]) -> httpx.HTTPTransport | None:
    try:
        return idle.pop()
    except IndexError:
        return None


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _host(url: str) -> str:
    return urlsplit(url).netloc
