"""Who is calling: an access key that signs each request, or a token that is renewed before it expires.

Order, as teams know it from elsewhere: token, then temporary keys from a file, a command or for an identity token, then
access key, then user and password (the order of the official SDK).
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

from pulumi_dataarts.errors import BadResponse
from pulumi_dataarts.huawei.calls import Call, Reply
from pulumi_dataarts.huawei.signing import authorization

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pulumi_dataarts.huawei.clock import Clock
    from pulumi_dataarts.huawei.settings import Settings
    from pulumi_dataarts.huawei.temporary import Keys

RENEW_BEFORE_MS: Final = 10 * 60 * 1000


@dataclass(frozen=True)
class Unsigned:
    """A request before it says who sends it. `headers` are all that are to be signed, `Host` among them."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class Credentials(Protocol):
    """How a request shows who sends it. Thread-safe."""

    def headers(self, request: Unsigned) -> dict[str, str]:
        """Return the headers to add."""
        ...

    def renew(self, refused: Mapping[str, str]) -> bool:
        """After a 401 on these headers: get others if there are any to be had, and say so."""
        ...


class AccessKey:
    """A permanent key, or temporary ones with their security tokens."""

    def __init__(self, keys: Keys, clock: Clock) -> None:
        self._keys, self._clock = keys, clock

    def headers(self, request: Unsigned) -> dict[str, str]:
        """Sign."""
        key = self._keys.current()
        now = datetime.fromtimestamp(self._clock.wall_ms() / 1000, UTC)
        added = {"X-Sdk-Date": now.strftime("%Y%m%dT%H%M%SZ")}
        if key.token:
            added["X-Security-Token"] = key.token
        added["Authorization"] = authorization(
            key.access,
            key.secret,
            method=request.method,
            path=request.path,
            query=request.query.items(),
            headers={**request.headers, **added},
            body=request.body,
        )
        return added

    def renew(self, refused: Mapping[str, str]) -> bool:
        """Ask for another, if keys come and go."""
        key = self._keys.current()
        is_its = f"Access={key.access}," in refused.get("Authorization", "")
        return self._keys.renew(key.access) if is_its else True


class Token:
    """A token that somebody else got and keeps fresh."""

    def __init__(self, token: str) -> None:
        self._token = token

    def headers(self, request: Unsigned) -> dict[str, str]:
        """Show it."""
        return {"X-Auth-Token": self._token}

    def renew(self, refused: Mapping[str, str]) -> bool:
        """There is only this one."""
        return False


class Password:
    """A user's password, exchanged for tokens at IAM: before the first call, before expiry, and after a 401.

    Source: IAM API "Obtaining a User Token Through Password Authentication".
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        ask: Callable[[Call], Reply],
        conceal: Callable[[list[str]], None],
    ) -> None:
        """`ask` sends a call to IAM without credentials; `conceal` keeps values out of logs and messages."""
        self._settings, self._clock, self._ask, self._conceal = settings, clock, ask, conceal
        self._lock = threading.Lock()
        self._token = ""
        self._renew_at_ms = 0

    def headers(self, request: Unsigned) -> dict[str, str]:
        """Show the token, a new one if it is about to expire."""
        with self._lock:
            if self._clock.wall_ms() >= self._renew_at_ms:
                self._fetch()
            return {"X-Auth-Token": self._token}

    def renew(self, refused: Mapping[str, str]) -> bool:
        """Get a new token, unless another thread has done so since."""
        with self._lock:
            if refused.get("X-Auth-Token") == self._token:
                self._fetch()
            return True

    def _fetch(self) -> None:
        reply = self._ask(
            Call(
                "obtain token",
                "POST",
                "/v3/auth/tokens",
                safe=True,
                query={"nocatalog": "true"},
                body=_password_body(self._settings),
                resource=f"user {self._settings.user_name}",
            )
        )
        token = reply.headers.get("x-subject-token", "")
        if not token:
            raise BadResponse(
                "no X-Subject-Token in the answer",
                service="iam",
                operation="obtain token",
                status=reply.status,
            )
        expires_ms = _expiry_ms(reply)
        life_ms = max(0, expires_ms - self._clock.wall_ms())
        self._conceal([token])
        self._token, self._renew_at_ms = token, expires_ms - min(RENEW_BEFORE_MS, life_ms // 10)


def _password_body(settings: Settings) -> dict[str, Any]:
    user = {
        "domain": {"name": settings.domain_name},
        "name": settings.user_name,
        "password": settings.user_password,
    }
    scope = {"project": {"id": settings.project_id}}
    return {"auth": {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}}


def _expiry_ms(reply: Reply) -> int:
    """Read `token.expires_at`, e.g. `2020-01-04T09:05:22.701000Z`."""
    try:
        text = reply.json()["token"]["expires_at"]
        return int(datetime.fromisoformat(text).timestamp() * 1000)
    except (KeyError, TypeError, ValueError) as error:
        raise BadResponse(
            "no usable token.expires_at in the answer",
            service="iam",
            operation="obtain token",
            status=reply.status,
        ) from error
