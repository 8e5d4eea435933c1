"""`dataarts bench`: what operations cost, on an embedded cloud of its own, in one run.

Each phase is a command in a process of its own, as a user types it. Seconds are wall time; memory is the sum over the
command and its children at the worst moment; calls are what the cloud was asked.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import click

from pulumi_dataarts.errors import ProvisionError
from pulumi_dataarts.simulator import lifecycle

PROJECT: Final = "name: bench\nruntime: python\nbackend:\n  url: file://.state\n"
PROGRAM: Final = '''"""Jobs that copy between two links; EDIT changes one of them."""

import os

from pulumi_dataarts import cdm

source = cdm.Link("source", cluster_id="embedded", name="source", connector="ftp-connector",
                  config={"server": "ftp.example", "port": 21, "username": "bench"}, secrets={"password": "bench-only"})
target = cdm.Link("target", cluster_id="embedded", name="target", connector="obs-connector",
                  config={"storageType": "OBS", "server": "obs.example", "port": 443, "accessKey": "bench"},
                  secrets={"securityKey": "bench-only"})
for number in range(int(os.environ["BENCH_JOBS"])):
    edited = os.environ["BENCH_EDIT"] if number == 0 else ""
    cdm.Job(f"job-{number}", cluster_id="embedded", name=f"job_{number}",
            from_connector="ftp-connector", from_link=source.name, to_connector="obs-connector", to_link=target.name,
            from_config={"inputDirectory": f"/in/{number}", "inputFormat": "BINARY_FILE"},
            to_config={"bucketName": "bench", "outputDirectory": f"/out/{number}{edited}",
                       "outputFormat": "BINARY_FILE"})
'''
RATE_PER_S: Final = 100_000
DRIFT_SHARE: Final = 0.01
SAMPLE_S: Final = 0.05
MEGABYTE: Final = 1024 * 1024


@dataclass(frozen=True)
class Figures:
    """One phase. `seconds` is wall time, `peak_mb` of the command and its children together."""

    phase: str
    seconds: float
    calls: int
    peak_mb: float
    state_bytes: int


@click.command()
@click.option("--jobs", type=click.IntRange(min=1), default=100, show_default=True, help="How many CDM jobs.")
@click.option("--latency", type=click.IntRange(min=0), default=50, show_default=True, help="Of each call, in ms.")
@click.option("--parallel", "-p", type=click.IntRange(min=1), default=64, show_default=True, help="As `up` has it.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def bench(jobs: int, latency: int, parallel: int, as_json: bool) -> None:
    """Measure what operations cost, from up to destroy.

    \b
    dataarts bench --jobs 1000 --latency 50
    dataarts bench --jobs 100 --json
    """
    with tempfile.TemporaryDirectory(prefix="dataarts-bench-") as folder:
        phases = list(_phases(Bench(Path(folder), jobs, latency / 1000, parallel), quiet=as_json))
    if as_json:
        click.echo(json.dumps({"jobs": jobs, "latency_ms": latency, "phases": [asdict(phase) for phase in phases]}))


class Bench:
    """A project of `jobs` jobs, and an embedded cloud that takes `latency_s` for each call."""

    def __init__(self, folder: Path, jobs: int, latency_s: float, parallel: int) -> None:
        self.jobs = jobs
        self.folder = folder
        self._parallel = parallel
        self._latency_s = latency_s
        self._edit = ""
        self._api = ""

    @contextmanager
    def standing(self) -> Iterator[None]:
        """Write the project and run the cloud for as long as the block takes."""
        cloud = self.folder / ".cloud"
        (self.folder / "Pulumi.yaml").write_text(PROJECT)
        (self.folder / "__main__.py").write_text(PROGRAM)
        config = f"config:\n  dataarts:endpoint: embedded\n  dataarts:rateLimit: '{RATE_PER_S}'\n"
        (self.folder / "Pulumi.dev.yaml").write_text(config)
        self._api = lifecycle.start(cloud).api
        try:
            if self._latency_s:
                self._ask("faults", {"kind": "latency", "seconds": self._latency_s, "times": -1, "service": "api"})
            yield
        finally:
            lifecycle.stop(cloud)

    def run(self, phase: str, *command: str) -> Figures:
        """Run one command and measure it. Raises ProvisionError with its last words if it fails."""
        before, started = self._calls(), time.monotonic()
        child = subprocess.Popen(
            [sys.executable, "-m", "pulumi_dataarts.cli", *command],
            cwd=self.folder,
            env=self._environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        with _watched(child.pid) as peak:
            said = child.communicate()[0]
        seconds = time.monotonic() - started
        if child.returncode != 0:
            raise ProvisionError(f"bench: {' '.join(command)} ended with {child.returncode}", hint=said[-2000:])
        return Figures(phase, round(seconds, 2), self._calls() - before, round(peak[0], 1), self._state_bytes())

    def flags(self) -> tuple[str, ...]:
        """Return the flags that every operation gets."""
        return ("--parallel", str(self._parallel))

    def edit(self) -> None:
        """Change one declared field of one job."""
        self._edit = "/edited"

    def drift(self) -> None:
        """Change one job in a hundred by hand."""
        from pulumi_dataarts.cdm import api
        from pulumi_dataarts.huawei.session import open_session

        config = {
            "dataarts:endpoint": self._api,
            "dataarts:region": "embedded",
            "dataarts:projectId": "embedded",
            "dataarts:accessKey": "embedded",
            "dataarts:secretKey": "embedded",
        }
        session = open_session(config.get, {})
        for number in range(max(1, int(self.jobs * DRIFT_SHARE))):
            job = api.show_job(session, "embedded", f"job_{number}", "NORMAL_JOB")
            assert job is not None
            api.update_job(session, "embedded", job.name, moved(job, f"/by-hand/{number}"))

    def _environment(self) -> dict[str, str]:
        own = {"BENCH_JOBS": str(self.jobs), "BENCH_EDIT": self._edit, "PULUMI_HOME": str(self.folder / ".home")}
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PULUMI_", "HW_", "OS_"))}
        return {**kept, **own}

    def _state_bytes(self) -> int:
        file = self.folder / ".state/.pulumi/stacks/bench/dev.json"
        return file.stat().st_size if file.exists() else 0

    def _calls(self) -> int:
        return int(self._ask("requests?last=0")["total"])

    def _ask(self, what: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 - the embedded cloud, on loopback
            f"{self._api}/_embedded/{what}", data=data, headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return json.load(answer)


def moved(job: Any, directory: str) -> Any:
    """Return a job's body as read, with another output directory."""
    body = job.model_copy(deep=True)
    for config in body.to_config_values.configs:
        for item in config.inputs:
            if item.name == "toJobConfig.outputDirectory":
                item.value = directory
    return body


def _phases(bench: Bench, *, quiet: bool) -> Iterator[Figures]:
    flags = bench.flags()
    with bench.standing():
        yield _told(bench.run("up", "up", "--yes", *flags), quiet=quiet)
        yield _told(bench.run("preview", "preview", "--expect-no-changes", *flags), quiet=quiet)
        yield _told(bench.run("up-noop", "up", "--yes", "--expect-no-changes", *flags), quiet=quiet)
        bench.edit()
        yield _told(bench.run("preview-edit", "preview", *flags), quiet=quiet)
        yield _told(bench.run("up-edit", "up", "--yes", *flags), quiet=quiet)
        yield _told(bench.run("refresh", "refresh", "--yes", "--expect-no-changes", *flags), quiet=quiet)
        bench.drift()
        yield _told(bench.run("refresh-drift", "refresh", "--yes", *flags), quiet=quiet)
        yield _told(bench.run("destroy", "destroy", "--yes", *flags), quiet=quiet)


def _told(figures: Figures, *, quiet: bool) -> Figures:
    if not quiet:
        click.echo(
            f"{figures.phase:<14} {figures.seconds:>8.2f} s {figures.calls:>8} calls {figures.peak_mb:>8.1f} MB"
            f" {figures.state_bytes:>10} bytes of state"
        )
    return figures


@contextmanager
def _watched(pid: int) -> Iterator[list[float]]:
    """Give a list whose only member is, after the block, the most memory that the process tree had, in MB."""
    peak, done = [0.0], threading.Event()

    def watch() -> None:
        while not done.wait(SAMPLE_S):
            peak[0] = max(peak[0], sum(_memory_mb(member) for member in _tree(pid)))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        done.set()
        watcher.join()


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            members = children.read_text().split()
        except OSError:
            continue
        for member in members:
            yield from _tree(int(member))


def _memory_mb(pid: int) -> float:
    """Return the resident memory of a process; 0 where it has ended, or the system does not tell."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / MEGABYTE
