"""What a handler is given to work with: settings, services, OBS, time, and a way to tell people."""

from __future__ import annotations

import io
import os
import sys
import threading
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Literal, TypeVar, cast

from pulumi_dataarts.errors import AuthError
from pulumi_dataarts.huawei import settings as configuration
from pulumi_dataarts.huawei import waiting
from pulumi_dataarts.huawei.clock import Clock, SystemClock
from pulumi_dataarts.huawei.coalescing import Flights
from pulumi_dataarts.huawei.credentials import AccessKey, Credentials, Password, Token
from pulumi_dataarts.huawei.pauses import Pauses
from pulumi_dataarts.huawei.redaction import Redactor
from pulumi_dataarts.huawei.storage import NO_KEY_HINT, open_storage
from pulumi_dataarts.huawei.temporary import Key, Keys, keys_of
from pulumi_dataarts.huawei.throttle import Throttle
from pulumi_dataarts.huawei.transport import Connection, ErrorTable, Service
from pulumi_dataarts.huawei.uploads import LARGE_BYTES, Upload

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping
    from contextlib import AbstractContextManager

    from pulumi_dataarts.huawei.settings import Settings

T = TypeVar("T")
ServiceName = Literal["cdm", "dlf", "dli", "iam"]


class Session:
    """One account, one region, one project, as one process uses them. Thread-safe."""

    def __init__(
        self, settings: Settings, *, clock: Clock | None = None, say: Callable[[str], None] | None = None
    ) -> None:
        """Open nothing yet: connections are made, and tokens fetched, when the first call needs them.

        Args:
            settings: where the services are, and who calls.
            clock: all waiting goes through it.
            say: takes one line for people; standard error, which both engines show, if not given.
        """
        self.settings = settings
        self.clock: Clock = clock or SystemClock()
        self._pauses = Pauses(self.clock)
        self._say = say or _to_standard_error
        self._redactor = Redactor()
        self._redactor.conceal(settings.secrets())
        self._connection = Connection(self.clock)
        self._flights = Flights(self.clock)
        self._kept: dict[Hashable, Any] = {}
        self._lock = threading.RLock()

    def service(self, name: ServiceName, errors: ErrorTable) -> Service:
        """Return the service's client: one for the life of the session, with the `errors` first given."""
        return self.once(("service", name), lambda: self._service(name, errors, self._credentials()))

    def obs(self) -> Any:
        """Return the boto3 S3 client for OBS: one for the life of the session."""
        return self.once(("obs",), lambda: open_storage(self.settings, self._keys()))

    def key(self) -> Key:
        """Return the access key of the moment. Raises AuthError where there is only a token or a password."""
        keys = self._keys()
        if keys is None:
            raise AuthError("There is only a token or a password, and no access key.", hint=NO_KEY_HINT)
        return keys.current()

    def tell(self, message: str) -> None:
        """Say one line to people: progress, a wait, something taken over. Secrets are hidden."""
        self._say(self._redactor.text(message))

    def tell_once(self, message: str) -> None:
        """Say it, unless it was said in this session."""
        self.once(("told", message), lambda: self.tell(message))

    def redacted(self, text: str) -> str:
        """Return a text, such as a service's own words, without any known secret."""
        return self._redactor.text(text)

    def conceal(self, values: Iterable[str]) -> None:
        """Keep these values out of every message and log from now on."""
        self._redactor.conceal(values)

    def wait_until(
        self,
        look: Callable[[], T | None],
        *,
        what: str,
        deadline_s: float,
        every_s: float = 2.0,
        describe: Callable[[], str] | None = None,
    ) -> T:
        """Look until `look` returns something, ever slower, and tell how it goes. Raises WaitTimeout, Cancelled."""
        return waiting.wait_until(
            look,
            what=what,
            deadline_s=deadline_s,
            every_s=every_s,
            clock=self._pauses,
            tell=self.tell,
            describe=describe,
        )

    def uploaded(self, body: bytes | BinaryIO, what: str) -> bytes | BinaryIO | Upload:
        """Return a body for boto3: a large one tells how far it is, and ends when the run is stopped."""
        file = io.BytesIO(body) if isinstance(body, bytes) else body
        size_bytes = file.seek(0, io.SEEK_END)
        file.seek(0)
        return Upload(file, what, clock=self._pauses, tell=self.tell) if size_bytes >= LARGE_BYTES else body

    def limited(self, seconds: float) -> AbstractContextManager[None]:
        """Give all waiting in this thread so much time, inside the block; 0 is no limit."""
        return self._pauses.limited(seconds)

    def stop(self) -> None:
        """End all waiting of this session: the run was stopped."""
        self._pauses.stop()

    def shared(self, key: Hashable, load: Callable[[], T]) -> T:
        """Load once for all who ask for `key` within a few milliseconds; nothing is kept for later."""
        return self._flights.shared(key, load)

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """Make something once for the life of the session, and return it each time after."""
        with self._lock:
            if key not in self._kept:
                self._kept[key] = make()
            return cast("T", self._kept[key])

    def _service(self, name: ServiceName, errors: ErrorTable, credentials: Credentials | None) -> Service:
        settings = self.settings
        return Service(
            name=name,
            url=getattr(settings.endpoints, name),
            project_id=settings.project_id,
            table=errors,
            connection=self._connection,
            credentials=credentials,
            throttle=self._throttle(name),
            clock=self._pauses,
            redactor=self._redactor,
            say=self.tell,
            away_hint=_away_hint(settings),
            auth_hint=_auth_hint(settings),
            rights_hint=_rights_hint(settings),
        )

    def _throttle(self, service: str) -> Throttle:
        rate_per_s = self.settings.rate_per_s

        def tell(wait_s: float) -> None:
            self.tell(
                f"{service.upper()}: waiting; the next call is sent in {wait_s:.0f} s, "
                f"as `dataarts:rateLimit` allows {rate_per_s:.3g} calls a second"
            )

        return Throttle(rate_per_s, max(1, int(rate_per_s)), self._pauses, tell)

    def _credentials(self) -> Credentials:
        return self.once(("credentials",), self._make_credentials)

    def _make_credentials(self) -> Credentials:
        settings = self.settings
        if settings.auth_token:
            return Token(settings.auth_token)
        if keys := self._keys():
            return AccessKey(keys, self.clock)
        return Password(settings, self.clock, self._iam().send, self.conceal)

    def _keys(self) -> Keys | None:
        return self.once(("keys",), lambda: keys_of(self.settings, self.clock, self._iam().send, self.conceal))

    def _iam(self) -> Service:
        """Return IAM for calls that say themselves who calls."""
        return self.once(("iam",), lambda: self._service("iam", {}, None))


class Sessions:
    """The sessions of one process, or of one run in it. Thread-safe."""

    def __init__(self, say: Callable[[str], None] | None = None) -> None:
        """Open nothing yet. `say` is what every session tells people by."""
        self._say = say
        self._open: dict[Settings, Session] = {}
        self._lock = threading.Lock()

    def open(self, lookup: Callable[[str], str | None], environment: Mapping[str, str] = os.environ) -> Session:
        """Return the session that config and environment describe: the same one for equal settings.

        Args:
            lookup: a config key with its namespace (`dataarts:region`), to its value.
            environment: wins over the config.

        Raises:
            ConfigError: something is missing or malformed.
            AuthError: nothing says who calls.
        """
        settings = configuration.resolve(lookup, environment)
        with self._lock:
            return self._open.setdefault(settings, Session(settings, say=self._say))


OF_PROCESS: Final = Sessions()
open_session: Final = OF_PROCESS.open


def _to_standard_error(message: str) -> None:
    sys.stderr.write(f"{message}\n")
    sys.stderr.flush()


def _away_hint(settings: Settings) -> str:
    if settings.is_embedded:
        return "Start the embedded cloud again with `dataarts cloud start`."
    return "Check the region, `dataarts:endpoint`, and this machine's network and proxy settings."


def _auth_hint(settings: Settings) -> str:
    return _environment_hint(settings) or (
        "Check the credentials, the project, the region, and this machine's clock (15 minutes is too much). "
        "More than five refusals in a row lock a key for 5 minutes."
    )


def _rights_hint(settings: Settings) -> str:
    return _environment_hint(settings) or (
        "The user lacks a permission for this call: ask the account's administrator for it, and check that project "
        "and region are the ones that are meant."
    )


def _environment_hint(settings: Settings) -> str:
    if not (settings.is_embedded and settings.from_environment):
        return ""
    names = ", ".join(settings.from_environment)
    return f"{names} in the environment win over what the embedded cloud knows: unset them for this stack."
