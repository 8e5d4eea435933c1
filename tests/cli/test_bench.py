"""`dataarts bench`: what it prints for one number of jobs and for several, and that what it measures is real."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING, Any, Final

import pytest
from click.testing import CliRunner

from pulumi_dataarts.cli.bench import Measured, bench, costs_of, document, table
from pulumi_dataarts.cli.measuring import Figures, _children_cpu_s, _watched
from tests.forks import REAL

if TYPE_CHECKING:
    from pathlib import Path

PHASES: Final = ["up", "preview", "up-noop", "preview-edit", "up-edit", "refresh", "refresh-drift", "destroy"]


def measured(jobs: int, ours_s: float, official_s: float | None = None) -> Measured:
    official = [Figures("up", official_s, 2.0, 1.0, 3, 50.0, 100)] if official_s else []
    return Measured(jobs, [Figures("up", ours_s, 2.0, 1.0, 3, 50.0, 100)], official)


def run(*arguments: str) -> str:
    done = CliRunner().invoke(bench, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_one_number_of_jobs_is_one_object_of_phases() -> None:
    told: Any = json.loads(run("--jobs", "2", "--latency", "0", "--json"))
    assert (told["jobs"], told["latency_ms"]) == (2, 0)
    assert [phase["phase"] for phase in told["phases"]] == PHASES
    keys = {"phase", "seconds", "cpu_s", "program_s", "calls", "peak_mb", "state_bytes"}
    assert all(set(phase) == keys for phase in told["phases"])
    calls = {phase["phase"]: phase["calls"] for phase in told["phases"]}
    assert calls["up"] >= 4, "two links and two jobs"
    assert all(phase["seconds"] > 0 and phase["state_bytes"] > 0 for phase in told["phases"])


@pytest.mark.parametrize(("word", "is_program"), [("engine/shim.py", True), ("engine/provider_host.py", False)])
def test_the_time_of_a_program_is_told_from_that_of_others(word: str, is_program: bool) -> None:
    busy = "import time\nwhile time.process_time() < 0.4: pass\ntime.sleep(0.3)"
    before_s = _children_cpu_s()
    with subprocess.Popen([REAL, "-c", busy, word]) as child, _watched(child.pid) as seen:
        child.wait()
    assert _children_cpu_s() - before_s >= 0.4
    assert (sum(seen.program_s.values()) >= 0.3) is is_program
    assert seen.peak_mb > 1


def test_several_are_a_list_with_the_power_of_each_phase() -> None:
    told = document([measured(100, 1.0, 2.0), measured(1000, 10.0, 200.0)], 50)
    assert [run["jobs"] for run in told["runs"]] == [100, 1000]
    assert told["powers"] == {"up": 1.0, "pulumi up": 2.0}


def test_the_table_has_ratios_powers_and_the_official_cli_beside() -> None:
    runs = [measured(100, 1.0, 2.0), measured(1000, 8.0, 80.0), measured(10_000, 90.0)]
    lines = [line.split() for line in table(costs_of(runs)) if line]
    assert lines == [
        ["times", "the", "first", "100", "1,000", "10,000", "power"],
        ["up", "1.00", "8.00", "90.00", "0.98"],
        ["pulumi", "up", "1.00", "40.00", "-", "1.60"],
        ["pulumi", "/", "dataarts", "100", "1,000", "10,000"],
        ["up", "2.00", "10.00", "-"],
    ]


def test_one_run_without_the_official_cli_has_no_table() -> None:
    assert list(table(costs_of([measured(100, 1.0)]))) == []


@pytest.mark.slow
@pytest.mark.official
@pytest.mark.timeout(600)
@pytest.mark.usefixtures("fresh_processes")
@pytest.mark.skipif(shutil.which("pulumi") is None, reason="there is no official CLI on the PATH")
def test_the_official_cli_is_measured_beside(tmp_path: Path) -> None:
    picture = tmp_path / "costs.svg"
    said = run("--jobs", "2", "--jobs", "4", "--latency", "0", "--official", "--plot", str(picture))
    assert "pulumi / dataarts" in said
    assert "pulumi destroy" in picture.read_text()
