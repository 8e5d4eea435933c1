"""Dynamic providers in a host process, over gRPC: requests packed, answers unpacked.

Source: pkg/resource/plugin/provider_plugin.go of the official engine.
"""

from __future__ import annotations

import json
from typing import Any, Final

from pulumi.runtime.proto import provider_pb2, status_pb2

from pulumi_dataarts.engine.hosts import Answer, CallFailed, Host, HostPool
from pulumi_dataarts.engine.provider_host import DISPLAY_KEY
from pulumi_dataarts.engine.providers import Checked, Difference, Failure, Known, Live, Made
from pulumi_dataarts.engine.wire import EVERYTHING, PLAIN, PREVIEWED, Accepts, from_struct, to_struct
from pulumi_dataarts.model import urns
from pulumi_dataarts.model.values import Properties

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


class HostedProvider:
    """The providers of one configured `pulumi-python` provider, in a process started when it is first needed."""

    def __init__(self, hosts: HostPool, config: Properties, accepts: Accepts) -> None:
        self._hosts = hosts
        self._config = config
        self._accepts = accepts

    async def _call(self, method: str, request: Any) -> Answer:
        host = await self._hosts.host_for(self, self._configure)
        return await host.call(method, request)

    async def _configure(self, host: Host) -> None:
        arguments = to_struct(self._config, EVERYTHING)
        await host.call("Configure", provider_pb2.ConfigureRequest(acceptSecrets=True, args=arguments))

    async def check(self, urn: str, olds: Properties, news: Properties) -> Checked:
        """Validate and complete new inputs."""
        request = provider_pb2.CheckRequest(
            **_named(urn), olds=to_struct(olds, self._accepts), news=to_struct(news, self._accepts)
        )
        response = (await self._call("Check", request)).message
        failures = tuple(Failure(item.property, item.reason) for item in response.failures)
        return Checked(from_struct(response.inputs), failures)

    async def diff(self, old: Known, news: Properties, ignore_changes: tuple[str, ...]) -> Difference:
        """Compare."""
        request = provider_pb2.DiffRequest(
            **_named(old.urn),
            id=old.id,
            old_inputs=to_struct(old.inputs, PREVIEWED),
            olds=to_struct(old.outputs, PREVIEWED),
            news=to_struct(news, PREVIEWED),
            ignoreChanges=ignore_changes,
        )
        return _difference(await self._call("Diff", request))

    async def create(self, urn: str, inputs: Properties, timeout_s: float) -> Made:
        """Make the object."""
        request = provider_pb2.CreateRequest(**_named(urn), properties=to_struct(inputs, PLAIN), timeout=timeout_s)
        try:
            message = (await self._call("Create", request)).message
        except CallFailed as error:
            return _made_in_part(error)
        return Made(message.id, from_struct(message.properties))

    async def update(self, old: Known, news: Properties, ignore_changes: tuple[str, ...], timeout_s: float) -> Made:
        """Change the object."""
        request = provider_pb2.UpdateRequest(
            **_named(old.urn),
            id=old.id,
            old_inputs=to_struct(old.inputs, PLAIN),
            olds=to_struct(old.outputs, PLAIN),
            news=to_struct(news, PLAIN),
            ignoreChanges=ignore_changes,
            timeout=timeout_s,
        )
        try:
            message = (await self._call("Update", request)).message
        except CallFailed as error:
            return _made_in_part(error)
        return Made(old.id, from_struct(message.properties))

    async def read(self, known: Known, timeout_s: float) -> Live:
        """Look the object up."""
        request = provider_pb2.ReadRequest(
            **_named(known.urn),
            id=known.id,
            inputs=to_struct(known.inputs, PLAIN),
            properties=to_struct(known.outputs, PLAIN),
            timeout=timeout_s,
        )
        try:
            message = (await self._call("Read", request)).message
        except CallFailed as error:
            return _read_in_part(error)
        return Live(message.id, _given(message, "properties"), _given(message, "inputs"))

    async def delete(self, known: Known, timeout_s: float) -> None:
        """Remove the object."""
        request = provider_pb2.DeleteRequest(
            **_named(known.urn),
            id=known.id,
            old_inputs=to_struct(known.inputs, PLAIN),
            properties=to_struct(known.outputs, PLAIN),
            timeout=timeout_s,
        )
        await self._call("Delete", request)


def _named(urn: str) -> dict[str, Any]:
    """Return what every request says of its resource: its URN, and the name and own type that stand in it."""
    parts = urns.parse(urn)
    return {"urn": urn, "name": parts.name, "type": parts.type}


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
