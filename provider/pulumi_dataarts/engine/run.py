"""What the parts of one run share."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from pulumi_dataarts.engine.base_index import BaseIndex
from pulumi_dataarts.engine.hooks import Hooks
from pulumi_dataarts.engine.ledger import Ledger
from pulumi_dataarts.engine.program import Context
from pulumi_dataarts.engine.providers import Provider
from pulumi_dataarts.engine.registry import Registry
from pulumi_dataarts.engine.reporting import Reporter
from pulumi_dataarts.engine.tally import Tally
from pulumi_dataarts.engine.targets import Selection
from pulumi_dataarts.errors import Bug, ProgramFailed, ProvisionError, ResourceFailed
from pulumi_dataarts.model import urns
from pulumi_dataarts.model.snapshots import ResourceState

T = TypeVar("T")


class Halted(Exception):
    """No new step may begin."""


@dataclass
class Run:
    """One run under way.

    `calls` bound the calls to providers, `slots` the steps that make some: more, so that no provider waits for what one
    step writes down before and after its call. `halted` is set once no new step may begin: something failed, or
    somebody cancelled; `is_abandoned` says that what runs is not even waited for. `deciding` orders decisions that look
    at each other's replacements, `deletions` tell when those that precede a replacement are over.
    """

    context: Context
    continue_on_error: bool
    ledger: Ledger
    registry: Registry
    selection: Selection
    reporter: Reporter
    slots: asyncio.Semaphore
    calls: asyncio.Semaphore
    now: Callable[[], str]
    tally: Tally = field(default_factory=Tally)
    hooks: Hooks = field(default_factory=Hooks)
    halted: asyncio.Event = field(default_factory=asyncio.Event)
    deciding: asyncio.Lock = field(default_factory=asyncio.Lock)
    deletions: dict[int, asyncio.Event] = field(default_factory=dict)
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)
    is_failed: bool = False
    is_cancelled: bool = False
    is_abandoned: bool = False
    failure: ProvisionError | None = None
    bug: BaseException | None = None

    @property
    def dry_run(self) -> bool:
        """Whether this is a preview."""
        return self.context.dry_run

    @cached_property
    def base_index(self) -> BaseIndex:
        """Who depends on whom in the base. First asked for only after the base was refreshed."""
        return BaseIndex(self.ledger.base())

    def halt(self) -> None:
        """Let no new step begin."""
        self.halted.set()
        for deletion in self.deletions.values():
            deletion.set()

    def spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Start work that the run waits for in its end, whoever else waits for it or stops to."""
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self._forget)
        return task

    async def drained(self) -> None:
        """Wait for every step and decision that is under way."""
        while self.tasks:
            await asyncio.wait(set(self.tasks))

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self.tasks.discard(task)
        if not task.cancelled():
            task.exception()  # It was told where it happened; nobody may be left to hear it here.

    def require_going(self) -> None:
        """Raise Halted once no new step may begin."""
        if self.halted.is_set():
            raise Halted

    def fail(self, error: BaseException, urn: str = "") -> None:
        """Tell of a failure, once however many wait for the same, and let nothing new begin."""
        if isinstance(error, ProvisionError):
            if error is not self.failure:
                self.reporter.tell("error", str(error), urn)
            self.note_failure(error)
        else:
            self.bug = self.bug or error
            self.is_failed = True
        self.halt()

    def note_failure(self, error: ProvisionError) -> None:
        """Take note of a failure that was told where it happened; others may go on."""
        self.failure = self.failure or error
        self.is_failed = True

    def program_failed(self, text: str) -> None:
        """Take note that the program failed; without a text it has told why."""
        if text:
            self.reporter.tell("error", text)
        self.note_failure(ProgramFailed(text or "the program failed"))
        self.halt()

    def provider_of(self, state: ResourceState) -> Provider | None:
        """Return who serves a resource; None for components.

        Raises:
            ResourceFailed: its provider is neither registered nor remembered.
        """
        if not state.custom:
            return None
        if urns.is_provider_type(state.type):
            return self.registry
        found = self.registry.find(state.provider)
        return found or self._remembered(state)

    def _remembered(self, state: ResourceState) -> Provider:
        urn, id = urns.split_reference(state.provider)
        for candidate in self.ledger.states.values():
            if candidate.urn == urn and candidate.id == id:
                self.registry.adopt(candidate)
                found = self.registry.find(state.provider)
                if found is not None:
                    return found
        raise ResourceFailed(f"{state.urn} needs the provider {state.provider}, which is not known")


async def guarded(run: Run, work: Awaitable[T], urn: str = "") -> T:
    """Await work; whatever it raises ends the run. This is the executor's boundary.

    Raises:
        Halted: the work failed, and that was told; or nothing new may begin.
    """
    try:
        return await work
    except Halted:
        raise
    except Exception as error:
        # The executor's boundary: nothing may get lost in a task that nobody waits for.
        run.fail(error, urn)
        raise Halted from error


def bug_of(error: BaseException) -> Bug:
    """Return an unexpected exception as what it is."""
    return Bug(f"the engine failed in a way it should not: {type(error).__name__}: {error}")
