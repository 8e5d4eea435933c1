"""The life of a script of its own, against the embedded cloud."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pulumi_dataarts.dlf import api
from pulumi_dataarts.dlf.script import ScriptProvider
from pulumi_dataarts.errors import AlreadyExists, NotFound
from tests.lives import Life, Mistaken

if TYPE_CHECKING:
    from pulumi_dataarts.huawei.session import Session
    from pulumi_dataarts.simulator.testing import RunningCloud

FULL: dict[str, Any] = {
    "name": "orders_totals",
    "type": "DLISQL",
    "content": "select 1",
    "directory": "/orders/",
    "connection": "dli_lake",
    "database": "lake",
    "queue": "default",
    "configuration": {"spark.sql.shuffle.partitions": "8"},
    "description": "totals",
}
CHANGES = [
    pytest.param({"name": "other"}, "replace", id="name"),
    pytest.param({"type": "HiveSQL"}, "replace", id="type"),
    pytest.param({"workspace": "dev"}, "replace", id="workspace"),
    pytest.param({"content": "select 2"}, "update", id="content"),
    pytest.param({"directory": "/other"}, "update", id="directory"),
    pytest.param({"connection": "other"}, "update", id="connection"),
    pytest.param({"database": "other"}, "update", id="database"),
    pytest.param({"queue": "q"}, "update", id="queue"),
    pytest.param({"configuration": {"spark.sql.shuffle.partitions": "9"}}, "update", id="configuration"),
    pytest.param({"description": "other"}, "update", id="description"),
    pytest.param({"directory": "/orders"}, "update", id="directory without its slash"),
    pytest.param({"adopt": True}, "same", id="adopt"),
]


@pytest.fixture
def life(session: Session) -> Life:
    return Life(ScriptProvider, session)


def standing(session: Session, name: str = "orders_totals", workspace: str = "default") -> dict[str, Any]:
    return dict(api.show_script(api.workspace(session, workspace), name))


def test_a_script_is_made_once_and_then_nothing_differs(life: Life, session: Session) -> None:
    assert life.up(**FULL) == "create"
    assert life.id == "default/orders_totals"
    assert standing(session)["connectionName"] == "dli_lake"
    assert life.refresh()
    assert life.up(**FULL) == "same"


@pytest.mark.parametrize(("change", "what"), CHANGES)
def test_a_change_of_a_field_does_what_its_rule_says(life: Life, change: dict[str, Any], what: str) -> None:
    life.up(**FULL)
    assert life.up(**FULL | change) == what
    assert life.refresh()
    assert life.up(**FULL | change) == "same"


def test_what_the_service_fills_in_is_no_difference(life: Life) -> None:
    bare = {"name": "bare", "type": "Shell", "content": "true"}
    life.up(**bare)
    assert life.refresh()
    assert life.up(**bare) == "same"


def test_an_edit_in_the_console_is_found_and_set_back(life: Life, session: Session) -> None:
    life.up(**FULL)
    body = {key: value for key, value in standing(session).items() if key not in ("id", "owner", "version")}
    api.update_script(api.workspace(session, "default"), "orders_totals", {**body, "content": "drop table x"})
    assert life.refresh()
    assert life.up(**FULL) == "update"
    assert standing(session)["content"] == "select 1"


def test_a_script_that_was_deleted_by_hand_is_gone(life: Life, session: Session) -> None:
    life.up(**FULL)
    api.delete_script(api.workspace(session, "default"), "orders_totals", [])
    assert not life.refresh()
    assert life.up(**FULL) == "create"


def test_deleting_twice_does_no_harm(life: Life, session: Session) -> None:
    life.up(**FULL)
    outputs = life.outputs
    for _ in range(2):
        life.provider.delete("default/orders_totals", outputs)
    with pytest.raises(NotFound):
        standing(session)


def test_an_equal_one_is_taken_over_and_another_is_refused(life: Life, session: Session, said: list[str]) -> None:
    life.up(**FULL)
    assert Life(ScriptProvider, session).up(**FULL) == "create"
    assert any("as declared: taken over" in line for line in said)
    with pytest.raises(AlreadyExists, match="differs in content"):
        Life(ScriptProvider, session).up(**FULL | {"content": "select 3"})
    assert Life(ScriptProvider, session).up(**FULL | {"content": "select 3", "adopt": True}) == "create"
    assert standing(session)["content"] == "select 3"


def test_a_lost_answer_makes_no_second_script(life: Life, session: Session, cloud: RunningCloud) -> None:
    cloud.fault("drop-after-commit", method="POST", path="*/scripts")
    assert life.up(**FULL) == "create"
    assert len(list(api.list_scripts(api.workspace(session, "default")))) == 1


def test_mistakes_are_found_before_anything_is_sent(life: Life) -> None:
    with pytest.raises(Mistaken) as caught:
        life.up(**FULL | {"name": "no spaces"})
    assert "name" in caught.value.failures
