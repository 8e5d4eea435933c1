"""The sockets: an API endpoint and an OBS endpoint, each uvicorn on a thread, on loopback by default."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final, Self

import uvicorn
from filelock import FileLock, Timeout

from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.simulator import status
from pulumi_dataarts.simulator.app import App
from pulumi_dataarts.simulator.embedded import EmbeddedCloud
from pulumi_dataarts.simulator.gateway import BODY_LIMIT_BYTES
from pulumi_dataarts.simulator.status import Status

if TYPE_CHECKING:
    from pathlib import Path

    from pulumi_dataarts.simulator.clock import Clock
    from pulumi_dataarts.simulator.settings import Settings

HOST: Final = "127.0.0.1"
_BACKLOG: Final = 128
# Longer than clients keep a connection that they do not use: none is closed under a request that is on its way.
_IDLE_S: Final = 75


class Server:
    """A cloud that can be reached. A context manager: entered it serves, left it has stopped.

    Attributes:
        cloud: the cloud itself.
        status: where it is.
    """

    def __init__(
        self, data: Path, settings: Settings, clock: Clock, *, port: int = 0, obs_port: int = 0, host: str = HOST
    ) -> None:
        """Open the cloud and bind its ports on one address; 0 takes any free one.

        Raises:
            ConfigError: the folder is served already, or a port is taken.
        """
        data.mkdir(parents=True, exist_ok=True)
        self._lock = _own(data)
        api, obs = _bind(host, port), _bind(host, obs_port)
        self.cloud = EmbeddedCloud(data, settings, clock)
        self.status = Status(_url(api), _url(obs), os.getpid(), str(data.resolve()))
        self.cloud.status = self.status
        self._endpoints = (
            _Uvicorn(App(self.cloud.obs.answer), obs, "obs"),
            _Uvicorn(App(self.cloud.answer, body_bytes_max=BODY_LIMIT_BYTES), api, "api"),
        )

    def __enter__(self) -> Self:
        """Serve."""
        for endpoint in self._endpoints:
            endpoint.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop serving, finish what is under way, close the files."""
        for endpoint in self._endpoints:
            endpoint.stop()
        self.cloud.close()
        self._lock.release()


class _Uvicorn(uvicorn.Server):
    """uvicorn on a thread, on a socket that is bound already."""

    def __init__(self, app: App, bound: socket.socket, name: str) -> None:
        super().__init__(
            uvicorn.Config(
                app, http=app.protocol(), lifespan="off", ws="none", log_config=None, access_log=False,
                timeout_graceful_shutdown=1, timeout_keep_alive=_IDLE_S,
            )
        )  # fmt: skip
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self.run, args=([bound],), name=name, daemon=True)

    def start(self) -> None:
        """Serve, and return once it does."""
        self._thread.start()
        self._ready.wait()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Note that it serves."""
        await super().startup(sockets)
        self._ready.set()

    def stop(self) -> None:
        """Stop serving, and return once it has."""
        self.should_exit = True
        self._thread.join()


def serve(data: Path, settings: Settings, clock: Clock, *, port: int, obs_port: int, host: str = HOST) -> None:
    """Serve in the foreground until SIGTERM or SIGINT; say where on standard output and in `cloud.json`."""
    if not ip_address(host).is_loopback:
        sys.stderr.write(f"warning: {host} can be reached from other machines, and the keys of this cloud are public\n")
    end = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: end.set())
    with Server(data, settings, clock, port=port, obs_port=obs_port, host=host) as server:
        server.status.write()
        sys.stdout.write(server.status.json() + "\n")
        sys.stdout.flush()
        end.wait()
        status.remove(data)


def _own(data: Path) -> FileLock:
    lock = FileLock(data / status.SERVE_LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise ConfigError(f"{data} is being served by another process", hint="stop it first") from error
    return lock


def _bind(host: str, port: int) -> socket.socket:
    # asyncio turns Nagle's delay off only where the protocol is named.
    bound = socket.socket(proto=socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise ConfigError(
            f"port {port} of {host} cannot be had: {error.strerror}", hint="choose another, or 0 for any free one"
        ) from error
    bound.listen(_BACKLOG)
    return bound


def _url(bound: socket.socket) -> str:
    host, port = bound.getsockname()
    return f"http://{HOST if ip_address(host).is_unspecified else host}:{port}"
