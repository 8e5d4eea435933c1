"""The console: what stands in the embedded cloud, to look at in a browser. Read-only.

It is served at `/` and under `/console/` of the API endpoint, to this machine alone and without a signature. A page
looks at a read-only view of the store, held still at one moment, and is drawn by templates that escape everything; it
loads nothing from anywhere else and runs no inline script. What it asks for is in no request log, and no fault
strikes it.

One module reads a service (`cdm`, `factory`, `factory_job`, `flink`, `buckets`, `requests`); `listings` filters and
pages, `marks` says what a status means, `disclosure` what may be shown, `graphs` lays out a job's nodes, `site`
answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pulumi_dataarts.simulator.embedded import EmbeddedCloud
    from pulumi_dataarts.simulator.http import Answer, Request

PREFIX: Final = "/console/"
HOME: Final = "/"


def serves(request: Request) -> bool:
    """Say whether a request is for the console."""
    return request.path == HOME or request.path.startswith(PREFIX)


def answer(request: Request, cloud: EmbeddedCloud) -> Answer:
    """Answer a request for a page, or for a file that one loads; templates are loaded when the first one comes."""
    from pulumi_dataarts.simulator.console import site

    return site.answer(request, cloud)
