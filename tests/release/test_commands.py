"""Promotion as it is typed: dry, refused, cut off by a cloud that does not answer, continued, prepared for a review."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pulumi_dataarts.backend.blobs import LocalBlobs
from pulumi_dataarts.release.records import Records
from pulumi_dataarts.simulator.testing import RunningCloud
from tests.cli.commands import Folder
from tests.cli.samples import sample, typed

PROGRAM = """
import pulumi
from pulumi_dataarts import bindings, obs

landing = obs.Bucket("landing", bucket=f"{bindings.current().prefix}-landing", tags={"form": "first"})
pulumi.export("landing", landing.bucket)
"""
VERIFICATIONS = "- {name: marked, obs: {object: 'obs://${output.landing}/marked'}}\n"


@pytest.fixture
def project(tmp_path: Path, cloud: RunningCloud) -> Folder:
    cloud.reset()
    folder = sample(tmp_path, cloud, **{"dataarts:bindings": "dev"})
    text = (tmp_path / "Pulumi.dev.yaml").read_text().replace('"dev"', "{prefix: dev}")
    (tmp_path / "Pulumi.dev.yaml").write_text(text)
    (tmp_path / "Pulumi.staging.yaml").write_text(text.replace("prefix: dev", "prefix: staging"))
    (tmp_path / "Pulumi.yaml").write_text("name: sample\nruntime: python\nbackend: {url: 'file://.state'}\n")
    (tmp_path / "__main__.py").write_text(PROGRAM)
    (tmp_path / "verifications.yaml").write_text(VERIFICATIONS)
    return folder


def marked(cloud: RunningCloud, bucket: str) -> None:
    import boto3

    keys = {"aws_access_key_id": "embedded", "aws_secret_access_key": "embedded", "region_name": "embedded"}
    boto3.client("s3", endpoint_url=cloud.obs, **keys).put_object(Bucket=bucket, Key="marked", Body=b"x")


def test_a_promotion_is_refused_cut_off_continued_and_shown(project: Folder, cloud: RunningCloud) -> None:
    records = Records(LocalBlobs(project.path / ".state"), "sample")
    typed(project, "up", "--yes", "--stack", "dev")
    made = json.loads(typed(project, "release", "create", "--stack", "dev", "--json").out)["digest"]
    file = project.path / "Pulumi.staging.yaml"
    before = file.read_text()

    refused = typed(project, "promote", "dev", "staging", "--yes", code=5)
    assert "verifications: none was tried in dev" in refused.err
    assert records.promotions("staging") == []
    assert file.read_text() == before

    marked(cloud, "dev-landing")
    assert "1 of 1 verifications passed" in typed(project, "verify", "--stack", "dev").out
    cloud.fault("status", service="obs", method="PUT", path="*staging-landing*", status=403)
    typed(project, "promote", "dev", "staging", "--yes", code=4)
    opened = records.open_promotion("staging")
    assert opened is not None
    assert (opened.stage, opened.release, bool(opened.error)) == ("pinned", made, True)
    assert f"dataarts:release: sha256:{made}" in file.read_text()
    assert "promotion 1 to" in typed(project, "release", "board").out

    failed = typed(project, "up", "--yes", "--stack", "staging", code=4)
    assert "dataarts rollback staging" in failed.err
    [done] = records.promotions("staging")
    assert (done.stage, done.result, done.kind) == ("closed", "unverified", "promotion")
    marked(cloud, "staging-landing")
    typed(project, "verify", "--stack", "staging")
    assert records.trials("staging")[0].passed
    assert "promotion 1 from dev" not in typed(project, "stack", "history", "--stack", "dev").out
    nowhere = typed(project, "rollback", "staging", "--yes", code=2)
    assert "there is no release to go back to" in nowhere.err
