"""A restore point: the jobs that stand and are about to be overwritten, as they are; and how they stand again.

DataArts Factory jobs are exported by the service, with their scripts and resources, Flink jobs by DLI, CDM jobs are
read; no service tells a password in them. Beside the files of each resource lies what is needed to write them again::

    index.json                            each resource: its kind, and what its jobs are found and written by
    1-dlf.JobImport-jobs/orders_daily.zip its files

A restore point is loaded into the services and into nothing else. So what stands afterwards is not what the release
declares, a look shows it as changed outside, and the next promotion or rollback brings a release again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, ValidationError

from pulumi_dataarts.cdm import restoring as cdm
from pulumi_dataarts.dlf import restoring as dlf
from pulumi_dataarts.dli import restoring as dli
from pulumi_dataarts.errors import Corrupt, RunFailed
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.model.snapshots import ResourceState

INDEX: Final = "index.json"
Definitions = Mapping[str, Mapping[str, Any]]
Files = Mapping[str, bytes]
Op = Literal["create", "update", "same"]


class Restorable(Protocol):
    """What a service's room knows of its jobs: each has a module `restoring` with these."""

    def settings(self, id: str, known: Mapping[str, Any], /) -> dict[str, Any]:
        """Return what is needed to find and to write the jobs of a resource in the state."""
        ...

    def seen(self, session: Session, told: Mapping[str, Any], /) -> dict[str, bytes]:
        """Return the jobs as they stand, as files; nothing where they are gone. Nothing is written for it."""
        ...

    def saved(self, session: Session, told: Mapping[str, Any], /) -> dict[str, bytes]:
        """Return the same, and what is needed to load them."""
        ...

    def obstacle(self, told: Mapping[str, Any], files: Files, /) -> str:
        """Return why what is in the files cannot be loaded; empty where it can."""
        ...

    def definitions(self, told: Mapping[str, Any], files: Files, /) -> Definitions:
        """Return what is in the files as it is compared, by what people call it."""
        ...

    def unlike(self, before: Mapping[str, Any], now: Mapping[str, Any], /) -> list[str]:
        """Return where two definitions differ."""
        ...

    def loaded(self, session: Session, told: Mapping[str, Any], files: Files, /) -> None:
        """Let the jobs stand as the files say."""
        ...


KINDS: Final[Mapping[str, Restorable]] = {"cdm.Job": cdm, "dlf.JobImport": dlf, "dli.FlinkJobImport": dli}


class Kept(BaseModel):
    """One resource of a restore point."""

    model_config = ConfigDict(frozen=True)

    kind: str
    folder: str
    settings: dict[str, Any]
    files: list[str] = []

    @property
    def room(self) -> Restorable:
        """What knows about its jobs."""
        return KINDS[self.kind]

    def of(self, files: Files) -> dict[str, bytes]:
        """Return its own of a restore point's files, by their own names."""
        return {name: files[f"{self.folder}/{name}"] for name in self.files}


class Index(BaseModel):
    """What a restore point holds."""

    model_config = ConfigDict(frozen=True)

    kept: list[Kept]


@dataclass(frozen=True)
class Difference:
    """What loading a restore point would do to one definition."""

    name: str
    op: Op
    paths: tuple[str, ...] = ()
    obstacle: str = ""

    @property
    def is_due(self) -> bool:
        """Whether something is to be written, and can be."""
        return self.op != "same" and not self.obstacle


def export(session: Session, standing: Iterable[ResourceState]) -> dict[str, bytes]:
    """Return the jobs behind these resources by file name. What is gone, or of another kind, is left out."""
    found = list[Kept]()
    for state in standing:
        kind = state.type.rpartition("/")[2].replace(":", ".")
        if kind in KINDS:
            name = quote(state.urn.rpartition("::")[2], safe=" ")
            settings = KINDS[kind].settings(state.id, {**state.inputs, **state.outputs})
            found.append(Kept(kind=kind, folder=f"{len(found) + 1}-{kind}-{name}", settings=settings))
    return _exported(session, found)


def export_again(session: Session, files: Files) -> dict[str, bytes]:
    """Return a restore point of the same resources, as they stand now."""
    return _exported(session, read(files).kept)


def look(session: Session, files: Files) -> dict[str, Mapping[str, Any]]:
    """Return how what a restore point holds stands now, by what people call it. Nothing is written for it."""
    return {
        name: definition
        for kept in read(files).kept
        for name, definition in kept.room.definitions(kept.settings, kept.room.seen(session, kept.settings)).items()
    }


def read(files: Files) -> Index:
    """Return what a restore point holds. Raises Corrupt."""
    try:
        index = Index.model_validate_json(files.get(INDEX, b""))
    except ValidationError as error:
        raise Corrupt(f"the restore point has no {INDEX} that can be read") from error
    missing = [f"{kept.folder}/{name}" for kept in index.kept for name in kept.files]
    missing = [name for name in missing if name not in files]
    unknown = [kept.kind for kept in index.kept if kept.kind not in KINDS]
    if missing or unknown:
        raise Corrupt(f"the restore point is damaged: {', '.join([*missing, *unknown])}")
    return index


def differences(files: Files, now: Definitions) -> list[Difference]:
    """Return what loading a restore point would do, given what stands now."""
    return [difference for kept in read(files).kept for difference in _differences(kept, files, now)]


def load(session: Session, files: Files) -> None:
    """Let the jobs stand as a restore point has them; those that do, and those that cannot, are left alone.

    Raises:
        RunFailed: the services took it, and something still stands differently.
    """
    now = look(session, files)
    for kept in read(files).kept:
        if any(item.is_due for item in _differences(kept, files, now)):
            kept.room.loaded(session, kept.settings, kept.of(files))
    if left := [item for item in differences(files, look(session, files)) if item.is_due]:
        names = ", ".join(f"{item.name} ({', '.join(item.paths) or 'not there'})" for item in left)
        raise RunFailed(f"loaded, but not as it was: {names}", hint="Look at it in the console. Then run again.")


def _exported(session: Session, wanted: Iterable[Kept]) -> dict[str, bytes]:
    kept, files = list[Kept](), dict[str, bytes]()
    for item in wanted:
        saved = item.room.saved(session, item.settings)
        if saved:
            kept.append(item.model_copy(update={"files": sorted(saved)}))
            files |= {f"{item.folder}/{name}": content for name, content in saved.items()}
    if not kept:
        return {}
    return {**files, INDEX: f"{Index(kept=kept).model_dump_json(indent=2)}\n".encode()}


def _differences(kept: Kept, files: Files, now: Definitions) -> Iterator[Difference]:
    own = kept.of(files)
    obstacle = kept.room.obstacle(kept.settings, own)
    for name, definition in sorted(kept.room.definitions(kept.settings, own).items()):
        paths = tuple(kept.room.unlike(definition, now[name])) if name in now else ()
        op: Op = "create" if name not in now else "update" if paths else "same"
        yield Difference(name, op, paths, obstacle)
