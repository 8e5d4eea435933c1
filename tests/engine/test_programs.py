"""Programs good and bad: what becomes of the run, and what people are told."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from pulumi_dataarts.engine.events import ProgramOutput, Progress
from pulumi_dataarts.engine.operations import Operation, Options
from pulumi_dataarts.engine.program import Starting
from pulumi_dataarts.errors import ConfigError, ProgramFailed, ResourceFailed
from pulumi_dataarts.model.values import Secret, plain
from tests.engine.projects import Project


def test_a_program_is_told_its_config_and_gives_outputs(project: Project) -> None:
    outcome = project.run(
        "update",
        """
        config = pulumi.Config()
        thing = Thing("a", region=config.require("region"), key=config.require_secret("key"))
        pulumi.export("arn", thing.arn)
        pulumi.export("about", [pulumi.get_stack(), pulumi.get_project(), pulumi.get_organization()])
        pulumi.export("key", config.require_secret("key"))
        """,
        config={"proj:region": "x", "proj:key": "s3cr3t"},
        secret_keys=frozenset({"proj:key"}),
    )
    assert outcome.ok
    assert outcome.outputs["about"] == ["dev", "proj", "organization"]
    assert outcome.outputs["key"] == Secret("s3cr3t")
    assert project.state("a").outputs["key"] == Secret("s3cr3t")
    assert json.loads((project.cloud / "config.json").read_text())["region"] == "x"
    assert "s3cr3t" not in repr((project.events, outcome))
    assert project.state("a").source_position == "project:///__main__.py#5"


def test_what_a_preview_cannot_know_is_unknown_to_the_program(project: Project) -> None:
    outcome = project.run(
        "preview",
        """
        first = Thing("a", size=1)
        second = Thing("b", up=first.arn, deep={"list": [first.id]})
        second.arn.apply(lambda arn: print("KNOWN", arn))
        """,
    )
    assert outcome.ok
    assert outcome.counts == {"create": 3}
    assert not list(project.cloud.glob("a-*"))
    assert project.printed() == []


@pytest.mark.parametrize(
    ("program", "told"),
    [
        ("def f():\n    raise ZeroDivisionError('oops')\nf()", ["ZeroDivisionError: oops", "__main__.py", "in f"]),
        ("class:", ["SyntaxError"]),
        ("import nothing_of_that_name", ["ModuleNotFoundError"]),
        ("sys.exit(3)", ["status 3"]),
        ("os.kill(os.getpid(), 9)", ["signal 9"]),
        ("raise pulumi.RunError('stop here')", ["stop here", "status 1"]),
    ],
    ids=["raises", "syntax", "import", "exits", "killed", "run-error"],
)
def test_a_program_that_fails_says_why_and_nothing_is_deleted(project: Project, program: str, told: list[str]) -> None:
    project.up("Thing('kept')")
    outcome = project.up(program)
    assert isinstance(outcome.failure, ProgramFailed)
    texts = "\n".join(project.texts())
    assert all(part in texts for part in told), texts
    assert "shim.py" not in texts
    assert project.state("kept").id


def test_what_was_declared_before_the_failure_is_done(project: Project) -> None:
    outcome = project.up("Thing('a')\nraise ValueError('late')")
    assert not outcome.ok
    assert project.state("a").id


def test_a_program_may_end_early_and_well(project: Project) -> None:
    assert project.up("Thing('a')\nsys.exit(0)").ok
    assert project.state("a").id


def test_everything_that_is_printed_is_heard(project: Project) -> None:
    outcome = project.up(
        """
        for number in range(20_000): print(number, "x" * 50)
        print("no end of line", end="")
        Thing("a", say="from the provider")
        pulumi.log.info("noted")
        pulumi.log.warn("careful")
        pulumi.log.info("passing", ephemeral=True)
        pulumi.log.error("only told")
        """
    )
    assert outcome.ok
    assert len(project.printed()) == 20_001
    assert project.printed()[-1] == "no end of line"
    assert project.printed("provider") == ["from the provider"]
    assert (project.texts("info"), project.texts("error")) == (["noted"], ["only told"])
    assert outcome.warnings == ("careful",)
    assert Progress("", "passing") in project.events


@pytest.mark.parametrize(
    ("fail", "told"), [("boom & bang", "boom & bang"), ("key", "KeyError: 'key'")], ids=["words", "bare"]
)
def test_a_providers_error_is_told_without_its_traceback(project: Project, fail: str, told: str) -> None:
    outcome = project.up(f"Thing('a', fail={fail!r})")
    assert isinstance(outcome.failure, ResourceFailed)
    assert project.texts() == [told]


@pytest.mark.parametrize(("fail", "code"), [("denied", 3), ("boom", 4)])
def test_a_providers_error_says_with_which_exit_code_to_end(project: Project, fail: str, code: int) -> None:
    outcome = project.up(f"Thing('a', fail={fail!r})")
    assert outcome.failure is not None
    assert outcome.failure.exit_code == code
    assert [report.exit_code for report in outcome.reports if report.error] == [code]


def test_a_providers_traceback_can_be_asked_for(project: Project) -> None:
    project.up("Thing('a', fail='boom')", options=Options(tracebacks=True))
    assert "in create" in project.texts()[0]


def test_a_provider_that_dies_leaves_its_operation_pending(project: Project) -> None:
    outcome = project.up("Thing('a', die=True)")
    assert not outcome.ok
    assert "may have taken effect" in project.texts()[0]
    assert [(item.type, item.resource.inputs["name"]) for item in project.snapshot.pending] == [("creating", "a")]


def test_a_diff_may_say_paths_reasons_and_effects(project: Project) -> None:
    project.up("Thing('a', key=1, size=1)")
    outcome = project.run("preview", "Thing('a', key=2, size=2)")
    report = next(item for item in outcome.reports if item.name == "a")
    assert report.op == "create-replacement"
    assert report.paths == {"key": "update-replace", "size": "update"}
    assert (report.effects, report.reasons) == (("stops the thing",), ("its key names it",))
    assert [(change.text, change.old, change.new) for change in report.changes] == [("key", 1, 2), ("size", 1, 2)]


def test_explicit_providers_have_processes_and_config_of_their_own(project: Project) -> None:
    outcome = project.run(
        "update",
        """
        east = pulumi.ProviderResource("pulumi-python", "east", {"proj:region": "east"})
        Thing("a", opts=pulumi.ResourceOptions(provider=east))
        """,
        config={"proj:region": "x"},
    )
    assert outcome.ok
    assert json.loads((project.cloud / "config.json").read_text())["region"] == "east"
    assert project.state("a").provider == f"{project.state('east').urn}::{project.state('east').id}"


def test_providers_whose_ids_are_not_known_yet_are_no_one_object(project: Project) -> None:
    outcome = project.run("preview", "[pulumi.ProviderResource('pulumi-python', name, {}) for name in ('a', 'b')]")
    assert outcome.ok
    assert project.texts("warning") == []


def test_a_stack_reference_gives_another_stacks_outputs(project: Project) -> None:
    outcome = project.run(
        "update",
        """
        other = pulumi.StackReference("organization/proj/other")
        pulumi.export("seen", other.get_output("address"))
        pulumi.export("hidden", other.get_output("key"))
        """,
        stack_outputs=lambda name: {"address": f"of {name}", "key": Secret("k3y")},
    )
    assert outcome.ok
    assert outcome.outputs == {"seen": "of organization/proj/other", "hidden": Secret("k3y")}
    assert project.run("destroy").ok
    assert project.snapshot.resources == ()


def test_an_object_that_exists_can_be_looked_up(project: Project) -> None:
    (project.cloud / "x-1").touch()
    outcome = project.up("pulumi.export('arn', Thing('g', opts=pulumi.ResourceOptions(id='x-1')).id)")
    assert outcome.ok
    assert outcome.outputs == {"arn": "x-1"}
    assert project.state("g").external


def test_assets_pass_through(project: Project) -> None:
    outcome = project.up("Thing('a', file=pulumi.StringAsset('text'), many=[pulumi.FileArchive('./x.zip')])")
    assert outcome.ok
    assert project.state("a").inputs["file"]["text"] == "text"
    assert project.state("a").outputs["many"][0]["path"] == "./x.zip"


@pytest.mark.parametrize("missing", ["program", "interpreter"])
def test_a_program_that_cannot_be_started_is_a_mistake_of_configuration(project: Project, missing: str) -> None:
    if missing == "interpreter":
        project.write("")
    outcome = project.run("update", interpreter=Path("/nowhere/python") if missing == "interpreter" else None)
    assert isinstance(outcome.failure, ConfigError)
    assert "__main__.py" in str(outcome.failure) or "/nowhere/python" in str(outcome.failure)


def test_an_interpreter_without_the_sdk_is_told(project: Project) -> None:
    bare = Path(sys.base_prefix, "bin", "python3")
    outcome = project.run("update", "", interpreter=bare)
    assert isinstance(outcome.failure, ProgramFailed)
    heard = [item.line for item in project.events if isinstance(item, ProgramOutput) and item.stream == "stderr"]
    assert any("install the package `pulumi` there" in line for line in heard)


def test_a_program_may_be_a_single_file(project: Project) -> None:
    (project.folder / "app.py").write_text("from cloud import Thing\nThing('a')\n")
    assert project.run("update", program=project.folder / "app.py").ok
    assert project.state("a").source_position == "project:///app.py#2"


def test_an_edit_of_the_same_second_and_the_same_size_is_run(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    for word in ("one", "two"):
        (project.folder / "words.py").write_text(f"WORD = '{word}'\n")
        project.write(f"import words\npulumi.export('said', ['{word}', words.WORD])\n")
        for name in ("words.py", "__main__.py"):
            os.utime(project.folder / name, (1_700_000_000, 1_700_000_000))
        assert project.run("update").outputs["said"] == [word, word]


def test_a_program_that_reads_its_input_finds_none(project: Project) -> None:
    assert project.up("pulumi.export('read', sys.stdin.read())").outputs["read"] == ""


def test_a_secret_is_not_where_other_processes_of_the_user_look(project: Project) -> None:
    """The environment that a process is started with can be read from outside as long as it lives."""
    program = """
        secret = pulumi.Config("proj").require("password")
        started_with = open("/proc/self/environ").read() + open("/proc/self/cmdline").read()
        pulumi.export("known", secret == "hunter2hunter2")
        pulumi.export("shown", secret in started_with)
    """
    outcome = project.up(program, config={"proj:password": "hunter2hunter2"}, secret_keys=frozenset({"proj:password"}))
    assert plain(outcome.outputs) == {"known": True, "shown": False}


@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
def test_what_a_program_leaves_running_is_not_waited_for(project: Project) -> None:
    """It has a session of its own, and holds the program's output open."""
    program = """
        import subprocess
        left = subprocess.Popen(["sleep", "60"], start_new_session=True)
        print("left", left.pid, flush=True)
        pulumi.export("a", 1)
    """
    began = time.monotonic()
    outcome = project.up(program)
    took_s = time.monotonic() - began
    (line,) = project.printed()
    os.kill(int(line.removeprefix("left ")), signal.SIGKILL)
    gc.collect()  # nothing of its process is left that would still want the loop
    assert outcome.outputs == {"a": 1}
    assert not project.texts("error")
    assert took_s < 50


def test_nothing_of_a_program_runs_before_it_is_let_go(project: Project) -> None:
    project.write("open('ran', 'w').close()")

    async def ended_before() -> int:
        starting = Starting(Operation("update", "proj", "dev", project.folder, project.folder).context)
        await starting.begun()
        child = await starting._child
        child.drain(lambda stream, line: None)
        await asyncio.sleep(1)
        await starting.end()
        return child.pid

    pid = asyncio.run(ended_before())
    assert not (project.folder / "ran").exists()
    assert not Path(f"/proc/{pid}").exists()
