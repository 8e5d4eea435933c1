"""What the console's pages are made of: lists in pages, statuses in words, what may be shown, how figures read."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_dataarts.simulator.console import formats
from pulumi_dataarts.simulator.console.disclosure import blotted, shown
from pulumi_dataarts.simulator.console.highlighting import SHOWN_CHARS_MAX, highlighted
from pulumi_dataarts.simulator.console.listings import PAGE_ROWS, Listing, listing
from pulumi_dataarts.simulator.console.marks import Mark, answer_mark, mark_of

MARKS = [mark_of("SUCCEEDED"), mark_of("FAILED"), mark_of("NEW")]


@dataclass(frozen=True)
class Row:
    text: str
    mark: Mark


def rows(count: int) -> list[Row]:
    return [Row(f"Job {number}", MARKS[number % len(MARKS)]) for number in range(count)]


def listed(found: list[Row], **query: str) -> Listing[Row]:
    sight: Any = SimpleNamespace(path="/console/cdm", query=query)
    return listing(found, sight)


@given(st.integers(0, 3 * PAGE_ROWS))
def test_every_row_is_on_exactly_one_page(count: int) -> None:
    pages = listed(rows(count)).pages
    read = [row for page in range(1, pages + 1) for row in listed(rows(count), page=str(page)).rows]
    assert read == rows(count)


@given(st.text(max_size=4), st.sampled_from(["", *(mark.word for mark in MARKS)]), st.text(max_size=3))
def test_whatever_is_asked_for_is_a_page_of_what_fits(words: str, status: str, page: str) -> None:
    shown_list = listed(rows(120), q=words, status=status, page=page)
    assert 1 <= shown_list.page <= shown_list.pages
    assert all(not status or row.mark.word == status for row in shown_list.rows)
    assert all(word in row.text.casefold() for row in shown_list.rows for word in words.casefold().split())
    assert sum(count for _, count in shown_list.counts) >= shown_list.found >= len(shown_list.rows)


def test_all_words_must_fit_in_any_case_and_order() -> None:
    assert [row.text for row in listed(rows(20), q="1 JOB 3").rows] == ["Job 13"]


def test_a_page_beyond_the_last_is_the_last() -> None:
    last = listed(rows(PAGE_ROWS + 1), page="99")
    assert (last.page, last.first, last.last) == (2, PAGE_ROWS + 1, PAGE_ROWS + 1)


def test_links_to_other_pages_keep_what_was_asked_for() -> None:
    asked = listed(rows(500), q="job", status="failed", name="b/1?")
    query = parse_qs(urlsplit(asked.at(3)).query)
    assert query == {"name": ["b/1?"], "q": ["job"], "status": ["failed"], "page": ["3"]}


def test_what_went_wrong_comes_first() -> None:
    assert [mark.tone for mark, _ in listed(rows(9)).counts] == ["bad", "ok", "idle"]


@pytest.mark.parametrize(
    ("status", "word", "tone"),
    [
        (0, "no answer", "bad"),
        (204, "204 No Content", "ok"),
        (404, "404 Not Found", "warn"),
        (503, "503 Service Unavailable", "bad"),
        (599, "599", "bad"),
    ],
)
def test_an_answer_is_told_by_its_phrase(status: int, word: str, tone: str) -> None:
    assert answer_mark(status) == Mark(word, tone)  # type: ignore[arg-type]


def test_a_status_that_is_not_known_is_shown_as_it_is() -> None:
    assert mark_of("JOB_ON_FIRE") == Mark("job on fire", "idle")


@pytest.mark.parametrize(
    "name", ["password", "linkConfig.securityKey", "apiToken", "client_secret", "sk", "userCredential", "PWD", "x.ak"]
)
def test_a_value_whose_name_suggests_a_secret_is_not_shown(name: str) -> None:
    setting = shown(name, "canary")
    assert setting.is_hidden
    assert "canary" not in setting.value


@pytest.mark.parametrize("name", ["tableName", "primaryKey", "rowkeyColumn", "keySeparator", "task", "passiveMode"])
def test_a_name_that_only_looks_like_it_hides_nothing(name: str) -> None:
    assert shown(name, "orders").value == "orders"


@pytest.mark.parametrize(
    "text",
    [
        "'password' = 'canary'",
        '"sink.secret.key" : "canary"',
        "set hive.token='canary';",
        "export DB_PASSWORD=canary; run",
        "run --token=canary --verbose",
        "jdbc:mysql://db/orders?user=me&password=canary&ssl=true",
        "https://me:canary@example.com/rates",
        "fs.obs.access.key=canary",
        "'password' = 'canary" + "y" * 9_000 + "canary'",
        "password=" + "x" * 9_000 + "canary",
        "'password' = 'canary",
        "'password' = 'x''canary'",
    ],
)
def test_what_a_text_assigns_to_a_telling_name_is_blotted_out(text: str) -> None:
    assert "canary" not in blotted(text)
    assert len(blotted(text)) > len("••••••")


@pytest.mark.parametrize("text", ["WHERE a.token = b.token", "password=${db_password}", "-- the password is elsewhere"])
def test_a_text_that_assigns_nothing_secret_stays(text: str) -> None:
    assert blotted(text) == text


@pytest.mark.parametrize(
    "text",
    ["password" * 20_000, "password='" * 20_000, "://a:" * 40_000, "password   " * 20_000, "password=" + "'" * 200_000],
)
@pytest.mark.timeout(5)
def test_a_text_made_to_be_slow_is_not(text: str) -> None:
    assert blotted(text)[:3] == text[:3]


def test_values_read_as_they_were_sent() -> None:
    assert [shown("a", value).value for value in (True, None, 2, {"b": "é"})] == ["true", "", "2", '{"b": "é"}']


def test_a_value_without_end_is_cut() -> None:
    assert len(shown("sql", "x" * 1_000_000).value) < 5_000


def test_code_is_coloured_and_escaped_line_by_line() -> None:
    code = highlighted("SELECT '<b>'\nFROM t -- </span>\n", "DLISQL")
    assert len(code.lines) == 2
    assert '<span class="k">SELECT</span>' in code.lines[0]
    assert "<b>" not in code.lines[0]
    assert "</span> --" not in code.lines[1]


def test_a_comment_over_several_lines_is_marked_on_each() -> None:
    assert all(line.startswith('<span class="cm">') for line in highlighted("/* a\nb */", "DLISQL").lines)


def test_a_script_without_end_is_cut_and_says_so() -> None:
    code = highlighted("<" * (SHOWN_CHARS_MAX + 7), "DLISQL")
    assert (code.left_out, code.lines[0][:8]) == (7, "&lt;&lt;")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "now"), (59, "59 s ago"), (61, "1 min ago"), (7300, "2 h ago"), (3 * 86400, "3 days ago"), (-5, "now")],
)
def test_ages_read(seconds: float, text: str) -> None:
    assert formats.age(0, int(seconds * 1000)) == text


def test_figures_read() -> None:
    assert [formats.size(count) for count in (0, 999, 6_400, 10**10, 10**13)] == [
        "0 B", "999 B", "6.4 kB", "10.0 GB", "10,000.0 GB",
    ]  # fmt: skip
    assert [formats.duration(ms) for ms in (350, 4_200, 185_000)] == ["350 ms", "4.2 s", "3 min 5 s"]
    assert [formats.plural(count, "retry", "retries") for count in (1, 1200)] == ["1 retry", "1,200 retries"]
    assert formats.clock_time(1_000) == "00:00:01.000"


@given(st.text(max_size=60), st.integers(3, 40))
def test_a_long_name_keeps_both_ends(text: str, chars_max: int) -> None:
    cut = formats.middle(text, chars_max)
    assert len(cut) <= chars_max
    assert cut == text or (cut[0], cut[-1]) == (text[0], text[-1])
