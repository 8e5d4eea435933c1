"""What is shown while an operation goes on: never silent for long, never a secret."""

from __future__ import annotations

import re

from pulumi_dataarts.cli.progress import Lines, LiveLines
from pulumi_dataarts.engine.events import (
    Diagnostic,
    ProgramOutput,
    Progress,
    StepFailed,
    StepFinished,
    StepReport,
    StepStarted,
)
from pulumi_dataarts.report.masking import Mask

URN = "urn:pulumi:dev::p::pulumi-python:dynamic/cdm:Job::load"
REPORT = StepReport(URN, "pulumi-python:dynamic/cdm:Job", "load", "create")


class Watch:
    def __init__(self, *, quiet: bool = False, secrets: tuple[str, ...] = ()) -> None:
        self.now_s = 0.0
        self.said: list[str] = []
        self.lines = Lines(Mask(secrets), quiet=quiet, say=self.said.append, clock=lambda: self.now_s)


def test_a_long_wait_says_every_ten_seconds_what_is_waited_for() -> None:
    watch = Watch()
    watch.lines.on_event(StepStarted(URN, "create"))
    for second in range(1, 35):
        watch.now_s = second
        watch.lines.beat()
    assert watch.said == [" … still at load (10 s)", " … still at load (20 s)", " … still at load (30 s)"]


def test_a_program_that_takes_long_is_no_silence() -> None:
    watch = Watch()
    watch.now_s = 12
    watch.lines.beat()
    assert watch.said == [" … still running the program (12 s)"]


def test_nothing_is_said_where_nothing_is_under_way_or_something_was_just_said() -> None:
    watch = Watch(quiet=True)
    watch.lines.on_event(StepStarted(URN, "create"))
    watch.lines.on_event(StepFinished(REPORT))
    watch.now_s = 60
    watch.lines.beat()
    assert watch.said == []
    watch = Watch()
    watch.lines.on_event(StepStarted(URN, "create"))
    watch.now_s = 60
    watch.lines.on_event(Progress(URN, "RUNNING, 61 %"))
    watch.now_s = 65
    watch.lines.beat()
    assert watch.said == [f" … {'load':<28} RUNNING, 61 %"]


def test_a_finished_step_says_how_long_it_took() -> None:
    watch = Watch()
    watch.lines.on_event(StepStarted(URN, "create"))
    watch.now_s = 1.25
    watch.lines.on_event(StepFinished(REPORT))
    assert watch.said == [f" ✓ {'load':<28} created  1.2 s"]


def test_a_preview_says_only_what_failed() -> None:
    watch = Watch(quiet=True)
    watch.lines.on_event(StepFinished(REPORT))
    watch.lines.on_event(StepFailed(REPORT))
    watch.lines.on_event(Diagnostic("error", "the same again", URN))
    assert len(watch.said) == 1
    assert "✗ load" in watch.said[0]


def test_a_secret_that_the_program_prints_is_hidden() -> None:
    watch = Watch(secrets=("canary-hunter2",))
    watch.lines.on_event(ProgramOutput("stdout", "password is canary-hunter2"))
    assert watch.said == ["password is [secret]"]


def test_on_a_terminal_what_is_under_way_is_shown_in_a_preview_too() -> None:
    lines = LiveLines(Mask(("canary",)), quiet=True)
    assert "running the program" in str(lines._rows())
    lines.on_event(StepStarted(URN, "create"))
    lines.on_event(Progress(URN, "RUNNING canary"))
    assert re.search(r"load +0\.\d s  RUNNING \[secret\]", str(lines._rows()))
    assert "running the program" not in str(lines._rows())


def test_whoever_stops_a_run_is_told_what_is_being_finished() -> None:
    watch = Watch()
    assert watch.lines.under_way() == ""
    for number in range(5):
        watch.lines.on_event(StepStarted(f"{URN}-{number}", "create"))
    watch.now_s = 7
    assert watch.lines.under_way() == "load-0 (7 s), load-1 (7 s), load-2 (7 s) and 2 more"
