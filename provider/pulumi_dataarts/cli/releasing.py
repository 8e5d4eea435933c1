"""Which releases a project has, and which of them a stack runs."""

from __future__ import annotations

import getpass
import re
from collections.abc import Collection, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Final

from pulumi_dataarts.backend import stacks
from pulumi_dataarts.backend.configs import StackFile, read_stack_file
from pulumi_dataarts.backend.history import read_updates
from pulumi_dataarts.backend.projects import find_project
from pulumi_dataarts.cli import plans
from pulumi_dataarts.cli.wiring import Chosen, Running, Workplace, choose, matching
from pulumi_dataarts.errors import ConfigError, PlanError
from pulumi_dataarts.lifecycle.builds import BUILD_FOLDER
from pulumi_dataarts.release.archive import Release
from pulumi_dataarts.release.folders import unpacked
from pulumi_dataarts.release.pins import KEY, pin_of, pinned
from pulumi_dataarts.release.store import ReleaseStore, open_store

STORE: Final = "dataarts:releases"
_DIGESTS: Final = re.compile(r"\b[0-9a-f]{64}\b")


def store_of(place: Workplace, file: StackFile | None = None) -> ReleaseStore:
    """Return where a project's releases are kept: at `dataarts:releases`, or else beside its stacks' state.

    The key is best set for all stacks, in Pulumi.yaml; a stack's own file wins.

    Raises:
        ConfigError: the key's value is no URL of a backend.
    """
    declared = place.project.config.get(STORE)
    url = (file.values.get(STORE) if file else None) or (declared.value if declared else None)
    if not url:
        return ReleaseStore(place.blobs, place.project.name)
    if not isinstance(url, str):
        raise ConfigError(f"{STORE} is a URL, not a {type(url).__name__}", hint="Write it like s3://bucket/prefix?….")
    return open_store(url, place.project.name, cwd=place.project.folder)


def running(chosen: Chosen) -> Running:
    """Return the project of the release that a stack's file names, unpacked.

    Raises:
        ConfigError, Corrupt: there is no such release, or it is damaged.
    """
    digest = pin_of(chosen.file)
    if digest is None:
        return Running(chosen.place.project)
    own = chosen.place.project
    store = store_of(chosen.place, chosen.file)
    folder, manifest = unpacked(digest, own.folder / BUILD_FOLDER, store.get)
    if manifest.project != own.name:
        raise ConfigError(f"release {manifest.short} is one of project {manifest.project!r}, not of {own.name!r}")
    return Running(find_project(folder), manifest)


def pinned_digest(place: Workplace, stack: str) -> str | None:
    """Return the digest that a stack is pinned to, None where it runs the working tree. Raises StackNotFound."""
    return pin_of(choose(stack, place).file)


def pins(place: Workplace) -> dict[str, str]:
    """Return the digest of each stack that is pinned, by the stack's name, as the files in this folder say."""
    found = {}
    for path in sorted(place.project.stack_path("x").parent.glob("Pulumi.*.yaml")):
        if digest := pin_of(read_stack_file(path, place.project.name)):
            found[path.name.removeprefix("Pulumi.").removesuffix(".yaml")] = digest
    return found


def with_release(chosen: Chosen, digest: str | None) -> Chosen:
    """Return the stack as if its file named this release, or none; nothing is written."""
    return replace(chosen, file=pinned(chosen.file, digest))


def resolve(text: str, place: Workplace) -> str:
    """Return the digest of the release that a person means. Raises ConfigError where that is not one."""
    return store_of(place).resolve(text, lambda stack: pinned_digest(place, stack))


def made_from(chosen: Chosen, *, message: str, read_back: bool) -> Release:
    """Return the release of the program that a stack runs, made under logical names; it is kept nowhere yet."""
    from pulumi_dataarts.cli.driving import declared
    from pulumi_dataarts.release.manifest import Provenance
    from pulumi_dataarts.release.sources import release_of

    project = chosen.running.project
    provenance = Provenance(
        created=plans.made_now(),
        creator=person(chosen.place.project.folder),
        revision=plans.revision_of(chosen),
        source_environment=chosen.stack.name,
        read_back=read_back,
        parent=next((item.digest for item in store_of(chosen.place, chosen.file).list()), ""),
        message=message,
    )
    return release_of(project, declared(chosen), provenance)


def require_bound(chosen: Chosen, kind: str, allowed: Collection[str]) -> list[str]:
    """Check that a stack's environment has what its release needs, and return what is worth knowing besides.

    Only an update is checked, and only of a stack that runs a release. `--allow bindings` lifts it.

    Raises:
        ConfigError: the bindings cannot be read.
        PlanError: something is missing or ambiguous; each is named with the places that need it.
    """
    release = chosen.running.release
    if release is None or kind != "update":
        return []
    from pulumi_dataarts.huawei.session import open_session
    from pulumi_dataarts.model.bindings import KEY as BINDINGS
    from pulumi_dataarts.model.bindings import parse
    from pulumi_dataarts.release.binding import POLICY, judge
    from pulumi_dataarts.release.standing import looker

    texts = chosen.config().texts
    here = parse(texts.get(BINDINGS))
    verdict = judge(release, here, looker(lambda: open_session(texts.get), release, here))
    if verdict.problems and POLICY not in allowed:
        lines = [f"  {text}" for text in verdict.problems]
        raise PlanError(
            "\n".join([f"{chosen.stack.name} has not all that release {release.short} needs:", *lines]),
            hint=f"Bind it in {chosen.file.path.name} ({BINDINGS}, docs/how-to/release.md); if it is meant: "
            f"--allow {POLICY}",
        )
    return [*verdict.problems, *verdict.notes]


def needed(place: Workplace, store: ReleaseStore) -> dict[str, str]:
    """Return why a release may not go, by digest: stacks that run it or ran it, and records of promotions.

    Only the history of stacks in this backend is known, and only the files in this folder.
    """
    found: dict[str, str] = {}
    for record in store.blobs.find(store.records_folder):
        text = (store.blobs.read(record.key) or b"").decode(errors="replace")
        found |= dict.fromkeys(_DIGESTS.findall(text), "a promotion's record names it")
    for stack in stacks.list_stacks(place.blobs, place.project.name):
        for update in read_updates(stack):
            if match := _DIGESTS.search(str(update.config.get(KEY, ""))):
                found[match[0]] = f"{stack.name} ran it"
    return found | {digest: f"{name} runs it" for name, digest in pins(place).items()}


def remove(place: Workplace, store: ReleaseStore, digests: Sequence[str]) -> list[str]:
    """Remove releases while nobody promotes, but for those that somebody came to need since; return which are gone.

    Raises:
        LockHeld: somebody promotes into one of the environments.
    """
    from pulumi_dataarts.release.promotion import Line
    from pulumi_dataarts.release.records import Records

    line = Line(Records(store.blobs, store.project))
    environments = {*matching("*", place), *pins(place), *line.records.stacks()}
    with ExitStack() as locks:
        for stack in sorted(environments):
            locks.enter_context(line.held(stack))
        spared = needed(place, store)
        gone = [digest for digest in digests if digest not in spared]
        for digest in gone:
            store.remove(digest)
    return gone


def person(folder: Path) -> str:
    """Return who types: as git knows them, or by the name of the account."""
    return plans.git(folder, "config", "user.email") or getpass.getuser()
