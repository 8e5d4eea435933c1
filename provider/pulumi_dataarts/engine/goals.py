"""What a program asks for: a registration request as a value.

Source: pkg/resource/deploy/source_eval.go of the official engine.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit

from pulumi_dataarts.engine.wire import from_struct, from_value
from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.model import urns
from pulumi_dataarts.model.copies import replace
from pulumi_dataarts.model.values import Properties, Value

_DURATION_PART: Final = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)")
_UNIT_S: Final = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_TIMEOUTS: Final = ("create", "update", "delete", "read")
_TYPE_SEGMENTS: Final = 3
# The moments of a resource's life that have hooks, as requests and as states call them.
_HOOKS: Final = {
    "before_create": "BeforeCreate",
    "after_create": "AfterCreate",
    "before_update": "BeforeUpdate",
    "after_update": "AfterUpdate",
    "before_delete": "BeforeDelete",
    "after_delete": "AfterDelete",
    "on_error": "OnError",
}


@dataclass(frozen=True)
class Alias:
    """An earlier identity: a URN, or the parts in which it differed. Empty parts are as they are now."""

    urn: str = ""
    name: str = ""
    type: str = ""
    parent: str = ""
    has_no_parent: bool = False
    project: str = ""
    stack: str = ""


@dataclass(frozen=True)
class Goal:
    """What a registration asks for. None in an option says that it was not given, and is the parent's.

    `provider` is a reference, empty for components and providers. `providers` are those that a component hands on, by
    package. `custom_timeouts` are in seconds. `hooks` are names by moment, as states have them.
    """

    type: str
    name: str
    custom: bool
    inputs: Properties = field(default_factory=dict)
    parent: str = ""
    provider: str = ""
    providers: Mapping[str, str] = field(default_factory=dict)
    dependencies: tuple[str, ...] = ()
    property_dependencies: dict[str, tuple[str, ...]] = field(default_factory=dict)
    protect: bool | None = None
    retain_on_delete: bool | None = None
    deleted_with: str = ""
    replace_with: tuple[str, ...] = ()
    delete_before_replace: bool | None = None
    ignore_changes: tuple[str, ...] = ()
    replace_on_changes: tuple[str, ...] = ()
    replacement_trigger: Value = None
    additional_secret_outputs: tuple[str, ...] = ()
    aliases: tuple[Alias, ...] = ()
    import_id: str = ""
    custom_timeouts: dict[str, float] = field(default_factory=dict)
    hide_diffs: tuple[str, ...] = ()
    hooks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    source_position: str = ""

    @property
    def package(self) -> str:
        """The package of the type: `pulumi-python` for dynamic resources."""
        return self.type.partition(":")[0]


def goal_of(request: Any, root: Path) -> Goal:
    """Return the goal of a RegisterResourceRequest; `root` is where Pulumi.yaml is.

    Raises:
        ConfigError: something in it cannot be meant.
    """
    if request.custom and request.type.count(":") != _TYPE_SEGMENTS - 1:
        raise ConfigError(f"{request.name}: the type {request.type!r} is not of the form package:module:name")
    inputs = from_struct(request.object)
    has_before = request.deleteBeforeReplaceDefined or request.deleteBeforeReplace
    return Goal(
        type=request.type,
        name=request.name,
        custom=request.custom,
        inputs=inputs,
        parent=request.parent,
        provider=request.provider,
        providers=dict(request.providers),
        dependencies=tuple(dict.fromkeys(request.dependencies)),
        property_dependencies=_property_dependencies(request, inputs),
        protect=request.protect if request.HasField("protect") else None,
        retain_on_delete=request.retainOnDelete if request.HasField("retainOnDelete") else None,
        deleted_with=request.deletedWith,
        replace_with=tuple(request.replace_with),
        delete_before_replace=request.deleteBeforeReplace if has_before else None,
        ignore_changes=tuple(request.ignoreChanges),
        replace_on_changes=tuple(request.replaceOnChanges),
        replacement_trigger=_trigger(request),
        additional_secret_outputs=tuple(request.additionalSecretOutputs),
        aliases=_aliases(request),
        import_id=request.importId,
        custom_timeouts=_timeouts(request.customTimeouts) if request.HasField("customTimeouts") else {},
        hide_diffs=tuple(request.hideDiffs),
        hooks=_hooks(request.hooks) if request.HasField("hooks") else {},
        source_position=source_position(request.sourcePosition, root),
    )


def _property_dependencies(request: Any, inputs: Properties) -> dict[str, tuple[str, ...]]:
    """Where a program says nothing of single properties, each depends on everything."""
    if not request.propertyDependencies:
        return dict.fromkeys(inputs, tuple(dict.fromkeys(request.dependencies)))
    given = {key: tuple(dict.fromkeys(item.urns)) for key, item in request.propertyDependencies.items()}
    return {**dict.fromkeys(inputs, ()), **given}


def _trigger(request: Any) -> Value:
    return from_value(request.replacement_trigger) if request.HasField("replacement_trigger") else None


def _aliases(request: Any) -> tuple[Alias, ...]:
    return (*(Alias(urn=urn) for urn in request.aliasURNs), *(_alias(item) for item in request.aliases))


def _alias(message: Any) -> Alias:
    if not message.HasField("spec"):
        return Alias(urn=message.urn)
    spec = message.spec
    return Alias(
        name=spec.name,
        type=spec.type,
        parent=spec.parentUrn,
        has_no_parent=spec.noParent,
        project=spec.project,
        stack=spec.stack,
    )


def _hooks(binding: Any) -> dict[str, tuple[str, ...]]:
    found = {moment: tuple(getattr(binding, field)) for field, moment in _HOOKS.items()}
    return {moment: names for moment, names in found.items() if names}


def _timeouts(message: Any) -> dict[str, float]:
    given = {name: getattr(message, name) for name in _TIMEOUTS}
    return {name: seconds for name, text in given.items() if text and (seconds := seconds_of(text))}


def seconds_of(duration: str) -> float:
    """Return the seconds of a Go duration such as `1h5m30.5s`.

    Raises:
        ConfigError: it is none.
    """
    sign, text = (-1, duration[1:]) if duration.startswith("-") else (1, duration.removeprefix("+"))
    parts = _DURATION_PART.findall(text)
    if text != "0" and (not parts or "".join(number + unit for number, unit in parts) != text):
        raise ConfigError(f"{duration!r} is not a duration", hint="Write it like `90s`, `5m` or `1h30m`.")
    return sign * float(sum(float(number) * _UNIT_S[unit] for number, unit in parts))


def source_position(position: Any, root: Path) -> str:
    """Return a position as states have it, `project:///<path from the root>#<line>`; empty where there is none."""
    file = _within_project(position.uri, root)
    column = f",{position.column}" if position.column else ""
    return f"{file}#{position.line}{column}" if file else ""


@lru_cache
def _within_project(uri: str, root: Path) -> str:
    parts = urlsplit(uri)
    return f"project:///{quote(os.path.relpath(unquote(parts.path), root))}" if parts.scheme == "file" else ""


def read_goal_of(request: Any, root: Path) -> Goal:
    """Return the goal of a ReadResourceRequest: a custom resource that is only looked at."""
    if request.type.count(":") != _TYPE_SEGMENTS - 1:
        raise ConfigError(f"{request.name}: the type {request.type!r} is not of the form package:module:name")
    return Goal(
        type=request.type,
        name=request.name,
        custom=True,
        inputs=from_struct(request.properties),
        parent=request.parent,
        provider=request.provider,
        dependencies=tuple(dict.fromkeys(request.dependencies)),
        additional_secret_outputs=tuple(request.additionalSecretOutputs),
        source_position=source_position(request.sourcePosition, root),
    )


def inherited(goal: Goal, parent: Goal | None, handed_on: Mapping[str, str]) -> Goal:
    """Return a goal with what it does not say taken from its parent.

    Args:
        goal: as the program gave it.
        parent: the parent's goal, if that was registered in this run.
        handed_on: the providers, by package, that a component parent hands on.
    """
    if parent is not None:
        goal = replace(
            goal,
            protect=parent.protect if goal.protect is None else goal.protect,
            retain_on_delete=parent.retain_on_delete if goal.retain_on_delete is None else goal.retain_on_delete,
            deleted_with=goal.deleted_with or parent.deleted_with,
            provider=goal.provider or _provider_of_parent(goal, parent),
        )
    if not goal.custom:
        return replace(goal, provider="", providers={**handed_on, **goal.providers})
    if urns.is_provider_type(goal.type):
        return replace(goal, provider="")
    return replace(goal, provider=goal.provider or goal.providers.get(goal.package) or handed_on.get(goal.package, ""))


def _provider_of_parent(goal: Goal, parent: Goal) -> str:
    if not parent.provider:
        return ""
    urn, _ = urns.split_reference(parent.provider)
    return parent.provider if urns.parse(urn).type == f"{urns.PROVIDER_PREFIX}{goal.package}" else ""
