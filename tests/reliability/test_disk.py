"""The disk is full, or refuses, from the n-th time on that it is asked: the old or the new state is there, never
neither; the message names the file; once there is room again, the next run goes on.
"""

from __future__ import annotations

import os
import resource
from pathlib import Path

import pytest

from pulumi_dataarts.errors import StateError
from tests.reliability.commands import make_project
from tests.reliability.crashing import Points, survive
from tests.reliability.durable import Durable, FolderCloud, ids_in, pending_names
from tests.reliability.replays import SEED, replayed
from tests.reliability.test_crashes import declaring

ONLY = int(os.environ.get("FULL_AT", "0"))
STEPS_MAX = 2000
BEFORE, AFTER = declaring(1, number=8), declaring(2, number=12)


def filled(folder: Path, fatal: int) -> str:
    """Run an up on a disk that is full from a step on; return what was said, empty where the step never came."""

    def body(points: Points) -> None:
        points.reached = -STEPS_MAX
        world = Durable(folder, cloud=FolderCloud(folder / "cloud"))
        points.reached = 0
        try:
            assert world.up(AFTER).ok
        except StateError as error:
            (folder / "said").write_text(str(error))
            return
        assert not points.has_refused, "a refusal of the disk was taken for done"

    assert survive(body, Points(fatal, fills_disk=True))
    said = folder / "said"
    return said.read_text() if said.exists() else ""


def tried(folder: Path, stride: int, first: int = 1) -> int:
    count = 0
    for fatal in [ONLY] if ONLY else range(first, STEPS_MAX, stride):
        place = folder / str(fatal)
        place.mkdir()
        world = Durable(place)
        assert world.up(BEFORE).ok
        with replayed(__file__, "test_a_full_disk_leaves_the_old_or_the_new_state_at_every_step", FULL_AT=fatal):
            said = filled(place, fatal)
            if not said:
                break
            require_recovery(world, place, said)
        count += 1
    return count


def require_recovery(world: Durable, place: Path, said: str) -> None:
    assert str(place / "state") in said, f"the message names no file: {said}"
    state = world.load()
    begun = {f"{name}.0" for name in pending_names(state)}
    assert set(world.there) <= set(ids_in(state)) | begun
    assert world.up(AFTER).ok
    assert ids_in(world.load()) == sorted(world.there)
    assert len(world.there) == 12
    assert set(world.preview(AFTER).counts) == {"same"}


def test_a_full_disk_leaves_the_old_or_the_new_state_at_a_spread_of_steps(tmp_path: Path) -> None:
    assert tried(tmp_path, 23, 1 + SEED % 23) >= (1 if ONLY else 2)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_full_disk_leaves_the_old_or_the_new_state_at_every_step(tmp_path: Path) -> None:
    count = tried(tmp_path, 1)
    print(f"the disk was full from each of {count} steps on")
    assert count >= (1 if ONLY else 60)


@pytest.mark.slow
@pytest.mark.parametrize("limit_bytes", [300, 4000])
def test_a_command_on_a_full_disk_names_the_file_ends_with_1_and_goes_on_later(
    tmp_path: Path, limit_bytes: int
) -> None:
    """300 bytes are too few for the lock file, 4,000 for the journal of forty things."""
    project = make_project(tmp_path)
    project.wants(40)
    project.dataarts("stack", "init", "dev")

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))

    said = project.dataarts("up", "--yes", code=1, preexec_fn=limit)
    assert "File too large" in said
    assert f"{project.folder / '.state' / '.pulumi'}" in said
    known = {item.id for item in project.state().resources}
    assert {id for id in project.objects() if id not in known} <= {
        id
        for id in project.objects()
        if any(id.startswith(i.resource.urn.rpartition("::")[2]) for i in project.state().pending)
    }
    project.dataarts("up", "--yes")
    assert len(project.objects()) == 40
    project.dataarts("preview", "--expect-no-changes")
