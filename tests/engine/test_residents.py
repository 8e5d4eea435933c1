"""Providers in the engine's own process are asked, and answer, what they would in a host process."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st
from pulumi.dynamic import CheckFailure, CheckResult, ConfigureRequest, CreateResult, ResourceProvider
from pulumi.output import Unknown
from pulumi.runtime import rpc

from pulumi_dataarts.engine.background import in_thread
from pulumi_dataarts.engine.dynamic import DynamicProvider
from pulumi_dataarts.engine.hosts import CallFailed
from pulumi_dataarts.engine.provider_host import _to_struct
from pulumi_dataarts.engine.residents import ResidentPool, answered, given
from pulumi_dataarts.engine.wire import PLAIN, PREVIEWED, Accepts, from_struct, to_struct
from pulumi_dataarts.errors import ConfigError, ResourceFailed
from pulumi_dataarts.model.snapshots import CARRIER
from pulumi_dataarts.model.values import Secret
from tests.engine.test_wire import anything, exact
from tests.model.states import keys

URN = "urn:pulumi:dev::p::t::n"


class Unnamed:
    """Stands for an unknown, which the SDK cannot compare."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Unnamed)

    __hash__ = None  # type: ignore[assignment]


def comparable(value: Any) -> Any:
    if isinstance(value, Unknown):
        return Unnamed()
    if isinstance(value, dict):
        return {key: comparable(item) for key, item in value.items()}
    return [comparable(item) for item in value] if isinstance(value, list) else value


class Provider(ResourceProvider):
    """Configured once, and told what it is given."""

    def __init__(self) -> None:
        self.configured: list[Any] = []
        self.threads: list[int] = []

    def configure(self, req: ConfigureRequest) -> None:
        self.configured.append(req.config.get("p:key"))

    def check(self, _olds: Any, news: Any) -> CheckResult:
        self.threads.append(threading.get_ident())
        return CheckResult(news, [CheckFailure("v", "is odd")] if news.get("v") == 1 else [])

    def create(self, props: Any) -> CreateResult:
        self.threads.append(threading.get_ident())
        if props["v"] == "bad":
            raise ConfigError("that is bad")
        return CreateResult(props["id"], {"v": props["v"]})


CONFIG = {"p:key": Secret("told")}


def pool(provider: Provider) -> ResidentPool:
    return ResidentPool({"ours": provider}.get, "p", tracebacks=False)


def serving(provider: Provider) -> DynamicProvider:
    """Return what serves resources of `ours` without a host process: there is none."""
    return DynamicProvider(None, pool(provider), CONFIG, dry_run=False)  # type: ignore[arg-type]


@for_all(st.dictionaries(keys, anything, max_size=4), st.sampled_from([PLAIN, PREVIEWED]))
def test_a_provider_is_given_what_a_host_would_receive(properties: dict[str, Any], accepts: Accepts) -> None:
    sent = rpc.deserialize_properties(to_struct(properties, accepts), keep_unknowns=True)
    assert comparable(given(properties, accepts)) == comparable(sent)


@for_all(st.dictionaries(keys, exact, max_size=4))
def test_an_answer_arrives_as_it_would_from_a_host(properties: dict[str, Any]) -> None:
    received = from_struct(_to_struct(properties, "text"))
    kept = {key: value for key, value in properties.items() if value is not None}
    assert answered({**kept, CARRIER: "text"}) == received
    assert list(answered({**kept, CARRIER: "text"})) == list(received)


def test_a_provider_is_configured_once_and_compares_in_the_run_s_own_thread() -> None:
    provider = Provider()

    async def scenario() -> None:
        resident = serving(provider)
        checked = await resident.check(URN, {}, {"v": Secret(1), CARRIER: "ours"})
        assert [(item.property, item.reason) for item in checked.failures] == [("v", "is odd")]
        assert checked.inputs == {"v": Secret(1), CARRIER: "ours"}
        made = await resident.create(URN, {"v": Secret("x"), "id": "7", CARRIER: "ours"}, 0)
        assert (made.id, made.outputs) == ("7", {"v": Secret("x"), CARRIER: "ours"})

    asyncio.run(scenario())
    assert provider.configured == ["told"]
    here, elsewhere = provider.threads
    assert here == threading.get_ident() != elsewhere


def test_what_a_provider_raises_is_its_answer_with_its_own_exit_code() -> None:
    async def scenario() -> None:
        resident = serving(Provider())
        with pytest.raises(CallFailed, match="that is bad") as refused:
            await resident.create(URN, {"v": "bad", CARRIER: "ours"}, 0)
        assert refused.value.exit_code == ConfigError.exit_code
        with pytest.raises(ResourceFailed, match="no id"):
            await resident.create(URN, {"v": "x", "id": "", CARRIER: "ours"}, 0)

    asyncio.run(scenario())


def test_a_stranger_is_served_by_nobody_here() -> None:
    ours = pool(Provider()).configured(CONFIG, PLAIN)
    assert ours.serving({CARRIER: "ours"}) is not None
    assert ours.serving({CARRIER: "theirs"}) is None
    assert ResidentPool(None, "p", tracebacks=False).configured(CONFIG, PLAIN).serving({CARRIER: "ours"}) is None


def test_a_call_that_is_not_waited_for_keeps_nothing_from_ending() -> None:
    may_end, threads = threading.Event(), []

    def work(wait: bool) -> None:
        threads.append(threading.current_thread())
        assert not wait or may_end.wait(5)

    async def scenario() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(in_thread(lambda: work(True)), 0.01)
        await in_thread(lambda: work(False))

    asyncio.run(scenario())
    left, other = threads
    assert left is not other  # who is still busy is not waited for
    assert left.daemon
    assert other.daemon
    may_end.set()


def test_threads_are_used_again() -> None:
    async def scenario() -> list[int]:
        return [await in_thread(threading.get_ident) for _ in range(5)]

    assert len(set(asyncio.run(scenario()))) == 1
