"""Takes the costs out of the Pulumi SDK that grow with the number of resources, in memory, in the program's process.

The embedded engine applies it to every program that it runs, our resources to whatever program imports them, so it
works under the official engine too. Needs nothing but the standard library and `pulumi`: the interpreter may be that
of the user's own virtual environment. What a program sees stays as it is; where the SDK is another one than is known
here, it is left alone. The costs, and what each is replaced by:

- waiting for outputs one by one, each time subscribing to all: once for all (quadratic);
- five objects and a task for each property of each resource, kept in a list of what is waited for: one future;
- each resource's URN computed, by a chain of outputs, for a mock that is not there: from its parts at once;
- a class's type hints resolved anew for each resource: once a class;
- every value gone through for unknowns in it: only what can hold any;
- its settings looked up twice for each output: once;
- the garbage collector going through a growing graph again and again, in which hardly anything dies: rarely.
"""

from __future__ import annotations

import asyncio
import functools
import gc
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pulumi import _types, _utils, output
from pulumi.runtime import resource, rpc, stack

_MARK = "_dataarts_lighter"
_GC_THRESHOLDS = (20_000, 20, 50)
_BY_CLASS = ("resource_types", "resource_pulumi_to_py_names", "resource_py_to_pulumi_names", "unwrap_optional_type")
_PLAIN = (str, int, float, bool, type(None))


def apply() -> None:
    """Lighten the SDK of this process, once."""
    if hasattr(stack, _MARK):
        return
    setattr(stack, _MARK, True)
    gc.set_threshold(*_GC_THRESHOLDS)
    if hasattr(stack, "asyncio"):
        stack.asyncio = GatheringAsyncio()
    for name in _BY_CLASS:
        if hasattr(_types, name):
            setattr(_types, name, functools.cache(getattr(_types, name)))
    if hasattr(output.Output, "_from_data") and hasattr(output, "_OutputData") and hasattr(rpc, "transfer_properties"):
        rpc.transfer_properties = transfer_properties
        resource.create_urn = _urns_at_once(resource.create_urn)
    if hasattr(output, "contains_unknowns"):
        output.contains_unknowns = _seldom(output.contains_unknowns)  # type: ignore[assignment]
    if hasattr(_utils, "ContextProperty") and hasattr(_utils.ContextProperty, "fget"):
        _utils.ContextProperty.__get__ = _setting  # type: ignore[method-assign, assignment]


class GatheringAsyncio:
    """Stands in for `asyncio` in the SDK's stack module: waits for all at once, and for each only once."""

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    async def wait(self, tasks: Iterable[Any], **_: Any) -> tuple[set[Any], set[Any]]:
        """Wait for every task; the first that fails raises at once."""
        waited = list(tasks)
        await asyncio.gather(*waited)
        return set(waited), set()


def transfer_properties(res: Any, props: Mapping[str, Any], custom: bool) -> dict[str, Callable[..., None]]:
    """Give a resource an output for each property, and return by name what resolves it."""
    resolvers: dict[str, Callable[..., None]] = {}
    for name in props:
        if name == "urn" or (name == "id" and custom):
            continue
        data: asyncio.Future[Any] = asyncio.Future()
        resolvers[name] = functools.partial(_resolve, res, data)
        res.__dict__[name] = _output_of(data)
    return resolvers


def _output_of(data: asyncio.Future[Any]) -> output.Output[Any]:
    """Return an output that the SDK does not keep a list of: the registration that resolves it is waited for anyway."""
    made: output.Output[Any] = object.__new__(output.Output)
    made._data = data
    return made


def _resolve(
    res: Any,
    data: asyncio.Future[Any],
    value: Any,
    is_known: bool,
    is_secret: bool,
    deps: set[Any] | None,
    failed: Exception | None,
) -> None:
    if failed is not None:
        data.set_exception(failed)
        data.exception()  # it is told where the registration fails, not once more for each property
        return
    resources = {*(deps or ()), res}
    data.set_result(output._OutputData(resources=resources, value=value, is_known=is_known, is_secret=is_secret))


def _urns_at_once(create_urn: Callable[..., output.Output[str]]) -> Callable[..., output.Output[str]]:
    @functools.wraps(create_urn)
    def create(name: Any, type_: Any, parent: Any = None, *rest: Any, **more: Any) -> output.Output[str]:
        if rest or more or not all(isinstance(part, str) for part in (name, type_, parent)):
            return create_urn(name, type_, parent, *rest, **more)
        return _known(f"{parent[: parent.rfind('::')]}${type_}::{name}")

    return create


def _seldom(contains_unknowns: Callable[[Any], bool]) -> Callable[[Any], bool]:
    @functools.wraps(contains_unknowns)
    def contains(value: Any) -> bool:
        return type(value) not in _PLAIN and contains_unknowns(value)

    return contains


def _known(value: Any) -> output.Output[Any]:
    data: asyncio.Future[Any] = asyncio.Future()
    data.set_result(output._OutputData(resources=set(), value=value, is_known=True, is_secret=False))
    return _output_of(data)


def _setting(self: Any, owner: Any, _: Any) -> Any:
    value = self.fget()
    return self if owner is None or isinstance(value, dict) else value
