"""A promotion from its intent to its end, one stage after the other, so that one that was cut off can be continued.

::

    begun      the intent is written down: which release, which bindings, what was before
    pinned     what is to be overwritten was exported, and the line of the stack's config names the release
    applied    the up is done
    closed     the verifications were tried, and the end is recorded

Each stage does again what it has done before without harm. A record says `pinned` only after the line was written, so a
kill in between leaves a stage that is done once more. A rollback is the same with an older release and its bindings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, Protocol

from pulumi_dataarts.backend import locks
from pulumi_dataarts.backend.stacks import Stack
from pulumi_dataarts.errors import ConfigError, LockHeld, PlanError, ProvisionError
from pulumi_dataarts.release.manifest import SHORT
from pulumi_dataarts.release.records import (
    BoundConfig,
    Kind,
    Promotion,
    Records,
    TrialRecord,
    Verdict,
    rfc3339,
)
from pulumi_dataarts.release.trials import Trial

LOCK: Final = ".promotion"
"""What the name of an environment's lock in the release store ends with, so that it is not that of a stack."""

Clock = Callable[[], datetime]


class Environment(Protocol):
    """A stack, as a promotion acts on it. All of it may be done again."""

    def export(self, promotion: Promotion) -> Mapping[str, bytes]:
        """Return what stands and is about to be overwritten, by file name."""
        ...

    def pin(self, promotion: Promotion) -> None:
        """Write the release into the stack's config file; of a rollback, what the config said with it as well."""
        ...

    def bindings(self) -> BoundConfig:
        """Return what the stack's config says now."""
        ...

    def up(self, promotion: Promotion) -> None:
        """Bring the stack to what its config says now."""
        ...

    def verify(self) -> Sequence[Trial]:
        """Try the verifications of what runs."""
        ...


@dataclass(frozen=True)
class Intent:
    """What is to be done to an environment, before it is."""

    kind: Kind
    stack: str
    source: str
    release: str
    previous: str
    bindings: BoundConfig
    previous_bindings: BoundConfig
    who: str
    plan: str = ""
    gates: Sequence[Verdict] = ()
    restored: int = 0


@dataclass(frozen=True)
class Line:
    """The promotions of one release store, carried out one at a time for each environment."""

    records: Records
    clock: Clock = lambda: datetime.now(UTC)

    @contextmanager
    def held(self, stack: str, note: locks.Note = lambda text: None) -> Iterator[Line]:
        """Be the only one to promote into an environment: a lock in the store, with owner and, in a bucket, expiry.

        What this gives is to be used meanwhile: it refuses to write once the lock is lost.

        Raises:
            LockHeld: somebody else is at it.
        """
        lock = Stack(self.records.blobs, self.records.project, f"{stack}{LOCK}")
        try:
            taken = locks.acquire(lock, self.clock(), note)
        except LockHeld as error:
            raise LockHeld(
                f"somebody promotes into {stack}: {error.message}",
                hint="Wait for the end of it. The lock ends with its holder; in a bucket it expires.",
            ) from error
        try:
            yield replace(self, records=replace(self.records, blobs=taken.stack.blobs))
        finally:
            taken.release()

    def begin(self, intent: Intent) -> Promotion:
        """Write an intent down. Nothing else has been touched. The lock has to be held."""
        before = self.records.promotions(intent.stack)
        return self.records.keep(
            Promotion(
                number=max((item.number for item in before), default=0) + 1,
                kind=intent.kind,
                stack=intent.stack,
                source=intent.source,
                release=intent.release,
                previous=intent.previous,
                bindings=intent.bindings,
                previous_bindings=intent.previous_bindings,
                who=intent.who,
                begun=rfc3339(self.clock()),
                plan=intent.plan,
                gates=list(intent.gates),
                restored=intent.restored,
            )
        )

    def prepare(self, promotion: Promotion, environment: Environment) -> Promotion:
        """Export what will be overwritten, and write the line. Does nothing where that was done before."""
        self._supersede_before(promotion)
        if promotion.stage != "begun":
            return promotion
        with self._noting(promotion):
            keys = promotion.restore_point or self._exported(promotion, environment)
            promotion = self.records.keep(promotion.model_copy(update={"restore_point": keys}))
            environment.pin(promotion)
            return self._reached(promotion, "pinned")

    def carry_on(self, promotion: Promotion, environment: Environment) -> Promotion:
        """Take a promotion from wherever it is to its end, and return it.

        Raises:
            ProvisionError: a stage failed; the promotion stays open, and says why.
        """
        promotion = self.prepare(promotion, environment)
        if promotion.stage == "pinned":
            with self._noting(promotion):
                environment.up(promotion)
            promotion = self.applied(promotion, environment)
        return self.conclude(promotion, environment)

    def conclude(self, promotion: Promotion, environment: Environment) -> Promotion:
        """Try the verifications of a promotion that was applied, and close it."""
        with self._noting(promotion):
            trials = list(environment.verify())
            now = rfc3339(self.clock())
            if trials:
                record = TrialRecord(stack=promotion.stack, release=promotion.release, when=now, trials=trials)
                self.records.add_trials(record)
        result = "succeeded" if all(trial.passed for trial in trials) else "unverified"
        closed = {"stage": "closed", "result": result, "ended": now, "trials": trials, "error": ""}
        return self.records.keep(promotion.model_copy(update=closed))

    def applied(self, promotion: Promotion, environment: Environment) -> Promotion:
        """Note that an up has brought what the promotion says, and with which bindings in the end."""
        return self._reached(promotion.model_copy(update={"bindings": environment.bindings()}), "applied")

    def abandon(self, promotion: Promotion) -> Promotion:
        """Close a promotion that has changed nothing."""
        update = {"stage": "closed", "result": "abandoned", "ended": rfc3339(self.clock())}
        return self.records.keep(promotion.model_copy(update=update))

    def _exported(self, promotion: Promotion, environment: Environment) -> list[str]:
        files = environment.export(promotion)
        stack, number = promotion.stack, promotion.number
        return [self.records.keep_restore_point(stack, number, name, data) for name, data in sorted(files.items())]

    def _supersede_before(self, promotion: Promotion) -> None:
        """Close what this one takes the place of; here and not in `begin`, which may have been cut off after it."""
        for item in self.records.promotions(promotion.stack):
            if item.is_open and item.number < promotion.number:
                update = {"stage": "closed", "result": "superseded", "ended": rfc3339(self.clock())}
                self.records.keep(item.model_copy(update=update))

    def _reached(self, promotion: Promotion, stage: str) -> Promotion:
        return self.records.keep(promotion.model_copy(update={"stage": stage, "error": ""}))

    @contextmanager
    def _noting(self, promotion: Promotion) -> Iterator[None]:
        """Let the record say why a stage failed, and the error how to go on, or back."""
        try:
            yield
        except ProvisionError as error:
            kept = next(item for item in self.records.promotions(promotion.stack) if item.number == promotion.number)
            self.records.keep(kept.model_copy(update={"error": str(error).splitlines()[0]}))
            error.hint = " ".join(filter(None, [error.hint, how_to_go_on(promotion)]))
            raise


def to_continue(opened: Promotion | None, release: str) -> Promotion | None:
    """Return the open promotion that a wish to promote a release continues; None where none is open.

    Raises:
        PlanError: another one is open.
    """
    if opened is None:
        return None
    if opened.kind == "promotion" and opened.release == release:
        return opened
    raise PlanError(
        f"{opened.kind} {opened.number} of {opened.stack} {opened.aim}, begun by {opened.who} at {opened.begun}, has "
        "not come to its end",
        hint=how_to_go_on(opened),
    )


def how_to_go_on(opened: Promotion) -> str:
    """Return what may be typed about an open promotion."""
    back = f"dataarts rollback {opened.stack}"
    if opened.kind == "restore":
        return f"Continue it: `{back} --restore-point {opened.restored}`. Or take it back: `{back}`."
    if opened.kind == "rollback":
        return f"Continue it: `{back}`."
    return f"Continue it: `dataarts promote {opened.source} {opened.stack}`. Or go back: `{back}`."


def way_back(promotions: Sequence[Promotion], release: str = "") -> tuple[str, BoundConfig]:
    """Return the release and the bindings that a rollback goes to.

    Args:
        promotions: all of an environment, the newest first.
        release: the one that is wished for; by default the one before.

    Raises:
        ConfigError: the environment never ran it, or there is none before.
    """
    opened = next((item for item in promotions if item.is_open), None)
    done = [item for item in promotions if item.is_applied]
    if release:
        if found := next((item for item in done if item.release == release), None):
            return release, found.bindings
        raise ConfigError(
            f"the environment never ran release {release[:SHORT]}",
            hint="`dataarts release board` shows what it ran. Promote a release that is new to it.",
        )
    newest = opened or next(iter(done), None)
    if newest is None or not newest.previous:
        raise ConfigError(
            "there is no release to go back to: the environment has run none before",
            hint="`dataarts release board` shows what it ran. A promotion that is open can be continued.",
        )
    return newest.previous, newest.previous_bindings
