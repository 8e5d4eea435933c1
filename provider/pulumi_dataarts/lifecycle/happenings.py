"""Resources that happen once, and then have been: nothing changes them, and deleting them takes nothing back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.lifecycle.changes import Change
from pulumi_dataarts.lifecycle.effects import MOVES_DATA, effect
from pulumi_dataarts.lifecycle.handler import Handler
from pulumi_dataarts.lifecycle.inputs import AnyInputs
from pulumi_dataarts.model.values import Properties


class Happening(Handler[AnyInputs]):
    """The meaning of something that happens: a handler says how, by `create`, and what is told of it, by `facts`."""

    facts: ClassVar[Sequence[str]]

    def remembered(self, known: Mapping[str, Any]) -> Properties:
        """Return the facts as they are known."""
        return {name: known[name] for name in self.facts if name in known}

    def update(
        self, id: str, known: Properties, inputs: AnyInputs, changed: Sequence[Change], session: Session
    ) -> Properties:
        """Change nothing: what has been, has been."""
        return self.remembered(known)

    def delete(self, id: str, known: Properties, session: Session) -> None:
        """Forget it. Nothing is done on the service: a run under way goes on, its history stays, and so do objects."""


class JobRunning(Happening[AnyInputs]):
    """The meaning of a run of the job that the input `job_name` names."""

    def effects(self, known: Properties, declared: Properties, changed: Sequence[Change]) -> list[str]:
        """Say that a replacement is a new run."""
        return self.effects_of_making(declared) if any(change.replaces for change in changed) else []

    def effects_of_making(self, declared: Properties) -> list[str]:
        """Say that a run is started."""
        return [effect(MOVES_DATA, declared.get("job_name"))]
