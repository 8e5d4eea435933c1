"""What a run has decided so far, by URN: decisions about one resource depend on those about others."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Tally:
    """The URNs that were met, and what was decided for each.

    `condemned` are numbers whose delete has been decided. `renamed` maps an earlier URN to the present one, `previous`
    the other way. `skipped` are new resources outside the targets: they do not exist, and nothing may depend on them.
    `unusable` are those that failed, and what was left out because of them.
    """

    registered: set[str] = field(default_factory=set)
    same: set[str] = field(default_factory=set)
    created: set[str] = field(default_factory=set)
    updated: set[str] = field(default_factory=set)
    replaced: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    read: set[str] = field(default_factory=set)
    skipped: set[str] = field(default_factory=set)
    unusable: set[str] = field(default_factory=set)
    condemned: set[int] = field(default_factory=set)
    renamed: dict[str, str] = field(default_factory=dict)
    previous: dict[str, str] = field(default_factory=dict)

    def is_handled(self, urn: str) -> bool:
        """Say whether the program still has this resource, under this URN or a new one."""
        urn = self.renamed.get(urn, urn)
        return any(urn in seen for seen in (self.same, self.updated, self.replaced, self.read))

    def is_claimed(self, urn: str) -> bool:
        """Say whether the program has declared what has this URN, or had it."""
        return urn in self.registered or urn in self.renamed

    def is_decided(self, urn: str) -> bool:
        """Say whether any step was decided for this very URN."""
        decided = (self.same, self.created, self.updated, self.replaced, self.deleted, self.read)
        return any(urn in seen for seen in decided)
