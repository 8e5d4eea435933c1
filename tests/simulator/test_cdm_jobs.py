"""Jobs as they travel: what create checks, what a read-back adds and hides, what an update replaces.

Source: CDM API "Creating a Job in a Specified Cluster", the pages of job operations, "Querying a Job".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.simulator.cdm_calls import (
    BASE,
    FROM_TABLE,
    OBS,
    TO_FILES,
    inputs_of,
    job,
    link,
    make_job,
    make_links,
    read_job,
    values,
)

if TYPE_CHECKING:
    import httpx


@pytest.fixture(autouse=True)
def _links(http: httpx.Client) -> None:
    make_links(http)


def create(http: httpx.Client, **fields: Any) -> tuple[int, str]:
    """Return the status and the code that a create with these fields is answered with."""
    answer = http.post(f"{BASE}/job", json=job(**fields))
    return answer.status_code, answer.json().get("errCode", "")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"name": ""}, "Cdm.0014"),
        ({"name": "all"}, "Cdm.0014"),
        ({"name": "-orders"}, "Cdm.0014"),
        ({"name": "a/b"}, "Cdm.0014"),
        ({"name": "x" * 241}, "Cdm.0014"),
        ({"job_type": "OTHER_JOB"}, "Cdm.0055"),
        ({"from-connector-name": "mysql-connector"}, "Cdm.0102"),
        ({"from-connector-name": None}, "Cdm.0018"),
        ({"from-connector-name": "dli-connector"}, "Cdm.0061"),
        ({"from-link-name": "nowhere"}, "Cdm.0101"),
        ({"from-link-name": "files"}, "Cdm.0018"),
        ({"from-config-values": values("fromJobConfig", {**FROM_TABLE, "typo": "x"})}, "Cdm.0089"),
        ({"driver-config-values": values("speedConfig", {})}, "Cdm.0089"),
        ({"to-config-values": None}, "Cdm.0018"),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(value),
)
def test_a_job_that_makes_no_sense_is_refused(http: httpx.Client, fields: dict[str, Any], code: str) -> None:
    assert create(http, **fields) == (400, code)
    assert http.get(f"{BASE}/job/all").json()["total"] == 0


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,239}", fullmatch=True).filter(lambda name: name != "all"))
def test_every_allowed_name_makes_a_job_that_can_be_read_and_deleted(http: httpx.Client, name: str) -> None:
    assert http.post(f"{BASE}/job", json=job(name)).json()["name"] == name
    assert read_job(http, name)["name"] == name
    assert http.delete(f"{BASE}/job/{name}").status_code == 200


@pytest.mark.parametrize("count", [0, 2])
def test_a_request_has_exactly_one_job(http: httpx.Client, count: int) -> None:
    refused = http.post(f"{BASE}/job", json={"jobs": job()["jobs"] * count})
    assert (refused.status_code, refused.json()["errCode"]) == (400, "Cdm.0018")


def test_missing_inputs_are_told_with_status_200_and_no_name(http: httpx.Client) -> None:
    bad = job(
        **{
            "from-config-values": values("fromJobConfig", {"useSql": "true"}),
            "to-config-values": values("toJobConfig", {**TO_FILES, "outputFormat": "XLS_FILE"}),
            "driver-config-values": values("throttlingConfig", {"numExtractors": "many"}),
        }
    )
    answer = http.post(f"{BASE}/job", json=bad)
    assert answer.status_code == 200
    assert "name" not in answer.json()
    source, destination, driver = answer.json()["validation-result"]
    assert list(source) == ["fromJobConfig.sql"]
    assert [entry["status"] for entry in destination["toJobConfig.outputFormat"]] == ["ERROR"]
    assert list(driver) == ["throttlingConfig.numExtractors"]
    assert http.get(f"{BASE}/job/orders").status_code == 400


def test_binary_files_cannot_go_into_a_table(http: httpx.Client) -> None:
    fields = {
        "from-connector-name": "obs-connector",
        "from-link-name": "files",
        "from-config-values": values(
            "fromJobConfig", {"bucketName": "b", "inputDirectory": "/in", "inputFormat": "BINARY_FILE"}
        ),
        "to-connector-name": "generic-jdbc-connector",
        "to-link-name": "mysql",
        "to-config-values": values(
            "toJobConfig", {"schemaName": "s", "tableName": "t", "tablePreparation": "DO_NOTHING"}
        ),
    }
    assert create(http, **fields) == (400, "Cdm.0062")


def test_values_is_read_as_value_and_an_object_as_no_inputs(http: httpx.Client) -> None:
    listed = [{"name": f"fromJobConfig.{name}", "values": value} for name, value in FROM_TABLE.items()]
    source = {"configs": [{"name": "fromJobConfig", "inputs": listed}]}
    make_job(
        http,
        **{
            "from-config-values": source,
            "driver-config-values": {"configs": [{"name": "jarConfig", "inputs": {}}]},
        },
    )
    assert inputs_of(read_job(http)["from-config-values"], "fromJobConfig")["tableName"]["value"] == "orders"


def test_strings_come_back_percent_encoded_and_maps_as_they_are(http: httpx.Client) -> None:
    query = "SELECT * FROM a/b WHERE day = '2024-01-04 12:00:00'"
    source = values("fromJobConfig", {"useSql": True, "sql": query})
    source["extended-configs"] = {"name": "fromJobConfig.extendedFields", "value": "e30="}
    make_job(http, **{"from-config-values": source})
    shown = read_job(http)["from-config-values"]
    assert inputs_of(shown, "fromJobConfig")["sql"]["value"] == quote(query, safe="*")
    assert inputs_of(shown, "fromJobConfig")["useSql"]["value"] == "true"
    assert shown["extended-configs"] == {"name": "fromJobConfig.extendedFields", "value": "e30="}


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40))
def test_any_text_survives_the_way_in_and_back(http: httpx.Client, text: str) -> None:
    source = values("fromJobConfig", {"useSql": "true", "sql": text})
    make_job(http, **{"from-config-values": source})
    read = inputs_of(read_job(http)["from-config-values"], "fromJobConfig")["sql"]["value"]
    http.delete(f"{BASE}/job/orders")
    assert unquote(read) == text


def test_the_server_adds_inputs_groups_and_metadata(http: httpx.Client) -> None:
    make_job(http)
    shown = read_job(http)
    source = inputs_of(shown["from-config-values"], "fromJobConfig")
    assert source["incrMigration"]["value"] == "false"
    assert "value" not in source["whereClause"]
    assert source["tableName"].keys() >= {"id", "type", "size", "mandatory", "sensitive"}
    groups = {config["name"]: config for config in shown["driver-config-values"]["configs"]}
    assert groups["jarConfig"]["inputs"] == {}
    assert inputs_of(shown["driver-config-values"], "throttlingConfig")["numExtractors"]["value"] == 1
    assert inputs_of(shown["driver-config-values"], "groupJobConfig")["groupName"]["value"] == "DEFAULT"


def test_a_list_is_simple_and_leaves_out_what_has_no_value(http: httpx.Client) -> None:
    make_job(http)
    listed = http.get(f"{BASE}/job/all").json()
    assert (listed["simple"], listed["total"], listed["page_no"], listed["page_size"]) == (True, 1, 1, 10)
    source = inputs_of(listed["jobs"][0]["from-config-values"], "fromJobConfig")
    assert source["tableName"] == {"name": "fromJobConfig.tableName", "value": "orders"}
    assert "whereClause" not in source


@pytest.mark.parametrize("query", ["page_size=9", "page_size=101", "page_no=0", "page_no=x", "jobType=OTHER"])
def test_a_list_outside_its_limits_is_refused(http: httpx.Client, query: str) -> None:
    assert http.get(f"{BASE}/job/all?{query}").status_code == 400


def test_an_update_replaces_the_whole_job_and_keeps_what_the_server_set(http: httpx.Client) -> None:
    source = values("fromJobConfig", {**FROM_TABLE, "whereClause": "id > 7"})
    make_job(http, **{"from-config-values": source})
    before = read_job(http)
    answer = http.put(f"{BASE}/job/orders", json=job(enabled=False))
    assert answer.json() == {"validation-result": [{}, {}, {}]}
    after = read_job(http)
    assert "value" not in inputs_of(after["from-config-values"], "fromJobConfig")["whereClause"]
    assert after["enabled"] is False
    kept = ("id", "creation-user", "creation-date")
    assert [after[key] for key in kept] == [before[key] for key in kept]


def test_a_rename_onto_another_job_changes_nothing(http: httpx.Client) -> None:
    make_job(http, "a")
    make_job(http, "b")
    refused = http.put(f"{BASE}/job/a", json=job("b"))
    assert (refused.status_code, refused.json()["errCode"]) == (400, "Cdm.0104")
    assert [read_job(http, name)["name"] for name in "ab"] == ["a", "b"]


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "job/gone", (400, "Cdm.0100")),
        ("GET", "job/gone/status", (400, "Cdm.0100")),
        ("PUT", "job/gone/start", (400, "Cdm.0100")),
        ("PUT", "job/gone/stop", (400, "Cdm.0100")),
        ("DELETE", "job/gone", (500, "Cdm.0100")),
        ("GET", "submissions?jname=gone", (400, "Cdm.0100")),
        ("GET", "submissions", (400, "Cdm.0238")),
    ],
)
def test_a_job_that_is_not_there(http: httpx.Client, method: str, path: str, expected: tuple[int, str]) -> None:
    answer = http.request(method, f"{BASE}/{path}")
    assert (answer.status_code, answer.json()["errCode"]) == expected


def test_an_update_of_a_job_that_is_not_there_has_the_update_s_own_code(http: httpx.Client) -> None:
    answer = http.put(f"{BASE}/job/gone", json=job("gone"))
    assert (answer.status_code, answer.json()["errCode"]) == (400, "Cdm.0319")


def test_a_job_follows_its_link_s_new_name(http: httpx.Client) -> None:
    make_job(http)
    assert http.put(f"{BASE}/link/mysql", json=link("shop")).status_code == 200
    assert read_job(http)["from-link-name"] == "shop"


def test_a_request_that_is_not_json_is_refused_in_cdm_s_own_shape(http: httpx.Client) -> None:
    answer = http.post(f"{BASE}/job", content=b"{")
    assert answer.status_code == 400
    assert answer.json().keys() == {"code", "errCode", "message", "externalMessage"}


@pytest.mark.parametrize("body", [[], "x", None, {"jobs": "x"}, {"jobs": [1]}, {"jobs": [{"name": ["x"]}]}])
def test_a_body_of_the_wrong_shape_is_refused(http: httpx.Client, body: Any) -> None:
    assert http.post(f"{BASE}/job", json=body).status_code == 400
    assert http.put(f"{BASE}/job/orders", json=body).status_code == 400


@pytest.mark.parametrize(
    ("group", "inputs", "field"),
    [
        ("from", {"columnList": "id&na%me"}, "fromJobConfig.columnList"),
        ("to", {"columnList": "a%20b"}, "toJobConfig.columnList"),
    ],
)
def test_a_columns_name_has_no_percent(http: httpx.Client, group: str, inputs: dict[str, str], field: str) -> None:
    known = {"from": FROM_TABLE, "to": TO_FILES}[group]
    body = job(**{f"{group}-config-values": values(f"{group}JobConfig", {**known, **inputs})})
    answer = http.post(f"{BASE}/job", json=body).json()
    assert "name" not in answer
    assert field in {name for found in answer["validation-result"] for name in found}


def test_fifty_paths_are_the_most(http: httpx.Client) -> None:
    http.post(f"{BASE}/link", json=link("obs", "obs-connector", **OBS))
    for count, is_made in ((50, True), (51, False)):
        inputs = {"bucketName": "b", "inputDirectory": "|".join(["/in"] * count), "inputFormat": "CSV_FILE"}
        ends = {"from-connector-name": "obs-connector", "from-link-name": "obs"}
        body = job(f"copy{count}", **ends, **{"from-config-values": values("fromJobConfig", inputs)})
        assert ("name" in http.post(f"{BASE}/job", json=body).json()) is is_made


@pytest.mark.parametrize("enabled", ["true", 1, []])
def test_enabled_is_a_flag(http: httpx.Client, enabled: object) -> None:
    body = job()
    body["jobs"][0]["enabled"] = enabled
    assert http.post(f"{BASE}/job", json=body).json()["errCode"] == "Cdm.0004"
    body = link("other")
    body["links"][0]["enabled"] = enabled
    assert http.post(f"{BASE}/link", json=body).json()["errCode"] == "Cdm.0004"
