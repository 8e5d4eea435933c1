"""Resources and snapshots for tests: a few by hand, any number by hypothesis."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from pulumi_dataarts.model import urns
from pulumi_dataarts.model.snapshots import PendingOperation, ResourceState, Snapshot
from pulumi_dataarts.model.values import ASSET, SIGNATURE, Secret

STACK = "dev"
PROJECT = "proj"
TYPE = "pulumi-python:dynamic/test:Thing"
ROOT = urns.make(STACK, PROJECT, "", urns.ROOT_TYPE, f"{PROJECT}-{STACK}")
PROVIDER = urns.make(STACK, PROJECT, "", "pulumi:providers:pulumi-python", "default")


def urn(name: str) -> str:
    return urns.make(STACK, PROJECT, "", TYPE, name)


def thing(name: str, *depends_on: str, **more: Any) -> ResourceState:
    more.setdefault("id", f"id-{name}")
    return ResourceState(
        urn=urn(name), type=TYPE, custom=True, dependencies=tuple(urn(other) for other in depends_on), **more
    )


def root() -> ResourceState:
    return ResourceState(urn=ROOT, type=urns.ROOT_TYPE, custom=False)


def provider(id: str = "p1") -> ResourceState:
    return ResourceState(urn=PROVIDER, type="pulumi:providers:pulumi-python", custom=True, id=id)


texts = st.text(max_size=8)
keys = st.text(min_size=1, max_size=6).filter(lambda key: key != SIGNATURE)
numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False).map(
    lambda number: int(number) if number.is_integer() and abs(number) < 1e21 else number
)
scalars = st.none() | st.booleans() | numbers | texts
assets = st.builds(lambda text: {SIGNATURE: ASSET, "text": text, "hash": "0"}, texts)
plain_values = st.recursive(
    scalars | assets,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=6,
)
values = st.recursive(
    plain_values | st.builds(Secret, plain_values),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=6,
)
properties = st.dictionaries(keys, values, max_size=4)
moments = st.just("2026-11-20T15:14:05.65Z") | st.just("")


def wired(draw: st.DrawFn, name: str, earlier: list[str]) -> ResourceState:
    """Draw a resource that points only at earlier ones, without values."""
    subset = st.lists(st.sampled_from(earlier), max_size=2, unique=True).map(tuple) if earlier else st.just(())
    one = st.sampled_from(["", *earlier])
    return ResourceState(
        urn=urn(name),
        type=TYPE,
        custom=True,
        parent=draw(one),
        dependencies=draw(subset),
        property_dependencies=draw(st.dictionaries(st.sampled_from("kl"), subset, max_size=2)),
        deleted_with=draw(one),
        replace_with=draw(subset),
    )


def filled(draw: st.DrawFn, state: ResourceState) -> ResourceState:
    """Draw all the rest of a resource."""
    return replace(
        state,
        id=draw(texts),
        inputs=draw(properties),
        outputs=draw(properties),
        protect=draw(st.booleans()),
        taint=draw(st.booleans()),
        external=draw(st.booleans()),
        init_errors=draw(st.lists(texts, max_size=1).map(tuple)),
        pending_replacement=draw(st.booleans()),
        additional_secret_outputs=draw(st.lists(keys, max_size=1).map(tuple)),
        custom_timeouts=draw(st.dictionaries(st.sampled_from(["create", "delete"]), st.integers(1, 900), max_size=1)),
        import_id=draw(texts),
        retain_on_delete=draw(st.booleans()),
        created=draw(moments),
        modified=draw(moments),
        source_position=draw(texts),
        ignore_changes=draw(st.lists(keys, max_size=1).map(tuple)),
        replace_on_changes=draw(st.lists(keys, max_size=1).map(tuple)),
        rest=draw(st.dictionaries(st.sampled_from(["viewOf", "hideDiff", "fromTheFuture"]), plain_values, max_size=1)),
    )


@st.composite
def shapes(draw: st.DrawFn, max_size: int = 6) -> Snapshot:
    """Draw a snapshot that keeps all the rules, of resources without values."""
    resources: list[ResourceState] = []
    for number in range(draw(st.integers(0, max_size))):
        resources.append(wired(draw, f"r{number}", [state.urn for state in resources]))
    kinds = st.sampled_from(["creating", "updating", "deleting", "reading", "importing"])
    pending = draw(st.lists(st.builds(PendingOperation, kinds, st.just(thing("late"))), max_size=2))
    return Snapshot(tuple(resources), tuple(pending))


@st.composite
def snapshots(draw: st.DrawFn, max_size: int = 3) -> Snapshot:
    """Draw a snapshot that keeps all the rules, with values."""
    shape = draw(shapes(max_size))
    return replace(shape, resources=tuple(filled(draw, state) for state in shape.resources))
