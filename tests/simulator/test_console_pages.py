"""The console over HTTP: what it answers to whom, and what it never shows."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from pulumi_dataarts.simulator.console import buckets, site
from pulumi_dataarts.simulator.console.assets import FILES
from pulumi_dataarts.simulator.console.views import View
from pulumi_dataarts.simulator.testing import running_cloud
from tests.simulator import cdm_calls
from tests.simulator.console_lake import PASSWORD, Caller, fill

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pulumi_dataarts.simulator.testing import RunningCloud

# Every page that `fill` gives something to show.
PAGES = (
    "/",
    "/console/cdm",
    "/console/cdm/links",
    "/console/cdm/job?cluster=embedded&name=refunds_hourly",
    "/console/cdm/link?cluster=embedded&name=crm",
    "/console/factory",
    "/console/factory/job?workspace=dev&name=orders_daily",
    "/console/factory/scripts",
    "/console/factory/script?workspace=dev&name=orders_daily_totals",
    "/console/factory/resources",
    "/console/flink",
    "/console/flink/job?name=orders_sessions",
    "/console/buckets",
    "/console/bucket?name=orders-raw",
    "/console/requests",
)
HOSTILE = """"'><img src=x onerror="document.title='pwned'">{{3*'wv'}}<!--"""


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCloud]:
    """A cloud with something in every state; its clock stands still."""
    with running_cloud(tmp_path_factory.mktemp("lake")) as running:
        fill(running)
        yield running


@pytest.fixture(scope="module")
def web(lake: RunningCloud) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=lake.api, timeout=10) as client:
        yield client


def text_of(html: str) -> str:
    """Return what a page says, without its marks."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))


def test_every_page_has_something_to_show_here() -> None:
    assert {page.partition("?")[0] for page in PAGES} == set(site.PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_answered_without_a_signature(web: httpx.Client, page: str) -> None:
    answer = web.get(page)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("page", PAGES)
def test_a_page_never_shows_a_secret(web: httpx.Client, page: str) -> None:
    html = web.get(page).text
    assert PASSWORD not in html
    assert hashlib.sha256(PASSWORD.encode()).hexdigest() not in html


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("/", "CDM jobs 9 failed 1"),
        ("/", "submit failed fraud_scores"),
        ("/", "2 faults armed"),
        ("/console/cdm", "running cdm-embedded id embedded · 3 links · 9 jobs"),
        ("/console/cdm", "failed refunds_hourly Cdm.0420: The source shop.refunds does not exist."),
        ("/console/cdm/links", "crm generic-jdbc-connector crm.example.com 0"),
        (PAGES[3], "From mysql generic-jdbc-connector useSql false schemaName shop tableName orders"),
        (PAGES[4], "password set, not shown"),
        ("/console/factory", "stopped customers_weekly failed"),
        (PAGES[6], "aggregate DLISQL clean, fetch_rates orders_daily_totals fail"),
        (PAGES[6], "apiToken set, not shown"),
        (PAGES[8], "GROUP BY shop_id , currency ;"),
        ("/console/factory/resources", "currency_rates file dev /orders obs://orders-lake/rates.csv"),
        ("/console/flink", "submit failed fraud_scores The queue has no room for 4 CUs."),
        ("/console/buckets", "orders-raw 12 31.2 kB"),
        ("/console/bucket?name=orders-raw", "orders/2026-11-12/part-0.csv 4.8 kB"),
        ("/console/requests", "429 Too Many Requests throttle GET /v1.1/embedded/clusters/embedded/cdm/job"),
        ("/console/requests", "throttle api GET */cdm/job answers 429 and does nothing, Retry-After 1"),
    ],
)
def test_a_page_says_what_stands(web: httpx.Client, page: str, words: str) -> None:
    assert words in text_of(web.get(page).text)


def test_a_page_of_a_job_has_its_graph(web: httpx.Client) -> None:
    html = web.get("/console/factory/job?workspace=dev&name=orders_daily").text
    assert html.count('<g class="node"') == 9
    assert '<a href="/console/cdm/job?cluster=embedded&amp;name=orders_incremental"' in html


def test_pages_are_read_at_one_moment_from_a_store_that_cannot_be_written(
    web: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusals = []

    def page(sight: Any) -> View:
        with pytest.raises(sqlite3.OperationalError, match="readonly") as refusal:
            sight.store.put("cdm.job", "embedded", "forged", {})
        refusals.append(refusal)
        return View("absent.html", "", {"what": "anything"})

    monkeypatch.setitem(site.PAGES, "/", page)
    web.get("/")
    assert len(refusals) == 1


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_can_be_sent_to_it(web: httpx.Client, method: str) -> None:
    answer = web.request(method, "/console/cdm", json={})
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


def test_a_name_that_leads_here_from_outside_is_refused(web: httpx.Client) -> None:
    answer = web.get("/", headers={"host": "rebound.example.com:80"})
    assert (answer.status_code, "embedded" in answer.text) == (403, False)


@pytest.mark.parametrize("host", ["localhost:1", "127.0.0.1", "127.0.0.1:8080"])
def test_this_machine_by_any_of_its_names_is_answered(web: httpx.Client, host: str) -> None:
    assert web.get("/", headers={"host": host}).status_code == 200


def test_a_page_may_load_from_here_and_run_nothing_inline(web: httpx.Client) -> None:
    answer = web.get("/")
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy.pop("default-src") == policy.pop("base-uri") == policy.pop("frame-ancestors") == "'none'"
    assert set(policy.values()) == {"'self'"}
    assert policy.keys() >= {"script-src", "style-src", "connect-src", "form-action"}
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert not re.search(r"<script(?![^>]* src=)|<style| style=| on\w+=|https?://(?!127\.0\.0\.1)", answer.text)


def test_what_a_page_loads_is_there_and_can_be_kept(web: httpx.Client) -> None:
    html = web.get("/").text
    loaded = [href for href in re.findall(r'(?:src|href)="([^"]+)"', html) if "/static/" in href]
    assert len(loaded) == 5
    for address in loaded:
        answer = web.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]


def test_every_vendored_file_lies_beside_its_licence() -> None:
    folder = site.Path(site.__file__).parent / "static" / "vendor"
    listed = (folder / "README.md").read_text()
    vendored = [name for name in FILES if name.startswith("vendor/")]
    assert vendored
    for name in vendored:
        file = folder.parent / name
        assert (folder / f"{file.name.split('.')[0]}.LICENSE.txt").exists()
        assert hashlib.sha256(file.read_bytes()).hexdigest() in listed


@pytest.mark.parametrize(
    "path", ["../site.py", "%2e%2e/site.py", "..%2fsite.py", "vendor/README.md", "vendor/", "", "/etc/passwd"]
)
def test_no_other_file_is_served(lake: RunningCloud, path: str) -> None:
    # By a raw request: a client would tidy the path up.
    answer = lake._cloud.answer(site_request(f"/console/static/{path}"))
    assert answer.status == 404


@pytest.mark.parametrize(
    ("page", "what"),
    [
        ("/console/cdm/job?cluster=embedded&name=gone", "CDM job gone on cluster embedded"),
        ("/console/cdm/job?cluster=nowhere&name=orders", "CDM job orders on cluster nowhere"),
        ("/console/cdm/link", "CDM link"),
        ("/console/factory/job?workspace=moon&name=orders_daily", "job orders_daily in workspace moon"),
        ("/console/factory/script?name=%00", "script"),
        ("/console/flink/job?name=gone", "Flink job gone"),
        ("/console/bucket?name=gone", "bucket gone"),
        ("/console/bucket?name=..%2f..", "bucket ../.."),
        ("/console/bucket", "bucket"),
        ("/console/nowhere", "page at this address"),
    ],
)
def test_what_is_not_there_is_said_to_be_so(web: httpx.Client, page: str, what: str) -> None:
    answer = web.get(page)
    assert answer.status_code == 404
    assert f"There is no {what}" in text_of(answer.text)


def test_odd_queries_are_harmless(web: httpx.Client) -> None:
    for query in ("page=0", "page=-1", "page=1e9", "page=" + "9" * 400, "path=x&self=y", "q=%ff", "status=<b>"):
        assert web.get(f"/console/cdm?{query}").status_code == 200


def test_looking_is_in_no_log_and_uses_up_no_fault(lake: RunningCloud, web: httpx.Client) -> None:
    lake.fault("status", path="*", times=1)
    before = len(lake.requests())
    assert [web.get(page).status_code for page in PAGES] == [200] * len(PAGES)
    assert len(lake.requests()) == before
    assert web.get("/v3/projects").status_code == 503


def test_a_bucket_without_end_is_read_in_portions(cloud: RunningCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buckets, "OBJECTS_MAX", 20)
    caller = Caller(cloud)
    caller.put_object("crowded")
    for number in range(23):
        caller.put_object("crowded", f"key-{number:02}")
    with httpx.Client(base_url=cloud.api) as web:
        assert "crowded over 20 over 0 B" in text_of(web.get("/console/buckets").text)
        first = web.get("/console/bucket?name=crowded").text
        [more] = re.findall(r'href="([^"]*after=[^"]*)"', first)
        rest = web.get(more.replace("&amp;", "&")).text
    assert "1–20 of 20" in first
    assert re.findall(r">(key-\d\d)<", rest) == ["key-20", "key-21", "key-22"]


def test_hostile_names_are_shown_as_they_are(cloud: RunningCloud) -> None:
    caller = Caller(cloud)
    for name in (HOSTILE, "..", "a/b?c#d&name=e", "\u202egnp.exe"):
        caller.link(name)
    caller.link("mysql")
    caller.link("files", "obs-connector", **cdm_calls.OBS)
    caller.job("orders")
    caller.put_object("hostile")
    caller.put_object("hostile", "%3Cscript%3Ealert(1)%3C/script%3E")
    caller.script("evil", content=HOSTILE, description=HOSTILE)
    caller.flink_job(HOSTILE[:57], sql=HOSTILE)
    with httpx.Client(base_url=cloud.api) as web:
        pages = [
            web.get(page) for page in ("/", "/console/cdm/links", "/console/bucket?name=hostile", "/console/flink")
        ]
        found = re.findall(r'"(/console/cdm/link\?[^"]+)"', pages[1].text)
        pages += [web.get(address.replace("&amp;", "&")) for address in found]
        pages.append(web.get("/console/factory/script?workspace=dev&name=evil"))
        pages.append(web.get("/console/requests", params={"q": HOSTILE}))
    assert {page.status_code for page in pages} == {200}
    assert len(found) == 6
    assert not [
        page.url for page in pages if "<img" in page.text or "<script>" in page.text or "wvwvwv" in text_of(page.text)
    ]


def site_request(path: str) -> Any:
    from pulumi_dataarts.simulator.http import Request

    return Request("GET", path, {}, {"host": "127.0.0.1:1"})
