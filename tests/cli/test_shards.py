"""`dataarts:shards`: the same resources, served by several instances of the provider."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.lifecycle.shards import _count
from tests.cli.samples import STATE, declare, resources, sample, typed

if TYPE_CHECKING:
    from pathlib import Path

    from pulumi_dataarts.simulator.testing import RunningCloud
    from tests.cli.commands import Folder

PROGRAM = """
west = pulumi.ProviderResource("pulumi-python", "west", {{
    key: pulumi.Config("dataarts").require(key.removeprefix("dataarts:"))
    for key in ("dataarts:endpoint", "dataarts:endpoints", "dataarts:region", "dataarts:projectId")
}})
class Group(pulumi.ComponentResource):
    def __init__(self, name, opts=None):
        super().__init__("sample:Group", name, None, opts)
        obs.Bucket(f"{{name}}-bucket", bucket=f"{{name}}-bucket", opts=pulumi.ResourceOptions(parent=self))
for number in range({count}):
    obs.Bucket(f"bucket-{{number}}", bucket=f"bucket-{{number}}")
obs.Bucket("chosen", bucket="chosen", opts=pulumi.ResourceOptions(provider=west))
Group("group", pulumi.ResourceOptions(providers=[west]))
"""


def served_by(folder: Folder) -> dict[str, str]:
    """Return the name of the provider of each resource, by its name."""
    return {name: row["provider"].split("::")[-2] for name, row in resources(folder).items()}


def providers(folder: Folder) -> dict[str, dict[str, Any]]:
    rows = json.loads((folder.path / STATE).read_text())["checkpoint"]["latest"]["resources"]
    return {row["urn"].rpartition("::")[2]: row for row in rows if row["type"] == "pulumi:providers:pulumi-python"}


def test_resources_are_spread_over_shards_and_back_without_being_touched(
    tmp_path: Path, dataarts_cloud: RunningCloud
) -> None:
    folder = sample(tmp_path, dataarts_cloud)
    declare(folder, PROGRAM.format(count=8))
    typed(folder, "up", "--yes")
    assert served_by(folder)["bucket-0"] == "default"

    typed(folder, "config", "set", "--secret", "dataarts:secretKey", "embedded-canary")
    typed(folder, "config", "set", "dataarts:shards", "3")
    planned = typed(folder, "preview")
    assert "3 to create   13 unchanged" in planned.out
    assert "declare it once" not in planned.out + planned.err
    typed(folder, "up", "--yes")
    typed(folder, "preview", "--expect-no-changes")
    by_name = served_by(folder)
    assert {by_name[f"bucket-{number}"] for number in range(8)} == {"dataarts-0", "dataarts-1", "dataarts-2"}
    assert by_name["chosen"] == by_name["group-bucket"] == "west"
    shard = providers(folder)["dataarts-0"]["inputs"]
    assert shard["dataarts:endpoint"] == dataarts_cloud.api
    assert "embedded-canary" not in (folder.path / STATE).read_text()
    assert "dataarts:secretKey" in shard

    typed(folder, "config", "rm", "dataarts:shards")
    assert "3 to delete   13 unchanged" in typed(folder, "preview").out
    typed(folder, "up", "--yes")
    assert set(served_by(folder).values()) == {"default", "west"}
    typed(folder, "destroy", "--yes")


@pytest.mark.parametrize("text", ["0", "65", "many", "-1", "2.5"])
def test_what_is_no_number_of_shards_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=f"dataarts:shards is a number from 1 to 64, and not `{text}`"):
        _count(text)
