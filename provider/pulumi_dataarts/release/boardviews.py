"""The board for a terminal, and as one HTML page: no script, no network, no file beside it."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pulumi_dataarts.release.board import Board, Cell, Column, Row
from pulumi_dataarts.release.manifest import SHORT

if TYPE_CHECKING:
    from markupsafe import Markup

FOLDER: Final = Path(__file__).parent / "templates"
SIGNS: Final = {"runs": "●", "ran": "○", "coming": "▶", "approved": "✓", "": "·"}
LEGEND: Final = "● runs   ○ ran before   ▶ on its way   ✓ approved   · not there"
_CUT: Final = 40
_TIME: Final = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d)")


def terminal(board: Board) -> str:
    """Return the board as text."""
    return "\n".join(_lines(board))


def html(board: Board) -> str:
    """Return the board as a page."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    style = (FOLDER / "board.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("board.html.j2").render(
        board=board,
        style=style,
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
        signs=SIGNS,
        words={"runs": "runs", "ran": "ran before", "coming": "on its way", "approved": "approved", "": "not there"},
        short=SHORT,
        facts=facts_of,
        state=state_of,
        when=when,
        timed=timed,
    )


def running(column: Column) -> str:
    """Say what an environment runs, and how far behind it is."""
    if column.between:
        return " or ".join(digest[:SHORT] or "the working tree" for digest in column.between) + ", or some of each"
    if not column.release:
        return "the working tree"
    if column.behind is None:
        return f"{column.release[:SHORT]}, which is not in the store"
    return f"{column.release[:SHORT]}, " + (f"{column.behind} behind" if column.behind else "the newest")


def state_of(column: Column) -> str:
    """Return the gravest thing there is to say: `stopped`, `open`, `failed`, `drifted`, `untried`, `good`."""
    if column.open:
        return "stopped" if column.error else "open"
    if column.failed:
        return "failed"
    if column.drifted:
        return "drifted"
    return "good" if column.verified else "untried"


def when(moment: str) -> str:
    """Return a time as people read it, in UTC."""
    return datetime.fromisoformat(moment).strftime("%Y-%m-%d %H:%M") if moment else ""


def timed(text: str) -> Markup:
    """Return a text whose times are not broken between two lines."""
    from markupsafe import Markup, escape

    return Markup(_TIME.sub(r'<span class="time">\1</span>', str(escape(text))))  # noqa: S704  escaped right here


def facts_of(column: Column) -> Iterator[tuple[str, str]]:
    """Yield what there is to say of an environment, as name and text."""
    yield "runs", running(column) + (f", since {when(column.since)}" if column.since else "")
    failed = f"failed: {', '.join(column.failed)}" if column.failed else "passed"
    yield "verified", f"{failed} ({when(column.verified)})" if column.verified else "not tried"
    drift = f"changed outside: {', '.join(column.drifted)}" if column.drifted else "none"
    yield "drift", f"{drift} ({when(column.looked)})" if column.looked else "not looked at"
    if column.approved_by:
        yield "approved by", ", ".join(column.approved_by)
    if column.open:
        yield "open", column.open + (f": {column.error}" if column.error else "")


def _lines(board: Board) -> Iterator[str]:
    for column in board.columns:
        yield column.stack
        yield from (f"   {name:<12} {text}" for name, text in facts_of(column))
    if not board.rows:
        yield "no releases yet: dataarts release create"
        return
    widths = [max(len(column.stack), 16) + 2 for column in board.columns]
    yield ""
    heads = (f"{column.stack:<{width}}" for column, width in zip(board.columns, widths, strict=True))
    yield f"{'RELEASE':<14}{''.join(heads)}MESSAGE"
    for row in board.rows:
        yield _row(row, widths)
    yield LEGEND


def _row(row: Row, widths: list[int]) -> str:
    cells = (f"{_cell(cell):<{width}}" for cell, width in zip(row.cells, widths, strict=True))
    message = row.message if len(row.message) <= _CUT else f"{row.message[: _CUT - 1]}…"
    return f"{row.release[:SHORT]:<14}{''.join(cells)}{message}".rstrip()


def _cell(cell: Cell) -> str:
    return f"{SIGNS[cell.state]} {when(cell.since)[5:]}".rstrip()
