"""Every view of the same plans, pinned; and what holds for all of them whatever the plan."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from pulumi_dataarts.model.plans import Plan
from pulumi_dataarts.report import html, junit, markdown, terminal
from pulumi_dataarts.report.terminal import Look
from tests.report import samples
from tests.report.conftest import Golden

PLANS = {"everything": samples.EVERYTHING, "empty": samples.EMPTY, "hostile": samples.HOSTILE}
LOOKS = {
    "80": Look(width=80),
    "120": Look(width=120),
    "all": Look(width=200, all_fields=True, sames=True),
    "ascii": Look(width=100, unicode=False),
    "colour": Look(width=100, colour=True),
}
every_plan = pytest.mark.parametrize("name", PLANS)


@every_plan
@pytest.mark.parametrize("look", LOOKS)
def test_the_terminal_view_is_as_agreed(name: str, look: str, golden: Golden) -> None:
    golden(f"{name}.{look}.txt", terminal.render(PLANS[name], LOOKS[look]) + "\n")


@every_plan
def test_the_comment_is_as_agreed(name: str, golden: Golden) -> None:
    golden(f"{name}.md", markdown.render([PLANS[name]]))


@every_plan
def test_the_junit_file_is_as_agreed(name: str, golden: Golden) -> None:
    text = junit.render([PLANS[name]])
    golden(f"{name}.xml", text)
    suite = ElementTree.fromstring(text)[0]
    assert int(suite.get("tests") or 0) == len(suite.findall("testcase"))
    assert int(suite.get("failures") or 0) == len(suite.findall("testcase/failure"))


@every_plan
def test_the_page_is_as_agreed(name: str, golden: Golden) -> None:
    golden(f"{name}.html", html.render(PLANS[name]))


@every_plan
def test_the_saved_plan_is_as_agreed_and_read_back_is_the_same(name: str, golden: Golden) -> None:
    text = PLANS[name].to_json()
    golden(f"{name}.json", text + "\n")
    assert Plan.model_validate_json(text) == PLANS[name]


@pytest.mark.parametrize("width", [80, 100, 120, 200])
def test_no_line_of_the_tree_is_wider_than_the_terminal(width: int) -> None:
    tree = terminal.render(samples.EVERYTHING, Look(width=width)).split("\n\n")[1]
    assert max(map(len, tree.splitlines())) <= width


def test_ascii_means_ascii() -> None:
    assert terminal.render(samples.HOSTILE, Look(unicode=False)).isascii()


@pytest.mark.parametrize("draw", [lambda plan: terminal.render(plan, Look()), lambda plan: markdown.render([plan])])
def test_no_name_can_draw_on_the_terminal(draw: object) -> None:
    text = draw(samples.HOSTILE)  # type: ignore[operator]
    assert not set("\x1b\x07\u202e\r") & set(text)


def test_no_name_can_write_html_into_the_page() -> None:
    page = html.render(samples.HOSTILE)
    for name in ("<script>alert", "<img", "<h1>owned", "</details></summary><h1>"):
        assert name not in page
    assert "{{ 7 * 7 }}" in page
    assert page.count("<script>") == 1


def test_no_name_can_leave_its_cell_or_its_fence_in_the_comment() -> None:
    text = markdown.render([samples.HOSTILE])
    assert [line for line in text.splitlines() if line.startswith("<!-- dataarts:plan:")] == [
        markdown.marker(samples.HOSTILE)
    ]
    assert "\n# owned" not in text
    outside = "\n".join(text.split("<details>")[0].splitlines())
    assert "<script>" not in outside
    rows = [line for line in outside.splitlines() if line.startswith("| ±")]
    assert len(rows) == len(samples.HOSTILE_NAMES)
    assert all(row.replace("\\|", "").count("|") == 5 for row in rows)


def test_a_secret_is_called_so_and_its_fingerprint_is_not_shown() -> None:
    views = [
        terminal.render(samples.EVERYTHING, Look(all_fields=True)),
        markdown.render([samples.EVERYTHING]),
        html.render(samples.EVERYTHING),
    ]
    for view in views:
        assert "[secret]" in view
        assert samples.SECRET["fingerprint"] not in view


@pytest.mark.parametrize("count", [500, 1000])
def test_a_comment_on_many_changes_is_cut_from_the_fields_and_shows_all_deletions(count: int) -> None:
    plan = samples.large(count)
    text = markdown.render([plan])
    assert len(text) <= markdown.LENGTH_MAX
    deleted = [step.name for step in plan.steps if step.op == "delete"]
    assert all(f"**{name}**" in text for name in deleted)
    assert "more resources are in the report" in text
    assert plan.digest[:12] in text


def test_deletions_are_kept_even_where_they_alone_hardly_fit() -> None:
    steps = [
        samples.step("cdm:Job", f"job-{n:04d}", "delete", because=["x" * 300], hazards=["deletes"]) for n in range(900)
    ]
    text = markdown.render([samples.plan(*steps)])
    assert len(text) <= markdown.LENGTH_MAX
    assert all(f"**job-{n:04d}**" in text for n in range(900))


def test_several_stacks_share_one_comment() -> None:
    other = samples.EMPTY.model_copy(update={"stack": "prod"})
    text = markdown.render([samples.EVERYTHING, other])
    assert markdown.marker(samples.EVERYTHING) in text
    assert markdown.marker(other) in text


@pytest.mark.parametrize(("count", "size_max"), [(500, 1_000_000), (1000, 1_500_000)])
def test_the_page_of_a_large_stack_stays_small(count: int, size_max: int) -> None:
    assert len(html.render(samples.large(count)).encode()) < size_max


def test_the_gravest_change_comes_first() -> None:
    text = html.render(samples.EVERYTHING)
    places = [text.index(f'id="r{number}"') for number in range(1, 4)]
    assert places == sorted(places)
    assert text.index("tmp-backfill") < text.index("load-orders") < text.index("stream-jar")


def test_json_marks_secrets_and_unknowns() -> None:
    outputs = json.loads(samples.EVERYTHING.to_json())["outputs"]
    assert outputs["jdbc_password"]["secret"] is True
    assert outputs["stream_job_id"] == {"unknown": True}
