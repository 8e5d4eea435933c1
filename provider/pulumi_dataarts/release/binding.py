"""Whether an environment has what a release needs: found before anything is planned, with the places that need it.

What can be looked up (clusters, links, buckets) has to stand there under the name it is bound to, or under its own.
What cannot (connections, queues, streams: the pages have no call for them, or one that is to be taken offline) is told
when it is not bound, since the very name of the release is used then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pulumi_dataarts.dlf.references import HAS_VALUE
from pulumi_dataarts.model.bindings import KEY, Bindings, Group, Target
from pulumi_dataarts.release.manifest import Content, Need

POLICY: Final = "bindings"
_GROUPS: Final[Mapping[str, Group]] = {
    "cluster": "clusters",
    "connection": "connections",
    "link": "links",
    "queue": "queues",
    "bucket": "buckets",
    "stream": "streams",
}
_CHECKED: Final[tuple[Group, ...]] = ("clusters", "connections", "queues", "streams")
_PLACES_MAX: Final = 3
Stands = Callable[[Need, Target], bool | None]


@dataclass(frozen=True)
class Verdict:
    """What is wrong with an environment's bindings for a release, and what is worth knowing about them."""

    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def judge(content: Content, here: Bindings, stands: Stands) -> Verdict:
    """Return what is missing, ambiguous or unused.

    Args:
        content: the release.
        here: the environment's bindings.
        stands: says whether what is bound to a need, or its own name, stands in the environment; None where that
            cannot be looked up.
    """
    problems = [text for need in content.needs for text in _problems(need, here, stands)]
    unbound = [need for need in content.needs if _is_unproved(need, here, stands)]
    notes = [f"{_told(need)} is not bound, and cannot be looked up: that very name is used" for need in unbound]
    return Verdict((*problems, *_ambiguous(content.needs, here)), (*notes, *_unused(content, here)))


def _problems(need: Need, here: Bindings, stands: Stands) -> Iterator[str]:
    if need.kind == "parameter":
        job, _, name = need.name.rpartition(".")
        is_bound = name in here.shared_parameters() or name in here.job_parameters().get(job, {})
        if need.type != HAS_VALUE and not is_bound:
            yield f"{_told(need)} has no value, and is not bound{_places(need)}"
        return
    own = here.own(_GROUPS[need.kind], need.name)
    if own and need.kind == "cluster" and not own.id and _is_for_cdm(need):
        yield f"{_told(need)} is bound without an id, which CDM needs{_places(need)}"
    elif stands(need, own or Target(name=need.name, id=need.name)) is False:
        told = f"is bound to {_own(own)}, and there is none" if own else "is not bound, and there is none of that name"
        yield f"{_told(need)} {told}{_places(need)}"


def _is_unproved(need: Need, here: Bindings, stands: Stands) -> bool:
    if need.kind == "parameter" or here.own(_GROUPS[need.kind], need.name):
        return False
    return stands(need, Target(name=need.name, id=need.name)) is None


def _ambiguous(needs: Iterable[Need], here: Bindings) -> Iterator[str]:
    """Yield names that mean things of two types while an import can replace one only."""
    seen: dict[str, Need] = {}
    for need in needs:
        if need.kind not in ("cluster", "connection") or not need.type:
            continue
        before = seen.setdefault(need.name, need)
        is_moved = here.name_of(_GROUPS[need.kind], need.name) != need.name
        if before.type != need.type and is_moved:
            yield (
                f"{need.name} is ambiguous: a {before.type}{_places(before)}, and a {need.type}{_places(need)}; "
                "an import replaces one type a name"
            )


def _unused(content: Content, here: Bindings) -> Iterator[str]:
    needed = {(need.kind, need.name) for need in content.needs}
    for kind, group in _GROUPS.items():
        if group in _CHECKED:
            for name in sorted(getattr(here, group)):
                if (kind, name) not in needed:
                    yield f"{KEY}.{group}.{name} is not used by the release"
    parameters = {name for kind, name in needed if kind == "parameter"}
    names = {name.rpartition(".")[2] for name in parameters}
    flat = {f"{job}.{name}" for job, values in here.job_parameters().items() for name in values}
    for name in sorted((here.shared_parameters().keys() - names) | (flat - parameters)):
        yield f"{KEY}.parameters.{name} is not used by the release"
    jobs = {entry.name for entry in content.entries if entry.kind == "flink-job"}
    for name in sorted(here.workers.keys() - jobs):
        yield f"{KEY}.workers.{name} is not used by the release: there is no such Flink job"


def _is_for_cdm(need: Need) -> bool:
    return any(place.startswith("CDM job") for place in need.used_by)


def _told(need: Need) -> str:
    return f"{need.kind} {need.name}"


def _own(target: Target) -> str:
    return " ".join(part for part in (target.name, f"(id {target.id})" if target.id else "") if part)


def _places(need: Need) -> str:
    shown = ", ".join(need.used_by[:_PLACES_MAX])
    more = f" and {len(need.used_by) - _PLACES_MAX} more" if len(need.used_by) > _PLACES_MAX else ""
    return f"; needed by {shown}{more}" if shown else ""
