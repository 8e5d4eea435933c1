"""Dynamic providers that run in the engine's own process: those whose code is the engine's own distribution.

Nothing is pickled for them, nothing sent, and no process started. What they are asked and what they answer is what it
would be in a host process. Comparisons, which make no calls, are made at once; what calls a service gets a thread of
its own, which the run need not wait for once it is abandoned.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, Protocol, TypeVar

from pulumi.dynamic import Config, ConfigureRequest, ResourceProvider
from pulumi.output import Unknown as PulumiUnknown
from pulumi.runtime import rpc

from pulumi_dataarts.engine.hosts import CallFailed
from pulumi_dataarts.engine.marking import annotated
from pulumi_dataarts.engine.provider_host import explain
from pulumi_dataarts.engine.providers import CARRIER, Checked, Difference, Failure, Known, Live, Made, require_id
from pulumi_dataarts.engine.wire import ABSENT, PLAIN, PREVIEWED, UNKNOWN_ID, Accepts, sendable, to_struct
from pulumi_dataarts.model.snapshots import ResourceState
from pulumi_dataarts.model.values import SIGNATURE, UNKNOWN, Properties, Value, plain

T = TypeVar("T")
Say = Callable[[str], None]
Find = Callable[[str], ResourceProvider | None]


class Residents(Protocol):
    """Who knows the providers that may run here."""

    def opened(self, say: Say) -> Find:
        """Return, for one run, what finds the provider that a pickled text stands for; None for a stranger's.

        `say` takes one line for people, from any thread.
        """
        ...


class Resident:
    """One provider, configured when it is first needed; called as the `Provider` that it is to the engine."""

    def __init__(self, provider: ResourceProvider, text: str, request: ConfigureRequest, *, tracebacks: bool) -> None:
        self._provider = provider
        self._text = text
        self._request = request
        self._tracebacks = tracebacks
        self._configuring: asyncio.Task[None] | None = None

    def cancel(self) -> None:
        """Tell the provider that the run was stopped, where it can be told."""
        getattr(self._provider, "cancel", lambda: None)()

    async def check(self, olds: Properties, news: Properties, accepts: Accepts) -> Checked:
        """Validate and complete new inputs."""
        result = await self._at_once(self._provider.check, given(olds, accepts), given(news, accepts))
        failures = tuple(Failure(item.property, item.reason) for item in result.failures or ())
        return Checked(annotated(self._answered(result.inputs), news), failures)

    async def diff(self, old: Known, news: Properties) -> Difference:
        """Compare."""
        result = await self._at_once(self._provider.diff, old.id, given(old.outputs, PREVIEWED), given(news, PREVIEWED))
        paths = getattr(result, "paths", None)
        return Difference(
            changes=result.changes,
            replaces=tuple(result.replaces or ()),
            paths=dict(paths) if paths else None,
            delete_before_replace=bool(result.delete_before_replace),
            effects=tuple(getattr(result, "effects", None) or ()),
            reasons=tuple(getattr(result, "reasons", None) or ()),
        )

    async def create(self, urn: str, inputs: Properties, timeout_s: float) -> Made:
        """Make the object."""
        result = await self._meanwhile(timeout_s, self._provider.create, given(inputs, PLAIN))
        return Made(require_id(result.id, urn), annotated(self._answered(result.outs), inputs))

    async def update(self, old: Known, news: Properties, timeout_s: float) -> Made:
        """Change the object."""
        asked = (old.id, given(old.outputs, PLAIN), given(news, PLAIN))
        result = await self._meanwhile(timeout_s, self._provider.update, *asked)
        return Made(old.id, annotated(self._answered(result.outs), news))

    async def read(self, known: Known, timeout_s: float) -> Live:
        """Look the object up."""
        properties = given(known.outputs, PLAIN) or given(known.inputs, PLAIN)
        result = await self._meanwhile(timeout_s, self._provider.read, known.id, properties)
        outputs = annotated(self._answered(result.outs), known.outputs)
        inputs = None if result.inputs is None else annotated(self._answered(result.inputs), known.inputs)
        return Live(result.id or "", outputs, inputs)

    async def delete(self, known: Known, timeout_s: float) -> None:
        """Remove the object."""
        await self._meanwhile(timeout_s, self._provider.delete, known.id, given(known.outputs, PLAIN))

    def _answered(self, properties: Mapping[str, Any] | None) -> Properties:
        carried = {**(properties or {}), CARRIER: self._text}
        return {key: answered(carried[key]) for key in sorted(carried) if carried[key] is not None}

    async def _at_once(self, method: Callable[..., T], *arguments: Any) -> T:
        await self._configured()
        return self._explained(method, *arguments)

    async def _meanwhile(self, timeout_s: float, method: Callable[..., T], *arguments: Any) -> T:
        await self._configured()

        def call() -> T:
            with self._limited(timeout_s):
                return method(*arguments)

        return await in_thread(lambda: self._explained(call))

    def _limited(self, timeout_s: float) -> contextlib.AbstractContextManager[None]:
        limited = getattr(self._provider, "limited", None)
        return limited(timeout_s) if limited else contextlib.nullcontext()

    async def _configured(self) -> None:
        if self._configuring is None:
            configure = self._provider.configure
            work = in_thread(lambda: self._explained(configure, self._request))
            self._configuring = asyncio.create_task(work)
        if not self._configuring.done() or self._configuring.exception():
            await asyncio.shield(self._configuring)

    def _explained(self, method: Callable[..., T], *arguments: Any) -> T:
        try:
            return method(*arguments)
        except Exception as error:
            # The boundary: whatever a provider raises is its answer.
            code = getattr(error, "exit_code", 0) or CallFailed.exit_code
            raise CallFailed(explain(error, with_traceback=self._tracebacks), b"", code) from error


class ResidentPool:
    """The providers of a run that are here, by whom they serve and their pickled texts."""

    def __init__(self, find: Find | None, project: str, *, tracebacks: bool) -> None:
        self._find = find or (lambda _: None)
        self._project = project
        self._tracebacks = tracebacks
        self._known: dict[tuple[Hashable, str], Resident | None] = {}

    def serving(self, owner: Hashable, config: Properties, *properties: Properties) -> Resident | None:
        """Return who serves a resource, by the first of its properties that names its provider; None: nobody here.

        A provider is configured anew for each `owner`.
        """
        text = carried(*properties)
        if (owner, text) not in self._known:
            self._known[owner, text] = self._made(text, config)
        return self._known[owner, text]

    def are_all(self, resources: Iterable[ResourceState]) -> bool:
        """Say whether no resource that carries a provider needs a host process."""
        texts = {carried(state.outputs) for state in resources} - {""}
        return all(self._find(text) is not None for text in texts)

    def _made(self, text: str, config: Properties) -> Resident | None:
        provider = self._find(text) if text else None
        if provider is None:
            return None
        request = ConfigureRequest(Config(raw_config=plain(config), project_name=self._project))
        return Resident(provider, text, request, tracebacks=self._tracebacks)

    def cancel(self) -> None:
        """Tell every provider that the run was stopped."""
        for resident in self._known.values():
            if resident is not None:
                resident.cancel()


def carried(*properties: Properties) -> str:
    """Return the pickled provider that the first of the properties with a known one carry, or nothing."""
    return next((item[CARRIER] for item in properties if isinstance(item.get(CARRIER), str)), "")


async def in_thread(work: Callable[[], T]) -> T:
    """Have work done in a thread of its own, which does not keep the process from ending."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if future.cancelled():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]  # without an error there is a result

    def run() -> None:
        result, failure = None, None
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001 - raised again where it is awaited
            failure = error
        with contextlib.suppress(RuntimeError):  # the run was abandoned, and its loop is closed
            loop.call_soon_threadsafe(settle, result, failure)

    threading.Thread(target=run, daemon=True, name="in_thread").start()
    return await future


def given(properties: Properties, accepts: Accepts) -> dict[str, Any]:
    """Return properties as a provider receives them from its host."""
    kept: dict[str, Any] = {}
    for key, value in properties.items():
        value = sendable(value, accepts)
        if value is not ABSENT and value is not None:
            kept[key] = _given(value, accepts)
    return kept


def _given(value: Value, accepts: Accepts) -> Any:
    kind = type(value)
    if kind is str:
        return PulumiUnknown() if value == UNKNOWN_ID else value  # type: ignore[no-untyped-call]
    if kind is dict:
        return _signed(value) if SIGNATURE in value else given(value, accepts)
    if kind is list:
        items = (sendable(item, accepts) for item in value)
        return [_given(item, accepts) for item in items if item is not ABSENT]
    return value


def _signed(value: Properties) -> Any:
    """Assets, archives and the like are objects of the SDK to a provider."""
    return rpc.deserialize_property(to_struct({"value": value})["value"])


def answered(value: Any) -> Value:
    """Return a provider's value as it would arrive from its host."""
    if isinstance(value, PulumiUnknown):
        return UNKNOWN
    if isinstance(value, Mapping):
        return {key: answered(value[key]) for key in sorted(value)}
    if isinstance(value, list | tuple):
        return [answered(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
