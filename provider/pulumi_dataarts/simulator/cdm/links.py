"""Links: how a cluster reaches a data source.

Source: CDM API, the pages of links, "Link Parameter Description", "Querying a Job". That an update which sends the
placeholder back keeps the secret is not documented.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pulumi_dataarts.simulator.cdm import catalogue, configs, runs
from pulumi_dataarts.simulator.cdm.clusters import JOB_KIND, LINK_KIND, cluster_of
from pulumi_dataarts.simulator.cdm.refusals import complaints, invalid, link_missing, refused
from pulumi_dataarts.simulator.clock import milliseconds
from pulumi_dataarts.simulator.databases import DatabaseError
from pulumi_dataarts.simulator.http import Answer

if TYPE_CHECKING:
    from pulumi_dataarts.simulator.cdm.catalogue import Groups
    from pulumi_dataarts.simulator.http import Context, Json, Request
    from pulumi_dataarts.simulator.store import Document

EMBEDDED_HOSTS: Final = frozenset({"127.0.0.1", "localhost", "embedded"})
EMBEDDED_DATABASES: Final = "embedded"
_UNREACHABLE: Final = ".invalid"


def create_link(request: Request, context: Context) -> Answer:
    """Create a link, or with `validate=true` only try whether one could be."""
    cluster, link = cluster_of(request, context), _parse(request, context)
    if problems := _connection_problems(link, context):
        return _does_not_work(problems)
    if request.query.get("validate", "").lower() != "true":
        if context.store.get(LINK_KIND, cluster, link["name"]) is not None:
            raise invalid("Cdm.0315", f"Link [{link['name']}] already exists or is created by another user.")
        _save(cluster, link | _born(request, context), context)
    return Answer(200, {"name": link["name"], "validation-result": [{}]})


def show_link(request: Request, context: Context) -> Answer:
    """Return one link, without its secrets."""
    link = find(cluster_of(request, context), request.params["link_name"], context)
    return Answer(200, {"links": [_rendered(link)], "fromTo-unMapping": "", "batchFromTo-mapping": ""})


def update_link(request: Request, context: Context) -> Answer:
    """Replace a link; another name in the body renames it, and jobs follow."""
    cluster, name, link = cluster_of(request, context), request.params["link_name"], _parse(request, context)
    old = context.store.get(LINK_KIND, cluster, name)
    if old is None:
        raise invalid("Cdm.0316", f"Link [{name}] does not exist.")
    configs.keep_secrets(link["values"], old["values"], _groups(link))
    if problems := _connection_problems(link, context):
        return _does_not_work(problems)
    if link["name"] != name:
        _rename(cluster, name, link["name"], context)
    now = {"update-user": request.user, "update-date": milliseconds(context.clock.now())}
    _save(cluster, old | link | now, context)
    return Answer(200, {"validation-result": [{}]})


def delete_link(request: Request, context: Context) -> Answer:
    """Delete a link that no job uses."""
    cluster, name = cluster_of(request, context), request.params["link_name"]
    if _users(cluster, name, context):
        raise refused("Cdm.0321", "Given link name is in use", status=500)
    if not context.store.delete(LINK_KIND, cluster, name):
        raise link_missing(name, status=500)
    return Answer(200)


def find(cluster: str, name: str, context: Context) -> Document:
    """Return a stored link.

    Raises:
        Refused: there is none of that name.
    """
    link = context.store.get(LINK_KIND, cluster, name)
    if link is None:
        raise link_missing(name)
    return link


def setting(link: Document, name: str) -> str:
    """Return one of a link's settings, e.g. `server`."""
    return configs.value(link["values"], _groups(link), f"linkConfig.{name}")


def is_embedded_obs(link: Document) -> bool:
    """Say whether a link leads to the embedded OBS."""
    return link["connector-name"] == "obs-connector" and _host(link, "server") in EMBEDDED_HOSTS


def is_embedded_database(link: Document) -> bool:
    """Say whether a link leads to a database of the embedded cloud."""
    return link["connector-name"] == "generic-jdbc-connector" and setting(link, "host") == EMBEDDED_DATABASES


def _parse(request: Request, context: Context) -> Document:
    body = request.json()
    links = body.get("links") if isinstance(body, dict) else None
    if not isinstance(links, list) or len(links) != 1 or not isinstance(links[0], dict):
        raise invalid("Cdm.0018", "The job or link content is invalid: exactly one link is expected.")
    link = links[0]
    name, connector = link.get("name"), str(link.get("connector-name"))
    if not isinstance(name, str) or not name:
        raise invalid("Cdm.0018", "The job or link content is invalid: name is missing.")
    if connector not in catalogue.LINK_GROUPS:
        raise invalid("Cdm.0102", f"Connector [{connector}] does not exist.")
    values = link.get("link-config-values")
    if values is None and connector == "http-connector":
        values = {"configs": []}
    return {
        "name": name,
        "connector-name": connector,
        "enabled": configs.enabled(link),
        "values": configs.parse(values, catalogue.LINK_GROUPS[connector], decode=context.settings.decode_inputs),
    }


def _connection_problems(link: Document, context: Context) -> dict[str, list[str]]:
    """Return why a link would not work: missing parameters, or else a data source that cannot be reached."""
    problems = configs.problems(link["values"], _groups(link))
    if not problems and (message := _connection_error(link, context)):
        problems = {"linkConfig": [message]}
    return problems


def _does_not_work(problems: dict[str, list[str]]) -> Answer:
    return Answer(500, {"validation-result": [complaints(problems)]})


def _connection_error(link: Document, context: Context) -> str:
    for field in ("host", "server", "endpoint", "brokerList", "serverList", "serverlist"):
        if _host(link, field).endswith(_UNREACHABLE):
            return f"Failed to connect to the server {_host(link, field)}."
    keys = context.settings.access_key, configs.sealed(context.settings.secret_key)
    if is_embedded_obs(link) and (setting(link, "accessKey"), setting(link, "securityKey")) != keys:
        return "Failed to connect to the OBS server: the access key is not accepted."
    if is_embedded_database(link):
        try:
            context.databases.check(setting(link, "database"))
        except DatabaseError as error:
            return f"Failed to connect to the database: {error}."
    return context.faults.failure_of(link["name"])


def _host(link: Document, field: str) -> str:
    if f"linkConfig.{field}" not in _groups(link)["linkConfig"].inputs:
        return ""
    return setting(link, field).rpartition("://")[2].partition("/")[0].partition(":")[0]


def _save(cluster: str, link: Document, context: Context) -> None:
    context.store.put(LINK_KIND, cluster, link["name"], link)


def _born(request: Request, context: Context) -> Document:
    now = milliseconds(context.clock.now())
    return {
        "id": context.store.next_id(LINK_KIND),
        "creation-user": request.user,
        "creation-date": now,
        "update-user": request.user,
        "update-date": now,
    }


def _rename(cluster: str, name: str, new_name: str, context: Context) -> None:
    if context.store.get(LINK_KIND, cluster, new_name) is not None:
        raise invalid("Cdm.0315", f"Link [{new_name}] already exists or is created by another user.")
    for job in _users(cluster, name, context):
        for end in ("from-link-name", "to-link-name"):
            if job[end] == name:
                job[end] = new_name
        context.store.put(JOB_KIND, cluster, job["name"], job, label=job["job_type"])
    context.store.rename(LINK_KIND, cluster, name, new_name)


def _users(cluster: str, name: str, context: Context) -> list[Document]:
    gone = runs.disposed(cluster, context)
    jobs = (job for job_name, job in context.store.list(JOB_KIND, cluster) if job_name not in gone)
    return [job for job in jobs if name in (job["from-link-name"], job["to-link-name"])]


def _rendered(link: Document) -> Json:
    shown = {key: value for key, value in link.items() if key != "values"}
    return shown | {"link-config-values": configs.render(link["values"], _groups(link), "LINK")}


def _groups(link: Document) -> Groups:
    return catalogue.LINK_GROUPS[link["connector-name"]]
