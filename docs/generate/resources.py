"""The reference of resources, from the resources themselves: each field, what a change means, its source."""

from __future__ import annotations

import inspect
from typing import Any

from pulumi_dataarts import cdm, dlf, dli, obs
from pulumi_dataarts.lifecycle.fields import (
    Derived,
    KeyedBy,
    Local,
    NotCompared,
    Replaces,
    ServerFills,
    Unordered,
    WriteOnly,
    rules,
)

RESOURCES = [
    member
    for module in (cdm, dlf, dli, obs)
    for name in module.__all__
    if inspect.isclass(member := getattr(module, name))
]
WORDS = {
    Replaces: "makes the object anew",
    WriteOnly: "updates in place; secret, known by its fingerprint alone",
    Local: "is recorded without a call",
    NotCompared: "is no difference",
    Derived: "is computed, never given",
}
COMPARED = {
    KeyedBy: "compared by name",
    ServerFills: "only what is declared is compared",
    Unordered: "compared without order",
}
HEAD = """# Resources

Made from the code by `make docs`. *A change* says what a change of the field's value means. Facts are outputs that only
the service knows. A source is a page of the service's API reference, by its title: [CDM][], [DataArts Factory][],
[DLI][], [OBS][].

[CDM]: https://support.huaweicloud.com/intl/en-us/api-cdm
[DataArts Factory]: https://support.huaweicloud.com/intl/en-us/api-dataartsstudio
[DLI]: https://support.huaweicloud.com/intl/en-us/api-dli
[OBS]: https://support.huaweicloud.com/intl/en-us/api-obs
"""


def page() -> str:
    """Return the whole page."""
    return "\n".join([HEAD, *(section(resource) for resource in RESOURCES)])


def section(resource: Any) -> str:
    """Return one resource's part: what it is, its fields, its facts."""
    handler = resource.provider.handler
    lines = [f"## {handler.kind}", "", *(line.strip() for line in (resource.__doc__ or "").strip().splitlines()), ""]
    lines += ["| field | default | a change | what it is |", "| --- | --- | --- | --- |"]
    lines += [row(handler.inputs, name) for name in handler.inputs.model_fields]
    facts = ", ".join(f"`{name}`" for name in resource.facts)
    return "\n".join([*lines, "", f"Facts: {facts or 'none'}.", ""])


def row(model: Any, name: str) -> str:
    """Return one field's row."""
    info = model.model_fields[name]
    default = "required" if info.is_required() else f"`{info.get_default(call_default_factory=True)!r}`"
    description = " ".join((info.description or "").split()).replace("|", "\\|")
    return f"| `{name}` | {default} | {meaning(model, name)} | {description} |"


def meaning(model: Any, name: str) -> str:
    """Return what a change of the field means, from the marks on it."""
    marks = rules(model)[name]
    said = [WORDS[type(mark)] for mark in marks if type(mark) in WORDS] or ["updates in place"]
    said += [COMPARED[type(mark)] for mark in marks if type(mark) in COMPARED]
    said += [mark.because for mark in marks if isinstance(mark, Replaces) and mark.because]
    return "; ".join(said)
