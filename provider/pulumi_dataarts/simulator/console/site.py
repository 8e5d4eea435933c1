"""The console's pages by address, and how they are answered: to this machine alone, and for looking only."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pulumi_dataarts.simulator.clock import milliseconds
from pulumi_dataarts.simulator.console import (
    HOME,
    assets,
    buckets,
    cdm,
    factory,
    factory_job,
    flink,
    formats,
    overview,
    requests,
)
from pulumi_dataarts.simulator.console.views import Absent, Sight, View, link
from pulumi_dataarts.simulator.dlf import jobs as factory_jobs
from pulumi_dataarts.simulator.dli import jobs as flink_jobs
from pulumi_dataarts.simulator.http import Answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from pulumi_dataarts.simulator.embedded import EmbeddedCloud
    from pulumi_dataarts.simulator.http import Request

Page: TypeAlias = "Callable[[Sight], View]"

_LOCAL: Final = ("127.0.0.1", "localhost")
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# How often a page asks for itself again, at most.
REFRESH_MS = 2000

PAGES: Final[dict[str, Page]] = {
    HOME: overview.overview_page,
    cdm.JOBS: cdm.jobs_page,
    cdm.JOB: cdm.job_page,
    cdm.LINKS: cdm.links_page,
    cdm.LINK: cdm.link_page,
    factory.JOBS: factory.jobs_page,
    factory.JOB: factory_job.job_page,
    factory.SCRIPTS: factory.scripts_page,
    factory.SCRIPT: factory.script_page,
    factory.RESOURCES: factory.resources_page,
    flink.JOBS: flink.jobs_page,
    flink.JOB: flink.job_page,
    buckets.BUCKETS: buckets.buckets_page,
    buckets.BUCKET: buckets.bucket_page,
    requests.REQUESTS: requests.requests_page,
}


def answer(request: Request, cloud: EmbeddedCloud) -> Answer:
    """Answer a request for a page, or for a file that one loads."""
    if request.headers.get("host", "").partition(":")[0] not in _LOCAL:
        return _plain(403, "The console answers to this machine only.")
    if request.method not in ("GET", "HEAD"):
        return _plain(405, "The console is for looking.", Allow="GET, HEAD")
    if request.path.startswith(assets.PREFIX):
        return _asset(request)
    cloud.run_due()
    with closing(cloud.context.store.view()) as store:
        context, now_ms = replace(cloud.context, store=store), milliseconds(cloud.clock.now())
        sight = Sight(context, cloud.s3, cloud.log, cloud.status, now_ms, request.path, request.query)
        return _page(sight, request.headers["host"])


def _page(sight: Sight, host: str) -> Answer:
    status = HTTPStatus.OK
    try:
        view = _view_of(sight)
    except Absent as absent:
        status, view = HTTPStatus.NOT_FOUND, View("absent.html", "Not here", {"what": str(absent)})
    html = _TEMPLATES.get_template(view.template).render(
        title=view.title, sight=sight, nav=_navigation(sight), host=host,
        refresh_ms=REFRESH_MS, armed=len(sight.context.faults.list()), **view.values,
    )  # fmt: skip
    headers = {**_HEADERS, "Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"}
    return Answer(status, html.encode(), headers)


def _view_of(sight: Sight) -> View:
    page = PAGES.get(sight.path)
    if page is None:
        raise Absent("page at this address")
    return page(sight)


def _navigation(sight: Sight) -> list[dict[str, Any]]:
    """Return the sections: their pages, and how much is in each."""
    sections = [
        ("Overview", HOME, None, ()),
        ("CDM", cdm.JOBS, sum(cluster.jobs for cluster in cdm.clusters(sight)), ()),
        ("Factory", factory.JOBS, factory.count(sight, factory_jobs.KIND), ()),
        ("Flink", flink.JOBS, sight.store.count(flink_jobs.KIND, sight.project), ()),
        ("Buckets", buckets.BUCKETS, len(buckets.names(sight)), (buckets.BUCKET,)),
        ("Requests", requests.REQUESTS, sight.log.total, ()),
    ]
    return [
        {
            "title": title,
            "href": href,
            "count": count,
            "is_here": sight.path in (href, *more) or (href != HOME and sight.path.startswith(href + "/")),
        }
        for title, href, count, more in sections
    ]


def _asset(request: Request) -> Answer:
    found = assets.FILES.get(request.path.removeprefix(assets.PREFIX))
    if found is None:
        return _plain(404, "There is no such file.")
    content, media_type = found
    kept = "public, max-age=31536000, immutable" if "v" in request.query else "no-cache"
    return Answer(200, content, {**_HEADERS, "Content-Type": media_type, "Cache-Control": kept})


def _plain(status: int, text: str, **headers: str) -> Answer:
    return Answer(status, text.encode(), {**_HEADERS, "Content-Type": "text/plain; charset=utf-8", **headers})


def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, auto_reload=False,
    )  # fmt: skip
    environment.filters |= {
        name: getattr(formats, name)
        for name in ("age", "clock_time", "duration", "instant", "iso", "middle", "number", "plural", "size")
    }
    environment.globals |= {"asset": assets.address, "link": link}
    return environment


_TEMPLATES: Final = _templates()
