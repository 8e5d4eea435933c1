"""A fake cloud: one JSON file per object, plus a call log."""

import json
import os
import threading
from pathlib import Path
from typing import Any

ROOT = Path(os.environ["MOCK_ROOT"])
_LOCK = threading.Lock()


def log(*words: object) -> None:
    """Add a call to the log."""
    ROOT.mkdir(parents=True, exist_ok=True)
    with _LOCK, (ROOT / "calls.log").open("a") as file:
        file.write(" ".join(map(str, words)) + "\n")


def put(id: str, properties: dict[str, Any]) -> None:
    """Keep an object."""
    ROOT.mkdir(parents=True, exist_ok=True)
    (ROOT / f"{id}.json").write_text(json.dumps(properties))


def get(id: str) -> dict[str, Any] | None:
    """Return an object, None where there is none."""
    path = ROOT / f"{id}.json"
    return json.loads(path.read_text()) if path.exists() else None


def remove(id: str) -> None:
    """Forget an object."""
    (ROOT / f"{id}.json").unlink(missing_ok=True)
