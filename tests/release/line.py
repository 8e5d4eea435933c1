"""Three environments on one embedded cloud of the test's own process, and commands typed in this process too.

All that outlives a process (the cloud, the state, the config files) can be kept and put back, so that a trial begins
where another began without doing again what leads there.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from pulumi_dataarts.backend.blobs import LocalBlobs
from pulumi_dataarts.release.records import Promotion, Records
from pulumi_dataarts.simulator.testing import RunningCloud, running_cloud
from tests.cli.commands import OURS, Folder, Spoken, copy_of_the_stack
from tests.cli.samples import outside, spoken, typed
from tests.stacks.cloud_calls import CloudCalls

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

SQL = "stacks/bundles/orders/scripts/orders_daily_totals.sql"
FLINK = "stacks/flink/orders/jobs/orders_alerts.sql"
INGEST = "stacks/orders/ingest.py"
CLUSTERS = {"embedded": "cdm-embedded", "cdm-staging": "cdm-staging", "cdm-prod": "cdm-prod"}
CLUSTER_OF = {"dev": "embedded", "staging": "cdm-staging", "prod": "cdm-prod"}
PROJECTS = {"dev": "embedded", "staging": "staging", "prod": "prod"}
EDITS = {SQL: ("count(*) AS orders", "count(1) AS orders"), INGEST: ('"orders/full/"', '"orders/all/"')}
KINDS = ("cdm.job", "cdm.link", "dlf.job", "dlf.script", "dlf.resource", "dli.job")
"""What the cloud keeps of an environment's definitions."""
PASSING = {"update-date", "last_run", "lastUpdateTime", "version"}
"""What the cloud notes beside a definition, and what a way there and back changes."""
REWRITTEN = ("exports/", "factory/")
"""What lies here has to lie there, whatever is in it: backups; archives, put there anew when an import is due."""
LEFT = "object factory/part-"
"""How the name begins of what a killed import left: the next one removes it, and none may be due until jobs change."""


@dataclass(frozen=True)
class Moment:
    """All that outlives a process, as it was once."""

    cloud: sqlite3.Connection
    files: Mapping[Path, bytes]


@dataclass
class Orders:
    """The orders lake of this repository in a folder of its own."""

    folder: Folder
    cloud: RunningCloud

    def typed(self, *arguments: str, code: int = 0) -> Spoken:
        """Run a command in this process and check its exit code."""
        return typed(self.folder, *arguments, code=code)

    def code_of(self, *arguments: str) -> int:
        """Run a command in this process and return its exit code, whichever."""
        return spoken(self.folder, *arguments)[0]

    def keep(self) -> Moment:
        """Return all that is there now but the releases unpacked, for `put_back`."""
        path = self.folder.path
        files = [*path.glob("Pulumi.*.yaml"), *(file for file in (path / ".state").rglob("*") if file.is_file())]
        return Moment(self.cloud.kept(), {file: file.read_bytes() for file in files})

    def put_back(self, moment: Moment) -> None:
        """Let all be as it was then."""
        self.cloud.put_back(moment.cloud)
        shutil.rmtree(self.folder.path / ".state")
        for file, content in moment.files.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)

    def kill(self, *arguments: str, service: str, number: int) -> bool:
        """Run a command in a process of its own, and kill it once the cloud has done so many calls and one more.

        That call was done, and its answer is not read. Returns once all children are gone; False where the command
        ended before.
        """
        clean = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        faults = self.cloud._cloud.faults
        self.cloud.fault("latency", service=service, skip=number, seconds=0.5)
        with subprocess.Popen(
            [sys.executable, "-m", "pulumi_dataarts.cli", *arguments],
            cwd=self.folder.path,
            env={**clean, "PULUMI_HOME": str(self.folder.path / ".home"), **self.folder.environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as process:
            while process.poll() is None and faults.list():
                time.sleep(0.005)
            is_struck = process.poll() is None
            if is_struck:
                os.killpg(process.pid, signal.SIGKILL)
        self._wait_for_the_end_of_all()
        faults.clear()
        return is_struck

    def _wait_for_the_end_of_all(self) -> None:
        """Wait until no process is left that works in the folder."""
        deadline_s = time.monotonic() + 20
        while left := [pid for pid in Path("/proc").glob("[0-9]*") if self._is_ours(pid)]:
            assert time.monotonic() < deadline_s, f"still alive: {left}"
            time.sleep(0.01)

    def _is_ours(self, process: Path) -> bool:
        try:
            return (process / "cwd").readlink().is_relative_to(self.folder.path)
        except OSError:
            return False

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
        project, cluster = PROJECTS[stack], CLUSTER_OF[stack]
        script = calls.get(f"/v1/{project}/scripts/orders_daily_totals", stack)["content"]
        job = calls.get(f"/v1.1/{project}/clusters/{cluster}/cdm/job/orders_full")["jobs"][0]
        inputs: Mapping[str, Any] = {
            item["name"]: unquote(str(item.get("value", "")))
            for config in job["to-config-values"]["configs"]
            for item in config["inputs"]
        }
        return {"count(1) AS orders" in script, inputs["toJobConfig.outputDirectory"] == "orders/all/"}

    def standing(self, stack: str) -> dict[str, Any]:
        """Return an environment to the last definition: cloud, buckets, state, config and what the records say."""
        current = self.records.current(stack)
        return {
            "config": (self.folder.path / f"Pulumi.{stack}.yaml").read_text(),
            "records": (current and current.release, self.records.open_promotion(stack)),
            **dict(self._in_the_cloud(stack)),
            **dict(self._in_the_buckets(stack)),
            **dict(self._in_the_state(stack)),
        }

    def _in_the_cloud(self, stack: str) -> Iterator[tuple[str, Any]]:
        store = self.cloud._cloud.context.store
        scopes = (CLUSTER_OF[stack], f"{PROJECTS[stack]}/{stack}", PROJECTS[stack])
        with store.transaction():
            for kind, scope in product(KINDS, scopes):
                for name, body in store.list(kind, scope):
                    yield f"{kind} {name}", {key: value for key, value in body.items() if key not in PASSING}

    def _in_the_buckets(self, stack: str) -> Iterator[tuple[str, Any]]:
        client, bucket = outside(self.cloud), f"orders-{stack}-releases"
        for item in client.list_objects_v2(Bucket=bucket).get("Contents", []):
            key = item["Key"]
            yield f"object {key}", "" if key.startswith(REWRITTEN) else item["ETag"]

    def _in_the_state(self, stack: str) -> Iterator[tuple[str, Any]]:
        text = (self.folder.path / f".state/.pulumi/stacks/orders-lake/{stack}.json").read_text()
        latest = json.loads(text)["checkpoint"]["latest"]
        yield "pending", latest.get("pendingOperations", [])
        for state in latest["resources"]:
            yield state["urn"], (state.get("id"), state.get("inputs"), sorted(state.get("dependencies") or []))

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
