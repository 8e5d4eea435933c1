"""A job's life on the embedded cloud."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pulumi_dataarts.cdm import api
from pulumi_dataarts.cdm.job import JobProvider
from pulumi_dataarts.cdm.link import LinkProvider
from pulumi_dataarts.errors import AlreadyExists, CloudError, Conflict, NotFound
from tests.cdm.declarations import CLUSTER, ORDERS, changed
from tests.cdm.stack import RefusedError, Stack

if TYPE_CHECKING:
    from pulumi_dataarts.cdm.wire import JobBody
    from pulumi_dataarts.huawei.session import Session
    from pulumi_dataarts.simulator.testing import RunningCloud


def sent(cloud: RunningCloud) -> list[str]:
    calls = [f"{served.method} {served.path.rpartition('/cdm/')[2]}" for served in cloud.requests()]
    return [call for call in calls if "link" not in call]


def job_beside(beside: Session, name: str = "orders") -> JobBody:
    """Return a job as it stands."""
    job = api.show_job(beside, CLUSTER, name, api.NORMAL)
    assert job is not None
    return job


def edit(beside: Session, **fields: Any) -> None:
    """Change the job by hand."""
    Stack(JobProvider, beside).up(**changed(ORDERS, **fields, adopt=True))


def status(session: Session) -> str:
    last = api.show_job_status(session, CLUSTER, "orders")
    return last.status if last else "NEW"


def test_creating_a_job_is_one_call_and_does_not_start_it(orders: Stack, cloud: RunningCloud, beside: Session) -> None:
    assert orders.id == "embedded/orders"
    assert sent(cloud) == ["POST job"]
    assert status(beside) == "NEW"


def test_changing_a_job_does_not_start_it(orders: Stack, cloud: RunningCloud, beside: Session) -> None:
    assert orders.up(**changed(ORDERS, from_config={"tableName": "returns"})) == "update"
    assert sent(cloud) == ["POST job", "GET job/orders", "PUT job/orders"]
    assert status(beside) == "NEW"


def test_nothing_differs_after_a_read(orders: Stack) -> None:
    assert orders.refresh()
    assert not orders.diff(**ORDERS).changes
    assert orders.up(**ORDERS) == "same"


def test_what_the_service_fills_in_is_never_a_difference(orders: Stack) -> None:
    """The inputs that the service adds, and the groups, made the peer's plans differ for ever."""
    orders.refresh()
    assert orders.outputs["driver_config"] == {"throttlingConfig": {"numExtractors": "2"}}
    assert "incrMigration" not in orders.outputs["from_config"]
    assert orders.up(**ORDERS) == "same"


def test_an_empty_group_is_no_difference(links: None, session: Session) -> None:
    declared = changed(ORDERS, driver_config={"jarConfig": {}, "transformConfig": {}})
    stack = Stack(JobProvider, session)
    stack.up(**declared)
    stack.refresh()
    assert stack.up(**declared) == "same"


@pytest.mark.parametrize(
    ("fields", "step", "paths"),
    [
        pytest.param({"cluster_id": "c2"}, "replace", {"cluster_id": "update-replace"}, id="cluster"),
        pytest.param({"job_type": "BATCH_JOB"}, "replace", {"job_type": "update-replace"}, id="type"),
        pytest.param({"from_connector": "x"}, "replace", {"from_connector": "update-replace"}, id="from-connector"),
        pytest.param({"from_link": "x"}, "replace", {"from_link": "update-replace"}, id="from-link"),
        pytest.param({"from_link": None}, "replace", {"from_link": "delete-replace"}, id="from-link-taken-out"),
        pytest.param({"to_connector": "x"}, "replace", {"to_connector": "update-replace"}, id="to-connector"),
        pytest.param({"to_link": "x"}, "replace", {"to_link": "update-replace"}, id="to-link"),
        pytest.param({"name": "orders2"}, "update", {"name": "update"}, id="rename"),
        pytest.param({"from_config": {"sql": "x"}}, "update", {"from_config.sql": "add"}, id="from-input"),
        pytest.param(
            {"to_config": {"outputDirectory": "/x/"}}, "update", {"to_config.outputDirectory": "update"}, id="to-input"
        ),
        pytest.param(
            {"driver_config": {"throttlingConfig": {"numExtractors": 4}}},
            "update",
            {"driver_config.throttlingConfig.numExtractors": "update"},
            id="driver-input",
        ),
        pytest.param(
            {"driver_config": {"throttlingConfig": None}},
            "update",
            {"driver_config.throttlingConfig": "delete"},
            id="driver-group-taken-out",
        ),
        pytest.param({"from_secrets": {"dek": "k" * 8}}, "update", {"from_secrets.dek": "add"}, id="from-secret"),
        pytest.param({"to_secrets": {"dek": "k" * 8}}, "update", {"to_secrets.dek": "add"}, id="to-secret"),
        pytest.param({"enabled": False}, "update", {"enabled": "add"}, id="enabled"),
        pytest.param({"when_running": "stop"}, "update", {"when_running": "update"}, id="when-running"),
        pytest.param({"deadline_s": 60}, "update", {"deadline_s": "update"}, id="deadline"),
        pytest.param({"adopt": True}, "same", {}, id="adopt"),
    ],
)
def test_each_fields_change_is_the_step_it_should_be(
    orders: Stack, fields: dict[str, Any], step: str, paths: dict[str, str]
) -> None:
    diff = orders.diff(**changed(ORDERS, **fields))
    assert diff.paths == paths
    assert ("replace" if diff.replaces else "update" if diff.changes else "same") == step


def test_local_fields_are_recorded_without_a_call(orders: Stack, cloud: RunningCloud) -> None:
    assert orders.up(**changed(ORDERS, when_running="wait", deadline_s=60)) == "update"
    assert sent(cloud) == ["POST job"]
    assert (orders.outputs["when_running"], orders.outputs["deadline_s"]) == ("wait", 60)


def test_a_change_made_by_hand_is_seen_and_set_back(orders: Stack, beside: Session) -> None:
    edit(beside, from_config={"tableName": "other"})
    orders.refresh()
    assert orders.inputs["from_config"]["tableName"] == "other"
    assert orders.up(**ORDERS) == "update"
    orders.refresh()
    assert orders.up(**ORDERS) == "same"


def test_a_job_disabled_by_hand_is_seen_only_where_that_was_declared(orders: Stack, beside: Session) -> None:
    edit(beside, enabled=False)
    orders.refresh()
    assert orders.up(**ORDERS) == "same"
    assert orders.up(**changed(ORDERS, enabled=True)) == "update"
    edit(beside, enabled=False)
    orders.refresh()
    assert orders.diff(**changed(ORDERS, enabled=True)).paths == {"enabled": "update"}


def test_a_job_that_was_deleted_by_hand_is_gone(orders: Stack, beside: Session) -> None:
    api.delete_job(beside, CLUSTER, "orders")
    assert not orders.refresh()
    assert orders.up(**ORDERS) == "create"


def test_a_job_with_another_connector_is_made_anew_under_its_name(orders: Stack, beside: Session) -> None:
    """The old one goes first: its name is the new one's."""
    wished = changed(
        ORDERS, from_link="mysql", from_config=None, to_link="mysql", to_connector="generic-jdbc-connector"
    )
    wished["from_config"] = ORDERS["from_config"]
    wished["to_config"] = {"schemaName": "s", "tableName": "t", "tablePreparation": "DO_NOTHING"}
    assert orders.up(**wished) == "replace"
    assert job_beside(beside).to_connector_name == "generic-jdbc-connector"


def test_a_rename_keeps_the_job_and_its_history(orders: Stack, session: Session, beside: Session) -> None:
    """The peer called `start` under the old name after a rename, and lost the job."""
    assert orders.up(**changed(ORDERS, name="orders2")) == "update"
    assert api.show_job(beside, CLUSTER, "orders", api.NORMAL) is None
    assert orders.refresh()
    assert orders.outputs["name"] == "orders2"
    assert orders.up(**changed(ORDERS, name="orders2")) == "same"
    orders.destroy()
    assert api.show_job(beside, CLUSTER, "orders2", api.NORMAL) is None


def test_a_rename_that_was_cut_off_after_it_took_effect_is_finished(orders: Stack) -> None:
    before = (orders.id, orders.inputs, orders.outputs)
    orders.up(**changed(ORDERS, name="orders2"))
    orders.id, orders.inputs, orders.outputs = before
    assert orders.up(**changed(ORDERS, name="orders2")) == "update"
    assert orders.refresh()


def test_an_update_of_a_job_that_is_gone_says_so(orders: Stack, beside: Session) -> None:
    api.delete_job(beside, CLUSTER, "orders")
    with pytest.raises(NotFound, match="Cdm.0319"):
        orders.up(**changed(ORDERS, from_config={"tableName": "x"}))


def test_deleting_twice_is_deleting_once(orders: Stack, cloud: RunningCloud) -> None:
    orders.destroy()
    orders.id = "embedded/orders"
    orders.destroy()
    assert not orders.refresh()


def test_a_job_that_stands_as_declared_is_taken_over_and_said(orders: Stack, session: Session, told: list[str]) -> None:
    assert Stack(JobProvider, session).up(**ORDERS) == "create"
    assert told == ["cdm.Job embedded/orders: exists already as declared: taken over"]


def test_a_foreign_job_is_not_taken_over_in_silence(orders: Stack, session: Session) -> None:
    with pytest.raises(AlreadyExists, match=r"differs in from_config.tableName"):
        Stack(JobProvider, session).up(**changed(ORDERS, from_config={"tableName": "x"}))
    orders.refresh()
    assert orders.up(**ORDERS) == "same"


def test_a_foreign_job_is_changed_where_that_is_wished(orders: Stack, session: Session) -> None:
    wished = changed(ORDERS, from_config={"tableName": "x"}, adopt=True)
    again = Stack(JobProvider, session)
    again.up(**wished)
    again.refresh()
    assert again.up(**wished) == "same"


def test_an_adopted_job_is_sent_its_secrets_which_nobody_can_compare(
    links: None, session: Session, cloud: RunningCloud
) -> None:
    lake = {"cluster_id": CLUSTER, "name": "lake", "connector": "hdfs-connector", "config": {"hadoopType": "MRS"}}
    Stack(LinkProvider, session).up(**lake)
    hdfs = {"inputDirectory": "/in", "inputFormat": "CSV_FILE", "decryption": "AES-256-GCM"}
    declared = {
        **ORDERS,
        "from_connector": "hdfs-connector",
        "from_link": "lake",
        "from_config": hdfs,
        "from_secrets": {"dek": "5ecret-key"},
    }
    Stack(JobProvider, session).up(**declared)
    Stack(JobProvider, session).up(**changed(declared, adopt=True))
    assert sent(cloud)[-3:] == ["POST job", "GET job/orders", "PUT job/orders"]


@pytest.mark.parametrize("job_type", ["BATCH_JOB", "SCENARIO_JOB"])
def test_jobs_of_other_types_are_found_again(links: None, session: Session, job_type: str) -> None:
    stack, declared = Stack(JobProvider, session), changed(ORDERS, job_type=job_type)
    stack.up(**declared)
    assert stack.refresh()
    assert stack.up(**declared) == "same"
    stack.outputs = {}
    assert stack.refresh()
    assert stack.outputs["job_type"] == job_type


def test_a_running_job_is_left_alone(orders: Stack, beside: Session) -> None:
    api.start_job(beside, CLUSTER, "orders", {})
    with pytest.raises(Conflict, match=r'job orders on cluster embedded is BOOTING .*\n.*when_running="wait"'):
        orders.up(**changed(ORDERS, from_config={"tableName": "x"}))
    with pytest.raises(Conflict):
        orders.destroy()
    assert status(beside) in ("BOOTING", "RUNNING")


@pytest.mark.parametrize(("policy", "ended"), [("stop", "FAILED"), ("wait", "SUCCEEDED")])
def test_a_running_job_is_stopped_or_waited_for_where_that_is_declared(
    orders: Stack, beside: Session, policy: str, ended: str
) -> None:
    wished = changed(ORDERS, from_config={"tableName": "x"}, when_running=policy)
    api.start_job(beside, CLUSTER, "orders", {})
    assert orders.up(**wished) == "update"
    assert status(beside) == ended
    api.start_job(beside, CLUSTER, "orders", {})
    orders.destroy()
    assert api.show_job(beside, CLUSTER, "orders", api.NORMAL) is None


def test_the_plan_says_that_a_running_job_is_stopped(orders: Stack) -> None:
    edited = changed(ORDERS, from_config={"tableName": "x"})
    assert orders.diff(**edited).effects == []
    assert orders.diff(**changed(edited, when_running="stop")).effects == ["stops a running job: orders"]
    assert orders.diff(**changed(ORDERS, when_running="stop")).effects == []


def test_wrong_inputs_are_told_all_together_though_the_service_answers_200(links: None, session: Session) -> None:
    wrong = changed(ORDERS, from_config={"useSql": "maybe"}, to_config={"outputFormat": "XML", "bucketName": None})
    with pytest.raises(CloudError) as raised:
        Stack(JobProvider, session).up(**wrong)
    text = str(raised.value)
    assert "toJobConfig.bucketName must be specified" in text
    assert "toJobConfig.outputFormat must be one of CSV_FILE, BINARY_FILE" in text
    assert api.show_job(session, CLUSTER, "orders", api.NORMAL) is None


def test_wrong_inputs_in_an_update_change_nothing(orders: Stack) -> None:
    with pytest.raises(CloudError, match=r"must be one of CSV_FILE"):
        orders.up(**changed(ORDERS, to_config={"outputFormat": "XML"}))
    orders.refresh()
    assert orders.up(**ORDERS) == "same"


@pytest.mark.parametrize(
    ("fields", "path", "reason"),
    [
        pytest.param({"name": "all"}, "name", "could not be read", id="reserved"),
        pytest.param({"name": ""}, "name", "at least 1 character", id="empty"),
        pytest.param({"name": "x" * 241}, "name", "at most 240 characters", id="long"),
        pytest.param({"name": "-x"}, "name", "not begin with", id="first-character"),
        pytest.param({"name": "a/b"}, "name", "letters, digits", id="slash"),
        pytest.param({"job_type": "NORMAL"}, "job_type", "NORMAL_JOB", id="type"),
        pytest.param(
            {"driver_config": {"schedulerConfig": {"schedulerConfig.disposableType": "DELETE"}}},
            "driver_config.schedulerConfig.disposableType",
            "lets the service delete the job",
            id="disposable",
        ),
        pytest.param({"to_config": {"dek": "k"}}, "to_config.dek", "declare it in `to_secrets`", id="secret"),
        pytest.param({"from_config": {"columnList": ["a"]}}, "from_config.columnList", "join its members", id="list"),
        pytest.param(
            {"driver_config": {"throttlingConfig": 4}}, "driver_config.throttlingConfig", "must be a map", id="group"
        ),
        pytest.param({"when_running": "kill"}, "when_running", "'fail', 'stop' or 'wait'", id="policy"),
        pytest.param({"deadline_s": 0}, "deadline_s", "greater than 0", id="deadline"),
    ],
)
def test_mistakes_are_told_with_their_path(session: Session, fields: dict[str, Any], path: str, reason: str) -> None:
    with pytest.raises(RefusedError) as raised:
        Stack(JobProvider, session).up(**changed(ORDERS, **fields))
    assert list(raised.value.mistakes) == [path]
    assert reason in raised.value.mistakes[path]


def test_all_mistakes_are_told_at_once(session: Session) -> None:
    with pytest.raises(RefusedError) as raised:
        Stack(JobProvider, session).up(name="", job_type="x", from_connector="a", to_connector="b", to_link="c")
    assert set(raised.value.mistakes) == {"cluster_id", "name", "job_type"}


@pytest.mark.parametrize("name", ["a", "x" * 240, "orders-2024_v1.2", "заказы"])
def test_names_within_the_rules_pass(session: Session, name: str) -> None:
    assert Stack(JobProvider, session).checked(changed(ORDERS, name=name))["name"] == name


def test_a_job_that_is_another_by_now_is_not_deleted(orders: Stack, beside: Session, told: list[str]) -> None:
    """Somebody removed ours, and made one of that name between other connectors."""
    api.delete_job(beside, CLUSTER, "orders")
    other = {"from_connector": "obs-connector", "from_link": "files"}
    source = {"bucketName": "landing", "inputDirectory": "/old/", "inputFormat": "CSV_FILE"}
    Stack(JobProvider, beside).up(**{**ORDERS, **other, "from_config": source})
    orders.destroy()
    assert job_beside(beside).from_connector_name == "obs-connector"
    assert told[-1].endswith("is another by now (from_connector differs), and is left alone; ours is gone")


def test_a_job_that_was_only_edited_is_deleted(orders: Stack, beside: Session) -> None:
    edit(beside, from_config={"tableName": "returns"})
    orders.destroy()
    assert api.show_job(beside, CLUSTER, "orders", api.NORMAL) is None
