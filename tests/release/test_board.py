"""The board: what it says of environments, as a value, as text, and as a page in a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pulumi_dataarts.model.plans import Revision
from pulumi_dataarts.release import boardviews
from pulumi_dataarts.release.board import Board, Facts, board, order
from pulumi_dataarts.release.manifest import Content, Manifest, Provenance, entries_of
from pulumi_dataarts.release.records import Approval, BoundConfig, Look, Promotion, TrialRecord
from pulumi_dataarts.release.trials import Trial

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = shutil.which("chromium")
AXE = Path(__file__).parents[1] / "assets" / "axe.min.js"
HOSTILE = '<img src=x onerror="alert(1)"> {{ 7*7 }}'


def released(message: str, created: str) -> Manifest:
    content = Content(project="orders", entries=entries_of({"program/a": ("file", "a", message.encode())}))
    return Manifest.of(content, Provenance(created=created, creator="ana", revision=Revision(), message=message))


NEW, OLD = released(HOSTILE, "2026-11-27T10:00:00Z"), released("the first", "2026-11-20T10:00:00Z")


def promoted(number: int, stack: str, release: str, **more: Any) -> Promotion:
    given = {
        "number": number,
        "kind": "promotion",
        "stack": stack,
        "source": {"prod": "staging", "staging": "dev"}[stack],
        "release": release,
        "previous": "",
        "bindings": BoundConfig(),
        "who": "ben",
        "begun": "2026-11-26T09:00:00Z",
        "ended": "2026-11-26T09:05:00Z",
        "stage": "closed",
        "result": "succeeded",
    }
    return Promotion.model_validate({**given, **more})


def tried(stack: str, release: str, *, passed: bool) -> TrialRecord:
    trial = Trial(name="full load", kind="cdm", passed=passed, said="", seconds=1)
    return TrialRecord(stack=stack, release=release, when="2026-11-26T09:05:00Z", trials=[trial])


def sample() -> Board:
    opened = promoted(
        2, "prod", NEW.digest, stage="pinned", result="", ended="", error="1 resource(s) failed", previous=OLD.digest
    )
    approval = Approval(release=NEW.digest, stack="prod", who="chen", when="2026-11-27T11:00:00Z")
    look = Look(stack="staging", release=NEW.digest, when="2026-11-27T08:00:00Z", drifted=["orders-full"])
    environments = [
        Facts("prod", OLD.digest, [opened, promoted(1, "prod", OLD.digest)], [], None, [approval]),
        Facts(
            "staging",
            NEW.digest,
            [promoted(2, "staging", NEW.digest), promoted(1, "staging", OLD.digest)],
            [tried("staging", NEW.digest, passed=False), tried("staging", NEW.digest, passed=True)],
            look,
            [],
        ),
        Facts("dev", "", [], [], None, []),
    ]
    return board("orders", "2026-11-27T12:00:00Z", [NEW, OLD], order(environments))


def test_environments_stand_in_the_order_that_releases_go() -> None:
    assert [column.stack for column in sample().columns] == ["dev", "staging", "prod"]


def test_it_says_what_runs_where_and_how_far_behind() -> None:
    dev, staging, prod = sample().columns
    assert (dev.release, dev.behind) == ("", None)
    assert (staging.behind, staging.drifted, staging.failed) == (0, ["orders-full"], ["full load"])
    assert (prod.behind, prod.since, prod.verified) == (1, "2026-11-26T09:05:00Z", "")
    assert prod.open == f"promotion 2 to {NEW.short} by ben"
    assert [[cell.state for cell in row.cells] for row in sample().rows] == [
        ["", "runs", "coming"],
        ["", "ran", "runs"],
    ]
    assert sample().rows[0].cells[2].approved_by == ["chen"]


def test_text_has_all_of_it() -> None:
    text = boardviews.terminal(sample())
    assert f"{OLD.short} or {NEW.short}, or some of each" in text
    for said in ("the working tree", "failed: full load", "changed outside: orders-full", "not looked at"):
        assert said in text
    assert boardviews.terminal(board("orders", "2026-11-27T12:00:00Z", [], [])).startswith("no releases yet")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--headless", "--no-sandbox"])
        yield opened
        opened.close()


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_whole_without_a_network_and_axe_finds_nothing(
    browser: Browser, tmp_path: Path, scheme: Any
) -> None:
    path = tmp_path / "board.html"
    path.write_text(boardviews.html(sample()), encoding="utf-8")
    complaints: list[str] = []
    with browser.new_context(viewport={"width": 400, "height": 800}, color_scheme=scheme) as context:
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("request", lambda asked: None if asked.url.startswith("file:") else complaints.append(asked.url))
        page.goto(path.as_uri())
        assert page.locator("img").count() == 0
        assert HOSTILE in page.locator("tbody th").first.inner_text()
        assert page.evaluate("document.documentElement.scrollWidth") <= 400
        page.evaluate(AXE.read_text(encoding="utf-8"))
        tags = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
        found = page.evaluate("options => axe.run(document, options)", {"runOnly": tags})
        assert [rule["id"] for rule in found["violations"]] == []
    assert complaints == []
