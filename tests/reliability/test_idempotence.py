"""Twice is once: what stands is left alone, what is gone is done, and nothing is written where nothing changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from pulumi_dataarts.model.snapshots import Snapshot
from tests.engine.world import Body
from tests.reliability.durable import Durable, FolderCloud
from tests.reliability.test_crashes import declaring


@pytest.fixture
def world(tmp_path: Path) -> Durable:
    return Durable(tmp_path)


def writes(world: Durable) -> list[str]:
    """Return what was written in the cloud since the last look."""
    assert isinstance(world.cloud, FolderCloud)
    found, world.cloud.writes = world.cloud.writes, []
    return found


def frames(world: Durable) -> int:
    assert world.run is not None
    return world.run._log_bytes


BODY: Body = declaring(1, number=8)


def test_a_second_up_writes_nothing_in_the_cloud_nor_in_the_journal(world: Durable) -> None:
    assert world.up(BODY).ok
    assert len(writes(world)) == 8
    before = world.load()
    assert world.up(BODY).ok
    assert (writes(world), frames(world)) == ([], 0)
    assert world.load() == before
    assert world.refresh().ok
    assert (writes(world), world.load()) == ([], before)


def test_a_second_destroy_writes_nothing(world: Durable) -> None:
    world.up(BODY)
    assert world.destroy().ok
    writes(world)
    assert world.destroy().ok
    assert (writes(world), world.load()) == ([], Snapshot())


def test_what_is_made_and_was_forgotten_is_taken_over(world: Durable, tmp_path: Path) -> None:
    world.up(BODY)
    writes(world)
    assert isinstance(world.cloud, FolderCloud)
    forgetful = Durable(tmp_path / "elsewhere", cloud=world.cloud)
    assert forgetful.up(BODY).ok
    assert writes(world) == []
    assert forgetful.names_on_disk() == world.names_on_disk()


def test_what_is_gone_already_is_deleted_well(world: Durable) -> None:
    world.up(BODY)
    assert isinstance(world.cloud, FolderCloud)
    for path in world.cloud.folder.iterdir():
        path.unlink()
    assert world.destroy().ok
    assert world.load().resources == ()


def test_what_a_preview_tells_is_what_an_up_does(world: Durable) -> None:
    world.up(declaring(1, 1, number=8))
    after = declaring(2, 2, number=5)
    planned = world.preview(after)
    assert writes(world)[8:] == [], "a preview writes nothing"
    done = world.up(after)
    assert [(item.op, item.urn) for item in planned.reports] == [(item.op, item.urn) for item in done.reports]
