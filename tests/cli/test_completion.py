"""What a shell offers: commands, flags, stacks, URNs, templates, codes; bash itself is asked."""

from __future__ import annotations

import gzip
import os
import subprocess
from contextlib import chdir
from pathlib import Path
from unittest.mock import patch

import pytest

from pulumi_dataarts.cli import completing
from pulumi_dataarts.cli.app import COMMANDS
from pulumi_dataarts.cli.completion import SCRIPTS
from pulumi_dataarts.cli.new import TEMPLATE
from tests.cli.commands import OURS, Folder
from tests.cli.samples import typed
from tests.cli.states import CHECKPOINT, with_state
from tests.forks import REAL
from tests.model.states import thing

A, B = (thing(name).urn for name in "ab")


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a stack that has a state, and one that has a file only."""
    folder = with_state(tmp_path_factory.mktemp("standing")).path
    (folder / "Pulumi.staging.yaml").touch()
    other = folder / ".state/.pulumi/stacks/another"
    other.mkdir()
    (other / "theirs.json").write_text((folder / CHECKPOINT).read_text())
    return folder


def offered(folder: Path, *words: str) -> set[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    with chdir(folder), patch.dict(os.environ, clean, clear=True):
        return {value for value, _ in completing.offers(list(words))}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["pre"], {"preview"}),
        (["stack", "i"], {"import", "init"}),
        (["up", "--expect"], {"--expect-no-changes"}),
        (["up", "--target-"], {"--target-dependents", "--target-replace"}),
        (["stack", "ls", "--cw"], {"--cwd"}),
        (["preview", "--stack", ""], {"dev", "staging"}),
        (["preview", "--stack", "s"], {"staging"}),
        (["preview", "--yes", "-s", ""], {"dev", "staging"}),
        (["preview", "--stack=d"], {"--stack=dev"}),
        (["stack", "remove", ""], {"dev", "staging"}),
        (["promote", "dev", "s"], {"staging"}),
        (["promote", "dev", "staging", ""], set()),
        (["up", "--target", A[:-1]], {A, B}),
        (["state", "delete", A, B[:-1]], {A, B}),
        (["new", "--template", ""], set(TEMPLATE)),
        (["up", "--report", ""], set()),
        (["explain", "Cdm.010"], {"Cdm.0100", "Cdm.0101", "Cdm.0102", "Cdm.0104"}),
        (["-C", "/", "up", "--stack", ""], set()),
        (["nonsense", ""], set(COMMANDS)),
    ],
    ids=lambda value: " ".join(value)[:50] if isinstance(value, list) else "",
)
def test_a_line_goes_on_with(standing: Path, words: list[str], expected: set[str]) -> None:
    assert offered(standing, *words) == expected


def test_every_command_is_offered_with_a_line_about_it() -> None:
    assert dict(completing.offers([""])) == {name: entry.summary for name, entry in COMMANDS.items()}


def test_states_are_found_where_the_project_or_the_environment_puts_them(tmp_path: Path) -> None:
    folder = with_state(tmp_path).path
    (folder / ".state").rename(folder / "elsewhere")
    assert offered(folder, "up", "-t", A) == set()
    (folder / "Pulumi.yaml").write_text('name: "proj"  # ours\nbackend:\n  url: file://elsewhere\n')
    assert A in offered(folder, "up", "-t", A)
    state = folder / "elsewhere/.pulumi/stacks/proj/dev.json"
    state.with_suffix(".json.gz").write_bytes(gzip.compress(state.read_bytes()))
    state.unlink()
    assert A in offered(folder, "up", "-t", A)
    state.write_text("{half")
    state.with_suffix(".json.gz").unlink()
    assert offered(folder, "up", "-t", "") == set()
    assert offered(folder, "up", "-s", "") == {"dev"}


def test_bash_is_answered_where_it_breaks_words_and_what_it_would_expand_is_quoted(
    standing: Path, tmp_path: Path
) -> None:
    command = tmp_path / "dataarts"
    command.write_text(f'#!/bin/sh\nexec {REAL} -m pulumi_dataarts.cli "$@"\n')
    command.chmod(0o755)
    ask = 'COMP_LINE=$1; COMP_POINT=${#1}; _dataarts dataarts; printf "%s\\n" "${COMPREPLY[@]}"'

    def asked(line: str) -> list[str]:
        done = subprocess.run(
            ["bash", "--norc", "-c", f"{SCRIPTS['bash']}\n{ask}", "bash", line],
            cwd=standing,
            env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stderr == ""
        return done.stdout.split()

    assert asked("dataarts stack ini") == ["init"]
    assert asked(f"dataarts up --target {A[:-1]}") == ["a", "b"]
    assert completing.WRITTEN["bash"]("lake$x*", "") == "lake\\$x\\*"


@pytest.mark.parametrize("shell", SCRIPTS)
def test_each_shell_gets_its_script(tmp_path: Path, shell: str) -> None:
    assert f"{completing.SHELL}={shell}" in typed(Folder(tmp_path), "completion", shell).out
