"""Every call that changes something, lost in every way: the next `up` ends as declared, with exactly one object.

For each resource and operation the calls that change something are found by a run in which nothing goes wrong; then
the operation is repeated from the start once for each of them, with that one call struck.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from botocore.client import BaseClient

from pulumi_dataarts.errors import ProvisionError
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.huawei.transport import Connection
from pulumi_dataarts.simulator.testing import RunningCloud
from tests.defects.subjects import SUBJECTS, Subject
from tests.lives import Life, open_at

READS = ("GET", "HEAD")
READING_POSTS = ("batch-export", "/export", "check-file")
READING_NAMES = ("Get", "Head", "List")
OPERATIONS = ("create", "update", "replace", "delete")
FAULTS = ("drop-before", "drop-after-commit", "kill")
LONG = {("dlf.JobImport", "drop-before"), ("dli.FlinkJobImport", "drop-before")}
SLOW = pytest.mark.slow
CASES = [
    pytest.param(name, operation, fault, id=f"{name}-{operation}-{fault}", marks=SLOW if (name, fault) in LONG else ())
    for name, subject in SUBJECTS.items()
    for operation in OPERATIONS
    for fault in FAULTS
    if operation != "replace" or subject.moved
]


class Killed(BaseException):
    """The process is gone: nothing of it reaches a service any more."""


@dataclass
class Killer:
    """Ends the process after a number of calls that change something, and lets nothing out afterwards."""

    after: int
    is_dead: bool = False

    def around(self, call: Callable[..., Any], is_read: Callable[..., bool]) -> Callable[..., Any]:
        def wrapped(*arguments: Any, **named: Any) -> Any:
            if self.is_dead:
                raise Killed
            answer = call(*arguments, **named)
            if not is_read(*arguments):
                self.after -= 1
                self.is_dead = self.after < 0
            if self.is_dead:
                raise Killed
            return answer

        return wrapped


@dataclass
class World:
    """The cloud, one resource's state as an engine keeps it, and where its files lie."""

    cloud: RunningCloud
    storage: Any
    subject: Subject
    folder: Path
    begun: tuple[Life, sqlite3.Connection] | None = None

    def session(self) -> Session:
        opened = open_at(self.cloud, [])
        opened.once(("obs",), lambda: self.storage)
        return opened

    def prepared(self, operation: str) -> Life:
        """Bring cloud and state to where the operation begins: by doing it, and from then on by putting it back."""
        if self.begun is None:
            self.cloud.reset()
            self.cloud.freeze()
            life = Life(self.subject.provider, self.session())
            self.subject.prepare(life.session, self.folder)
            if operation != "create":
                life.up(**self.subject.first(self.folder))
            self.begun = life, self.cloud.kept()
        life, past = self.begun
        self.cloud.put_back(past)
        return replace(life, session=self.session())

    def perform(self, life: Life, operation: str) -> str:
        if operation == "delete":
            if life.id:
                life.destroy()
            return "delete"
        return life.up(**self.declared(operation))

    def declared(self, operation: str) -> dict[str, Any]:
        subject = self.subject
        moved = subject.moved or subject.first
        return {"create": subject.first, "update": subject.edited, "replace": moved}[operation](self.folder)

    def expected(self, operation: str) -> list[str]:
        subject = self.subject
        names = {"delete": subject.stays, "replace": subject.moves_to}.get(operation, subject.stands)
        if operation == "create":
            names = tuple("new" if name == "newer" else name for name in names)
        return sorted(names)


def is_reading(method: str, path: str) -> bool:
    return method in READS or path.endswith(READING_POSTS)


def changing_calls(world: World, operation: str) -> list[tuple[str, str, str]]:
    """Return service, method and path of the calls that change something where nothing goes wrong."""
    life = world.prepared(operation)
    before = len(world.cloud.requests())
    world.perform(life, operation)
    asked = world.cloud.requests()[before:]
    return [(item.service, item.method, item.path) for item in asked if not is_reading(item.method, item.path)]


def struck(world: World, life: Life, operation: str, fault: str, calls: list[Any], place: int) -> None:
    """Perform the operation with one call struck; what it says of that is its own affair."""
    service, method, path = calls[place]
    if fault == "kill":
        with pytest.MonkeyPatch.context() as patched, pytest.raises(Killed):
            killer = Killer(place)
            exchange = killer.around(Connection.exchange, lambda _, method, url, *rest: is_reading(method, url))
            patched.setattr(Connection, "exchange", exchange)
            api_call = killer.around(BaseClient._make_api_call, lambda _, name, *rest: name.startswith(READING_NAMES))
            patched.setattr(BaseClient, "_make_api_call", api_call)
            world.perform(life, operation)
        return
    earlier = sum(call == calls[place] for call in calls[:place])
    world.cloud.fault(fault, service=service, method=method, path=path, skip=earlier)
    try:
        world.perform(life, operation)
    except ProvisionError:
        return


@pytest.mark.parametrize(("name", "operation", "fault"), CASES)
def test_the_next_up_ends_as_declared_with_exactly_one_object(
    name: str, operation: str, fault: str, cloud: RunningCloud, storage: Any, session: Session, tmp_path: Path
) -> None:
    world = World(cloud, storage, SUBJECTS[name], tmp_path)
    calls = changing_calls(world, operation)
    for place in range(len(calls)):
        life = world.prepared(operation)
        struck(world, life, operation, fault, calls, place)
        life.session = world.session()
        world.perform(life, operation)
        beside = world.session()
        assert sorted(world.subject.standing(beside)) == world.expected(operation), calls[place]
        if operation != "delete":
            assert life.refresh(), calls[place]
            assert life.plan(**world.declared(operation)).paths == {}, calls[place]
