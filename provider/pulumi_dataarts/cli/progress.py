"""What is shown while an operation goes on: one line an event; on a terminal also what is under way right now.

Everything goes to standard error, and through the mask: a provider's or the program's own words may hold a secret.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

import click

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.live import Live

    from pulumi_dataarts.engine.events import Event, OnEvent, StepReport
    from pulumi_dataarts.report.masking import Mask
    from pulumi_dataarts.report.terminal import Look

DONE: Final = {
    "create": "created",
    "update": "updated",
    "delete": "deleted",
    "create-replacement": "created anew",
    "delete-replaced": "deleted the old one",
    "read": "read",
    "import": "imported",
    "import-replacement": "imported anew",
    "refresh": "looked",
}
HEARTBEAT_S: Final = 10.0
"""In CI there is a line at least this often: some services end a job that is silent."""
_ROWS_MAX: Final = 12
_WIDTH_MIN: Final = 80


def look_of(*, all_fields: bool = False, sames: bool = False) -> Look:
    """Return how to draw on standard output: colours and signs only where they can be seen."""
    from pulumi_dataarts.report.terminal import WIDE, Look

    wanted = (click.get_current_context().find_root().obj or {}).get("color", "auto")
    return Look(
        colour=wanted == "always" or (wanted == "auto" and _is_lively(sys.stdout)),
        unicode=_is_unicode(sys.stdout),
        width=max(_WIDTH_MIN, _columns()) if sys.stdout.isatty() or "COLUMNS" in os.environ else WIDE,
        all_fields=all_fields,
        sames=sames,
    )


@contextmanager
def listening(*, quiet: bool, log: Path | None, mask: Mask) -> Iterator[Heard]:
    """Give what hears an operation's events; it shows them, and writes them to `log` if there is one.

    `quiet` leaves out what a preview's steps would say twice.
    """
    with ExitStack() as stack:
        is_live = _is_lively(sys.stderr) and not os.environ.get("CI")
        shown: Lines = stack.enter_context(LiveLines(mask, quiet=quiet) if is_live else Lines(mask, quiet=quiet))
        written = stack.enter_context(_written(log, mask)) if log else None
        yield Heard(shown, written)


class Heard:
    """What an operation's events are told to."""

    def __init__(self, shown: Lines, written: OnEvent | None) -> None:
        self._shown, self._written = shown, written

    def __call__(self, event: Event) -> None:
        """Show an event, and write it down where that was asked for."""
        self._shown.on_event(event)
        if self._written:
            self._written(event)

    def under_way(self) -> str:
        """Return the names of what is under way right now, a few of them; empty where nothing is."""
        return self._shown.under_way()


class Words:
    """The line that an event is worth; empty for most."""

    def __init__(self, *, quiet: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._quiet = quiet
        self._clock = clock
        self._failed: set[str] = set()
        self.started: dict[str, float] = {}

    def line(self, event: Event) -> str:
        """Return what an event has to say."""
        from pulumi_dataarts.engine import events

        said = ""
        match event:
            case events.StepStarted(urn):
                self.started.setdefault(urn, self._clock())
            case events.StepFinished(report):
                said = self._finished(report)
            case events.StepFailed(report):
                self._failed.add(report.urn)
                said = f" ✗ {report.name:<28} failed{self._elapsed(report.urn)}: {report.error}"
            case events.Diagnostic("error", _, urn) if urn in self._failed:
                self._failed.discard(urn)
            case events.Diagnostic(severity, text, urn) if severity in ("warning", "error"):
                said = f"{severity}: {_name(urn)}: {text}" if urn else f"{severity}: {text}"
            case events.Diagnostic("info", text) if not self._quiet:
                said = f"   {text}"
            case events.ProgramOutput(_, line):
                said = line
            case events.Progress(urn, text) if not self._quiet:
                said = f" … {_name(urn):<28} {text}"
        return said

    def _finished(self, report: StepReport) -> str:
        elapsed = self._elapsed(report.urn)
        is_nothing = report.type.startswith("pulumi:") or (report.op == "refresh" and report.result == "same")
        if self._quiet or is_nothing or report.op not in DONE:
            return ""
        done = "forgotten: it stays in the cloud" if report.is_forgotten else DONE[report.op]
        return f" ✓ {report.name:<28} {done}{elapsed}"

    def _elapsed(self, urn: str) -> str:
        started = self.started.pop(urn, None)
        return "" if started is None else f"  {self._clock() - started:.1f} s"


class Lines:
    """Prints lines, and after a long silence what it is that is waited for."""

    def __init__(
        self,
        mask: Mask,
        *,
        quiet: bool,
        every_s: float = HEARTBEAT_S,
        say: Callable[[str], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._mask = mask
        self._words = Words(quiet=quiet, clock=clock)
        self._say = say or _echo
        self._clock = clock
        self._every_s = every_s
        self._began_at = self._spoke_at = clock()
        self._has_begun = False
        self._lock = threading.Lock()
        self._end = threading.Event()

    def __enter__(self) -> Lines:
        threading.Thread(target=self._beat, name="heartbeat", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()

    def on_event(self, event: Event) -> None:
        """Print what an event has to say, if anything."""
        with self._lock:
            line = self._words.line(event)
            self._has_begun = self._has_begun or bool(self._words.started)
            if line:
                self._spoke_at = self._clock()
                self._say(self._mask.text(line))

    def beat(self) -> None:
        """Say what is under way, if nothing was said for long."""
        with self._lock:
            now, started = self._clock(), self._words.started
            if now - self._spoke_at < self._every_s or (self._has_begun and not started):
                return
            self._spoke_at = now
            if not self._has_begun:
                self._say(f" … still running the program ({now - self._began_at:.0f} s)")
                return
            self._say(f" … still at {self.under_way()}")

    def under_way(self) -> str:
        """Return what is under way and for how long, three names at most. Takes no lock: a signal may ask."""
        started, now = list(self._words.started.items()), self._clock()
        names = [f"{_name(urn)} ({now - since:.0f} s)" for urn, since in started[:3]]
        more = f" and {len(started) - len(names)} more" if len(started) > len(names) else ""
        return f"{', '.join(names)}{more}"

    def _beat(self) -> None:
        while not self._end.wait(self._every_s / 4):
            self.beat()


class LiveLines(Lines):
    """On a terminal: the lines, and below them a row for each step under way, or what is done before the first."""

    def __init__(self, mask: Mask, *, quiet: bool) -> None:
        super().__init__(mask, quiet=quiet, say=self._above)
        self._notes: dict[str, str] = {}
        self._live: Live | None = None

    def __enter__(self) -> LiveLines:
        from rich.console import Console
        from rich.live import Live

        console = Console(stderr=True, highlight=False)
        self._live = Live(get_renderable=self._rows, console=console, refresh_per_second=8, transient=True)
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()

    def on_event(self, event: Event) -> None:
        """Print what has ended; what goes on is only shown."""
        from pulumi_dataarts.engine.events import Progress

        if isinstance(event, Progress):
            self._notes[event.urn] = self._mask.text(event.text)
        else:
            super().on_event(event)

    def _above(self, line: str) -> None:
        from rich.text import Text

        assert self._live is not None
        colour = {"✓": "green", "✗": "red"}.get(line.strip()[:1], "")
        self._live.console.print(Text(line, style=colour), soft_wrap=True)

    def _rows(self) -> RenderableType:
        from rich.text import Text

        now = self._clock()
        frames = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏" if _is_unicode(sys.stderr) else "|/-\\"
        running = list(self._words.started.items())
        lines = [
            f" {frames[int(now * 8) % len(frames)]} {_name(urn):<28} {now - since:5.1f} s  {self._notes.get(urn, '')}"
            for urn, since in running[:_ROWS_MAX]
        ]
        if not running:
            lines.append(f" {frames[int(now * 8) % len(frames)]} running the program")
        if len(running) > _ROWS_MAX:
            lines.append(f"   and {len(running) - _ROWS_MAX} more")
        return Text("\n".join(lines), no_wrap=True, overflow="ellipsis")


@contextmanager
def _written(path: Path, mask: Mask) -> Iterator[OnEvent]:
    from pulumi_dataarts.cli.wiring import now
    from pulumi_dataarts.report.events import line_of

    with path.open("w", encoding="utf-8") as file:
        numbers = iter(range(1, sys.maxsize))
        yield lambda event: print(line_of(event, next(numbers), now(), mask), file=file, flush=True)


def _name(urn: str) -> str:
    return urn.rpartition("::")[2]


def _echo(text: str) -> None:
    if os.environ.get("CI"):
        text = f"{time.strftime('%H:%M:%S')} {text}"
    if not _is_unicode(sys.stderr):
        text = text.replace("✓", "+").replace("✗", "x").replace("…", "...")
    click.echo(text, err=True)


def _is_lively(stream: TextIO) -> bool:
    return stream.isatty() and os.environ.get("TERM") != "dumb" and "NO_COLOR" not in os.environ


def _is_unicode(stream: TextIO) -> bool:
    return (stream.encoding or "").lower().startswith("utf")


def _columns() -> int:
    import shutil

    return shutil.get_terminal_size().columns
