"""A connector's inputs: from what a person writes to the one form that is compared, and to and from the wire.

In a declaration: `{"host": "10.0.0.5", "port": 3306, "jdbcProperties": {"socketTimeout": 600}}`. In normal
form all scalars are strings, as the service keeps them, maps stay maps, and names have lost their group's
prefix (`linkConfig.`). On the wire: `[{"name": "linkConfig.host", "value": "10.0.0.5"}, …]`.

Source: CDM API "Creating a Job in a Specified Cluster", "Job Parameter Description", "Link Parameter Description",
"Source Job Parameters", "Destination Job Parameters", "Querying a Job".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Annotated, Any, Final, TypeAlias
from urllib.parse import unquote

from pydantic import BeforeValidator

from pulumi_dataarts.cdm.wire import Config, ConfigValues, Input

Value: TypeAlias = Any
"""In normal form: a string, or a dict from string to string."""

Group: TypeAlias = Mapping[str, Value]

LINK: Final = "linkConfig"
SOURCE: Final = "fromJobConfig"
DESTINATION: Final = "toJobConfig"

_BOOLEANS: Final = ("true", "false")


def normal(value: Any) -> Value:
    """Return one input's value in normal form. Raises ValueError for what no input can be."""
    if isinstance(value, Mapping):
        return {str(key): scalar(item) for key, item in value.items() if item is not None}
    return scalar(value)


def scalar(value: Any) -> str:
    """Return a scalar as the string that the service keeps. Raises ValueError for anything else."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, str | int | float):
        return str(value)
    raise ValueError(f"a {type(value).__name__} is not an input's value: join its members, for columns with `&`")


def secret(value: Any) -> str:
    """Return a secret as text. Raises ValueError for anything but a scalar."""
    if isinstance(value, Mapping | list):
        raise ValueError(f"must be a text, not a {type(value).__name__}")  # noqa: TRY004  pydantic reports ValueErrors
    return scalar(value)


def without_prefix(group: str, inputs: Any) -> Any:
    """Accept names with their group's prefix, and leave out what is None."""
    if not isinstance(inputs, Mapping):
        return inputs
    return {str(name).removeprefix(f"{group}."): value for name, value in inputs.items() if value is not None}


def _nameless_groups(groups: Any) -> Any:
    if not isinstance(groups, Mapping):
        return groups
    return {group: without_prefix(str(group), inputs) for group, inputs in groups.items() if inputs is not None}


_Inputs = dict[str, Annotated[Any, BeforeValidator(normal)]]
_Secrets = dict[str, Annotated[str, BeforeValidator(secret)]]

LinkConfig = Annotated[_Inputs, BeforeValidator(partial(without_prefix, LINK))]
LinkSecrets = Annotated[_Secrets, BeforeValidator(partial(without_prefix, LINK))]
SourceConfig = Annotated[_Inputs, BeforeValidator(partial(without_prefix, SOURCE))]
SourceSecrets = Annotated[_Secrets, BeforeValidator(partial(without_prefix, SOURCE))]
DestinationConfig = Annotated[_Inputs, BeforeValidator(partial(without_prefix, DESTINATION))]
DestinationSecrets = Annotated[_Secrets, BeforeValidator(partial(without_prefix, DESTINATION))]
DriverConfig = Annotated[dict[str, _Inputs], BeforeValidator(_nameless_groups)]


def fold(groups: Mapping[str, Group]) -> ConfigValues:
    """Return groups as they travel. An input whose name has a prefix of its own keeps it (`dialect.…`)."""
    return ConfigValues(
        configs=[
            Config(
                name=group, inputs=[Input(name=_full_name(group, name), value=value) for name, value in inputs.items()]
            )
            for group, inputs in groups.items()
        ]
    )


def unfold(values: ConfigValues, is_secret: Callable[[str], bool]) -> dict[str, dict[str, Value]]:
    """Return what was read, group by group, in normal form: no secrets, nothing without a value."""
    return {config.name: dict(_readable(config, is_secret)) for config in values.configs}


def _readable(config: Config, is_secret: Callable[[str], bool]) -> Iterator[tuple[str, Value]]:
    for item in config.inputs:
        name = item.name.removeprefix(f"{config.name}.")
        if item.value is None or item.sensitive or is_secret(name) or isinstance(item.value, list):
            continue
        # Strings, and only they, come back percent-encoded, a space as `%20`.
        yield name, unquote(item.value) if isinstance(item.value, str) else normal(item.value)


def _full_name(group: str, name: str) -> str:
    return name if "." in name else f"{group}.{name}"


def settled(asked: Group, live: Group) -> dict[str, Value]:
    """Return live inputs, spelt as they were asked for where the service means the same by both spellings."""
    told = {name: _as_asked(asked.get(name), value) for name, value in live.items()}
    return told | {name: "" for name, value in asked.items() if value == "" and name not in told}


def _as_asked(asked: Value, live: Value) -> Value:
    if isinstance(asked, str) and isinstance(live, str):
        return asked if live.lower() == asked.lower() and asked.lower() in _BOOLEANS else live
    if isinstance(asked, Mapping) and isinstance(live, str) and _map(live) == asked:
        return asked
    if isinstance(asked, str) and isinstance(live, Mapping) and _map(asked) == live:
        return asked
    return live


def _map(text: str) -> Value:
    """Return the map that a text spells in JSON, in normal form; None for any other text."""
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return normal(value) if isinstance(value, dict) else None


def doubtful(groups: Mapping[str, Group]) -> Iterator[str]:
    """Yield the full names of inputs whose value has a `%` or a `+`.

    No page says whether the service decodes what it is sent. They are sent as they are.
    """
    for group, inputs in groups.items():
        for name, value in inputs.items():
            if any(mark in text for text in _texts(value) for mark in "%+"):
                yield _full_name(group, name)


def _texts(value: Value) -> Iterable[str]:
    return value.values() if isinstance(value, Mapping) else (str(value),)
