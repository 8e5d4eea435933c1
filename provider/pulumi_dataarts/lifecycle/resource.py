"""The program's side: what a user's Pulumi program instantiates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pulumi import Output, ResourceOptions
from pulumi.dynamic import Resource

from pulumi_dataarts.lifecycle.adapter import DynamicProvider
from pulumi_dataarts.lifecycle.fields import WriteOnly, fields_with


class DataArtsResource(Resource):
    """Base of every resource. A subclass names its provider and facts, and spells its arguments out.

    `facts` are the outputs that only the service knows. Write-only arguments are made secret here, so that they are
    encrypted in the state even where the program passes them in clear.
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
        properties = {**dict.fromkeys(self.facts), **arguments, **hidden}
        super().__init__(self.provider(), resource_name, properties, opts)
