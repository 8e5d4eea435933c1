"""What bad input gets: one clear message, the documented exit code, no traceback, nothing half-recorded."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from pulumi_dataarts.simulator.testing import RunningCloud
from tests.cli.commands import Folder

PROGRAM = """
import pulumi
from pulumi_dataarts import cdm, dlf, dli, obs

{body}
"""


@pytest.fixture
def folder(tmp_path: Path, cloud: RunningCloud) -> Folder:
    cloud.reset()
    (tmp_path / "Pulumi.yaml").write_text("name: sample\nruntime: python\n")
    config = {
        "dataarts:endpoint": cloud.api,
        "dataarts:endpoints": json.dumps({"obs": cloud.obs}),
        "dataarts:region": "embedded",
        "dataarts:projectId": "embedded",
    }
    lines = "".join(f"  {key}: {json.dumps(value)}\n" for key, value in config.items())
    (tmp_path / "Pulumi.dev.yaml").write_text(f"config:\n{lines}")
    keys = {"PULUMI_CONFIG_PASSPHRASE": "p", "HW_ACCESS_KEY": "embedded", "HW_SECRET_KEY": "embedded"}
    return Folder(tmp_path, keys)


def write(folder: Folder, body: str) -> None:
    (folder.path / "__main__.py").write_text(PROGRAM.format(body=body))


def resources(folder: Folder) -> list[str]:
    state = json.loads((folder.path / ".state/.pulumi/stacks/sample/dev.json").read_text())
    rows = state["checkpoint"].get("latest", {}).get("resources") or []
    return [row["urn"].rpartition("::")[2] for row in rows if "dynamic" in row["type"]]


LINK = 'cdm.Link("l", cluster_id="embedded", name="ftp", connector="{connector}", config={config}, secrets={secrets})'
JOB = """cdm.Job(
    "j", cluster_id="embedded", name={name}, from_connector="obs-connector", to_connector="obs-connector", {ends}
)"""
ENDS = 'from_link="a", to_link="b"'


@pytest.mark.parametrize(
    ("body", "said"),
    [
        pytest.param(JOB.format(name='"x" * 241', ends=ENDS), "at most 240", id="a job name of 241 characters"),
        pytest.param(JOB.format(name='"all"', ends=ENDS), "all", id="all as a job name"),
        pytest.param(JOB.format(name='"-x"', ends=ENDS), "name", id="a job name that starts with a dash"),
        pytest.param(
            LINK.format(connector="ftp-connector", config='{"password": "canary-pw"}', secrets="{}"),
            "secrets",
            id="a password outside secrets",
        ),
        pytest.param('obs.Bucket("b", bucket="No_Capitals")', "bucket", id="a bucket name with capitals"),
        pytest.param('obs.Bucket("b", buckte="x")', "buckte", id="a misspelt argument"),
    ],
)
def test_a_mistake_in_the_program_is_named_before_anything_is_done(folder: Folder, body: str, said: str) -> None:
    write(folder, body)
    spoken = folder.dataarts("up", "--yes", code=1 if "buckte" in body else 4, traceback="buckte" in body)
    assert said in spoken.err
    assert "canary-pw" not in spoken.text
    assert resources(folder) == []


def test_an_unknown_connector_is_the_services_word_and_nothing_is_recorded(folder: Folder) -> None:
    write(folder, LINK.format(connector="nosuch-connector", config='{"host": "h"}', secrets="{}"))
    spoken = folder.dataarts("up", "--yes", code=4)
    assert "Cdm.0102" in spoken.err
    assert resources(folder) == []


def _not_a_zip(path: Path) -> None:
    path.write_bytes(b"PK no zip at all")


def _too_big(path: Path) -> None:
    path.write_bytes(b"PK\x03\x04" + b"\0" * (10 * 1024 * 1024))


def _climbing(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("jobs/../../evil.job", "{}")


def _bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("jobs/big.job", b"0" * (200 * 1024 * 1024))


@pytest.mark.parametrize("make", [_not_a_zip, _too_big, _climbing, _bomb])
def test_an_unusable_bundle_is_refused_at_preview(folder: Folder, make: object) -> None:
    make(folder.path / "bad.zip")  # type: ignore[operator]
    write(folder, 'dlf.JobImport("i", path="obs://sample-bucket/bad.zip", bundle="bad.zip")')
    assert "bad.zip" in folder.dataarts("preview", code=4).err
    assert not (folder.path.parent / "evil.job").exists()


def test_a_wrong_key_is_an_authentication_error(folder: Folder) -> None:
    folder.environment["HW_SECRET_KEY"] = "canary-wrong-key"
    write(folder, 'cdm.Link("l", cluster_id="embedded", name="x", connector="http-connector")')
    spoken = folder.dataarts("up", "--yes", code=3)
    assert "APIGW.0301" in spoken.err
    assert "canary-wrong-key" not in spoken.text
    assert resources(folder) == []


def test_a_cloud_that_is_not_running_is_said_so_with_what_to_do(folder: Folder) -> None:
    folder.dataarts("config", "set", "dataarts:endpoint", "http://127.0.0.1:9")
    write(folder, 'cdm.Link("l", cluster_id="embedded", name="x", connector="http-connector")')
    spoken = folder.dataarts("up", "--yes", code=4)
    assert "127.0.0.1:9" in spoken.err
    assert resources(folder) == []


def test_a_malformed_configuration_names_file_and_line(folder: Folder) -> None:
    path = folder.path / "Pulumi.dev.yaml"
    path.write_text(path.read_text() + "  broken: [\n")
    assert "Pulumi.dev.yaml" in folder.dataarts("preview", code=2).err


def test_a_missing_key_is_named_with_the_command_that_sets_it(folder: Folder) -> None:
    (folder.path / "Pulumi.yaml").write_text("name: sample\nruntime: python\nconfig:\n  cluster: {type: string}\n")
    spoken = folder.dataarts("preview", code=2)
    assert "sample:cluster" in spoken.err
    assert "dataarts config set cluster" in spoken.err


def test_an_unknown_stack_is_not_created_by_a_typing_error(folder: Folder) -> None:
    folder.dataarts("preview", "--stack", "dve", code=6)
    folder.dataarts("up", "--yes", "--stack", "dve", code=6)
    assert not (folder.path / "Pulumi.dve.yaml").exists()


def test_a_program_that_raises_shows_its_own_words_with_the_line_and_changes_nothing(folder: Folder) -> None:
    write(folder, 'raise ValueError("the program is wrong")')
    spoken = folder.dataarts("up", "--yes", code=1, traceback=True)
    assert "ValueError: the program is wrong" in spoken.err
    assert "line 5" in spoken.err
    assert resources(folder) == []


def test_wrong_use_is_one_line_and_exit_2(folder: Folder) -> None:
    spoken = folder.dataarts("preview", "--no-such-flag", code=2)
    assert "--no-such-flag" in spoken.err
    assert len(spoken.err.splitlines()) <= 2
    assert "nobody can be asked" in folder.dataarts("up", code=2).err
