"""Source text with its words marked for colour and its secrets blotted out, line by line."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from markupsafe import Markup, escape
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

from pulumi_dataarts.simulator.console.disclosure import blotted

if TYPE_CHECKING:
    from collections.abc import Sequence

# More is shown plain, and no more than so much is shown.
_COLOURED_CHARS_MAX: Final = 50_000
SHOWN_CHARS_MAX: Final = 200_000
_LEXERS: Final = {"Shell": "bash", "PYTHON": "python", "Spark Python": "python"}


@dataclass(frozen=True)
class Code:
    """Text to show: its lines as HTML, and how many characters were left out."""

    lines: Sequence[Markup]
    left_out: int


@lru_cache(maxsize=32)
def highlighted(text: str, kind: str) -> Code:
    """Return the text of a script of this kind; what is not Python or a shell script is SQL."""
    cut = blotted(text[:SHOWN_CHARS_MAX].removesuffix("\n"))
    left_out = max(0, len(text) - SHOWN_CHARS_MAX)
    if len(cut) > _COLOURED_CHARS_MAX:
        return Code([escape(line) for line in cut.split("\n")], left_out)
    lexer = get_lexer_by_name(_LEXERS.get(kind, "sql"), stripnl=False, ensurenl=False)
    # The formatter escapes the text, closes its marks at the end of each line, and adds a line end of its own.
    html = highlight(cut, lexer, HtmlFormatter(nowrap=True)).removesuffix("\n")
    return Code([Markup(line) for line in html.split("\n")], left_out)  # noqa: S704
