"""What is printed while an operation goes on: one line an event, the program's own words as they come."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pulumi_dataarts.engine.events import Event, StepReport
    from pulumi_dataarts.report.terminal import Look

DONE = {
    "create": "created",
    "update": "updated",
    "delete": "deleted",
    "create-replacement": "created anew",
    "delete-replaced": "deleted the old one",
    "read": "read",
    "refresh": "looked",
}


def look_of(*, all_fields: bool = False, sames: bool = False) -> Look:
    """Return how to draw on standard output: colours and signs only where they can be seen."""
    from pulumi_dataarts.report.terminal import Look

    wanted = (click.get_current_context().find_root().obj or {}).get("color", "auto")
    is_terminal = sys.stdout.isatty() and os.environ.get("TERM") != "dumb" and "NO_COLOR" not in os.environ
    return Look(
        colour=wanted == "always" or (wanted == "auto" and is_terminal),
        unicode=(sys.stdout.encoding or "").lower().startswith("utf"),
        all_fields=all_fields,
        sames=sames,
    )


class Progress:
    """Prints events to standard error. `quiet` leaves out what a preview's steps would say twice."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._started: dict[str, float] = {}
        self._failed: set[str] = set()

    def on_event(self, event: Event) -> None:
        """Print what an event has to say, if anything."""
        from pulumi_dataarts.engine import events

        match event:
            case events.StepStarted(urn):
                self._started.setdefault(urn, time.monotonic())
            case events.StepFinished(report) if not self._quiet and report.op in DONE:
                self._finished(report)
            case events.StepFailed(report):
                self._failed.add(report.urn)
                self._line(f" ✗ {report.name:<28} failed{self._elapsed(report)}: {report.error}")
            case events.Diagnostic("error", text, urn) if urn in self._failed:
                self._failed.discard(urn)
            case events.Diagnostic(severity, text, urn) if severity in ("warning", "error"):
                name = f"{urn.rpartition('::')[2]}: " if urn else ""
                self._line(f"{severity}: {name}{text}")
            case events.Diagnostic("info", text) if not self._quiet:
                self._line(f"   {text}")
            case events.ProgramOutput(_, line):
                self._line(line)
            case events.Progress(urn, text) if not self._quiet:
                self._line(f" … {urn.rpartition('::')[2]:<28} {text}")

    def _finished(self, report: StepReport) -> None:
        if report.type.startswith("pulumi:") or (report.op == "refresh" and report.result == "same"):
            return
        self._line(f" ✓ {report.name:<28} {DONE[report.op]}{self._elapsed(report)}")

    def _elapsed(self, report: StepReport) -> str:
        started = self._started.pop(report.urn, None)
        return "" if started is None else f"  {time.monotonic() - started:.1f} s"

    @staticmethod
    def _line(text: str) -> None:
        click.echo(text, err=True)
