"""Dynamic providers, as one configured `pulumi-python` provider serves them: in a host process, or in this one.

A dynamic provider knows no secrets: it gets plain values, and what it answers is marked again from what it was given.
It knows no previews either: there, the inputs stand for the outputs and nothing is made.

Source: pulumi-dynamic-provider.md sections 2, 4 and 5; pkg/resource/plugin/provider_plugin.go of the official engine.
"""

from __future__ import annotations

import json
from typing import Any, Final

from pulumi.runtime.proto import provider_pb2, status_pb2

from pulumi_dataarts.engine.hosts import Answer, CallFailed, Host, HostPool
from pulumi_dataarts.engine.marking import annotated
from pulumi_dataarts.engine.provider_host import DISPLAY_KEY
from pulumi_dataarts.engine.providers import (
    Checked,
    Difference,
    DiffUnavailable,
    Failure,
    Known,
    Live,
    Made,
    require_id,
)
from pulumi_dataarts.engine.residents import ResidentPool
from pulumi_dataarts.engine.wire import EVERYTHING, PLAIN, PREVIEWED, from_struct, to_struct
from pulumi_dataarts.model import urns
from pulumi_dataarts.model.values import Properties, has_unknown

_KINDS: Final = {
    provider_pb2.PropertyDiff.ADD: "add",
    provider_pb2.PropertyDiff.ADD_REPLACE: "add-replace",
    provider_pb2.PropertyDiff.DELETE: "delete",
    provider_pb2.PropertyDiff.DELETE_REPLACE: "delete-replace",
    provider_pb2.PropertyDiff.UPDATE: "update",
    provider_pb2.PropertyDiff.UPDATE_REPLACE: "update-replace",
}
_CHANGES: Final = {
    provider_pb2.DiffResponse.DIFF_UNKNOWN: None,
    provider_pb2.DiffResponse.DIFF_NONE: False,
    provider_pb2.DiffResponse.DIFF_SOME: True,
}


class DynamicProvider:
    """Serves every resource that carries its own provider. A host process is started when the first one needs it."""

    def __init__(self, hosts: HostPool, residents: ResidentPool, config: Properties, *, dry_run: bool) -> None:
        self._hosts = hosts
        self._residents = residents
        self._config = config
        self._dry_run = dry_run
        self._is_known = not has_unknown(config)
        self._accepts = PREVIEWED if dry_run else PLAIN

    async def _call(self, method: str, request: Any) -> Answer:
        host = await self._hosts.host_for(self, self._configure)
        return await host.call(method, request)

    async def _configure(self, host: Host) -> None:
        arguments = to_struct(self._config, EVERYTHING)
        await host.call("Configure", provider_pb2.ConfigureRequest(acceptSecrets=True, args=arguments))

    async def check(self, urn: str, olds: Properties, news: Properties) -> Checked:
        """Validate and complete new inputs; without a known config they pass as they are."""
        if not self._is_known:
            return Checked(news)
        if resident := self._residents.serving(self, self._config, news, olds):
            return await resident.check(olds, news, self._accepts)
        request = provider_pb2.CheckRequest(
            urn=urn,
            name=name_of(urn),
            type=type_of(urn),
            olds=to_struct(olds, self._accepts),
            news=to_struct(news, self._accepts),
        )
        response = (await self._call("Check", request)).message
        failures = tuple(Failure(item.property, item.reason) for item in response.failures)
        return Checked(annotated(from_struct(response.inputs), news), failures)

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
        if resident := self._residents.serving(self, self._config, news, old.outputs):
            return await resident.diff(old, news)
        request = provider_pb2.DiffRequest(
            urn=old.urn,
            name=name_of(old.urn),
            type=type_of(old.urn),
            id=old.id,
            old_inputs=to_struct(old.inputs, PREVIEWED),
            olds=to_struct(old.outputs, PREVIEWED),
            news=to_struct(news, PREVIEWED),
            ignoreChanges=ignore_changes,
        )
        return _difference(await self._call("Diff", request))

    async def create(self, urn: str, inputs: Properties, timeout_s: float) -> Made:
        """Make the object; in a preview, only say what is known of it."""
        if self._dry_run:
            return Made("", inputs if self._is_known else {})
        if resident := self._residents.serving(self, self._config, inputs):
            return await resident.create(urn, inputs, timeout_s)
        request = provider_pb2.CreateRequest(
            urn=urn, name=name_of(urn), type=type_of(urn), properties=to_struct(inputs, PLAIN), timeout=timeout_s
        )
        try:
            message = (await self._call("Create", request)).message
            made = Made(message.id, from_struct(message.properties))
        except CallFailed as error:
            made = _made_in_part(error)
        return Made(require_id(made.id, urn), annotated(made.outputs, inputs), made.init_errors)

    async def update(self, old: Known, news: Properties, ignore_changes: tuple[str, ...], timeout_s: float) -> Made:
        """Change the object; in a preview, only say what is known of it."""
        if self._dry_run:
            return Made(old.id, news if self._is_known else {})
        if resident := self._residents.serving(self, self._config, news):
            return await resident.update(old, news, timeout_s)
        request = provider_pb2.UpdateRequest(
            urn=old.urn,
            name=name_of(old.urn),
            type=type_of(old.urn),
            id=old.id,
            old_inputs=to_struct(old.inputs, PLAIN),
            olds=to_struct(old.outputs, PLAIN),
            news=to_struct(news, PLAIN),
            ignoreChanges=ignore_changes,
            timeout=timeout_s,
        )
        try:
            made = Made(old.id, from_struct((await self._call("Update", request)).message.properties))
        except CallFailed as error:
            made = _made_in_part(error)
        return Made(old.id, annotated(made.outputs, news), made.init_errors)

    async def read(self, known: Known, timeout_s: float) -> Live:
        """Look the object up."""
        if not self._is_known:
            return Live(known.id, {}, {})
        if resident := self._residents.serving(self, self._config, known.outputs, known.inputs):
            return await resident.read(known, timeout_s)
        request = provider_pb2.ReadRequest(
            urn=known.urn,
            name=name_of(known.urn),
            type=type_of(known.urn),
            id=known.id,
            inputs=to_struct(known.inputs, PLAIN),
            properties=to_struct(known.outputs, PLAIN),
            timeout=timeout_s,
        )
        try:
            message = (await self._call("Read", request)).message
            live = Live(message.id, _given(message, "properties"), _given(message, "inputs"))
        except CallFailed as error:
            live = _read_in_part(error)
        outputs = None if live.outputs is None else annotated(live.outputs, known.outputs)
        inputs = None if live.inputs is None else annotated(live.inputs, known.inputs)
        return Live(live.id, outputs, inputs, live.init_errors)

    async def delete(self, known: Known, timeout_s: float) -> None:
        """Remove the object."""
        if resident := self._residents.serving(self, self._config, known.outputs):
            await resident.delete(known, timeout_s)
            return
        request = provider_pb2.DeleteRequest(
            urn=known.urn,
            name=name_of(known.urn),
            type=type_of(known.urn),
            id=known.id,
            old_inputs=to_struct(known.inputs, PLAIN),
            properties=to_struct(known.outputs, PLAIN),
            timeout=timeout_s,
        )
        await self._call("Delete", request)


def name_of(urn: str) -> str:
    """Return the name that a URN ends with."""
    return urns.parse(urn).name


def type_of(urn: str) -> str:
    """Return the resource's own type token."""
    return urns.parse(urn).type


def _difference(answer: Answer) -> Difference:
    message = answer.message
    display = json.loads(answer.trailing.get(DISPLAY_KEY, b"{}"))
    paths = {path: _KINDS[item.kind] for path, item in message.detailedDiff.items()}
    return Difference(
        changes=_CHANGES[message.changes],
        replaces=tuple(message.replaces),
        changed=tuple(message.diffs),
        paths=paths if message.hasDetailedDiff or paths else None,
        delete_before_replace=message.deleteBeforeReplace,
        effects=tuple(display.get("effects", ())),
        reasons=tuple(display.get("reasons", ())),
    )


def _init_failure(error: CallFailed) -> Any:
    """Return the detail of a call that left an object behind; where there is none, the call simply failed."""
    status = status_pb2.Status.FromString(error.details)
    for detail in status.details:
        failure = provider_pb2.ErrorResourceInitFailed()
        if detail.Unpack(failure):
            return failure
    raise error


def _made_in_part(error: CallFailed) -> Made:
    failure = _init_failure(error)
    return Made(failure.id, from_struct(failure.properties), tuple(failure.reasons))


def _read_in_part(error: CallFailed) -> Live:
    failure = _init_failure(error)
    return Live(failure.id, _given(failure, "properties"), _given(failure, "inputs"), tuple(failure.reasons))


def _given(message: Any, field: str) -> Properties | None:
    return from_struct(getattr(message, field)) if message.HasField(field) else None
