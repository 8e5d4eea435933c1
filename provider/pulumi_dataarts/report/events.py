"""The stream of events as JSON lines, for `--event-log`: what went on, in order, with every secret masked."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from pulumi_dataarts.engine.events import Event, StepFailed, StepFinished, StepReport
from pulumi_dataarts.report.masking import Mask


def line_of(event: Event, number: int, time: str, mask: Mask) -> str:
    """Return an event as one line: `{"seq": 1, "ts": …, "type": "StepStarted", …}`."""
    document = {"seq": number, "ts": time, "type": type(event).__name__, **_content(event)}
    return json.dumps(mask.value(document), ensure_ascii=False)


def _content(event: Event) -> dict[str, Any]:
    match event:
        case StepFinished(report) | StepFailed(report):
            return _report(report)
        case _:
            return asdict(event)


def _report(report: StepReport) -> dict[str, Any]:
    told = {"urn": report.urn, "op": report.op, "result": report.result, "error": report.error}
    return {key: value for key, value in told.items() if value}
