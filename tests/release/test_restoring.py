"""Restore points as they are listed and loaded by commands: a job edited by hand, overwritten, and brought back."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from pulumi_dataarts.backend.blobs import LocalBlobs
from pulumi_dataarts.cli import restoring
from pulumi_dataarts.release import restore
from pulumi_dataarts.release.records import Records
from pulumi_dataarts.simulator.testing import RunningCloud
from tests.cli.commands import Folder
from tests.cli.samples import sample, typed

pytestmark = pytest.mark.xdist_group("restoring")

PROGRAM = """
from pulumi_dataarts import bindings, dlf, obs

here = bindings.current()
bucket = obs.Bucket("bundles", bucket=f"{here.prefix}-bundles", force_destroy=True)
dlf.JobImport(
    "jobs", path=bucket.bucket.apply("obs://{}/jobs.zip".format), bundle="bundle", workspace=here.prefix
)
"""
JOB = {
    "name": "daily",
    "processType": "BATCH",
    "directory": "/",
    "schedule": {"type": "EXECUTE_ONCE"},
    "nodes": [
        {"name": "n", "type": "DLISQL", "location": {"x": "1", "y": "1"},
         "properties": [{"name": "scriptName", "value": "totals"}]}
    ],
}  # fmt: skip
PROMOTE = ("promote", "dev", "staging", "--yes", "--allow", "source-release")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, cloud: RunningCloud) -> Folder:
    """Staging runs the second of two releases; before it came, somebody had edited the script there."""
    cloud.reset()
    path = tmp_path_factory.mktemp("restoring")
    folder = sample(path, cloud, **{"dataarts:bindings": "dev"})
    text = (path / "Pulumi.dev.yaml").read_text().replace('"dev"', "{prefix: dev}")
    (path / "Pulumi.dev.yaml").write_text(text)
    (path / "Pulumi.staging.yaml").write_text(text.replace("prefix: dev", "prefix: staging"))
    (path / "Pulumi.yaml").write_text("name: sample\nruntime: python\nbackend: {url: 'file://.state'}\n")
    (path / "__main__.py").write_text(PROGRAM)
    for part in ("jobs", "scripts"):
        (path / "bundle" / part).mkdir(parents=True)
    (path / "bundle/jobs/daily.job").write_text(json.dumps(JOB))
    for content in ("select 1", "select 2"):
        script = {"name": "totals", "type": "DLISQL", "content": content, "directory": "/"}
        (path / "bundle/scripts/totals.script").write_text(json.dumps(script))
        typed(folder, "release", "create", "--stack", "dev", "-m", content)
        if content == "select 1":
            typed(folder, *PROMOTE)
            edit(cloud, "select 'by hand'")
    typed(folder, *PROMOTE)
    return folder


def script_in(cloud: RunningCloud) -> str:
    store = cloud._cloud.context.store
    with store.transaction():
        [(_, body)] = store.list("dlf.script", "embedded/staging")
    return str(body["content"])


def edit(cloud: RunningCloud, content: str) -> None:
    """Somebody edits the script in staging by hand."""
    store = cloud._cloud.context.store
    with store.transaction():
        [(name, body)] = store.list("dlf.script", "embedded/staging")
        store.put("dlf.script", "embedded/staging", name, {**body, "content": content})


def records(project: Folder) -> Records:
    return Records(LocalBlobs(project.path / ".state"), "sample")


def test_what_was_overwritten_is_listed_taken_out_and_loaded(
    project: Folder, cloud: RunningCloud, tmp_path: Path
) -> None:
    listed = typed(project, "release", "restore-points", "staging").out
    assert "2       " in listed
    assert "promotion 2 to" in listed
    assert "script totals in workspace staging" in typed(project, "release", "restore-points", "staging", "2").out
    typed(project, "release", "restore-points", "staging", "2", "--to", str(tmp_path / "before"))
    assert (tmp_path / "before/1-dlf.JobImport-jobs/daily.zip").is_file()
    assert "nothing was kept" in typed(project, "rollback", "staging", "--restore-point", "1", code=2).err

    dry = typed(project, "rollback", "staging", "--restore-point", "2", "--dry-run").out
    assert " ~ script totals in workspace staging: content" in dry
    assert script_in(cloud) == "select 2"
    typed(project, "rollback", "staging", "--restore-point", "2", code=2)
    typed(project, "rollback", "staging", "--restore-point", "2", "--yes")
    assert script_in(cloud) == "select 'by hand'"
    again = typed(project, "rollback", "staging", "--restore-point", "2", "--yes").out
    assert "nothing is to be written" in again
    pinned = (project.path / "Pulumi.staging.yaml").read_text()
    [loaded, promoted, _] = records(project).promotions("staging")
    assert (loaded.kind, loaded.restored, loaded.result) == ("restore", 2, "succeeded")
    assert promoted.release in pinned
    board = typed(project, "release", "board", "--refresh").out
    assert "changed outside: jobs" in board

    typed(project, "rollback", "staging", "--yes")
    assert script_in(cloud) == "select 2"
    typed(project, "preview", "--stack", "staging", "--refresh", "--expect-no-changes")


def test_it_is_not_loaded_over_what_was_not_shown(
    project: Folder, cloud: RunningCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = len(records(project).promotions("staging"))
    monkeypatch.setattr(restoring, "confirm", lambda *_arguments, **_more: edit(cloud, "select 'meanwhile'"))
    refused = typed(project, "rollback", "staging", "--restore-point", "2", "--yes", code=5)
    assert "have changed since this was shown; nothing was done" in refused.err
    assert script_in(cloud) == "select 'meanwhile'"
    assert len(records(project).promotions("staging")) == before


def test_one_that_was_cut_off_is_continued_and_nothing_else_comes_between(
    project: Folder, cloud: RunningCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """The process ends here."""

    def die(*_arguments: object) -> None:
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(restore, "load", die)
        typed(project, "rollback", "staging", "--restore-point", "2", "--yes")
    refused = typed(project, *PROMOTE, code=5)
    assert re.search(r"restore \d of staging of restore point 2", refused.err)
    assert "dataarts rollback staging --restore-point 2" in refused.err
    assert "of restore point 2 by" in typed(project, "release", "board").out
    typed(project, "rollback", "staging", "--restore-point", "2", "--yes")
    assert script_in(cloud) == "select 'by hand'"
    assert records(project).open_promotion("staging") is None
