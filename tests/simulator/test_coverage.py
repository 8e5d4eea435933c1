"""The reference page says what there is: every operation, each with a test that really drives it."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pulumi_dataarts.simulator import absent, cdm, coverage, dlf, dli, iam
from tests.simulator import sdk
from tests.simulator.cdm_calls import cdm as cdm_sdk

if TYPE_CHECKING:
    import httpx

    from pulumi_dataarts.simulator.http import Route

ROOT = Path(__file__).parents[2]
ROUTES = [*iam.routes(), *cdm.routes(), *dlf.routes(), *dli.routes()]
DRIVEN: dict[str, str] = json.loads((ROOT / coverage.DRIVEN).read_text())


def test_the_page_is_current() -> None:
    assert (ROOT / coverage.PAGE).read_text() == coverage.page(DRIVEN), (
        "regenerate it: python -m pulumi_dataarts.simulator.coverage"
    )


def test_every_route_names_a_test_and_no_other_does() -> None:
    assert sorted(DRIVEN) == sorted(map(coverage.key, ROUTES))


@pytest.mark.parametrize("file", sorted({test.partition("::")[0] for test in DRIVEN.values()}))
def test_the_named_tests_exist(file: str) -> None:
    """That they drive what they are named for is checked where they run, in conftest."""
    body = ast.parse((ROOT / file).read_text()).body
    there = {node.name for node in body if isinstance(node, ast.FunctionDef)}
    assert {test.partition("::")[2] for test in DRIVEN.values() if test.startswith(file + "::")} <= there


@pytest.mark.parametrize("route", absent.routes(), ids=coverage.key)
def test_what_is_not_there_says_so(http: httpx.Client, route: Route) -> None:
    path = route.template.replace("{project_id}", "embedded").replace("{", "").replace("}", "")
    answer = http.request(route.method, path)
    assert (answer.status_code, answer.json()["error_code"]) == (501, "EMBEDDED.0501")
    assert f"does not simulate {route.method} {path}" in answer.json()["error_msg"]


def test_every_operation_of_the_official_cdm_package_is_there_or_listed_as_absent() -> None:
    there = {(name, route.method, route.template) for route in cdm.routes() for name in route.operation.split(", ")}
    known = there | {(route.operation, route.method, route.template) for route in absent.routes()}
    calls = sdk.operations(cdm_sdk, cdm_sdk.CdmClient)
    assert {(name, *call) for name, call in calls.items()} <= known


def test_operations_have_no_name_twice_in_a_service_but_for_the_two_spellings() -> None:
    named = [(route.service, route.operation) for route in ROUTES]
    repeated = {name for name in named if named.count(name) > 1}
    assert repeated == {("dlf", "list_system_tasks"), ("iam", "keystone_validate_token")}
