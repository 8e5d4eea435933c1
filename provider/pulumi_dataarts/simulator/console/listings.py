"""Long lists: filtered by what the reader typed and by status, and cut into pages."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

from pulumi_dataarts.simulator.console.marks import TONES
from pulumi_dataarts.simulator.console.views import link

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pulumi_dataarts.simulator.console.marks import Mark
    from pulumi_dataarts.simulator.console.views import Sight

PAGE_ROWS: Final = 50
_PAGE_DIGITS_MAX: Final = 9
_OWN: Final = ("q", "status", "page")


class Row(Protocol):
    """What can be listed."""

    @property
    def text(self) -> str:
        """What the reader's words are looked for in."""
        ...

    @property
    def mark(self) -> Mark:
        """Its status."""
        ...


R = TypeVar("R", bound=Row)


@dataclass(frozen=True)
class Listing(Generic[R]):
    """One page of a list.

    Attributes:
        rows: of this page.
        path: of the web page.
        keep: what else the reader asked for.
        words: what the reader typed.
        status: the word of the status that was chosen, or empty.
        counts: how many there are of each status, among those that fit the words.
        total: how many rows there are at all.
        found: how many fit the words and the status.
        page: this page, from 1.
    """

    rows: Sequence[R]
    path: str
    keep: Mapping[str, str]
    words: str
    status: str
    counts: Sequence[tuple[Mark, int]]
    total: int
    found: int
    page: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least 1."""
        return _pages(self.found)

    @property
    def first(self) -> int:
        """The number of the first row of this page, from 1; 0 when there is none."""
        return (self.page - 1) * PAGE_ROWS + 1 if self.rows else 0

    @property
    def last(self) -> int:
        """The number of the last row of this page."""
        return max(0, self.first + len(self.rows) - 1)

    def at(self, page: int) -> str:
        """Return the address of another page of the same list."""
        return link(self.path, **self.keep, q=self.words, status=self.status, page=page if page > 1 else "")

    def only(self, status: str) -> str:
        """Return the address of the list of one status; empty for all."""
        return link(self.path, **self.keep, q=self.words, status=status)


def listing(rows: Sequence[R], sight: Sight) -> Listing[R]:
    """Return the page of `rows` that the reader asked for: `q`, `status` and `page` in the query."""
    words, status = sight.query.get("q", "").strip(), sight.query.get("status", "")
    wanted = words.casefold().split()
    fitting = [row for row in rows if all(word in row.text.casefold() for word in wanted)] if wanted else rows
    found = [row for row in fitting if row.mark.word == status] if status else fitting
    page = min(_page(sight), _pages(len(found)))
    shown = found[(page - 1) * PAGE_ROWS : page * PAGE_ROWS]
    keep = {name: value for name, value in sight.query.items() if name not in _OWN}
    return Listing(shown, sight.path, keep, words, status, counted(fitting), len(rows), len(found), page)


def counted(rows: Iterable[Row]) -> list[tuple[Mark, int]]:
    """Return how many rows there are of each status, what went wrong first."""
    counts = Counter(row.mark for row in rows)
    return sorted(counts.items(), key=lambda item: (TONES.index(item[0].tone), item[0].word))


def _pages(count: int) -> int:
    return max(1, -(-count // PAGE_ROWS))


def _page(sight: Sight) -> int:
    asked = sight.query.get("page", "1")
    return max(1, int(asked)) if asked.isascii() and asked.isdecimal() and len(asked) <= _PAGE_DIGITS_MAX else 1
