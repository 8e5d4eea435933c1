"""Where the embedded cloud keeps everything: JSON documents in one SQLite file.

A document has a kind (`cdm.job`), a scope that it is unique in (`embedded`), and a name. One transaction a
request, one lock for all: whoever holds `transaction()` is alone. Write-ahead logging keeps every committed
request through a `kill -9`.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias, TypedDict, Unpack

from pulumi_dataarts.simulator.status import STORE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Document: TypeAlias = dict[str, Any]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
    sequence INTEGER PRIMARY KEY,
    kind TEXT NOT NULL, scope TEXT NOT NULL, name TEXT NOT NULL, label TEXT NOT NULL, body TEXT NOT NULL,
    UNIQUE (kind, scope, name)
);
CREATE INDEX IF NOT EXISTS documents_by_label ON documents (kind, scope, label, sequence);
CREATE INDEX IF NOT EXISTS documents_by_age ON documents (kind, scope, sequence);
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS contents (name TEXT PRIMARY KEY, content BLOB NOT NULL);
"""


class Choice(TypedDict, total=False):
    """Which documents of a kind and a scope are meant; all, where nothing is said.

    Attributes:
        label: only those with this label; empty for all.
        contains: only those whose name contains this, case and all.
        offset: how many to leave out at the start.
        limit: how many to return at most; negative for all.
        latest_first: turn the order round.
    """

    label: str
    contains: str
    offset: int
    limit: int
    latest_first: bool


class Store:
    """The documents of one cloud. Safe to use from any thread inside `transaction()`.

    Attributes:
        is_view: it shows the past, and cannot be written.
    """

    def __init__(self, folder: Path, *, view: bool = False) -> None:
        """Open, or create, the store of the cloud that lives in `folder`.

        Args:
            folder: the cloud's data folder.
            view: read only, and show what is committed now for as long as it is open.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.is_view = view
        self._lock = threading.RLock()
        self._depth = 0
        self._deferred: list[Callable[[], object]] = []
        self._db = sqlite3.connect(folder / STORE, isolation_level=None, check_same_thread=False)
        if view:
            self._hold_snapshot()
        else:
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.executescript(_SCHEMA)

    def _hold_snapshot(self) -> None:
        self._db.execute("PRAGMA query_only = ON")
        self._db.execute("BEGIN")
        self._db.execute("SELECT count(*) FROM counters").fetchone()  # a snapshot begins with the first read
        self._depth = 1

    def defer(self, action: Callable[[], object]) -> None:
        """Do something outside the store when this transaction is about to be committed, and only then."""
        self._deferred.append(action)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the store alone; commit at the end, or roll back if anything was raised. Nests."""
        with self._lock:
            if self._depth:
                yield
                return
            self._db.execute("BEGIN")
            self._depth = 1
            try:
                yield
                self._finish()
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            else:
                self._db.execute("COMMIT")
            finally:
                self._depth = 0
                self._deferred.clear()

    def _finish(self) -> None:
        for action in self._deferred:
            action()

    def put(self, kind: str, scope: str, name: str, document: Document, *, label: str = "") -> None:
        """Create a document, or replace it where it stands. `label` is one word to list by."""
        self._db.execute(
            "INSERT INTO documents (kind, scope, name, label, body) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (kind, scope, name) DO UPDATE SET label = excluded.label, body = excluded.body",
            (kind, scope, name, label, json.dumps(document, separators=(",", ":"))),
        )

    def get(self, kind: str, scope: str, name: str) -> Document | None:
        """Return a document, or None."""
        text = self.text(kind, scope, name)
        return None if text is None else _document(text)

    def text(self, kind: str, scope: str, name: str) -> str | None:
        """Return a document as the text it is kept as, or None."""
        row = self._db.execute(
            "SELECT body FROM documents WHERE kind = ? AND scope = ? AND name = ?", (kind, scope, name)
        ).fetchone()
        return None if row is None else str(row[0])

    def texts(self, kind: str, scope: str, **choice: Unpack[Choice]) -> list[tuple[str, str]]:
        """Return (name, document as the text it is kept as) in the order of creation, of those that `choice` means.

        What a reader works out of a text alone it may remember by the text: a page of documents that were read before
        then costs no parsing.
        """
        condition, values = _selection(kind, scope, choice.get("label", ""), choice.get("contains", ""))
        order = "sequence DESC" if choice.get("latest_first") else "sequence"
        query = f"SELECT name, body FROM documents WHERE {condition} ORDER BY {order} LIMIT ? OFFSET ?"  # noqa: S608
        page = choice.get("limit", -1), choice.get("offset", 0)
        return self._db.execute(query, (*values, *page)).fetchall()

    def list(self, kind: str, scope: str, **choice: Unpack[Choice]) -> list[tuple[str, Document]]:
        """Return (name, document) in the order of creation, of those that `choice` means."""
        return [(name, _document(body)) for name, body in self.texts(kind, scope, **choice)]

    def count(self, kind: str, scope: str, *, label: str = "", contains: str = "") -> int:
        """Return how many documents `list` would return without a limit."""
        condition, values = _selection(kind, scope, label, contains)
        row = self._db.execute(f"SELECT count(*) FROM documents WHERE {condition}", values).fetchone()  # noqa: S608
        return int(row[0])

    def delete(self, kind: str, scope: str, name: str) -> bool:
        """Delete a document and say whether it was there."""
        cursor = self._db.execute(
            "DELETE FROM documents WHERE kind = ? AND scope = ? AND name = ?", (kind, scope, name)
        )
        return cursor.rowcount > 0

    def rename(self, kind: str, scope: str, name: str, new_name: str) -> None:
        """Give a document another name, which must be free; it keeps its place."""
        self._db.execute(
            "UPDATE documents SET name = ? WHERE kind = ? AND scope = ? AND name = ?",
            (new_name, kind, scope, name),
        )

    def next_id(self, counter: str) -> int:
        """Return 1, 2, 3 and so on, never the same number twice; each counter on its own."""
        row = self._db.execute(
            "INSERT INTO counters (name, value) VALUES (?, 1)"
            " ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
            (counter,),
        ).fetchone()
        return int(row[0])

    def put_content(self, name: str, content: bytes) -> None:
        """Keep bytes under a name."""
        self._db.execute("INSERT OR REPLACE INTO contents (name, content) VALUES (?, ?)", (name, content))

    def content(self, name: str) -> bytes:
        """Return the bytes kept under a name, or none at all."""
        row = self._db.execute("SELECT content FROM contents WHERE name = ?", (name,)).fetchone()
        return b"" if row is None else bytes(row[0])

    def delete_content(self, name: str) -> None:
        """Forget the bytes kept under a name."""
        self._db.execute("DELETE FROM contents WHERE name = ?", (name,))

    def clear(self) -> None:
        """Forget everything."""
        for table in ("documents", "counters", "contents"):
            self._db.execute(f"DELETE FROM {table}")  # noqa: S608

    def kept(self) -> sqlite3.Connection:
        """Return all there is now, in memory, for `put_back`."""
        past = sqlite3.connect(":memory:", check_same_thread=False)
        with self._lock:
            self._db.backup(past)
        return past

    def put_back(self, past: sqlite3.Connection) -> None:
        """Hold what there was then, and nothing else."""
        with self._lock:
            past.backup(self._db)

    def view(self) -> Store:
        """Return a read-only store that shows what is committed now."""
        return Store(self._folder, view=True)

    def close(self) -> None:
        """Close the file. Everything committed stays."""
        with self._lock:
            self._db.close()


def _selection(kind: str, scope: str, label: str, contains: str) -> tuple[str, list[str]]:
    """Return a condition and its values; only what is asked for is in it, so that an index serves it."""
    condition, values = "kind = ? AND scope = ?", [kind, scope]
    if label:
        condition, values = f"{condition} AND label = ?", [*values, label]
    if contains:
        condition, values = f"{condition} AND instr(name, ?) > 0", [*values, contains]
    return condition, values


def _document(body: str) -> Document:
    document: Document = json.loads(body)
    return document
