"""The first page: how much stands, how it goes, what needs a look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from pulumi_dataarts.simulator.console import buckets, cdm, factory, flink
from pulumi_dataarts.simulator.console.formats import plural
from pulumi_dataarts.simulator.console.listings import Row, counted
from pulumi_dataarts.simulator.console.marks import TONES
from pulumi_dataarts.simulator.console.requests import request_rows
from pulumi_dataarts.simulator.console.views import View
from pulumi_dataarts.simulator.dlf import resources, scripts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pulumi_dataarts.simulator.console.marks import Mark
    from pulumi_dataarts.simulator.console.views import Sight

_LOOKS_SHOWN: Final = 10
_REQUESTS_SHOWN: Final = 12


class _Job(Row, Protocol):
    """What the three services' jobs have in common."""

    @property
    def name(self) -> str: ...

    @property
    def at_ms(self) -> int: ...

    @property
    def href(self) -> str: ...

    @property
    def error(self) -> str: ...


@dataclass(frozen=True)
class Tile:
    """One service at a glance; `counts` are in the order of the tones, `note` says what else there is."""

    title: str
    href: str
    total: int
    counts: Sequence[tuple[Mark, int]]
    note: str


@dataclass(frozen=True)
class Look:
    """Something that failed, or waits for somebody."""

    kind: str
    name: str
    href: str
    mark: Mark
    at_ms: int
    error: str


def overview_page(sight: Sight) -> View:
    """Everything at a glance."""
    cdm_jobs, factory_jobs, flink_jobs = cdm.job_rows(sight), factory.job_rows(sight), flink.job_rows(sight)
    found = buckets.names(sight)
    looks = [
        *_looks("CDM", cdm_jobs),
        *_looks("Factory", factory_jobs),
        *_instances(factory_jobs),
        *_looks("Flink", flink_jobs),
    ]
    looks.sort(key=lambda look: (TONES.index(look.mark.tone), -look.at_ms))
    values = {
        "tiles": [
            Tile("CDM jobs", cdm.JOBS, len(cdm_jobs), counted(cdm_jobs), _cdm_note(sight)),
            Tile("Factory jobs", factory.JOBS, len(factory_jobs), counted(factory_jobs), _factory_note(sight)),
            Tile("Flink jobs", flink.JOBS, len(flink_jobs), counted(flink_jobs), _flink_note(sight)),
        ],
        "buckets": found,
        "looks": looks[:_LOOKS_SHOWN],
        "looks_more": max(0, len(looks) - _LOOKS_SHOWN),
        "requests": request_rows(sight, _REQUESTS_SHOWN),
        "total": sight.log.total,
        "is_empty": not (cdm_jobs or factory_jobs or flink_jobs or found),
    }
    return View("overview.html", "Overview", values)


def _looks(kind: str, rows: Iterable[_Job]) -> list[Look]:
    wanted = (row for row in rows if row.mark.tone in ("bad", "held"))
    return [Look(kind, row.name, row.href, row.mark, row.at_ms, row.error) for row in wanted]


def _instances(rows: Iterable[factory.JobRow]) -> list[Look]:
    """Return the jobs whose last instance went wrong, whatever their scheduling says."""
    return [
        Look("Factory instance", row.name, row.href, row.last, row.at_ms, "")
        for row in rows
        if row.last is not None and row.last.tone in ("bad", "held")
    ]


def _cdm_note(sight: Sight) -> str:
    clusters = cdm.clusters(sight)
    return f"{plural(len(clusters), 'cluster')}, {plural(sum(cluster.links for cluster in clusters), 'link')}"


def _factory_note(sight: Sight) -> str:
    files = factory.count(sight, scripts.KIND), factory.count(sight, resources.KIND)
    return f"{plural(files[0], 'script')}, {plural(files[1], 'resource')}"


def _flink_note(sight: Sight) -> str:
    return f"{plural(len(sight.context.settings.queues), 'queue')}"
