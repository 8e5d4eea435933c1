"""Keys that live for a while: from a file, from what a command prints, or for an identity token (OpenID Connect).

They are got when the first call needs them, again before they expire, and once more after a refusal. A file and a
command give what IAM answers: `{"credential": {"access", "secret", "securitytoken", "expires_at"}}`, or the inner
object alone; without `expires_at` they are taken to hold until they are refused.

Source: IAM API "Obtaining a Temporary Access Key and SecurityToken Through a Token"; obtaining a token with an OpenID
Connect ID token, CreateTokenWithIdToken (support.huaweicloud.com/intl/en-us/api-iam/iam_13_0605.html).
"""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from pulumi_dataarts.errors import AuthError
from pulumi_dataarts.huawei.calls import Call, Reply

if TYPE_CHECKING:
    from pulumi_dataarts.huawei.clock import Clock
    from pulumi_dataarts.huawei.settings import Settings

RENEW_BEFORE_MS: Final = 10 * 60 * 1000
LIFE_S: Final = 3600
"""How long a key for an identity token is asked for, in seconds; IAM allows 900 to 86400."""
COMMAND_DEADLINE_S: Final = 60.0


@dataclass(frozen=True)
class Key:
    """An access key. `token` is empty for a permanent one; `expires_ms` is 0 where the end is not known."""

    access: str
    secret: str = field(repr=False)
    token: str = field(default="", repr=False)
    expires_ms: int = 0


class Keys(Protocol):
    """Where the key of a request comes from. Thread-safe."""

    def current(self) -> Key:
        """Return a key that holds."""
        ...

    def renew(self, refused: str) -> bool:
        """After a refusal of the key of that name: get another if there is one to be had, and say so."""
        ...


@dataclass(frozen=True)
class Fixed:
    """The one key there is."""

    key: Key

    def current(self) -> Key:
        """Return it."""
        return self.key

    def renew(self, refused: str) -> bool:
        """There is only this one."""
        return False


class Renewed:
    """Keys that are fetched anew; `conceal` keeps them out of logs and messages."""

    def __init__(self, fetch: Callable[[], Key], clock: Clock, conceal: Callable[[list[str]], None]) -> None:
        self._fetch, self._clock, self._conceal = fetch, clock, conceal
        self._lock = threading.Lock()
        self._key: Key | None = None
        self._renew_at_ms = 0

    def current(self) -> Key:
        """Return the key, a new one if it is about to expire."""
        with self._lock:
            is_due = 0 < self._renew_at_ms <= self._clock.wall_ms()
            return self._renewed() if self._key is None or is_due else self._key

    def renew(self, refused: str) -> bool:
        """Fetch another, unless another thread has done so since; where it is the same again, there is none."""
        with self._lock:
            if self._key is None or self._key.access != refused:
                return True
            return self._renewed().access != refused

    def _renewed(self) -> Key:
        key = self._fetch()
        self._conceal([key.secret, key.token])
        now_ms = self._clock.wall_ms()
        if 0 < key.expires_ms <= now_ms:
            raise AuthError("The temporary credentials have expired.", hint="Get new ones, or let a command get them.")
        life_ms = key.expires_ms - now_ms
        self._renew_at_ms = key.expires_ms - min(RENEW_BEFORE_MS, life_ms // 10) if key.expires_ms else 0
        self._key = key
        return key


def keys_of(
    settings: Settings, clock: Clock, ask: Callable[[Call], Reply], conceal: Callable[[list[str]], None]
) -> Keys | None:
    """Return where the keys come from; None where the settings name a token or a password.

    Args:
        settings: who calls.
        clock: by which keys expire.
        ask: sends a call to IAM as it is, without credentials.
        conceal: keeps values out of logs and messages.
    """
    if settings.credentials_file:
        return Renewed(lambda: from_file(Path(settings.credentials_file)), clock, conceal)
    if settings.credentials_command:
        return Renewed(lambda: from_command(settings.credentials_command), clock, conceal)
    if settings.identity_provider:
        return Renewed(lambda: for_identity_token(settings, ask, conceal), clock, conceal)
    if settings.access_key:
        return Fixed(Key(settings.access_key, settings.secret_key, settings.security_token))
    return None


def from_file(path: Path) -> Key:
    """Read a key from a file. Raises AuthError where there is none."""
    try:
        return _parsed(path.read_text(encoding="utf-8"), f"The credentials file {path}")
    except (OSError, UnicodeDecodeError) as error:
        raise AuthError(f"The credentials file {path} cannot be read: {error}.") from error


def from_command(command: str) -> Key:
    """Run a command in a shell, and read the key that it prints. Raises AuthError where it fails."""
    what = "The credentials command"
    try:
        done = subprocess.run(  # noqa: S602 - the user's own command, from the environment or the stack's configuration
            command, shell=True, capture_output=True, text=True, timeout=COMMAND_DEADLINE_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise AuthError(f"{what} has not ended within {COMMAND_DEADLINE_S:.0f} s.") from error
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise AuthError(f"{what} ended with exit {done.returncode}{': ' + said[-1] if said else ''}.")
    return _parsed(done.stdout, what)


def for_identity_token(settings: Settings, ask: Callable[[Call], Reply], conceal: Callable[[list[str]], None]) -> Key:
    """Exchange the identity token of a CI service for a token, and that for a key.

    The file is read each time, since those who issue identity tokens write new ones there.
    """
    path = Path(settings.identity_token_file)
    try:
        identity = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise AuthError(f"The identity token {path} cannot be read: {error}.") from error
    conceal([identity])
    scope = {"project": {"id": settings.project_id}}
    body: dict[str, Any] = {"auth": {"id_token": {"id": identity}, "scope": scope}}
    provider = {"X-Idp-Id": settings.identity_provider}
    reply = ask(_call("obtain token with ID token", "/v3.0/OS-AUTH/id-token/tokens", provider, body, settings))
    token = reply.headers.get("x-subject-token", "")
    conceal([token])
    body = {"auth": {"identity": {"methods": ["token"], "token": {"duration_seconds": LIFE_S}}}}
    shown = {"X-Auth-Token": token}
    reply = ask(_call("obtain temporary key", "/v3.0/OS-CREDENTIAL/securitytokens", shown, body, settings))
    return _key(reply.json(), "IAM's answer")


def _call(operation: str, path: str, headers: dict[str, str], body: dict[str, Any], settings: Settings) -> Call:
    about = f"identity provider {settings.identity_provider}"
    return Call(operation, "POST", path, safe=True, headers=headers, body=body, resource=about)


def _parsed(text: str, what: str) -> Key:
    try:
        document = json.loads(text)
    except ValueError:
        raise AuthError(f"{what} gives no JSON.", hint=_SHAPE) from None
    return _key(document, what)


def _key(document: Any, what: str) -> Key:
    found = document.get("credential", document) if isinstance(document, dict) else {}
    told = {name: found.get(name) for name in ("access", "secret", "securitytoken")} if isinstance(found, dict) else {}
    if not (isinstance(told.get("access"), str) and isinstance(told.get("secret"), str)):
        raise AuthError(f"{what} gives no access key.", hint=_SHAPE)
    return Key(str(told["access"]), str(told["secret"]), str(told.get("securitytoken") or ""), _expiry_ms(found, what))


def _expiry_ms(found: dict[str, Any], what: str) -> int:
    if not found.get("expires_at"):
        return 0
    try:
        return int(datetime.fromisoformat(str(found["expires_at"])).timestamp() * 1000)
    except ValueError:
        raise AuthError(f"{what} gives an expires_at that is no time.", hint=_SHAPE) from None


_SHAPE: Final = 'Expected is {"credential": {"access": …, "secret": …, "securitytoken": …, "expires_at": …}}.'
