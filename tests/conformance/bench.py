"""A stack of a recorded scenario with its fake cloud, and the engines that can run its steps."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from pulumi_dataarts.backend.blobs import open_backend
from pulumi_dataarts.backend.passphrase import keyring, provider_of
from pulumi_dataarts.backend.runs import Outcome as Written
from pulumi_dataarts.backend.runs import load, open_run
from pulumi_dataarts.backend.stacks import create_stack, read_checkpoint
from pulumi_dataarts.engine.cancellation import Cancellation
from pulumi_dataarts.engine.operations import Kind, Operation, run
from tests.conformance import normalise
from tests.forks import REAL

HERE: Final = Path(__file__).parent
PROGRAM: Final = HERE / "program"
SCENARIOS: Final = sorted((HERE / "scenarios").glob("*.json"))
SALT: Final = "v1:g7fLz+4JKgU=:v1:8M60OUNi0Z3izdWw:0Wfbe71tB0Rt/pmwwEnsQDRdZbuIvg=="
PASSPHRASE: Final = "pw"
KINDS: Final[dict[str, Kind]] = {"up": "update", "preview": "preview", "refresh": "refresh", "destroy": "destroy"}
STACK_FILE: Final = f"encryptionsalt: {SALT}\nconfig:\n  projd:region: x\n"


class Bench:
    """One stack, its fake cloud, and the ids that were seen there."""

    def __init__(self, folder: Path, setenv: Callable[[str, str], None]) -> None:
        self._cloud = folder / "cloud"
        self._spec = folder / "spec.json"
        self._failing_deletes = folder / "fail-deletes"
        self._ids: dict[str, str] = {}
        self._folder = folder
        self._keyring = keyring(lambda: PASSPHRASE)
        (folder / "state").mkdir()
        self.url = f"file://{folder / 'state'}"
        created = "2026-01-01T00:00:00Z"
        self._stack = create_stack(open_backend(self.url), "projd", "dev", provider_of(SALT), created)
        setenv("PYTHONDONTWRITEBYTECODE", "1")
        for name, path in (("MOCK_ROOT", self._cloud), ("SCENARIO", self._spec), ("FAILDEL", self._failing_deletes)):
            setenv(name, str(path))

    def prepare(self, step: dict[str, Any]) -> None:
        """Change the program and the fake cloud as a step says, before it runs."""
        if "spec" in step:
            self._spec.write_text(self._with_ids(json.dumps(step["spec"])))
        for path, name in self._objects():
            if name == step.get("rm"):
                path.unlink()
        self._failing_deletes.unlink(missing_ok=True)
        if step.get("faildel"):
            self._failing_deletes.touch()

    def _with_ids(self, spec: str) -> str:
        for path, name in self._objects():
            spec = spec.replace(f'"@{name}"', f'"{path.stem}"')
        return spec

    def _objects(self) -> list[tuple[Path, str]]:
        return [(path, json.loads(path.read_text()).get("name", "")) for path in self._cloud.glob("t-*.json")]

    def run_embedded(self, op: str) -> bool:
        """Run an operation with the embedded engine, have the backend write it; say whether it failed."""
        operation = Operation(
            kind=KINDS[op], project="projd", stack="dev", root=PROGRAM, program=PROGRAM, config={"projd:region": "x"}
        )
        if op == "preview":
            base = load(self._stack, self._keyring).snapshot
            return not run(operation, base, None, print, Cancellation()).ok
        with open_run(self._stack, KINDS[op], keyring=self._keyring, provider=provider_of(SALT)) as opened:
            outcome = run(operation, opened.base, opened.journal, print, Cancellation())
            opened.close(outcome.snapshot, Written())
        return not outcome.ok

    def run_official(self, op: str) -> bool:
        """Run an operation with the official CLI on the same backend; say whether it failed."""
        home = self._folder / "project"
        if not home.exists():
            home.mkdir()
            for path in PROGRAM.glob("*.*"):
                (home / path.name).write_text(path.read_text())
            (home / "Pulumi.dev.yaml").write_text(STACK_FILE)
        told = {
            "PATH": f"{Path(REAL).parent}{os.pathsep}{os.environ['PATH']}",
            "PULUMI_HOME": str(self._folder / "home"),
            "PULUMI_BACKEND_URL": self.url,
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }
        flags = [] if op == "preview" else ["--yes", "--skip-preview"]
        command = ["pulumi", op, "--stack", "dev", "--non-interactive", *flags]
        done = subprocess.run(command, cwd=home, env=os.environ | told, capture_output=True, text=True, check=False)
        print(done.stdout, done.stderr)
        return done.returncode != 0

    def observed(self, *, failed: bool) -> dict[str, Any]:
        """Return what the recorded expectations are about."""
        _, data = read_checkpoint(self._stack)
        found = normalise.state(json.loads(data), self._ids)
        return {**found, "failed": failed, "calls": normalise.calls(self._cloud / "calls.log", self._ids)}
