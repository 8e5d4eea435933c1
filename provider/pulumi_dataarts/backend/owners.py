"""Who holds a lock, and whether that process still lives.

A host name alone does not name a machine: containers often share one. So an owner of ours also says which boot and
which process namespace it belongs to, and when its process started, since process ids are given out again.
"""

from __future__ import annotations

import getpass
import json
import os
import socket
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

OURS: Final = "dataarts-"
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_PID_NAMESPACE: Final = Path("/proc/self/ns/pid")
# Fields of /proc/<pid>/stat, counted after the process's name.
_STATE: Final = 0
_STARTED: Final = 19


@dataclass(frozen=True)
class Owner:
    """Who holds a lock. The official CLI writes neither `machine` nor `started`, in clock ticks since boot."""

    key: str
    pid: int
    username: str
    hostname: str
    timestamp: str
    machine: str = ""
    started: str = ""

    @property
    def is_ours(self) -> bool:
        """Whether this program wrote the lock."""
        return self.key.rpartition("/")[2].startswith(OURS)

    @property
    def is_gone(self) -> bool:
        """Whether it was a process of this very machine that lives no more."""
        is_here = bool(self.machine) and self.machine == machine()
        return is_here and not is_running(self.pid, self.started)

    def __str__(self) -> str:
        return f"{self.username}@{self.hostname} (pid {self.pid}) since {self.timestamp}"


def own(now: datetime) -> dict[str, Any]:
    """Return what this process writes into its locks."""
    return {
        "pid": os.getpid(),
        "username": _username(),
        "hostname": socket.gethostname(),
        "timestamp": now.isoformat(),
        "machine": machine(),
        "started": _started(os.getpid()),
    }


def read_owner(key: str, data: bytes) -> Owner:
    """Return whose lock this is; a lock that cannot be read is a lock all the same."""
    try:
        document = json.loads(data)
        texts = (str(document.get(name, "")) for name in ("username", "hostname", "timestamp", "machine", "started"))
        return Owner(key, int(document.get("pid", 0)), *texts)
    except (ValueError, AttributeError, TypeError):
        return Owner(key, 0, "somebody", "an unknown host", "an unknown time")


def machine() -> str:
    """Return what tells this machine, and this container, from all others; empty where that is not known."""
    try:
        return f"{_BOOT_ID.read_text().strip()} {_PID_NAMESPACE.readlink()}"
    except OSError:
        return ""


def is_running(pid: int, started: str = "") -> bool:
    """Say whether a process of this machine lives; with its start, whether it is still the same one."""
    if os.name != "posix":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    status = _status(pid)
    if not status:
        return True
    return status[_STATE] != "Z" and (not started or status[_STARTED] == started)


def _started(pid: int) -> str:
    status = _status(pid)
    return status[_STARTED] if status else ""


def _status(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _username() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
