"""Nothing that a user can type or meet is missing in the reference, and what is made from the code is current."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import click
import pytest

from pulumi_dataarts import cdm, dlf, dli, obs
from pulumi_dataarts.cli.explain import EXITS, kinds
from pulumi_dataarts.huawei.codes import meanings
from pulumi_dataarts.huawei.keys import KEYS, NAMESPACE
from pulumi_dataarts.huawei.settings import ACCESS_KEYS, PASSWORDS, PROJECT, REGION, TOKEN

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
sys.path.insert(0, str(ROOT / "docs"))

from build_reference import PAGES  # noqa: E402
from generate.commands import walk  # noqa: E402

COMMANDS = {" ".join(path): command for path, command in walk()}
VARIABLE = re.compile(r"\"((?:DATAARTS|HW|PULUMI)_[A-Z_]+)\"")
INTERNAL = {  # between our own processes, or for the official CLI
    "PULUMI_CONFIG",
    "PULUMI_CONFIG_SECRET_KEYS",
    "PULUMI_PROJECT",
    "PULUMI_SKIP_UPDATE_CHECK",
    "DATAARTS_ENGINE_TOKEN",
    "DATAARTS_LIFELINE",
}


def text(page: str) -> str:
    return (REFERENCE / page).read_text(encoding="utf-8")


def section(page: str, title: str) -> str:
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", text(page), re.MULTILINE | re.DOTALL)
    assert found, f"{page} has no section {title}"
    return found.group(1)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_that_is_made_is_current(page: str) -> None:
    assert PAGES[page]() == text(page), "run `make docs`"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_flag_is_there_with_what_it_is(name: str) -> None:
    told = section("cli.md", name)
    assert COMMANDS[name].help, name
    for item in COMMANDS[name].params:
        if isinstance(item, click.Option) and not item.hidden:
            assert all(flag in told for flag in item.opts), (name, item.opts)
            assert item.help, (name, item.opts)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_shows_how_it_is_typed(name: str) -> None:
    assert f"\n{name}" in section("cli.md", name), "give an example after \\b in its docstring"


def test_every_key_is_there() -> None:
    assert all(f"`{NAMESPACE}:{name}`" in text("config.md") for name in KEYS)


def test_every_variable_that_the_code_reads_is_there() -> None:
    tables = [REGION, PROJECT, TOKEN, *ACCESS_KEYS, *([user, password] for user, password, _ in PASSWORDS)]
    read = {name for row in tables for name in row if name}
    for path in (ROOT / "provider").rglob("*.py"):
        if "simulator" not in path.parts:
            read |= set(VARIABLE.findall(path.read_text(encoding="utf-8")))
    missing = {name for name in read - INTERNAL if f"`{name}`" not in text("config.md")}
    assert missing == set()


def test_every_error_and_code_is_there() -> None:
    page = text("errors.md")
    assert all(f"| `{kind.__name__}` |" in page for kind in kinds())
    assert all(f"| `{item.code}` |" in page for item in meanings().values())
    assert all(f"| {code} |" in text("exit-codes.md") for code in EXITS)


def test_every_resource_and_field_is_there() -> None:
    for module in (cdm, dlf, dli, obs):
        for resource in (getattr(module, name) for name in module.__all__ if name[0].isupper()):
            handler = resource.provider.handler
            told = section("resources.md", handler.kind)
            assert all(f"| `{field}` |" in told for field in handler.inputs.model_fields), handler.kind


def test_no_page_is_cited_that_readers_do_not_have() -> None:
    have = {path.name for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]} | {"summary.md"}
    files = [*ROOT.glob("provider/**/*.py"), *ROOT.glob("docs/**/*.py"), *ROOT.glob("docs/**/*.md")]
    cited = {name: path for path in files for name in re.findall(r"[\w-]+\.md\b", path.read_text(encoding="utf-8"))}
    assert {name: str(path) for name, path in cited.items() if name not in have} == {}
