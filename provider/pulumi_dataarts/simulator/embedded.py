"""One embedded cloud, put together: a data folder, a clock, the services, OBS. Still without sockets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pulumi_dataarts.simulator import absent, admin, cdm, console, dlf, dli, iam
from pulumi_dataarts.simulator.clock import ManualClock, SystemClock
from pulumi_dataarts.simulator.cloud import Cloud
from pulumi_dataarts.simulator.databases import Databases
from pulumi_dataarts.simulator.faults import Faults
from pulumi_dataarts.simulator.http import Context
from pulumi_dataarts.simulator.obs import EmbeddedObjects, ObsEndpoint
from pulumi_dataarts.simulator.obs_dialect import ObsDialect
from pulumi_dataarts.simulator.request_log import RequestLog
from pulumi_dataarts.simulator.s3_journal import JournaledS3
from pulumi_dataarts.simulator.store import Store

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from pulumi_dataarts.simulator.clock import Clock
    from pulumi_dataarts.simulator.http import Answer, Request
    from pulumi_dataarts.simulator.settings import Settings
    from pulumi_dataarts.simulator.status import Status


DATABASES: Final = "databases"


class EmbeddedCloud:
    """A whole cloud in one folder.

    Attributes:
        clock: its time.
        context: what its handlers work with.
        routes: what its services answer.
        faults: what is to go wrong.
        log: what was asked of it.
        obs: its OBS endpoint.
        s3: its buckets.
        status: where it can be reached, once it can.
    """

    def __init__(self, data: Path, settings: Settings, clock: Clock) -> None:
        """Open the cloud that lives in the folder `data`, or make it."""
        self.clock = clock
        self.status: Status | None = None
        self.log = RequestLog()
        self._store = Store(data)
        self.faults = Faults(self._store)
        self._journal, wall = JournaledS3(self._store, clock), SystemClock()
        self.s3 = s3 = ObsDialect(self._journal, self._store)
        self.context = context = Context(
            self._store, clock, EmbeddedObjects(s3, self._store), settings, self.faults, Databases(data / DATABASES)
        )
        self.routes = [*iam.routes(), *cdm.routes(), *dlf.routes(), *dli.routes()]
        self._cloud = Cloud([*self.routes, *absent.routes()], context, wall, self.log)
        self.obs = ObsEndpoint(s3, context, wall, self.log)

    def answer(self, request: Request) -> Answer:
        """Answer one request to the API endpoint."""
        if request.path.startswith(admin.PREFIX):
            return admin.answer(request, self)
        if console.serves(request):
            return console.answer(request, self)
        return self._cloud.answer(request)

    def run_due(self) -> None:
        """Make the runs that schedules made due by now; a call to their service does it by itself."""
        with self._store.transaction():
            cdm.run_due(self.context)
            dlf.run_due(self.context)
        self.faults.noted()  # no request's doing

    def reset(self) -> None:
        """Make it a new cloud: no objects, no faults, no past, the clock in step with the machine's."""
        with self._store.transaction():
            self.faults.clear()
            self._store.clear()
            self._journal.forget()
        self.log.clear()
        if isinstance(self.clock, ManualClock):
            self.clock.restart()

    def kept(self) -> sqlite3.Connection:
        """Return all that it holds now, for `put_back`."""
        return self._store.kept()

    def put_back(self, past: sqlite3.Connection) -> None:
        """Make it what it was then; its clock and its log go on."""
        with self._store.transaction():
            self.faults.clear()
        self._store.put_back(past)
        self._journal.reread()

    def close(self) -> None:
        """Close the files; everything that was answered stays."""
        self.faults.close()
        self._store.close()
        self._journal.forget()
