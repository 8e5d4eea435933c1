"""The life of the jobs of an archive, against the embedded cloud."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pulumi_dataarts.dli import api
from pulumi_dataarts.dli.job_import import FlinkJobImportProvider
from pulumi_dataarts.errors import AlreadyExists, OutcomeUnknown
from pulumi_dataarts.huawei import objects
from tests.dli.conftest import IMPORT, ZIP_FILE, imports, jobs_in, start
from tests.lives import Life, Mistaken

if TYPE_CHECKING:
    from pathlib import Path

    from pulumi_dataarts.huawei.session import Session
    from pulumi_dataarts.simulator.testing import RunningCloud
    from tests.dli.conftest import Bundle


@pytest.fixture
def life(session: Session) -> Life:
    return Life(FlinkJobImportProvider, session)


def test_an_archive_is_imported_once_and_then_nothing_differs(
    life: Life, bundle: Bundle, session: Session, cloud: RunningCloud
) -> None:
    declared = bundle.arguments()
    assert life.up(**declared) == "create"
    assert life.id == ZIP_FILE
    assert life.outputs["job_ids"] == {name: job.job_id for name, job in jobs_in(session).items()}
    assert life.outputs["jobs"]["orders"]["cu_number"] == 4
    assert life.refresh()
    assert life.up(**declared) == "same"
    assert imports(cloud) == 1


def test_the_sql_itself_is_not_in_the_state(life: Life, bundle: Bundle) -> None:
    bundle.job("orders", sql="SELECT 'canary-7f3a'")
    life.up(**bundle.arguments())
    assert "canary" not in str(life.outputs)


def test_only_a_job_that_changed_is_imported_again(
    life: Life, bundle: Bundle, session: Session, cloud: RunningCloud
) -> None:
    life.up(**bundle.arguments())
    start(session, cloud, "payments")
    before = jobs_in(session)
    bundle.job("orders", sql="SELECT 2")
    assert life.plan(**bundle.arguments()).paths.keys() == {"jobs.orders.sql_body"} | {
        f"jobs.orders.{name}" for name in ("cu_number", "checkpoint_mode", "tags")
    }
    assert life.up(**bundle.arguments()) == "update"
    after = jobs_in(session)
    assert after["orders"].settings()["sql_body"] == "SELECT 2"
    assert after["payments"].status == "job_running"
    assert after["payments"].model_dump()["update_time"] == before["payments"].model_dump()["update_time"]
    assert objects.keys(session, "lake") == ["flink/orders.zip"]
    assert life.refresh()
    assert life.up(**bundle.arguments()) == "same"


def test_a_job_added_is_imported_and_one_removed_is_deleted(life: Life, bundle: Bundle, session: Session) -> None:
    life.up(**bundle.arguments())
    theirs = _made_by_hand(session, "theirs")
    bundle.drop("payments")
    bundle.job("refunds")
    plan = life.plan(**bundle.arguments())
    assert plan.effects == ["deletes data: Flink job payments"]
    assert life.up(**bundle.arguments()) == "update"
    assert jobs_in(session).keys() == {"orders", "refunds", "theirs"}
    assert jobs_in(session)["theirs"].job_id == theirs
    assert life.outputs["job_ids"].keys() == {"orders", "refunds"}


@pytest.mark.parametrize(
    ("change", "operation", "calls"),
    [
        pytest.param({"is_cover": True}, "update", 0, id="is_cover"),
        pytest.param({"when_running": "stop"}, "update", 0, id="when_running"),
        pytest.param({"savepoint": False}, "update", 0, id="savepoint"),
        pytest.param({"deadline_s": 5}, "update", 0, id="deadline_s"),
        pytest.param({"adopt": True}, "same", 0, id="adopt"),
        pytest.param({"zip_file": f"obs://{ZIP_FILE}"}, "same", 0, id="the same place with a scheme"),
        pytest.param({"zip_file": "lake/elsewhere.zip"}, "update", 1, id="zip_file: nothing is imported"),
        pytest.param({"archive": None}, "update", 0, id="archive no longer declared"),
    ],
)
def test_a_change_of_each_field_means_what_its_rule_says(
    life: Life, bundle: Bundle, cloud: RunningCloud, change: dict[str, Any], operation: str, calls: int
) -> None:
    declared = bundle.arguments()
    life.up(**declared)
    before = len(cloud.requests())
    assert life.up(**{**declared, **change}) == operation
    assert bool(cloud.requests()[before:]) == bool(calls)
    assert imports(cloud) == 1
    assert life.refresh()
    assert life.up(**{**declared, **change}) == "same"


@pytest.mark.parametrize(
    ("edit", "path"),
    [
        ({"sql_body": "SELECT 'by hand'"}, "jobs.orders.sql_body"),
        ({"cu_number": 8}, "jobs.orders.cu_number"),
        ({"checkpoint_mode": 1}, "jobs.orders.checkpoint_mode"),
    ],
)
def test_a_job_edited_by_hand_is_seen_and_repaired(
    life: Life, bundle: Bundle, session: Session, edit: dict[str, Any], path: str
) -> None:
    life.up(**bundle.arguments())
    _edit(session, "orders", edit)
    assert life.refresh()
    assert life.plan(**bundle.arguments()).paths == {path: "update"}
    assert life.up(**bundle.arguments()) == "update"
    assert life.refresh()
    assert life.up(**bundle.arguments()) == "same"


def test_a_setting_that_was_never_declared_is_not_compared(life: Life, bundle: Bundle, session: Session) -> None:
    life.up(**bundle.arguments())
    _edit(session, "orders", {"smn_topic": "alerts"})
    assert life.refresh()
    assert life.up(**bundle.arguments()) == "same"


def test_a_job_deleted_by_hand_is_seen_and_repaired(life: Life, bundle: Bundle, session: Session) -> None:
    life.up(**bundle.arguments())
    kept = jobs_in(session)["payments"].job_id
    api.delete_job(session, jobs_in(session)["orders"].job_id)
    assert life.refresh()
    assert all(kind == "add" for kind in life.plan(**bundle.arguments()).paths.values())
    assert life.up(**bundle.arguments()) == "update"
    assert jobs_in(session).keys() == {"orders", "payments"}
    assert jobs_in(session)["payments"].job_id == kept


def test_when_all_jobs_are_gone_so_is_the_import(life: Life, bundle: Bundle, session: Session) -> None:
    life.up(**bundle.arguments())
    for job in jobs_in(session).values():
        api.delete_job(session, job.job_id)
    assert not life.refresh()


def test_a_name_that_is_taken_by_another_job_is_a_conflict_and_nothing_is_imported(
    life: Life, bundle: Bundle, session: Session
) -> None:
    _made_by_hand(session, "payments")
    with pytest.raises(AlreadyExists, match=r"payments\.desc") as refused:
        life.up(**bundle.arguments())
    assert "is_cover=True" in refused.value.hint
    assert jobs_in(session).keys() == {"payments"}


def test_a_name_that_is_taken_while_the_import_is_under_way_is_a_conflict_too(
    life: Life, bundle: Bundle, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_jobs = api.import_jobs

    def overtaken(session: Session, zip_file: str, *, is_cover: bool) -> Any:
        _made_by_hand(session, "payments")
        return import_jobs(session, zip_file, is_cover=is_cover)

    monkeypatch.setattr(api, "import_jobs", overtaken)
    with pytest.raises(AlreadyExists, match=r"meanwhile, and differ: .*payments\.desc"):
        life.up(**bundle.arguments())
    assert jobs_in(session).keys() == {"payments"}


@pytest.mark.parametrize("consent", ["is_cover", "adopt"])
def test_with_consent_it_is_overwritten_and_that_is_said(
    life: Life, bundle: Bundle, session: Session, said: list[str], consent: str
) -> None:
    _made_by_hand(session, "payments")
    assert life.up(**bundle.arguments(**{consent: True})) == "create"
    assert jobs_in(session)["payments"].settings()["desc"] == "Zahlungen"
    assert any("payments" in line and "taken over" in line for line in said)


def test_equal_jobs_are_taken_over_and_left_running(
    life: Life, bundle: Bundle, session: Session, cloud: RunningCloud, said: list[str]
) -> None:
    bundle.upload()
    api.import_jobs(session, ZIP_FILE, is_cover=False)
    start(session, cloud, "orders")
    assert life.up(**bundle.arguments()) == "create"
    assert jobs_in(session)["orders"].status == "job_running"
    assert sum("taken over" in line for line in said) == 2


def test_an_import_whose_answer_was_lost_makes_no_job_twice(
    life: Life, bundle: Bundle, session: Session, cloud: RunningCloud
) -> None:
    cloud.fault("drop-after-commit", path=IMPORT)
    assert life.up(**bundle.arguments()) == "create"
    assert jobs_in(session).keys() == {"orders", "payments"}
    assert life.refresh()
    assert life.up(**bundle.arguments()) == "same"


def test_an_import_that_is_cut_off_twice_is_continued_by_the_next(
    life: Life, bundle: Bundle, cloud: RunningCloud
) -> None:
    cloud.fault("drop-after-commit", path=IMPORT, times=2)
    with pytest.raises(OutcomeUnknown):
        life.up(**bundle.arguments())
    before = imports(cloud)
    assert life.up(**bundle.arguments()) == "create"
    assert imports(cloud) == before


def test_the_import_says_when_obs_holds_another_archive(life: Life, bundle: Bundle, said: list[str]) -> None:
    declared = bundle.arguments()
    bundle.job("orders", sql="SELECT 'newer'")
    life.up(**declared)
    assert any("not as `archive` declares: orders." in line for line in said)


def test_deleting_removes_what_was_imported_and_nothing_else(life: Life, bundle: Bundle, session: Session) -> None:
    life.up(**bundle.arguments())
    _made_by_hand(session, "theirs")
    outputs = life.outputs
    life.destroy()
    assert jobs_in(session).keys() == {"theirs"}
    life.provider.delete(ZIP_FILE, outputs)
    assert jobs_in(session).keys() == {"theirs"}


def test_a_folder_of_archives_is_imported_with_one_call(
    life: Life, bundle: Bundle, session: Session, tmp_path: Path, cloud: RunningCloud
) -> None:
    folder = tmp_path / "zips"
    folder.mkdir()
    for name in ("orders", "payments"):
        only = tmp_path / name
        only.mkdir()
        part = type(bundle)(only, session)
        part.job(name)
        part.upload(f"lake/all/{name}.zip")
        (folder / f"{name}.zip").write_bytes(objects.get(session, "lake", f"all/{name}.zip"))
    declared = {"zip_file": "obs://lake/all/", "archive": str(folder)}
    assert life.up(**declared) == "create"
    assert life.id == "lake/all"
    assert imports(cloud) == 1
    assert life.up(**declared) == "same"


def test_without_a_local_archive_the_jobs_are_known_from_the_answer(
    life: Life, bundle: Bundle, session: Session
) -> None:
    bundle.upload()
    assert life.up(zip_file=ZIP_FILE) == "create"
    assert life.outputs["job_ids"].keys() == {"orders", "payments"}
    assert life.refresh()
    assert life.up(zip_file=ZIP_FILE) == "same"
    api.delete_job(session, jobs_in(session)["orders"].job_id)
    assert life.refresh()
    assert life.plan(zip_file=ZIP_FILE).paths == {"digest": "update"}
    with pytest.raises(AlreadyExists, match="names that are taken"):
        life.up(zip_file=ZIP_FILE)
    assert jobs_in(session).keys() == {"payments"}
    assert life.up(zip_file=ZIP_FILE, is_cover=True) == "update"
    assert jobs_in(session).keys() == {"orders", "payments"}
    life.destroy()
    assert jobs_in(session) == {}


def test_without_a_local_archive_a_name_that_is_taken_leaves_nothing_behind(
    life: Life, bundle: Bundle, session: Session
) -> None:
    bundle.upload()
    _made_by_hand(session, "payments")
    with pytest.raises(AlreadyExists, match="names that are taken"):
        life.up(zip_file=ZIP_FILE)
    assert jobs_in(session).keys() == {"payments"}


def test_without_a_local_archive_a_lost_answer_is_not_guessed_at(
    life: Life, bundle: Bundle, cloud: RunningCloud
) -> None:
    bundle.upload()
    cloud.fault("drop-after-commit", path=IMPORT)
    with pytest.raises(OutcomeUnknown):
        life.up(zip_file=ZIP_FILE)


def test_everything_is_read_when_only_the_place_is_known(session: Session, life: Life, bundle: Bundle) -> None:
    life.up(**bundle.arguments())
    imported = Life(FlinkJobImportProvider, session, id=ZIP_FILE)
    assert imported.refresh()
    assert imported.outputs["job_ids"] == life.outputs["job_ids"]
    found = imported.plan(**bundle.arguments()).paths
    assert not [path for path in found if path.startswith(("jobs", "zip_file"))]


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        ({"zip_file": "orders.zip"}, "zip_file"),
        ({"zip_file": "https://lake/orders.zip"}, "zip_file"),
        ({"zip_file": ZIP_FILE, "archive": "missing.zip"}, "archive"),
        ({"zip_file": ZIP_FILE, "when_running": "kill"}, "when_running"),
        ({"zip_file": ZIP_FILE, "deadline_s": 0}, "deadline_s"),
    ],
)
def test_a_mistake_is_found_before_anything_is_sent(life: Life, arguments: dict[str, Any], path: str) -> None:
    with pytest.raises(Mistaken) as found:
        life.check(**arguments)
    assert list(found.value.failures) == [path]


def _made_by_hand(session: Session, name: str) -> int:
    """Create a job as the console does, and return its id."""
    body = {"name": name, "run_mode": "exclusive_cluster", "queue_name": "default", "sql_body": "SELECT 0"}
    job_id: int = _console(session, "POST", "sql-jobs", body)["job"]["job_id"]
    return job_id


def _edit(session: Session, name: str, body: dict[str, Any]) -> None:
    _console(session, "PUT", f"sql-jobs/{jobs_in(session)[name].job_id}", body)


def _console(session: Session, method: str, path: str, body: dict[str, Any]) -> Any:
    from pulumi_dataarts.huawei.transport import Call

    call = Call("by hand", method, f"/v1.0/embedded/streaming/{path}", body=body)
    return session.service("dli", api.ERRORS).send(call).json()


@pytest.mark.parametrize(
    ("field", "value", "stands"),
    [
        ("desc", "x", ""),
        ("cu_number", 6, 2),
        ("checkpoint_enabled", True, False),
        ("checkpoint_mode", "at_least_once", "exactly_once"),
        ("smn_topic", "alarms", None),
        ("runtime_config", '{"a": "b"}', None),
        ("resume_max_num", 0, -1),
    ],
)
def test_a_setting_that_is_declared_no_longer_goes_from_the_service(
    session: Session, bundle: Bundle, field: str, value: Any, stands: Any
) -> None:
    life = Life(FlinkJobImportProvider, session)
    bundle.job("payments")
    life.up(**bundle.arguments())
    bundle.job("payments", **{field: value})
    assert life.up(**bundle.arguments()) == "update"
    assert jobs_in(session)["payments"].settings()[field] == value
    bundle.job("payments")
    assert list(life.plan(**bundle.arguments()).paths) == [f"jobs.payments.{field}"]
    assert life.up(**bundle.arguments()) == "update"
    assert jobs_in(session)["payments"].settings()[field] == stands
    life.refresh()
    assert life.up(**bundle.arguments()) == "same"


def test_tags_are_sent_when_they_change_though_the_service_never_tells_them(
    session: Session, bundle: Bundle, cloud: RunningCloud
) -> None:
    life = Life(FlinkJobImportProvider, session)
    one, other = {"key": "team", "value": "lake"}, {"key": "cost", "value": ""}
    bundle.job("orders", tags=[one, other])
    life.up(**bundle.arguments())
    bundle.job("orders", tags=[other, one])
    assert life.up(**bundle.arguments()) == "same"
    before = imports(cloud)
    bundle.job("orders", tags=[one])
    assert life.up(**bundle.arguments()) == "update"
    assert imports(cloud) == before + 1


def test_spelling_and_layout_are_no_difference(session: Session, bundle: Bundle) -> None:
    life = Life(FlinkJobImportProvider, session)
    bundle.job("orders", cu_number="4", checkpoint_enabled="true", checkpoint_mode=2, runtime_config='{"a":1,"b":2}')
    life.up(**bundle.arguments())
    bundle.job(
        "orders",
        cu_number=4,
        checkpoint_enabled=True,
        checkpoint_mode="at_least_once",
        runtime_config='{"b": 2, "a": 1}',
    )
    assert life.up(**bundle.arguments()) == "same"
    life.refresh()
    assert life.up(**bundle.arguments()) == "same"
