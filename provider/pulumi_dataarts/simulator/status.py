"""Where a running cloud is, as it is written to `cloud.json` and printed for scripts."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

SERVE_LOCK: Final = "serve.lock"
# Answered by both endpoints, and not logged.
ALIVE: Final = "/_embedded/status"
STORE: Final = "cloud.sqlite"
_FILE: Final = "cloud.json"


@dataclass(frozen=True)
class Status:
    """A running cloud.

    Attributes:
        api: URL of the API endpoint, `http://127.0.0.1:<port>`.
        obs: URL of the OBS endpoint.
        pid: of the process that serves both.
        data: absolute path of its folder.
    """

    api: str
    obs: str
    pid: int
    data: str

    def json(self) -> str:
        """Return one line: `{"api": …, "obs": …, "pid": …, "data": …}`."""
        return json.dumps(asdict(self))

    def write(self) -> None:
        """Leave the status in the data folder, whole or not at all."""
        target = Path(self.data) / _FILE
        draft = target.with_name(f"{_FILE}.{os.getpid()}")
        draft.write_text(self.json() + "\n")
        draft.replace(target)


def read(data: Path) -> Status | None:
    """Return what the data folder says, whether or not it is still true."""
    try:
        return Status(**json.loads((data / _FILE).read_text()))
    except FileNotFoundError:
        return None


def remove(data: Path) -> None:
    """Take the status out of the data folder."""
    (data / _FILE).unlink(missing_ok=True)
