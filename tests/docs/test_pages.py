"""Every command in the documentation is one, and does what the page says it does."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from pulumi_dataarts.cli.app import app
from tests.docs.pages import BLOCK, ROOT, Block, blocks, carry_out, place, plain, typed_lines

QUICK = "docs/tutorials/offline.md"
PAGES = [page for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")] if any(b.is_commands for b in blocks(page))]
# Made from the code: their examples are shown there, and every flag in them is checked.
MADE = {"docs/reference/cli.md"}


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def parse(words: list[str]) -> None:
    """Read a command as it would be, without running it. Raises click's UsageError for what is no command."""
    context, command = app.make_context("dataarts", list(words)), app
    found: click.Command = command
    while isinstance(found, click.Group) and (rest := [*context._protected_args, *context.args]):
        name, member, rest = found.resolve_command(context, rest)
        assert member is not None, name
        found = member
        context = found.make_context(name or "", rest, parent=context)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_is_one(page: Path) -> None:
    for words in typed_lines(page):
        try:
            parse(words)
        except click.exceptions.Exit:
            pass  # --help and --version
        except click.UsageError as error:
            assert re.search(r"does not exist|No such file", error.format_message()), (words, error.format_message())


def carried_out(page: Path, folder: Path) -> None:
    here = place(folder)
    try:
        carry_out(page, here)
    finally:
        for data in folder.rglob("cloud.json"):
            here.run(f"dataarts cloud stop --data {data.parent}")


def test_the_five_minute_tutorial_works_as_it_is_written(tmp_path: Path) -> None:
    carried_out(ROOT / QUICK, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PAGES if name_of(page) not in {QUICK, *MADE}], ids=name_of)
def test_a_page_works_as_it_is_written(page: Path, tmp_path: Path) -> None:
    carried_out(page, tmp_path)


def test_a_command_that_is_none_is_noticed() -> None:
    with pytest.raises(click.UsageError):
        parse(["preview", "--no-such-flag"])
    with pytest.raises(click.UsageError):
        parse(["no-such-command"])


def test_a_line_that_is_not_printed_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```console\n$ echo one  && true dataarts\n$ dataarts --version\ntwo\n```\n")
    (tmp_path / "x").mkdir()
    with pytest.raises(AssertionError, match="not printed"):
        carry_out(page, place(tmp_path / "x"))


def test_remarks_prompts_and_installing_are_no_commands() -> None:
    text = "```\npip install x\ndataarts up   does it\n```\n```console\n$ dataarts a \\\n  b\nsaid\n```\n"
    found = [Block(match["note"] or "", match["info"], match["body"]) for match in BLOCK.finditer(text)]
    assert [block.commands() for block in found] == [["dataarts up"], ["dataarts a b"]]
    assert found[1].printed() == ["said"]


def test_numbers_are_blurred() -> None:
    assert plain("12 of 3.5  s, c2afe1230a1d9") == plain("9 of 1 s, 0123456789abc")
