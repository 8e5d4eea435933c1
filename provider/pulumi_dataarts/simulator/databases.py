"""Databases that the embedded CDM really reads: SQLite files below `databases/` in the cloud's data folder.

A link names one by its path there. Where the path is a folder, a table's schema is the name of a file in it, without
its suffix. Nothing outside is ever opened, whatever the name or the query says, and nothing is ever written.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path, PurePosixPath
from typing import Final, TypeAlias

SUFFIXES: Final = ("", ".sqlite", ".sqlite3", ".db")
ROWS_MAX: Final = 1_000_000
_STEPS: Final = 10_000
_STEPS_MAX: Final = 50_000  # of _STEPS virtual machine instructions each: some seconds
_ALLOWED: Final = frozenset({
    sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE,
})  # fmt: skip

Rows: TypeAlias = tuple[list[str], list[tuple[object, ...]]]


class DatabaseError(Exception):
    """There is no such database, or it refuses the query; the message says which."""


class Databases:
    """The databases of one cloud."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def check(self, database: str) -> None:
        """Raise `DatabaseError` unless there is a database of this name."""
        path = self._path(database)
        if not path.is_dir():
            self._file(path)

    def table(self, database: str, schema: str, table: str, columns: list[str], where: str) -> Rows:
        """Return some or all rows of a table.

        Args:
            database: path below the folder.
            schema: the file, where the path is a folder.
            table: its name.
            columns: empty for all.
            where: an SQL condition, or empty.

        Raises:
            DatabaseError: there is none such, or the condition is wrong.
        """
        chosen = ", ".join(map(_quoted, columns)) or "*"
        condition = f" WHERE {where}" if where else ""
        return self.query(database, schema, f"SELECT {chosen} FROM {_quoted(table)}{condition}")  # noqa: S608

    def query(self, database: str, schema: str, sql: str) -> Rows:
        """Return what a SELECT yields: the names of the columns, and the rows.

        Raises:
            DatabaseError: there is no such database, or it refuses the query.
        """
        path = self._path(database)
        file = self._file(self._path(f"{database}/{schema}")) if path.is_dir() else self._file(path)
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
            connection.set_authorizer(_authorise)
            steps = iter(range(_STEPS_MAX))
            connection.set_progress_handler(lambda: next(steps, None) is None, _STEPS)
            try:
                cursor = connection.execute(sql)
                rows = cursor.fetchmany(ROWS_MAX + 1)
            except (sqlite3.Error, sqlite3.Warning, ValueError) as error:
                raise DatabaseError(f"the query is refused: {error}") from error
        if len(rows) > ROWS_MAX:
            raise DatabaseError(f"the query yields more than {ROWS_MAX} rows")
        return [column[0] for column in cursor.description or ()], rows

    def _path(self, name: str) -> Path:
        pure = PurePosixPath(name)
        is_hostile = pure.is_absolute() or ".." in pure.parts or any(sign in name for sign in "\0\\:?#%")
        path = self._folder / pure
        if is_hostile or not name or not path.resolve().is_relative_to(self._folder.resolve()):
            raise DatabaseError(f"{name!r} is not the path of a database")
        return path

    def _file(self, path: Path) -> Path:
        candidates = [path.with_name(path.name + suffix) for suffix in SUFFIXES]
        found = [file for file in candidates if file.is_file()]
        if not found or not found[0].resolve().is_relative_to(self._folder.resolve()):
            raise DatabaseError(f"there is no database {path.relative_to(self._folder)}")
        return found[0].resolve()


def _authorise(action: int, first: str | None, second: str | None, *_: object) -> int:
    is_loader = action == sqlite3.SQLITE_FUNCTION and second == "load_extension"
    return sqlite3.SQLITE_OK if action in _ALLOWED and not is_loader else sqlite3.SQLITE_DENY


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"  # double quotes would let a name that is unknown pass as a text
