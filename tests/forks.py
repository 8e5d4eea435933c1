"""Processes for tests that begin with everything imported: forked from a server instead of started afresh.

Most of what a test's processes do is to import: `dataarts`, the program and the provider host each bring in gRPC and
Pulumi. Here a server imports that once, and a stand-in for the interpreter has it fork. A fork is a process of its own
in a session of its own, with the caller's folder, environment and streams; the stand-in lives as long as it, passes
signals on, and ends as it does. What is not known to start alike (`-c`, other modules, `PYTHON…` variables) runs under
the real interpreter.

    stand-in  --arguments, folder, environment, descriptors-->  server  --fork-->  minder  --fork-->  the process
"""

from __future__ import annotations

import array
import atexit
import contextlib
import gc
import importlib
import io
import os
import pkgutil
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from pulumi_dataarts.backend import passphrase
from pulumi_dataarts.engine.bootstrap import LIFELINE
from tests import once

PACKAGES = (
    "cli",
    "engine",
    "backend",
    "report",
    "cdm",
    "dlf",
    "dli",
    "obs",
    "huawei",
    "lifecycle",
    "model",
    "simulator",
)
LIBRARIES = (
    "pulumi.dynamic", "grpc.aio", "grpc.experimental", "grpc._channel", "grpc._utilities", "dill", "httpx", "httpcore",
    "h11", "anyio", "boto3", "boto3.s3.inject", "boto3.s3.transfer", "moto.s3.responses", "rich.live", "jinja2",
    "cryptography.hazmat.primitives.ciphers.aead", "cryptography.hazmat.primitives.kdf.pbkdf2",
)  # fmt: skip
REAL = sys.executable
LEFT_OUT = ("__main__", "shim", "bootstrap", "pytest_plugin", "testing")
SALT = b"the same"
"""Stacks that forks make have one salt, so that the key of a passphrase is derived once; in the tests' process they
have salts of their own, as they should."""
# Written out whole: it runs without site-packages and imports only what the interpreter has in itself, so that it
# starts in no time.
CLIENT = """#!{python} -IS
import _signal, _socket, posix, sys
argv, env = sys.argv[1:], posix.environ
if sys.argv[0].rpartition("/")[2] == "dataarts":
    argv = ["-m", "pulumi_dataarts.cli", *argv]
known = argv[:1] == ["-u"] or argv[:2] in (["-m", "pulumi_dataarts.cli"], ["-m", "pulumi_dataarts.simulator"])
changing = {{name for name in env if name.startswith(b"PYTHON") and env[name]}}
changing -= {{b"PYTHONDONTWRITEBYTECODE", b"PYTHONUNBUFFERED"}}
known = known and not changing
if not known:
    posix.execv({python!r}, [{python!r}, *argv])
words = [word.encode(sys.getfilesystemencoding(), "surrogateescape") for word in argv]
told = [b"%d" % len(words), *words, posix.getcwdb(), *(name + b"=" + value for name, value in env.items())]
told = b"\\0".join(told)
streams = [0, 1, 2] + ([int(env[{lifeline!r}])] if {lifeline!r} in env else [])
server = _socket.socket(_socket.AF_UNIX)
server.connect({address!r})
for number in (_signal.SIGINT, _signal.SIGTERM):
    _signal.signal(number, lambda number, _: server.send(bytes([number])))
handed = b"".join(number.to_bytes(4, sys.byteorder) for number in streams)
server.sendmsg([len(told).to_bytes(4, "big")], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, handed)])
server.sendall(told)
for stream in streams:
    posix.close(stream)
answer = server.recv(4)
status = int.from_bytes(answer, "big", signed=True) if answer else -9
if status < 0:
    _signal.signal(-status, _signal.SIG_DFL) if status != -9 else None
    posix.kill(posix.getpid(), -status)
posix._exit(status)
"""


@contextlib.contextmanager
def quick_python(folder: Path) -> Iterator[str]:
    """Run a server, and give the path of the interpreter's stand-in, beside which stands all that is in its folder.

    Nobody waits for the server: who asks before it has imported everything is served when it has.
    """
    address, real = str(folder / "forks"), Path(REAL)
    bin = folder / "bin"
    bin.mkdir()
    for path in real.parent.iterdir():
        (bin / path.name).symlink_to(path)
    stand_in = bin / real.name
    for path in (stand_in, bin / "dataarts"):
        path.unlink(missing_ok=True)
        path.write_text(CLIENT.format(python=REAL, lifeline=LIFELINE.encode(), address=address))
        path.chmod(0o755)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address)
        listening.listen(64)
        server = subprocess.Popen(
            [REAL, "-m", "tests.forks", str(listening.fileno()), str(stand_in)],
            stdin=subprocess.PIPE,
            pass_fds=[listening.fileno()],
            cwd=Path(__file__).parents[1],
        )
    try:
        yield str(stand_in)
    finally:
        server.kill()
        server.wait()


def serve(listening: socket.socket, stand_in: str) -> None:
    """Import everything, and fork a minder for whoever asks."""
    import_everything()
    once.remember()
    once.begin()
    passphrase.os = SimpleNamespace(urandom=lambda size: SALT if size == len(SALT) else os.urandom(size))  # type: ignore[attr-defined]
    assert threading.active_count() == 1
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    # Standard input ends when whoever started this is gone.
    while sys.stdin not in select.select([listening, sys.stdin], [], [])[0]:
        client, _ = listening.accept()
        if os.fork() == 0:
            listening.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            mind(client, stand_in)
        client.close()


def import_everything() -> None:
    """Import what the processes of tests import."""
    for name in LIBRARIES:
        importlib.import_module(name)
    for package in PACKAGES:
        module = importlib.import_module(f"pulumi_dataarts.{package}")
        for found in pkgutil.walk_packages(module.__path__, f"{module.__name__}."):
            if not set(found.name.split(".")) & {*LEFT_OUT, "templates"}:
                importlib.import_module(found.name)


def mind(client: socket.socket, stand_in: str) -> None:
    """Fork what the client asks for, pass its signals on, and tell it the status; kill what it made if it is gone."""
    length, streams = _received(client)
    argv, folder, environment = _told(client.recv(length, socket.MSG_WAITALL))
    child = os.fork()
    if child == 0:
        client.close()
        os.setsid()
        run(argv, folder, environment, streams, stand_in)
    for stream in streams:
        os.close(stream)
    ended = os.pidfd_open(child)
    while ended not in (ready := select.select([ended, client], [], [])[0]):
        assert ready
        asked = client.recv(1)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, asked[0] if asked else signal.SIGKILL)
        if not asked:
            break
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    with contextlib.suppress(OSError):
        client.send(status.to_bytes(4, "big", signed=True))
    os._exit(0)


def _told(data: bytes) -> tuple[list[str], str, dict[str, str]]:
    count, *words = map(os.fsdecode, data.split(b"\0"))
    argv, folder, pairs = words[: int(count)], words[int(count)], words[int(count) + 1 :]
    return argv, folder, dict(pair.split("=", 1) for pair in pairs)


def _received(client: socket.socket) -> tuple[int, list[int]]:
    numbers = array.array("i")
    data, ancillary, *_ = client.recvmsg(4, socket.CMSG_SPACE(4 * numbers.itemsize))
    for _, _, item in ancillary:
        numbers.frombytes(item)
    return int.from_bytes(data, "big"), list(numbers)


def run(argv: list[str], folder: str, environment: dict[str, str], streams: list[int], stand_in: str) -> None:
    """Become what the command line says; never returns."""
    _take(streams, environment)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.dont_write_bytecode = "PYTHONDONTWRITEBYTECODE" in environment
    sys.executable = stand_in
    signal.signal(signal.SIGINT, signal.default_int_handler)
    status = 0
    try:
        _start(argv)
    except SystemExit as end:
        status = _status(end.code)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    except BaseException:  # noqa: BLE001 - as the interpreter itself does
        traceback.print_exc()
        status = 1
    _end(status)


def _take(streams: list[int], environment: dict[str, str]) -> None:
    for number, stream in enumerate(streams[:3]):
        os.dup2(stream, number)
        os.close(stream)
    for stream in streams[3:]:
        environment[LIFELINE] = str(stream)
    sys.stdin = open(0, encoding="utf-8", errors="surrogateescape")  # noqa: SIM115
    sys.stdout = _text(1)
    sys.stderr = _text(2, errors="backslashreplace")


def _text(descriptor: int, errors: str = "strict") -> Any:
    raw = io.FileIO(descriptor, "wb", closefd=False)
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding="utf-8", errors=errors, write_through=True)


def _start(argv: list[str]) -> None:
    flag, what, *_ = argv
    if flag == "-u":
        sys.argv, sys.path[0] = argv[1:], str(Path(what).parent)
        runpy.run_path(what, run_name="__main__")
    else:
        sys.argv, sys.path[0] = argv[1:], str(Path.cwd())
        runpy.run_module(what, run_name="__main__", alter_sys=True)


def _status(code: object) -> int:
    if code is None or isinstance(code, int):
        return code or 0
    print(code, file=sys.stderr)
    return 1


def _end(status: int) -> None:
    with contextlib.suppress(BaseException):
        threading._shutdown()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(status)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])), sys.argv[2])
