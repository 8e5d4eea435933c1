"""What the service would refuse in a definition, found before anything is sent. Pure functions.

Each rule yields one sentence that names the place. What the pages leave open (types of nodes, names of properties,
further keys) is left open here.

Source: DataArts Factory API "Creating a Job", "Creating a Script", "Creating a Resource". Names are checked by length
and character class; that letters of any alphabet are allowed is taken from the Chinese pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

_NAME = re.compile(r"[\w.\-]+")
_PARAM_NAME = re.compile(r"[A-Za-z0-9_\-]+")
_RESOURCE_NAME = re.compile(r"[\w\-]+")
_NAME_CHARS_MAX = 128
_PARAM_NAME_CHARS_MAX = 64
_PARAM_VALUE_CHARS_MAX = 1024
_RESOURCE_NAME_CHARS_MAX = 32
_CONTENT_MAX_BYTES = 4 * 1024 * 1024
_CRON_FIELDS = 6
_PROCESS_TYPES = ("BATCH", "REAL_TIME")
_SCHEDULE_TYPES = ("EXECUTE_ONCE", "CRON", "EVENT")
_RESOURCE_TYPES = ("archive", "file", "jar", "pyFile")


def job_mistakes(name: str, job: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with a job's definition."""
    yield from _name_mistakes("job name", name, _NAME, _NAME_CHARS_MAX)
    if job.get("processType") not in _PROCESS_TYPES:
        yield f"processType must be one of {', '.join(_PROCESS_TYPES)}, not {job.get('processType')!r}"
    yield from _node_mistakes(job.get("nodes"))
    yield from _schedule_mistakes(job.get("schedule"))
    yield from _param_mistakes(job.get("params") or [])


def script_mistakes(name: str, script: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with a script's definition."""
    yield from _name_mistakes("script name", name, _NAME, _NAME_CHARS_MAX)
    if not isinstance(script.get("type"), str) or not script["type"]:
        yield "type is required, e.g. DLISQL or HiveSQL"
    content = script.get("content")
    if not isinstance(content, str):
        yield "content is required"
    elif len(content.encode(errors="replace")) > _CONTENT_MAX_BYTES:
        yield f"content has more than {_CONTENT_MAX_BYTES} bytes"


def resource_mistakes(name: str, resource: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with a resource's definition."""
    yield from _name_mistakes("resource name", name, _RESOURCE_NAME, _RESOURCE_NAME_CHARS_MAX)
    if resource.get("type") not in _RESOURCE_TYPES:
        yield f"type must be one of {', '.join(_RESOURCE_TYPES)}, not {resource.get('type')!r}"
    if not str(resource.get("location", "")).startswith(("obs://", "hdfs://")):
        yield "location must begin with obs:// or hdfs://"


def _name_mistakes(what: str, name: str, pattern: re.Pattern[str], chars_max: int) -> Iterator[str]:
    if len(name) > chars_max:
        yield f"{what} {name[:20]}… has {len(name)} characters; at most {chars_max} are allowed"
    elif not pattern.fullmatch(name):
        signs = "'_', '-' and '.'" if pattern is _NAME else "'_' and '-'"
        yield f"{what} {name!r} may hold only letters, digits, {signs}"


def _node_mistakes(nodes: Any) -> Iterator[str]:
    if not isinstance(nodes, list) or not nodes or not all(isinstance(node, Mapping) for node in nodes):
        yield "nodes must be a list of at least one object"
        return
    names = [str(node.get("name", "")) for node in nodes]
    yield from (f"nodes: {name!r} is there twice" for name in sorted({name for name in names if names.count(name) > 1}))
    for name, node in zip(names, nodes, strict=True):
        for mistake in _one_node_mistakes(name, node, names):
            yield f"nodes[{name}]: {mistake}"
    if _is_circular(dict(zip(names, map(_before, nodes), strict=True))):
        yield "nodes: preNodeName makes a circle"


def _one_node_mistakes(name: str, node: Mapping[str, Any], names: list[str]) -> Iterator[str]:
    yield from _name_mistakes("node name", name, _NAME, _NAME_CHARS_MAX)
    if not isinstance(node.get("type"), str) or not node["type"]:
        yield "type is required, e.g. DLISQL or CDMJob"
    if not isinstance(node.get("location"), Mapping) or not {"x", "y"} <= node["location"].keys():
        yield "location needs x and y"
    properties = node.get("properties")
    if not isinstance(properties, list) or not all(
        isinstance(item, Mapping) and item.get("name") for item in properties
    ):
        yield "properties must be a list of objects with name and value"
    yield from (f"follows {before!r}, which is no node of the job" for before in _before(node) if before not in names)


def _before(node: Mapping[str, Any]) -> list[str]:
    before = node.get("preNodeName")
    return [str(name) for name in before] if isinstance(before, list) else []


def _is_circular(before: Mapping[str, Iterable[str]]) -> bool:
    try:
        TopologicalSorter(before).prepare()
    except CycleError:
        return True
    return False


def _schedule_mistakes(schedule: Any) -> Iterator[str]:
    if not isinstance(schedule, Mapping) or schedule.get("type") not in _SCHEDULE_TYPES:
        yield f"schedule.type must be one of {', '.join(_SCHEDULE_TYPES)}"
        return
    cron = schedule.get("cron")
    expression = cron.get("expression") if isinstance(cron, Mapping) else None
    if expression is not None and len(str(expression).split()) != _CRON_FIELDS:
        yield f"schedule.cron.expression needs {_CRON_FIELDS} fields (second to weekday), not {expression!r}"


def _param_mistakes(params: Any) -> Iterator[str]:
    if not isinstance(params, list) or not all(isinstance(param, Mapping) for param in params):
        yield "params must be a list of objects with name and value"
        return
    for param in params:
        name = str(param.get("name", ""))
        yield from _name_mistakes("parameter name", name, _PARAM_NAME, _PARAM_NAME_CHARS_MAX)
        if len(str(param.get("value", ""))) > _PARAM_VALUE_CHARS_MAX:
            yield f"params[{name}]: the value has more than {_PARAM_VALUE_CHARS_MAX} characters"
