"""A project of one's own on the embedded cloud of the test process, for commands to be typed in."""

from __future__ import annotations

import json
import os
from contextlib import chdir, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from tests.cli.commands import OURS, Folder, Spoken

if TYPE_CHECKING:
    from pulumi_dataarts.simulator.testing import RunningCloud

HEAD = "import pulumi\nfrom pulumi_dataarts import cdm, dlf, dli, obs\n\n"
STATE = ".state/.pulumi/stacks/sample/dev.json"


def sample(path: Path, cloud: RunningCloud, **config: str) -> Folder:
    """Return a folder with the project `sample` and its stack `dev`, and no program yet."""
    (path / "Pulumi.yaml").write_text("name: sample\nruntime: python\n")
    values = {
        "dataarts:endpoint": cloud.api,
        "dataarts:endpoints": json.dumps({"obs": cloud.obs}),
        "dataarts:region": "embedded",
        "dataarts:projectId": "embedded",
        **config,
    }
    lines = "".join(f"  {key}: {json.dumps(value)}\n" for key, value in values.items())
    (path / "Pulumi.dev.yaml").write_text(f"config:\n{lines}")
    keys = {"PULUMI_CONFIG_PASSPHRASE": "p", "HW_ACCESS_KEY": "embedded", "HW_SECRET_KEY": "embedded"}
    return Folder(path, keys)


def declare(folder: Folder, program: str) -> None:
    """Write the program."""
    (folder.path / "__main__.py").write_text(HEAD + program)


def resources(folder: Folder) -> dict[str, dict[str, Any]]:
    """Return the dynamic resources of the state by name."""
    state = json.loads((folder.path / STATE).read_text())
    rows = state["checkpoint"].get("latest", {}).get("resources") or []
    return {row["urn"].rpartition("::")[2]: row for row in rows if "dynamic" in row["type"]}


def outside(cloud: RunningCloud) -> Any:
    """Return a client of OBS for what somebody does by hand."""
    import boto3
    from botocore.config import Config

    return boto3.client(
        "s3",
        endpoint_url=cloud.obs,
        region_name="embedded",
        aws_access_key_id="embedded",
        aws_secret_access_key="embedded",
        config=Config(signature_version="s3v4"),
    )


def typed(folder: Folder, *arguments: str, code: int = 0) -> Spoken:
    """Run a command that starts no engine within this process, which is quicker, and check its exit code."""
    done, said = spoken(folder, *arguments)
    assert done == code, f"{arguments}: exit {done}\n{said.out}\n{said.err}"
    return said


def spoken(folder: Folder, *arguments: str) -> tuple[int, Spoken]:
    """Run a command within this process, and return its exit code and what it printed."""
    from pulumi_dataarts.cli.__main__ import main

    out, err = StringIO(), StringIO()
    clean = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    environment = {**clean, "PULUMI_HOME": str(folder.path / ".home"), **folder.environment}
    with (
        patch.dict(os.environ, environment, clear=True),
        chdir(folder.path),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        done = main(list(arguments))
    return done, Spoken(out.getvalue(), err.getvalue())
