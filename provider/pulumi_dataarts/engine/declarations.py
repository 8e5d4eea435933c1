"""What a program declares, as it comes: inherited options, default providers, outputs.

Source: pkg/resource/deploy/source_eval.go of the official engine.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pulumi_dataarts.engine import hooks
from pulumi_dataarts.engine.builtin import Builtin
from pulumi_dataarts.engine.decisions import equal
from pulumi_dataarts.engine.execution import StepFailure, perform
from pulumi_dataarts.engine.goals import Goal, inherited
from pulumi_dataarts.engine.identities import Namespace
from pulumi_dataarts.engine.registrations import claim, decide, decide_read, imported, is_import
from pulumi_dataarts.engine.registry import BUILTIN, DYNAMIC
from pulumi_dataarts.engine.run import Halted, Run, guarded
from pulumi_dataarts.engine.steps import Create, Delete, Import, Same, Skip, Step, Update
from pulumi_dataarts.errors import ConfigError, PlanError, ResourceFailed
from pulumi_dataarts.model import urns
from pulumi_dataarts.model.copies import replace
from pulumi_dataarts.model.graphs import references
from pulumi_dataarts.model.journal import Put
from pulumi_dataarts.model.snapshots import ResourceState
from pulumi_dataarts.model.values import Properties, Secret, Value

_DISABLED: Final = "pulumi:disable-default-providers"


@dataclass(frozen=True)
class Registered:
    """What a program is told of a resource. `is_unknown`: it was not made, being outside the targets."""

    state: ResourceState
    is_failed: bool = False
    is_unknown: bool = False


class Declarations:
    """The program's side of a run. Every method raises Halted where the run has ended or ends by it."""

    def __init__(self, run: Run, builtin: Builtin) -> None:
        self._run = run
        self._builtin = builtin
        self._namespace = Namespace(run.context.project, run.context.stack)
        self._goals: dict[str, Goal] = {}
        self._handed_on: dict[str, Mapping[str, str]] = {}
        self._defaults: dict[str, asyncio.Task[str]] = {}
        self._without_outputs: set[str] = set()
        self._hooks_due: dict[str, tuple[hooks.Moment, ResourceState | None]] = {}
        self._stack_outputs: tuple[str, Properties] | None = None

    async def register(self, goal: Goal) -> Registered:
        """Have a resource be as the goal says."""
        urn = self._namespace.urn(goal.type, goal.name, goal.parent)
        return await guarded(self._run, self._register(goal), urn)

    async def _register(self, goal: Goal) -> Registered:
        self._run.require_going()
        goal = inherited(goal, self._goals.get(goal.parent), self._handed_on.get(goal.parent, {}))
        goal = await self._with_default_provider(goal)
        registered = await self._declared(goal)
        urn = registered.state.urn
        self._goals[urn] = goal
        self._without_outputs.add(urn)
        if not goal.custom:
            self._handed_on[urn] = goal.providers
        return registered

    async def _declared(self, goal: Goal) -> Registered:
        run, candidate = self._run, claim(self._run, goal)
        if not is_import(run, candidate):
            return await self._performed(await decide(run, candidate))
        taken = await self._performed([Import(candidate.new, candidate.number)])
        if taken.is_failed:
            return taken
        steps = await decide(run, imported(run, candidate, taken.state))
        return taken if isinstance(steps[-1], Same) else await self._performed(steps)

    async def read(self, goal: Goal, id: str) -> Registered:
        """Look at an object that is not ours."""
        urn = self._namespace.urn(goal.type, goal.name, goal.parent)
        return await guarded(self._run, self._read(goal, id), urn)

    async def _read(self, goal: Goal, id: str) -> Registered:
        self._run.require_going()
        goal = await self._with_default_provider(goal)
        return await self._performed([decide_read(self._run, goal, id)])

    async def _performed(self, steps: list[Step]) -> Registered:
        """Perform the steps of a registration one after another; the last one is the resource itself."""
        run, last = self._run, steps[-1]
        assert not isinstance(last, Delete)
        new: ResourceState = last.new  # type: ignore[union-attr]
        if self._is_unusable(new):
            return self._left_out(new)
        self._remember_hook(last)
        try:
            state = await self._perform_all(steps)
        except StepFailure as failure:
            run.note_failure(failure.error)
            if run.continue_on_error:
                return self._left_out(new)
            run.halt()
            raise Halted from None
        return Registered(state, is_unknown=isinstance(last, Skip))

    async def _perform_all(self, steps: list[Step]) -> ResourceState:
        run, state = self._run, None
        try:
            if all(isinstance(step, Same | Skip) for step in steps):
                for step in steps:
                    state = await perform(run, step)
            else:
                async with run.slots:
                    for step in steps:
                        state = await perform(run, step)
                        self._release(step)
        finally:
            for step in steps:
                self._release(step)
        assert state is not None
        return state

    def _remember_hook(self, step: Step) -> None:
        """A component is complete, for the hooks after its step, once the program has given its outputs."""
        match step:
            case Create(new) if not new.custom:
                self._hooks_due[new.urn] = ("AfterCreate", None)
            case Update(old, new) if not new.custom:
                self._hooks_due[new.urn] = ("AfterUpdate", self._run.ledger.states[old])

    def _release(self, step: Step) -> None:
        """Let go on who waits for a delete, done or failed."""
        if isinstance(step, Delete) and step.old in self._run.deletions:
            self._run.deletions[step.old].set()

    def _is_unusable(self, state: ResourceState) -> bool:
        unusable = self._run.tally.unusable
        return bool(unusable) and any(item.urn in unusable for item in references(state))

    def _left_out(self, state: ResourceState) -> Registered:
        self._run.tally.unusable.add(state.urn)
        return Registered(state, is_failed=True)

    async def _with_default_provider(self, goal: Goal) -> Goal:
        if not goal.custom or goal.provider or urns.is_provider_type(goal.type):
            return goal
        return replace(goal, provider=await self._default_provider(goal.package))

    async def _default_provider(self, package: str) -> str:
        """Return the reference of the provider that serves a package where nobody named one; register it once."""
        if package not in self._defaults:
            self._require_allowed(package)
            self._defaults[package] = self._run.spawn(self._register_default(package))
        return await asyncio.shield(self._defaults[package])

    async def _register_default(self, package: str) -> str:
        type = f"{urns.PROVIDER_PREFIX}{package}"
        goal = Goal(type=type, name="default", custom=True, inputs=self._package_config(package))
        state = (await self._performed(await decide(self._run, claim(self._run, goal)))).state
        return urns.provider_reference(state.urn, state.id)

    def _package_config(self, package: str) -> Properties:
        """A dynamic provider gets the whole config, as it cannot say which part is its own."""
        context = self._run.context
        config: dict[str, Value] = {
            key: Secret(value) if key in context.secret_keys else value for key, value in context.config.items()
        }
        if package == DYNAMIC:
            return config
        return {key.partition(":")[2]: value for key, value in config.items() if key.partition(":")[0] == package}

    def _require_allowed(self, package: str) -> None:
        text = self._run.context.config.get(_DISABLED, "")
        if package == BUILTIN or not text:
            return
        try:
            barred = [str(item).strip() for item in json.loads(text)]
        except ValueError as error:
            raise ConfigError(f"{_DISABLED} is not a list: {error}", hint='Set it like `["*"]`.') from error
        if "*" in barred or package in barred:
            raise PlanError(
                f"the default provider of package {package!r} is disabled",
                hint=f"Give the resource a provider, or change {_DISABLED}.",
            )

    async def give_outputs(self, urn: str, outputs: Properties) -> None:
        """Take a component's outputs; the stack's are kept for the end of the run."""
        if urns.qualified_type(urn) == urns.ROOT_TYPE:
            self._stack_outputs = (urn, outputs)
            return
        await guarded(self._run, self._give_outputs(urn, outputs), urn)

    async def _give_outputs(self, urn: str, outputs: Properties) -> None:
        if urn not in self._without_outputs:
            raise PlanError(f"{urn} is given outputs, but is not registered, or has them already")
        self._without_outputs.discard(urn)
        await self._set_outputs(urn, outputs)
        number = self._run.ledger.news.get(urn)
        if number is not None and urn in self._hooks_due:
            moment, old = self._hooks_due.pop(urn)
            await hooks.after(self._run, moment, old=old, new=self._run.ledger.states[number])

    async def _set_outputs(self, urn: str, outputs: Properties) -> None:
        ledger = self._run.ledger
        number = ledger.news.get(urn)
        if number is None:
            return
        state = ledger.states[number]
        if not equal(state.outputs, outputs):
            await ledger.write([Put(number, replace(state, outputs=outputs))])

    async def settle_stack_outputs(self) -> Properties:
        """Give the stack its outputs, and return them: the new ones, or after a failure the old ones and the new."""
        if self._stack_outputs is None:
            return {}
        urn, outputs = self._stack_outputs
        number = self._run.ledger.news.get(urn)
        if self._run.is_failed or self._run.halted.is_set():
            former = self._run.ledger.states[number].outputs if number is not None else {}
            outputs = {**former, **outputs}
        await self._set_outputs(urn, outputs)
        return outputs

    async def invoke(self, token: str, arguments: Properties) -> Properties:
        """Call a function of the package `pulumi`; no other has any here.

        Raises:
            ResourceFailed: there is no such function, or no such stack or resource.
        """
        if token == "pulumi:pulumi:getResource":  # noqa: S105 - a function's name
            return self._known(str(arguments["urn"]))
        if token == "pulumi:pulumi:readStackOutputs":  # noqa: S105 - a function's name
            await self._default_provider(BUILTIN)
            return self._builtin.stack_reference(arguments)
        raise ResourceFailed(f"the function {token!r} needs a provider plugin, which this engine does not run")

    def _known(self, urn: str) -> Properties:
        number = self._run.ledger.news.get(urn)
        if number is None:
            raise ResourceFailed(f"there is no resource {urn} in this run")
        state = self._run.ledger.states[number]
        return {"urn": urn, "id": state.id, "provider": state.provider, "state": state.outputs}
