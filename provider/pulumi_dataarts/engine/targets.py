"""Which resources an operation is about: exact URNs and globs, with or without their dependents.

In a glob, `*` stands for any part of a URN's segment and `**` for anything.

Source: pkg/resource/deploy/deployment.go of the official engine.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pulumi_dataarts.model import urns
from pulumi_dataarts.model.graphs import references
from pulumi_dataarts.model.snapshots import ResourceState


class Urns:
    """A set of URNs by names and globs. It may grow; without any, nothing is constrained."""

    def __init__(self, patterns: Iterable[str]) -> None:
        given = list(patterns)
        self.literals = {pattern for pattern in given if "*" not in pattern}
        self._globs = [_regex(pattern) for pattern in given if "*" in pattern]

    def __bool__(self) -> bool:
        return bool(self.literals or self._globs)

    def __contains__(self, urn: object) -> bool:
        return urn in self.literals or any(glob.fullmatch(str(urn)) for glob in self._globs)

    def add(self, urn: str) -> None:
        """Let one more be in the set."""
        self.literals.add(urn)


def _regex(glob: str) -> re.Pattern[str]:
    spans = (".*".join(("[^:]*".join(map(re.escape, span.split("*")))) for span in glob.split("**")),)
    return re.compile("".join(spans), re.DOTALL)


class Selection:
    """The targets and excludes of a run, and what has been drawn in by depending on them."""

    def __init__(
        self, targets: Iterable[str], excludes: Iterable[str], replaces: Iterable[str], *, with_dependents: bool
    ) -> None:
        self.targets = Urns(targets)
        self.excludes = Urns(excludes)
        self.replaces = Urns(replaces)
        self.with_dependents = with_dependents
        self._drawn_in: set[str] = set()

    @property
    def is_constrained(self) -> bool:
        """Whether anything may be left out."""
        return bool(self.targets or self.excludes)

    def includes(self, state: ResourceState) -> bool:
        """Say whether a resource takes part. Providers and the stack always do."""
        if urns.is_provider_type(state.type) or urns.qualified_type(state.urn) == urns.ROOT_TYPE:
            return True
        return self._is_meant(state)

    def takes_in(self, state: ResourceState) -> bool:
        """Say whether a resource itself is meant; a target's dependents are known when they come."""
        self.note(state)
        return self._is_meant(state)

    def note(self, state: ResourceState) -> None:
        """Remember a target that was met, so that its dependents are known when they come."""
        if self.targets and self._is_target(state):
            self._drawn_in.add(state.urn)

    def _is_meant(self, state: ResourceState) -> bool:
        return self._is_target(state) if self.targets else state.urn not in self.excludes

    def _is_target(self, state: ResourceState) -> bool:
        if state.urn in self.targets:
            return True
        drawn_in = (item.urn in self._drawn_in or item.urn in self.targets for item in references(state))
        return self.with_dependents and any(drawn_in)
