"""A stack without processes: the engine's decisions and steps against a provider in memory.

Programs are coroutines that declare goals; the journal is a list, so that a test can look at every moment of a run.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Future
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pulumi_dataarts.engine.builtin import Builtin
from pulumi_dataarts.engine.declarations import Declarations, Registered
from pulumi_dataarts.engine.events import Event, Outcome
from pulumi_dataarts.engine.goals import Goal
from pulumi_dataarts.engine.ledger import Ledger
from pulumi_dataarts.engine.marking import annotated
from pulumi_dataarts.engine.operations import Operation, Options
from pulumi_dataarts.engine.phases import make_run, outcome_of, perform
from pulumi_dataarts.engine.providers import Checked, Difference, Failure, Known, Live, Made
from pulumi_dataarts.engine.registry import BUILTIN, DYNAMIC, Registry
from pulumi_dataarts.engine.reporting import Reporter
from pulumi_dataarts.engine.run import Run
from pulumi_dataarts.errors import ResourceFailed
from pulumi_dataarts.model import urns
from pulumi_dataarts.model.graphs import without_aliases
from pulumi_dataarts.model.journal import Batch, Fold
from pulumi_dataarts.model.snapshots import ResourceState, Snapshot
from pulumi_dataarts.model.values import UNKNOWN, Properties, plain

TYPE = "pulumi-python:dynamic/test:Thing"
COMPONENT = "test:index:Group"
ROOT = urns.make("dev", "proj", "", urns.ROOT_TYPE, "proj-dev")


def urn(name: str, parent_type: str = "") -> str:
    """Return the URN of a thing."""
    return urns.make("dev", "proj", parent_type, TYPE, name)


@dataclass
class Cloud:
    """The provider of things. A change of `key` replaces; `first` asks for delete before replace.

    Who is `called` something has that as id, and takes over what has it already.

    `failing` are (operation, name) pairs; `held` is awaited by whatever creates a thing of that
    name, which may fail then.
    """

    dry_run: bool = False
    objects: dict[str, Properties] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    failing: set[tuple[str, str]] = field(default_factory=set)
    held: dict[str, asyncio.Event] = field(default_factory=dict)
    unready: dict[str, str] = field(default_factory=dict)
    next_id: int = 0
    timeouts: list[tuple[str, float]] = field(default_factory=list)

    def _call(self, operation: str, urn: str) -> str:
        name = urns.parse(urn).name
        self.calls.append(f"{operation} {name}")
        self._fail(operation, name)
        return name

    def _fail(self, operation: str, name: str) -> None:
        if (operation, name) in self.failing:
            raise ResourceFailed(f"{operation} of {name} fails")

    async def check(self, urn: str, olds: Properties, news: Properties) -> Checked:
        self._call("check", urn)
        await asyncio.sleep(0)
        failures = (Failure("size", "may not be negative"),) if news.get("size") == -1 else ()
        return Checked({"default": "x", **news}, failures)

    async def diff(self, old: Known, news: Properties, ignore_changes: tuple[str, ...]) -> Difference:
        self._call("diff", old.urn)
        await asyncio.sleep(0)
        if news.get("undecided"):
            return Difference(changes=None)
        changed = [key for key in news if plain(old.outputs.get(key)) != plain(news[key])]
        return Difference(
            changes=bool(changed),
            replaces=("key",) if "key" in changed else (),
            delete_before_replace=bool(news.get("first")),
        )

    async def create(self, urn: str, inputs: Properties, timeout_s: float) -> Made:
        if self.dry_run:
            return Made("", inputs)
        name = self._call("create", urn)
        self.timeouts.append(("create", timeout_s))
        if name in self.held:
            await self.held[name].wait()
            self._fail("held create", name)
        self.next_id += 1
        id = str(inputs.get("called") or f"{name}-{self.next_id}")
        self.objects[id] = plain(inputs)
        errors = (self.unready[name],) if name in self.unready else ()
        return Made(id, annotated({**plain(inputs), "arn": f"arn:{id}"}, inputs), errors)

    async def update(self, old: Known, news: Properties, ignore_changes: tuple[str, ...], timeout_s: float) -> Made:
        if self.dry_run:
            return Made(old.id, news)
        name = self._call("update", old.urn)
        self.timeouts.append(("update", timeout_s))
        self.objects[old.id] = plain(news)
        errors = (self.unready[name],) if name in self.unready else ()
        return Made(old.id, annotated({**plain(news), "arn": f"arn:{old.id}"}, news), errors)

    async def read(self, known: Known, timeout_s: float) -> Live:
        self._call("read", known.urn)
        if known.id not in self.objects:
            return Live("", {})
        found = self.objects[known.id]
        return Live(known.id, {**plain(known.outputs), **found}, None if known.outputs else dict(found))

    async def delete(self, known: Known, timeout_s: float) -> None:
        self._call("delete", known.urn)
        self.timeouts.append(("delete", timeout_s))
        assert known.id in self.objects, f"{known.id} is deleted twice"
        del self.objects[known.id]


class Batches:
    """A journal in memory: durable at once."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []

    def append(self, batch: Batch) -> Future[None]:
        self.batches.append(list(batch))
        done: Future[None] = Future()
        done.set_result(None)
        return done


class Program:
    """What a program may say: things and groups, by name. Declarations of one `gather` are in flight together."""

    def __init__(self, run: Run, declarations: Declarations) -> None:
        self._run = run
        self._declarations = declarations

    async def _declare(self, goal: Goal) -> Registered:
        """As over the wire: what was begun goes on, whoever stops waiting for it."""
        return await asyncio.shield(self._run.spawn(self._declarations.register(goal)))

    async def root(self) -> None:
        await self._declare(Goal(urns.ROOT_TYPE, "proj-dev", custom=False))

    async def thing(
        self, name: str, inputs: Properties | None = None, *, uses: dict[str, Registered] | None = None, **goal: Any
    ) -> Registered:
        """Declare a thing. `uses` maps an input to the thing whose `arn` it gets."""
        uses = uses or {}
        arns = {key: used.state.outputs.get("arn", UNKNOWN) for key, used in uses.items()}
        named = {key: (used.state.urn,) for key, used in uses.items()}
        dependencies = (*goal.pop("dependencies", ()), *(used.state.urn for used in uses.values()))
        return await self._declare(
            Goal(
                TYPE,
                name,
                custom=True,
                inputs={**(inputs or {}), **arns},
                parent=goal.pop("parent", ROOT),
                dependencies=dependencies,
                property_dependencies={**dict.fromkeys(inputs or {}, ()), **named},
                **goal,
            )
        )

    async def group(self, name: str, outputs: Properties | None = None, **goal: Any) -> Registered:
        registered = await self._declare(Goal(COMPONENT, name, custom=False, parent=goal.pop("parent", ROOT), **goal))
        await self._declarations.give_outputs(registered.state.urn, outputs or {})
        return registered

    async def provider(self, name: str, config: Properties) -> str:
        """Declare a provider and return its reference."""
        goal = Goal(f"pulumi:providers:{DYNAMIC}", name, custom=True, inputs=config, parent=ROOT)
        state = (await self._declare(goal)).state
        return urns.provider_reference(state.urn, state.id)

    async def read(self, name: str, id: str, **goal: Any) -> Registered:
        return await self._declarations.read(Goal(TYPE, name, custom=True, parent=ROOT, **goal), id)

    async def export(self, **outputs: Any) -> None:
        await self._declarations.give_outputs(ROOT, outputs)


Body = Callable[[Program], Awaitable[object]]


@asynccontextmanager
async def _following(run: Run, declarations: Declarations, body: Body | None) -> AsyncIterator[None]:
    program = Program(run, declarations)
    await program.root()
    if body is not None:
        await body(program)
    await run.drained()
    yield


@dataclass
class World:
    """A stack, its cloud, and the journals of its runs."""

    snapshot: Snapshot = field(default_factory=Snapshot)
    cloud: Cloud = field(default_factory=Cloud)
    config: dict[str, str] = field(default_factory=dict)
    secret_keys: frozenset[str] = frozenset()
    batches: list[Batch] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    providers: list[Properties] = field(default_factory=list)
    journals: Callable[[], Batches] = Batches

    def up(self, body: Body | None = None, **options: Any) -> Outcome:
        return self._perform("update", body, options)

    def preview(self, body: Body | None = None, **options: Any) -> Outcome:
        return self._perform("preview", body, options)

    def refresh(self, *, dry_run: bool = False, **options: Any) -> Outcome:
        return self._perform("refresh", None, options, dry_run=dry_run)

    def destroy(self, *, dry_run: bool = False, **options: Any) -> Outcome:
        return self._perform("destroy", None, options, dry_run=dry_run)

    def state(self, name: str) -> ResourceState:
        """Return the live resource of a name."""
        return next(
            state for state in self.snapshot.resources if urns.parse(state.urn).name == name and not state.delete
        )

    def names(self) -> list[str]:
        """Return the names of all things in the state; those that wait for their deletion with a `-`."""
        return [
            ("-" if state.delete else "") + urns.parse(state.urn).name
            for state in self.snapshot.resources
            if state.type == TYPE
        ]

    def moments(self, base: Snapshot) -> list[Snapshot]:
        """Return the snapshot after each batch of the last run, as a crash there would leave it."""
        folding, found = Fold(base), []
        for batch in self.batches:
            folding.apply(batch)
            found.append(without_aliases(folding.snapshot()))
        return found

    def _perform(self, kind: Any, body: Body | None, options: dict[str, Any], *, dry_run: bool = False) -> Outcome:
        operation = Operation(
            kind=kind,
            project="proj",
            stack="dev",
            root=Path("/nowhere"),
            program=Path("/nowhere"),
            config=self.config,
            secret_keys=self.secret_keys,
            options=Options(**options),
            dry_run=dry_run,
        )
        outcome = asyncio.run(self._performed(operation, body))
        self.snapshot = outcome.snapshot
        return outcome

    async def _performed(self, operation: Operation, body: Body | None) -> Outcome:
        journal = self.journals()
        dry_run = operation.is_dry_run
        self.cloud.calls.clear()
        self.cloud.dry_run = dry_run
        self.events.clear()
        reporter = Reporter(self.events.append, counts_refreshes=operation.kind == "refresh")
        builtin = Builtin(lambda name: {"of": name}, dry_run=dry_run)
        ledger = Ledger(self.snapshot, None if dry_run else journal)
        moments = iter(range(1_000_000))
        run = make_run(
            operation,
            ledger,
            self._registry(builtin, dry_run=dry_run),
            reporter,
            lambda: datetime.fromtimestamp(next(moments), UTC),
        )
        declarations = Declarations(run, builtin)
        program = _following(run, declarations, body) if operation.runs_program else None
        outputs = await perform(operation, run, declarations, program)
        self.batches = journal.batches
        if run.bug is not None:
            raise run.bug
        return outcome_of(run, self.snapshot, outputs)

    def _registry(self, builtin: Builtin, *, dry_run: bool) -> Registry:
        def configured(config: Properties) -> Cloud:
            self.providers.append(config)
            return self.cloud

        return Registry({DYNAMIC: configured, BUILTIN: lambda config: builtin}, dry_run=dry_run)


def things(*names: str, **goal: Any) -> Body:
    """Return a program that declares things one after another, all with the same options."""

    async def body(program: Program) -> None:
        for name in names:
            await program.thing(name, **goal)

    return body
