"""Turns what a run does into events, reports and counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from pulumi_dataarts.engine.events import (
    Diagnostic,
    OnEvent,
    ProgramOutput,
    Progress,
    Severity,
    StepFailed,
    StepFinished,
    StepReport,
    StepStarted,
)
from pulumi_dataarts.errors import ProvisionError
from pulumi_dataarts.model import urns
from pulumi_dataarts.model.copies import replace
from pulumi_dataarts.model.values import same

# How the official engine counts: the deletion of what was replaced is part of the replacement.
_COUNTED = {
    "create-replacement": "replace",
    "read-replacement": "replace",
    "import-replacement": "replace",
    "delete-replaced": "",
    "discard-replaced": "",
    "remove-pending-replace": "",
}


class Reporter:
    """Hands every event on, and keeps what the outcome needs."""

    def __init__(self, on_event: OnEvent, *, counts_refreshes: bool) -> None:
        self._on_event = on_event
        self._counts_refreshes = counts_refreshes
        self.reports: list[StepReport] = []
        self.diagnostics: list[Diagnostic] = []
        self.counts: Counter[str] = Counter()

    def tell(self, severity: Severity, text: str, urn: str = "") -> None:
        """Tell people something about a resource or the run."""
        diagnostic = Diagnostic(severity, text, urn)
        self.diagnostics.append(diagnostic)
        self._on_event(diagnostic)

    def progress(self, urn: str, text: str) -> None:
        """Pass on a passing word."""
        self._on_event(Progress(urn, text))

    def printed(self, source: str) -> Callable[[str, str], None]:
        """Return what hears the lines that a child prints."""
        return lambda stream, line: self._on_event(ProgramOutput(stream, line, source))

    def started(self, report: StepReport) -> None:
        """A provider is about to be called."""
        self._on_event(StepStarted(report.urn, report.op))

    def finished(self, report: StepReport) -> None:
        """A step is done."""
        self.reports.append(report)
        self._count(report)
        self._on_event(StepFinished(report))

    def failed(self, report: StepReport, error: ProvisionError) -> None:
        """A step failed; the error says with which exit code the command should end for it."""
        failed = replace(report, error=str(error), exit_code=error.exit_code)
        self.reports.append(failed)
        self._on_event(StepFailed(failed))
        self.tell("error", failed.error, report.urn)

    def _count(self, report: StepReport) -> None:
        counted = "" if is_default_provider(report.urn) else self._counted(report)
        if counted:
            self.counts[counted] += 1

    def _counted(self, report: StepReport) -> str:
        if report.op == "refresh":
            return report.result if self._counts_refreshes else ""
        if report.op == "read" and not _has_moved(report):
            return ""
        return _COUNTED.get(report.op, report.op)


def _has_moved(report: StepReport) -> bool:
    """A look that finds what it found the last time is no step that anybody needs to hear of."""
    old, new = report.old, report.new
    return old is not None and new is not None and not same(old.outputs, new.outputs)


def is_default_provider(urn: str) -> bool:
    """Say whether a URN is that of a provider which nobody declared."""
    parts = urns.parse(urn)
    name_is_default = parts.name == "default" or parts.name.startswith("default_")
    return urns.is_provider_type(parts.type) and name_is_default
