"""CDM as tests call it: the official SDK, and bodies for plain HTTP."""

from __future__ import annotations

import importlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any
from unittest import mock

with mock.patch.dict(os.environ, HOME=tempfile.mkdtemp()):  # the SDK writes into it when it is imported
    cdm: Any = importlib.import_module("huaweicloudsdkcdm.v1")
    errors: Any = importlib.import_module("huaweicloudsdkcore.exceptions.exceptions")
    _credentials: Any = importlib.import_module("huaweicloudsdkcore.auth.credentials")

CLUSTER = "embedded"
BASE = f"/v1.1/embedded/clusters/{CLUSTER}/cdm"
_PAGES = Path(__file__).parents[1] / "fixtures" / "pages"

MYSQL = {
    "databaseType": "MYSQL",
    "host": "10.120.205.30",
    "port": "3306",
    "database": "orders",
    "username": "cdm",
    "password": "canary-5up3r",
}
OBS = {
    "storageType": "OBS",
    "server": "obs.example.com",
    "port": "443",
    "accessKey": "AK",
    "securityKey": "canary-k3y",
}
FROM_TABLE = {"useSql": "false", "schemaName": "shop", "tableName": "orders"}
TO_FILES = {"bucketName": "landing", "outputDirectory": "/orders/", "outputFormat": "CSV_FILE"}


def client(cloud: Any, access_key: str = "embedded", secret_key: str = "embedded", project: str = "embedded") -> Any:
    """Return the official SDK's client, unmodified."""
    credentials = _credentials.BasicCredentials(access_key, secret_key, project)
    return cdm.CdmClient.new_builder().with_credentials(credentials).with_endpoint(cloud.api).build()


def values(group: str, inputs: dict[str, Any]) -> dict[str, Any]:
    """Return config values of one group."""
    listed = [{"name": f"{group}.{name}", "value": value} for name, value in inputs.items()]
    return {"configs": [{"name": group, "inputs": listed}]}


def link(name: str, connector: str = "generic-jdbc-connector", **inputs: Any) -> dict[str, Any]:
    """Return the body that creates a link."""
    settings = values("linkConfig", inputs or MYSQL)
    return {"links": [{"name": name, "connector-name": connector, "link-config-values": settings}]}


def job(name: str = "orders", **fields: Any) -> dict[str, Any]:
    """Return the body that creates a job from the link `mysql` to the link `files`; `fields` replace its own."""
    one = {
        "job_type": "NORMAL_JOB",
        "name": name,
        "from-connector-name": "generic-jdbc-connector",
        "from-link-name": "mysql",
        "from-config-values": values("fromJobConfig", FROM_TABLE),
        "to-connector-name": "obs-connector",
        "to-link-name": "files",
        "to-config-values": values("toJobConfig", TO_FILES),
        "driver-config-values": values("throttlingConfig", {"numExtractors": "1"}),
    }
    return {"jobs": [one | fields]}


def make_links(http: Any) -> None:
    """Create the two links that `job` uses."""
    assert http.post(f"{BASE}/link", json=link("mysql")).status_code == 200
    assert http.post(f"{BASE}/link", json=link("files", "obs-connector", **OBS)).status_code == 200


def make_job(http: Any, name: str = "orders", **fields: Any) -> None:
    """Create a job."""
    answer = http.post(f"{BASE}/job", json=job(name, **fields))
    assert answer.json() == {"name": name, "validation-result": []}


def read_job(http: Any, name: str = "orders") -> Any:
    """Return one job as it is read back."""
    return http.get(f"{BASE}/job/{name}").json()["jobs"][0]


def inputs_of(config_values: Any, group: str) -> dict[str, Any]:
    """Return the inputs of a group by name, without its prefix; each is the whole input."""
    [config] = [config for config in config_values["configs"] if config["name"] == group]
    return {item["name"].partition(".")[2]: item for item in config["inputs"] or []}


def page(name: str) -> Any:
    """Return what a documentation page prints."""
    return json.loads((_PAGES / f"{name}.json").read_text())
