"""Starting, stopping and watching jobs, and what their own schedules start.

A schedule starts a run when it is due by the cloud's clock. The runs are made when CDM is next called, a page of the
console is shown, or a test moves the clock: at most 20 of a job at once, the latest.

Source: CDM API "Creating and Executing a Job in a Random Cluster", "Starting a Job", "Stopping a Job", "Querying Job
Status", "Querying Job Execution History". Not documented: what is due while a run is under way (nothing is started
here), and in whose name a schedule starts a run (that of who last changed the job).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pulumi_dataarts.simulator import agenda
from pulumi_dataarts.simulator.cdm import clusters, definitions, jobs, links, outcomes, runs, schedules
from pulumi_dataarts.simulator.cdm.clusters import JOB_KIND
from pulumi_dataarts.simulator.cdm.refusals import invalid, refused
from pulumi_dataarts.simulator.cdm.runs import Launch
from pulumi_dataarts.simulator.clock import milliseconds
from pulumi_dataarts.simulator.http import Answer

if TYPE_CHECKING:
    from pulumi_dataarts.simulator.http import Context, Json, Request
    from pulumi_dataarts.simulator.store import Document

_LOOK_MAX: Final = 20


def run_due(context: Context) -> None:
    """Start the runs that came due since the last look, in the order of their times, on all clusters."""
    agenda.catch_up(
        context.store,
        jobs.AGENDA,
        milliseconds(context.clock.now()),
        times=lambda cluster, name, since_ms: _due(cluster, name, since_ms, context),
        run=lambda cluster, name, at_ms: _run_by_schedule(cluster, name, at_ms / 1000, context),
        note_next=lambda cluster, name: jobs.note_due(
            cluster, name, context.store.get(JOB_KIND, cluster, name), context
        ),
    )


def start_job(request: Request, context: Context) -> Answer:
    """Start a run; the answer does not wait for it."""
    cluster, body = clusters.cluster_of(request, context), request.json()
    variables = body.get("variables", {}) if isinstance(body, dict) else None
    if not isinstance(variables, dict):
        raise refused("Cdm.0004", "Parameter type is incorrect: variables must be an object.")
    jobs.sweep(cluster, context)
    job = jobs.find(cluster, request.params["job_name"], context)
    return _started(job, cluster, request, context)


def create_and_start_random_cluster_job(request: Request, context: Context) -> Answer:
    """Create a job on one of the named clusters, the first that runs, and start it: it is PENDING for a while.

    Source: CDM API "Creating and Executing a Job in a Random Cluster". Its example is PENDING, which no page explains;
    for how long is not documented (`boot_s` here), nor is how the service chooses.
    """
    body = request.json()
    given = body.get("clusters") if isinstance(body, dict) else None
    asked = [str(name) for name in given] if isinstance(given, list) else []
    existing = clusters.existing(context)
    known = [name for name in asked if name in existing and clusters.is_serving(existing[name], context)]
    if not known:
        raise invalid("Cdm.0001", "None of the clusters exists or you do not have permission.")
    name, result = jobs.create(request, known[0], context)
    if any(result):
        return Answer(200, {"validation-result": result})
    job = jobs.find(known[0], name, context)
    return _started(job, known[0], request, context, pending_s=context.settings.boot_s)


def stop_job(request: Request, context: Context) -> Answer:
    """Stop the run that is under way."""
    cluster = clusters.cluster_of(request, context)
    job = jobs.find(cluster, request.params["job_name"], context)
    if not runs.halt(job, cluster, context):
        raise refused("Cdm.0053", f"Job [{job['name']}] is not running.")
    return Answer(200, {})


def show_job_status(request: Request, context: Context) -> Answer:
    """Return the last run."""
    cluster = clusters.cluster_of(request, context)
    job = jobs.find(cluster, request.params["job_name"], context)
    run, now = runs.last(job, cluster, context), context.clock.now()
    shown = runs.never_executed(job) if run is None else runs.submission(run, job, now)
    return Answer(200, {"submissions": [shown]})


def show_submissions(request: Request, context: Context) -> Answer:
    """Return a page of a job's runs, the latest first."""
    cluster, name = clusters.cluster_of(request, context), request.query.get("jname", "")
    if not name:
        raise refused("Cdm.0238", "jname must not be blank.")
    job, now = jobs.find(cluster, name, context), context.clock.now()
    shown = [runs.submission(run, job, now) for run in runs.history(job, cluster, context)]
    number, size = jobs.page_of(request)
    page: Json = shown[(number - 1) * size : number * size]
    return Answer(200, {"submissions": page, "total": len(shown), "page_no": number, "page_size": size})


def _due(cluster: str, name: str, since_ms: int, context: Context) -> list[int]:
    job = context.store.get(JOB_KIND, cluster, name)
    schedule = definitions.schedule_of(job) if job else None
    until_ms = milliseconds(context.clock.now())
    return schedules.due_times(schedule, since_ms, until_ms, _LOOK_MAX) if schedule else []


def _run_by_schedule(cluster: str, name: str, at: float, context: Context) -> None:
    """Start a run at its time, unless one is under way, the job has gone by then, or the cluster does not run."""
    job = context.store.get(JOB_KIND, cluster, name)
    if job is None or name in runs.disposed(cluster, context) or runs.is_running(job, cluster, context, at=at):
        return
    if clusters.is_serving(clusters.find(cluster, context), context):
        _launched(job, cluster, context, Launch(job["update-user"], at, is_auto=True))


def _started(job: Document, cluster: str, request: Request, context: Context, *, pending_s: float = 0.0) -> Answer:
    name = job["name"]
    if runs.is_running(job, cluster, context):
        raise refused("Cdm.0052", f"Job [{name}] is running.")
    if not job["enabled"]:
        raise refused("Cdm.0059", f"Job [{name}] is disabled.")
    ends = (job["from-link-name"], job["to-link-name"])
    used = [links.find(cluster, link, context) for link in ends if link]
    if not all(link["enabled"] for link in used):
        raise refused("Cdm.0060", f"A link of job [{name}] is disabled.")
    now = context.clock.now()
    run = _launched(job, cluster, context, Launch(request.user, now, pending_s))
    return Answer(200, {"submissions": [runs.submission(run, job, now)]})


def _launched(job: Document, cluster: str, context: Context, launch: Launch) -> Document:
    disposable = definitions.setting(job, "schedulerConfig.disposableType")
    outcome = outcomes.decide(job, cluster, context)
    run = runs.begin(job, outcome, disposable, cluster, context, launch)
    jobs.save(cluster, job, context)
    return run
