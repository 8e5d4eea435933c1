"""What goes wrong on the way: afterwards there is exactly one object, or none and a clear error."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest

from pulumi_dataarts.cdm import api
from pulumi_dataarts.cdm.configs import fold
from pulumi_dataarts.cdm.job import JobProvider
from pulumi_dataarts.cdm.link import LinkInputs, LinkProvider
from pulumi_dataarts.errors import CloudError, OutcomeUnknown, ProvisionError, ServiceFault
from pulumi_dataarts.huawei.transport import Call, Reply, Service
from tests.cdm.declarations import CANARY, CLUSTER, MYSQL, ORDERS, changed
from tests.cdm.stack import Stack

if TYPE_CHECKING:
    from pulumi_dataarts.huawei.session import Session
    from pulumi_dataarts.lifecycle.adapter import DynamicProvider
    from pulumi_dataarts.simulator.testing import RunningCloud

BOTH = pytest.mark.parametrize(
    ("provider", "declared", "path"),
    [(LinkProvider, MYSQL, "*/cdm/link"), (JobProvider, ORDERS, "*/cdm/job")],
    ids=["link", "job"],
)


def jobs(session: Session) -> list[str]:
    return [job.name for job in api.list_jobs(session, CLUSTER, api.NORMAL, 1).jobs]


def posts(cloud: RunningCloud, path: str) -> int:
    return len([1 for served in cloud.requests() if served.method == "POST" and served.path.endswith(path[1:])])


@BOTH
@pytest.mark.usefixtures("links")
@pytest.mark.parametrize("fault", ["throttle", "drop-before"])
def test_a_create_that_did_not_happen_is_sent_again(
    provider: type[DynamicProvider], declared: dict[str, Any], path: str, fault: str,
    session: Session, cloud: RunningCloud,
) -> None:  # fmt: skip
    stack = Stack(provider, session)
    cloud.fault(fault, method="POST", path=path)
    assert stack.up(**changed(declared, name="new")) == "create"
    assert stack.refresh()
    assert stack.up(**changed(declared, name="new")) == "same"


@BOTH
@pytest.mark.usefixtures("links")
def test_a_create_whose_answer_was_lost_ends_with_one_object(
    provider: type[DynamicProvider], declared: dict[str, Any], path: str,
    session: Session, cloud: RunningCloud, told: list[str],
) -> None:  # fmt: skip
    stack, before = Stack(provider, session), posts(cloud, path)
    cloud.fault("drop-after-commit", method="POST", path=path)
    assert stack.up(**changed(declared, name="new")) == "create"
    assert posts(cloud, path) - before == 1
    assert any("no answer; looking whether it was made" in line for line in told)
    assert stack.up(**changed(declared, name="new")) == "same"


@BOTH
@pytest.mark.usefixtures("links")
def test_a_create_answered_by_a_tired_gateway_ends_with_one_object(
    provider: type[DynamicProvider], declared: dict[str, Any], path: str, session: Session, cloud: RunningCloud
) -> None:
    stack = Stack(provider, session)
    cloud.fault("status", method="POST", path=path, status=504)
    assert stack.up(**changed(declared, name="new")) == "create"
    assert stack.refresh()


@BOTH
@pytest.mark.usefixtures("links")
def test_two_lost_answers_are_given_up_and_the_next_up_goes_on(
    provider: type[DynamicProvider], declared: dict[str, Any], path: str, session: Session, cloud: RunningCloud
) -> None:
    stack = Stack(provider, session)
    cloud.fault("drop-before", method="POST", path=path, times=2)
    with pytest.raises(OutcomeUnknown):
        stack.up(**changed(declared, name="new"))
    assert stack.up(**changed(declared, name="new")) == "create"


def test_a_lost_answer_does_not_make_a_foreign_job_ours(orders: Stack, session: Session, cloud: RunningCloud) -> None:
    cloud.fault("drop-before", method="POST", path="*/cdm/job")
    with pytest.raises(CloudError, match="differs in from_config.tableName"):
        Stack(JobProvider, session).up(**changed(ORDERS, from_config={"tableName": "x"}))
    orders.refresh()
    assert orders.up(**ORDERS) == "same"


@pytest.mark.parametrize("fault", ["drop-before", "drop-after-commit", "throttle", "status"])
def test_an_update_is_repeated_until_it_is_answered(orders: Stack, cloud: RunningCloud, fault: str) -> None:
    edited = changed(ORDERS, from_config={"tableName": "x"})
    cloud.fault(fault, method="PUT", path="*/job/orders")
    assert orders.up(**edited) == "update"
    orders.refresh()
    assert orders.up(**edited) == "same"


@pytest.mark.parametrize("fault", ["drop-before", "drop-after-commit", "throttle", "status"])
def test_a_rename_is_one_rename(orders: Stack, session: Session, cloud: RunningCloud, fault: str) -> None:
    cloud.fault(fault, method="PUT", path="*/job/orders")
    assert orders.up(**changed(ORDERS, name="orders2")) == "update"
    assert jobs(session) == ["orders2"]
    orders.refresh()
    assert orders.up(**changed(ORDERS, name="orders2")) == "same"


@pytest.mark.parametrize("fault", ["drop-before", "drop-after-commit", "throttle", "status"])
def test_a_delete_is_done_in_the_end(orders: Stack, session: Session, cloud: RunningCloud, fault: str) -> None:
    cloud.fault(fault, method="DELETE", path="*/job/orders")
    orders.destroy()
    assert jobs(session) == []


def test_a_read_that_fails_is_not_a_job_that_is_gone(orders: Stack, cloud: RunningCloud) -> None:
    cloud.fault("status", method="GET", path="*/job/orders", status=500, times=-1)
    with pytest.raises(ServiceFault):
        orders.refresh()
    assert orders.id


def test_a_read_outlives_a_few_failures(orders: Stack, cloud: RunningCloud) -> None:
    cloud.fault("status", method="GET", path="*/job/orders", status=503, times=2)
    assert orders.refresh()


def test_a_run_that_starts_just_before_a_change_is_met_as_declared(orders: Stack, beside: Session) -> None:
    """Between the look and the change: the service refuses, and the run is waited for."""
    orders.up(**changed(ORDERS, when_running="wait"))
    update_job, raced = api.update_job, list[str]()

    def racing(session: Session, cluster_id: str, name: str, body: Any) -> None:
        if not raced:
            raced.append(name)
            api.start_job(beside, cluster_id, name, {})
        update_job(session, cluster_id, name, body)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(api, "update_job", racing)
        assert orders.up(**changed(ORDERS, when_running="wait", from_config={"tableName": "x"})) == "update"
    assert raced == ["orders"]


def test_secrets_are_in_no_output_log_line_or_error(
    session: Session, cloud: RunningCloud, told: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    stack = Stack(LinkProvider, session)
    cloud.fault("task-fails", task="mysql", message=f"Access denied for user cdm with {CANARY}")
    with pytest.raises(ProvisionError) as raised:
        stack.up(**MYSQL)
    seen = f"{raised.value!r}{raised.value}{vars(raised.value)}"
    stack.up(**MYSQL)
    stack.up(**changed(MYSQL, config={"port": 3307}))
    stack.refresh()
    seen += json.dumps(stack.outputs) + caplog.text + repr(told) + repr(session.settings)
    assert "Access denied" in seen
    assert CANARY not in seen


def test_secrets_are_in_no_repr_on_the_way(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tracebacks and debuggers show what a frame holds."""
    seen: list[str] = []
    send = Service.send

    def watched(service: Service, call: Call) -> Reply:
        seen.append(f"{call!r}{service!r}")
        return send(service, call)

    monkeypatch.setattr(Service, "send", watched)
    stack = Stack(LinkProvider, session)
    stack.up(**MYSQL)
    inputs = LinkInputs.model_validate(stack.checked(MYSQL))
    body = fold({"linkConfig": dict(inputs.secrets)})
    seen += [repr(inputs), repr(body), repr(stack.provider), repr(session)]
    assert "create link" in seen[0]
    assert CANARY not in "".join(seen)
