"""A link's life on the embedded cloud."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pulumi_dataarts.cdm import api
from pulumi_dataarts.cdm.configs import fold
from pulumi_dataarts.cdm.link import LinkProvider, secret_names
from pulumi_dataarts.cdm.wire import LinkBody
from pulumi_dataarts.errors import AlreadyExists, CloudError, Conflict, NotFound
from tests.cdm.declarations import CANARY, CLUSTER, FILES, MYSQL, changed
from tests.cdm.stack import RefusedError, Stack

if TYPE_CHECKING:
    from pulumi_dataarts.huawei.session import Session
    from pulumi_dataarts.simulator.testing import RunningCloud


@pytest.fixture
def mysql(session: Session) -> Stack:
    stack = Stack(LinkProvider, session)
    stack.up(**MYSQL)
    return stack


def sent(cloud: RunningCloud) -> list[str]:
    return [f"{served.method} {served.path.rpartition('/cdm/')[2]}" for served in cloud.requests()]


def link_beside(beside: Session, name: str = "mysql", **config: Any) -> LinkBody:
    """Return a link as somebody makes it by hand."""
    inputs = {"databaseType": "MYSQL", "host": "h", "port": "1", "username": "u", "password": "other", **config}
    return LinkBody(name=name, connector_name="generic-jdbc-connector", link_config_values=fold({"linkConfig": inputs}))


def test_creating_a_link_is_one_call(mysql: Stack, cloud: RunningCloud) -> None:
    assert mysql.id == "embedded/mysql"
    assert sent(cloud) == ["POST link"]


def test_nothing_differs_after_a_read(mysql: Stack) -> None:
    assert mysql.refresh()
    assert not mysql.diff(**MYSQL).changes
    assert mysql.up(**MYSQL) == "same"


def test_what_the_service_fills_in_is_never_a_difference(mysql: Stack) -> None:
    mysql.refresh()
    assert "fetchSize" not in mysql.outputs["config"]
    assert mysql.up(**MYSQL) == "same"


@pytest.mark.parametrize(
    ("fields", "step", "paths"),
    [
        pytest.param({"cluster_id": "other"}, "replace", {"cluster_id": "update-replace"}, id="cluster"),
        pytest.param({"connector": "x"}, "replace", {"connector": "update-replace"}, id="connector"),
        pytest.param({"name": "mysql2"}, "update", {"name": "update"}, id="rename"),
        pytest.param({"config": {"port": 3307}}, "update", {"config.port": "update"}, id="input"),
        pytest.param({"config": {"fetchSize": 5}}, "update", {"config.fetchSize": "add"}, id="new-input"),
        pytest.param({"config": {"useSSL": None}}, "update", {"config.useSSL": "delete"}, id="input-taken-out"),
        pytest.param({"secrets": {"password": "n3w-passw0rd"}}, "update", {"secrets.password": "update"}, id="secret"),
        pytest.param({"enabled": False}, "update", {"enabled": "update"}, id="enabled"),
        pytest.param({"adopt": True}, "same", {}, id="adopt"),
    ],
)
def test_each_fields_change_is_the_step_it_should_be(
    mysql: Stack, fields: dict[str, Any], step: str, paths: dict[str, str]
) -> None:
    diff = mysql.diff(**changed(MYSQL, **fields))
    assert diff.paths == paths
    assert ("replace" if diff.replaces else "update" if diff.changes else "same") == step


@pytest.mark.parametrize(
    "config",
    [
        {"port": "3306"},
        {"port": 3306.0},
        {"useSSL": "false"},
        {"linkConfig.host": MYSQL["config"]["host"]},
        {"jdbcProperties": {"socketTimeout": "600"}},
    ],
    ids=["string", "float", "boolean-as-text", "prefixed", "map"],
)
def test_another_spelling_is_no_difference(mysql: Stack, config: dict[str, Any]) -> None:
    assert mysql.up(**changed(MYSQL, config=config)) == "same"


def test_a_change_made_by_hand_is_seen_and_set_back(mysql: Stack, beside: Session) -> None:
    api.update_link(beside, CLUSTER, "mysql", link_beside(beside, port="1"))
    assert mysql.refresh()
    assert mysql.inputs["config"]["port"] == "1"
    assert "jdbcProperties" not in mysql.inputs["config"]
    assert mysql.up(**MYSQL) == "update"
    mysql.refresh()
    assert mysql.up(**MYSQL) == "same"


def test_an_update_sends_the_secrets_again_and_keeps_no_trace_of_them(mysql: Stack, cloud: RunningCloud) -> None:
    assert mysql.up(**changed(MYSQL, config={"port": 3307})) == "update"
    assert sent(cloud) == ["POST link", "PUT link/mysql"]
    assert CANARY not in json.dumps(mysql.outputs)


def test_a_rename_keeps_the_link(mysql: Stack, session: Session) -> None:
    assert mysql.up(**changed(MYSQL, name="mysql2")) == "update"
    assert api.show_link(session, CLUSTER, "mysql") is None
    assert mysql.refresh()
    assert mysql.outputs["name"] == "mysql2"
    assert mysql.up(**changed(MYSQL, name="mysql2")) == "same"
    mysql.destroy()
    assert api.show_link(session, CLUSTER, "mysql2") is None


def test_a_rename_onto_a_taken_name_is_refused_and_changes_nothing(mysql: Stack, session: Session) -> None:
    Stack(LinkProvider, session).up(**FILES)
    with pytest.raises(AlreadyExists, match=r"Cdm.0315"):
        mysql.up(**changed(MYSQL, name="files"))
    assert mysql.refresh()


def test_a_rename_that_was_cut_off_after_it_took_effect_is_finished(mysql: Stack, beside: Session) -> None:
    before = (mysql.id, mysql.inputs, mysql.outputs)
    mysql.up(**changed(MYSQL, name="mysql2"))
    mysql.id, mysql.inputs, mysql.outputs = before
    assert mysql.up(**changed(MYSQL, name="mysql2")) == "update"
    assert api.show_link(beside, CLUSTER, "mysql2") is not None


def test_deleting_twice_is_deleting_once(mysql: Stack) -> None:
    mysql.destroy()
    mysql.id = "embedded/mysql"
    mysql.destroy()
    assert not mysql.refresh()


def test_a_link_that_is_another_by_now_is_not_deleted(mysql: Stack, beside: Session, told: list[str]) -> None:
    api.delete_link(beside, CLUSTER, "mysql")
    Stack(LinkProvider, beside).up(**{**FILES, "name": "mysql"})
    mysql.destroy()
    left = api.show_link(beside, CLUSTER, "mysql")
    assert left is not None
    assert left.connector_name == "obs-connector"
    assert told == ["cdm.Link embedded/mysql: is another by now (connector differs), and is left alone; ours is gone"]


def test_a_link_in_use_is_not_deleted(orders: Stack, session: Session) -> None:
    files = Stack(LinkProvider, session)
    files.up(**FILES)
    with pytest.raises(Conflict, match=r"in use .*Cdm.0321.*\n  Delete the jobs"):
        files.destroy()


def test_a_link_that_stands_as_declared_is_taken_over_and_said(mysql: Stack, session: Session, told: list[str]) -> None:
    again = Stack(LinkProvider, session)
    assert again.up(**MYSQL) == "create"
    assert told == ["cdm.Link embedded/mysql: exists already as declared: taken over"]


def test_a_foreign_link_is_not_taken_over_in_silence(mysql: Stack, session: Session) -> None:
    with pytest.raises(AlreadyExists, match=r"differs in config.port\n  Set adopt=True"):
        Stack(LinkProvider, session).up(**changed(MYSQL, config={"port": 3307}))
    mysql.refresh()
    assert mysql.up(**MYSQL) == "same"


def test_a_foreign_link_is_changed_where_that_is_wished(mysql: Stack, session: Session) -> None:
    wished = changed(MYSQL, config={"port": 3307}, adopt=True)
    again = Stack(LinkProvider, session)
    again.up(**wished)
    again.refresh()
    assert again.up(**wished) == "same"


def test_an_adopted_link_is_sent_its_secrets_which_nobody_can_compare(
    mysql: Stack, session: Session, cloud: RunningCloud
) -> None:
    Stack(LinkProvider, session).up(**changed(MYSQL, secrets={"password": "an0ther-0ne"}))
    assert "PUT link/mysql" not in sent(cloud)
    Stack(LinkProvider, session).up(**changed(MYSQL, secrets={"password": "an0ther-0ne"}, adopt=True))
    assert sent(cloud)[-1] == "PUT link/mysql"


def test_a_link_can_be_read_by_its_id_alone(mysql: Stack, session: Session) -> None:
    mysql.outputs = {}
    mysql.refresh()
    assert mysql.outputs["config"]["host"] == "10.120.205.30"
    assert mysql.outputs["config"]["fetchSize"] == "1000"
    assert CANARY not in json.dumps(mysql.outputs)
    assert "password" not in mysql.outputs["config"]


def test_a_connection_that_fails_is_told_in_the_clusters_own_words(session: Session) -> None:
    with pytest.raises(CloudError, match=r"link mysql on cluster embedded: Failed to connect") as raised:
        Stack(LinkProvider, session).up(**changed(MYSQL, config={"host": "db.invalid"}))
    assert "security group" in raised.value.hint


def test_an_unknown_input_is_told_in_the_services_own_words_with_a_hint(session: Session) -> None:
    with pytest.raises(CloudError, match=r"linkConfig.hots.*Cdm.0089") as raised:
        Stack(LinkProvider, session).up(**changed(MYSQL, config={"hots": "h"}))
    assert "cluster's version" in raised.value.hint


def test_a_cluster_that_is_not_there_is_not_a_link_that_is_gone(session: Session) -> None:
    stack = Stack(LinkProvider, session)
    stack.id, stack.outputs = "other/mysql", {"cluster_id": "other", "name": "mysql"}
    with pytest.raises(CloudError, match=r"Cdm.0001") as raised:
        stack.refresh()
    assert not isinstance(raised.value, NotFound)


@pytest.mark.parametrize(
    ("fields", "path", "reason"),
    [
        pytest.param({"config": {"password": "x"}}, "config.password", "declare it in `secrets`", id="secret"),
        pytest.param({"config": {"linkConfig.password": "x"}}, "config.password", "declare it", id="prefixed-secret"),
        pytest.param({"secrets": {"host": "x"}}, "config.host", "in `secrets` as well", id="twice"),
        pytest.param({"config": {"columns": ["a"]}}, "config.columns", "join its members", id="list"),
        pytest.param({"name": ""}, "name", "at least 1 character", id="no-name"),
        pytest.param({"conector": "x"}, "conector", "did you mean `connector`?", id="misspelt"),
    ],
)
def test_mistakes_are_told_with_their_path(session: Session, fields: dict[str, Any], path: str, reason: str) -> None:
    with pytest.raises(RefusedError) as raised:
        Stack(LinkProvider, session).up(**changed(MYSQL, **fields))
    [told] = [text for where, text in raised.value.mistakes.items() if where == path]
    assert reason in told


@pytest.mark.parametrize(
    ("connector", "names"),
    [
        ("obs-connector", {"securityKey"}),
        ("hive-connector", {"password", "securityKey", "keytab"}),
        ("dli-connector", {"sk"}),
        ("http-connector", set()),
        ("some-new-connector", {"password", "securityKey", "keytab", "sk"}),
    ],
)
def test_each_connectors_secrets_are_known(connector: str, names: set[str]) -> None:
    assert secret_names(connector) == names


def test_a_doubtful_value_is_sent_as_it_is_and_told_once(session: Session, told: list[str]) -> None:
    stack, declared = Stack(LinkProvider, session), changed(MYSQL, config={"database": "a%b+c"})
    stack.up(**declared)
    stack.up(**changed(declared, config={"port": 1}))
    assert len(told) == 1
    assert "linkConfig.database has a `%` or a `+`" in told[0]
    stack.refresh()
    assert stack.outputs["config"]["database"] == "a%b+c"
