"""A cloud in this process, for tests: real sockets, a clock that can be moved, faults by a call."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pulumi_dataarts.simulator.admin import parse_fault
from pulumi_dataarts.simulator.clock import ManualClock
from pulumi_dataarts.simulator.server import Server
from pulumi_dataarts.simulator.settings import Settings

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

    from pulumi_dataarts.simulator.faults import Fault
    from pulumi_dataarts.simulator.request_log import Served
    from pulumi_dataarts.simulator.status import Status


class RunningCloud:
    """A cloud that runs, and what a test may do to it.

    Attributes:
        status: where it is.
        api: URL of the API endpoint.
        obs: URL of the OBS endpoint.
        environment: with these variables set, a command takes this cloud for the `embedded` one.
    """

    def __init__(self, server: Server, clock: ManualClock) -> None:
        self.status: Status = server.status
        self.api = server.status.api
        self.obs = server.status.obs
        self.environment = {"DATAARTS_CLOUD_DATA": server.status.data}
        self._cloud = server.cloud
        self._clock = clock

    def reset(self) -> None:
        """Make it a new cloud, faults and clock included."""
        self._cloud.reset()

    def kept(self) -> sqlite3.Connection:
        """Return all that it holds now: `cloud.put_back(past)` makes it that again, as often as wished."""
        return self._cloud.kept()

    def put_back(self, past: sqlite3.Connection) -> None:
        """Make it what it was then, without faults; its clock and its requests go on."""
        self._cloud.put_back(past)

    def fault(self, kind: str, **fields: Any) -> Fault:
        """Arm a fault: `cloud.fault("throttle", path="*/cdm/job", times=2)`."""
        return self._cloud.faults.add(parse_fault({"kind": kind, **fields}))

    def advance(self, seconds: float) -> None:
        """Move the cloud's clock forward."""
        self._clock.advance(seconds)
        self._cloud.run_due()

    def freeze(self) -> None:
        """Stop the cloud's clock until `reset`; `advance` still moves it."""
        self._clock.freeze()

    def requests(self) -> list[Served]:
        """Return what was asked since the last reset, oldest first."""
        return self._cloud.log.last(self._cloud.log.total)


@contextmanager
def running_cloud(data: Path, **settings: Any) -> Iterator[RunningCloud]:
    """Run a cloud in the folder `data`, on threads of this process and on free ports."""
    clock = ManualClock()
    with Server(data, replace(Settings(), **settings), clock) as server:
        server.status.write()
        yield RunningCloud(server, clock)
