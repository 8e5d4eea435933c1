"""Typing commands as a user does: in a process of its own, in a folder of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
OURS = ("PULUMI_", "HW_", "OS_", "HUAWEICLOUD_", "CLOUD_SDK_", "DATAARTS_", "AWS_")


@dataclass
class Folder:
    """A folder that commands are typed in, with nothing of the machine's own settings around."""

    path: Path
    environment: dict[str, str] = field(default_factory=dict)

    def dataarts(self, *arguments: str, code: int = 0, stdin: str = "", traceback: bool = False) -> Spoken:
        """Run one command and check its exit code. Only the user's own program may show a traceback."""
        command = [sys.executable, "-m", "pulumi_dataarts.cli", *arguments]
        clean = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        done = subprocess.run(
            command,
            cwd=self.path,
            env={**clean, "PULUMI_HOME": str(self.path / ".home"), **self.environment},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert done.returncode == code, f"{arguments}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert traceback or "Traceback" not in done.stdout + done.stderr
        return Spoken(done.stdout, done.stderr)

    def plan(self, *arguments: str, code: int = 0) -> dict[str, dict[str, Any]]:
        """Return the changed steps of a preview by resource, `name (type)`."""
        plan = json.loads(self.dataarts("preview", "--json", *arguments, code=code).out)
        return {
            f"{step['name']} ({step['type']})": step for step in plan["steps"] if step["op"] not in ("same", "read")
        }


@dataclass
class Spoken:
    """What a command printed."""

    out: str
    err: str

    @property
    def text(self) -> str:
        """Everything."""
        return self.out + self.err


def copy_of_the_stack(folder: Path) -> Folder:
    """Copy the repository's stack, without its state, into a folder of its own."""
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.staging.yaml", "Pulumi.prod.yaml"):
        shutil.copy(ROOT / name, folder / name)
    shutil.copytree(ROOT / "stacks", folder / "stacks", ignore=shutil.ignore_patterns(".venv", "__pycache__"))
    return Folder(folder)
