"""Who is calling: AK/SK signatures and IAM tokens, as the gateway checks them.

Written from the rules alone, not with the client's signer, so that the two check each other.

Source: IAM API "Obtaining a User Token Through Password Authentication"; support.huaweicloud.com/devg-apisign; API
Gateway "Error Codes". What the gateway answers to a signature for somebody else's project is not documented; APIGW.0302
is the nearest of its codes.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import parse_qsl, quote, unquote

from pulumi_dataarts.simulator.gateway import refused

if TYPE_CHECKING:
    from pulumi_dataarts.simulator.clock import Clock
    from pulumi_dataarts.simulator.http import Refused, Request
    from pulumi_dataarts.simulator.settings import Settings
    from pulumi_dataarts.simulator.store import Document, Store

ALGORITHM: Final = "SDK-HMAC-SHA256"
TOKEN_KIND: Final = "iam.token"  # noqa: S105
TEMPORARY_KIND: Final = "iam.credential"
_UNSIGNED_PAYLOAD: Final = "UNSIGNED-PAYLOAD"
_MUST_BE_SIGNED: Final = {"host", "x-sdk-date"}


class Signature(NamedTuple):
    """The `Authorization` header, taken apart."""

    access_key: str
    signed_headers: list[str]
    signature: str


class Gatekeeper:
    """Checks callers against one cloud's accounts."""

    def __init__(self, settings: Settings, store: Store, clock: Clock, wall: Clock) -> None:
        """Make a gatekeeper.

        Args:
            settings: the accounts.
            store: issued tokens and temporary credentials.
            clock: the cloud's time, which ends the life of a token.
            wall: the machine's time, which clients sign with.
        """
        self._settings = settings
        self._store = store
        self._clock = clock
        self._wall = wall

    def admit(self, request: Request, project_id: str) -> str:
        """Return the name of the calling user.

        Args:
            request: the request; its headers and its body are checked.
            project_id: the project in the path, or empty where the path has none.

        Raises:
            Refused: 401 or 403 in the gateway's shape.
        """
        if request.headers.get("authorization", "").startswith(ALGORITHM + " "):
            self._check_signature(request)
            if project_id not in ("", self._settings.project_id, *self._settings.projects):
                raise refused(request, 403, "APIGW.0302", f"The IAM user has no access to project {project_id}.")
        elif token := request.headers.get("x-auth-token"):
            self._check_token(request, token, project_id)
        else:
            raise _unauthorised(request, "x-auth-token not found")
        return self._settings.access_key

    def expire_tokens(self) -> None:
        """End the life of all tokens that were issued."""
        with self._store.transaction():
            for key, issued in self._store.list(TOKEN_KIND, ""):
                self._store.put(TOKEN_KIND, "", key, {**issued, "expires": self._clock.now()})

    def _check_token(self, request: Request, token: str, project_id: str) -> None:
        issued = self._store.get(TOKEN_KIND, "", token_key(token))
        if issued is None:
            raise _unauthorised(request, "decrypt token fail")
        foreign = project_id not in ("", issued["project"])
        if foreign or issued["expires"] <= self._clock.now():
            raise refused(request, 401, "APIGW.0307", "The token must be updated.")

    def _check_signature(self, request: Request) -> None:
        parsed = parse(request.headers["authorization"])
        if parsed is None or not set(parsed.signed_headers) >= _MUST_BE_SIGNED:
            raise _unauthorised(request, "verify aksk signature fail")
        secret = self._secret_of(request, parsed.access_key)
        expected = sign(request, parsed.signed_headers, secret)
        if not (hmac.compare_digest(expected, parsed.signature) and _payload_fits(request)):
            raise _unauthorised(request, "verify aksk signature fail")
        if not self._is_recent(request.headers["x-sdk-date"]):
            raise _unauthorised(request, "verify aksk signature fail, the signature has expired")

    def _secret_of(self, request: Request, access_key: str) -> str:
        if access_key == self._settings.access_key:
            return self._settings.secret_key
        temporary = self._store.get(TEMPORARY_KIND, "", access_key)
        if temporary is None or not self._is_usable(temporary, request):
            raise _unauthorised(request, f"Get secretKey failed, AK {access_key}")
        return str(temporary["secret"])

    def _is_usable(self, temporary: Document, request: Request) -> bool:
        token = request.headers.get("x-security-token", "")
        return temporary["expires"] > self._clock.now() and hmac.compare_digest(
            token.encode(), temporary["securitytoken"].encode()
        )

    def _is_recent(self, date: str) -> bool:
        try:
            signed_at = datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
        except ValueError:
            return False
        return abs(self._wall.now() - signed_at) <= self._settings.skew_s


def token_key(token: str) -> str:
    """Return what a token is stored under: its digest, so that no token lies on the disk."""
    return hashlib.sha256(token.encode()).hexdigest()


def parse(authorization: str) -> Signature | None:
    """Take an `Authorization` header apart; None when it is not of this algorithm's form."""
    fields = dict(part.strip().partition("=")[::2] for part in authorization[len(ALGORITHM) :].split(","))
    if not fields.keys() >= {"Access", "SignedHeaders", "Signature"}:
        return None
    return Signature(fields["Access"], fields["SignedHeaders"].split(";"), fields["Signature"])


def canonical_request(request: Request, signed_headers: list[str]) -> str:
    """Return the text whose digest is signed."""
    path = "/".join(quote(part, safe="~") for part in unquote(request.path).split("/"))
    query = sorted(parse_qsl(request.raw_query, keep_blank_values=True))
    lines = [
        request.method,
        path if path.endswith("/") else path + "/",
        "&".join(f"{quote(key, safe='~')}={quote(value, safe='~')}" for key, value in query),
        "".join(f"{name}:{request.headers.get(name, '').strip()}\n" for name in signed_headers),
        ";".join(signed_headers),
        _payload(request),
    ]
    return "\n".join(lines)


def sign(request: Request, signed_headers: list[str], secret_key: str) -> str:
    """Return the signature in hexadecimal that the request must carry."""
    digest = hashlib.sha256(canonical_request(request, signed_headers).encode()).hexdigest()
    to_sign = f"{ALGORITHM}\n{request.headers.get('x-sdk-date', '')}\n{digest}"
    return hmac.new(secret_key.encode(), to_sign.encode(), hashlib.sha256).hexdigest()


def _payload(request: Request) -> str:
    declared = request.headers.get("x-sdk-content-sha256") if request.body else None
    return declared or hashlib.sha256(request.body).hexdigest()


def _payload_fits(request: Request) -> bool:
    return _payload(request) in (_UNSIGNED_PAYLOAD, hashlib.sha256(request.body).hexdigest())


def _unauthorised(request: Request, reason: str) -> Refused:
    return refused(request, 401, "APIGW.0301", f"Incorrect IAM authentication information: {reason}")
