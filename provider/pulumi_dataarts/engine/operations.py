"""The engine's front door: one operation on one stack, from the state before to the state after.

`run` takes values and callables, and knows nothing of where state is kept: whoever calls holds the lock, hands in the
base and a journal, and writes what comes back.

Source: pkg/resource/deploy/deployment_executor.go of the official engine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from pulumi_dataarts.engine.cancellation import Cancellation
from pulumi_dataarts.engine.events import OnEvent, Outcome
from pulumi_dataarts.engine.program import Ahead, Context, Starting
from pulumi_dataarts.errors import StackNotFound
from pulumi_dataarts.model.journal import Journal
from pulumi_dataarts.model.snapshots import Snapshot
from pulumi_dataarts.model.values import Value

if TYPE_CHECKING:
    from pulumi_dataarts.engine.residents import Residents

Kind: TypeAlias = Literal["preview", "update", "refresh", "destroy"]
Clock: TypeAlias = Callable[[], datetime]


def _no_other_stacks(name: str) -> Mapping[str, Value]:
    raise StackNotFound(f"the stack {name!r} cannot be looked up here")


@dataclass(frozen=True)
class Options:
    """How an operation is carried out.

    `parallel` bounds the calls to providers under way at once. `targets`, `excludes` and `replaces` are URNs or globs;
    `replaces` are replaced, but are not targets by that. `tracebacks` has failing providers tell where they failed.
    """

    parallel: int = 32
    targets: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()
    target_dependents: bool = False
    refresh: bool = False
    continue_on_error: bool = False
    tracebacks: bool = False


@dataclass(frozen=True)
class Operation:
    """What to do to which stack.

    `root` is the directory of Pulumi.yaml, `program` the directory or file to run. `interpreter` is that of the
    project's virtual environment, None for our own. `config` is decrypted, by full key; `secret_keys` say which of
    it is secret. `residents` knows the providers that need no process of their own; without it each has one.
    `stack_outputs` returns another stack's outputs by its name. With `dry_run` nothing is done or written; a `preview`
    is a dry run of an update.
    """

    kind: Kind
    project: str
    stack: str
    root: Path
    program: Path
    interpreter: Path | None = None
    config: Mapping[str, str] = field(default_factory=dict)
    secret_keys: frozenset[str] = frozenset()
    options: Options = Options()
    residents: Residents | None = None
    stack_outputs: Callable[[str], Mapping[str, Value]] = _no_other_stacks
    organization: str = "organization"
    dry_run: bool = False

    @property
    def is_dry_run(self) -> bool:
        """Whether nothing is to be done."""
        return self.dry_run or self.kind == "preview"

    @property
    def runs_program(self) -> bool:
        """Whether it asks the program what there is to be."""
        return self.kind in ("preview", "update")

    @property
    def context(self) -> Context:
        """What the children of the operation are told of it."""
        return Context(
            project=self.project,
            stack=self.stack,
            organization=self.organization,
            root=self.root,
            program=self.program,
            interpreter=self.interpreter,
            config=self.config,
            secret_keys=self.secret_keys,
            dry_run=self.is_dry_run,
            parallel=max(1, self.options.parallel),
        )


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def run(
    operation: Operation,
    base: Snapshot,
    journal: Journal | None,
    on_event: OnEvent,
    cancel: Cancellation,
    *,
    clock: Clock = utc_now,
    ahead: Ahead | None = None,
) -> Outcome:
    """Carry out an operation and return what became of it; whatever fails on the way is in the outcome.

    Args:
        operation: what to do.
        base: the stack's state.
        journal: where every change becomes durable before it counts; None in a dry run, which needs none.
        on_event: hears what goes on, from this thread; it must not block.
        cancel: stops the operation, from any thread.
        clock: the time, in UTC.
        ahead: the operation's program, where its process was started already.

    Raises:
        Bug: an invariant of the engine does not hold. What was done is in the journal.
    """
    kept = None if operation.is_dry_run else journal

    def work(starting: Starting | None) -> Coroutine[Any, Any, Outcome]:
        from pulumi_dataarts.engine.phases import carry_out  # takes a while, in which the program's process starts

        return carry_out(operation, base, kept, starting, on_event, cancel, clock)

    if not operation.runs_program:
        return asyncio.run(work(None))
    with nullcontext(ahead) if ahead else Ahead(operation.context) as going:
        return going.run(work)
