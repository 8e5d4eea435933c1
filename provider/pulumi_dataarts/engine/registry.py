"""Providers as resources: their own checks, diffs and ids, and which provider serves a reference.

Source: pkg/resource/deploy/providers/registry.go of the official engine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final
from uuid import uuid4

from pulumi_dataarts.engine.providers import Checked, Difference, Failure, Known, Live, Made, Provider
from pulumi_dataarts.engine.wire import UNKNOWN_ID
from pulumi_dataarts.errors import ResourceFailed
from pulumi_dataarts.model import urns
from pulumi_dataarts.model.snapshots import ResourceState
from pulumi_dataarts.model.values import Properties

DYNAMIC: Final = "pulumi-python"
BUILTIN: Final = "pulumi"
_INTERNAL: Final = "__internal"


class Registry:
    """The configured providers by reference; and, to the engine, the provider of provider resources."""

    def __init__(self, make: Mapping[str, Callable[[Properties], Provider]], *, dry_run: bool) -> None:
        self._make = make
        self._dry_run = dry_run
        self._providers: dict[str, Provider] = {}

    def find(self, reference: str) -> Provider | None:
        """Return the provider of a reference, if it has been configured."""
        return self._providers.get(reference)

    def adopt(self, state: ResourceState) -> None:
        """Configure a provider as its resource says, unless it is; also under the URNs that it had before."""
        for urn in (state.urn, *state.aliases):
            reference = urns.provider_reference(urn, state.id)
            if reference not in self._providers:
                self._configure(urn, state.id, state.inputs)

    def _configure(self, urn: str, id: str, inputs: Properties) -> None:
        package = _package(urn)
        if package not in self._make:
            raise ResourceFailed(f"package {package!r}: {_refusal(package)}")
        provider = self._make[package](_config(inputs))
        self._providers[urns.provider_reference(urn, id)] = provider

    async def check(self, urn: str, olds: Properties, news: Properties) -> Checked:
        """Take any config; refuse packages that need a plugin."""
        package = _package(urn)
        return Checked(news, () if package in self._make else (Failure("", _refusal(package)),))

    async def diff(self, old: Known, news: Properties, ignore_changes: tuple[str, ...]) -> Difference:
        """Compare the config that is in use with the new one, secrets and all."""
        return Difference(changes=_without_nulls(old.outputs) != _without_nulls(_config(news)))

    async def create(self, urn: str, inputs: Properties, timeout_s: float) -> Made:
        """Configure a new provider; its id is made up, and not known in a preview."""
        id = UNKNOWN_ID if self._dry_run else str(uuid4())
        self._configure(urn, id, inputs)
        return Made(id, _config(inputs))

    async def update(self, old: Known, news: Properties, ignore_changes: tuple[str, ...], timeout_s: float) -> Made:
        """Configure a provider anew; its id, and so every reference to it, stays."""
        self._configure(old.urn, old.id, news)
        return Made(old.id, _config(news))

    async def read(self, known: Known, timeout_s: float) -> Live:
        """Refuse: there is nothing to look up."""
        raise ResourceFailed("provider resources cannot be read")

    async def delete(self, known: Known, timeout_s: float) -> None:
        """Forget the provider; its process ends with the run."""
        self._providers.pop(urns.provider_reference(known.urn, known.id), None)


def _package(urn: str) -> str:
    return urns.parse(urn).type.removeprefix(urns.PROVIDER_PREFIX)


def _config(inputs: Properties) -> Properties:
    return {key: value for key, value in inputs.items() if key != _INTERNAL}


def _without_nulls(properties: Properties) -> Properties:
    return {key: value for key, value in properties.items() if value is not None}


def _refusal(package: str) -> str:
    return (
        f"its provider is a plugin, and this engine runs dynamic providers only; "
        f"use the official `pulumi` for programs with {package!r} resources"
    )
