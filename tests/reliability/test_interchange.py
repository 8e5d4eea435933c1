"""One program that uses most of what Pulumi has, run by both engines in turn: neither sees a change in what stands.

Needs the official CLI on the PATH.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.reliability.commands import Project, make_project
from tests.reliability.test_alternating import at_home, pulumi

pytestmark = [
    pytest.mark.official,
    pytest.mark.timeout(600),
    pytest.mark.skipif(shutil.which("pulumi") is None, reason="the official CLI is not on the PATH"),
]

PROGRAM = """
import json
from pathlib import Path

import pulumi
from things import Thing

size = json.loads((Path(__file__).parent / "wanted.json").read_text())["size"]


def labelled(args):
    if not args.type_.endswith(":Thing"):
        return None
    more = pulumi.ResourceOptions(ignore_changes=["nothing[*].at"], protect=False)
    return pulumi.ResourceTransformResult(args.props, pulumi.ResourceOptions.merge(args.opts, more))


def told(args):
    print("hook", args.name)


pulumi.runtime.register_resource_transform(labelled)
hooks = pulumi.ResourceHookBinding(
    after_create=[pulumi.ResourceHook("made", told)], before_update=[pulumi.ResourceHook("changing", told)]
)
east = pulumi.ProviderResource("pulumi-python", "east", {"sample:region": "east"})
group = pulumi.ComponentResource("sample:index:Group", "group", {}, pulumi.ResourceOptions(providers=[east]))
first = Thing("first", size, opts=pulumi.ResourceOptions(parent=group, hooks=hooks))
timeouts = pulumi.CustomTimeouts(create="1h5m", delete="30s")
aliases = [pulumi.Alias(name="before"), "urn:pulumi:dev::sample::pulumi-python:dynamic/test:Thing::long-before"]
options = pulumi.ResourceOptions(
    custom_timeouts=timeouts, aliases=aliases, additional_secret_outputs=["arn"], depends_on=[first],
    retain_on_delete=False, replace_on_changes=["name"], delete_before_replace=True, transforms=[labelled],
)
second = Thing("second", size, up=first.arn, opts=options)
third = Thing("third", size, up=pulumi.Output.secret("hush"), opts=pulumi.ResourceOptions(deleted_with=second))
# No assets: the official engine and SDK cannot compare those that a dynamic provider has returned, by themselves.
inner = {"list": [1, 2.5, {"none": None, "text": "x"}], "secret": pulumi.Output.secret({"a": [1]})}
deep = Thing("deep", size, up=inner)
pulumi.export("arns", {"first": first.arn, "second": second.arn})
pulumi.export("nested", [{"secret": third.arn}, pulumi.Output.secret({"deep": [1, 2.5, None]})])
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = at_home(make_project(tmp_path), tmp_path)
    (project.folder / "__main__.py").write_text(PROGRAM)
    return project


def test_each_engine_finds_nothing_to_do_after_the_other(project: Project) -> None:
    pulumi(project, "stack", "init", "dev")
    project.wants(0, size=1)
    pulumi(project, "up", "--yes", "--skip-preview")
    theirs = state_of(project)
    project.dataarts("preview", "--expect-no-changes", "--diff")
    project.dataarts("up", "--yes", "--expect-no-changes")
    assert state_of(project) == theirs
    project.wants(0, size=2)
    project.dataarts("up", "--yes")
    pulumi(project, "preview", "--expect-no-changes", "--diff")
    pulumi(project, "up", "--yes", "--skip-preview", "--expect-no-changes")
    pulumi(project, "destroy", "--yes")
    assert names(project) == ["third"], "said to be gone with the second, so nobody deletes it"
    project.dataarts("up", "--yes")
    ours = state_of(project)
    pulumi(project, "preview", "--expect-no-changes", "--diff")
    assert {urn: without(fields, "size") for urn, fields in ours.items()} == {
        urn: without(fields, "size") for urn, fields in theirs.items()
    }
    project.dataarts("destroy", "--yes")
    assert names(project) == ["third"]


def names(project: Project) -> list[str]:
    return [id.partition("~")[0] for id in project.objects()]


def state_of(project: Project) -> dict[str, dict[str, Any]]:
    """Return the state's resources by URN, without what no two runs have in common."""
    document = json.loads((project.folder.parent / "state/.pulumi/stacks/sample/dev.json").read_text())
    rows = document["checkpoint"]["latest"]["resources"]
    return {row["urn"]: _comparable(row) for row in rows}


def without(fields: dict[str, Any], key: str) -> dict[str, Any]:
    parts = {part: {name: value for name, value in fields.get(part, {}).items() if name != key} for part in PARTS}
    return {**fields, **parts}


PARTS = ("inputs", "outputs")
VARYING = ("created", "modified", "id", "provider", "sourcePosition", "stackTrace")


def _comparable(row: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in row.items() if key not in VARYING}
    for part in PARTS:
        kept[part] = {key: _stable(value) for key, value in row.get(part, {}).items()}
    lists = {key: sorted(kept[key]) for key in ("dependencies", "aliases") if key in kept}
    named = {key: sorted(urns) for key, urns in kept.get("propertyDependencies", {}).items() if urns}
    return {**kept, **lists, "propertyDependencies": named}


def _stable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: "*" if key == "ciphertext" else _stable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_stable(item) for item in value]
    # Ids are made up, and arns with them.
    return "*" if isinstance(value, str) and "~" in value else value
