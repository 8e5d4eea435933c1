"""An object that stands, as a program would declare it and as a state remembers it. Nothing is written anywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pulumi_dataarts.errors import ConfigError, NotFound
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.lifecycle.adapter import DynamicProvider
from pulumi_dataarts.lifecycle.changes import FINGERPRINTS, UNREAD, visible
from pulumi_dataarts.lifecycle.fields import Derived, fields_with
from pulumi_dataarts.lifecycle.handler import Live, restrict
from pulumi_dataarts.lifecycle.inputs import Inputs, check
from pulumi_dataarts.model.values import Properties

Secrets = Mapping[str, Sequence[str]]
"""By write-only argument, the names of the secrets in it."""


@dataclass(frozen=True)
class Found:
    """One object.

    Attributes:
        kind: its short type, such as `cdm:Job`.
        name: what the resource may be called in the program.
        id: the resource's.
        inputs: as `check` returns them.
        outputs: as a create would have left them.
        arguments: what a program has to say: neither defaults nor what is derived.
        secrets: what the object holds and nobody can read.
        provider: of its kind.
    """

    kind: str
    name: str
    id: str
    inputs: Properties
    outputs: Properties
    arguments: Properties
    provider: type[DynamicProvider]
    secrets: Secrets = field(default_factory=dict)


def looked_up(provider: type[DynamicProvider], id: str, session: Session) -> Live:
    """Return an object by its id alone. Raises NotFound where there is none, or nothing tells which it is."""
    live = provider.handler.read(id, {}, session)
    if live is None:
        raise NotFound(
            f"there is no {provider.handler.kind} {id}",
            hint="The id is as in `dataarts stack --show-ids`: <cluster>/<name>, <workspace>/<bucket>/<key>, <bucket>; "
            "a job of DataArts Factory that was made by hand is <workspace>/<name>, a Flink job its name.",
        )
    return live


def adopted(
    provider: type[DynamicProvider],
    kind: str,
    name: str,
    id: str,
    live: Live,
    *,
    said: Properties | None = None,
    secrets: Secrets | None = None,
) -> Found:
    """Return an object that was read. Raises ConfigError where `check` would refuse its declaration."""
    model = provider.handler.inputs
    derived = fields_with(model, Derived)
    told = {key: value for key, value in live.declared.items() if key not in derived and value is not None}
    inputs, mistakes = check(model, {**told, **(said or {})})
    if mistakes:
        reasons = "\n".join(f"  {item.path}: {item.reason}" for item in mistakes)
        raise ConfigError(
            f"{provider.handler.kind} {id} cannot be declared as it stands:\n{reasons}",
            hint="What the service does not tell is given by --argument NAME=VALUE.",
        )
    asked = visible(model, inputs)
    marks = dict.fromkeys(secrets or {}, UNREAD)
    outputs = {**asked, **restrict(model, asked, live.declared), **live.facts}
    return Found(
        kind=kind,
        name=name,
        id=id,
        inputs=inputs,
        outputs={**outputs, FINGERPRINTS: marks} if marks else outputs,
        arguments=_arguments(model, inputs, derived),
        provider=provider,
        secrets=secrets or {},
    )


def _arguments(model: type[Inputs], inputs: Properties, derived: Sequence[str]) -> Properties:
    defaults = {name: info.get_default(call_default_factory=True) for name, info in model.model_fields.items()}
    return {name: value for name, value in inputs.items() if name not in derived and value != defaults[name]}
