"""What happened to the environments, kept beside the releases: promotions, trials, approvals, looks at drift.

::

    promotions/<project>/<stack>/records/<number>.json       one promotion or rollback, from its intent to its end
    promotions/<project>/<stack>/trials/<time>-<id>.json     verifications that were tried
    promotions/<project>/<stack>/looks/<time>-<id>.json      a look at the cloud: was anything changed outside
    promotions/<project>/<stack>/approvals/<release>/….json  who approves that a release goes to the environment
    restore-points/<project>/<stack>/<number>/…              what stood before a promotion overwrote it

A promotion is written down as an intent before anything is changed, again after each stage, and closed at the end. One
that is open was cut off: the next command continues it, or goes back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal, TypeVar
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pulumi_dataarts.backend.blobs import Blobs
from pulumi_dataarts.errors import Corrupt
from pulumi_dataarts.release.manifest import SHORT
from pulumi_dataarts.release.trials import Trial

ROOT: Final = "promotions"
RESTORE_POINTS: Final = "restore-points"


Kind = Literal["promotion", "rollback", "restore"]
Stage = Literal["begun", "pinned", "applied", "closed"]
"""How far it is: the intent stands; the line is written; the up is done; the end is recorded."""
Result = Literal["", "succeeded", "unverified", "superseded", "abandoned"]
"""How it ended: verified; applied with a verification that failed; left for a rollback; never begun in earnest."""
Entry = TypeVar("Entry", bound=BaseModel)


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True)


class Verdict(_Record):
    """What a gate says, and whether it was let open all the same."""

    gate: str
    passed: bool
    reason: str
    allowed: bool = False


class BoundConfig(_Record):
    """What an environment's config said, secrets left out: those are the environment's own and never go back."""

    values: dict[str, Any] = {}

    @property
    def digest(self) -> str:
        """Which bindings these are."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


class Promotion(_Record):
    """One promotion or rollback of an environment, or the loading of a restore point into it."""

    number: int
    kind: Kind
    stack: str
    source: str = Field(description="The environment it came from; empty for a rollback.")
    release: str = Field(description="Digest of the release that the environment is to run.")
    previous: str = Field(description="Digest of the release before; empty where the environment ran the sources.")
    bindings: BoundConfig = Field(description="The environment's bindings from this promotion on.")
    previous_bindings: BoundConfig = BoundConfig()
    who: str
    begun: str
    ended: str = ""
    stage: Stage = "begun"
    result: Result = ""
    plan: str = Field(default="", description="Digest of the plan that was shown.")
    gates: list[Verdict] = []
    trials: list[Trial] = []
    restore_point: list[str] = Field(default=[], description="Keys of what was exported before the overwrite.")
    restored: int = Field(default=0, description="Number of the restore point that is loaded; 0 where none is.")
    error: str = Field(default="", description="Why it stopped, the last time it did.")

    @property
    def is_open(self) -> bool:
        """Whether it was begun and has not come to an end."""
        return self.stage != "closed"

    @property
    def aim(self) -> str:
        """Where it leads, after its kind and number."""
        return f"of restore point {self.restored}" if self.restored else f"to {self.release[:SHORT]}"

    @property
    def is_moving(self) -> bool:
        """Whether the environment may have some of this release and some of the one before."""
        return self.stage == "pinned" and self.kind != "restore"

    @property
    def is_applied(self) -> bool:
        """Whether the environment has run the release since, as a whole."""
        return self.result in ("succeeded", "unverified")


class Approval(_Record):
    """Somebody says that a release may go to an environment. Who it was is what they said, and is not proven here."""

    release: str
    stack: str
    who: str
    when: str
    comment: str = ""


class TrialRecord(_Record):
    """Verifications that were tried in an environment. `release` is empty where the stack runs its sources."""

    stack: str
    release: str
    when: str
    trials: list[Trial]

    @property
    def passed(self) -> bool:
        """Whether all did."""
        return all(trial.passed for trial in self.trials)


class Look(_Record):
    """A look at the cloud: which resources had been changed outside, and which an up had still to change."""

    stack: str
    release: str
    when: str
    drifted: list[str] = []
    pending: list[str] = []


@dataclass(frozen=True)
class Records:
    """The records of one release store. Every method raises StateError where the store cannot be read or written."""

    blobs: Blobs
    project: str

    @property
    def folder(self) -> str:
        """The prefix of all keys."""
        return f"{ROOT}/{self.project}/"

    def stacks(self) -> set[str]:
        """Return the environments that something is recorded of."""
        return {item.key.removeprefix(self.folder).partition("/")[0] for item in self.blobs.find(self.folder)}

    def promotions(self, stack: str) -> list[Promotion]:
        """Return all of an environment, the newest first."""
        return sorted(self._all(f"{stack}/records/", Promotion), key=lambda item: item.number, reverse=True)

    def open_promotion(self, stack: str) -> Promotion | None:
        """Return the one that was begun and not ended."""
        return next((item for item in self.promotions(stack) if item.is_open), None)

    def current(self, stack: str) -> Promotion | None:
        """Return the one that brought what the environment runs."""
        return next((item for item in self.promotions(stack) if item.is_applied), None)

    def keep(self, promotion: Promotion) -> Promotion:
        """Write a promotion down, over what was known of it."""
        self._write(f"{promotion.stack}/records/{promotion.number:08d}.json", promotion)
        return promotion

    def add_trials(self, record: TrialRecord) -> None:
        """Write down verifications that were tried."""
        self._write(f"{record.stack}/trials/{_name()}", record)

    def trials(self, stack: str) -> list[TrialRecord]:
        """Return those of an environment, the newest first."""
        return list(reversed(list(self._all(f"{stack}/trials/", TrialRecord))))

    def add_look(self, look: Look) -> None:
        """Write down a look at the cloud."""
        self._write(f"{look.stack}/looks/{_name()}", look)

    def last_look(self, stack: str) -> Look | None:
        """Return the last look at an environment."""
        keys = [item.key for item in self.blobs.find(f"{self.folder}{stack}/looks/")]
        return self._read(max(keys), Look) if keys else None

    def approve(self, approval: Approval) -> None:
        """Write down an approval; a second one of the same person takes the place of the first."""
        who = hashlib.sha256(approval.who.encode()).hexdigest()[:16]
        self._write(f"{approval.stack}/approvals/{approval.release}/{who}.json", approval)

    def approvals(self, stack: str, release: str = "") -> list[Approval]:
        """Return who approves that a release, or any, goes to an environment, the earliest first."""
        found = self._all(f"{stack}/approvals/{release}{'/' if release else ''}", Approval)
        return sorted(found, key=lambda item: (item.when, item.who))

    def keep_restore_point(self, stack: str, number: int, name: str, content: bytes) -> str:
        """Keep something that stood before a promotion overwrote it, and return its key."""
        key = f"{RESTORE_POINTS}/{self.project}/{stack}/{number:08d}/{name}"
        self.blobs.write(key, content)
        return key

    def restore_point(self, stack: str, number: int) -> dict[str, bytes]:
        """Return what stood before a promotion overwrote it, by file name; nothing where none was kept.

        Raises:
            Corrupt: a file of it is gone.
        """
        found = next((item for item in self.promotions(stack) if item.number == number), None)
        folder = f"{RESTORE_POINTS}/{self.project}/{stack}/{number:08d}/"
        files = {key: self.blobs.read(key) for key in (found.restore_point if found else [])}
        if lost := [key for key, content in files.items() if content is None]:
            raise Corrupt(f"restore point {number} of {stack} has lost {', '.join(lost)}")
        return {key.removeprefix(folder): content for key, content in files.items() if content is not None}

    def _write(self, key: str, record: BaseModel) -> None:
        self.blobs.write(f"{self.folder}{key}", f"{record.model_dump_json(indent=2)}\n".encode())

    def _all(self, folder: str, kind: type[Entry]) -> Iterator[Entry]:
        for item in self.blobs.find(f"{self.folder}{folder}"):
            if item.key.endswith(".json"):
                yield self._read(item.key, kind)

    def _read(self, key: str, kind: type[Entry]) -> Entry:
        try:
            return kind.model_validate_json(self.blobs.read(key) or b"")
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(map(str, first["loc"])) or "the document"
            raise Corrupt(f"the record {key} cannot be read: {where}: {first['msg']}") from error


def rfc3339(moment: datetime) -> str:
    """Return a time as records have it."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _name() -> str:
    """Return a file name that sorts by time, and that nobody else makes."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}-{uuid4().hex[:8]}.json"
