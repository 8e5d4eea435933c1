"""The life of an export: taken once, written to a place of the user's, removed only if it is still the one."""

from __future__ import annotations

from pathlib import Path

import pytest

from pulumi_dataarts.dlf import api
from pulumi_dataarts.dlf.bundle import from_zip
from pulumi_dataarts.dlf.job_export import JobExportProvider
from pulumi_dataarts.errors import AlreadyExists, BadResponse, ConfigError, NotFound
from pulumi_dataarts.huawei.session import Session
from tests.dlf.samples import BUCKET, keys, orders, place, upload
from tests.lives import Life, Mistaken

DESTINATION = f"obs://{BUCKET}/exports/orders_daily.zip"


@pytest.fixture
def life(session: Session) -> Life:
    upload(session, orders())
    bundle, here = orders(), place(session)
    for name in bundle.scripts:
        api.create_script(here, bundle.scripts[name])
    for name in bundle.jobs:
        api.create_job(here, bundle.jobs[name])
    return Life(JobExportProvider, session)


def lying(session: Session, key: str = "exports/orders_daily.zip") -> bytes:
    content: bytes = session.obs().get_object(Bucket=BUCKET, Key=key)["Body"].read()
    return content


def up(life: Life, destination: str = DESTINATION, **arguments: object) -> str:
    return life.up(job_name="orders_daily", destination=destination, **arguments)


def touch(life: Life) -> None:
    here = place(life.session)
    api.update_job(here, "orders_daily", {**orders().jobs["orders_daily"], "description": "new"})


def test_an_export_lies_in_obs_with_what_the_job_needs(life: Life) -> None:
    assert up(life) == "create"
    bundle = from_zip(lying(life.session))
    assert bundle.jobs.keys() == {"orders_daily"}
    assert bundle.scripts["clean_orders"]["content"] == "select 1"
    assert life.outputs["contents"]["scripts"] == {"clean_orders": orders().digests().scripts["clean_orders"]}
    assert life.id == "default/orders_daily"


def test_an_export_goes_to_a_file_as_well(life: Life, tmp_path: Path) -> None:
    where = tmp_path / "new" / "orders.zip"
    up(life, str(where))
    assert from_zip(where.read_bytes()).jobs.keys() == {"orders_daily"}
    life.destroy()
    assert not where.exists()


def test_two_exports_of_an_unchanged_job_are_equal(life: Life) -> None:
    up(life)
    other = Life(JobExportProvider, life.session)
    up(other, f"obs://{BUCKET}/exports/again.zip")
    assert other.outputs["digest"] == life.outputs["digest"]


def test_a_later_edit_of_the_job_changes_nothing_and_a_trigger_exports_anew(life: Life) -> None:
    up(life)
    before = life.outputs["digest"]
    touch(life)
    assert life.refresh()
    assert up(life) == "same"
    assert up(life, triggers={"release": "2"}) == "replace"
    assert life.outputs["digest"] != before
    assert from_zip(lying(life.session)).jobs["orders_daily"]["description"] == "new"


def test_scripts_are_left_out_if_the_user_wants_that(life: Life) -> None:
    up(life)
    assert up(life, export_depend=False) == "update"
    assert from_zip(lying(life.session)).scripts == {}


def test_another_destination_moves_the_export(life: Life) -> None:
    up(life)
    plan = life.plan(job_name="orders_daily", destination=f"obs://{BUCKET}/moved.zip")
    assert plan.effects == [f"deletes data: the export at {DESTINATION}"]
    assert up(life, f"obs://{BUCKET}/moved.zip") == "update"
    assert keys(life.session) == ["moved.zip", "orders/orders.zip"]


def test_a_removed_export_is_gone_and_made_again(life: Life) -> None:
    up(life)
    life.session.obs().delete_object(Bucket=BUCKET, Key="exports/orders_daily.zip")
    assert not life.refresh()
    assert up(life) == "create"


def overwrite(session: Session) -> None:
    session.obs().put_object(Bucket=BUCKET, Key="exports/orders_daily.zip", Body=b"theirs")


def test_an_overwritten_export_is_told_and_written_anew(life: Life) -> None:
    up(life)
    overwrite(life.session)
    life.refresh()
    plan = life.plan(job_name="orders_daily", destination=DESTINATION)
    assert plan.paths == {"content": "update"}
    assert plan.effects == [f"overwrites something edited by hand: {DESTINATION}"]
    assert up(life) == "update"
    assert from_zip(lying(life.session)).jobs.keys() == {"orders_daily"}
    life.refresh()
    assert up(life) == "same"


def test_what_somebody_else_put_there_is_not_removed(life: Life, said: list[str]) -> None:
    up(life)
    overwrite(life.session)
    life.destroy()
    assert lying(life.session) == b"theirs"
    assert said == [f"{DESTINATION} stays: it was overwritten since the export"]


def test_what_lies_at_the_destination_is_not_overwritten_unasked(life: Life) -> None:
    overwrite(life.session)
    with pytest.raises(AlreadyExists, match=f"something else lies at {DESTINATION}"):
        up(life)
    up(life, adopt=True)
    assert from_zip(lying(life.session)).jobs.keys() == {"orders_daily"}


def test_the_same_export_at_the_destination_is_taken_over(life: Life) -> None:
    up(life)
    again = Life(JobExportProvider, life.session)
    up(again)
    assert again.outputs["digest"] == life.outputs["digest"]


def test_a_missing_job_is_told_in_the_services_words(life: Life) -> None:
    with pytest.raises(NotFound, match=r"job nothing in workspace default: .*DLF\.0100"):
        life.up(job_name="nothing", destination=DESTINATION)


def test_an_answer_that_is_no_archive_is_the_services_fault(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "export_job", lambda *_: b"<html>")
    with pytest.raises(BadResponse, match="job orders_daily: the archive is not a readable zip"):
        up(life)


def test_an_export_of_another_job_is_another_export(life: Life) -> None:
    up(life)
    plan = life.plan(job_name="orders_hourly", destination=DESTINATION)
    assert plan.replaces == ["job_name"]
    assert plan.delete_before_replace


def test_a_bucket_without_a_key_is_a_mistake(life: Life) -> None:
    with pytest.raises(Mistaken) as caught:
        up(life, f"obs://{BUCKET}")
    assert caught.value.failures == {"destination": "must be `obs://bucket/key`, or the path of a file"}


def test_a_file_that_cannot_be_written_is_told(life: Life, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="the export .* cannot be written: (Not a directory|File exists)"):
        up(life, str(tmp_path / "file" / "orders.zip"))
