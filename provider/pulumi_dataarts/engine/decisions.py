"""What a difference means: nothing, an update, or a replacement. Pure.

Source: pkg/resource/deploy/step_generator.go of the official engine.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum, auto

from pulumi_dataarts.engine.goals import Goal
from pulumi_dataarts.engine.providers import Difference
from pulumi_dataarts.errors import PlanError
from pulumi_dataarts.model import paths
from pulumi_dataarts.model.copies import replace
from pulumi_dataarts.model.diffs import diff
from pulumi_dataarts.model.snapshots import ResourceState
from pulumi_dataarts.model.values import Properties, Secret, Value, has_unknown, same

REPLACEMENT_TRIGGER = "replacementTrigger"
_INIT_ERROR = "#initerror"


class Verdict(Enum):
    """What is to be done with a resource that exists."""

    SAME = auto()
    UPDATE = auto()
    REPLACE = auto()


def verdict(difference: Difference, old: ResourceState, *, is_triggered: bool) -> Verdict:
    """Return what a difference asks for; what was left unfinished asks for it too."""
    if difference.changes or old.pending_replacement:
        is_replaced = replaces(difference) or is_triggered or old.pending_replacement
        return Verdict.REPLACE if is_replaced else Verdict.UPDATE
    return Verdict.UPDATE if old.init_errors else Verdict.SAME


def replaces(difference: Difference) -> bool:
    """Say whether a difference asks for a replacement."""
    return bool(difference.replaces) or any(_is_replace(kind) for kind in (difference.paths or {}).values())


def forced(goal: Goal, replaced: set[str]) -> Difference | None:
    """Return the difference that holds whatever a provider would say."""
    if replaced.intersection(goal.replace_with):
        return Difference(changes=True, replaces=("replaceWith",))
    if goal.deleted_with in replaced:
        return Difference(changes=True, replaces=("deletedWith",))
    return None


def is_other_provider(old: ResourceState, new: ResourceState) -> bool:
    """Say whether the change of provider alone replaces: only between component and custom resource.

    Another provider of the same package does not: dynamic providers never ask for it.
    """
    return old.provider != new.provider and not (old.provider and new.provider)


def settled(difference: Difference, old: Properties, news: Properties, ignore_changes: Iterable[str]) -> Difference:
    """Decide a difference that a provider left open, by comparing old inputs with new ones."""
    if difference.changes is not None:
        return difference
    kept, _ = paths.reset(news, old, ignore_changes)
    changes = diff(old, kept)
    keys = dict.fromkeys(str(change.path[0]) for change in changes)
    kinds = {change.text: str(change.kind) for change in changes} or None
    return replace(difference, changes=bool(changes), changed=tuple(keys), paths=kinds)


def with_replace_on_changes(
    difference: Difference, replace_on_changes: Iterable[str], init_errors: tuple[str, ...]
) -> Difference:
    """Turn the changes that the program wants replaced into replacements.

    Only what the provider names counts, as changed keys or as paths: a dynamic provider that answers with a plain yes
    or no names nothing.

    Raises:
        PlanError: a path is malformed.
    """
    if not (difference.changes or init_errors):
        return difference
    wanted = [_parse(text) for text in replace_on_changes]
    kinds = None
    if difference.paths is not None:
        kinds = {
            path: _as_replace(kind) if _is_within(path, wanted) else kind for path, kind in difference.paths.items()
        }
    keys = [key for key in difference.changed if _is_within(key, wanted)]
    is_init_wanted = bool(init_errors) and _is_within(_INIT_ERROR, wanted)
    return replace(
        difference,
        changes=bool(difference.changes) or is_init_wanted,
        paths=kinds,
        replaces=tuple(dict.fromkeys((*difference.replaces, *keys, *([_INIT_ERROR] if is_init_wanted else [])))),
    )


def is_triggered(new: Value, old: Value) -> bool:
    """Say whether the replacement trigger moved. An unknown one may have; without one there is nothing to move."""
    if has_unknown(new) or has_unknown(old):
        return True
    return new is not None and old is not None and not same(new, old)


def equal(left: Value, right: Value) -> bool:
    """Compare values, secrets only with secrets; null members count as absent."""
    if isinstance(left, dict) and isinstance(right, dict):
        return all(equal(left.get(key), right.get(key)) for key in {**left, **right})
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal, left, right))
    if isinstance(left, Secret) and isinstance(right, Secret):
        return equal(left.value, right.value)
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


def _parse(text: str) -> paths.Path:
    try:
        return paths.parse(text)
    except ValueError as error:
        raise PlanError(
            f"replace_on_changes: {error}", hint="Write it like `tags.owner` or `nodes[0].name`."
        ) from error


def _is_within(text: str, wanted: Iterable[paths.Path]) -> bool:
    try:
        path = paths.parse(text)
    except ValueError:
        path = (text,)
    return any(paths.contains(item, path) for item in wanted)


def _is_replace(kind: str) -> bool:
    return kind.endswith("-replace")


def _as_replace(kind: str) -> str:
    return kind if _is_replace(kind) else f"{kind}-replace"
