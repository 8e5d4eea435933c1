"""Stacks marked `dataarts:production: true`: what runs is left alone unless the program says otherwise."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from pulumi_dataarts.cdm.job import JobProvider
from pulumi_dataarts.dlf.job_import import JobImportProvider
from pulumi_dataarts.dli.job_import import FlinkJobImportProvider
from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.huawei.settings import resolve
from pulumi_dataarts.lifecycle.adapter import DynamicProvider

BASE = {"dataarts:region": "r", "dataarts:projectId": "p", "dataarts:accessKey": "a", "dataarts:secretKey": "s"}
JOB = {
    "cluster_id": "c", "name": "n", "from_connector": "http-connector", "to_connector": "obs-connector", "to_link": "l",
}  # fmt: skip
IMPORT = {"path": "obs://bucket/key.zip"}
FLINK = {"zip_file": "bucket/key.zip"}


def checked(provider: type[DynamicProvider], arguments: dict[str, Any], production: str) -> dict[str, Any]:
    made = provider()
    settings = resolve({**BASE, "dataarts:production": production}.get, {})
    made._session = SimpleNamespace(settings=settings)  # type: ignore[assignment]
    return dict(made.check({}, arguments).inputs)


@pytest.mark.parametrize(
    ("provider", "arguments"), [(JobProvider, JOB), (JobImportProvider, IMPORT), (FlinkJobImportProvider, FLINK)]
)
def test_in_production_nothing_that_runs_is_touched_by_default(
    provider: type[DynamicProvider], arguments: dict[str, Any]
) -> None:
    assert checked(provider, arguments, "true")["when_running"] == "fail"
    assert checked(provider, {**arguments, "when_running": None}, "true")["when_running"] == "fail"
    assert checked(provider, {**arguments, "when_running": "stop"}, "true")["when_running"] == "stop"


def test_elsewhere_an_import_waits() -> None:
    assert checked(JobImportProvider, IMPORT, "false")["when_running"] == "wait"


def test_the_key_is_true_or_false() -> None:
    with pytest.raises(ConfigError, match="dataarts:production is `true` or `false`"):
        resolve({**BASE, "dataarts:production": "yes"}.get, {})
