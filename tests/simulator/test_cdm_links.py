"""Links as they travel.

Source: CDM API, the pages of links, "Link Parameter Description", "Querying a Job".
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.simulator.cdm_calls import BASE, MYSQL, OBS, inputs_of, link

if TYPE_CHECKING:
    import httpx

    from pulumi_dataarts.simulator.testing import RunningCloud


def create(http: httpx.Client, body: Any, **query: str) -> httpx.Response:
    return http.post(f"{BASE}/link", json=body, params=query)


def read(http: httpx.Client, name: str) -> Any:
    """Return a link's inputs by name."""
    [shown] = http.get(f"{BASE}/link/{name}").json()["links"]
    return inputs_of(shown["link-config-values"], "linkConfig")


def test_a_link_is_created_with_one_empty_validation_result(http: httpx.Client) -> None:
    assert create(http, link("mysql")).json() == {"name": "mysql", "validation-result": [{}]}


def test_a_read_back_link_has_coerced_numbers_defaults_and_no_secret(http: httpx.Client) -> None:
    create(http, link("mysql", **MYSQL, jdbcProperties={"useUnicode": "true"}))
    shown = read(http, "mysql")
    assert (shown["port"]["value"], shown["port"]["type"]) == (3306, "INTEGER")
    assert (shown["fetchSize"]["value"], shown["fetchSize"]["defaultValue"]) == (1000, "1000")
    assert (shown["password"]["value"], shown["password"]["sensitive"]) == ("Add password here", True)
    assert shown["jdbcProperties"]["value"] == {"useUnicode": "true"}
    assert MYSQL["password"] not in http.get(f"{BASE}/link/mysql").text


def test_an_access_key_is_returned_and_its_secret_is_not(http: httpx.Client) -> None:
    create(http, link("files", "obs-connector", **OBS))
    shown = read(http, "files")
    assert shown["accessKey"]["value"] == OBS["accessKey"]
    assert shown["securityKey"]["value"] == "Add password here"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"links": []}, "Cdm.0018"),
        ({"links": [{"connector-name": "http-connector"}]}, "Cdm.0018"),
        (link("x", "mysql-connector"), "Cdm.0102"),
        (link("x", **MYSQL, typo="y"), "Cdm.0089"),
        ({"links": [{"name": "x", "connector-name": "obs-connector"}]}, "Cdm.0018"),
    ],
)
def test_a_link_that_makes_no_sense_is_refused(http: httpx.Client, body: Any, code: str) -> None:
    answer = create(http, body)
    assert (answer.status_code, answer.json()["errCode"]) == (400, code)


def test_a_name_is_taken_once(http: httpx.Client) -> None:
    create(http, link("mysql"))
    again = create(http, link("mysql"))
    assert (again.status_code, again.json()["code"]) == (400, "Cdm.0315")


@pytest.mark.parametrize("validate", ["true", "false"])
def test_missing_parameters_are_told_with_status_500(http: httpx.Client, validate: str) -> None:
    answer = create(http, link("mysql", databaseType="MYSQL", host="h"), validate=validate)
    assert answer.status_code == 500
    [result] = answer.json()["validation-result"]
    assert set(result) == {"linkConfig.port", "linkConfig.username", "linkConfig.password"}
    assert result["linkConfig.port"][0]["status"] == "ERROR"


def test_a_server_that_cannot_be_reached_is_told_with_status_500(http: httpx.Client) -> None:
    answer = create(http, link("mysql", **{**MYSQL, "host": "db.invalid"}))
    assert answer.status_code == 500
    assert answer.json()["validation-result"][0]["linkConfig"][0]["status"] == "ERROR"
    assert http.get(f"{BASE}/link/mysql").status_code == 400


def test_a_connection_fails_when_a_fault_says_so(http: httpx.Client, cloud: RunningCloud) -> None:
    cloud.fault("task-fails", task="mysql", message="Connection refused.")
    failed = create(http, link("mysql")).json()["validation-result"][0]
    assert failed["linkConfig"][0]["message"] == "Connection refused."
    assert create(http, link("mysql")).status_code == 200


def test_the_embedded_obs_knows_its_own_keys(http: httpx.Client) -> None:
    there = {**OBS, "server": "127.0.0.1"}
    assert create(http, link("files", "obs-connector", **there)).status_code == 500
    keys = {"accessKey": "embedded", "securityKey": "embedded"}
    assert create(http, link("files", "obs-connector", **there | keys)).status_code == 200


def test_the_placeholder_keeps_the_secret_and_a_new_value_replaces_it(http: httpx.Client) -> None:
    keys = {"accessKey": "embedded", "securityKey": "embedded"}
    there = {**OBS, **keys, "server": "127.0.0.1"}
    create(http, link("files", "obs-connector", **there))
    kept = link("files", "obs-connector", **there | {"securityKey": "Add password here"})
    # It would be refused if the placeholder had been taken for the key.
    assert http.put(f"{BASE}/link/files", json=kept).json() == {"validation-result": [{}]}
    changed = link("files", "obs-connector", **there | {"securityKey": "other"})
    assert http.put(f"{BASE}/link/files", json=changed).status_code == 500


def test_a_rename_onto_another_link_changes_nothing(http: httpx.Client) -> None:
    create(http, link("a"))
    create(http, link("b"))
    refused = http.put(f"{BASE}/link/a", json=link("b"))
    assert (refused.status_code, refused.json()["errCode"]) == (400, "Cdm.0315")
    assert http.get(f"{BASE}/link/a").status_code == 200


@pytest.mark.parametrize(
    ("method", "expected"), [("GET", (400, "Cdm.0101")), ("DELETE", (500, "Cdm.0101")), ("PUT", (400, "Cdm.0316"))]
)
def test_a_link_that_is_not_there(http: httpx.Client, method: str, expected: tuple[int, str]) -> None:
    answer = http.request(method, f"{BASE}/link/gone", json=link("gone"))
    assert (answer.status_code, answer.json()["errCode"]) == expected


def test_an_http_link_needs_no_parameters(http: httpx.Client) -> None:
    assert create(http, {"links": [{"name": "web", "connector-name": "http-connector"}]}).status_code == 200


def test_a_name_with_a_slash_is_one_name(http: httpx.Client) -> None:
    create(http, link("a/b ü"))
    [shown] = http.get(f"{BASE}/link/a%2Fb%20%C3%BC").json()["links"]
    assert shown["name"] == "a/b ü"


def test_no_secret_lies_on_the_disk(http: httpx.Client, cloud: RunningCloud) -> None:
    create(http, link("mysql"))
    create(http, link("files", "obs-connector", **OBS))
    folder = Path(cloud.status.data)
    kept = b"".join(file.read_bytes() for file in folder.iterdir())
    assert b"10.120.205.30" in kept
    for secret in (MYSQL["password"], OBS["securityKey"], http.headers["X-Auth-Token"]):
        assert secret.encode() not in kept
