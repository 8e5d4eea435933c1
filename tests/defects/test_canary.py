"""Known secrets go through a whole life of a stack, and are then looked for in everything it left or printed."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest

from pulumi_dataarts.simulator.testing import RunningCloud
from tests.cli.commands import OURS, Folder
from tests.cli.samples import declare, sample, typed
from tests.lives import open_at

PASSWORD = 'canary "pa55" w\\rd/ü+%20'
DATA_KEY = "c4n4ry-data-encryption-key-00000"
PARAMETER = "c4n4ry-parameter-of-a-job"
PROPERTY = "c4n4ry-property-of-a-node"
OPTION = "c4n4ry-option-in-a-script"
CANARIES = (PASSWORD, DATA_KEY, PARAMETER, PROPERTY, OPTION)
SOURCES = ("__main__.py", "ingest.job", "load.sql")
"""The user's own files, which may hold secrets in clear; and the archives that are built from them, below `.build`."""
PROGRAM = """
config = pulumi.Config()
link = cdm.Link(
    "mysql", cluster_id="embedded", name="mysql", connector="generic-jdbc-connector",
    config={{"databaseType": "MYSQL", "host": {host}, "port": 3306, "database": "d", "username": "u"}},
    secrets={{"password": config.require_secret("password")}},
)
cdm.Link(
    "files", cluster_id="embedded", name="files", connector="obs-connector",
    config={{"server": "obs.example.com", "port": 443, "accessKey": "AK"}},
    secrets={{"securityKey": {data_key!r}}},
)
cdm.Job(
    "files", cluster_id="embedded", name="files", from_connector="generic-jdbc-connector", from_link=link.name,
    to_connector="hdfs-connector", to_link="hdfs", from_config={{"useSql": False, "schemaName": "s", "tableName": "t"}},
    to_config={{"outputDirectory": "/o", "outputFormat": "CSV_FILE", "appendMode": True}},
    to_secrets={{"dek": {data_key!r}}}, opts=pulumi.ResourceOptions(depends_on=[cdm.Link(
        "hdfs", cluster_id="embedded", name="hdfs", connector="hdfs-connector",
        config={{"hadoopType": "MRS", "host": "h", "authType": "SIMPLE", "principal": "p", "runMode": "EMBEDDED"}},
        secrets={{"password": {data_key!r}}},
    )]),
)
dlf.JobImport(
    "jobs", path="obs://lake/jobs.zip", bundle="bundle", params={{"day_key": pulumi.Output.secret({parameter!r})}},
)
pulumi.export("password", config.require_secret("password"))
pulumi.export("names", pulumi.Output.concat("of ", link.name))
"""


def encodings(secret: str) -> dict[str, bytes]:
    """Return a text in the six forms in which it might stand somewhere."""
    return {
        "raw": secret.encode(),
        "JSON": json.dumps(secret)[1:-1].encode(),
        "URL": quote(secret, safe="").encode(),
        "base64": base64.b64encode(secret.encode()),
        "hex": secret.encode().hex().encode(),
        "UTF-16": secret.encode("utf-16-le"),
    }


def leaks(content: bytes) -> list[str]:
    """Return which secret stands in a content, and in which form; base64 at each of its three alignments."""
    found = [
        f"{secret[:9]}… as {form}"
        for secret in CANARIES
        for form, text in encodings(secret).items()
        if text in content or (form == "hex" and text in content.lower())
    ]
    inner = [base64.b64encode(b"x" * shift + secret.encode())[4:-4] for secret in CANARIES for shift in (1, 2)]
    return found + [f"shifted base64 {text[:9]!r}" for text in inner if text in content]


def is_source(path: Path) -> bool:
    """Say whether a file is the user's own, or what Python compiled of it."""
    return path.name in SOURCES or (path.suffix == ".pyc" and f"{path.name.partition('.')[0]}.py" in SOURCES)


def leaking_files(folder: Path) -> dict[str, list[str]]:
    files = [path for path in folder.rglob("*") if path.is_file() and not is_source(path)]
    files = [path for path in files if path.parent.name != ".build"]
    assert len(files) > 3
    found = {str(path.relative_to(folder)): leaks(path.read_bytes()) for path in files}
    return {name: secrets for name, secrets in found.items() if secrets}


def write(folder: Folder, host: str = '"h"', day: str = "1") -> None:
    declare(folder, PROGRAM.format(host=host, data_key=DATA_KEY, parameter=PARAMETER))
    node = {
        "name": "load", "type": "Shell", "location": {"x": "0", "y": "0"}, "preNodeName": [],
        "properties": [
            {"name": "scriptName", "value": "load"},
            {"name": "password", "value": PROPERTY},
            {"name": "arguments", "value": PROPERTY[::-1] + day, "value_is_sensitive": True},
        ],
    }  # fmt: skip
    job = {"name": "ingest", "nodes": [node], "schedule": {"type": "EXECUTE_ONCE"}, "processType": "BATCH"}
    script = {"name": "load", "type": "DLISQL", "directory": "/"}
    for name, text in {
        "jobs/ingest.job": json.dumps(job),
        "scripts/load.script": json.dumps(script),
        "scripts/load.sql": f"CREATE TABLE t WITH ('password' = '{OPTION}'); -- {day}",
    }.items():
        (folder.path / "bundle" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder.path / "bundle" / name).write_text(text)


@pytest.mark.parametrize("form", list(encodings("")))
def test_the_search_itself_finds_every_form(form: str) -> None:
    for secret in CANARIES:
        assert leaks(b"before" + encodings(secret)[form] + b"after")


def test_canary(tmp_path: Path, cloud: RunningCloud) -> None:
    """The user's own sources have some of the secrets in clear, and are the only files that may."""
    cloud.reset()
    open_at(cloud, []).obs().create_bucket(Bucket="lake")
    folder = sample(tmp_path, cloud)
    typed(folder, "config", "set", "--secret", "password", PASSWORD)
    write(folder)
    spoken = [folder.dataarts("up", "--yes", "--diff", "--show-sames")]
    cloud.fault("task-fails", task="mysql", message=f"Access denied with {PASSWORD}")
    write(folder, '"elsewhere"', day="2")
    views = ("--report", "plan.html", "--summary", "plan.md", "--save-plan", "plan.json")
    spoken.append(folder.dataarts("preview", "--diff", "--show-sames", *views))
    assert "scripts/load" in (folder.path / "plan.json").read_text()
    spoken.append(folder.dataarts("up", "--yes", "--diff", "--event-log", "events.jsonl", code=4))
    assert "Access denied" in spoken[-1].text
    spoken.append(folder.dataarts("refresh", "--yes", "--diff"))
    spoken += [typed(folder, "stack", "output"), typed(folder, "stack", "export"), typed(folder, "config")]
    assert leaking_files(folder.path) == {}
    spoken.append(folder.dataarts("destroy", "--yes", "--diff"))
    assert leaking_files(folder.path) == {}
    assert [leaks(item.text.encode()) for item in spoken if leaks(item.text.encode())] == []


@pytest.fixture
def official(tmp_path: Path, cloud: RunningCloud) -> Folder:
    """The same project for the official CLI, in the virtual environment that these tests run in."""
    cloud.reset()
    open_at(cloud, []).obs().create_bucket(Bucket="lake")
    folder = sample(tmp_path, cloud)
    (folder.path / "Pulumi.yaml").write_text(
        f"name: sample\nruntime:\n  name: python\n  options:\n    virtualenv: {Path(sys.prefix)}\n"
    )
    return folder


@pytest.mark.official
@pytest.mark.timeout(600)
@pytest.mark.skipif(not shutil.which("pulumi"), reason="the official CLI is not on the PATH")
def test_canary_under_the_official_cli(official: Folder) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    home, backend = official.path / ".home", f"file://{official.path / 'state'}"
    (official.path / "state").mkdir()
    environment = {**clean, "PULUMI_HOME": str(home), "PULUMI_BACKEND_URL": backend, **official.environment}
    environment |= {"PULUMI_SKIP_UPDATE_CHECK": "true"}

    def pulumi(*arguments: str, code: int = 0) -> bytes:
        done = subprocess.run(
            ["pulumi", *arguments, "--non-interactive", "--stack", "dev"],
            cwd=official.path, env=environment, capture_output=True, timeout=100, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    write(official)
    subprocess.run(["pulumi", "stack", "init", "dev"], cwd=official.path, env=environment, check=True, timeout=100)
    spoken = [pulumi("config", "set", "--secret", "password", PASSWORD)]
    spoken += [pulumi("up", "--yes", "--diff"), pulumi("preview", "--diff", "--json"), pulumi("refresh", "--yes")]
    assert leaking_files(official.path) == {}
    spoken.append(pulumi("destroy", "--yes"))
    assert leaking_files(official.path) == {}
    assert [leaks(text) for text in spoken if leaks(text)] == []
