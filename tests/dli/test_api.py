"""DLI's calls against a server that answers as the pages' examples do, quirks included."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pulumi_dataarts.dli import api
from pulumi_dataarts.dli.job_import import FlinkJobImportProvider
from pulumi_dataarts.errors import BadResponse, CloudError, NotFound, QuotaExceeded
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.huawei.settings import resolve
from tests.huawei.servers import Act, Stage, staged
from tests.lives import Life

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = json.loads((Path(__file__).parent.parent / "fixtures/pages/client_dli_import.json").read_text())
EXAMPLE, ANSWER = PAGE["request"], PAGE["response"]


@pytest.fixture
def stage() -> Iterator[Stage]:
    with staged() as stage:
        yield stage


@pytest.fixture
def session(stage: Stage) -> Session:
    config = {
        "dataarts:region": "cn-north-4",
        "dataarts:projectId": "48cc2c48765f481480c7db940d6409d1",
        "dataarts:endpoint": stage.url,
        "dataarts:endpoints": json.dumps({"obs": stage.url}),
        "dataarts:accessKey": "k",
        "dataarts:secretKey": "s",
    }
    return Session(resolve(config.get, {}))


def answers(body: Any, status: int = 200) -> Act:
    return Act(status, json.dumps(body).encode(), {"X-Request-Id": "r1"})


def job(job_id: int, name: str, **others: Any) -> dict[str, Any]:
    return {"job_id": job_id, "name": name, "status": "job_init", "job_config": {}, **others}


def listed(*jobs: dict[str, Any]) -> Act:
    return answers({"is_success": "true", "job_list": {"total_count": len(jobs), "jobs": jobs}})


def test_the_pages_example_travels_word_for_word(stage: Stage, session: Session) -> None:
    stage.acts = [answers(ANSWER), listed(job(200, "aggregate"))]
    life = Life(FlinkJobImportProvider, session)
    assert life.up(**EXAMPLE) == "create"
    first = stage.seen[0]
    assert (first.method, first.path) == (
        "POST",
        "/v1.0/48cc2c48765f481480c7db940d6409d1/streaming/jobs/import",
    )
    assert json.loads(first.content) == EXAMPLE
    assert life.outputs["job_ids"] == {"aggregate": 200}


def test_is_cover_is_sent_when_it_is_false(stage: Stage, session: Session) -> None:
    stage.acts = [answers({"is_success": "true"})]
    api.import_jobs(session, "test/a.zip", is_cover=False)
    assert json.loads(stage.seen[0].content) == {"zip_file": "test/a.zip", "is_cover": False}


@pytest.mark.parametrize("said", [True, "true", "True", None])
def test_success_is_a_boolean_or_a_word_or_not_said(stage: Stage, session: Session, said: Any) -> None:
    stage.acts = [answers({**ANSWER, "is_success": said} if said is not None else {"job_mapping": []})]
    assert isinstance(api.import_jobs(session, "test/a.zip", is_cover=True), list)


@pytest.mark.parametrize("said", [False, "false"])
def test_a_200_that_says_false_is_an_error_with_the_services_words(stage: Stage, session: Session, said: Any) -> None:
    stage.acts = [answers({"is_success": said, "message": "The job name already exists."})]
    with pytest.raises(CloudError, match=r"archive test/a\.zip: The job name already exists\.") as refused:
        api.import_jobs(session, "test/a.zip", is_cover=True)
    assert (refused.value.status, refused.value.request_id) == (200, "r1")


def test_one_failure_in_a_batch_is_an_error(stage: Stage, session: Session) -> None:
    stage.acts = [answers([{"is_success": "true"}, {"is_success": "false", "message": "no queue"}])]
    with pytest.raises(CloudError, match="Flink jobs 1, 2: no queue"):
        api.run_jobs(session, [1, 2], resume_savepoint=False)


def test_all_pages_of_a_list_are_read_with_details(stage: Stage, session: Session) -> None:
    stage.acts = [listed(*(job(number, f"j{number}") for number in range(100))), listed(job(100, "j100"))]
    assert len(api.list_jobs(session)) == 101
    queries = [seen.path.partition("?")[2] for seen in stage.seen]
    assert all({"show_detail=true", "limit=100", "order=asc"} <= set(query.split("&")) for query in queries)
    assert ["offset=0" in queries[0], "offset=100" in queries[1]] == [True, True]


def test_a_job_is_found_by_its_whole_name_only(stage: Stage, session: Session) -> None:
    stage.acts = [listed(job(1, "orders_old"), job(2, "orders")), listed(job(1, "orders_old"))]
    found = api.find_job(session, "orders")
    assert found is not None
    assert found.job_id == 2
    assert api.find_job(session, "orders") is None


@pytest.mark.parametrize(("code", "kind"), [("DLI.16001", NotFound), ("DLI.1028", QuotaExceeded)])
def test_the_services_codes_become_errors_of_their_own(
    stage: Stage, session: Session, code: str, kind: type[Exception]
) -> None:
    stage.acts = [answers({"error_code": code, "error_msg": "said"}, 400)]
    with pytest.raises(kind, match="Flink job 7"):
        api.show_job(session, 7)


def test_deleting_a_job_that_is_gone_is_done(stage: Stage, session: Session) -> None:
    stage.acts = [answers({"error_code": "DLI.16001", "error_msg": "missing"}, 400)]
    api.delete_job(session, 7)
    assert [(seen.method, seen.path) for seen in stage.seen] == [
        ("DELETE", "/v1.0/48cc2c48765f481480c7db940d6409d1/streaming/jobs/7")
    ]
    stage.acts = [answers({"error_code": "DLI.1028", "error_msg": "no"}, 400)]
    with pytest.raises(QuotaExceeded, match="Flink job 7"):
        api.delete_job(session, 7)


@pytest.mark.parametrize("body", [[], {"job_detail": {"job_id": 7}}, {}])
def test_an_answer_that_does_not_fit_its_page_is_told_so(stage: Stage, session: Session, body: Any) -> None:
    stage.acts = [answers(body)]
    with pytest.raises(BadResponse):
        api.show_job(session, 7)
