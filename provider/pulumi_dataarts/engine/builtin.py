"""The package `pulumi`: stack references, stashes, and the functions that need no provider.

Source: pkg/resource/deploy/builtins.go of the official engine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final
from uuid import uuid4

from pulumi_dataarts.engine.providers import Checked, Difference, Failure, Known, Live, Made
from pulumi_dataarts.errors import ResourceFailed
from pulumi_dataarts.model import urns
from pulumi_dataarts.model.values import Properties, Value, has_secret, plain, same

StackOutputs = Callable[[str], Mapping[str, Value]]
_INPUTS: Final = {"pulumi:pulumi:StackReference": "name", "pulumi:index:Stash": "input"}
_STASH: Final = "pulumi:index:Stash"


class Builtin:
    """Serves the resources of the package. `stack_outputs` returns another stack's outputs by its name."""

    def __init__(self, stack_outputs: StackOutputs, *, dry_run: bool) -> None:
        self._stack_outputs = stack_outputs
        self._dry_run = dry_run

    async def check(self, urn: str, olds: Properties, news: Properties) -> Checked:
        """Each of the types has one input, which it needs."""
        needed = _input_of(urn)
        failures = [Failure(key, f"unknown property {key!r}") for key in news if key != needed]
        if needed not in news:
            failures.append(Failure(needed, f"missing required property {needed!r}"))
        return Checked(news, tuple(failures))

    async def diff(self, old: Known, news: Properties, ignore_changes: tuple[str, ...]) -> Difference:
        """A stash is updated, a stack reference to another stack is another."""
        key = _input_of(old.urn)
        if same(old.inputs.get(key), news.get(key)):
            return Difference(changes=False)
        return Difference(changes=True, changed=(key,), replaces=() if _is_stash(old.urn) else (key,))

    async def create(self, urn: str, inputs: Properties, timeout_s: float) -> Made:
        """Keep a value, or look at another stack."""
        id = "" if self._dry_run else str(uuid4())
        if _is_stash(urn):
            return Made(id, {"input": inputs["input"], "output": inputs["input"]})
        return Made(id, self.stack_reference(inputs))

    async def update(self, old: Known, news: Properties, ignore_changes: tuple[str, ...], timeout_s: float) -> Made:
        """A stash goes on giving what was kept first."""
        return Made(old.id, {"input": news.get("input"), "output": old.outputs.get("output")})

    async def read(self, known: Known, timeout_s: float) -> Live:
        """Look at another stack again."""
        if _is_stash(known.urn):
            return Live(known.id, known.outputs, known.inputs)
        if "name" not in known.inputs:
            raise ResourceFailed("a stack reference cannot be imported: it has no name")
        return Live(known.id, self.stack_reference(known.inputs), known.inputs)

    async def delete(self, known: Known, timeout_s: float) -> None:
        """There is nothing to remove."""

    def stack_reference(self, inputs: Mapping[str, Value]) -> Properties:
        """Return what a reference to the stack of this name gives. Raises as `stack_outputs` does."""
        outputs = dict(self._stack_outputs(plain(inputs["name"])))
        secret = sorted(key for key, value in outputs.items() if has_secret(value))
        return {"name": inputs["name"], "outputs": outputs, "secretOutputNames": secret}


def _input_of(urn: str) -> str:
    type = urns.parse(urn).type
    if type not in _INPUTS:
        raise ResourceFailed(f"unknown resource type {type!r}")
    return _INPUTS[type]


def _is_stash(urn: str) -> bool:
    return urns.parse(urn).type == _STASH
