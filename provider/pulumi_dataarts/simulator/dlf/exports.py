"""Export of jobs: as a zip in the answer, or, with `obsPath`, as an object in OBS.

Source: DataArts Factory API "Exporting a Job", "Batch Exporting Jobs". The header with the file's name is
undocumented (`Content-Disposition` here). With `obsPath` the service writes the zip some time after its
answer; here it is there at once. Not documented: what a batch with `obsPath` answers (the same as one job
here), the code where nothing was submitted and SUBMIT is asked for (DLF.3051), and how a job refers to a
resource: by its name or location as `resourcePath`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pulumi_dataarts.simulator.dlf import checks, definitions, instances, jobs, resources, scripts
from pulumi_dataarts.simulator.dlf.bundle import Bundle, batch_layout, single_layout
from pulumi_dataarts.simulator.dlf.inputs import body_of, now_ms, obs_address, scope_of
from pulumi_dataarts.simulator.dlf.refusals import Refusal
from pulumi_dataarts.simulator.http import Answer, Context, Request
from pulumi_dataarts.simulator.objects import ObjectError
from pulumi_dataarts.simulator.store import Document

_JOBS_MAX = 100


def export_job(request: Request, context: Context) -> Answer:
    """Export one job."""
    scope, body = scope_of(request, context), body_of(request)
    name = request.params["job_name"]
    content = single_layout(_exporter(context, scope, body)(name))
    return _delivered(context, body, content, folder=name, key=f"{name}.zip", file_name=f"DLF_{name}.zip")


def export_job_list(request: Request, context: Context) -> Answer:
    """Export up to 100 jobs."""
    scope, body = scope_of(request, context), body_of(request)
    names = checks.texts(body.get("jobList"), "jobList")
    if not 1 <= len(names) <= _JOBS_MAX:
        raise Refusal("DLF.3051", f"jobList must name 1 to {_JOBS_MAX} jobs")
    content = batch_layout(map(_exporter(context, scope, body), names))
    return _delivered(context, body, content, folder="jobs", key="jobs.zip", file_name="jobs.zip")


def _exporter(context: Context, scope: str, body: Document) -> Callable[[str], Bundle]:
    """Return what gathers one job for the export that `body` asks for."""
    checks.optional_choice(body.get("exportStatus"), "exportStatus", ("DEVELOP", "SUBMIT"))
    is_submitted = body.get("exportStatus") == "SUBMIT"
    with_dependencies = _flag(body.get("exportDepend"), default=True)

    def gathered(name: str) -> Bundle:
        job = jobs.find(context, scope, name)
        definition = instances.submitted(job) if is_submitted else job["saved"]
        bundle = Bundle(jobs={name: definitions.exported(job, definition)})
        return _with_dependencies(bundle, definition, context, scope) if with_dependencies else bundle

    return gathered


def _with_dependencies(bundle: Bundle, definition: Document, context: Context, scope: str) -> Bundle:
    script_names = sorted(definitions.property_values(definition, "scriptName"))
    found = [context.store.get(scripts.KIND, scope, name) for name in script_names]
    paths = definitions.property_values(definition, "resourcePath")
    used = [
        resource
        for _, resource in (context.store.list(resources.KIND, scope) if paths else [])
        if resource["name"] in paths or resource["location"] in paths
    ]
    return Bundle(
        jobs=bundle.jobs,
        scripts={script["name"]: scripts.exported(script) for script in found if script is not None},
        resources={resource["name"]: resources.exported(resource) for resource in used},
    )


def _delivered(context: Context, body: Document, content: bytes, *, folder: str, key: str, file_name: str) -> Answer:
    if not body.get("obsPath"):
        return Answer(200, content, {"Content-Disposition": f"attachment; filename={file_name}"})
    path = checks.required_text(body["obsPath"], "obsPath", "DLF.0803").rstrip("/")
    bucket, prefix = obs_address(path)
    place = f"{folder}/{now_ms(context)}"
    try:
        context.objects.write(bucket, f"{prefix}/{place}/{key}".lstrip("/"), content)
    except ObjectError as missing:
        raise Refusal("DLF.1242") from missing
    return Answer(200, {"obsPath": f"{path}/{place}"})


def _flag(value: Any, *, default: bool) -> bool:
    return default if value is None else str(value).lower() == "true"
