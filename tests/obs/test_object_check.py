"""That something lies in OBS, as a resource: found once, not looked for again by itself, deleted with nothing lost."""

from __future__ import annotations

import pytest

from pulumi_dataarts.errors import NotFound, RunFailed, WaitTimeout
from pulumi_dataarts.huawei import objects
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.obs.object_check import ObjectCheckProvider
from pulumi_dataarts.simulator.testing import RunningCloud
from tests.lives import Life, Mistaken

FOLDER = "obs://lake/orders/full/"


@pytest.fixture
def check(session: Session, bucket: str) -> Life:
    return Life(ObjectCheckProvider, session)


def test_what_is_there_is_found_and_counted(check: Life, session: Session) -> None:
    with pytest.raises(RunFailed, match="there is nothing at obs://lake/orders/full/"):
        check.up(object=FOLDER)
    for number in (1, 2):
        objects.put(session, "lake", f"orders/full/part-{number}.csv", b"1,2\n")
    assert check.up(object=FOLDER) == "create"
    assert (check.outputs["objects"], check.outputs["size_bytes"]) == (2, 8)
    with pytest.raises(RunFailed, match="there is 2 objects of 8 bytes"):
        check.up(object=FOLDER, min_bytes=9)
    with pytest.raises(RunFailed, match="there is nothing"):
        check.up(object="obs://lake/orders/full/part")


def test_it_is_not_looked_for_again_until_a_trigger_changes(check: Life, session: Session, cloud: RunningCloud) -> None:
    objects.put(session, "lake", "orders/full/part-1.csv", b"1,2\n")
    check.up(object=FOLDER)
    objects.delete(session, "lake", "orders/full/part-1.csv")
    asked = len(cloud.requests())
    assert check.refresh()
    assert check.up(object=FOLDER) == "same"
    assert check.up(object=FOLDER, deadline_s=5) == "update"
    assert len(cloud.requests()) == asked
    with pytest.raises(RunFailed):
        check.up(object=FOLDER, triggers={"release": "2"})


def test_it_is_waited_for(check: Life, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(WaitTimeout, match="an object of 1 bytes at obs://lake/orders/full/"):
        check.up(object=FOLDER, deadline_s=30)
    sleep = type(session.clock).sleep

    def arriving(clock: object, seconds: float) -> None:
        sleep(clock, seconds)  # type: ignore[arg-type]
        objects.put(session, "lake", "orders/full/part-1.csv", b"1,2\n")

    monkeypatch.setattr(type(session.clock), "sleep", arriving)
    assert check.up(object=FOLDER, deadline_s=30) == "create"


def test_deleting_the_check_deletes_nothing(check: Life, session: Session) -> None:
    objects.put(session, "lake", "orders/full/part-1.csv", b"1,2\n")
    check.up(object=FOLDER)
    check.destroy()
    assert objects.keys(session, "lake") == ["orders/full/part-1.csv"]


def test_an_address_is_one_of_obs(check: Life) -> None:
    for address in ("lake/orders/", "obs://lake", "s3://lake/x"):
        with pytest.raises(Mistaken) as refused:
            check.up(object=address)
        assert "object" in refused.value.failures
    with pytest.raises(NotFound):
        check.up(object="obs://nowhere/x")
