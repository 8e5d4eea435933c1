"""A project on disk whose program runs in a process of its own, with a provider in another."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pulumi_dataarts.engine.cancellation import Cancellation
from pulumi_dataarts.engine.events import Diagnostic, Event, Outcome, ProgramOutput
from pulumi_dataarts.engine.operations import Operation, Options, run
from pulumi_dataarts.model import urns
from pulumi_dataarts.model.journal import fold
from pulumi_dataarts.model.snapshots import ResourceState, Snapshot
from tests.engine.world import Batches

PROVIDER = Path(__file__).parent / "project" / "cloud.py"


@dataclass
class Project:
    """A folder with a program, the folder its things are in, and the state so far."""

    folder: Path
    cloud: Path
    snapshot: Snapshot = field(default_factory=Snapshot)
    events: list[Event] = field(default_factory=list)
    cancel: Cancellation = field(default_factory=Cancellation)
    on_event: Callable[[Event], None] = lambda event: None

    def write(self, program: str) -> None:
        """Make this the program; `Thing` and `pulumi` are imported already."""
        head = "import sys, os, time, pulumi\nfrom cloud import *\n"
        (self.folder / "__main__.py").write_text(head + textwrap.dedent(program))

    def run(self, kind: Any, text: str | None = None, *, options: Options | None = None, **more: Any) -> Outcome:
        """Run an operation; what the journal leads to becomes the state."""
        if text is not None:
            self.write(text)
        more.setdefault("program", self.folder)
        operation = Operation(
            kind=kind, project="proj", stack="dev", root=self.folder, options=options or Options(parallel=4), **more
        )
        journal = Batches()
        self.events.clear()
        outcome = run(operation, self.snapshot, journal, self._hear, self.cancel)
        if not operation.is_dry_run:
            self.snapshot = fold(self.snapshot, journal.batches)
        return outcome

    def _hear(self, event: Event) -> None:
        self.events.append(event)
        self.on_event(event)

    def up(self, program: str, **more: Any) -> Outcome:
        """Run an update."""
        return self.run("update", program, **more)

    def state(self, name: str) -> ResourceState:
        """Return the resource of a name."""
        return next(state for state in self.snapshot.resources if urns.parse(state.urn).name == name)

    def texts(self, severity: str = "error") -> list[str]:
        """Return what was told with a severity."""
        return [item.text for item in self.events if isinstance(item, Diagnostic) and item.severity == severity]

    def printed(self, source: str = "") -> list[str]:
        """Return the lines that a process printed to its standard output."""
        lines = [item for item in self.events if isinstance(item, ProgramOutput) and item.source == source]
        return [item.line for item in lines if item.stream == "stdout"]


def make_project(folder: Path, setenv: Callable[[str, str], None]) -> Project:
    """Return a project without a program."""
    project = Project(folder / "project", folder / "cloud")
    project.folder.mkdir()
    project.cloud.mkdir()
    shutil.copy(PROVIDER, project.folder)
    setenv("CLOUD", str(project.cloud))
    setenv("PYTHONDONTWRITEBYTECODE", "1")
    return project
