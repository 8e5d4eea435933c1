"""What a run tells while it goes on, and what it hands back. Values only: renderers and exit codes are elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from pulumi_dataarts.errors import ProvisionError
from pulumi_dataarts.model.diffs import Change
from pulumi_dataarts.model.snapshots import ResourceState, Snapshot
from pulumi_dataarts.model.values import Properties

Severity: TypeAlias = Literal["debug", "info", "warning", "error"]
Op: TypeAlias = Literal[
    "same",
    "create",
    "update",
    "delete",
    "read",
    "refresh",
    "create-replacement",
    "delete-replaced",
    "read-replacement",
    "import",
    "import-replacement",
    "discard",
    "discard-replaced",
    "remove-pending-replace",
]


@dataclass(frozen=True)
class StepReport:
    """One step, planned in a preview or performed.

    `old` and `new` are the resource before and after; None where there is none. `changes` are between the inputs, in a
    refresh between the outputs. `replace_keys` are the properties that force a replacement. `paths`, `effects` and
    `reasons` are the provider's own words for its diff. `result` says what a refresh found: `same`, `update`, `delete`.
    `exit_code` is the one that a command should end with for the error, 0 where there is none.
    """

    urn: str
    type: str
    name: str
    op: Op
    old: ResourceState | None = None
    new: ResourceState | None = None
    changes: tuple[Change, ...] = ()
    replace_keys: tuple[str, ...] = ()
    paths: Mapping[str, str] = field(default_factory=dict)
    effects: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    result: str = ""
    error: str = ""
    exit_code: int = 0

    @property
    def state(self) -> ResourceState:
        """The resource that the step is about."""
        state = self.new or self.old
        assert state is not None
        return state

    @property
    def is_forgotten(self) -> bool:
        """Whether the state lets go of an object that nobody deletes now: it stays, or is gone already."""
        is_kept = self.op in ("delete", "delete-replaced") and self.state.retain_on_delete
        return is_kept or self.op in ("discard", "discard-replaced", "remove-pending-replace")

    @property
    def dependencies(self) -> tuple[str, ...]:
        """URNs of what the resource depends on."""
        return self.state.dependencies

    @property
    def parent(self) -> str:
        """URN of the parent, empty where there is none."""
        return self.state.parent

    @property
    def source_position(self) -> str:
        """Where in the program it was declared: `project:///<path>#<line>`, empty where that is unknown."""
        return self.state.source_position


@dataclass(frozen=True)
class StepStarted:
    """A step begins. Steps that need no provider call only finish."""

    urn: str
    op: Op


@dataclass(frozen=True)
class StepFinished:
    """A step is done, and durable."""

    report: StepReport


@dataclass(frozen=True)
class StepFailed:
    """A step failed; `report.error` says why."""

    report: StepReport


@dataclass(frozen=True)
class Diagnostic:
    """Something to tell people, about one resource or (empty `urn`) the run."""

    severity: Severity
    text: str
    urn: str = ""


@dataclass(frozen=True)
class ProgramOutput:
    """A line that the program (empty `source`) or a provider process printed; `stream` is `stdout` or `stderr`."""

    stream: str
    line: str
    source: str = ""


@dataclass(frozen=True)
class Progress:
    """A passing word on a resource that is being worked on, such as what a service answers while it is polled."""

    urn: str
    text: str


Event: TypeAlias = StepStarted | StepFinished | StepFailed | Diagnostic | ProgramOutput | Progress
OnEvent: TypeAlias = Callable[[Event], None]


@dataclass(frozen=True)
class Outcome:
    """What became of a run.

    `counts` are by op as the official engine counts them: a replacement is one `replace`, default providers do not
    count, and in a refresh each resource counts as what was found. `outputs` are the stack's. `failure` is the first
    error; it says with which exit code a command would end.
    """

    ok: bool
    cancelled: bool
    snapshot: Snapshot
    outputs: Properties
    counts: Mapping[str, int]
    reports: tuple[StepReport, ...]
    diagnostics: tuple[Diagnostic, ...]
    failure: ProvisionError | None = None

    @property
    def warnings(self) -> tuple[str, ...]:
        """The texts of all warnings, in the order they came."""
        return tuple(item.text for item in self.diagnostics if item.severity == "warning")

    @property
    def errors(self) -> tuple[str, ...]:
        """The texts of all errors, in the order they came."""
        return tuple(item.text for item in self.diagnostics if item.severity == "error")
