"""Dynamic providers, as one configured `pulumi-python` provider serves them: in a host process, or in this one.

A dynamic provider knows no secrets: it gets plain values, and what it answers is marked again from what it was given.
It knows no previews either: there, the inputs stand for the outputs and nothing is made.

Source: pkg/resource/plugin/provider_plugin.go of the official engine.
"""

from __future__ import annotations

from pulumi_dataarts.engine.hosted import HostedProvider
from pulumi_dataarts.engine.hosts import HostPool
from pulumi_dataarts.engine.marking import annotated
from pulumi_dataarts.engine.providers import Checked, Difference, DiffUnavailable, Known, Live, Made, Provider
from pulumi_dataarts.engine.residents import ResidentPool
from pulumi_dataarts.engine.wire import PLAIN, PREVIEWED
from pulumi_dataarts.errors import ResourceFailed
from pulumi_dataarts.model import urns
from pulumi_dataarts.model.copies import replace
from pulumi_dataarts.model.values import Properties, has_unknown


class DynamicProvider:
    """Serves every resource that carries its own provider, by whoever has that provider."""

    def __init__(self, hosts: HostPool, residents: ResidentPool, config: Properties, *, dry_run: bool) -> None:
        accepts = PREVIEWED if dry_run else PLAIN
        self._hosted = HostedProvider(hosts, config, accepts)
        self._residents = residents.configured(config, accepts)
        self._dry_run = dry_run
        self._is_known = not has_unknown(config)

    def _serving(self, *properties: Properties) -> Provider:
        return self._residents.serving(*properties) or self._hosted

    async def check(self, urn: str, olds: Properties, news: Properties) -> Checked:
        """Validate and complete new inputs; without a known config they pass as they are."""
        if not self._is_known:
            return Checked(news)
        checked = await self._serving(news, olds).check(urn, olds, news)
        return replace(checked, inputs=annotated(checked.inputs, news))

    async def diff(self, old: Known, news: Properties, ignore_changes: tuple[str, ...]) -> Difference:
        """Compare.

        Unknown values are sent whether this is a preview or not: a dependent of what is about to be replaced is
        compared with values that are not there yet.
        """
        if not self._is_known:
            raise DiffUnavailable(
                "The provider for this resource has inputs that are not known during preview. "
                "This preview may not correctly represent the changes that will be applied during an update."
            )
        return await self._serving(news, old.outputs).diff(old, news, ignore_changes)

    async def create(self, urn: str, inputs: Properties, timeout_s: float) -> Made:
        """Make the object; in a preview, only say what is known of it."""
        if self._dry_run:
            return Made("", inputs if self._is_known else {})
        made = await self._serving(inputs).create(urn, inputs, timeout_s)
        if not made.id:
            raise ResourceFailed(f"the provider returned no id from creating {urns.parse(urn).name}")
        return replace(made, outputs=annotated(made.outputs, inputs))

    async def update(self, old: Known, news: Properties, ignore_changes: tuple[str, ...], timeout_s: float) -> Made:
        """Change the object; in a preview, only say what is known of it."""
        if self._dry_run:
            return Made(old.id, news if self._is_known else {})
        made = await self._serving(news).update(old, news, ignore_changes, timeout_s)
        return replace(made, id=old.id, outputs=annotated(made.outputs, news))

    async def read(self, known: Known, timeout_s: float) -> Live:
        """Look the object up."""
        if not self._is_known:
            return Live(known.id, {}, {})
        live = await self._serving(known.outputs, known.inputs).read(known, timeout_s)
        outputs = None if live.outputs is None else annotated(live.outputs, known.outputs)
        inputs = None if live.inputs is None else annotated(live.inputs, known.inputs)
        return replace(live, outputs=outputs, inputs=inputs)

    async def delete(self, known: Known, timeout_s: float) -> None:
        """Remove the object."""
        await self._serving(known.outputs).delete(known, timeout_s)
