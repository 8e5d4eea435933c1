"""Taking stock of a project: what stands there becomes declarations, and sources on disk. The cloud is only read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from pulumi_dataarts.adoption.sources import require_bucket, write_new
from pulumi_dataarts.cdm import inventory as cdm
from pulumi_dataarts.dlf import inventory as dlf
from pulumi_dataarts.dli import inventory as dli
from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.lifecycle.adoption import Found


@dataclass(frozen=True)
class Wanted:
    """Where to look.

    Attributes:
        clusters: ids of CDM clusters.
        workspaces: ids of DataArts Factory workspaces.
        flink: whether Flink jobs are wanted.
        bucket: where archives shall lie once something changes; nothing is put there now.
        folder: of the program; sources are written below it.
        managed: short type and id of what the stack has already.
    """

    folder: Path
    clusters: tuple[str, ...] = ()
    workspaces: tuple[str, ...] = ()
    flink: bool = False
    bucket: str = ""
    managed: Collection[tuple[str, str]] = ()


@dataclass
class Stock:
    """What was found, and what was not taken, each with the reason."""

    found: list[Found] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def take_stock(session: Session, wanted: Wanted) -> Stock:
    """Return everything that can be declared; sources of bundles are written to disk.

    Raises:
        NotFound: there is no such cluster or workspace.
        ConfigError: sources stand where they would be written, or there is no bucket for archives.
    """
    stock = Stock()
    for cluster_id in wanted.clusters:
        for item in cdm.on_cluster(session, cluster_id):
            if isinstance(item, ConfigError):
                stock.left_out.append(item.message)
            else:
                stock.found.append(item)
    for workspace in wanted.workspaces:
        _take_workspace(session, workspace, wanted, stock)
    if wanted.flink:
        _take_flink(session, wanted, stock)
    unmanaged = [item for item in stock.found if (item.kind, item.id) not in wanted.managed]
    return Stock(list(_with_own_names(unmanaged)), stock.left_out)


def _take_workspace(session: Session, workspace: str, wanted: Wanted, stock: Stock) -> None:
    contents = dlf.in_workspace(session, workspace)
    stock.left_out += contents.left_out
    path = f"obs://{wanted.bucket}/imported/{workspace}.zip"
    if not contents.bundle.jobs or ("dlf:JobImport", f"{workspace}/{path.removeprefix('obs://')}") in wanted.managed:
        return
    require_bucket(wanted.bucket, f"the jobs of workspace {workspace}")
    source = f"bundles/{workspace}"
    folder = wanted.folder / source
    write_new(folder, dlf.sources(contents.bundle))
    stock.found.append(dlf.adopted_jobs(session, workspace, contents.bundle, f"{workspace}-jobs", folder, source, path))


def _take_flink(session: Session, wanted: Wanted, stock: Stock) -> None:
    contents = dli.in_project(session)
    stock.left_out += contents.left_out
    zip_file = f"{wanted.bucket}/imported/flink.zip"
    if not contents.jobs or ("dli:FlinkJobImport", zip_file) in wanted.managed:
        return
    require_bucket(wanted.bucket, "the Flink jobs")
    source = "flink"
    write_new(wanted.folder / source, dli.sources(contents.jobs))
    stock.found.append(dli.adopted_jobs(session, "flink-jobs", wanted.folder / source, source, zip_file))


def _with_own_names(found: Iterable[Found]) -> Iterator[Found]:
    """Give objects of one type and name on several clusters names of their own."""
    items = list(found)
    times = Counter((item.kind, item.name) for item in items)
    for item in items:
        yield item if times[item.kind, item.name] == 1 else replace(item, name=item.id.replace("/", "-"))
