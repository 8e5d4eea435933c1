"""Every operation of the official SDKs for DataArts Factory is there, under the method and path that the SDK calls."""

from __future__ import annotations

import pytest

from pulumi_dataarts.simulator import dlf as simulator
from tests.simulator.sdk import dgc, dlf, operations

OLDER = operations(dlf, dlf.DlfClient)
CONNECTIONS = {name: call for name, call in OLDER.items() if "/connections" in call[1]}
OPERATIONS = operations(dgc, dgc.DgcClient) | CONNECTIONS
ROUTES = {(route.operation, route.method, route.template) for route in simulator.routes()}


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_the_operation_is_served(operation: str) -> None:
    assert (operation, *OPERATIONS[operation]) in ROUTES


def test_nothing_else_is_served_but_the_pages_other_spelling_of_tasks() -> None:
    others = {route for route in ROUTES if OPERATIONS.get(route[0]) != route[1:]}
    assert others == {("list_system_tasks", "GET", "/v1/{project_id}/systemTasks/{task_id}")}
