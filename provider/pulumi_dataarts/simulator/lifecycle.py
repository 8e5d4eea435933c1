"""Starting and ending a cloud in a process of its own. Imports nothing heavy: the command line uses it.

A cloud's folder holds `cloud.json` while it runs, `cloud.log`, the ports of last time, and two kernel locks:
`serve.lock` is held by whoever serves, `start.lock` by whoever is about to change that.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from filelock import FileLock, Timeout

from pulumi_dataarts.errors import ConfigError, ProvisionError
from pulumi_dataarts.simulator import status as status_file
from pulumi_dataarts.simulator.status import ALIVE, SERVE_LOCK, STORE, Status

if TYPE_CHECKING:
    from pathlib import Path

LOG: Final = "cloud.log"
_PORTS: Final = "ports.json"
_START_LOCK: Final = "start.lock"
_START_S: Final = 60.0
_STOP_S: Final = 10.0
_ANSWER_S: Final = 5.0
_PAUSE_S: Final = 0.02
_LOG_TAIL_BYTES: Final = 2000


def start(data: Path) -> Status:
    """Start the cloud of this folder, unless it runs already, and return once both endpoints answer.

    Raises:
        ProvisionError: it did not come up; the message has the end of its log.
    """
    data.mkdir(parents=True, exist_ok=True)
    with FileLock(data / _START_LOCK):
        running = status(data)
        if running is not None:
            return running
        _end(data)
        return _spawn(data)


def stop(data: Path) -> bool:
    """End the cloud of this folder, and return once it has ended; say whether there was one."""
    if not data.exists():
        return False
    with FileLock(data / _START_LOCK):
        return _end(data)


def status(data: Path) -> Status | None:
    """Return where the cloud of this folder is, or None when it does not run or does not answer."""
    written = status_file.read(data)
    if written is None or not _is_alive(written.pid):
        return None
    answered = _get(written.api, ALIVE)
    if answered is None or json.loads(answered) != json.loads(written.json()):
        return None
    return written if _get(written.obs, ALIVE) is not None else None


def reset(data: Path) -> None:
    """Make the cloud of this folder a new one; it need not run."""
    with FileLock(data / _START_LOCK):
        running = status(data)
        if running is not None:
            _get(running.api, "/_embedded/reset", method="POST")
            return
        _end(data)
        for file in data.glob(f"{STORE}*"):
            file.unlink()


def snapshot(data: Path, file: Path) -> None:
    """Write all that the cloud of this folder holds into one file; it may run meanwhile.

    Databases of its users, settings and logs are not part of it.

    Raises:
        ConfigError: there is no cloud in the folder, or the file is there already.
    """
    store = data / STORE
    if not store.exists():
        raise ConfigError(f"there is no embedded cloud in {data}", hint="`dataarts cloud start` makes one.")
    if file.exists():
        raise ConfigError(f"{file} is there already", hint="Choose another name, or delete it.")
    with closing(sqlite3.connect(store)) as source, closing(sqlite3.connect(file)) as target:
        source.backup(target)


def restore(data: Path, file: Path) -> Status | None:
    """Make the cloud of this folder what it was at a snapshot, and say where it runs if it did.

    Raises:
        ConfigError: the file is not a snapshot.
    """
    _check_snapshot(file)
    data.mkdir(parents=True, exist_ok=True)
    with FileLock(data / _START_LOCK):
        was_running = _end(data)
        for old in data.glob(f"{STORE}*"):
            old.unlink()
        draft = data / f"restored.{os.getpid()}"
        shutil.copyfile(file, draft)
        draft.replace(data / STORE)
        return _spawn(data) if was_running else None


def call(data: Path, method: str, path: str, document: object = None) -> Any:
    """Call the running cloud of this folder under `/_embedded/`, and return what it answers.

    Raises:
        ConfigError: it does not run, or refuses the call.
    """
    running = status(data)
    if running is None:
        raise ConfigError(f"no embedded cloud runs in {data}", hint="Start it with `dataarts cloud start`.")
    connection = HTTPConnection(urlsplit(running.api).netloc, timeout=_ANSWER_S)
    body = None if document is None else json.dumps(document)
    try:
        connection.request(method, f"/_embedded/{path}", body)
        answer = connection.getresponse()
        content = answer.read()
    finally:
        connection.close()
    answered: Any = json.loads(content) if content else None
    if answer.status >= HTTPStatus.BAD_REQUEST:
        raise ConfigError(f"the embedded cloud refuses: {answered['error_msg']}")
    return answered


def _check_snapshot(file: Path) -> None:
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as source:
            source.execute("SELECT count(*) FROM documents, counters, contents LIMIT 0").fetchall()
            source.execute("PRAGMA quick_check").fetchall()
    except sqlite3.Error as error:
        raise ConfigError(f"{file} is not a snapshot of an embedded cloud: {error}") from error


def _spawn(data: Path) -> Status:
    ports = _free_ports(data)
    command = [sys.executable, "-m", "pulumi_dataarts.simulator", "serve", "--data", str(data)]
    command += ["--port", str(ports[0]), "--obs-port", str(ports[1])]
    with (data / LOG).open("ab") as log:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline and child.poll() is None:
        running = status(data)
        if running is not None:
            _remember_ports(data, running)
            return running
        time.sleep(_PAUSE_S)
    child.kill()
    raise ProvisionError(
        f"The embedded cloud in {data} did not start: {_log_tail(data)}", hint=f"The whole log: {data / LOG}"
    )


def _end(data: Path) -> bool:
    """End whoever holds the folder's serving lock; the kernel frees it when the process is gone."""
    lock, written = FileLock(data / SERVE_LOCK), status_file.read(data)
    for number, patience_s in ((0, 0.0), (signal.SIGTERM, _STOP_S), (signal.SIGKILL, _STOP_S)):
        if number and written is not None and _is_alive(written.pid):
            os.kill(written.pid, number)
        try:
            with lock.acquire(timeout=patience_s):
                status_file.remove(data)
                return number != 0
        except Timeout:
            continue
    raise ProvisionError(
        f"The embedded cloud in {data} does not end", hint=f"End the process that holds {data / SERVE_LOCK}."
    )


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _get(url: str, path: str, *, method: str = "GET") -> bytes | None:
    """Return the body of whatever is answered, or None when nothing is."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=_ANSWER_S)
    try:
        connection.request(method, path)
        return connection.getresponse().read()
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()


def _free_ports(data: Path) -> tuple[int, int]:
    """Return the ports of last time where they are free, so that URLs stay what they were; else 0."""
    try:
        last: list[int] = json.loads((data / _PORTS).read_text())
    except (FileNotFoundError, ValueError):
        return 0, 0
    api, obs = (port if _is_free(port) else 0 for port in last)
    return api, obs


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _remember_ports(data: Path, running: Status) -> None:
    ports = [urlsplit(url).port for url in (running.api, running.obs)]
    (data / _PORTS).write_text(json.dumps(ports))


def _log_tail(data: Path) -> str:
    return (data / LOG).read_bytes()[-_LOG_TAIL_BYTES:].decode(errors="replace").strip()
