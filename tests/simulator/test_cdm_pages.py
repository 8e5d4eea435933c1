"""The pages' own examples: their requests are accepted as they stand, and answered in the shape they print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from pulumi_dataarts.simulator.testing import running_cloud
from tests.simulator.cdm_calls import CLUSTER, link, page
from tests.simulator.conftest import TOKEN_REQUEST

if TYPE_CHECKING:
    from collections.abc import Iterator

CREATE, START = page("cdm_create_job"), page("cdm_start_job")


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A caller of a cloud that has the pages' project and cluster, and the links that their job names."""
    project, cluster = CREATE["project_id"], CREATE["cluster_id"]
    base = f"/v1.1/{project}/clusters/{cluster}/cdm"
    scope = {"scope": {"project": {"id": project}}}
    with (
        running_cloud(tmp_path_factory.mktemp("pages"), project_id=project, clusters={cluster: "cdm-c018"}) as cloud,
        httpx.Client(base_url=cloud.api) as client,
    ):
        asked = {"auth": TOKEN_REQUEST["auth"] | scope}
        client.headers["X-Auth-Token"] = client.post("/v3/auth/tokens", json=asked).headers["X-Subject-Token"]
        css = link("css", "elasticsearch-connector", host="10.0.0.1:9200", linkType="CSS")
        dis = link("dis", "dis-connector", region="r", endpoint="https://dis", ak="AK", sk="SK", projectId=project)
        for body in (css, dis):
            assert client.post(f"{base}/link", json=body).status_code == 200
        yield client


def test_the_create_page_s_example_is_accepted_once_and_refused_the_second_time(http: httpx.Client) -> None:
    created = http.post(CREATE["path"], json=CREATE["request"])
    assert created.status_code == 200
    assert created.json().keys() >= CREATE["responses"]["200"].keys()
    assert created.json()["name"] == CREATE["request"]["jobs"][0]["name"]

    again = http.post(CREATE["path"], json=CREATE["request"])
    printed = CREATE["responses"]["400"]
    assert again.status_code == 400
    assert {key: again.json()[key] for key in ("code", "errCode", "message")} == {
        key: printed[key] for key in ("code", "errCode", "message")
    }
    # The example spells it `ternalMessage`, the table of the same page `externalMessage`.
    assert again.json()["externalMessage"] == printed["ternalMessage"]


def test_what_the_create_page_sends_is_read_back(http: httpx.Client) -> None:
    http.post(CREATE["path"], json=CREATE["request"])
    sent = CREATE["request"]["jobs"][0]
    job = http.get(f"{CREATE['path']}/{sent['name']}").json()["jobs"][0]
    plain = {key: value for key, value in sent.items() if not key.endswith("-values")}
    assert {key: job[key] for key in plain} == plain
    columns = _input(job["from-config-values"], "fromJobConfig.columnList")
    assert columns == "array_f1_int%3Along%26array_f2_text%3Astring%26array_f3_object%3Anested"


def test_the_start_page_s_example_is_accepted_and_answered_with_its_fields(http: httpx.Client) -> None:
    sent = CREATE["request"]["jobs"][0] | {"name": "jdbc2hive"}
    http.post(CREATE["path"], json={"jobs": [sent]})
    started = http.put(START["path"], json=START["request"])
    assert started.status_code == 200
    [submission], [printed] = started.json()["submissions"], START["responses"]["200"]["submissions"]
    assert submission.keys() >= printed.keys()
    assert submission["job-name"] == printed["job-name"]
    assert submission["status"] == printed["status"]
    # The page's table says Long, its example has a string; the table is followed.
    assert isinstance(submission["creation-date"], int)


def test_another_project_s_path_is_refused(http: httpx.Client) -> None:
    path = CREATE["path"].replace(CREATE["project_id"], "other")
    refused = http.post(path, json=CREATE["request"])
    assert (refused.status_code, refused.json()["error_code"]) == (401, "APIGW.0307")


def test_another_cluster_s_path_is_refused(http: httpx.Client) -> None:
    refused = http.post(CREATE["path"].replace(CREATE["cluster_id"], CLUSTER), json=CREATE["request"])
    assert (refused.status_code, refused.json()["errCode"]) == (400, "Cdm.0001")


def _input(config_values: Any, name: str) -> Any:
    inputs = [item for config in config_values["configs"] for item in config["inputs"] or []]
    return next(item["value"] for item in inputs if item["name"] == name)
