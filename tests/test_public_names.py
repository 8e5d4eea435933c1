"""What users import, pinned: a name that disappears or appears is a decision, not an accident."""

from __future__ import annotations

import inspect
import subprocess
import sys
from typing import Any

import pytest

from pulumi_dataarts import cdm, dlf, dli, obs
from pulumi_dataarts.lifecycle.fields import Derived, fields_with
from pulumi_dataarts.lifecycle.resource import DataArtsResource

PUBLIC = {
    cdm: ["Job", "JobRun", "Link"],
    dlf: ["JobExport", "JobImport", "JobRun", "Script", "pack"],
    dli: ["FlinkJobImport", "FlinkJobRun", "pack"],
    obs: ["Bucket", "Object", "ObjectCheck"],
}
RESOURCES = [
    getattr(module, name)
    for module, names in PUBLIC.items()
    for name in names
    if inspect.isclass(getattr(module, name))
]
TYPES = {
    "cdm:Job", "cdm:JobRun", "cdm:Link", "dlf:JobExport", "dlf:JobImport", "dlf:JobRun", "dlf:Script",
    "dli:FlinkJobImport", "dli:FlinkJobRun", "obs:Bucket", "obs:Object", "obs:ObjectCheck",
}  # fmt: skip


def named(resource: Any) -> Any:
    return pytest.param(resource, id=resource.__name__)


@pytest.mark.parametrize("module", PUBLIC)
def test_a_service_exports_these_names(module: Any) -> None:
    assert sorted(module.__all__) == PUBLIC[module]


@pytest.mark.parametrize("resource", map(named, RESOURCES))
def test_a_constructor_takes_exactly_the_fields_of_the_model(resource: type[DataArtsResource]) -> None:
    model = resource.provider.handler.inputs
    parameters = set(inspect.signature(resource.__init__).parameters) - {"self", "resource_name", "opts"}
    assert parameters == set(model.model_fields) - set(fields_with(model, Derived))


@pytest.mark.parametrize("resource", map(named, RESOURCES))
def test_every_field_says_what_it_is_and_where_that_is_written(resource: type[DataArtsResource]) -> None:
    for name, info in resource.provider.handler.inputs.model_fields.items():
        assert info.description, name


@pytest.mark.parametrize("resource", map(named, RESOURCES))
def test_a_provider_is_pickled_by_reference_into_a_short_constant(resource: type[DataArtsResource]) -> None:
    import base64

    import dill

    first, second = (base64.b64encode(dill.dumps(resource.provider(), recurse=True)) for _ in range(2))
    assert first == second
    assert len(first) < 140
    assert resource.provider.serialize_as_secret_always is False


def test_the_kinds_are_those_of_the_design() -> None:
    assert {resource.provider.handler.kind.replace(".", ":") for resource in RESOURCES} == TYPES


def test_help_imports_nothing_heavy() -> None:
    heavy = ("pulumi", "pydantic", "boto3", "moto", "httpx", "grpc", "rich", "jinja2", "uvicorn")
    code = "import sys; from pulumi_dataarts.cli.__main__ import main; main(['--help']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert loaded.isdisjoint(heavy)
