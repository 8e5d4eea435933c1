"""Releases as people read them in a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from pulumi_dataarts.release.comparing import Comparison
from pulumi_dataarts.release.manifest import Manifest, Need, count

WORDS: Final = {
    "file": ("program file", "program files"),
    "cdm-job": ("CDM job", "CDM jobs"),
    "dlf-job": ("Factory job", "Factory jobs"),
    "dlf-script": ("script", "scripts"),
    "dlf-resource": ("resource", "resources"),
    "flink-job": ("Flink job", "Flink jobs"),
}
SIGNS: Final = {"added": "+", "removed": "−", "changed": "~"}


def table(manifests: Sequence[Manifest], pins: Mapping[str, str]) -> str:
    """Return all releases, one a line."""
    if not manifests:
        return "no releases yet: dataarts release create"
    lines = [f"{'RELEASE':<14}{'CREATED':<22}{'BY':<18}{'REVISION':<11}{'RUNS IN':<20}MESSAGE"]
    for item in manifests:
        stacks = ", ".join(name for name, digest in pins.items() if digest == item.digest)
        lines.append(
            f"{item.short:<14}{item.created:<22}{_cut(item.creator, 16):<18}{_revision(item):<11}"
            f"{_cut(stacks, 18):<20}{item.message}".rstrip()
        )
    return "\n".join(lines)


def line_of(manifest: Manifest) -> str:
    """Return a release in a few words."""
    return f"{manifest.short} of {manifest.created} {manifest.message}".rstrip()


def describe(manifest: Manifest) -> str:
    """Return everything that a manifest says."""
    return "\n".join(_described(manifest))


def describe_made(manifest: Manifest, *, is_new: bool) -> str:
    """Return what to say of a release that was made, or turned out to be there already."""
    held = ", ".join(_counted(kind, number) for kind, number in count(manifest.entries).items())
    first = "created" if is_new else f"already there since {manifest.created}:"
    return f"{first} release sha256:{manifest.digest}\n{held}\nnext: dataarts release pin STACK {manifest.short}"


def describe_comparison(found: Comparison) -> str:
    """Return what differs, with the lines that do."""
    if found.old == found.new:
        return "the same release"
    lines = [f"{found.old[:12]} → {found.new[:12]}"]
    for change in found.changes:
        lines += ["", f"{SIGNS[change.op]} {WORDS[change.kind][0]} {change.name}"]
        lines += [f"    {line}" for line in change.lines]
    for sign, needs in (("+", found.needs_added), ("−", found.needs_removed)):
        lines += [f"{sign} needs {line}" for need in needs for line in _need(need)]
    return "\n".join(lines)


def _described(manifest: Manifest) -> Iterator[str]:
    facts = {
        "release": f"sha256:{manifest.digest}",
        "created": f"{manifest.created} by {manifest.creator or 'nobody named'}",
        "revision": _revision(manifest) or "unknown",
        "made for": manifest.source_environment + (", as it stood there" if manifest.read_back else ""),
        "parent": manifest.parent[:12],
        "message": manifest.message,
    }
    yield from (f"{name:<10}{value}" for name, value in facts.items() if value)
    for kind in count(manifest.entries):
        names = sorted(entry.name for entry in manifest.entries if entry.kind == kind)
        yield f"\n{_counted(kind, len(names))}"
        yield from (f"  {name}" for name in names)
    yield "\nneeds of an environment" if manifest.needs else "\nneeds nothing of an environment"
    for need in manifest.needs:
        yield from (f"  {line}" for line in _need(need))


def _need(need: Need) -> Iterator[str]:
    yield f"{need.kind} {need.name}{f' ({need.type})' if need.type else ''}"
    yield from (f"  used by {place}" for place in need.used_by)


def _revision(manifest: Manifest) -> str:
    commit = manifest.revision.commit[:8]
    return f"{commit}+" if manifest.revision.dirty else commit


def _counted(kind: str, number: int) -> str:
    return f"{number} {WORDS[kind][number != 1]}"


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"
