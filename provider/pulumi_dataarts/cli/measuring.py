"""What operations cost, on an embedded cloud of their own: the runs behind `dataarts bench`.

Each phase is a command in a process of its own, as a user types it. Seconds are wall time; memory is the sum over the
command and its children at the worst moment, processor time their sum; calls are what the cloud was asked.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

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
STATE: Final = ".state/.pulumi/stacks/bench/dev.json"
SAMPLE_S: Final = 0.05
MEGABYTE: Final = 1024 * 1024


@dataclass(frozen=True)
class Figures:
    """One phase. `seconds` is wall time; `cpu_s` and `peak_mb` are of the command and its children together.

    `program_s` is how much of `cpu_s` went into the user's program, which is the Pulumi SDK but for a few lines.
    """

    phase: str
    seconds: float
    cpu_s: float
    program_s: float
    calls: int
    peak_mb: float
    state_bytes: int


class Bench:
    """A project of `jobs` jobs, and an embedded cloud that takes `latency_s` for each call."""

    def __init__(self, folder: Path, jobs: int, latency_s: float, parallel: int) -> None:
        self.jobs = jobs
        self.folder = folder
        self._flags = ("--parallel", str(parallel))
        self._latency_s = latency_s
        self._edit = ""
        self._api = ""

    @contextmanager
    def standing(self) -> Iterator[None]:
        """Write the project and run the cloud for as long as the block takes."""
        cloud = self.folder / ".cloud"
        write_project(self.folder)
        self._api = lifecycle.start(cloud).api
        try:
            if self._latency_s:
                self._ask("faults", {"kind": "latency", "seconds": self._latency_s, "times": -1, "service": "api"})
            yield
        finally:
            lifecycle.stop(cloud)

    def phases(self) -> Iterator[Figures]:
        """Yield what each phase costs, as it ends."""
        yield self._run("up", "up", "--yes")
        yield self._run("preview", "preview", "--expect-no-changes")
        yield self._run("up-noop", "up", "--yes", "--expect-no-changes")
        self._edit = "/edited"
        yield self._run("preview-edit", "preview")
        yield self._run("up-edit", "up", "--yes")
        yield self._run("refresh", "refresh", "--yes", "--expect-no-changes")
        self._drift()
        yield self._run("refresh-drift", "refresh", "--yes")
        yield self._run("destroy", "destroy", "--yes")

    def official_phases(self) -> Iterator[Figures]:
        """Yield what the official CLI needs for the same program, on the same cloud, with a state of its own."""
        folder = self.folder / "official"
        folder.mkdir()
        write_project(folder)
        environment = self._environment() | self._official_environment()

        def run(phase: str, *command: str) -> Figures:
            return self._measured(phase, folder, environment, ["pulumi", *command, "--stack", "dev"])

        run("init", "stack", "init", "--non-interactive")
        flags = ("--non-interactive", *self._flags)
        yield run("up", "up", "--yes", "--skip-preview", *flags)
        yield run("preview", "preview", "--expect-no-changes", *flags)
        yield run("destroy", "destroy", "--yes", "--skip-preview", *flags)

    def _run(self, phase: str, *command: str) -> Figures:
        ours = [sys.executable, "-m", "pulumi_dataarts.cli", *command, *self._flags]
        return self._measured(phase, self.folder, self._environment(), ours)

    def _measured(self, phase: str, folder: Path, environment: dict[str, str], command: list[str]) -> Figures:
        """Run one command and measure it. Raises ProvisionError with its last words if it fails."""
        before, began_s, cpu_s = self._calls(), time.monotonic(), _children_cpu_s()
        child = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        with _watched(child.pid) as seen:
            said = child.communicate()[0]
        seconds = time.monotonic() - began_s
        if child.returncode != 0:
            raise ProvisionError(f"bench: {phase} ended with {child.returncode}", hint=said[-2000:])
        file = folder / STATE
        state_bytes = file.stat().st_size if file.exists() else 0
        return Figures(
            phase,
            seconds=round(seconds, 2),
            cpu_s=round(_children_cpu_s() - cpu_s, 2),
            program_s=round(sum(seen.program_s.values()), 2),
            calls=self._calls() - before,
            peak_mb=round(seen.peak_mb, 1),
            state_bytes=state_bytes,
        )

    def _drift(self) -> None:
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

    def _official_environment(self) -> dict[str, str]:
        (self.folder / "official/.state").mkdir()
        return {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PULUMI_BACKEND_URL": f"file://{self.folder / 'official/.state'}",
            "PULUMI_CONFIG_PASSPHRASE": "bench",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "DATAARTS_CLOUD_DATA": str(self.folder / ".cloud"),
        }

    def _calls(self) -> int:
        return int(self._ask("requests?last=0")["total"])

    def _ask(self, what: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 - the embedded cloud, on loopback
            f"{self._api}/_embedded/{what}", data=data, headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return json.load(answer)


def write_project(folder: Path) -> None:
    """Write a project of jobs whose stack `dev` is in the embedded cloud."""
    config = f"config:\n  dataarts:endpoint: embedded\n  dataarts:rateLimit: '{RATE_PER_S}'\n"
    for name, text in (("Pulumi.yaml", PROJECT), ("__main__.py", PROGRAM), ("Pulumi.dev.yaml", config)):
        (folder / name).write_text(text)


def moved(job: Any, directory: str) -> Any:
    """Return a job's body as read, with another output directory."""
    body = job.model_copy(deep=True)
    for config in body.to_config_values.configs:
        for item in config.inputs:
            if item.name == "toJobConfig.outputDirectory":
                item.value = directory
    return body


@dataclass
class _Seen:
    """What was seen of a process tree: the most memory, and the last of the processor time of each program in it."""

    peak_mb: float = 0.0
    program_s: dict[int, float] = field(default_factory=dict)

    def look(self, pid: int) -> None:
        members = list(_tree(pid))
        self.peak_mb = max(self.peak_mb, sum(_memory_mb(member) for member in members))
        for member in members:
            if _is_program(member):
                self.program_s[member] = _cpu_s(member) or self.program_s.get(member, 0.0)


@contextmanager
def _watched(pid: int) -> Iterator[_Seen]:
    """Look at a process and all that it starts, again and again, for as long as the block takes."""
    seen, done = _Seen(), threading.Event()

    def watch() -> None:
        while not done.wait(SAMPLE_S):
            seen.look(pid)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield seen
    finally:
        done.set()
        watcher.join()


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for child in _children(pid):
        yield from _tree(child)


def _children(pid: int) -> list[int]:
    """Return the processes that a process has started; none where it has ended meanwhile."""
    try:
        told = [children.read_text() for children in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:
        return []
    return [int(child) for line in told for child in line.split()]


def _memory_mb(pid: int) -> float:
    """Return the resident memory of a process; 0 where it has ended, or the system does not tell."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / MEGABYTE


def _is_program(pid: int) -> bool:
    """Say whether a process runs a user's program, for our engine or the official one."""
    try:
        line = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    return b"engine/shim.py" in line or b"pulumi-language-python-exec" in line


def _cpu_s(pid: int) -> float:
    """Return the processor time of a process so far, in seconds; 0 where it has ended."""
    try:
        user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    except (OSError, ValueError):
        return 0.0
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
