"""The program's side: what a user's Pulumi program instantiates."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import pulumi
from pulumi import CustomResource, Output, ResourceOptions
from pulumi.dynamic import Resource
from pulumi.dynamic.dynamic import PROVIDER_KEY, serialize_provider

from pulumi_dataarts import lighter_sdk
from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.lifecycle.adapter import DynamicProvider
from pulumi_dataarts.lifecycle.fields import WriteOnly, fields_with
from pulumi_dataarts.lifecycle.shards import sharded

lighter_sdk.apply()


class DataArtsResource(Resource):
    """Base of every resource. A subclass names its provider and facts, and spells its arguments out.

    `facts` are the outputs that only the service knows. Write-only arguments are made secret here, so that they are
    encrypted in the state even where the program passes them in clear.

    What is registered is what `Resource` would register. Its constructor is passed over because it pickles the provider
    anew for each resource, each time a stack level deeper.
    """

    provider: ClassVar[type[DynamicProvider]]
    facts: ClassVar[Sequence[str]] = ()

    def __init__(self, resource_name: str, arguments: Mapping[str, Any], opts: ResourceOptions | None) -> None:
        _require_release(pulumi.Config("dataarts").get("release"))
        model = self.provider.handler.inputs
        hidden = {
            name: Output.secret(arguments[name])
            for name in fields_with(model, WriteOnly)
            if arguments.get(name) is not None
        }
        pickled = _pickled(self.provider)  # type: ignore[arg-type]  # a class is hashable
        properties = {**dict.fromkeys(self.facts), **arguments, **hidden, PROVIDER_KEY: pickled}
        type = f"pulumi-python:{self._resource_type_name}"
        CustomResource.__init__(self, type, resource_name, properties, sharded(resource_name, opts))


@cache
def _pickled(provider: type[DynamicProvider]) -> str:
    """Return the provider as `pulumi.dynamic` sends it: providers have no state, so one text serves a class."""
    return str(serialize_provider(provider()))


@cache
def _require_release(pin: str | None) -> None:
    """Refuse to run another program than that of the release which the stack's configuration names.

    `dataarts` runs that one by itself; the official CLI runs what lies in the folder it is started in.

    Raises:
        ConfigError: this is another program.
    """
    if pin is None:
        return
    here = Path.cwd()
    marks = (folder / "release.json" for folder in (here, *here.parents))
    if not any(mark.is_file() and f"sha256:{json.loads(mark.read_bytes()).get('digest')}" == pin for mark in marks):
        raise ConfigError(
            f"the stack runs release {pin}, and the program in {here} is not its",
            hint="Run `dataarts`, or extract the release and run `pulumi` there: `dataarts release extract PIN DIR`.",
        )
