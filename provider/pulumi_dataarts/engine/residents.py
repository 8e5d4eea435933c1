"""Dynamic providers that run in the engine's own process: those whose code is the engine's own distribution.

Nothing is pickled for them, nothing sent, and no process started. What they are asked and what they answer is what it
would be in a host process. Comparisons, which make no calls, are made at once; what calls a service gets a thread of
its own, which the run need not wait for once it is abandoned.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Protocol, TypeVar

from pulumi.dynamic import Config, ConfigureRequest, ResourceProvider
from pulumi.output import Unknown as PulumiUnknown
from pulumi.runtime import rpc

from pulumi_dataarts.engine.background import in_thread
from pulumi_dataarts.engine.hosts import CallFailed
from pulumi_dataarts.engine.provider_host import explain
from pulumi_dataarts.engine.providers import Checked, Difference, Failure, Known, Live, Made
from pulumi_dataarts.engine.wire import ABSENT, PLAIN, PREVIEWED, UNKNOWN_ID, Accepts, sendable, to_struct
from pulumi_dataarts.model.snapshots import CARRIER, ResourceState
from pulumi_dataarts.model.values import SIGNATURE, UNKNOWN, Properties, Value, plain

T = TypeVar("T")
Say = Callable[[str], None]
Find = Callable[[str], ResourceProvider | None]
_AS_THEY_ARE: Final = frozenset({str, int, bool, type(None)})


class Residents(Protocol):
    """Who knows the providers that may run here."""

    def opened(self, say: Say, *, dry_run: bool) -> Find:
        """Return, for one run, what finds the provider that a pickled text stands for; None for a stranger's.

        `say` takes one line for people, from any thread. A dry run will hardly call any service.
        """
        ...


class Resident:
    """One provider, configured when it is first needed: the `Provider` that it is to the engine."""

    def __init__(
        self, provider: ResourceProvider, text: str, request: ConfigureRequest, accepts: Accepts, *, tracebacks: bool
    ) -> None:
        self._provider = provider
        self._text = text
        self._request = request
        self._accepts = accepts
        self._tracebacks = tracebacks
        self._configuring: asyncio.Task[None] | None = None

    def cancel(self) -> None:
        """Tell the provider that the run was stopped, where it can be told."""
        getattr(self._provider, "cancel", lambda: None)()

    async def check(self, urn: str, olds: Properties, news: Properties) -> Checked:
        """Validate and complete new inputs."""
        result = await self._at_once(self._provider.check, given(olds, self._accepts), given(news, self._accepts))
        failures = tuple(Failure(item.property, item.reason) for item in result.failures or ())
        return Checked(self._answered(result.inputs), failures)

    async def diff(self, old: Known, news: Properties, ignore_changes: tuple[str, ...]) -> Difference:
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
        return Made(result.id, self._answered(result.outs))

    async def update(self, old: Known, news: Properties, ignore_changes: tuple[str, ...], timeout_s: float) -> Made:
        """Change the object."""
        asked = (old.id, given(old.outputs, PLAIN), given(news, PLAIN))
        result = await self._meanwhile(timeout_s, self._provider.update, *asked)
        return Made(old.id, self._answered(result.outs))

    async def read(self, known: Known, timeout_s: float) -> Live:
        """Look the object up."""
        properties = given(known.outputs, PLAIN) or given(known.inputs, PLAIN)
        result = await self._meanwhile(timeout_s, self._provider.read, known.id, properties)
        inputs = None if result.inputs is None else self._answered(result.inputs)
        return Live(result.id or "", self._answered(result.outs), inputs)

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
    """The providers of a run that are here. `find` knows them by their pickled texts; None knows none."""

    def __init__(self, find: Find | None, project: str, *, tracebacks: bool) -> None:
        self._find = find
        self._project = project
        self._tracebacks = tracebacks
        self._pools: list[ConfiguredResidents] = []

    def configured(self, config: Properties, accepts: Accepts) -> ConfiguredResidents:
        """Return the providers that one configured `pulumi-python` provider has, each to be configured by itself."""
        request = ConfigureRequest(Config(raw_config=plain(config), project_name=self._project))

        def make(text: str) -> Resident | None:
            provider = self._find(text) if self._find and text else None
            if provider is None:
                return None
            return Resident(provider, text, request, accepts, tracebacks=self._tracebacks)

        self._pools.append(ConfiguredResidents(make))
        return self._pools[-1]

    def are_all(self, resources: Iterable[ResourceState]) -> bool:
        """Say whether no resource that carries a provider needs a host process, as far as these tell."""
        find = self._find
        if find is None:
            return False
        return all(find(text) for text in {carried(state.outputs) for state in resources} - {""})

    def cancel(self) -> None:
        """Tell every provider that the run was stopped."""
        for pool in self._pools:
            pool.cancel()


class ConfiguredResidents:
    """Providers of one configuration, each made when a resource first carries it."""

    def __init__(self, make: Callable[[str], Resident | None]) -> None:
        self._make = make
        self._known: dict[str, Resident | None] = {}

    def serving(self, *properties: Properties) -> Resident | None:
        """Return who serves a resource, by the first of its properties that names its provider; None: nobody here."""
        text = carried(*properties)
        if text not in self._known:
            self._known[text] = self._make(text)
        return self._known[text]

    def cancel(self) -> None:
        """Tell each of them that the run was stopped."""
        for resident in self._known.values():
            if resident is not None:
                resident.cancel()


def carried(*properties: Properties) -> str:
    """Return the pickled provider that the first of the properties with a known one carry, or nothing."""
    return next((item[CARRIER] for item in properties if isinstance(item.get(CARRIER), str)), "")


def given(properties: Properties, accepts: Accepts) -> dict[str, Any]:
    """Return properties as a provider receives them from its host."""
    kept: dict[str, Any] = {}
    for key, value in properties.items():
        if type(value) is str and value != UNKNOWN_ID:  # most are, and nothing is to be done about them
            kept[key] = value
            continue
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
    if type(value) in _AS_THEY_ARE:
        return value
    if isinstance(value, PulumiUnknown):
        return UNKNOWN
    if isinstance(value, Mapping):
        return {key: answered(value[key]) for key in sorted(value)}
    if isinstance(value, list | tuple):
        return [answered(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
