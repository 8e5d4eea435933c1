"""What all writers work on: the outside edit of one resource, the project, and what they have to say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from pulumi_dataarts.engine.events import StepReport
from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.model.plans import Step
from pulumi_dataarts.model.values import plain
from pulumi_dataarts.report.writeback.drafts import Draft


@dataclass(frozen=True)
class Project:
    """Where an outside edit may be written.

    Attributes:
        program: the program's folder.
        name: the project's.
        stack_file: the stack's configuration file.
        values: what it says in clear, by full key.
        session: opens the cloud.
    """

    program: Path
    name: str
    stack_file: Path
    values: Mapping[str, Any]
    session: Callable[[], Session]


@dataclass(frozen=True)
class Found:
    """One resource as a look at the cloud found it. `is_shared`: others are declared in the same place."""

    step: Step
    look: StepReport
    declared: StepReport | None
    is_shared: bool

    def before(self) -> dict[str, Any]:
        """Return its outputs as they were remembered."""
        return dict(plain(self.look.old.outputs)) if self.look.old else {}

    def now(self) -> dict[str, Any]:
        """Return its outputs as they were found."""
        return dict(plain(self.look.new.outputs)) if self.look.new else {}


@dataclass(frozen=True)
class Told:
    """An outside edit: of what, and the file that takes it in, or the reason why none does."""

    resource: str
    path: str
    file: str = ""
    reason: str = ""


Writer: TypeAlias = Callable[[Found, Draft, Project], Iterator[tuple[str, str | ConfigError]]]
"""Writes one resource's edits, and yields for each its path, and the file or what is in the way."""
