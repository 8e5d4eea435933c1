"""Config values: from the wire into the store, and back as the service returns them.

Stored: `{"groups": {group: {full input name: value}}, "extra": {…}}` with only what the client sent. Read back: every
input of the connector, with defaults, metadata, percent-encoded strings, coerced integers and masked secrets.

Source: CDM API "Creating a Job in a Specified Cluster", "Querying a Job".
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote_plus

from pulumi_dataarts.simulator.cdm.refusals import invalid

if TYPE_CHECKING:
    from pulumi_dataarts.simulator.cdm.catalogue import Group, Groups, Input
    from pulumi_dataarts.simulator.http import Json
    from pulumi_dataarts.simulator.store import Document

PLACEHOLDER: Final = "Add password here"
_PATHS_MAX: Final = 50
_EXTRA: Final = ("extended-configs", "validators")


def parse(values: Json, groups: Groups, *, decode: bool) -> Document:
    """Return config values as they are stored.

    Args:
        values: a `ConfigValues` from a request.
        groups: what is known.
        decode: percent-decode strings, as Sqoop does.

    Raises:
        Refused: Cdm.0018 for the wrong shape, Cdm.0089 for a group or an input that is not known.
    """
    configs = values.get("configs") if isinstance(values, dict) else None
    if not isinstance(configs, list):
        raise invalid("Cdm.0018", "The job or link content is invalid: configs is missing.")
    stored: dict[str, dict[str, Json]] = {}
    for config in configs:
        name = str(config.get("name")) if isinstance(config, dict) else ""
        if name not in groups:
            raise invalid("Cdm.0089", f"Configuration item [{name}] does not exist.")
        stored[name] = _parse_inputs(config.get("inputs", []), groups[name], decode=decode)
    return {"groups": stored, "extra": {key: values[key] for key in _EXTRA if key in values}}


def enabled(sent: dict[str, Json]) -> bool:
    """Return whether a job or a link is enabled; it is where nothing is said.

    Raises:
        Refused: Cdm.0004, neither true nor false.
    """
    told = sent.get("enabled")
    if not isinstance(told, bool | None):
        raise invalid("Cdm.0004", "Parameter type is incorrect: enabled must be true or false.")
    return told is not False


def sealed(secret: Json) -> str:
    """Return what is stored of a secret: nobody ever reads it back, so a digest will do."""
    return hashlib.sha256(str(secret).encode()).hexdigest() if secret else ""


def problems(stored: Document, groups: Groups) -> dict[str, list[str]]:
    """Return what is wrong with stored values, by input: mandatory ones missing, values that do not fit."""
    found: dict[str, list[str]] = {}
    for name, group in groups.items():
        given = stored["groups"].get(name, {})
        for item in group.inputs.values():
            if message := _problem(item, given.get(item.name, item.default)):
                found[item.name] = [message]
    return found


def value(stored: Document, groups: Groups, name: str) -> str:
    """Return an input as a string, its default when it was not sent, or an empty string."""
    group = name.partition(".")[0]
    given = stored["groups"].get(group, {}).get(name)
    if given is None and name in groups[group].inputs:
        given = groups[group].inputs[name].default
    return "" if given is None else str(given)


def keep_secrets(new: Document, old: Document, groups: Groups) -> None:
    """Put the old secret where an update sends back the placeholder that it had read."""
    for name, given in new["groups"].items():
        for key, item in groups[name].inputs.items():
            if item.secret and given.get(key) == sealed(PLACEHOLDER):
                given[key] = old["groups"].get(name, {}).get(key)


def render(stored: Document, groups: Groups, kind: str, *, simple: bool = False) -> Json:
    """Return stored values as they are read back.

    Args:
        stored: from `parse`.
        groups: what is known; groups that were not sent appear too.
        kind: the configs' `type`, `JOB` or `LINK`.
        simple: only the name and the value of inputs that have one.
    """
    configs: list[Json] = []
    for number, (name, group) in enumerate(groups.items(), start=1):
        given = stored["groups"].get(name, {})
        inputs = _simple_inputs(given, group) if simple else _inputs(given, group)
        configs.append({"inputs": inputs or {}, "name": name, "id": number, "type": kind})
    return {"configs": configs, **stored["extra"]}


def _parse_inputs(inputs: Json, group: Group, *, decode: bool) -> dict[str, Json]:
    if inputs == {}:
        return {}
    if not isinstance(inputs, list) or not all(isinstance(item, dict) for item in inputs):
        raise invalid("Cdm.0018", "The job or link content is invalid: inputs must be a list.")
    parsed: dict[str, Json] = {}
    for item in inputs:
        name = str(item.get("name"))
        if name not in group.inputs and not group.is_open:
            raise invalid("Cdm.0089", f"Configuration item [{name}] does not exist.")
        # The page's table says `values`, its example and everything since say `value`.
        given = _as_stored(item.get("value", item.get("values")), decode=decode)
        if given is not None:
            is_secret = name in group.inputs and group.inputs[name].secret
            parsed[name] = sealed(given) if is_secret else given
    return parsed


def _as_stored(given: Json, *, decode: bool) -> Json:
    if isinstance(given, bool):
        return str(given).lower()
    if isinstance(given, int | float):
        return str(given)
    return unquote_plus(given) if decode and isinstance(given, str) else given


def _problem(item: Input, given: Json) -> str:
    """Say what is wrong with an input, if something is.

    Source: CDM API "Source Job Parameters" for the paths; the console's rules for the names of columns.
    """
    if given in (None, ""):
        return f"{item.name} must be specified." if item.mandatory else ""
    if item.type == "INTEGER" and not str(given).isdecimal():
        return f"{item.name} must be an integer."
    if item.name.endswith(".columnList") and "%" in str(given):
        return f"{item.name}: a column's name must not contain %."
    if item.name.endswith(".inputDirectory") and str(given).count("|") >= _PATHS_MAX:
        return f"{item.name} must have at most {_PATHS_MAX} paths."
    if item.choices and given not in item.choices:
        return f"{item.name} must be one of {', '.join(item.choices)}."
    return ""


def _inputs(given: dict[str, Json], group: Group) -> list[Json]:
    known = [metadata | _shown(item, given) for item, metadata in group.described]
    return known + _unknown(given, group)


def _simple_inputs(given: dict[str, Json], group: Group) -> list[Json]:
    # Most have neither a default nor a value.
    told = (item for item in group.inputs.values() if item.default is not None or item.name in given)
    shown = ((item, _shown(item, given)) for item in told)
    return [{"name": item.name, **value} for item, value in shown if value] + _unknown(given, group)


def _unknown(given: dict[str, Json], group: Group) -> list[Json]:
    return [{"name": name, "value": _encoded(value)} for name, value in given.items() if name not in group.inputs]


def _shown(item: Input, given: dict[str, Json]) -> dict[str, Json]:
    """Return the value as it is read back, or nothing when there is none."""
    stored = given.get(item.name, item.default)
    if stored is None:
        return {}
    if item.secret:
        return {"value": PLACEHOLDER}
    if item.type == "INTEGER" and str(stored).isdecimal():
        return {"value": int(stored)}
    return {"value": _encoded(stored)}


def _encoded(stored: Json) -> Json:
    if not isinstance(stored, str):
        return stored
    return _quoted_word(stored) if len(stored) <= _WORD_LENGTH else _quoted(stored)


def _quoted(text: str) -> str:
    return quote(text, safe="*")


_WORD_LENGTH: Final = 64
_quoted_word = lru_cache(maxsize=4096)(_quoted)
