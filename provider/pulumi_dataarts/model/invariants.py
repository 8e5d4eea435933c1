"""What must hold of a run, beside the form of its snapshot: each rule looks at what a witness knows.

A rule that needs what its witness does not know says nothing. The engine knows least; tests, which have the cloud and
the files before them, know most. `integrity.violations` is where all rules are checked.

By the numbers of the design: I3 one live resource an object; I4 what was begun has an end or is pending; I5 what is in
the cloud is known; I6 one update a run; I7 what is protected stays; I9 a failure leaves dependents alone; I10 the same
plan twice; I11 no secret in a file; I12 nothing is left to do after a success; I13 a destroy leaves nothing; I14 a
bounded number of calls. I1 and I2 are `integrity`'s own; I8, no write under an old lease, is `backend.fences`'s.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from pulumi_dataarts.model import urns
from pulumi_dataarts.model.graphs import references
from pulumi_dataarts.model.snapshots import PendingOperation, ResourceState, Snapshot


@dataclass(frozen=True)
class Witness:
    """What somebody knows of a run. None, or empty, says that nothing is known.

    `begun` are operations of the run without an end. `there` maps the ids of the objects in the cloud, all of them
    made by the stack, to their resources' names. `updates` is the number of the history's entries before and after.
    `protected` are ids that may not go. `before` are the resources by URN before the run, `failed` the URNs whose step
    failed. `plans` were made of the same program and cloud. `files` are the state's, `secrets` what none may hold.
    `left_to_do` are the operations of a preview after a success. `is_destroyed`: everything was to go. `calls` is the
    number of calls made, and of those allowed.
    """

    begun: tuple[PendingOperation, ...] = ()
    there: Mapping[str, str] | None = None
    updates: tuple[int, int] | None = None
    protected: Collection[str] = ()
    before: Mapping[str, ResourceState] | None = None
    failed: Collection[str] = ()
    plans: tuple[object, ...] = ()
    files: Mapping[str, bytes] | None = None
    secrets: Collection[str] = ()
    left_to_do: Collection[str] = ()
    is_destroyed: bool = False
    calls: tuple[int, int] | None = None


NOBODY: Final = Witness()
Rule: TypeAlias = Callable[[Snapshot, Witness], Iterator[str]]


def _one_resource_an_object(snapshot: Snapshot, witness: Witness) -> Iterator[str]:
    """I3. Other people's providers may repeat their ids: only who knows the objects can tell."""
    if witness.there is None:
        return
    live = Counter((state.type, state.id) for state in snapshot.resources if state.id and not state.delete)
    yield from (f"{id}: {count} live resources have this object" for (_, id), count in live.items() if count > 1)


def _no_operation_lost(snapshot: Snapshot, witness: Witness) -> Iterator[str]:
    """I4."""
    listed = {(item.type, item.resource.urn) for item in snapshot.pending}
    for item in witness.begun:
        if (item.type, item.resource.urn) not in listed:
            yield f"{item.resource.urn}: {item.type} was begun, has no end, and is not listed as pending"


def _everything_known(snapshot: Snapshot, witness: Witness) -> Iterator[str]:
    """I5."""
    known = {state.id for state in snapshot.resources}
    begun = {urns.parse(item.resource.urn).name for item in snapshot.pending}
    for id, name in (witness.there or {}).items():
        if id not in known and name not in begun:
            yield f"{id}: is in the cloud, and neither in the state nor pending"


def _one_update_a_run(_: Snapshot, witness: Witness) -> Iterator[str]:
    """I6."""
    if witness.updates and witness.updates[1] != witness.updates[0] + 1:
        yield f"the history grew from {witness.updates[0]} to {witness.updates[1]} updates in one run"


def _protected_stays(_: Snapshot, witness: Witness) -> Iterator[str]:
    """I7."""
    if witness.there is not None:
        yield from (f"{id}: was protected, and is gone" for id in witness.protected if id not in witness.there)


def _dependents_untouched(snapshot: Snapshot, witness: Witness) -> Iterator[str]:
    """I9."""
    failed, before = set(witness.failed), witness.before or {}
    for state in snapshot.resources:
        old = before.get(state.urn)
        depends = any(item.urn in failed for item in references(state) if item.field != "parent")
        if depends and old is not None and state.custom and state.outputs != old.outputs:
            yield f"{state.urn}: was changed, though what it depends on failed"


def _same_plan_twice(_: Snapshot, witness: Witness) -> Iterator[str]:
    """I10."""
    if any(plan != witness.plans[0] for plan in witness.plans):
        yield "two plans of the same program and cloud differ"


def _no_secret_in_files(_: Snapshot, witness: Witness) -> Iterator[str]:
    """I11."""
    for name, data in (witness.files or {}).items():
        yield from (f"{name} has a secret in clear" for text in witness.secrets if text.encode() in data)


def _nothing_left_to_do(_: Snapshot, witness: Witness) -> Iterator[str]:
    """I12."""
    if more := sorted(set(witness.left_to_do) - {"same"}):
        yield f"after a success, a preview still has {', '.join(more)}"


def _nothing_left(snapshot: Snapshot, witness: Witness) -> Iterator[str]:
    """I13. What is known to be under way may be there; what is retained is no object of the stack any more."""
    if not witness.is_destroyed:
        return
    begun = {urns.parse(item.resource.urn).name for item in snapshot.pending}
    for id, name in (witness.there or {}).items():
        if id not in witness.protected and name not in begun:
            yield f"{id}: is left after everything was destroyed"


def _bounded_calls(_: Snapshot, witness: Witness) -> Iterator[str]:
    """I14."""
    if witness.calls and witness.calls[0] > witness.calls[1]:
        yield f"{witness.calls[0]} calls were made, and {witness.calls[1]} are enough"


RULES: Final[tuple[Rule, ...]] = (
    _one_resource_an_object,
    _no_operation_lost,
    _everything_known,
    _one_update_a_run,
    _protected_stays,
    _dependents_untouched,
    _same_plan_twice,
    _no_secret_in_files,
    _nothing_left_to_do,
    _nothing_left,
    _bounded_calls,
)
