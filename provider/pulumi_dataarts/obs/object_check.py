"""`obs.ObjectCheck`: that an object lies in OBS, looked for when it is declared, again when its triggers change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

import pulumi
from pydantic import Field

from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.lifecycle.adapter import DynamicProvider
from pulumi_dataarts.lifecycle.fields import Local, Replaces
from pulumi_dataarts.lifecycle.handler import Live, Made
from pulumi_dataarts.lifecycle.happenings import Happening
from pulumi_dataarts.lifecycle.inputs import Inputs
from pulumi_dataarts.lifecycle.resource import DataArtsResource
from pulumi_dataarts.obs import presence

FACTS: Final = ("objects", "size_bytes")


class ObjectCheckInputs(Inputs):
    """What an `ObjectCheck` is given."""

    object: Annotated[
        str,
        Replaces("another object is looked for"),
        Field(
            pattern=presence.PATTERN,
            description="Address `obs://bucket/key`; one that ends with `/` means at least one object in that folder. "
            "Source: listing objects (obs_04_0022).",
        ),
    ]
    min_bytes: Annotated[
        int,
        Replaces("another size is expected"),
        Field(ge=0, description="Fail if there are fewer bytes in all. Source: ours."),
    ] = 1
    triggers: Annotated[
        dict[str, Any],
        Replaces("a trigger changed"),
        Field(description="Any values; a change of one of them looks anew. Source: ours."),
    ] = {}
    deadline_s: Annotated[
        float, Local(), Field(ge=0, description="How long to wait for it, in seconds; 0 looks once. Source: ours.")
    ] = 0.0


class ObjectCheckHandler(Happening[ObjectCheckInputs]):
    """The meaning of a check: what was found once was there. The id is the address."""

    kind = "obs.ObjectCheck"
    inputs = ObjectCheckInputs
    identity = ("object", "min_bytes", "triggers")
    facts = FACTS

    def create(self, inputs: ObjectCheckInputs, session: Session) -> Made:
        """Look, until it is there or the time is over."""
        found = presence.awaited(session, inputs.object, inputs.min_bytes, inputs.deadline_s)
        return Made(inputs.object, {"objects": found.objects, "size_bytes": found.size_bytes})

    def read(self, id: str, known: Mapping[str, Any], session: Session) -> Live | None:
        """Return what was found when it was looked for; for an import what is there now."""
        if known:
            return Live({"object": id}, self.remembered(known))
        found = presence.look(session, id)
        facts = {"objects": found.objects, "size_bytes": found.size_bytes}
        return Live({"object": id}, facts) if found.objects else None


class ObjectCheckProvider(DynamicProvider):
    """The dynamic provider of obs.ObjectCheck."""

    handler = ObjectCheckHandler()


class ObjectCheck(DataArtsResource, module="obs", name="ObjectCheck"):
    """That an object, or something in a folder, lies in OBS: what a run before it should have brought.

    Created means found; where it is not there in time, the `up` fails. It is looked for again when its triggers
    change, and never otherwise: a refresh asks nothing, since what a pipeline takes away later was there all the same.
    Deleting it deletes nothing.

    Source: listing objects (obs_04_0022).
    """

    provider = ObjectCheckProvider
    facts = FACTS

    object: pulumi.Output[str]
    objects: pulumi.Output[int]
    size_bytes: pulumi.Output[int]

    def __init__(
        self,
        resource_name: str,
        *,
        object: pulumi.Input[str],
        min_bytes: pulumi.Input[int] | None = None,
        triggers: pulumi.Input[Mapping[str, Any]] | None = None,
        deadline_s: pulumi.Input[float] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        arguments = {"object": object, "min_bytes": min_bytes, "triggers": triggers, "deadline_s": deadline_s}
        super().__init__(resource_name, arguments, opts)
