"""Reading many jobs: lists instead of a call each, and never a job's own change unseen."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from pulumi_dataarts.cdm import api, catalogue
from pulumi_dataarts.cdm.job import JobProvider
from pulumi_dataarts.cdm.job_run import JobRunProvider
from pulumi_dataarts.cdm.wire import JobBody
from pulumi_dataarts.errors import Conflict
from tests.cdm.declarations import CLUSTER, ORDERS, changed
from tests.cdm.stack import Stack

if TYPE_CHECKING:
    from pulumi_dataarts.huawei.session import Session
    from pulumi_dataarts.simulator.testing import RunningCloud


def calls(cloud: RunningCloud) -> int:
    return len(cloud.requests())


def many(session: Session, count: int, **fields: Any) -> list[Stack]:
    """Return `count` jobs that stand, made in parallel."""

    def made(number: int) -> Stack:
        stack = Stack(JobProvider, session)
        stack.up(**changed(ORDERS, name=f"orders{number}", **fields))
        return stack

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(made, range(count)))


@pytest.mark.usefixtures("links")
def test_a_thousand_jobs_are_refreshed_in_at_most_forty_calls(session: Session, cloud: RunningCloud) -> None:
    stacks = many(session, 1000)
    before = calls(cloud)
    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(lambda stack: stack.refresh(), stacks))
    assert calls(cloud) - before <= 40
    assert {stack.up(**changed(ORDERS, name=stack.outputs["name"])) for stack in stacks} == {"same"}


def test_one_job_is_refreshed_by_one_call(orders: Stack, cloud: RunningCloud) -> None:
    before = calls(cloud)
    orders.refresh()
    assert calls(cloud) - before == 1


@pytest.mark.usefixtures("links")
def test_jobs_of_all_types_and_pages_are_in_the_list(session: Session, cloud: RunningCloud) -> None:
    stacks = many(session, 110) + [
        stack
        for kind in ("BATCH_JOB", "SCENARIO_JOB")
        for stack in [Stack(JobProvider, session)]
        if stack.up(**changed(ORDERS, name=kind, job_type=kind))
    ]
    before = calls(cloud)
    assert all(stack.refresh() for stack in stacks)
    assert calls(cloud) - before <= 12
    assert {
        stack.up(**changed(ORDERS, name=stack.outputs["name"], job_type=stack.outputs["job_type"])) for stack in stacks
    } == {"same"}


@pytest.mark.usefixtures("links")
def test_what_was_changed_by_hand_between_two_refreshes_is_seen(session: Session, beside: Session) -> None:
    stacks = many(session, 12)
    assert all(stack.refresh() for stack in stacks)
    for stack in stacks:
        edited = changed(ORDERS, name=stack.outputs["name"], from_config={"tableName": "x"}, adopt=True)
        Stack(JobProvider, beside).up(**edited)
    assert all(stack.refresh() for stack in stacks)
    assert {stack.inputs["from_config"]["tableName"] for stack in stacks} == {"x"}


@pytest.mark.usefixtures("links")
def test_a_job_that_is_gone_is_gone_in_a_long_refresh_too(session: Session, beside: Session) -> None:
    stacks = many(session, 12)
    api.delete_job(beside, CLUSTER, "orders11")
    assert [stack.refresh() for stack in stacks] == [True] * 11 + [False]


@pytest.mark.usefixtures("links")
def test_what_the_session_changed_itself_is_read_as_it_is(session: Session) -> None:
    stacks = many(session, 12)
    for stack in stacks:
        stack.refresh()
        stack.up(**changed(ORDERS, name=stack.outputs["name"], from_config={"tableName": "x"}))
        stack.refresh()
        assert stack.outputs["from_config"]["tableName"] == "x"


@pytest.mark.usefixtures("links")
def test_many_jobs_are_deleted_with_little_more_than_a_call_each(session: Session, cloud: RunningCloud) -> None:
    """Whether one of them runs is read from lists as well."""
    stacks = many(session, 100)
    before = calls(cloud)
    for stack in stacks:
        stack.destroy()
    assert calls(cloud) - before <= 115


def test_a_list_that_ends_early_or_lies_about_its_length_is_read_to_its_end(session: Session) -> None:
    """`total` is 0 in some answers."""
    full = [JobBody(name=f"j{number}", from_connector_name="c") for number in range(250)]

    def listed(_: Session, __: str, job_type: str, page_no: int) -> api.JobPage:
        start = (page_no - 1) * api.PAGE_SIZE
        return api.JobPage(jobs=full[start : start + api.PAGE_SIZE] if job_type == api.NORMAL else [], total=0)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(api, "list_jobs", listed)
        pages = list(catalogue._pages(session, CLUSTER))
    assert [len(page.objects) for page in pages] == [100, 100, 50, 0, 0]


@pytest.mark.usefixtures("links")
def test_a_job_that_the_session_made_anew_is_not_answered_from_an_older_list(session: Session, beside: Session) -> None:
    stacks = many(session, 12)
    for stack in stacks[:11]:
        stack.refresh()
    api.delete_job(beside, CLUSTER, "orders11")
    anew = Stack(JobProvider, session)
    anew.up(**changed(ORDERS, name="orders11", from_config={"tableName": "x"}))
    anew.refresh()
    assert anew.outputs["from_config"]["tableName"] == "x"


@pytest.mark.usefixtures("links")
def test_a_run_that_the_session_started_is_known_whatever_a_list_says(session: Session, cloud: RunningCloud) -> None:
    stacks = many(session, 12)
    for stack in stacks[:11]:
        stack.refresh()
    Stack(JobRunProvider, session).up(cluster_id=CLUSTER, job_name="orders11", wait=False)
    with pytest.raises(Conflict):
        stacks[11].destroy()
    assert "DELETE" not in {served.method for served in cloud.requests()}
