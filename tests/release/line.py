"""Three environments on one embedded cloud of the test's own process, and commands typed in this process too."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from pulumi_dataarts.backend.blobs import LocalBlobs
from pulumi_dataarts.release.records import Promotion, Records
from pulumi_dataarts.simulator.testing import RunningCloud, running_cloud
from tests.cli.commands import Folder, Spoken, copy_of_the_stack
from tests.cli.samples import typed
from tests.stacks.cloud_calls import CloudCalls

if TYPE_CHECKING:
    from collections.abc import Mapping

SQL = "stacks/bundles/orders/scripts/orders_daily_totals.sql"
FLINK = "stacks/flink/orders/jobs/orders_alerts.sql"
INGEST = "stacks/orders/ingest.py"
CLUSTERS = {"embedded": "cdm-embedded", "cdm-staging": "cdm-staging", "cdm-prod": "cdm-prod"}
PROJECTS = {"dev": "embedded", "staging": "staging", "prod": "prod"}
EDITS = {SQL: ("count(*) AS orders", "count(1) AS orders"), INGEST: ('"orders/full/"', '"orders/all/"')}
RATE = "100000"


@dataclass
class Orders:
    """The orders lake of this repository in a folder of its own."""

    folder: Folder
    cloud: RunningCloud

    def typed(self, *arguments: str, code: int = 0) -> Spoken:
        """Run a command in this process and check its exit code."""
        return typed(self.folder, *arguments, code=code)

    @property
    def records(self) -> Records:
        return Records(LocalBlobs(self.folder.path / ".state"), "orders-lake")

    def pin(self, stack: str) -> str:
        """Return the digest that a stack's file names."""
        text = (self.folder.path / f"Pulumi.{stack}.yaml").read_text()
        found = re.search(r"dataarts:release: sha256:([0-9a-f]{64})", text)
        return found[1] if found else ""

    def release(self, message: str, *, edited: bool) -> str:
        """Make a release of the sources, in one of two forms, and bring dev there."""
        for name, (old, new) in EDITS.items():
            path = self.folder.path / name
            before, after = (old, new) if edited else (new, old)
            path.write_text(path.read_text().replace(before, after))
        self.typed("up", "--yes", "--stack", "dev")
        made = json.loads(self.typed("release", "create", "--stack", "dev", "-m", message, "--json").out)
        return str(made["digest"])

    def forms(self, stack: str) -> set[bool]:
        """Return in which forms the parts of an environment stand in the cloud; one of both says that it is torn."""
        calls = CloudCalls(self.cloud.api)
        project, cluster = PROJECTS[stack], "embedded" if stack == "dev" else f"cdm-{stack}"
        script = calls.get(f"/v1/{project}/scripts/orders_daily_totals", stack)["content"]
        job = calls.get(f"/v1.1/{project}/clusters/{cluster}/cdm/job/orders_full")["jobs"][0]
        inputs: Mapping[str, Any] = {
            item["name"]: unquote(str(item.get("value", "")))
            for config in job["to-config-values"]["configs"]
            for item in config["inputs"]
        }
        return {"count(1) AS orders" in script, inputs["toJobConfig.outputDirectory"] == "orders/all/"}

    def require_whole(self, stack: str, release: str, *, edited: bool) -> Promotion:
        """The cloud, the state, the config and the records all say one release, and nothing is open."""
        assert self.pin(stack) == release
        assert self.forms(stack) == {edited}
        self.typed("preview", "--stack", stack, "--refresh", "--expect-no-changes")
        assert self.records.open_promotion(stack) is None
        current = self.records.current(stack)
        assert current is not None
        assert current.release == release
        return current


@contextmanager
def orders_lake(path: Path) -> Iterator[Orders]:
    """Run a cloud with three clusters and a review in prod, and bind the three environments to it."""
    data = path / "cloud"
    settings = {"clusters": CLUSTERS, "projects": ("staging", "prod"), "review": ("prod",)}
    with running_cloud(data, **settings, boot_s=0.0, run_s=0.0, task_s=0.0) as cloud:
        (path / "orders").mkdir()
        folder = copy_of_the_stack(path / "orders")
        folder.environment |= {"DATAARTS_CLOUD_DATA": str(data), "PULUMI_CONFIG_PASSPHRASE": "embedded"}
        (data / "cloud.json").write_text(json.dumps(asdict(cloud.status)))
        orders = Orders(folder, cloud)
        for stack in ("staging", "prod"):
            _bind(orders, stack)
        yield orders


def _bind(orders: Orders, stack: str) -> None:
    cluster = 'dataarts:bindings.clusters["cdm-orders"]'
    values = {"dataarts:projectId": PROJECTS[stack], f"{cluster}.id": f"cdm-{stack}", f"{cluster}.name": f"cdm-{stack}"}
    if stack == "prod":
        values |= {
            "dataarts:bindings.targetStatus": "PRODUCTION",
            "dataarts:bindings.approvers[0]": "ana",
            "dataarts:promotion.from": "staging",
            "dataarts:promotion.approvals": "1",
        }
    for key, value in values.items():
        orders.typed("config", "set", "--stack", stack, "--path", key, value)
    for key in ("mysqlPassword", "obsSecretKey"):
        orders.typed("config", "set", "--stack", stack, "--secret", key, f"{stack}-sample")
