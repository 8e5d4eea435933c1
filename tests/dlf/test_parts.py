"""What an import lets lie beside its archive for a moment, and what a killed one leaves there for good, unless."""

from __future__ import annotations

from pathlib import Path

import pytest

from pulumi_dataarts.dlf import parts
from pulumi_dataarts.dlf.job_import import JobImportProvider
from pulumi_dataarts.huawei import objects
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.simulator.testing import RunningCloud
from tests.dlf.samples import BUCKET, KEY, PATH, edited, keys, orders, upload, write_source
from tests.lives import Life


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def life(session: Session) -> Life:
    return Life(JobImportProvider, session)


def put(life: Life, folder: Path, content: str) -> None:
    life.up(path=PATH, bundle=write_source(folder, edited(orders(), clean_orders=content)), adopt=True)


def killed(life: Life, folder: Path, content: str) -> list[str]:
    """Kill an update while the part that it imports lies there, and return what it has left."""

    def die(*_arguments: object, **_more: object) -> None:
        raise Killed

    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
        patch.setattr("pulumi_dataarts.dlf.imports.run", die)
        patch.setattr(objects, "delete", die)
        put(life, folder, content)
    return [key for key in keys(life.session) if "/part-" in key]


def test_the_next_import_removes_what_a_killed_one_left(life: Life, tmp_path: Path, said: list[str]) -> None:
    upload(life.session, orders())
    put(life, tmp_path, "select 1")
    assert len(killed(life, tmp_path, "select 2")) == 1
    put(life, tmp_path, "select 3")
    assert keys(life.session) == [KEY]
    assert any("removes archive orders/part-" in text for text in said)


def test_so_does_its_deletion(life: Life, tmp_path: Path) -> None:
    upload(life.session, orders())
    put(life, tmp_path, "select 1")
    assert killed(life, tmp_path, "select 2")
    life.destroy()
    assert not [key for key in keys(life.session) if "/part-" in key]


def test_what_another_import_has_lying_there_stays(life: Life, tmp_path: Path, session: Session) -> None:
    upload(session, orders())
    put(life, tmp_path, "select 1")
    with parts.lying(session, f"staging/{BUCKET}/{KEY}", PATH, b"another's") as other:
        put(life, tmp_path, "select 2")
        assert objects.get(session, other.bucket, other.key) == b"another's"
    assert keys(session) == [KEY]


def test_where_nothing_may_be_listed_the_import_goes_on_and_says_so(
    life: Life, tmp_path: Path, cloud: RunningCloud, said: list[str]
) -> None:
    upload(life.session, orders())
    put(life, tmp_path, "select 1")
    cloud.fault("status", service="obs", method="GET", path=f"/{BUCKET}", status=403)
    put(life, tmp_path, "select 2")
    assert any("cannot look for what an import that was cut off left there" in text for text in said)
