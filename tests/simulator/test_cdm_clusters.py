"""Clusters side by side, made and ended, stopped and started, by the official SDK and by the admin calls.

Source: CDM API "Querying the Cluster List"; that a cluster which does not run is the gateway's 502 is inferred.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from pulumi_dataarts.simulator.testing import running_cloud
from tests.simulator.cdm_calls import BASE, OBS, cdm, client, errors, job, link, make_job, make_links
from tests.simulator.conftest import TOKEN_REQUEST

if TYPE_CHECKING:
    from pathlib import Path

    from pulumi_dataarts.simulator.testing import RunningCloud


@pytest.fixture
def sdk(cloud: RunningCloud) -> Any:
    cloud.freeze()
    return client(cloud)


def create(sdk: Any, name: str) -> str:
    body = cdm.CdmCreateClusterReq(cluster=cdm.CdmCreateClusterReqCluster(name=name))
    cluster_id: str = sdk.create_cluster(cdm.CreateClusterRequest(body=body, x_language="en-us")).id
    return cluster_id


def status(sdk: Any, cluster_id: str = "embedded") -> str:
    found: str = sdk.show_cluster_detail(cdm.ShowClusterDetailRequest(cluster_id=cluster_id)).status
    return found


def refused(act: Any, request: Any) -> int:
    with pytest.raises(errors.SdkException) as refusal:
        act(request)
    code: int = refusal.value.status_code
    return code


def test_a_cluster_is_created_comes_up_and_is_listed(sdk: Any, cloud: RunningCloud) -> None:
    created = create(sdk, "cdm-staging")
    assert status(sdk, created) == "100"
    cloud.advance(1)
    assert status(sdk, created) == "200"
    listed = sdk.list_clusters(cdm.ListClustersRequest()).clusters
    assert [(found.id, found.name) for found in listed] == [("embedded", "cdm-embedded"), (created, "cdm-staging")]


def test_a_deleted_cluster_takes_its_links_and_jobs_along(sdk: Any, http: httpx.Client, cloud: RunningCloud) -> None:
    add(cloud, "short")
    make_links(http)
    base = "/v1.1/embedded/clusters/short/cdm"
    cloud.advance(1)
    http.post(f"{base}/link", json=link("mysql"))
    sdk.delete_cluster(cdm.DeleteClusterRequest(cluster_id="short", body=cdm.CdmDeleteClusterReq()))
    assert http.get(f"{base}/link/mysql").json()["errCode"] == "Cdm.0001"
    add(cloud, "short")
    cloud.advance(1)
    assert http.get(f"{base}/link/mysql").json()["errCode"] == "Cdm.0101"
    assert http.get(f"{BASE}/link/mysql").status_code == 200


def test_a_cluster_of_the_settings_stays(sdk: Any) -> None:
    request = cdm.DeleteClusterRequest(cluster_id="embedded", body=cdm.CdmDeleteClusterReq())
    assert refused(sdk.delete_cluster, request) == 400
    assert status(sdk) == "200"


def test_a_stopped_cluster_refuses_calls_until_it_is_started(sdk: Any, cloud: RunningCloud) -> None:
    stop = cdm.StopClusterRequest(
        cluster_id="embedded", body=cdm.CdmStopClusterReq(stop=cdm.CdmStopClusterReqStop(stop_mode="IMMEDIATELY"))
    )
    sdk.stop_cluster(stop)
    list_jobs = cdm.ShowJobsRequest(cluster_id="embedded", job_name="all")
    for expected in ("910", "900"):
        assert status(sdk) == expected
        assert refused(sdk.show_jobs, list_jobs) == 502
        cloud.advance(1)
    sdk.start_cluster(cdm.StartClusterRequest(cluster_id="embedded", body=cdm.CdmStartClusterReq(start={})))
    assert status(sdk) == "920"
    cloud.advance(1)
    assert status(sdk) == "200"
    assert sdk.show_jobs(list_jobs).total == 0


def test_a_restarting_cluster_refuses_calls_for_a_while(sdk: Any, http: httpx.Client, cloud: RunningCloud) -> None:
    cloud.freeze()
    restart = cdm.CdmRestartClusterReq(restart=cdm.CdmRestartClusterReqRestart())
    sdk.restart_cluster(cdm.RestartClusterRequest(cluster_id="embedded", body=restart))
    answer = http.post(f"{BASE}/link", json=link("mysql"))
    assert (answer.status_code, answer.json()["error_code"]) == (502, "APIGW.0610")
    cloud.advance(1)
    assert http.post(f"{BASE}/link", json=link("mysql")).status_code == 200


def test_a_random_cluster_is_one_that_runs(http: httpx.Client, sdk: Any, cloud: RunningCloud) -> None:
    add(cloud, "idle")
    http.post("/v1.1/embedded/clusters/idle/action", json={"stop": {}})
    make_links(http)
    body = job("once") | {"clusters": ["idle", "embedded"]}
    assert http.post("/v1.1/embedded/clusters/job", json=body).status_code == 200
    assert http.get(f"{BASE}/job/once").status_code == 200


@pytest.mark.parametrize("body", [{}, {"start": {}, "stop": {}}, [], {"resize": {}}])
def test_an_action_that_is_none_is_refused(http: httpx.Client, body: Any) -> None:
    answer = http.post("/v1.1/embedded/clusters/embedded/action", json=body)
    assert (answer.status_code, answer.json()["errCode"]) == (400, "Cdm.0018")


def add(cloud: RunningCloud, cluster_id: str, **more: str) -> httpx.Response:
    return httpx.post(f"{cloud.api}/_embedded/clusters", json={"id": cluster_id, **more})


def test_three_environments_have_the_same_names_side_by_side(http: httpx.Client, cloud: RunningCloud) -> None:
    for cluster_id in ("staging", "prod"):
        assert add(cloud, cluster_id).status_code == 201
    cloud.advance(1)
    for cluster_id, user in (("embedded", "a"), ("staging", "b"), ("prod", "c")):
        base = f"/v1.1/embedded/clusters/{cluster_id}/cdm"
        settings = OBS | {"accessKey": user}
        assert http.post(f"{base}/link", json=link("files", "obs-connector", **settings)).status_code == 200
    for cluster_id, user in (("embedded", "a"), ("staging", "b"), ("prod", "c")):
        read = http.get(f"/v1.1/embedded/clusters/{cluster_id}/cdm/link/files").text
        assert f'"value":"{user}"' in read


def test_clusters_are_listed_and_removed_by_admin_calls(http: httpx.Client, cloud: RunningCloud) -> None:
    url = f"{cloud.api}/_embedded/clusters"
    add(cloud, "staging", name="cdm-s")
    assert httpx.get(url).json() == {"clusters": {"embedded": "cdm-embedded", "staging": "cdm-s"}}
    assert add(cloud, "staging").status_code == 400
    assert add(cloud, "../x").status_code == 400
    assert httpx.delete(f"{url}/staging").status_code == 204
    assert httpx.delete(f"{url}/embedded").status_code == 400
    assert list(httpx.get(url).json()["clusters"]) == ["embedded"]


def test_clusters_of_a_setting_are_there_from_the_start(tmp_path: Path) -> None:
    with running_cloud(tmp_path, clusters={"staging": "cdm-s", "prod": "cdm-p"}) as cloud:
        token = httpx.post(f"{cloud.api}/v3/auth/tokens", json=TOKEN_REQUEST).headers["X-Subject-Token"]
        listed = httpx.get(f"{cloud.api}/v1.1/embedded/clusters", headers={"X-Auth-Token": token}).json()
    assert [(found["id"], found["name"]) for found in listed["clusters"]] == [("staging", "cdm-s"), ("prod", "cdm-p")]


def test_a_made_cluster_outlives_the_process(tmp_path: Path) -> None:
    with running_cloud(tmp_path) as cloud:
        add(cloud, "staging")
    with running_cloud(tmp_path) as cloud:
        assert "staging" in httpx.get(f"{cloud.api}/_embedded/clusters").json()["clusters"]


def test_a_job_on_one_cluster_does_not_use_the_links_of_another(http: httpx.Client, cloud: RunningCloud) -> None:
    add(cloud, "staging")
    cloud.advance(1)
    make_links(http)
    make_job(http)
    answer = http.post("/v1.1/embedded/clusters/staging/cdm/job", json=job())
    assert answer.json()["errCode"] == "Cdm.0101"
