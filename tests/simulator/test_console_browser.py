"""The console in a real browser: what it looks like to a reader, to a keyboard, and to a screen reader."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from pulumi_dataarts.simulator.console import site
from pulumi_dataarts.simulator.testing import running_cloud
from tests.simulator import cdm_calls
from tests.simulator.console_lake import Caller, fill
from tests.simulator.test_console_pages import HOSTILE, PAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext

    from pulumi_dataarts.simulator.testing import RunningCloud

CHROMIUM = shutil.which("chromium")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AXE = Path(__file__).parents[1] / "assets" / "axe.min.js"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
REACHABLE = """() => [...document.querySelectorAll(
    'a[href], button, input:not([type=hidden]), summary, [tabindex="0"]'
)].filter(element => element.checkVisibility({visibilityProperty: true})).length"""
FOCUSED = "() => (window.reached ??= new Set()).add(document.activeElement).size"
# Whether each of the next two refreshes is held back.
HELD_BACK = """() => new Promise(resolve => {
    const seen = [];
    document.addEventListener('htmx:before:request', event => {
        seen.push(event.defaultPrevented);
        if (seen.length === 2) resolve(seen);
    });
})"""
# Which elements got other contents by the next refresh.
TOUCHED = """() => new Promise(resolve => {
    const touched = [];
    new MutationObserver(changes => touched.push(...changes.map(change => change.target.outerHTML))).observe(
        document.getElementById('page'), {subtree: true, childList: true, characterData: true}
    );
    document.addEventListener('htmx:after:swap', () => resolve(touched));
})"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        expect.set_options(timeout=20_000)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def caller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    """A caller of a cloud with something in every state; its clock stands still."""
    with running_cloud(tmp_path_factory.mktemp("lake")) as running:
        yield fill(running)


@pytest.fixture
def lively(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages that refresh themselves often."""
    monkeypatch.setattr(site, "REFRESH_MS", 200)


@pytest.fixture(scope="module")
def context(browser: Browser, caller: Caller) -> Iterator[BrowserContext]:
    with browser.new_context(base_url=caller.cloud.api, viewport={"width": 1280, "height": 900}) as context:
        yield context


@pytest.fixture(scope="module")
def tab(context: BrowserContext) -> Iterator[tuple[Page, list[str]]]:
    """One tab for test after test, and what it complains about."""
    with context.new_page() as page:
        yield page, watched(page)


@pytest.fixture
def page(tab: tuple[Page, list[str]]) -> Iterator[Page]:
    """A wide and light page; what it complains about fails the test."""
    page, complaints = tab
    complaints.clear()
    yield page
    page.goto("about:blank")
    assert complaints == []


@pytest.fixture(scope="module")
def desk(browser: Browser, caller: Caller) -> Iterator[Page]:
    """A page to read one address after another with axe: wide and light."""
    with browser.new_context(base_url=caller.cloud.api, viewport={"width": 1280, "height": 900}) as context:
        context.add_init_script(path=AXE)
        yield context.new_page()


@pytest.fixture(scope="module")
def phone(browser: Browser, caller: Caller) -> Iterator[Page]:
    """The same, narrow and dark."""
    viewport: Any = {"width": 400, "height": 860}
    with browser.new_context(base_url=caller.cloud.api, viewport=viewport, color_scheme="dark") as context:
        context.add_init_script(path=AXE)
        yield context.new_page()


def watched(page: Page) -> list[str]:
    """Return a list that fills with whatever goes wrong on a page, or leaves this machine."""
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: _is_foreign(request.url) and complaints.append(request.url))
    return complaints


def violations(page: Page, *rules: str) -> list[str]:
    """Return what axe finds, each with the elements that it is about."""
    only = {"type": "rule", "values": list(rules)} if rules else {"type": "tag", "values": WCAG}
    found = page.evaluate("only => axe.run(document, {runOnly: only, resultTypes: ['violations']})", only)
    return [f"{rule['id']}: {[node['target'] for node in rule['nodes']]}" for rule in found["violations"]]


@pytest.mark.parametrize("address", PAGES)
def test_a_page_is_accessible(desk: Page, address: str) -> None:
    desk.goto(address)
    assert violations(desk) == []


@pytest.mark.parametrize("address", PAGES)
def test_a_page_fits_on_a_phone_and_is_readable_in_the_dark(phone: Page, address: str) -> None:
    phone.goto(address)
    assert violations(phone, "color-contrast", "target-size", "scrollable-region-focusable") == []
    assert phone.evaluate("document.documentElement.scrollWidth") <= 400


@pytest.mark.parametrize("address", ["/", "/console/cdm", PAGES[3], PAGES[6]])
def test_the_keyboard_reaches_everything(page: Page, address: str) -> None:
    page.goto(address)
    count = page.evaluate(REACHABLE)
    for reached in range(1, count + 1):
        page.keyboard.press("Tab")
        assert page.evaluate(FOCUSED) == reached
    assert page.evaluate("() => !window.reached.has(document.body)")


def test_the_first_stop_of_the_keyboard_leads_past_the_sections(page: Page) -> None:
    page.goto("/console/cdm")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_focus_is_visible(page: Page) -> None:
    page.goto("/console/cdm")
    for _ in range(3):
        page.keyboard.press("Tab")
    outline = page.evaluate("() => getComputedStyle(document.activeElement).outline")
    assert "solid 2px" in outline


@pytest.mark.usefixtures("lively")
def test_what_happens_in_the_cloud_appears_by_itself(page: Page, caller: Caller) -> None:
    page.goto("/console/cdm")
    page.get_by_label("Filter by job or link").fill("appears")
    expect(page.get_by_text("No job fits.")).to_be_visible()
    caller.job("appears_later")
    expect(page.get_by_role("link", name="appears_later")).to_be_visible()
    expect(page.get_by_label("Filter by job or link")).to_have_value("appears")
    expect(page.get_by_label("Filter by job or link")).to_be_focused()


@pytest.mark.usefixtures("lively")
@pytest.mark.parametrize("address", ["/", "/console/cdm", PAGES[6]])
def test_a_refresh_that_brings_nothing_new_touches_nothing(page: Page, address: str) -> None:
    page.goto(address)
    assert page.evaluate(TOUCHED) == []


@pytest.mark.usefixtures("lively")
def test_a_refresh_leaves_what_was_opened_open(page: Page, caller: Caller) -> None:
    page.goto(PAGES[3])
    page.get_by_text("8 defaults").click()
    caller.run("refunds_hourly")
    expect(page.get_by_role("cell", name="booting")).to_be_visible()
    expect(page.get_by_text("duplicateFileOpType")).to_be_visible()


@pytest.mark.usefixtures("lively")
def test_the_refresh_can_be_paused_and_stays_so_on_other_pages(page: Page, caller: Caller) -> None:
    page.goto("/")
    page.get_by_role("button", name="Live").click()
    page.goto("/console/flink")
    expect(page.get_by_role("button", name="Paused")).to_have_attribute("aria-pressed", "true")
    assert page.evaluate(HELD_BACK) == [True, True]
    caller.flink_job("comes_unseen")
    page.get_by_role("button", name="Paused").click()
    expect(page.get_by_role("link", name="comes_unseen")).to_be_visible()


@pytest.mark.usefixtures("lively")
def test_what_is_old_is_said_to_be_old(browser: Browser, caller: Caller) -> None:
    with browser.new_context(base_url=caller.cloud.api) as context:
        page = context.new_page()
        page.goto("/console/cdm")
        context.set_offline(True)
        expect(page.get_by_role("status")).to_have_text("The cloud does not answer. What you see is old.")
        context.set_offline(False)
        expect(page.get_by_role("status")).to_be_hidden()


@pytest.mark.usefixtures("lively")
def test_an_error_of_the_console_leaves_the_page_as_it_was(browser: Browser, caller: Caller, monkeypatch: Any) -> None:
    def broken(_sight: Any) -> Any:
        raise RuntimeError

    monkeypatch.setattr(site, "REFRESH_MS", 200)
    with browser.new_context(base_url=caller.cloud.api) as context:
        page = context.new_page()
        page.goto("/console/flink")
        monkeypatch.setitem(site.PAGES, "/console/flink", broken)
        expect(page.get_by_role("status")).to_have_text("The cloud does not answer. What you see is old.")
        expect(page.get_by_role("link", name="orders_sessions")).to_be_visible()


def test_typing_filters_and_the_address_follows(page: Page) -> None:
    page.goto("/console/cdm")
    page.keyboard.press("/")
    page.keyboard.type("orders inc")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page).to_have_url("/console/cdm?q=orders+inc")
    page.reload()
    expect(page.locator("tbody tr")).to_have_count(1)


def test_a_status_is_one_click_away(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="submit failed 1").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.get_by_role("rowheader", name="fraud_scores")).to_be_visible()


def test_it_works_without_a_script(browser: Browser, caller: Caller) -> None:
    with browser.new_context(base_url=caller.cloud.api, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto("/console/cdm")
        page.get_by_label("Filter by job or link").fill("legacy")
        page.keyboard.press("Enter")
        expect(page.locator("tbody tr")).to_have_count(1)
        expect(page.get_by_role("button")).to_have_count(0)


def test_a_node_of_the_graph_leads_to_what_it_runs(page: Page) -> None:
    page.goto(PAGES[6])
    page.get_by_role("link", name="DLISQL aggregate, runs orders_daily_totals, after clean, fetch_rates").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("orders_daily_totals")


def test_no_node_of_the_graph_is_wider_than_its_box(page: Page) -> None:
    page.goto(PAGES[6])
    assert page.evaluate("""() => [...document.querySelectorAll('.node')].every(node => {
        const box = node.querySelector('rect').getBoundingClientRect();
        return [...node.querySelectorAll('text')].every(text => text.getBoundingClientRect().right < box.right);
    })""")


def test_hostile_names_do_nothing(page: Page, caller: Caller) -> None:
    caller.link(HOSTILE)
    caller.script("evil", content=HOSTILE)
    for address in ("/console/cdm/links", "/console/factory/script?workspace=dev&name=evil"):
        page.goto(address)
        expect(page.get_by_text(HOSTILE).first).to_be_visible()
        assert page.locator("main img").count() == 0
    page.goto("/console/cdm/links?q=" + "%3Cimg")
    page.get_by_role("link", name=HOSTILE).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(HOSTILE)
    assert "pwned" not in page.evaluate("() => document.title.split(' ')")


def test_a_thousand_jobs_are_read_in_pages(browser: Browser, tmp_path: Any) -> None:
    with running_cloud(tmp_path) as crowd, browser.new_context(base_url=crowd.api) as context:
        caller = Caller(crowd)
        caller.link("mysql")
        caller.link("files", "obs-connector", **cdm_calls.OBS)
        caller.job("model")
        multiply("model", 1000, crowd)
        page = context.new_page()
        page.goto("/console/cdm")
        expect(page.locator("tbody tr")).to_have_count(50)
        assert page.evaluate("document.querySelectorAll('*').length") < 1500
        page.get_by_role("link", name="Next").click()
        expect(page.get_by_text("51–100 of 1,000")).to_be_visible()
        page.wait_for_load_state()
        page.get_by_label("Filter by job or link").fill("0987")
        expect(page.get_by_text("1–1 of 1 (1,000 in all)")).to_be_visible()
        expect(page.get_by_role("link", name="job_0987")).to_be_visible()


def multiply(model: str, count: int, crowd: RunningCloud) -> None:
    """Put copies of a CDM job where the first one was."""
    store = crowd._cloud.context.store
    with store.transaction():
        job = store.get("cdm.job", "embedded", model)
        store.delete("cdm.job", "embedded", model)
        for number in range(count):
            name = f"job_{number:04}"
            store.put("cdm.job", "embedded", name, {**job, "name": name, "id": number + 1}, label="NORMAL_JOB")


def _is_foreign(url: str) -> bool:
    return not url.startswith(("http://127.0.0.1:", "data:"))
