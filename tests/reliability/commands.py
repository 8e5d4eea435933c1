"""A project on disk that `dataarts` runs on in processes of its own, as a user starts it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pulumi_dataarts.backend import passphrase, runs
from pulumi_dataarts.backend.blobs import LocalBlobs
from pulumi_dataarts.backend.stacks import Stack
from pulumi_dataarts.model.snapshots import Snapshot
from tests.cli.commands import OURS

PROJECT = Path(__file__).parent / "project"
PHRASE = "p"
DEADLINE_S = 30


@dataclass
class Project:
    """A folder with the program, its cloud beside it."""

    folder: Path
    cloud: Path
    environment: dict[str, str]
    python: str = field(default_factory=lambda: sys.executable)

    def wants(self, things: int, size: int = 1, slow_s: float = 0.0, *, group: bool = False) -> None:
        """Let the program declare so many things of a size, some in a group; each call takes that long."""
        (self.folder / "wanted.json").write_text(json.dumps({"things": things, "size": size, "group": group}))
        (self.cloud / ".slow").write_text(str(slow_s))

    def start(self, *arguments: str, python: str = "", **more: Any) -> subprocess.Popen[str]:
        """Start a command."""
        return subprocess.Popen(
            [python or self.python, "-m", "pulumi_dataarts.cli", *arguments],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **more,
        )

    def dataarts(self, *arguments: str, code: int = 0, **more: Any) -> str:
        """Run a command to its end, check its exit code, and return all that it said."""
        with self.start(*arguments, **more) as process:
            out, err = process.communicate(timeout=110)
        assert process.returncode == code, f"{arguments}: exit {process.returncode}\n{out}\n{err}"
        return out + err

    def state(self) -> Snapshot:
        """Return the state, the journal of a killed run included."""
        keyring = passphrase.keyring(lambda: PHRASE)
        return runs.load(Stack(LocalBlobs(self.folder / ".state"), "sample", "dev"), keyring).snapshot

    def objects(self) -> list[str]:
        """Return the ids of what is in the cloud."""
        return sorted(path.name for path in self.cloud.iterdir() if not path.name.startswith("."))

    def calls(self) -> list[tuple[float, str]]:
        """Return the calls that took effect, each with its time in seconds since 1970."""
        path = self.cloud / ".calls"
        lines = path.read_text().splitlines() if path.exists() else []
        return [(float(line.partition(" ")[0]), line.partition(" ")[2]) for line in lines]

    def processes(self) -> list[int]:
        """Return the processes that work in the folder."""
        found = []
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and (entry / "cwd").readlink().is_relative_to(self.folder):
                    found.append(int(entry.name))
            except OSError:
                continue
        return found

    def wait_until_alone(self) -> float:
        """Wait until no process is left; return how long that took, in seconds."""
        started = time.monotonic()
        while left := self.processes():
            assert time.monotonic() - started < DEADLINE_S, f"left over: {left}"
            time.sleep(0.01)
        return time.monotonic() - started


def make_project(folder: Path) -> Project:
    """Return a project whose stack does not exist yet."""
    project = Project(folder / "project", folder / "cloud", {})
    shutil.copytree(PROJECT, project.folder, ignore=shutil.ignore_patterns("__pycache__"))
    project.cloud.mkdir()
    (project.folder / "Pulumi.dev.yaml").write_text("")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    own = {"PULUMI_HOME": str(folder / "home"), "PULUMI_CONFIG_PASSPHRASE": PHRASE, "CLOUD": str(project.cloud)}
    project.environment = {**clean, **own, "PYTHONDONTWRITEBYTECODE": "1"}
    return project
