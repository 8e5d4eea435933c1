"""`dataarts --help` and what a shell completes import next to nothing: what they need is on a list."""

from __future__ import annotations

import json
import os
import subprocess
from importlib import import_module

import click
import pytest

from pulumi_dataarts.cli import app as table
from tests.forks import REAL

ANSWER = {"pulumi_dataarts", "pulumi_dataarts.cli"}
ANSWER |= {f"pulumi_dataarts.cli.{name}" for name in ("__main__", "completing", "offered")}
OURS = ANSWER | {"pulumi_dataarts.cli.app", "pulumi_dataarts.cli.flags", "pulumi_dataarts.cli.running"}
OURS |= {"pulumi_dataarts.errors"}
HEAVY = {"asyncio", "grpc", "pulumi", "pydantic", "httpx", "yaml", "cryptography", "boto3", "rich", "jinja2"}
CODE = """
import json, sys
before = set(sys.modules)
from pulumi_dataarts.cli.__main__ import main
status = main(sys.argv[3:])
print()
print(json.dumps([status, sorted(set(sys.modules) - before)]))
"""


def imported(*words: str, **environment: str) -> set[str]:
    command = [REAL, "-c", CODE, "dataarts up --stack ", ":=", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, **environment})
    status, modules = json.loads(done.stdout.splitlines()[-1])
    assert status == 0
    return set(modules)


def test_help_imports_the_commands_table_and_click() -> None:
    modules = imported("--help")
    assert {name for name in modules if name.startswith("pulumi_dataarts")} == OURS
    assert not HEAVY & {name.partition(".")[0] for name in modules}


def test_a_command_that_takes_a_while_says_so_before_it_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    order = list[str]()
    monkeypatch.setattr(table, "_open", order.append)
    monkeypatch.setattr(table, "import_module", lambda name: order.append(name) or import_module(name))
    table.app.resolve_command(click.Context(table.app), ["preview"])
    assert order == ["preview", "pulumi_dataarts.cli.operations"]


def test_what_a_code_means_is_read_from_a_table() -> None:
    modules = imported("explain", "Cdm.0104")
    assert not HEAVY & {name.partition(".")[0] for name in modules}


def test_what_a_shell_completes_imports_neither_click_nor_a_command() -> None:
    modules = imported(_DATAARTS_COMPLETE="bash")
    assert {name for name in modules if name.startswith("pulumi_dataarts")} == ANSWER
    assert not {"click", "pathlib", "typing", "inspect", "dataclasses"} & modules
