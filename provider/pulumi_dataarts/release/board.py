"""The board: environments × releases, as a value made from the records. Pure; `terminal` and `html` draw it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from pulumi_dataarts.release.manifest import Manifest
from pulumi_dataarts.release.records import Approval, Look, Promotion, TrialRecord

State = Literal["runs", "ran", "coming", "approved", ""]


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True)


class Cell(_Value):
    """What an environment has to do with a release."""

    state: State = ""
    since: str = Field(default="", description="When it came, RFC 3339.")
    who: str = Field(default="", description="Who brought it.")
    approved_by: list[str] = []


class Column(_Value):
    """One environment."""

    stack: str
    release: str = Field(description="What its config names: digest, or empty for the working tree.")
    since: str = ""
    behind: int | None = Field(default=None, description="How many releases are newer; None for the working tree.")
    looked: str = Field(default="", description="When it was last looked at for drift.")
    drifted: list[str] = []
    verified: str = Field(default="", description="When its verifications were last tried.")
    failed: list[str] = Field(default=[], description="Those that did not pass then.")
    approved_by: list[str] = Field(default=[], description="Who approved what it runs.")
    open: str = Field(default="", description="A promotion that has not come to its end.")
    error: str = Field(default="", description="Why that one stopped.")
    between: list[str] = Field(default=[], description="What it ran, and what is coming, while nobody knows which.")


class Row(_Value):
    """One release, and what each environment, in the columns' order, has to do with it."""

    release: str
    message: str
    created: str
    creator: str
    cells: list[Cell]


class Board(_Value):
    """All of it, the newest release first."""

    project: str
    made: str
    columns: list[Column]
    rows: list[Row]


@dataclass(frozen=True)
class Facts:
    """What is known of one environment; promotions and trials are the newest first."""

    stack: str
    pin: str
    promotions: Sequence[Promotion]
    trials: Sequence[TrialRecord]
    look: Look | None
    approvals: Sequence[Approval]

    def brought(self, release: str) -> list[Promotion]:
        """Return the promotions and rollbacks to a release; a restore point that is loaded brings none."""
        return [item for item in self.promotions if item.release == release and item.kind != "restore"]


def board(project: str, made: str, releases: Sequence[Manifest], environments: Sequence[Facts]) -> Board:
    """Return the board of a project.

    Args:
        project: its name.
        made: when, RFC 3339.
        releases: all there are, the newest first.
        environments: in the order in which they are shown.
    """
    return Board(
        project=project,
        made=made,
        columns=[_column(facts, releases) for facts in environments],
        rows=[
            Row(
                release=item.digest,
                message=item.message,
                created=item.created,
                creator=item.creator,
                cells=[_cell(facts, item.digest) for facts in environments],
            )
            for item in releases
        ],
    )


def order(facts: Sequence[Facts]) -> list[Facts]:
    """Return environments as releases go through them: each after those it takes releases from; else by name."""
    sources = {item.stack: {done.source for done in item.promotions if done.source} for item in facts}

    def depth(stack: str, seen: frozenset[str] = frozenset()) -> int:
        before = sources.get(stack, set()) - seen
        return 1 + max((depth(name, seen | {stack}) for name in before), default=0)

    return sorted(facts, key=lambda item: (depth(item.stack), item.stack))


def _column(facts: Facts, releases: Sequence[Manifest]) -> Column:
    digests = [item.digest for item in releases]
    current = next((item for item in facts.brought(facts.pin) if item.is_applied), None)
    opened = next((item for item in facts.promotions if item.is_open), None)
    tried = next((item for item in facts.trials if item.release == facts.pin), None)
    look = facts.look if facts.look and facts.look.release == facts.pin else None
    return Column(
        stack=facts.stack,
        release=facts.pin,
        since=current.ended if current else "",
        behind=digests.index(facts.pin) if facts.pin in digests else None,
        looked=look.when if look else "",
        drifted=look.drifted if look else [],
        verified=tried.when if tried else "",
        failed=[trial.name for trial in tried.trials if not trial.passed] if tried else [],
        approved_by=_approved(facts, facts.pin),
        open=f"{opened.kind} {opened.number} {opened.aim} by {opened.who}" if opened else "",
        error=opened.error if opened else "",
        between=[opened.previous, opened.release] if opened and opened.is_moving else [],
    )


def _cell(facts: Facts, release: str) -> Cell:
    approved = _approved(facts, release)
    of_it = facts.brought(release)
    opened = next((item for item in of_it if item.is_open), None)
    done = next((item for item in of_it if item.is_applied), None)
    if opened:
        return Cell(state="coming", since=opened.begun, who=opened.who, approved_by=approved)
    if facts.pin == release:
        since, who = (done.ended, done.who) if done else ("", "")
        return Cell(state="runs", since=since, who=who, approved_by=approved)
    if done:
        return Cell(state="ran", since=done.ended, who=done.who, approved_by=approved)
    return Cell(state="approved" if approved else "", approved_by=approved)


def _approved(facts: Facts, release: str) -> list[str]:
    return sorted({item.who for item in facts.approvals if item.release == release})
