"""The reference of events, from the classes that the engine tells them by."""

from __future__ import annotations

import inspect
from dataclasses import fields
from typing import get_args

from pulumi_dataarts.engine import events

HEAD = """# Events

Made from the code by `make docs`. `--event-log FILE` of `preview`, `up`, `refresh` and `destroy` writes what goes on as
JSON, one event a line: `{"seq": 1, "ts": "2026-01-01T00:00:00Z", "type": "StepStarted", ...}`. Every secret is masked.
Of a step's report stand `urn`, `op`, and where there is one `result` and `error`.
"""


def page() -> str:
    """Return the whole page."""
    return "\n".join([HEAD, *(line for kind in get_args(events.Event) for line in _section(kind))])


def _section(kind: type) -> list[str]:
    names = [field.name for field in fields(kind)]
    names = ["urn", "op", "result", "error"] if names == ["report"] else names
    told = (inspect.getdoc(kind) or "").partition("\n\n")[0]
    return [f"## {kind.__name__}", "", told, "", f"Fields: {', '.join(f'`{name}`' for name in names)}.", ""]
