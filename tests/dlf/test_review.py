"""A workspace with the review function on: who approves is told wherever the service asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pulumi_dataarts.dlf import api
from pulumi_dataarts.dlf.job_import import JobImportProvider
from pulumi_dataarts.errors import CloudError
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.simulator.testing import running_cloud
from tests.dlf.samples import PATH, edited, orders, place, script, upload, versions, write_source
from tests.lives import Life, open_at


@pytest.fixture
def reviewed(tmp_path: Path) -> Iterator[Session]:
    with running_cloud(tmp_path / "cloud", review=True) as cloud:
        yield open_at(cloud, [])


def test_imports_scripts_and_deletions_name_their_approvers(reviewed: Session, tmp_path: Path) -> None:
    bundle = orders()
    bundle.scripts["spare"] = script("spare")
    folder = write_source(tmp_path / "orders", bundle)
    upload(reviewed, bundle)
    life = Life(JobImportProvider, reviewed)
    with pytest.raises(CloudError, match=r"targetStatus is required .*DLF\.0802"):
        life.up(path=PATH, bundle=folder)
    review = {"target_status": "SUBMITTED", "approvers": ["userName1"]}
    life.up(path=PATH, bundle=folder, **review)
    changed = edited(bundle, spare="select 2", clean_orders="select 2")
    upload(reviewed, changed)
    life.up(path=PATH, bundle=write_source(tmp_path / "orders", changed), **review)
    assert api.show_script(place(reviewed), "spare")["content"] == "select 2"
    life.destroy()
    assert versions(reviewed) == {}
