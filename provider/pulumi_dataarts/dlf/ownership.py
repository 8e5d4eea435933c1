"""What an import made or took over, as it is remembered in the state: small, and enough to see drift.

A mark holds two digests: of the definition in the bundle (`source`) and of what stood right after the import
(`live`). Drift is a difference from the second, so what the service fills in or rewrites on its own never counts. A
third (`edited`) is of what a refresh found instead; what it found missing is owned no longer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from pulumi_dataarts.dlf.canonical import Body, Kind, standing_digest
from pulumi_dataarts.model.values import Properties

FACTS: Final = ("owned_jobs", "owned_scripts", "owned_resources")


@dataclass(frozen=True)
class Mark:
    """One owned object. `id` is the service's, of resources alone."""

    source: str
    live: str
    id: str = ""
    edited: str = ""

    @classmethod
    def of(cls, source: str, body: Body, kind: Kind) -> Mark:
        """Return the mark of an object that was just written, or found as declared."""
        return cls(source, standing_digest(body, kind), str(body.get("id", "")) if kind == "resource" else "")

    def seen(self, body: Body, kind: Kind) -> Mark:
        """Return the mark after another look."""
        now = standing_digest(body, kind)
        return replace(self, edited="" if now == self.live else now)

    def is_current(self, source: str) -> bool:
        """Say whether the object stands as this definition in a bundle says."""
        return self.source == source and not self.edited


@dataclass(frozen=True)
class Owned:
    """Everything one import owns, by name."""

    jobs: dict[str, Mark] = field(default_factory=dict)
    scripts: dict[str, Mark] = field(default_factory=dict)
    resources: dict[str, Mark] = field(default_factory=dict)

    @classmethod
    def of(cls, known: Mapping[str, Any]) -> Owned:
        """Return what a resource's outputs say it owns."""
        return cls(*({name: Mark(**mark) for name, mark in (known.get(fact) or {}).items()} for fact in FACTS))

    def facts(self) -> Properties:
        """Return the outputs that remember this."""
        return dict(zip(FACTS, map(_plain, (self.jobs, self.scripts, self.resources)), strict=True))


def _plain(marks: Mapping[str, Mark]) -> dict[str, dict[str, str]]:
    return {name: {key: value for key, value in asdict(mark).items() if value} for name, mark in sorted(marks.items())}
