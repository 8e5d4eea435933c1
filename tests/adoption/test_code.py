"""Program text for what was found: literals that Python reads back, names of its own for everything."""

from __future__ import annotations

import ast
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_dataarts.adoption.code import declarations, literal, program, secret_keys
from pulumi_dataarts.adoption.kinds import kind, kinds
from pulumi_dataarts.cdm.job import JobProvider
from pulumi_dataarts.cdm.link import LinkProvider
from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.lifecycle.adoption import Found

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(blacklist_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=30,
)


def link(name: str, cluster: str = "c", **secrets: list[str]) -> Found:
    arguments = {"cluster_id": cluster, "name": name}
    return Found("cdm:Link", name, f"{cluster}/{name}", {}, {}, arguments, LinkProvider, secrets)


@given(value=values)
def test_a_literal_is_read_back_as_it_was(value: Any) -> None:
    assert ast.literal_eval(literal(value)) == value


@given(names=st.lists(st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=8), unique=True))
def test_every_resource_has_a_variable_of_its_own_and_no_name_is_code(names: list[str]) -> None:
    tree = ast.parse(program([link(name) for name in names], protect=True))
    assigned = [item.targets[0].id for item in tree.body if isinstance(item, ast.Assign)]  # type: ignore[attr-defined]
    assert len(set(assigned)) == len(assigned)
    calls = [item.value for item in tree.body if isinstance(item, ast.Assign) and isinstance(item.value, ast.Call)]
    assert [call.args[0].value for call in calls if call.args] == names  # type: ignore[attr-defined]


def test_a_job_names_the_link_of_its_own_cluster() -> None:
    arguments = {"cluster_id": "c", "name": "j", "from_link": "shop", "to_link": "elsewhere"}
    job = Found("cdm:Job", "j", "c/j", {}, {}, arguments, JobProvider)
    code = declarations([link("shop", "other"), link("shop"), job], options="")
    assert "from_link=shop_link.name" in code
    assert 'to_link="elsewhere"' in code


def test_secrets_are_read_from_the_config() -> None:
    found = [link("shop", secrets=["password", "keytab"])]
    assert secret_keys(found) == ["shop_password", "shop_keytab"]
    assert 'secrets={"password": config.get_secret("shop_password")' in declarations(found, options="")


@pytest.mark.parametrize("type", ["cdm:Job", "cdm.Job", "pulumi-python:dynamic/cdm:Job"])
def test_a_type_may_be_written_as_people_meet_it(type: str) -> None:
    assert kind(type) == ("cdm:Job", JobProvider)


def test_there_is_a_kind_for_every_resource_and_no_other() -> None:
    assert set(kinds()) == {
        "cdm:Link", "cdm:Job", "cdm:JobRun", "dlf:JobImport", "dlf:JobExport", "dlf:JobRun", "dlf:Script",
        "dli:FlinkJobImport", "dli:FlinkJobRun", "obs:Bucket", "obs:Object", "obs:ObjectCheck",
    }  # fmt: skip
    with pytest.raises(ConfigError, match="no resource type 'cdm:Lnik'"):
        kind("cdm:Lnik")
