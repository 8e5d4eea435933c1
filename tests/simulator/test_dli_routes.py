"""Every Flink operation of the official SDK for DLI is there, under the method and path that the SDK calls."""

from __future__ import annotations

from pulumi_dataarts.simulator import absent
from pulumi_dataarts.simulator import dli as simulator
from tests.simulator.sdk import dli, operations

OPERATIONS = operations(dli, dli.DliClient)
ROUTES = {(route.operation, route.method, route.template) for route in simulator.routes()}
# No page of ours describes them.
ABSENT = {route.operation for route in absent.routes() if route.service == "dli"}


def test_every_flink_operation_but_two_is_served() -> None:
    flink = {(name, *call) for name, call in OPERATIONS.items() if "/streaming/" in call[1]}
    assert {name for name, *_ in flink - ROUTES} == ABSENT


def test_nothing_else_is_served() -> None:
    assert {name: (method, path) for name, method, path in ROUTES}.items() <= OPERATIONS.items()
