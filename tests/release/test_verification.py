"""What a project declares to be tried, and how mistakes in it are told."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.release import verification

CONFIG = {"cluster": "c-staging", "dataarts:workspace": "staging"}
OUTPUTS = {"landing": "orders-staging-landing"}


def load(folder: Path, text: str) -> list[verification.Verification]:
    (folder / verification.FILE).write_text(dedent(text))
    return verification.load(folder, CONFIG.get, OUTPUTS.get)


def test_a_project_without_a_file_declares_none(tmp_path: Path) -> None:
    assert verification.load(tmp_path, CONFIG.get, OUTPUTS.get) == []


def test_config_and_outputs_are_put_in(tmp_path: Path) -> None:
    declared = load(
        tmp_path,
        """
        - name: load
          cdm:
            job: orders_full
            cluster: ${cluster}
            rows_min: 1
        - name: files
          obs:
            object: obs://${output.landing}/orders/full/
        """,
    )
    assert verification.names(tmp_path) == [item.name for item in declared] == ["load", "files"]
    assert declared[0].cdm == verification.CdmRun(job="orders_full", cluster="c-staging", rows_min=1)
    assert declared[1].obs == verification.ObsPresent(object="obs://orders-staging-landing/orders/full/")


@pytest.mark.parametrize(
    ("text", "mistakes"),
    [
        ("cdm: {}", ["is not a list"]),
        ("- name: [", ["cannot be read"]),
        ("- {name: a, cdm: {job: a, cluster: b, rows: 3}}", ["a: cdm.rows"]),
        ("- {name: a}", ["exactly one of cdm, dlf, flink, obs"]),
        ("- {name: a, dlf: {job: a}, flink: {job: a}}", ["exactly one of"]),
        ("- {dlf: {job: a}}", ["entry 1: name"]),
        ("- {name: a, dlf: {job: a}}\n- {name: a, flink: {job: a}}", ["'a' is there twice"]),
        ("- {name: a, obs: {object: s3://b/c}}", ["a: obs.object"]),
        (
            '- {name: a, dlf: {job: "${nothing}"}}\n- {name: b, obs: {object: "obs://${output.lake}/x"}}',
            ["a: ${nothing} is no config key", "b: ${output.lake} is no output", "b: obs.object"],
        ),
    ],
)
def test_every_mistake_is_named(tmp_path: Path, text: str, mistakes: list[str]) -> None:
    with pytest.raises(ConfigError) as refused:
        load(tmp_path, text)
    for mistake in mistakes:
        assert mistake in refused.value.message
