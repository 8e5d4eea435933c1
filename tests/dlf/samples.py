"""A small pipeline: two jobs that share a script, one of them with a resource and a CDM job."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pulumi_dataarts.dlf import api
from pulumi_dataarts.dlf.bundle import Bundle

if TYPE_CHECKING:
    from pulumi_dataarts.huawei.session import Session
    from pulumi_dataarts.simulator.testing import RunningCloud

Body = dict[str, Any]
BUCKET = "bundles"
KEY = "orders/orders.zip"
PATH = f"obs://{BUCKET}/{KEY}"


def node(name: str, type: str = "DLISQL", *before: str, **properties: str) -> Body:
    return {
        "name": name,
        "type": type,
        "location": {"x": "-45.5", "y": "-134.5"},
        "preNodeName": list(before),
        "properties": [{"name": key, "value": value} for key, value in properties.items()],
    }


def job(name: str, *nodes: Body, **more: Any) -> Body:
    body = {
        "name": name,
        "nodes": list(nodes) or [node("clean", scriptName="clean_orders")],
        "schedule": {"type": "CRON", "cron": {"expression": "0 0 2 * * ?", "startTime": "2024-11-06T00:00:00+08"}},
        "processType": "BATCH",
        "directory": "/orders/",
    }
    return {**body, **more}


def script(name: str, content: str = "select 1", **more: Any) -> Body:
    return {"name": name, "type": "DLISQL", "content": content, "directory": "/orders", **more}


def orders() -> Bundle:
    """Return the pipeline, made anew each time."""
    daily = job(
        "orders_daily",
        node("load", "CDMJob", clusterName="cdm-dev", jobName="load_orders"),
        node("clean", "DLISQL", "load", scriptName="clean_orders"),
        params=[{"name": "day", "value": "today", "type": "variable"}],
    )
    hourly = job(
        "orders_hourly",
        node("sum", "DLISQL", scriptName="sum_orders"),
        node("spark", "DLISpark", "sum", resourcePath="obs://libs/rules.jar", jobName="rules"),
    )
    return Bundle(
        {"orders_daily": daily, "orders_hourly": hourly},
        {"clean_orders": script("clean_orders"), "sum_orders": script("sum_orders", "select sum(1)")},
        {"rules": {"name": "rules", "type": "jar", "location": "obs://libs/rules.jar", "directory": "/"}},
    )


def edited(bundle: Bundle, **contents: str) -> Bundle:
    """Return the bundle with other contents of some scripts."""
    changed = deepcopy(bundle)
    for name, content in contents.items():
        changed.scripts[name]["content"] = content
    return changed


def without(bundle: Bundle, *names: str) -> Bundle:
    """Return the bundle without these jobs, scripts and resources."""
    left = [{name: body for name, body in held.items() if name not in names} for held in _held(bundle)]
    return Bundle(*left)


def upload(session: Session, bundle: Bundle | bytes, key: str = KEY) -> str:
    """Put an archive into OBS and return its address."""
    session.obs().create_bucket(Bucket=BUCKET)
    content = bundle if isinstance(bundle, bytes) else bundle.to_zip()
    session.obs().put_object(Bucket=BUCKET, Key=key, Body=content)
    return f"obs://{BUCKET}/{key}"


def keys(session: Session) -> list[str]:
    return [item["Key"] for item in session.obs().list_objects_v2(Bucket=BUCKET).get("Contents", [])]


def place(session: Session, workspace: str = "default") -> api.Workspace:
    return api.workspace(session, workspace)


def versions(session: Session, workspace: str = "default") -> dict[str, str]:
    """Return the version of each job: the service counts one more at each import."""
    here = place(session, workspace)
    return {row.name: api.show_job(here, row.name)["version"] for row in api.list_jobs(here, "BATCH")}


def calls(cloud: RunningCloud, since: int = 0) -> list[str]:
    """Return what DataArts Factory was asked, without query and project."""
    root = "/v1/embedded/"
    return [
        f"{item.method} {item.path.removeprefix(root)}"
        for item in cloud.requests()[since:]
        if item.service == "api" and item.path.startswith(root)
    ]


def write_source(folder: Path, bundle: Bundle) -> str:
    """Write a bundle as people keep it, and return the directory."""
    for kind, held in zip(("job", "script", "resource"), _held(bundle), strict=True):
        (folder / f"{kind}s").mkdir(parents=True, exist_ok=True)
        for old in (folder / f"{kind}s").iterdir():
            old.unlink()
        for name, body in held.items():
            _write_definition(folder / f"{kind}s", name, kind, body)
    return str(folder)


def _write_definition(folder: Path, name: str, kind: str, body: Mapping[str, Any]) -> None:
    kept = {key: value for key, value in body.items() if kind != "script" or key != "content"}
    (folder / f"{name}.{kind}").write_text(json.dumps(kept, indent=2))
    if kind == "script":
        (folder / f"{name}.sql").write_text(body["content"])


def _held(bundle: Bundle) -> tuple[dict[str, Body], ...]:
    return bundle.jobs, bundle.scripts, bundle.resources
