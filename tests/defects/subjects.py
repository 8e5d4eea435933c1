"""One of each resource: how it is declared, edited and replaced, and what stands of it in the cloud."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pulumi_dataarts.cdm import api as cdm
from pulumi_dataarts.cdm.job import JobProvider
from pulumi_dataarts.cdm.job_run import JobRunProvider
from pulumi_dataarts.cdm.link import LinkProvider
from pulumi_dataarts.dlf import api as dlf
from pulumi_dataarts.dlf.job_export import JobExportProvider
from pulumi_dataarts.dlf.job_import import JobImportProvider
from pulumi_dataarts.dlf.job_run import JobRunProvider as FactoryRunProvider
from pulumi_dataarts.dlf.script import ScriptProvider
from pulumi_dataarts.dli import api as dli
from pulumi_dataarts.dli.job_import import FlinkJobImportProvider
from pulumi_dataarts.dli.job_run import FlinkJobRunProvider
from pulumi_dataarts.huawei import objects
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.lifecycle.adapter import DynamicProvider
from pulumi_dataarts.obs.bucket import BucketProvider
from pulumi_dataarts.obs.object import ObjectProvider
from pulumi_dataarts.obs.object_check import ObjectCheckProvider
from tests.cdm.declarations import CLUSTER, FILES, MYSQL, ORDERS, changed
from tests.dlf import samples
from tests.dli.conftest import Bundle, jobs_in
from tests.lives import Life

Declared = dict[str, Any]
ZIP = "lake/flink/orders.zip"


@dataclass(frozen=True)
class Subject:
    """A resource with a first declaration, an edited one, and one that replaces it.

    Attributes:
        prepare: makes what must stand before.
        first: its arguments; files are written below the folder.
        edited: arguments that update it.
        moved: arguments that replace it; None where nothing does.
        standing: names of all objects of its kind in the cloud.
        stands: the names there are once it stands as `first` or `edited` says.
        stays: the names that remain after it is deleted.
    """

    provider: type[DynamicProvider]
    prepare: Callable[[Session, Path], None]
    first: Callable[[Path], Declared]
    edited: Callable[[Path], Declared]
    standing: Callable[[Session], list[str]]
    stands: tuple[str, ...]
    moved: Callable[[Path], Declared] | None = None
    moves_to: tuple[str, ...] = ()
    stays: tuple[str, ...] = ()


def _nothing(session: Session, folder: Path) -> None:
    """A resource that needs nothing."""


def _links(session: Session, folder: Path) -> None:
    for declared in (MYSQL, FILES):
        Life(LinkProvider, session).up(**declared)


def _job(session: Session, folder: Path) -> None:
    _links(session, folder)
    Life(JobProvider, session).up(**ORDERS)


def _bucket(session: Session, folder: Path) -> None:
    session.obs().create_bucket(Bucket="lake")


def _object(session: Session, folder: Path) -> None:
    _bucket(session, folder)
    objects.put(session, "lake", "landed.csv", b"1,2,3\n")


def _factory(session: Session, folder: Path) -> None:
    samples.upload(session, samples.orders())
    Life(JobImportProvider, session).up(path=samples.PATH, bundle=samples.write_source(folder, samples.orders()))
    _bucket(session, folder)


def _bundles(session: Session, folder: Path) -> None:
    session.obs().create_bucket(Bucket=samples.BUCKET)


def _flink(session: Session, folder: Path) -> None:
    _bucket(session, folder)
    Life(FlinkJobImportProvider, session).up(**_flink_source(folder, session))


def _flink_source(folder: Path, session: Session | None = None, **settings: Any) -> Declared:
    bundle = Bundle(folder, session)  # type: ignore[arg-type]  # only an upload needs one
    bundle.job("orders", **settings)
    bundle.job("payments")
    if session is not None:
        bundle.upload(ZIP)
    return {"zip_file": ZIP, "archive": str(folder), "when_running": "stop"}


def _source(folder: Path, bundle: Any) -> Declared:
    return {"path": samples.PATH, "bundle": samples.write_source(folder, bundle)}


def _file(folder: Path, text: str) -> Declared:
    (folder / "rates.csv").write_text(text)
    return {"bucket": "lake", "key": "rates.csv", "source": str(folder / "rates.csv"), "tags": {"team": "lake"}}


def _link_names(session: Session) -> list[str]:
    return [name for name in ("new", "newer", "mysql") if cdm.show_link(session, CLUSTER, name)]


def _job_names(session: Session) -> list[str]:
    return sorted(job.name for kind in ("NORMAL_JOB", "BATCH_JOB")
                  for job in cdm.list_jobs(session, CLUSTER, kind, 1).jobs)  # fmt: skip


def _runs(session: Session) -> list[str]:
    return [str(run.submission_id) for run in cdm.show_submissions(session, CLUSTER, "orders")]


def _factory_names(session: Session) -> list[str]:
    return sorted(samples.versions(session))


def _factory_runs(session: Session) -> list[str]:
    return sorted(str(item.instance_id) for item in dlf.list_instances(samples.place(session), "orders_daily"))


def _script_names(session: Session) -> list[str]:
    return sorted(str(row["name"]) for row in dlf.list_scripts(samples.place(session)))


def _keys(session: Session) -> list[str]:
    return objects.keys(session, "lake")


def _running(session: Session) -> list[str]:
    return sorted(job.name for job in dli.list_jobs(session) if job.status == "job_running")


def _buckets(session: Session) -> list[str]:
    return sorted(bucket["Name"] for bucket in session.obs().list_buckets()["Buckets"])


SCRIPT: Declared = {"name": "totals", "type": "DLISQL", "content": "select 1"}
EXPORT: Declared = {"job_name": "orders_daily", "destination": "obs://lake/exports/daily.zip"}
BUCKET: Declared = {"bucket": "lake-of-tests", "tags": {"team": "lake"}, "versioning": True}
CHECK: Declared = {"object": "obs://lake/landed.csv"}
FACTORY_RUN: Declared = {"job_name": "orders_daily"}
RUN: Declared = {"cluster_id": CLUSTER, "job_name": "orders"}

SUBJECTS = {
    "cdm.Link": Subject(
        LinkProvider, _nothing, lambda _: changed(MYSQL, name="new"),
        lambda _: changed(MYSQL, name="new", config={"port": 3307}), _link_names, ("new",),
    ),
    "cdm.Link renamed": Subject(
        LinkProvider, _nothing, lambda _: changed(MYSQL, name="new"), lambda _: changed(MYSQL, name="newer"),
        _link_names, ("newer",),
    ),
    "cdm.Job": Subject(
        JobProvider, _links, lambda _: ORDERS, lambda _: changed(ORDERS, from_config={"tableName": "x"}), _job_names,
        ("orders",), lambda _: changed(ORDERS, job_type="BATCH_JOB"), ("orders",),
    ),
    "cdm.JobRun": Subject(
        JobRunProvider, _job, lambda _: RUN, lambda _: {**RUN, "deadline_s": 60.0}, _runs, ("1",),
        lambda _: {**RUN, "triggers": {"again": 1}}, ("1", "2"), ("1",),
    ),
    "dlf.JobImport": Subject(
        JobImportProvider, _bundles, lambda folder: _source(folder, samples.orders()),
        lambda folder: _source(folder, samples.edited(samples.orders(), clean_orders="select 2")), _factory_names,
        ("orders_daily", "orders_hourly"),
    ),
    "dlf.JobExport": Subject(
        JobExportProvider, _factory, lambda _: EXPORT, lambda _: {**EXPORT, "export_depend": False}, _keys,
        ("exports/daily.zip",), lambda _: {**EXPORT, "triggers": {"again": 1}}, ("exports/daily.zip",),
    ),
    "dlf.JobRun": Subject(
        FactoryRunProvider, _factory, lambda _: FACTORY_RUN, lambda _: {**FACTORY_RUN, "deadline_s": 60.0},
        _factory_runs, ("1",), lambda _: {**FACTORY_RUN, "triggers": {"again": 1}}, ("1", "2"), ("1",),
    ),
    "dlf.Script": Subject(
        ScriptProvider, _nothing, lambda _: SCRIPT, lambda _: {**SCRIPT, "content": "select 2"}, _script_names,
        ("totals",), lambda _: {**SCRIPT, "name": "sums"}, ("sums",),
    ),
    "dli.FlinkJobImport": Subject(
        FlinkJobImportProvider, _bucket, _flink_source, lambda folder: _flink_source(folder, cu_number=4),
        lambda session: sorted(jobs_in(session)), ("orders", "payments"),
    ),
    "dli.FlinkJobRun": Subject(
        FlinkJobRunProvider, _flink, lambda _: {"job_name": "orders"},
        lambda _: {"job_name": "orders", "triggers": {"again": 1}}, _running, ("orders",),
        lambda _: {"job_name": "payments"}, ("payments",),
    ),
    "obs.Bucket": Subject(
        BucketProvider, _nothing, lambda _: BUCKET, lambda _: {**BUCKET, "tags": {"team": "sea"}}, _buckets,
        ("lake-of-tests",), lambda _: {**BUCKET, "bucket": "sea-of-tests"}, ("sea-of-tests",),
    ),
    "obs.Object": Subject(
        ObjectProvider, _bucket, lambda folder: _file(folder, "EUR,1.0"), lambda folder: _file(folder, "EUR,1.1"),
        _keys, ("rates.csv",), lambda folder: {**_file(folder, "EUR,1.0"), "key": "other.csv"}, ("other.csv",),
    ),
    "obs.ObjectCheck": Subject(
        ObjectCheckProvider, _object, lambda _: CHECK, lambda _: {**CHECK, "deadline_s": 60.0}, _keys, ("landed.csv",),
        lambda _: {**CHECK, "triggers": {"again": 1}}, ("landed.csv",), ("landed.csv",),
    ),
}  # fmt: skip
