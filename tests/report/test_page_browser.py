"""The page of a plan in a real browser: to a reader, to a keyboard, to a screen reader, and with no network."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from pulumi_dataarts.model.plans import Plan
from pulumi_dataarts.report import html
from tests.report import samples

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = shutil.which("chromium")
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-lcd-text"]
AXE = Path(__file__).parents[1] / "assets" / "axe.min.js"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
OPENS_S_MAX = 5.0
"""On a busy machine; on a quiet one it is well under one."""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]
Opened = Callable[[Plan], Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def tab(browser: Browser) -> Iterator[tuple[Page, list[str]]]:
    """One tab for test after test, since a new one is a new process; and what it complains about."""
    complaints: list[str] = []
    with browser.new_context() as context:
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda asked: None if asked.url.startswith("file:") else complaints.append(asked.url))
        yield page, complaints


@pytest.fixture
def opened(tab: tuple[Page, list[str]], tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Opened]:
    """Open a plan's page; whatever it asks of a network, or complains about, fails the test."""
    page, complaints = tab
    complaints.clear()
    page.set_viewport_size({"width": 1280, "height": 900})
    scheme = request.getfixturevalue("scheme") if "scheme" in request.fixturenames else "light"
    page.emulate_media(media="screen", color_scheme=scheme)

    def open_page(plan: Plan) -> Page:
        path = tmp_path / "plan.html"
        path.write_text(html.render(plan), encoding="utf-8")
        page.goto(path.as_uri())
        return page

    yield open_page
    page.goto("about:blank")
    assert complaints == []


def violations(page: Page) -> list[str]:
    page.evaluate(AXE.read_text(encoding="utf-8"))
    options = {"runOnly": {"type": "tag", "values": WCAG}, "resultTypes": ["violations"]}
    found = page.evaluate("options => axe.run(document, options)", options)
    return [f"{rule['id']}: {[node['target'] for node in rule['nodes']]}" for rule in found["violations"]]


@pytest.mark.parametrize("plan", [samples.EVERYTHING, samples.EMPTY, samples.HOSTILE], ids=["all", "empty", "hostile"])
@pytest.mark.usefixtures("scheme")
def test_axe_finds_nothing_and_it_fits_on_a_phone(opened: Opened, plan: Plan) -> None:
    page = opened(plan)
    page.evaluate("document.querySelectorAll('details').forEach(item => item.open = true)")
    assert violations(page) == []
    page.set_viewport_size({"width": 400, "height": 860})
    assert page.evaluate("document.documentElement.scrollWidth") <= 400


@pytest.mark.slow
def test_axe_finds_nothing_where_there_are_many(opened: Opened) -> None:
    assert violations(opened(samples.large(70))) == []


@pytest.mark.usefixtures("scheme")
def test_it_is_printed_unfolded(opened: Opened) -> None:
    page = opened(samples.EVERYTHING)
    page.evaluate("document.querySelectorAll('details').forEach(item => item.open = false)")
    page.emulate_media(media="print")
    expect(page.get_by_text("count(DISTINCT order_id)")).to_be_visible()
    expect(page.locator(".filters")).to_be_hidden()


def test_filters_leave_what_was_asked_for(opened: Opened) -> None:
    page = opened(samples.EVERYTHING)
    shown = page.locator("details.step:visible")
    expect(shown).to_have_count(9)
    page.get_by_label("Find").fill("LOAD")
    expect(shown).to_have_count(2)
    expect(page.locator("output")).to_have_text("2 of 9")
    page.get_by_label("Find").fill("")
    page.get_by_label("Only what").select_option("moves data")
    expect(shown).to_have_count(2)
    page.get_by_label("Only what").select_option("may do anything")
    for box in page.locator("input[name=op]").all()[1:]:
        box.uncheck()
    expect(page.locator("details.step.create:visible")).to_have_count(2)
    expect(shown).to_have_count(2)


def test_types_orders_and_what_fits_nothing(opened: Opened) -> None:
    page = opened(samples.EVERYTHING)
    shown = page.locator("details.step:visible")
    page.get_by_label("Of type").select_option("cdm.Job")
    expect(shown).to_have_count(2)
    page.get_by_label("Of type").select_option("")
    names = page.locator("details.step > summary b")
    expect(names.first).to_have_text("tmp-backfill")
    page.get_by_label("Sorted").select_option("place")
    expect(names.first).to_have_text("raw-zone")
    page.get_by_label("Sorted").select_option("type")
    expect(page.locator("details.step > summary .type").first).to_have_text("cdm.Job")
    page.get_by_label("Sorted").select_option("")
    expect(names.first).to_have_text("tmp-backfill")
    page.keyboard.press("/")
    page.keyboard.type("nothing like it")
    expect(page.get_by_text("Nothing fits these filters.")).to_be_visible()
    assert page.get_by_label("Find").input_value() == "nothing like it"


def test_on_a_phone_old_and_new_stand_below_each_other(opened: Opened) -> None:
    page = opened(samples.EVERYTHING)
    page.set_viewport_size({"width": 400, "height": 860})
    for cells in ("td[data-label=Before]", "td[data-label=After]", ".diff td.code mark"):
        box = page.locator(cells).first.bounding_box()
        assert box is not None
        assert 0 < box["x"] < box["x"] + box["width"] <= 400


def test_a_keyboard_reaches_and_opens_every_change(opened: Opened) -> None:
    page = opened(samples.EVERYTHING)
    page.get_by_role("button", name="Unfold all").press("Enter")
    page.get_by_role("button", name="Fold all").press("Enter")
    summaries = page.locator("details.step > summary")
    summaries.first.focus()
    reached = 0
    for _ in range(summaries.count()):
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
        reached += page.evaluate("document.activeElement.tagName") == "SUMMARY"
        page.keyboard.press("Tab")
    assert reached == summaries.count() == 9


def test_a_box_of_the_picture_leads_to_its_change(opened: Opened) -> None:
    page = opened(samples.EVERYTHING)
    page.get_by_role("button", name="Unfold all").click()
    page.get_by_role("button", name="Fold all").click()
    page.get_by_role("link", name="± load-orders").press("Enter")
    expect(page.locator("details.step:target")).to_have_attribute("open", "")
    expect(page.locator("details.step:target")).to_contain_text("obs-raw-v2")


def test_without_script_everything_can_be_read(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "plan.html"
    path.write_text(html.render(samples.EVERYTHING), encoding="utf-8")
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(path.as_uri())
        expect(page.locator("details.step:visible")).to_have_count(9)
        expect(page.locator(".filters")).to_be_hidden()
        expect(page.get_by_text("count(DISTINCT order_id)")).to_be_visible()


def test_hostile_names_run_nothing(opened: Opened) -> None:
    page = opened(samples.HOSTILE)
    assert page.locator("h1").count() == 1
    assert page.locator("img").count() == 0


def test_a_thousand_changes_open_quickly(opened: Opened) -> None:
    started = time.monotonic()
    page = opened(samples.large(1000))
    expect(page.locator("output")).to_have_text("1000 of 1000")
    assert time.monotonic() - started < OPENS_S_MAX
    page.get_by_label("Find").fill("0042")
    expect(page.locator("details.step:visible")).to_have_count(1)
