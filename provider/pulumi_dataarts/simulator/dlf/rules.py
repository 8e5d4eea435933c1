"""What a job definition must be like to be accepted; the first fault found is the answer.

Node types are an open set (no page lists the wire's spellings), so `type` is any text and properties are
checked for their form only.

Source: DataArts Factory API "Creating a Job" for fields and limits, "Error Codes" for codes. Which code a node,
parameter or basicConfig fault gets is not documented: DLF.3051 here. Nor is it documented that
`preNodeName` must name a node of the job and that the nodes must not form a circle; a job with such edges
could not run.
"""

from __future__ import annotations

import re
from graphlib import CycleError, TopologicalSorter
from typing import Any

from pulumi_dataarts.simulator.dlf import checks
from pulumi_dataarts.simulator.dlf.refusals import Refusal
from pulumi_dataarts.simulator.store import Document

# A name of dots alone would be a path in an exported archive.
NAME = re.compile(r"(?!\.+$)[A-Za-z0-9._-]{1,128}")
TARGET_STATUSES = ("SAVED", "SUBMITTED", "PRODUCTION")
PROCESS_TYPES = ("BATCH", "REAL_TIME")

_PARAM_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d(:?\d\d)?)")
_PERIOD = re.compile(r"\d+ \w+")
_SCHEDULE = "DLF.3025"
_SCHEDULE_TYPES = ("EXECUTE_ONCE", "CRON", "EVENT")
_PERIODS = ("SAME_PERIOD", "PRE_PERIOD")
_FAIL_POLICIES = ("FAIL", "IGNORE", "SUSPEND", "FAIL_CHILD")
_NODE_RANGES = {
    "pollingInterval": (1, 60),
    "maxExecutionTime": (5, 1440),
    "retryTimes": (0, 5),
    "retryInterval": (5, 120),
}


def check_job(body: Document) -> None:
    """Refuse a job definition that breaks a rule."""
    checks.a_name(checks.required_text(body.get("name"), "name", "DLF.3004"), "name", NAME, "DLF.3018")
    checks.a_choice(body.get("processType"), "processType", PROCESS_TYPES)
    _check_nodes(body.get("nodes"))
    _check_schedule(checks.a_document(body.get("schedule"), "schedule", _SCHEDULE))
    check_params(body.get("params"), kind="type")
    _check_basic_config(body.get("basicConfig"))
    checks.optional_text(body.get("directory"), "directory", 1024)
    checks.optional_text(body.get("logPath"), "logPath", 1024)
    checks.optional_text(body.get("description"), "description", 255, "DLF.3050")
    check_submission(body)


def check_params(value: Any, *, kind: str) -> None:
    """Refuse a faulty list of parameters; `kind` is the key of their type, which differs between calls."""
    for param in checks.documents(value, "params"):
        checks.a_name(param.get("name"), "params[].name", _PARAM_NAME)
        if not isinstance(param.get("value"), str):
            raise Refusal(checks.INVALID, "params[].value must be a string")
        checks.optional_text(param["value"], "params[].value", 1024)
        checks.optional_choice(param.get(kind), f"params[].{kind}", ("variable", "constants"))


def check_submission(body: Document) -> None:
    """Refuse a faulty `targetStatus` or `approvers`, wherever they occur."""
    checks.optional_choice(body.get("targetStatus"), "targetStatus", TARGET_STATUSES)
    for approver in checks.documents(body.get("approvers"), "approvers"):
        checks.required_text(approver.get("approverName"), "approvers[].approverName")


def _check_nodes(value: Any) -> None:
    nodes = checks.documents(value, "nodes")
    if not nodes:
        raise Refusal("DLF.1006")
    names = [checks.a_name(node.get("name"), "nodes[].name", NAME) for node in nodes]
    if len(set(names)) < len(names):
        raise Refusal(checks.INVALID, "names of nodes must be unique")
    for node in nodes:
        _check_node(node, set(names))
    edges = {node["name"]: node.get("preNodeName") or [] for node in nodes}
    try:
        TopologicalSorter(edges).prepare()
    except CycleError as error:
        raise Refusal(checks.INVALID, "preNodeName makes a circle") from error


def _check_node(node: Document, names: set[str]) -> None:
    where = f"nodes[{node['name']}]"
    checks.required_text(node.get("type"), f"{where}.type")
    if not {"x", "y"} <= checks.a_document(node.get("location"), f"{where}.location").keys():
        raise Refusal(checks.INVALID, f"{where}.location needs x and y")
    if "properties" not in node:
        raise Refusal(checks.INVALID, f"{where}.properties is required")
    for prop in checks.documents(node["properties"], f"{where}.properties"):
        checks.required_text(prop.get("name"), f"{where}.properties[].name")
        checks.optional_text(prop.get("value"), f"{where}.properties[].value", 1024 * 1024)
    for key, (low, high) in _NODE_RANGES.items():
        checks.optional_whole(node.get(key), f"{where}.{key}", low, high)
    checks.optional_choice(node.get("failPolicy"), f"{where}.failPolicy", _FAIL_POLICIES)
    _check_edges(node, where, names)
    if node.get("eventTrigger") is not None:
        _check_event(checks.a_document(node["eventTrigger"], f"{where}.eventTrigger", _SCHEDULE))
    if node.get("cronTrigger") is not None:
        _check_cron_trigger(checks.a_document(node["cronTrigger"], f"{where}.cronTrigger", _SCHEDULE))


def _check_edges(node: Document, where: str, names: set[str]) -> None:
    conditions = checks.documents(node.get("conditions"), f"{where}.conditions")
    for condition in conditions:
        for key in ("preNodeName", "expression"):
            checks.required_text(condition.get(key), f"{where}.conditions[].{key}")
    upstream = checks.texts(node.get("preNodeName"), f"{where}.preNodeName")
    for name in [*upstream, *(condition["preNodeName"] for condition in conditions)]:
        if name not in names:
            raise Refusal(checks.INVALID, f"{where} follows {name!r}, which is no node of the job")


def _check_schedule(schedule: Document) -> None:
    kind = checks.a_choice(schedule.get("type"), "schedule.type", _SCHEDULE_TYPES, _SCHEDULE)
    # The create page's own example is {"type": "CRON"} and nothing else, so `cron` may be missing.
    if kind == "CRON" and schedule.get("cron") is not None:
        _check_cron(checks.a_document(schedule["cron"], "schedule.cron", _SCHEDULE))
    if kind == "EVENT":
        _check_event(checks.a_document(schedule.get("event"), "schedule.event", _SCHEDULE))


def _check_cron(cron: Document) -> None:
    checks.a_name(cron.get("startTime"), "startTime", _TIME, _SCHEDULE)
    if cron.get("endTime"):
        checks.a_name(cron["endTime"], "endTime", _TIME, _SCHEDULE)
    fields = checks.required_text(cron.get("expression"), "expression", _SCHEDULE).split()
    if len(fields) != 6 or fields[0] != "0" or fields[4] != "*":
        raise Refusal(_SCHEDULE, "expression needs six fields, 0 as its seconds and * as its month")
    if cron.get("dependJobs") is not None:
        _check_depend_jobs(checks.a_document(cron["dependJobs"], "dependJobs", _SCHEDULE))


def _check_cron_trigger(trigger: Document) -> None:
    _check_cron(trigger)
    checks.a_name(trigger.get("period"), "period", _PERIOD, _SCHEDULE)
    checks.optional_whole(trigger.get("concurrent"), "concurrent", 1, 128, _SCHEDULE)


def _check_depend_jobs(depend: Document) -> None:
    checks.texts(depend.get("jobs"), "dependJobs.jobs", _SCHEDULE)
    checks.optional_choice(depend.get("dependPeriod"), "dependPeriod", _PERIODS, _SCHEDULE)
    checks.optional_choice(depend.get("dependFailPolicy"), "dependFailPolicy", ("FAIL", "IGNORE", "SUSPEND"), _SCHEDULE)


def _check_event(event: Document) -> None:
    checks.a_choice(event.get("eventType"), "eventType", ("KAFKA", "DIS", "OBS"), _SCHEDULE)
    checks.optional_choice(event.get("failPolicy"), "failPolicy", ("SUSPEND", "IGNORE"), _SCHEDULE)
    checks.optional_choice(event.get("readPolicy"), "readPolicy", ("LAST", "NEW"), _SCHEDULE)
    checks.optional_whole(event.get("concurrent"), "concurrent", 1, 128, _SCHEDULE)


def _check_basic_config(value: Any) -> None:
    if value is None:
        return
    config = checks.a_document(value, "basicConfig")
    checks.optional_text(config.get("owner"), "basicConfig.owner", 128)
    checks.optional_whole(config.get("priority"), "basicConfig.priority", 0, 2)
    # The table says 5 to 1440, every example sends 0.
    if str(config.get("instanceTimeout")) != "0":
        checks.optional_whole(config.get("instanceTimeout"), "basicConfig.instanceTimeout", 5, 1440)
    for key, item in checks.a_document(config.get("customFields") or {}, "basicConfig.customFields").items():
        checks.optional_text(item, f"basicConfig.customFields.{key}", 2048)
