"""What was asked of the cloud lately, with the faults that struck, and the faults that are armed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pulumi_dataarts.simulator.clock import milliseconds
from pulumi_dataarts.simulator.console.listings import listing
from pulumi_dataarts.simulator.console.marks import NO_ANSWER, Mark, answer_mark
from pulumi_dataarts.simulator.console.views import View
from pulumi_dataarts.simulator.faults import effect
from pulumi_dataarts.simulator.request_log import LOG_LENGTH

if TYPE_CHECKING:
    from pulumi_dataarts.simulator.console.views import Sight

REQUESTS = "/console/requests"


@dataclass(frozen=True)
class RequestRow:
    """One request; `fault` is the kind of the fault that struck it, or empty. The mark's word is code and phrase."""

    at_ms: int
    operation: str
    method: str
    path: str
    mark: Mark
    fault: str
    id: str

    @property
    def code(self) -> str:
        """The answer's status alone, or a dash for no answer."""
        return self.mark.word.partition(" ")[0] if self.mark != NO_ANSWER else "–"

    @property
    def text(self) -> str:
        """What words are looked for in."""
        return f"{self.operation} {self.method} {self.path} {self.mark.word} {self.fault} {self.id}"


def requests_page(sight: Sight) -> View:
    """The requests of late, the latest first, and the faults."""
    values = {
        "requests": listing(request_rows(sight, LOG_LENGTH), sight),
        "total": sight.log.total,
        "faults": sight.context.faults.list(),
        "effect": effect,
    }
    return View("requests.html", "Requests", values)


def request_rows(sight: Sight, count: int) -> list[RequestRow]:
    """Return the last requests, the latest first."""
    return [
        RequestRow(
            at_ms=milliseconds(served.time),
            operation=served.operation or (served.service if served.service != "api" else ""),
            method=served.method,
            path=served.path,
            mark=answer_mark(served.status),
            fault=served.fault,
            id=served.request_id,
        )
        for served in reversed(sight.log.last(count))
    ]
