"""Flags of `dataarts` itself stand anywhere, as with `pulumi`; wrong use is one line and exit 2."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from pulumi_dataarts.backend import runs
from pulumi_dataarts.cli.flags import hoisted
from pulumi_dataarts.model.journal import Begin
from pulumi_dataarts.model.snapshots import PendingOperation
from pulumi_dataarts.simulator.testing import RunningCloud
from tests.backend.conftest import die
from tests.cli.commands import Folder
from tests.cli.samples import declare, sample, typed
from tests.cli.samples import resources as made
from tests.cli.states import KEYRING, stack_of, with_state
from tests.model.states import thing


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return with_state(tmp_path)


@pytest.fixture
def own_log() -> Iterator[logging.Logger]:
    log = logging.getLogger("pulumi_dataarts")
    before = list(log.handlers), log.level
    yield log
    log.handlers, log.level = before


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (["up", "--yes", "-C", "x"], ["-C", "x", "up", "--yes"]),
        (["up", "--cwd=x", "-v=9", "--logtostderr"], ["--cwd", "x", "-v", "9", "--logtostderr", "up"]),
        (["stack", "ls", "-v3"], ["-v", "3", "stack", "ls"]),
        (["up", "--non-interactive", "--color", "never"], ["--non-interactive", "--color", "never", "up"]),
        (["config", "set", "a", "--", "-v", "-C"], ["config", "set", "a", "--", "-v", "-C"]),
        (["stack", "-v"], ["-v", "stack"]),
        (["up", "--verbosely", "-vx"], ["up", "--verbosely", "-vx"]),
    ],
)
def test_they_are_taken_from_wherever_they_stand(given: list[str], meant: list[str]) -> None:
    assert hoisted(given) == meant


def test_another_folder_may_be_named_after_the_command(folder: Folder, tmp_path: Path) -> None:
    elsewhere = Folder(tmp_path / "elsewhere", folder.environment)
    elsewhere.path.mkdir()
    assert "dev" in typed(elsewhere, "stack", "ls", "-C", "..").out


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("up --bogus", "No such option '--bogus'. See `dataarts up --help`."),
        ("bogus", "No such command 'bogus'. See `dataarts --help`."),
        ("stack bogus", "No such command 'bogus'. See `dataarts stack --help`."),
        ("up --parallel 0", "Invalid value for '--parallel' / '-p': 0 is not in the range x>=1. See"),
        ("state", "a command is missing. See `dataarts state --help`."),
        ("stack tag", "a command is missing. See `dataarts stack tag --help`."),
        ("config set", "Missing argument 'KEY'. See `dataarts config set --help`."),
        ("state protect", "name URNs, or --all. See `dataarts state protect --help`."),
        ("stack ls -v", "See"),
        (
            "up --yes --target a --exclude b",
            "--target and --exclude are not for one command. See",
        ),
        ("preview --json extra", "Got unexpected extra argument (extra). See `dataarts preview --help`."),
    ],
)
def test_wrong_use_is_one_line_and_exit_2(folder: Folder, line: str, said: str) -> None:
    told = typed(folder, *line.split(), code=2)
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert said in told.err


def test_without_a_word_it_says_what_there_is(folder: Folder) -> None:
    assert "Commands:" in typed(folder).out


def test_a_target_that_is_not_there_is_told_as_that(folder: Folder) -> None:
    said = typed(folder, "destroy", "--yes", "--target", "nope", code=2).err
    assert "there is no resource nope" in said
    assert "not carried out to its end" in said
    assert "the program failed" not in said


def test_an_operation_is_given_words_for_its_history_one_resource_to_replace_and_what_to_spare(
    tmp_path: Path, cloud: RunningCloud
) -> None:
    cloud.reset()
    stack = sample(tmp_path, cloud)
    declare(
        stack,
        "obs.Bucket('lake', bucket='lake', opts=pulumi.ResourceOptions(protect=True))\n"
        "obs.Bucket('scratch', bucket='scratch')\n",
    )
    stack.dataarts("up", "--yes", "-m", "the first two")
    assert "the first two" in stack.dataarts("stack", "history").out
    assert "± 1 replaced" in stack.dataarts("up", "--yes", "--target-replace", "**::scratch").out
    stack.dataarts("destroy", "--yes", "--skip-preview", "--exclude-protected")
    assert list(made(stack)) == ["lake"]


def test_an_operation_covers_what_its_flags_say(tmp_path: Path, cloud: RunningCloud) -> None:
    cloud.reset()
    stack = sample(tmp_path, cloud)
    declare(
        stack,
        "lower = obs.Bucket('lower', bucket='lower')\n"
        "obs.Bucket('upper', bucket='upper', opts=pulumi.ResourceOptions(depends_on=[lower]))\n"
        "obs.Bucket('other', bucket='other')\n"
        "pulumi.export('word', 'exported')\n",
    )
    assert "exported" not in stack.dataarts("up", "--yes", "--exclude", "**::other", "--suppress-outputs").out
    assert sorted(made(stack)) == ["lower", "upper"]
    assert "exported" in stack.dataarts("up", "--yes", "--continue-on-error").out
    assert {name: step["op"] for name, step in stack.plan("--replace", "**::other").items()} == {
        "other (obs:Bucket)": "replace"
    }
    refused = stack.dataarts("destroy", "--yes", "--target", "**::lower", code=5).err
    assert "Add it with `--target`, or all dependents with `--target-dependents`" in refused
    assert len(made(stack)) == 3
    stack.dataarts("destroy", "--yes", "--target", "**::lower", "--target-dependents")
    assert list(made(stack)) == ["other"]


def test_creations_that_were_begun_are_forgotten_by_a_refresh_that_is_told_to(folder: Folder) -> None:
    run = runs.open_run(stack_of(folder), "update", keyring=KEYRING)
    run.journal.append([Begin(0, PendingOperation("creating", thing("late", id="")))]).result(10)
    die(run)
    typed(folder, "refresh", "--yes", "--clear-pending-creates", "--target", "**::late")
    assert "0 pending" in typed(folder, "state", "verify").out


def test_nobody_is_asked_in_a_command_that_may_not_ask(folder: Folder) -> None:
    assert "nobody can be asked" in typed(folder, "state", "delete", "b", "--non-interactive", code=2).err


def test_what_is_logged_goes_to_a_file_or_to_standard_error(folder: Folder, own_log: logging.Logger) -> None:
    said = typed(folder, "stack", "ls", "-v", "1").err
    path = Path(said.removeprefix("logging to ").strip())
    assert path.stat().st_mode & 0o077 == 0, "only its owner may read it"
    own_log.debug("something")
    assert "something" in path.read_text()
    path.unlink()
    assert typed(folder, "stack", "ls", "-v", "1", "--logtostderr").err == ""
