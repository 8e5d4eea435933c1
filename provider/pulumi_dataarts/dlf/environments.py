"""What the stack's bindings (`dataarts:bindings`) make of an import, in the program, before anything is compared.

What the import call itself can replace in the jobs' nodes becomes `resources`; parameters become `params` and
`jobs_param`. Names that it cannot replace (those in scripts, queues, streams) are written into the bundle, which is
then the archive of the bound definitions. What the program says explicitly stays.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pulumi

from pulumi_dataarts.dlf.bundle import Bundle
from pulumi_dataarts.dlf.references import GROUPS, Reference, reference_of, references
from pulumi_dataarts.dlf.source import read_source
from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.lifecycle.builds import keep
from pulumi_dataarts.model.bindings import KEY, Bindings


def bound(arguments: Mapping[str, Any], here: Bindings) -> dict[str, Any]:
    """Return the arguments of an import as this environment has them.

    Raises:
        ConfigError: a binding is ambiguous; the message names the places.
    """
    given = dict(arguments)
    if here == Bindings() or here.logical:
        return given
    given["approvers"] = given["approvers"] if given["approvers"] is not None else list(here.approvers) or None
    given["target_status"] = given["target_status"] or here.target_status
    if here.schedules == "paused" and given["keep_schedule"] is None:
        given["keep_schedule"] = False
    if isinstance(given["bundle"], str):
        bundle = read_source(given["bundle"])
        given["resources"] = _joined(given["resources"], list(_replacements(bundle, here)), "name")
        given["jobs_param"] = _joined(given["jobs_param"], _job_parameters(bundle, here), "name")
        given["params"] = _merged(given["params"], _shared_parameters(bundle, here))
        rewritten = in_place(bundle, here)
        given["bundle"] = given["bundle"] if rewritten == bundle else keep(rewritten.to_zip())
    return given


def in_place(bundle: Bundle, here: Bindings) -> Bundle:
    """Return the bundle with those names bound that an import cannot replace."""
    scripts = {name: _bound_script(body, here) for name, body in bundle.scripts.items()}
    jobs = {name: _bound_job(body, here) for name, body in bundle.jobs.items()}
    return Bundle(jobs, scripts, bundle.resources, bundle.others)


def _replacements(bundle: Bundle, here: Bindings) -> Iterator[dict[str, str]]:
    seen: dict[str, Reference] = {}
    for item in references(bundle):
        is_replaceable = bool(item.type) and item.kind in GROUPS
        own = here.name_of(GROUPS[item.kind], item.name) if is_replaceable else item.name
        if own == item.name:
            continue
        before = seen.setdefault(item.name, item)
        if before.type != item.type:
            raise ConfigError(
                f"{KEY}: {item.name!r} is ambiguous: {before.where} means a {before.type}, {item.where} a {item.type}",
                hint="An import replaces one type a name: give one of the two another name in the bundle.",
            )
        if before is item:
            yield {"name": item.name, "type": item.type, "replace": own}


def _job_parameters(bundle: Bundle, here: Bindings) -> list[dict[str, Any]]:
    found = here.job_parameters()
    return [{"name": name, "params": found[name]} for name in sorted(found) if name in bundle.jobs]


def _shared_parameters(bundle: Bundle, here: Bindings) -> dict[str, str]:
    declared: dict[str, dict[str, str]] = {}
    for name, job in bundle.jobs.items():
        for param in job.get("params") or []:
            declared.setdefault(str(param.get("name")), {})[name] = str(param.get("value") or "")
    shared = {name: value for name, value in here.shared_parameters().items() if name in declared}
    for name in shared:
        if len(set(declared[name].values())) > 1:
            raise ConfigError(
                f"{KEY}: parameter {name!r} is ambiguous: jobs {', '.join(sorted(declared[name]))} "
                "declare it with different values",
                hint=f"Bind it job by job: parameters: {{{min(declared[name])}: {{{name}: …}}}}.",
            )
    return shared


def _joined(given: Any, bound: list[dict[str, Any]], key: str) -> Any:
    """Return the items a program gave and those that are bound; the program's win by their key."""
    if not bound or given is None:
        return bound or given

    def join(items: Iterable[Mapping[str, Any]]) -> list[Any]:
        own = [dict(item) for item in items]
        named = {item.get(key) for item in own}
        return [*own, *(item for item in bound if item[key] not in named)]

    return pulumi.Output.from_input(given).apply(join)


def _merged(given: Any, bound: Mapping[str, str]) -> Any:
    if not bound or given is None:
        return dict(bound) or given
    return pulumi.Output.from_input(given).apply(lambda own: {**bound, **own})


def _bound_script(body: Mapping[str, Any], here: Bindings) -> dict[str, Any]:
    keys = {"connectionName": "connections", "queueName": "queues"}
    return {
        key: here.name_of(keys[key], value) if key in keys and value else value  # type: ignore[arg-type]
        for key, value in body.items()
    }


def _bound_job(body: Mapping[str, Any], here: Bindings) -> dict[str, Any]:
    job = copy.deepcopy(dict(body))
    for node in (item for item in job.get("nodes") or [] if isinstance(item, dict)):
        for item in (item for item in node.get("properties") or [] if isinstance(item, dict)):
            found = reference_of(node, item)
            if found and item.get("value") and not found[1]:
                item["value"] = here.name_of(GROUPS[found[0]], str(item["value"]))
        _bind_stream(node.get("eventTrigger"), here)
    _bind_stream((job.get("schedule") or {}).get("event"), here)
    return job


def _bind_stream(event: Any, here: Bindings) -> None:
    if isinstance(event, dict) and event.get("eventType") == "DIS" and event.get("channel"):
        event["channel"] = here.name_of("streams", str(event["channel"]))
