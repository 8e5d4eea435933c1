"""`dataarts release …`: make, list, compare, pin, run what is pinned, go back, prune; on one project and its cloud.

The tests of this file follow each other on one stack; `pytest -k` of a single one runs what it needs first.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from pulumi_dataarts.backend.blobs import LocalBlobs
from pulumi_dataarts.release.store import ReleaseStore
from tests.cli.commands import Folder
from tests.cli.samples import sample, typed
from tests.release.samples import release

if TYPE_CHECKING:
    from pulumi_dataarts.simulator.testing import RunningCloud

pytestmark = pytest.mark.xdist_group("release")

PROGRAM = """
from pulumi_dataarts import bindings
here = bindings.current()
cluster = here.required("clusters", "cdm-a").id
landing = obs.Bucket("landing", bucket=f"{here.prefix}-landing", force_destroy=True)
link = cdm.Link("obs", cluster_id=cluster, name=f"{here.prefix}_obs", connector="obs-connector",
    config={"storageType": "OBS", "server": "obs.example.com", "port": 443, "accessKey": "ak"},
    secrets={"securityKey": "sample-secret"})
cdm.Job("copy", cluster_id=cluster, name=f"{here.prefix}-copy", from_connector="obs-connector", from_link=link.name,
    from_config={"bucketName": landing.bucket, "inputDirectory": "in/", "inputFormat": "BINARY_FILE"},
    to_connector="obs-connector", to_link=link.name,
    to_config={"bucketName": landing.bucket, "outputDirectory": "out/", "outputFormat": "BINARY_FILE"},
    driver_config={"schedulerConfig": {"isSchedulerJob": True, "cycleType": "day", "cycle": 1,
                                       "startDate": "2026-01-01 01:30:00"}})
dlf.JobImport("jobs", path=pulumi.Output.concat("obs://", landing.bucket, "/jobs.zip"), bundle="bundles/a")
"""
BINDINGS = {"prefix": "rel-dev", "clusters": {"cdm-a": {"id": "embedded", "name": "cdm-embedded"}}}
NODE = {"name": "load", "type": "CDMJob", "location": {"x": "0", "y": "0"}, "preNodeName": []}
SQL = "bundles/a/scripts/totals.sql"
JOB = {
    "processType": "BATCH",
    "schedule": {"type": "EXECUTE_ONCE"},
    "nodes": [
        {**NODE, "properties": [{"name": "clusterName", "value": "cdm-a"}, {"name": "jobName", "value": "copy"}]},
        {
            **NODE,
            "name": "sum",
            "type": "DLISQL",
            "properties": [{"name": "scriptName", "value": "totals"}, {"name": "database", "value": "d"}],
        },
    ],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, cloud: RunningCloud) -> Folder:
    made = sample(tmp_path_factory.mktemp("release"), cloud)
    (made.path / "Pulumi.yaml").write_text("name: sample\nruntime: python\nmain: program\n")
    for name, text in {
        "program/__main__.py": "import pulumi\nfrom pulumi_dataarts import cdm, dlf, obs\n" + PROGRAM,
        "program/bundles/a/jobs/daily.job": json.dumps(JOB, indent=2),
        "program/bundles/a/scripts/totals.script": '{"type": "DLISQL", "queueName": "etl"}',
        f"program/{SQL}": "SELECT 1;\nSELECT 2;\n",
    }.items():
        (made.path / name).parent.mkdir(parents=True, exist_ok=True)
        (made.path / name).write_text(text)
    typed(made, "config", "set", "--path", "dataarts:bindings", "x")
    bind(made, "dev", BINDINGS)
    text = (made.path / "Pulumi.dev.yaml").read_text()
    (made.path / "Pulumi.staging.yaml").write_text(f"{text}  dataarts:workspace: staging\n")
    bind(made, "staging", {**BINDINGS, "prefix": "rel-staging", "schedules": "paused", "queues": {"etl": "etl_s"}})
    return made


def bind(folder: Folder, stack: str, bindings: dict[str, Any]) -> None:
    path = folder.path / f"Pulumi.{stack}.yaml"
    text = re.sub(r"\n  dataarts:bindings:[^\n]*", "", path.read_text().rstrip("\n"))
    path.write_text(f"{text}\n  dataarts:bindings: {json.dumps(bindings)}\n")


def digests(folder: Folder) -> list[str]:
    return [row["digest"] for row in json.loads(typed(folder, "release", "ls", "--json").out)]


@pytest.fixture(scope="module")
def first(folder: Folder) -> str:
    said = typed(folder, "release", "create", "--message", "the first").out
    assert "1 CDM job, 1 Factory job, 1 script, 5 program files" in said
    (digest,) = digests(folder)
    return digest


@pytest.fixture(scope="module")
def running(folder: Folder, first: str) -> str:
    typed(folder, "release", "pin", "dev", first[:10])
    typed(folder, "up", "--yes", "--stack", "dev")
    return first


@pytest.fixture(scope="module")
def second(folder: Folder, running: str) -> str:
    (folder.path / "program" / SQL).write_text("SELECT 1;\nSELECT 3;\n")
    typed(folder, "release", "create", "-m", "the second")
    return digests(folder)[0]


def test_the_environment_it_is_made_for_is_not_in_it(folder: Folder, first: str):
    again = typed(folder, "release", "create", "--stack", "staging", "--message", "again").out
    assert again.startswith("already there since")
    assert digests(folder) == [first]
    held = (folder.path / ".state/releases/sample" / f"{first}.zip").read_bytes()
    assert b"prefix-landing" in held
    assert b"rel-dev" not in held
    assert b"sample-secret" not in held.partition(b"program/")[0]


def test_show_says_what_it_holds_and_what_it_needs_with_the_place(folder: Folder, first: str):
    said = typed(folder, "release", "show", "latest").out
    assert f"release   sha256:{first}" in said
    assert "message   the first" in said
    assert "used by job daily, node load (program/bundles/a/jobs/daily.job:" in said
    assert "queue etl" in said
    shown = json.loads(typed(folder, "release", "show", first[:6], "--json").out)
    assert (shown["schema"], shown["project"], shown["source_environment"]) == ("release-v1", "sample", "dev")


def test_a_pinned_stack_runs_the_release_and_the_working_tree_does_not_matter(folder: Folder, running: str):
    (folder.path / "program/__main__.py").rename(folder.path / "program/away.py")
    try:
        assert "already there" in typed(folder, "release", "create", "--from", "dev").out
    finally:
        (folder.path / "program/away.py").rename(folder.path / "program/__main__.py")
    state = json.loads((folder.path / ".state/.pulumi/stacks/sample/dev.json").read_text())
    assert str(folder.path) not in json.dumps(state)


@pytest.mark.slow
def test_a_release_of_an_environment_needs_it_to_stand_as_declared(folder: Folder, running: str, cloud: RunningCloud):
    from pulumi_dataarts.cdm import api
    from pulumi_dataarts.huawei.session import open_session

    keys = {"dataarts:endpoint": cloud.api, "dataarts:endpoints": json.dumps({"obs": cloud.obs})}
    keys |= {"dataarts:region": "embedded", "dataarts:projectId": "embedded"}
    session = open_session(keys.get, {"HW_ACCESS_KEY": "embedded", "HW_SECRET_KEY": "embedded"})
    job = api.show_job(session, "embedded", "rel-dev-copy", api.NORMAL)
    assert job is not None
    api.delete_job(session, "embedded", "rel-dev-copy")
    said = typed(folder, "release", "create", "--from", "dev", code=5).err
    assert "cdm:Job copy was changed outside: is gone" in said
    api.create_job(session, "embedded", job)


def test_diff_tells_the_line_of_sql(folder: Folder, running: str, second: str):
    said = typed(folder, "release", "diff", "@dev", "latest").out
    assert "~ script totals" in said
    assert "-  SELECT 2;" in said
    found = json.loads(typed(folder, "release", "diff", running, second, "--json").out)
    assert [change["name"] for change in found["changes"]] == ["totals", f"program/{SQL}"]
    assert typed(folder, "release", "diff", second, second).out == "the same release\n"


def test_promoting_by_hand_is_one_line_and_so_is_the_way_back(folder: Folder, running: str, second: str):
    before = (folder.path / "Pulumi.dev.yaml").read_text()
    typed(folder, "release", "pin", "dev", "latest")
    assert (folder.path / "Pulumi.dev.yaml").read_text() == before.replace(running, second)
    plan = json.loads(typed(folder, "preview", "--json").out)
    assert [step["name"] for step in plan["steps"] if step["op"] not in ("same", "read")] == ["jobs"]
    assert [text["name"] for step in plan["steps"] for text in step["texts"]] == ["scripts/totals"]
    typed(folder, "release", "pin", "dev", running)
    assert (folder.path / "Pulumi.dev.yaml").read_text() == before
    typed(folder, "release", "pin", "dev", "none")
    assert "dataarts:release" not in (folder.path / "Pulumi.dev.yaml").read_text()
    assert "runs the working tree" in typed(folder, "release", "show", "@dev", code=2).err
    typed(folder, "release", "pin", "dev", running)


def test_what_an_environment_lacks_is_named_before_anything_runs(folder: Folder, first: str):
    whole = {**BINDINGS, "prefix": "rel-staging", "schedules": "paused", "queues": {"etl": "etl_s"}}
    typed(folder, "release", "pin", "staging", first)
    bind(folder, "staging", {**whole, "clusters": {}})
    said = typed(folder, "preview", "--stack", "staging", code=5).err
    assert "cluster cdm-a is not bound, and there is none of that name" in said
    assert "needed by CDM job prefix-copy, job daily, node load (program/bundles/a/jobs/daily.job:" in said
    bind(folder, "staging", {**whole, "queues": {"other": "x"}})
    plan = json.loads(typed(folder, "preview", "--stack", "staging", "--json").out)
    assert "queue etl is not bound, and cannot be looked up: that very name is used" in plan["warnings"]
    assert "dataarts:bindings.queues.other is not used by the release" in plan["warnings"]
    bind(folder, "staging", whole)


@pytest.mark.slow
def test_the_same_release_runs_in_the_next_environment_under_its_own_names(
    folder: Folder, first: str, cloud: RunningCloud
):
    typed(folder, "release", "pin", "staging", first)
    typed(folder, "up", "--yes", "--stack", "staging")
    state = json.loads((folder.path / ".state/.pulumi/stacks/sample/staging.json").read_text())
    rows = {row["urn"].rpartition("::")[2]: row for row in state["checkpoint"]["latest"]["resources"]}
    assert rows["landing"]["inputs"]["bucket"] == "rel-staging-landing"
    assert rows["copy"]["inputs"]["driver_config"]["schedulerConfig"]["isSchedulerJob"] == "false"
    replaced = {"name": "cdm-a", "type": "CDM_CLUSTER", "replace": "cdm-embedded"}
    assert replaced in rows["jobs"]["inputs"]["resources"]
    typed(folder, "preview", "--stack", "staging", "--refresh", "--expect-no-changes")
    typed(folder, "destroy", "--yes", "--stack", "staging")


def test_prune_keeps_what_runs_and_what_ran(folder: Folder, running: str, second: str):
    store = ReleaseStore(LocalBlobs(folder.path / ".state"), "sample")
    store.put(release(created="2099-01-01T00:00:00Z", message="the third"))
    assert "nobody can be asked" in typed(folder, "release", "prune", "--keep", "1", code=2).err
    said = typed(folder, "release", "prune", "--keep", "1", "--yes").out
    assert f"stays: {running[:12]}" in said
    assert f"goes:  {second[:12]}" in said
    assert second not in digests(folder)
    assert running in digests(folder)


def test_verify_names_what_is_damaged(folder: Folder, running: str):
    assert typed(folder, "release", "verify").out.endswith("release(s) are whole\n")
    path = folder.path / ".state/releases/sample" / f"{running}.zip"
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"SELECT 2", b"SELECT 9"))
    said = typed(folder, "release", "verify", "@dev", code=1).err
    assert f"{running[:12]}: the archive is not a readable zip: Bad CRC-32 for file" in said
    path.write_bytes(whole)


def test_extract_writes_a_project_that_works_by_itself(folder: Folder, running: str):
    typed(folder, "release", "extract", "@dev", "out/dev")
    assert (folder.path / "out/dev/program/__main__.py").is_file()
    text = (folder.path / "out/dev/Pulumi.yaml").read_text()
    assert "stackConfigDir: ../.." in text
    assert "not empty" in typed(folder, "release", "extract", "@dev", "out/dev", code=2).err


def test_what_is_no_release_is_said(folder: Folder, running: str):
    assert "there is no release 'abcd'" in typed(folder, "release", "show", "abcd", code=2).err
    path = folder.path / "Pulumi.dev.yaml"
    whole = path.read_text()
    path.write_text(whole.replace(f"sha256:{running}", "latest"))
    assert "is sha256: and 64 hexadecimal digits" in typed(folder, "preview", code=2).err
    path.write_text(whole.replace(running, "0" * 64))
    assert f"there is no release '{'0' * 64}'" in typed(folder, "preview", code=2).err
    path.write_text(whole)
