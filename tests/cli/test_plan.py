"""A plan is a value: saved, reviewed, and carried out exactly, or refused before anything is touched."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from pulumi_dataarts.simulator.testing import RunningCloud
from tests.cli.commands import Folder
from tests.cli.samples import STATE, declare, outside, resources, sample, typed

CANARY = "canary-s3cret"
PROGRAM = """
config = pulumi.Config()
bucket = obs.Bucket("raw", bucket="sample-raw")
for name in config.require("objects").split():
    obs.Object(name, bucket=bucket.bucket, key=name, content=config.require("content"))
link = cdm.Link(
    "link", cluster_id="embedded", name="ftp", connector="ftp-connector",
    config={"server": "h", "port": 21, "username": "u"},
    secrets={"password": config.require_secret("password")},
)
pulumi.export("password", config.require_secret("password"))
"""


@pytest.fixture
def folder(tmp_path: Path, cloud: RunningCloud) -> Folder:
    """A stack that is up, with two objects and a link."""
    cloud.reset()
    folder = sample(tmp_path, cloud, **{"sample:objects": "a b", "sample:content": "one", "sample:password": CANARY})
    declare(folder, PROGRAM)
    folder.environment["CI"] = ""
    return folder


@pytest.fixture
def up(folder: Folder) -> Folder:
    folder.dataarts("up", "--yes")
    return folder


def config(folder: Folder, key: str, value: str) -> None:
    """Change the configuration as a text, which is quicker than the command."""
    path = folder.path / "Pulumi.dev.yaml"
    kept = [line for line in path.read_text().splitlines() if not line.strip().startswith(f"{key}:")]
    kept.insert(kept.index("config:") + 1, f"  {key}: {value}")
    path.write_text("\n".join(kept) + "\n")


def saved(folder: Folder, *arguments: str, code: int = 0) -> dict[str, Any]:
    folder.dataarts("preview", "--save-plan", "plan.json", *arguments, code=code)
    return dict(json.loads((folder.path / "plan.json").read_text()))


def test_a_saved_plan_is_carried_out_exactly_and_only_once(up: Folder) -> None:
    config(up, "sample:content", "two")
    plan = saved(up, "--report", "p.html", "--summary", "p.md", "--junit", "p.xml", "--expect-no-changes", code=7)
    assert (plan["schema"], plan["state"]["serial"]) == ("plan-v1", 1)
    assert [step["name"] for step in plan["steps"] if step["op"] == "update"] == ["a", "b"]
    assert plan["digest"][:12] in (up.path / "p.html").read_text()
    assert plan["digest"][:12] in (up.path / "p.md").read_text()
    assert len(ElementTree.parse(up.path / "p.xml").findall(".//testcase")) == 2
    before = (up.path / STATE).read_bytes()
    config(up, "sample:content", "three")
    assert "a (obs:Object): other content" in up.dataarts("up", "--plan", "plan.json", "--yes", code=5).err
    assert (up.path / STATE).read_bytes() == before
    assert not list((up.path / ".state/.pulumi/locks").rglob("*.json"))
    config(up, "sample:content", "two")
    assert "2 updated" in up.dataarts("up", "--plan", "plan.json", "--yes").out
    before = (up.path / STATE).read_bytes()
    refused = up.dataarts("up", "--plan", "plan.json", "--yes", code=5).err
    assert "the state has changed since: update 1 then, 2 now" in refused
    assert (up.path / STATE).read_bytes() == before


def test_a_plan_with_a_look_is_refused_once_the_cloud_has_moved(up: Folder, cloud: RunningCloud) -> None:
    config(up, "sample:content", "two")
    saved(up, "--refresh")
    outside(cloud).put_object(Bucket="sample-raw", Key="a", Body=b"by hand")
    refused = up.dataarts("up", "--plan", "plan.json", "--yes", code=5).err
    assert "a (obs:Object): changed outside meanwhile at digest, size" in refused
    assert outside(cloud).get_object(Bucket="sample-raw", Key="a")["Body"].read() == b"by hand"


def test_another_secret_is_another_plan_though_no_plan_holds_one(up: Folder) -> None:
    config(up, "sample:password", f"{CANARY}-2")
    plan = saved(up, "--report", "plan.html", "--summary", "plan.md", "--event-log", "events.jsonl", "--diff")
    files = ("plan.json", "plan.html", "plan.md", "events.jsonl")
    assert all(CANARY not in (up.path / name).read_text() for name in files)
    link = next(step for step in plan["steps"] if step["name"] == "link")
    assert link["fields"][0]["new"]["secret"] is True
    config(up, "sample:password", f"{CANARY}-3")
    assert "link (cdm:Link)" in up.dataarts("up", "--plan", "plan.json", "--yes", code=5).err
    assert CANARY not in up.dataarts("preview", "--json", "--diff").text


def test_a_plan_for_a_stack_that_does_not_exist_yet_creates_it(folder: Folder) -> None:
    assert saved(folder)["state"] == {"digest": "", "serial": 0}
    folder.dataarts("up", "--plan", "plan.json", "--yes", "--event-log", "events.jsonl")
    assert set(resources(folder)) == {"raw", "a", "b", "link"}
    events = [json.loads(line) for line in (folder.path / "events.jsonl").read_text().splitlines()]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    finished = {event["urn"].rpartition("::")[2] for event in events if event["type"] == "StepFinished"}
    assert {"raw", "a", "b", "link"} <= finished


def test_a_plan_covers_what_it_was_made_for_and_no_more(up: Folder) -> None:
    config(up, "sample:content", "two")
    saved(up, "--target", "**a")
    assert "a plan says itself" in typed(up, "up", "--plan", "plan.json", "--yes", "--refresh", code=2).err
    up.dataarts("up", "--plan", "plan.json", "--yes")
    assert "~ 1 to update" in up.dataarts("preview").out


@pytest.mark.parametrize(
    ("text", "said"),
    [("{", "no plan-v1"), ('{"schema": "plan-v9"}', "schema"), ("", "no plan-v1"), ("[]", "no plan-v1")],
)
def test_what_is_no_plan_is_refused_by_name(folder: Folder, text: str, said: str) -> None:
    (folder.path / "plan.json").write_text(text)
    assert said in typed(folder, "up", "--plan", "plan.json", "--yes", code=2).err


def test_several_stacks_have_a_file_each_and_one_comment(folder: Folder) -> None:
    for stack in ("prod-eu", "prod-us"):
        (folder.path / f"Pulumi.{stack}.yaml").write_text((folder.path / "Pulumi.dev.yaml").read_text())
    spoken = folder.dataarts(
        "preview", "--stack", "prod-*", "--save-plan", "plan.json", "--report", "p.html", "--summary", "p.md", "--json"
    )
    assert [plan["stack"] for plan in json.loads(spoken.out)["plans"]] == ["prod-eu", "prod-us"]
    assert {path.name for path in folder.path.glob("p*.prod-*")} == {
        "plan.prod-eu.json",
        "plan.prod-us.json",
        "p.prod-eu.html",
        "p.prod-us.html",
    }
    assert (folder.path / "p.md").read_text().count("<!-- dataarts:plan:") == 2
    typed(folder, "preview", "--stack", "nosuch-*", code=6)


def test_policies_refuse_with_their_names_and_are_lifted_by_them(up: Folder) -> None:
    config(up, "dataarts:policies", "{no-delete: true}")
    (up.path / "policies").mkdir()
    (up.path / "policies" / "ours.py").write_text(
        "def never_a(plan):\n    yield from ['no'] if plan.changed() else []\n"
    )
    config(up, "sample:objects", "a")
    refused = up.dataarts("preview", "--summary", "plan.md", code=5)
    assert "no-delete: b (obs:Object): deletes" in refused.err
    assert "never-a" in refused.out
    assert "Refused by no-delete" in (up.path / "plan.md").read_text()
    up.dataarts("up", "--yes", code=5)
    assert "b" in resources(up)
    up.dataarts("up", "--yes", "--allow", "no-delete", "--allow", "never-a")
    assert "b" not in resources(up)


def test_in_ci_an_up_that_deletes_much_is_refused_unless_it_is_meant(folder: Folder) -> None:
    names = [f"o{number}" for number in range(12)]
    config(folder, "sample:objects", " ".join(names))
    folder.dataarts("up", "--yes")
    config(folder, "sample:objects", " ".join(names[:2]))
    folder.environment["CI"] = "true"
    refused = folder.dataarts("up", "--yes", code=5).err
    assert "10 of 14 resources would be deleted; the limit is 30%" in refused
    assert "--allow max-delete" in refused
    folder.dataarts("up", "--yes", "--max-delete", "10")
    assert "o5" not in resources(folder)
