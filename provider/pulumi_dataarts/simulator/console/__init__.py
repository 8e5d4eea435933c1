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

from pulumi_dataarts.simulator.console.site import answer, serves

__all__ = ["answer", "serves"]
