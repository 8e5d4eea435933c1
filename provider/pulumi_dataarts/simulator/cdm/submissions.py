"""Starting, stopping and watching jobs.

Source: CDM API "Creating and Executing a Job in a Random Cluster", "Starting a Job", "Stopping a Job", "Querying Job
Status", "Querying Job Execution History".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_dataarts.simulator.cdm import clusters, definitions, jobs, links, outcomes, runs
from pulumi_dataarts.simulator.cdm.refusals import invalid, refused
from pulumi_dataarts.simulator.http import Answer

if TYPE_CHECKING:
    from pulumi_dataarts.simulator.http import Context, Json, Request
    from pulumi_dataarts.simulator.store import Document


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
    disposable = definitions.setting(job, "schedulerConfig.disposableType")
    outcome = outcomes.decide(job, cluster, context)
    run = runs.begin(job, outcome, disposable, request.user, cluster, context, pending_s)
    jobs.save(cluster, job, context)
    return Answer(200, {"submissions": [runs.submission(run, job, context.clock.now())]})
