"""The pages' own examples: the client sends the request that is printed, and understands the answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pulumi_dataarts.cdm import api
from pulumi_dataarts.cdm.job import JobProvider
from pulumi_dataarts.cdm.job_run import JobRunProvider
from pulumi_dataarts.errors import AlreadyExists, BadResponse, Conflict, NotFound
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.huawei.settings import Endpoints, Settings
from tests.cdm.stack import Stack
from tests.huawei.servers import Act, Stage, staged
from tests.huawei.times import Ticking

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGES = Path(__file__).parents[1] / "fixtures" / "pages"
PROJECT = "1551c7f6c808414d8e9f3c514a170f2e"
CLUSTER = "6ec9a0a4-76be-4262-8697-e7af1fac7920"

ES_CSS: dict[str, Any] = {
    "cluster_id": CLUSTER,
    "name": "es_css",
    "from_connector": "elasticsearch-connector",
    "from_link": "css",
    "to_connector": "dis-connector",
    "to_link": "dis",
    "from_config": {
        "index": "52est",
        "type": "est_array",
        "columnList": "array_f1_int:long&array_f2_text:string&array_f3_object:nested",
        "splitNestedField": False,
    },
    "to_config": {"streamName": "dis-lkGm", "separator": "|", "columnList": "1&2&3"},
    "driver_config": {
        "throttlingConfig": {
            "numExtractors": 1,
            "submitToCluster": False,
            "numLoaders": 1,
            "recordDirtyData": False,
        },
        "jarConfig": {},
        "schedulerConfig": {"isSchedulerJob": False, "disposableType": "NONE"},
        "transformConfig": {},
        "retryJobConfig": {"retryJobType": "NONE"},
    },
}


@pytest.fixture
def stage() -> Iterator[Stage]:
    with staged() as stage:
        yield stage


@pytest.fixture
def session(stage: Stage) -> Session:
    """A session with a server that answers as it is told, in place of the embedded cloud."""
    endpoints = Endpoints(cdm=stage.url)
    settings = Settings("cn-north-4", PROJECT, endpoints, access_key="AK", secret_key="canary-SK")
    return Session(settings, clock=Ticking(), say=lambda _: None)


def page(name: str) -> Any:
    return json.loads((PAGES / f"client_cdm_{name}.json").read_text())


def answer(status: int, body: Any) -> Act:
    return Act(status, json.dumps(body).encode())


def without_empty_objects(body: Any) -> Any:
    """The page prints `"inputs": { }` for an empty group, a newer one `[ ]`: the same (CDM API "Creating a Job in a
    Specified Cluster")."""
    if isinstance(body, dict):
        return {
            name: [] if name == "inputs" and item == {} else without_empty_objects(item) for name, item in body.items()
        }
    return [without_empty_objects(item) for item in body] if isinstance(body, list) else body


def test_a_job_is_created_with_the_printed_request(stage: Stage, session: Session) -> None:
    printed = page("create_job")
    stage.acts = [answer(200, printed["answers"]["200"])]
    stack = Stack(JobProvider, session)
    assert stack.up(**ES_CSS) == "create"
    [seen] = stage.seen
    assert f"{seen.method} {seen.path}" == printed["request"]["line"]
    assert json.loads(seen.content) == without_empty_objects(printed["request"]["body"])


def test_the_printed_refusal_is_a_name_that_is_taken(stage: Stage, session: Session) -> None:
    """The answer spells `externalMessage` as `ternalMessage`."""
    printed = page("create_job")
    job = without_empty_objects(printed["request"]["body"])["jobs"][0] | {"creation-date": "1536905778725"}
    stage.acts = [answer(400, printed["answers"]["400"]), answer(200, {"jobs": [job], "total": 0})]
    assert Stack(JobProvider, session).up(**ES_CSS) == "create"
    stage.acts = [answer(400, printed["answers"]["400"]), answer(200, {"jobs": [job | {"to-link-name": "other"}]})]
    with pytest.raises(AlreadyExists, match="differs in to_link"):
        Stack(JobProvider, session).up(**ES_CSS)


def test_a_job_is_started_with_the_printed_request_and_its_answer_understood(stage: Stage, session: Session) -> None:
    """The answer has no submission id, and its date is a string."""
    printed = page("start_job")
    never = {"submissions": [{"job-name": "jdbc2hive", "status": "NEVER_EXECUTED"}]}
    running = {"submission-id": 13, "execute-date": 1536905778725, "status": "RUNNING", "progress": 50.0}
    done = running | {"status": "SUCCEEDED", "progress": 100}
    stage.acts = [
        answer(200, never),
        answer(200, printed["answers"]["200"]),
        answer(200, {"submissions": [running]}),
        answer(200, {"submissions": [running]}),
        answer(200, {"submissions": [done]}),
    ]
    stack = Stack(JobRunProvider, session)
    stack.up(cluster_id=CLUSTER, job_name="jdbc2hive")
    seen = stage.seen[1]
    assert f"{seen.method} {seen.path}" == printed["request"]["line"]
    assert json.loads(seen.content) == printed["request"]["body"]
    assert stack.id == f"{CLUSTER}/jdbc2hive/13"
    assert (stack.outputs["status"], stack.outputs["started_ms"]) == ("SUCCEEDED", 1536905778725)


def test_the_printed_submission_alone_is_understood(stage: Stage, session: Session) -> None:
    stage.acts = [answer(200, page("start_job")["answers"]["200"])]
    run = api.start_job(session, CLUSTER, "jdbc2hive", {})
    assert (run.submission_id, run.began_ms, run.status, run.progress) == (None, 1536905778725, "BOOTING", 1)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        pytest.param(500, {"errCode": "Cdm.0100", "externalMessage": "Job[jdbc2hive] doesn't exist."}, id="printed"),
        pytest.param(400, {"errCode": "Cdm.0054", "externalMessage": "no"}, id="by-the-code-table"),
    ],
)
def test_deleting_a_job_that_is_gone_is_done(stage: Stage, session: Session, status: int, body: Any) -> None:
    stack = Stack(JobProvider, session)
    stack.id, stack.outputs = f"{CLUSTER}/jdbc2hive", {"cluster_id": CLUSTER, "name": "jdbc2hive"}
    stage.acts = [answer(200, {"jobs": [page("create_job")["request"]["body"]["jobs"][0]]}), answer(status, body)]
    stack.destroy()
    assert [seen.method for seen in stage.seen] == ["GET", "DELETE"]


@pytest.mark.parametrize("result", [{"validation-result": [{}, {}, {}]}, {"validation-result": []}, {}])
def test_each_printed_form_of_success_of_an_update_is_one(stage: Stage, session: Session, result: Any) -> None:
    stage.acts = [answer(200, result)]
    job = page("create_job")["request"]["body"]["jobs"][0]
    api.update_job(session, CLUSTER, "es_css", api.JobBody.model_validate(job))
    [seen] = stage.seen
    assert (seen.method, seen.path) == ("PUT", f"/v1.1/{PROJECT}/clusters/{CLUSTER}/cdm/job/es_css")
    assert [sent["name"] for sent in json.loads(seen.content)["jobs"]] == ["es_css"]


def test_a_warning_is_told_and_lets_the_job_pass(stage: Stage) -> None:
    told: list[str] = []
    settings = Settings("r", PROJECT, Endpoints(cdm=stage.url), access_key="AK", secret_key="canary-SK")
    warning = {"toJobConfig.separator": [{"message": "unusual", "status": "WARNING"}]}
    stage.acts = [answer(200, {"name": "es_css", "validation-result": [{}, warning, {}]})]
    Stack(JobProvider, Session(settings, clock=Ticking(), say=told.append)).up(**ES_CSS)
    assert told == [f"job es_css on cluster {CLUSTER}: toJobConfig.separator: unusual"]


def test_what_the_service_does_not_tell_is_no_difference(stage: Stage, session: Session) -> None:
    """An old answer has no `enabled`; a group without inputs may be left out."""
    job = json.loads(json.dumps(page("create_job")["request"]["body"]["jobs"][0]))
    driver = job["driver-config-values"]["configs"]
    job["driver-config-values"]["configs"] = [group for group in driver if group["inputs"]]
    stage.acts = [answer(200, page("create_job")["answers"]["200"]), answer(200, {"jobs": [job]})]
    stack, declared = Stack(JobProvider, session), {**ES_CSS, "enabled": True}
    stack.up(**declared)
    assert stack.refresh()
    assert stack.up(**declared) == "same"


def test_the_type_is_said_where_a_job_is_not_of_the_default_one(stage: Stage, session: Session) -> None:
    """Whether reading one job filters by type, as the list does, is not documented."""
    api.show_job(session, CLUSTER, "es_css", "BATCH_JOB")
    api.show_job(session, CLUSTER, "es_css", "NORMAL_JOB")
    assert [seen.path.partition("?")[2] for seen in stage.seen] == ["jobType=BATCH_JOB", ""]


def test_stopping_a_run_that_has_just_ended_is_done(stage: Stage, session: Session) -> None:
    stage.acts = [answer(400, {"errCode": "Cdm.0053", "externalMessage": "not running"})]
    api.stop_job(session, CLUSTER, "jdbc2hive")
    [seen] = stage.seen
    assert (seen.method, seen.path) == ("PUT", f"/v1.1/{PROJECT}/clusters/{CLUSTER}/cdm/job/jdbc2hive/stop")
    stage.acts = [answer(400, {"errCode": "Cdm.0054", "externalMessage": "no"})]
    with pytest.raises(NotFound, match="jdbc2hive"):
        api.stop_job(session, CLUSTER, "jdbc2hive")


def test_the_misprinted_code_of_a_link_in_use_is_understood(stage: Stage, session: Session) -> None:
    stage.acts = [answer(500, {"errCode": "Cdm.0021", "externalMessage": "Given link name is in use"})]
    with pytest.raises(Conflict, match=r"CDM delete link: link rdb on cluster .*in use .*\n  Delete the jobs"):
        api.delete_link(session, CLUSTER, "rdb")


def test_an_answer_that_does_not_fit_its_page_is_named_without_its_values(stage: Stage, session: Session) -> None:
    stage.acts = [answer(200, {"jobs": [{"name": ["canary-value"]}]})]
    with pytest.raises(BadResponse, match=r"jobs.0.name: Input should be a valid string") as raised:
        api.show_job(session, CLUSTER, "es_css", "NORMAL_JOB")
    assert "canary" not in f"{raised.value!r}{raised.value}{raised.value.__cause__!r}"


@pytest.mark.parametrize("body", [{}, {"validation-result": []}, []], ids=["empty", "no-name", "list"])
def test_a_create_that_names_nothing_is_not_taken_for_a_success(stage: Stage, session: Session, body: Any) -> None:
    stage.acts = [answer(200, body)]
    with pytest.raises(BadResponse, match="names nothing"):
        Stack(JobProvider, session).up(**ES_CSS)
