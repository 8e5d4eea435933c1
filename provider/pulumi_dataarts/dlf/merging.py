"""Taking an outside edit into a definition's source: what stands, as far as it departs from what was declared.

The source keeps everything else: what it leaves out, how it spells a number, and whatever an import binds to the
environment it comes into. Pure functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pulumi_dataarts.dlf.canonical import DEFAULTS, DOCUMENTED, MEMBERS, Body, Kind, canonical

_COMPLETE: Final = ("nodes", "params")
"""Lists that are declared whole: one more in the service is an edit."""


def taken_in(source: Body, bound: Body, standing: Body, kind: Kind, alternatives: Mapping[str, str]) -> Body:
    """Return the source's definition with what was edited in the service.

    Where nothing that is declared departs, what is not declared is what was edited, and is taken in.

    Args:
        source: the definition in the bundle's source.
        bound: the same as it stands after an import, with its bindings.
        standing: what the service has.
        kind: what the three are.
        alternatives: property values that may as well stand as another text.
    """
    merged = _object(source, bound, standing, kind, alternatives)
    if merged != source:
        return merged
    added = canonical({key: standing[key] for key in DOCUMENTED[kind] & standing.keys() - source.keys()}, kind)
    return {**source, **{key: standing[key] for key in sorted(added)}}


def _object(
    source: Mapping[str, Any],
    bound: Mapping[str, Any],
    standing: Mapping[str, Any],
    kind: str,
    alternatives: Mapping[str, str],
) -> Body:
    merged = dict(source)
    declared, found = canonical(bound, kind), canonical(standing, kind)  # type: ignore[arg-type]  # or a part of one
    for key in sorted({*declared, *(found.keys() & DEFAULTS.get(kind, {}).keys())}):
        mine, theirs = declared.get(key), found.get(key)
        if mine == theirs or (kind == "property" and theirs and alternatives.get(str(mine)) == theirs):
            continue
        before, after = source.get(key), standing.get(key)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            merged[key] = _object(before, bound[key], after, MEMBERS.get(kind, key), alternatives)
        elif _are_named(key, before) and _are_named(key, after):
            merged[key] = _members(key, source, bound, standing, alternatives)
        elif theirs is None and key not in DEFAULTS.get(kind, {}):
            merged.pop(key, None)
        else:
            merged[key] = _spelt(before, theirs if after is None else after)
    return {key: value for key, value in merged.items() if value is not None}


def _members(
    key: str,
    source: Mapping[str, Any],
    bound: Mapping[str, Any],
    standing: Mapping[str, Any],
    alternatives: Mapping[str, str],
) -> list[Any]:
    declared = {item["name"]: item for item in bound.get(key) or []}
    found = {item["name"]: item for item in standing[key]}
    kept = [
        _object(item, declared.get(item["name"], item), found[item["name"]], MEMBERS[key], alternatives)
        for item in source[key]
        if item["name"] in found
    ]
    added = [item for name, item in found.items() if name not in declared] if key in _COMPLETE else []
    return [*kept, *added]


def _are_named(key: str, items: Any) -> bool:
    return key in MEMBERS and isinstance(items, list) and all(isinstance(i, Mapping) and "name" in i for i in items)


def _spelt(before: Any, after: Any) -> Any:
    """Return a scalar as the source spells such: the service answers numbers and booleans as texts."""
    if isinstance(before, bool) and str(after).lower() in ("true", "false"):
        return str(after).lower() == "true"
    if isinstance(before, int) and not isinstance(before, bool) and str(after).lstrip("-").isdigit():
        return int(after)
    return after
