"""What must hold of every snapshot, checked when one is read and before one becomes current.

With a witness of the run that led to it, the rules of runs are checked as well (see `invariants`).

Source: pkg/resource/deploy/snapshot.go and pkg/resource/stack/snapshot/integrity.go of the official engine.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pulumi_dataarts.model import urns
from pulumi_dataarts.model.graphs import references
from pulumi_dataarts.model.invariants import NOBODY, RULES, Witness
from pulumi_dataarts.model.snapshots import ResourceState, Snapshot

OPERATIONS = frozenset({"creating", "updating", "deleting", "reading", "importing"})


def violations(snapshot: Snapshot, witness: Witness = NOBODY) -> list[str]:
    """Return what is wrong with a snapshot, and with what a witness knows, a sentence each; empty when nothing is.

    Every reference points at an earlier resource (so there are no cycles), each URN has at most one live resource, and
    pending operations are of a known kind: I1 and I2 of the design.
    """
    found = [text for state in snapshot.resources for text in _malformed(state)]
    found += _misplaced(snapshot)
    found += _duplicates(snapshot)
    for item in snapshot.pending:
        if item.type not in OPERATIONS:
            found.append(f"{item.resource.urn}: pending operation {item.type!r} is unknown")
        found += _malformed(item.resource)
    if witness is not NOBODY:
        found += [text for rule in RULES for text in rule(snapshot, witness)]
    return found


def _malformed(state: ResourceState) -> Iterator[str]:
    try:
        parsed = urns.parse(state.urn)
    except ValueError:
        yield f"{state.urn or 'a resource'}: not a URN"
        return
    if not state.type:
        yield f"{state.urn}: the type is missing"
    elif parsed.type != state.type:
        yield f"{state.urn}: the type {state.type!r} does not fit the URN"
    if not state.custom and state.id:
        yield f"{state.urn}: a component has the id {state.id!r}"


def _misplaced(snapshot: Snapshot) -> Iterator[str]:
    everything = {state.urn for state in snapshot.resources}
    seen: set[str] = set()
    providers: set[str] = set()
    for state in snapshot.resources:
        if urns.is_provider_type(state.type):
            if not state.id:
                yield f"{state.urn}: a provider without an id"
            providers.add(urns.provider_reference(state.urn, state.id))
        if state.provider and state.provider not in providers and not state.pending_replacement:
            yield f"{state.urn}: provider {state.provider} is unknown, or comes after it"
        for field, urn in references(state):
            if field != "provider" and urn not in seen:
                place = "comes after it" if urn in everything else "is missing"
                yield f"{state.urn}: {field} names {urn}, which {place}"
        seen.add(state.urn)


def _duplicates(snapshot: Snapshot) -> Iterator[str]:
    counted = Counter(state.urn for state in snapshot.resources if not state.delete)
    yield from (f"{urn}: {count} live resources of this URN" for urn, count in counted.items() if count > 1)
