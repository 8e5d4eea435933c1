"""Whatever happens between two updates, and during one: after it the cloud is as declared, and the state as the cloud.

Steps of a random walk: declare, stop declaring, edit or delete by hand, lose an answer, kill the process, bring up.
Every update that was struck is followed by one that is not, as people do; then everything is compared.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from pulumi_dataarts.cdm import api as cdm
from pulumi_dataarts.cdm.job import JobProvider
from pulumi_dataarts.cdm.link import LinkProvider
from pulumi_dataarts.cdm.wire import ConfigValues
from pulumi_dataarts.dlf import api as dlf
from pulumi_dataarts.dlf.job_import import JobImportProvider
from pulumi_dataarts.errors import ProvisionError
from pulumi_dataarts.huawei import objects
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.huawei.transport import Connection
from pulumi_dataarts.obs.bucket import BucketProvider
from pulumi_dataarts.obs.object import ObjectProvider
from pulumi_dataarts.simulator.testing import RunningCloud
from tests.cdm.declarations import CLUSTER, FILES, MYSQL, ORDERS, changed
from tests.defects.shortcut import without_sockets
from tests.defects.test_loss import Killed, Killer, is_reading
from tests.dlf import samples
from tests.lives import Life, open_at

SECRETS = ("canary-0ne", "canary-tw0")
PROVIDERS = {
    "link": LinkProvider,
    "job": JobProvider,
    "bucket": BucketProvider,
    "object": ObjectProvider,
    "factory": JobImportProvider,
}
FAULTS = ("drop-before", "drop-after-commit", "throttle", "status")
WHICH = st.integers(0, 59)
Declared = dict[str, Any]
Hand = Callable[[Session, dict[str, Any]], None]


class Machine(RuleBasedStateMachine):
    """The walk. Counts its steps in `steps`, for the report."""

    steps = 0

    def __init__(self, cloud: RunningCloud, storage: Any, kinds: tuple[str, ...]) -> None:
        super().__init__()
        self.cloud, self.storage, self.kinds = cloud, storage, kinds
        self.said: list[str] = []

    @initialize()
    def begin(self) -> None:
        self.cloud.reset()
        self.cloud.freeze()
        self.folder = tempfile.TemporaryDirectory()
        self.lives = {kind: Life(PROVIDERS[kind], self._session()) for kind in self.kinds}
        self.declared: dict[str, Declared] = {}
        self.hands = hands = self._session()
        for declared in (MYSQL, FILES):
            Life(LinkProvider, hands).up(**declared)
        Life(JobProvider, hands).up(**changed(ORDERS, name="foreign"))
        for bucket in ("lake", samples.BUCKET):
            hands.obs().create_bucket(Bucket=bucket)
        objects.put(hands, "lake", "foreign.csv", b"theirs")
        self.foreign = self._foreign()
        for kind in self.kinds:
            self.declared[kind] = self._arguments(kind, 0)
        self.bring_up()

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.folder.cleanup()

    @rule(which=WHICH, variant=st.integers(0, 3))
    def declare(self, which: int, variant: int) -> None:
        Machine.steps += 1
        kind = self._kind(which)
        self.declared[kind] = self._arguments(kind, variant)

    @rule(which=WHICH)
    def stop_declaring(self, which: int) -> None:
        Machine.steps += 1
        self.declared.pop(self._kind(which), None)

    @rule(which=WHICH)
    def edit_by_hand(self, which: int) -> None:
        Machine.steps += 1
        self._by_hand(EDITS, self._kind(which))

    @rule(which=WHICH)
    def delete_by_hand(self, which: int) -> None:
        Machine.steps += 1
        self._by_hand(DELETES, self._kind(which))

    @rule()
    def bring_up(self) -> None:
        Machine.steps += 1
        self._up()
        self._compare()

    @rule(fault=st.sampled_from(FAULTS), skip=st.integers(0, 5), service=st.sampled_from(["api", "obs"]))
    def bring_up_with_an_answer_lost(self, fault: str, skip: int, service: str) -> None:
        Machine.steps += 1
        self.cloud.fault(fault, service=service, skip=skip, path="*")
        self._attempt()
        self.cloud._cloud.faults.clear()
        self.bring_up()

    @rule(after=st.integers(0, 6))
    def bring_up_and_be_killed(self, after: int) -> None:
        Machine.steps += 1
        with pytest.MonkeyPatch.context() as patched:
            killer = Killer(after)
            exchange = killer.around(Connection.exchange, lambda _, method, url, *rest: is_reading(method, url))
            patched.setattr(Connection, "exchange", exchange)
            self._attempt()
        self.bring_up()

    def _attempt(self) -> None:
        try:
            self._up()
        except (ProvisionError, Killed):
            return

    def _up(self) -> None:
        """`up --refresh`: look at everything, then delete what is not declared, then bring up the rest."""
        session = self._session()
        for life in self.lives.values():
            life.session = session
            if life.id:
                life.refresh()
        for kind, life in self.lives.items():
            if life.id and kind not in self.declared:
                life.destroy()
        for kind, declared in self.declared.items():
            self.lives[kind].up(**declared)

    def _compare(self) -> None:
        for kind, life in self.lives.items():
            assert bool(life.id) == (kind in self.declared), kind
            if life.id:
                inputs, outputs = life.inputs, life.outputs
                assert life.refresh(), kind
                assert life.plan(**self.declared[kind]).paths == {}, kind
                assert (life.inputs, life.outputs) == (inputs, outputs), kind
        assert self._standing() == sorted(self._expected())
        for kind, declared in self.declared.items():
            assert CONTENTS[kind](self.hands, declared), kind
        assert self._foreign() == self.foreign
        told = json.dumps([life.outputs for life in self.lives.values()]) + "".join(self.said)
        assert not [secret for secret in SECRETS if secret in told]

    def _standing(self) -> list[str]:
        """Return everything in the cloud that is not foreign, by kind and name: duplicates show."""
        hands = self.hands
        return sorted(
            [f"link {name}" for name in ("ours", "ours2") if cdm.show_link(hands, CLUSTER, name)]
            + [f"job {job.name}" for job in cdm.list_jobs(hands, CLUSTER, cdm.NORMAL, 1).jobs if job.name != "foreign"]
            + [f"bucket {item['Name']}" for item in hands.obs().list_buckets()["Buckets"] if "ours" in item["Name"]]
            + [f"object {key}" for key in objects.keys(hands, "lake") if key != "foreign.csv"]
            + [f"factory {name}" for name in samples.versions(hands)]
        )

    def _expected(self) -> Iterator[str]:
        for kind, declared in self.declared.items():
            if kind == "factory":
                yield from ("factory orders_daily", "factory orders_hourly")
            else:
                yield f"{kind} {declared.get('name') or declared.get('key') or declared['bucket']}"

    def _foreign(self) -> str:
        hands = self.hands
        links = [cdm.show_link(hands, CLUSTER, name) for name in ("mysql", "files")]
        job = cdm.show_job(hands, CLUSTER, "foreign", cdm.NORMAL)
        file = objects.get(hands, "lake", "foreign.csv")
        return repr(([link and link.body() for link in links], job and job.body(), file))

    def _arguments(self, kind: str, variant: int) -> Declared:
        folder = Path(self.folder.name)
        if kind == "factory":
            bundle = samples.edited(samples.orders(), clean_orders=f"select {variant}")
            return {"path": samples.PATH, "bundle": samples.write_source(folder / "factory", bundle), "adopt": True}
        if kind == "object":
            (folder / "ours.csv").write_text(f"{variant % 2}")
            tags = {"variant": str(variant // 2)}
            return {"bucket": "lake", "key": "ours.csv", "source": str(folder / "ours.csv"), "tags": tags}
        name = "ours2" if variant == 3 else "ours"
        return {
            "link": changed(MYSQL, name=name, config={"port": variant}, secrets={"password": SECRETS[variant % 2]}),
            "job": changed(ORDERS, name=name, from_config={"tableName": f"t{variant}"}),
            "bucket": {"bucket": f"{name}-bucket", "tags": {"variant": str(variant)}, "versioning": variant == 1},
        }[kind]

    def _by_hand(self, table: Mapping[str, Hand], kind: str) -> None:
        """Somebody else does something to what stands; what the service refuses them is not done."""
        if self.lives[kind].id:
            with suppress(ProvisionError, ClientError):
                table[kind](self._session(), self.lives[kind].outputs)

    def _kind(self, which: int) -> str:
        return self.kinds[which % len(self.kinds)]

    def _session(self) -> Session:
        opened = open_at(self.cloud, self.said)
        opened.once(("obs",), lambda: self.storage)
        return opened


def _edit_link(hands: Session, known: dict[str, Any]) -> None:
    edited = changed(MYSQL, name=known["name"], config={"host": "by-hand"}, adopt=True, secrets={"password": "x"})
    Life(LinkProvider, hands).up(**edited)


def _edit_job(hands: Session, known: dict[str, Any]) -> None:
    edited = changed(ORDERS, name=known["name"], from_config={"schemaName": "by-hand"}, adopt=True)
    Life(JobProvider, hands).up(**edited)


def _edit_factory(hands: Session, known: dict[str, Any]) -> None:
    place = samples.place(hands)
    dlf.update_job(place, "orders_daily", {**dlf.show_job(place, "orders_daily"), "params": []})


EDITS: Mapping[str, Hand] = {
    "link": _edit_link,
    "job": _edit_job,
    "bucket": lambda hands, known: hands.obs().delete_bucket_tagging(Bucket=known["bucket"]),
    "object": lambda hands, known: objects.put(hands, "lake", known["key"], b"by hand"),
    "factory": _edit_factory,
}
DELETES: Mapping[str, Hand] = {
    "link": lambda hands, known: cdm.delete_link(hands, CLUSTER, known["name"]),
    "job": lambda hands, known: cdm.delete_job(hands, CLUSTER, known["name"]),
    "bucket": lambda hands, known: hands.obs().delete_bucket(Bucket=known["bucket"]),
    "object": lambda hands, known: objects.delete(hands, "lake", known["key"]),
    "factory": lambda hands, known: dlf.delete_job(samples.place(hands), "orders_daily", []),
}


def _link_as_declared(hands: Session, declared: Declared) -> bool:
    link = cdm.show_link(hands, CLUSTER, declared["name"])
    return link is not None and _inputs(link.link_config_values, "port", "host") == [
        str(declared["config"][name]) for name in ("port", "host")
    ]


def _job_as_declared(hands: Session, declared: Declared) -> bool:
    job = cdm.show_job(hands, CLUSTER, declared["name"], cdm.NORMAL)
    return job is not None and _inputs(job.from_config_values, "tableName", "schemaName") == [
        declared["from_config"][name] for name in ("tableName", "schemaName")
    ]


def _bucket_as_declared(hands: Session, declared: Declared) -> bool:
    tags = hands.obs().get_bucket_tagging(Bucket=declared["bucket"])["TagSet"]
    return {tag["Key"]: tag["Value"] for tag in tags} == declared["tags"]


def _factory_as_declared(hands: Session, declared: Declared) -> bool:
    script = dlf.show_script(samples.place(hands), "clean_orders")["content"]
    return bool(script == (Path(declared["bundle"]) / "scripts/clean_orders.sql").read_text())


def _inputs(values: ConfigValues, *names: str) -> list[str]:
    found = {item.name.partition(".")[2]: str(item.value) for config in values.configs for item in config.inputs}
    return [found[name] for name in names]


CONTENTS: Mapping[str, Callable[[Session, Declared], bool]] = {
    "link": _link_as_declared,
    "job": _job_as_declared,
    "bucket": _bucket_as_declared,
    "object": lambda hands, it: objects.get(hands, "lake", it["key"]) == Path(it["source"]).read_bytes(),
    "factory": _factory_as_declared,
}
"""Whether the cloud has what is declared, asked without the handlers under test."""


def walk(cloud: RunningCloud, storage: Any, kinds: tuple[str, ...], *, number: int, walks: int, steps: int) -> int:
    """Walk, and return how many steps that were. Equal numbers walk alike."""

    @seed(number)
    def machine() -> Machine:
        return Machine(cloud, storage, kinds)

    Machine.steps = 0
    phases = (Phase.generate,)
    chosen = settings(max_examples=walks, stateful_step_count=steps, deadline=None, phases=phases)
    with without_sockets(cloud):
        run_state_machine_as_test(machine, settings=chosen)
    return Machine.steps


@pytest.mark.usefixtures("session")
def test_a_few_hundred_steps(cloud: RunningCloud, storage: Any) -> None:
    kinds = ("link", "job", "bucket", "object")
    steps = walk(cloud, storage, kinds, number=2, walks=8, steps=30)
    assert steps >= 200, steps


@pytest.mark.slow
@pytest.mark.timeout(2 * 3600)
@pytest.mark.usefixtures("session")
def test_ten_thousand_steps(cloud: RunningCloud, storage: Any) -> None:
    steps, number = 0, 0
    while steps < 10_000:
        number += 1
        steps += walk(cloud, storage, tuple(PROVIDERS), number=number, walks=5, steps=100)
        print(f"{steps} steps in {number} walks of 5", flush=True)
