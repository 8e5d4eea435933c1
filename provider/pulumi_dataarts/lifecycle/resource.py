"""The program's side: what a user's Pulumi program instantiates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, ClassVar

from pulumi import CustomResource, Output, ResourceOptions
from pulumi.dynamic import Resource
from pulumi.dynamic.dynamic import PROVIDER_KEY, serialize_provider

from pulumi_dataarts import lighter_sdk
from pulumi_dataarts.lifecycle.adapter import DynamicProvider
from pulumi_dataarts.lifecycle.fields import WriteOnly, fields_with

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
        model = self.provider.handler.inputs
        hidden = {
            name: Output.secret(arguments[name])
            for name in fields_with(model, WriteOnly)
            if arguments.get(name) is not None
        }
        pickled = _pickled(self.provider)  # type: ignore[arg-type]  # a class is hashable
        properties = {**dict.fromkeys(self.facts), **arguments, **hidden, PROVIDER_KEY: pickled}
        CustomResource.__init__(self, f"pulumi-python:{self._resource_type_name}", resource_name, properties, opts)


@cache
def _pickled(provider: type[DynamicProvider]) -> str:
    """Return the provider as `pulumi.dynamic` sends it: providers have no state, so one text serves a class."""
    return str(serialize_provider(provider()))
