"""One object by its type and id.

A job of DataArts Factory (`<workspace>/<name>`) and a Flink job (`<name>`) are managed as archives: for these, sources
are written, from which an archive is built once something changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pulumi_dataarts.adoption.sources import require_bucket, write_new
from pulumi_dataarts.cdm import inventory as cdm
from pulumi_dataarts.dlf import inventory as dlf
from pulumi_dataarts.dli import inventory as dli
from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.lifecycle.adapter import DynamicProvider
from pulumi_dataarts.lifecycle.adoption import Found, adopted, looked_up
from pulumi_dataarts.model.values import Properties


@dataclass(frozen=True)
class Wish:
    """One object that is wanted.

    Attributes:
        type: its short type.
        name: of the resource.
        id: of the object.
        folder: of the program; sources are written below it.
        bucket: where archives shall lie once something changes.
    """

    type: str
    name: str
    id: str
    folder: Path
    bucket: str = ""


def found_one(provider: type[DynamicProvider], wish: Wish, session: Session, *, said: Properties) -> Found:
    """Return an object. Raises NotFound, and ConfigError where it cannot be declared."""
    if wish.type == "dlf:JobImport" and wish.id.count("/") == 1:
        return _factory_job(wish, session)
    if wish.type == "dli:FlinkJobImport" and "/" not in wish.id:
        return _flink_job(wish, session)
    live = looked_up(provider, wish.id, session)
    secrets = cdm.secrets_of(session, wish.type, wish.id)
    return adopted(provider, wish.type, wish.name, wish.id, live, said=said, secrets=secrets)


def _factory_job(wish: Wish, session: Session) -> Found:
    workspace, _, job = wish.id.partition("/")
    contents = dlf.in_workspace(session, workspace, job)
    _require_usable(contents.left_out)
    require_bucket(wish.bucket, f"job {job} and what it uses")
    source = f"bundles/{wish.name}"
    folder, path = wish.folder / source, f"obs://{wish.bucket}/imported/{wish.name}.zip"
    write_new(folder, dlf.sources(contents.bundle))
    return dlf.adopted_jobs(session, workspace, contents.bundle, wish.name, folder, source, path)


def _flink_job(wish: Wish, session: Session) -> Found:
    contents = dli.in_project(session, wish.id)
    _require_usable(contents.left_out)
    require_bucket(wish.bucket, "Flink jobs")
    source = f"flink/{wish.name}"
    write_new(wish.folder / source, dli.sources(contents.jobs))
    return dli.adopted_jobs(session, wish.name, wish.folder / source, source, f"{wish.bucket}/imported/{wish.name}.zip")


def _require_usable(left_out: list[str]) -> None:
    if left_out:
        raise ConfigError("; ".join(left_out), hint="Mend it in the console first.")
