"""Import of a bundle from OBS, and the look into one.

What is wrong with the request, or an object that cannot be read, is refused at once; what is wrong with the
archive fails the task; what is wrong with one job fails its subtask and leaves the others alone. Resources,
then scripts, then jobs are written, and every job that is written gets a new version, equal or not.

Source: DataArts Factory API "Importing a Job". Not documented: the order, that SKIP reports
SUCCESSFUL, and that a faulty script or resource fails the whole task (a job of the bundle may need it).
"""

from __future__ import annotations

from dataclasses import dataclass

from pulumi_dataarts.simulator.dlf import checks, jobs, resources, rules, scripts
from pulumi_dataarts.simulator.dlf.bindings import Bindings, read_bindings
from pulumi_dataarts.simulator.dlf.bundle import Bundle, read_bundle
from pulumi_dataarts.simulator.dlf.definitions import normal_directory
from pulumi_dataarts.simulator.dlf.inputs import body_of, check_reviewed, fetched, scope_of
from pulumi_dataarts.simulator.dlf.refusals import Refusal
from pulumi_dataarts.simulator.dlf.tasks import Outcome, open_task
from pulumi_dataarts.simulator.http import Answer, Context, Request
from pulumi_dataarts.simulator.store import Document
from pulumi_dataarts.simulator.zips import ArchiveError


def import_job(request: Request, context: Context) -> Answer:
    """Import the jobs of a bundle and answer the id of the task."""
    scope, body = scope_of(request, context), body_of(request)
    path = checks.required_text(body.get("path"), "path", "DLF.0802")
    content = fetched(path, context)
    checks.optional_choice(body.get("sameNamePolicy"), "sameNamePolicy", ("SKIP", "OVERWRITE"))
    bindings = read_bindings(body)
    check_reviewed(body, request, context, "targetStatus", "approvers")
    outcomes: list[Outcome] = []
    message = context.faults.failure_of(path)
    if not message:
        try:
            bundle = _checked_bundle(content)
        except ArchiveError as bad:
            message = f"Failed to read OBS file [{path}]: {bad}."
        else:
            is_overwrite = body.get("sameNamePolicy") == "OVERWRITE"
            outcomes = _Import(context, scope, request.user, bindings, is_overwrite).run(bundle)
    return Answer(200, {"taskId": open_task(context, scope, path, request.project_id, outcomes, message)})


def show_file_info(request: Request, context: Context) -> Answer:
    """Answer what jobs and scripts a bundle holds, without importing them."""
    scope_of(request, context)
    body = body_of(request)
    content = fetched(checks.required_text(body.get("path"), "path", "DLF.0802"), context)
    try:
        bundle = read_bundle(content)
    except ArchiveError as bad:
        raise Refusal("DLF.0815", str(bad)) from bad
    listed_jobs = [{**_place(name, job), "params": _values(job)} for name, job in bundle.jobs.items()]
    listed_scripts = [_place(name, script) for name, script in bundle.scripts.items()]
    return Answer(200, {"jobs": listed_jobs, "scripts": listed_scripts})


@dataclass(frozen=True)
class _Import:
    """One import into one workspace.

    Attributes:
        is_overwrite: the policy for names that are taken is OVERWRITE, not SKIP.
    """

    context: Context
    scope: str
    user: str
    bindings: Bindings
    is_overwrite: bool

    def run(self, bundle: Bundle) -> list[Outcome]:
        """Write what the bundle holds, and return what came of each job."""
        for resource in bundle.resources.values():
            self._write_resource(resource)
        for name, script in bundle.scripts.items():
            if self.is_overwrite or self.context.store.get(scripts.KIND, self.scope, name) is None:
                scripts.write(self.context, self.scope, script, self.user)
        return [Outcome(name, self._write_job(job)) for name, job in bundle.jobs.items()]

    def _write_resource(self, resource: Document) -> None:
        namesake = resources.same_named(self.context, self.scope, resource)
        if namesake is None or self.is_overwrite:
            resources.write(self.context, self.scope, resource, namesake["id"] if namesake else "")

    def _write_job(self, definition: Document) -> str:
        """Return an empty string, or why the job was not written."""
        try:
            rules.check_job(definition)
            body = self.bindings.applied(definition)
            rules.check_job(body)
        except Refusal as refusal:
            return refusal.message
        job = self.context.store.get(jobs.KIND, self.scope, body["name"])
        if job is not None and not self.is_overwrite:
            return ""
        if job is not None and jobs.status_of(job, self.context) != jobs.STOPPED:
            return f"The job {body['name']} is not stopped."
        failure = self.context.faults.failure_of(body["name"])
        if not failure:
            jobs.write(self.context, self.scope, body, self.user, job=job)
        return failure


def _checked_bundle(content: bytes) -> Bundle:
    bundle = read_bundle(content)
    try:
        for script in bundle.scripts.values():
            scripts.check_script(script)
        for resource in bundle.resources.values():
            resources.check_resource(resource)
    except Refusal as refusal:
        raise ArchiveError(refusal.message) from refusal
    return bundle


def _place(name: str, definition: Document) -> Document:
    directory = definition.get("directory")
    return {"name": name, "path": normal_directory(directory if isinstance(directory, str) else None)}


def _values(job: Document) -> dict[str, str]:
    declared = job.get("params")
    params = declared if isinstance(declared, list) else []
    return {str(item.get("name")): str(item.get("value")) for item in params if isinstance(item, dict)}
