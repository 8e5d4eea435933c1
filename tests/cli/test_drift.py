"""`dataarts drift`: what was changed outside, told apart from what is declared and not done yet, and left as it is."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from pulumi_dataarts.simulator.testing import RunningCloud
from tests.cli.commands import Folder
from tests.cli.samples import STATE, declare, outside, sample

PROGRAM = """
bucket = obs.Bucket("raw", bucket="sample-raw")
obs.Object("edited", bucket=bucket.bucket, key="edited", content="one")
obs.Object("gone", bucket=bucket.bucket, key="gone", content="one")
obs.Object("declared", bucket=bucket.bucket, key="declared", content="one")
"""


@pytest.fixture
def up(tmp_path: Path, cloud: RunningCloud) -> Folder:
    cloud.reset()
    folder = sample(tmp_path, cloud)
    declare(folder, PROGRAM)
    folder.dataarts("up", "--yes")
    return folder


def test_outside_changes_are_exit_7_and_change_nothing(up: Folder, cloud: RunningCloud) -> None:
    client = outside(cloud)
    client.put_object(Bucket="sample-raw", Key="edited", Body=b"by hand")
    client.delete_object(Bucket="sample-raw", Key="gone")
    declare(up, PROGRAM.replace('key="declared", content="one"', 'key="declared", content="two"'))
    before = (up.path / STATE).read_bytes()
    (up.path / "Pulumi.broken.yaml").write_text("config: [")
    # A stack that cannot be looked at does not hide what the others have.
    spoken = up.dataarts("drift", "--junit", "drift.xml", "--report", "drift.html", code=2)
    assert "Pulumi.broken.yaml" in spoken.err
    (up.path / "Pulumi.broken.yaml").unlink()
    assert "changed outside: dev" in up.dataarts("drift", code=7).err
    assert "gone from the cloud" in spoken.out
    assert (up.path / STATE).read_bytes() == before
    cases = {case.get("name"): case for case in ElementTree.parse(up.path / "drift.xml").findall(".//testcase")}
    assert cases["update edited"].find("failure") is not None
    assert cases["create gone"].find("failure") is not None
    assert cases["update declared"].find("failure") is None
    assert "changed outside" in (up.path / "drift.html").read_text()
    up.dataarts("up", "--yes", "--refresh", "--target", "**edited", "--target", "**gone")
    assert client.get_object(Bucket="sample-raw", Key="edited")["Body"].read() == b"one"
    spoken = up.dataarts("drift")
    assert "nothing was changed outside" in spoken.err
    assert "declared" in spoken.out
