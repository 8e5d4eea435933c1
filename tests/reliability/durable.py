"""A stack whose state is on disk as a user's is, whose engine runs in this process, whose cloud is a folder.

The cloud does what ours does with a create whose answer got lost: it finds the object by its name, and adopts it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from pulumi_dataarts.backend import runs
from pulumi_dataarts.backend.blobs import Blobs, LocalBlobs
from pulumi_dataarts.backend.passphrase import PassphraseCrypter
from pulumi_dataarts.backend.runs import Run
from pulumi_dataarts.backend.stacks import Stack, create_stack
from pulumi_dataarts.backend.vaults import Crypter, SecretsProvider
from pulumi_dataarts.engine.events import Outcome
from pulumi_dataarts.engine.marking import annotated
from pulumi_dataarts.engine.providers import Known, Live, Made
from pulumi_dataarts.errors import ResourceFailed
from pulumi_dataarts.model import urns
from pulumi_dataarts.model.journal import Batch, Journal
from pulumi_dataarts.model.snapshots import Snapshot
from pulumi_dataarts.model.values import Properties, plain
from tests.engine.world import TYPE, Batches, Body, Cloud, World

PROVIDER = SecretsProvider("test", {"key": "one"})
TIME = "2026-11-20T15:14:05.65Z"


def keyring(provider: SecretsProvider) -> Crypter:
    """Open any provider with real encryption, without the slow derivation of a key."""
    return PassphraseCrypter(str(provider.state["key"]).encode().ljust(32))


class FolderCloud(Cloud):
    """Things as files named by their label (by default the resource's name) and key.

    `reach` is called right before and right after each effect.
    """

    def __init__(self, folder: Path, reach: Callable[[], None] = lambda: None) -> None:
        super().__init__()
        self.folder = folder
        self.reach = reach
        self.writes: list[str] = []
        folder.mkdir(exist_ok=True)

    def objects_there(self) -> dict[str, Properties]:
        """Return what is in the cloud, by id."""
        return {path.name: json.loads(path.read_text()) for path in sorted(self.folder.iterdir())}

    def put(self, id: str, inputs: Properties) -> None:
        """Make an object what its inputs say."""
        self.reach()
        self.writes.append(id)
        unfinished = self.folder.parent / f"{id}.unfinished"
        unfinished.write_text(json.dumps(plain(inputs)))
        unfinished.rename(self.folder / id)
        self.reach()

    async def create(self, urn: str, inputs: Properties, timeout_s: float) -> Made:
        if self.dry_run:
            return Made("", inputs)
        name = self._call("create", urn)
        if name in self.held:
            await self.held[name].wait()
        given = plain(inputs)
        id = f"{given.get('label', name)}.{given.get('key', 0)}".replace("/", "_").replace(":", "_")
        found = self.objects_there().get(id)
        if found is not None and found != json.loads(json.dumps(plain(inputs))):
            raise ResourceFailed(f"{id} exists already, and is another")
        if found is None:
            self.put(id, inputs)
        return Made(id, annotated({**plain(inputs), "arn": f"arn:{id}"}, inputs))

    async def update(self, old: Known, news: Properties, ignore_changes: tuple[str, ...], timeout_s: float) -> Made:
        if self.dry_run:
            return Made(old.id, news)
        self._call("update", old.urn)
        self.put(old.id, news)
        return Made(old.id, annotated({**plain(news), "arn": f"arn:{old.id}"}, news))

    async def read(self, known: Known, timeout_s: float) -> Live:
        self._call("read", known.urn)
        found = self.objects_there().get(known.id)
        return Live("", {}) if found is None else Live(known.id, {**plain(known.outputs), **found}, None)

    async def delete(self, known: Known, timeout_s: float) -> None:
        self._call("delete", known.urn)
        self.reach()
        self.writes.append(known.id)
        (self.folder / known.id).unlink(missing_ok=True)
        self.reach()


class _Through(Batches):
    """A journal that remembers what a real one makes durable."""

    def __init__(self, journal: Journal) -> None:
        super().__init__()
        self._journal = journal

    def append(self, batch: Batch) -> Future[None]:
        self.batches.append(list(batch))
        return self._journal.append(batch)


class Durable(World):
    """A world whose state is kept by the backend."""

    def __init__(self, folder: Path, *, cloud: Cloud | None = None, blobs: Blobs | None = None) -> None:
        super().__init__(cloud=cloud or FolderCloud(folder / "cloud"))
        blobs = blobs or LocalBlobs(folder / "state")
        self.stack = Stack(blobs, "proj", "dev")
        if self.stack.checkpoint_key() is None:
            create_stack(blobs, "proj", "dev", PROVIDER, TIME)
        self.notes: list[str] = []
        self.run: Run | None = None

    @property
    def there(self) -> dict[str, Properties]:
        """What is in the cloud, by id."""
        assert isinstance(self.cloud, FolderCloud)
        return self.cloud.objects_there()

    def load(self) -> Snapshot:
        """Return the state as it is on disk."""
        return runs.load(self.stack, keyring).snapshot

    def names_on_disk(self) -> set[str]:
        """Return the names of the live things in the state."""
        found = (state for state in self.load().resources if state.type == TYPE and not state.delete)
        return {urns.parse(state.urn).name for state in found}

    def _perform(self, kind: Any, body: Body | None, options: dict[str, Any], *, dry_run: bool = False) -> Outcome:
        if dry_run or kind == "preview":
            self.snapshot = self.load()
            return super()._perform(kind, body, options, dry_run=dry_run)
        with runs.open_run(self.stack, kind, keyring=keyring, note=self.notes.append) as run:
            self.run, self.snapshot = run, run.base
            self.journals = lambda: _Through(run.journal)
            outcome = super()._perform(kind, body, options)
            run.close(outcome.snapshot, runs.Outcome("succeeded" if outcome.ok else "failed", dict(outcome.counts)))
        return outcome


def ids_in(snapshot: Snapshot) -> list[str]:
    """Return the ids of all things in a state, and what the names of begun creations would be."""
    return sorted(state.id for state in snapshot.resources if state.type == TYPE)


def pending_names(snapshot: Snapshot) -> set[str]:
    """Return the names of the things whose operations have no end."""
    return {urns.parse(item.resource.urn).name for item in snapshot.pending}
