"""Templates of Flink SQL jobs, by the official SDK."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator import sdk
from tests.simulator.sdk import dli


@pytest.fixture
def flink(cloud: Any) -> Any:
    return sdk.flink(cloud)


def create(name: str = "quick", **more: Any) -> Any:
    body = dli.CreateFlinkSqlJobTemplateRequestBody(name=name, **more)
    return dli.CreateFlinkSqlJobTemplateRequest(body=body)


def templates(flink: Any, **query: Any) -> Any:
    return flink.list_flink_sql_job_templates(dli.ListFlinkSqlJobTemplatesRequest(**query)).template_list


def test_a_template_is_created_changed_and_deleted(flink: Any) -> None:
    created = flink.create_flink_sql_job_template(create(sql_body="select 1", desc="one"))
    assert (created.is_success, created.template.name) == (True, "quick")
    assert created.template.job_type == "flink_sql_job"
    number = created.template.template_id
    body = dli.UpdateFlinkSqlJobTemplateRequestBody(sql_body="select 2")
    request = dli.UpdateFlinkSqlJobTemplateRequest(template_id=number, body=body)
    flink.update_flink_sql_job_template(request)
    (entry,) = templates(flink).templates
    assert (entry.template_id, entry.sql_body, entry.desc) == (number, "select 2", "one")
    flink.delete_flink_sql_job_template(dli.DeleteFlinkSqlJobTemplateRequest(template_id=number))
    assert templates(flink).total_count == 0
    assert sdk.refusal(flink.update_flink_sql_job_template, request) == (400, "DLI.0002")


def test_templates_are_listed_latest_first_by_part_of_a_name(flink: Any) -> None:
    for name in ("a_one", "b", "a_two"):
        flink.create_flink_sql_job_template(create(name))
    assert [entry.name for entry in templates(flink).templates] == ["a_two", "b", "a_one"]
    assert [entry.name for entry in templates(flink, name="a_", order="asc", limit=1).templates] == ["a_one"]


@pytest.mark.parametrize(("name", "code"), [("quick", "DLI.0006"), ("", "DLI.0001"), ("n" * 65, "DLI.0001")])
def test_a_faulty_or_taken_name_is_refused(flink: Any, name: str, code: str) -> None:
    flink.create_flink_sql_job_template(create())
    assert sdk.refusal(flink.create_flink_sql_job_template, create(name)) == (400, code)


def test_a_job_without_a_statement_takes_the_templates(flink: Any) -> None:
    number = flink.create_flink_sql_job_template(create(sql_body="select 1")).template.template_id
    for sql_body, expected in ((None, "select 1"), ("select 2", "select 2")):
        body = dli.CreateFlinkSqlJobRequestBody(name=f"job-{expected[-1]}", template_id=number, sql_body=sql_body)
        created = flink.create_flink_sql_job(dli.CreateFlinkSqlJobRequest(body=body))
        read = flink.show_flink_job(dli.ShowFlinkJobRequest(job_id=created.job.job_id)).job_detail
        assert read.sql_body == expected
    body = dli.CreateFlinkSqlJobRequestBody(name="other", template_id=999)
    assert sdk.refusal(flink.create_flink_sql_job, dli.CreateFlinkSqlJobRequest(body=body)) == (400, "DLI.0002")
