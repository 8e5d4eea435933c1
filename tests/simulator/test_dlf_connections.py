"""Connections of DataArts Factory by the one official SDK that has them, and what travels by plain HTTP.

Source: DataArts Factory API, the pages of scripts, resources and connections.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.simulator import sdk
from tests.simulator.sdk import dlf

HOST = {"ip": "10.0.0.5", "port": "22", "userName": "etl", "password": "canary-5up3r", "agentName": "agent"}
MASKED = {**HOST, "password": "*"}


@pytest.fixture(autouse=True)
def stopped_clock(cloud: Any) -> None:
    cloud.freeze()


@pytest.fixture
def client(cloud: Any) -> Any:
    return sdk.connections(cloud)


def connection(name: str = "edge", **more: Any) -> Any:
    return dlf.ConnectionInfo(**{"name": name, "type": "HOST", "config": HOST, "description": "", **more})


def create(client: Any, body: Any, **headers: str) -> Any:
    return client.create_connection(dlf.CreateConnectionRequest(body=body, **headers))


def show(client: Any, name: str = "edge", **headers: str) -> Any:
    return client.show_connection(dlf.ShowConnectionRequest(connection_name=name, **headers))


def update(client: Any, body: Any, name: str = "edge") -> Any:
    return client.update_connection(dlf.UpdateConnectionRequest(connection_name=name, body=body))


def names(client: Any) -> list[str]:
    return [found.name for found in client.list_connections(dlf.ListConnectionsRequest()).connections]


def test_a_created_connection_is_read_back_with_its_secret_masked(client: Any) -> None:
    assert create(client, connection(description="edge node")).status_code == 204
    read = show(client)
    assert (read.name, read.type, read.config, read.description) == ("edge", "HOST", MASKED, "edge node")


def test_a_secret_is_nowhere_on_the_disk(client: Any, cloud: Any) -> None:
    create(client, connection())
    update(client, connection(description="changed"))
    files = [file for file in Path(cloud.status.data).glob("cloud.sqlite*") if file.is_file()]
    assert files
    assert not [file for file in files if b"canary-5up3r" in file.read_bytes()]


def test_connections_are_listed_a_page_at_a_time(client: Any, cloud: Any) -> None:
    for number in range(12):
        create(client, connection(f"c{number:02}"))
    first = client.list_connections(dlf.ListConnectionsRequest())
    assert (first.total, len(first.connections)) == (12, 10)
    second = sdk.call(cloud, "GET", "/v1/embedded/connections?limit=10&offset=1").json()
    assert [found["name"] for found in second["connections"]] == ["c10", "c11"]


def test_an_update_replaces_a_connection(client: Any) -> None:
    create(client, connection())
    assert update(client, connection(config={"ip": "10.0.0.6"})).status_code == 204
    assert show(client).config == {"ip": "10.0.0.6"}


def test_a_deleted_connection_is_gone(client: Any) -> None:
    create(client, connection())
    request = dlf.DeleteConnctionRequest(connection_name="edge")
    assert client.delete_connction(request).status_code == 204
    assert sdk.refusal(client.delete_connction, request) == (400, "DLF.6322")
    assert names(client) == []


def test_a_connection_lives_in_one_workspace(client: Any) -> None:
    create(client, connection(), workspace="dev")
    assert show(client, workspace="dev").name == "edge"
    request = dlf.ShowConnectionRequest(connection_name="edge")
    assert sdk.refusal(client.show_connection, request) == (400, "DLF.6322")


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"name": ""}, "DLF.3051"),
        ({"name": "../x"}, "DLF.3051"),
        ({"name": "n" * 101}, "DLF.3051"),
        ({"type": "ORACLE"}, "DLF.3051"),
        ({"config": ["ip"]}, "DLF.3051"),
        ({"type": "DWS", "config": {}}, "DLF.6418"),
        ({"description": "x" * 256}, "DLF.3050"),
    ],
)
def test_a_faulty_connection_is_refused(cloud: Any, more: dict[str, Any], code: str) -> None:
    body = {"name": "edge", "type": "HOST", "config": HOST} | more
    answer = sdk.call(cloud, "POST", "/v1/embedded/connections", body)
    assert (answer.status_code, answer.json()["error_code"]) == (400, code)


def test_names_types_and_the_one_dli_connection_are_kept_apart(client: Any) -> None:
    create(client, connection())
    again = dlf.CreateConnectionRequest(body=connection())
    assert sdk.refusal(client.create_connection, again) == (400, "DLF.6309")
    other = dlf.UpdateConnectionRequest(connection_name="edge", body=connection(type="RDS"))
    assert sdk.refusal(client.update_connection, other) == (400, "DLF.6323")
    renamed = dlf.UpdateConnectionRequest(connection_name="edge", body=connection("other"))
    assert sdk.refusal(client.update_connection, renamed) == (400, "DLF.3051")
    create(client, connection("queue", type="DLI", config={}))
    second = dlf.CreateConnectionRequest(body=connection("queue2", type="DLI", config={}))
    assert sdk.refusal(client.create_connection, second) == (400, "DLF.6271")


def exported(client: Any) -> Any:
    return client.export_connections(dlf.ExportConnectionsRequest()).raw_content


def imported(client: Any, cloud: Any, content: bytes, **more: Any) -> Any:
    sdk.put_object(cloud, "bundles", "all.zip", content)
    body = dlf.ImportConnectionReq(path="obs://bundles/all.zip", **more)
    task = client.import_connections(dlf.ImportConnectionsRequest(body=body)).task_id
    cloud.advance(1)
    return sdk.call(cloud, "GET", f"/v1/embedded/system-tasks/{task}").json()


def test_an_export_holds_every_connection_and_no_secret(client: Any) -> None:
    create(client, connection())
    create(client, connection("tables", type="CloudTable", config={"clusterName": "c"}))
    entries = sdk.unzipped(exported(client))
    assert list(entries) == ["connections/edge.conn", "connections/tables.conn"]
    assert entries["connections/edge.conn"]["config"] == MASKED


def test_an_export_can_be_imported_again_with_other_settings(client: Any, cloud: Any) -> None:
    create(client, connection())
    content = exported(client)
    client.delete_connction(dlf.DeleteConnctionRequest(connection_name="edge"))
    given = [dlf.ConnectionParam(name="edge", connection_type="HOST", params={"ip": "10.9.9.9", "password": "canary"})]
    task = imported(client, cloud, content, params=given)
    assert (task["status"], task["subtasks"][0]["name"]) == ("SUCCESSFUL", "Import the edge connection.")
    assert show(client).config == {**MASKED, "ip": "10.9.9.9"}


@pytest.mark.parametrize(("policy", "ip"), [("SKIP", "10.0.0.5"), ("OVERWRITE", "10.7.7.7"), (None, "10.0.0.5")])
def test_a_connection_of_the_same_name(client: Any, cloud: Any, policy: str | None, ip: str) -> None:
    create(client, connection())
    content = sdk.zipped({"connections/edge.conn": {"type": "HOST", "config": {"ip": "10.7.7.7"}}})
    assert imported(client, cloud, content, same_name_policy=policy)["status"] == "SUCCESSFUL"
    assert show(client).config["ip"] == ip


def test_one_faulty_connection_fails_alone(client: Any, cloud: Any) -> None:
    create(client, connection("old"))
    good, bad = {"type": "HOST", "config": {}}, {"type": "ORACLE"}
    entries = {"connections/good.conn": good, "connections/bad.conn": bad, "connections/old.conn": {"type": "RDS"}}
    task = imported(client, cloud, sdk.zipped(entries), same_name_policy="OVERWRITE")
    assert [subtask["status"] for subtask in task["subtasks"]] == ["SUCCESSFUL", "FAILED", "FAILED"]
    assert names(client) == ["old", "good"]


@pytest.mark.parametrize(
    "entries", [{}, {"connections/a.conn": b"{"}, {"connections/a.conn": []}, {"elsewhere/a.conn": {"type": "HOST"}}]
)
def test_a_file_that_is_no_export_fails_the_task(client: Any, cloud: Any, entries: dict[str, Any]) -> None:
    task = imported(client, cloud, sdk.zipped(entries))
    assert (task["status"], task["subtasks"]) == ("FAILED", [])
    assert "obs://bundles/all.zip" in task["message"]


def test_an_import_of_nothing_is_refused(client: Any) -> None:
    body = dlf.ImportConnectionReq(path="obs://gone/all.zip")
    request = dlf.ImportConnectionsRequest(body=body)
    assert sdk.refusal(client.import_connections, request) == (400, "DLF.0815")
