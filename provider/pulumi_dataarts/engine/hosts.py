"""Provider processes: one a configured provider, started ahead where one is sure to be needed, called over gRPC."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import grpc
import grpc.aio
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2_grpc

from pulumi_dataarts.engine.children import Child, Command, OnLine
from pulumi_dataarts.engine.program import Context, environment, start_child
from pulumi_dataarts.engine.provider_host import EXIT_KEY, TOKEN, TOKEN_KEY, TRACEBACKS
from pulumi_dataarts.errors import OutcomeUnknown, ResourceFailed

_log = logging.getLogger(__name__)
HOST: Final = Path(__file__).with_name("provider_host.py")
MESSAGE_BYTES_MAX: Final = 400 * 1024 * 1024
CHANNEL_OPTIONS: Final = (
    ("grpc.max_receive_message_length", MESSAGE_BYTES_MAX),
    ("grpc.max_send_message_length", MESSAGE_BYTES_MAX),
    ("grpc.enable_http_proxy", 0),
)
# A host has a thread for every step that may run at once, and some for checks, which must not queue behind them.
_SPARE_WORKERS: Final = 8
_DETAILS_KEY: Final = "grpc-status-details-bin"


class CallFailed(ResourceFailed):
    """A provider refused or failed; `details` is a google.rpc.Status as bytes, or empty.

    `exit_code` is what the provider's own error asks for, where it says.
    """

    def __init__(self, message: str, details: bytes, exit_code: int = ResourceFailed.exit_code) -> None:
        super().__init__(message)
        self.details = details
        self.exit_code = exit_code


@dataclass(frozen=True)
class Answer:
    """What a call returned, and the metadata that came with it."""

    message: Any
    trailing: dict[str, bytes] = field(default_factory=dict)


class Host:
    """A running provider process and the channel to it."""

    def __init__(self, child: Child, port: str, token: str) -> None:
        self._child = child
        self._metadata = ((TOKEN_KEY, token),)
        self._channel = grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=CHANNEL_OPTIONS)
        self._stub = provider_pb2_grpc.ResourceProviderStub(self._channel)

    async def call(self, method: str, request: Any) -> Answer:
        """Make one call, for as long as it takes.

        Raises:
            CallFailed: the provider answered with an error.
            OutcomeUnknown: the process ended before it answered.
        """
        call = getattr(self._stub, method)(request, metadata=self._metadata)
        _log.debug("%s %s", method, getattr(request, "urn", ""))
        try:
            message = await call
        except grpc.aio.AioRpcError as error:
            _log.debug("%s %s failed: %s", method, getattr(request, "urn", ""), error.code())
            raise _failure(method, error) from None
        return Answer(message, dict(await call.trailing_metadata() or ()))

    async def close(self) -> None:
        """End the process."""
        await self._channel.close()
        await self._child.stop(0)


def _failure(method: str, error: grpc.aio.AioRpcError) -> ResourceFailed | OutcomeUnknown:
    if error.code() == grpc.StatusCode.UNAVAILABLE:
        return OutcomeUnknown(
            "the provider process ended before it answered",
            operation=method.lower(),
            hint="What it was doing may have taken effect: look before you repeat it.",
        )
    trailing = dict(error.trailing_metadata() or ())
    exit_code = int(trailing.get(EXIT_KEY, CallFailed.exit_code))
    return CallFailed(error.details() or error.code().name, trailing.get(_DETAILS_KEY, b""), exit_code)


class HostPool:
    """The provider processes of a run, by whom they serve."""

    def __init__(self, context: Context, token: str, on_line: OnLine, *, tracebacks: bool = False) -> None:
        self._context = context
        self._token = token
        self._on_line = on_line
        self._tracebacks = tracebacks
        self._ahead: asyncio.Task[Host] | None = None
        self._hosts: dict[Hashable, asyncio.Task[Host]] = {}

    def start_ahead(self) -> None:
        """Start the process of whoever asks first."""
        self._ahead = asyncio.create_task(self._start())

    async def host_for(self, owner: Hashable, configure: Callable[[Host], Awaitable[None]]) -> Host:
        """Return the owner's process, configured. Raises ConfigError where it cannot be started."""
        if owner not in self._hosts:
            self._hosts[owner] = asyncio.create_task(self._configured(configure))
        return await asyncio.shield(self._hosts[owner])

    async def _configured(self, configure: Callable[[Host], Awaitable[None]]) -> Host:
        started, self._ahead = self._ahead or asyncio.create_task(self._start()), None
        host = await started
        try:
            await configure(host)
        except BaseException:
            await host.close()
            raise
        return host

    async def _start(self) -> Host:
        workers = self._context.parallel + _SPARE_WORKERS
        told = {TOKEN: self._token, "PULUMI_PROJECT": self._context.project, "PULUMI_CONFIG": "{}"}
        if self._tracebacks:
            told[TRACEBACKS] = "1"
        command = Command(
            interpreter=self._context.python,
            script=HOST,
            arguments=[str(workers)],
            directory=self._context.directory,
            environment=environment(self._context) | told,
        )
        child = await start_child(command)
        child.tell("")
        try:
            port = await child.first_line()
        except asyncio.CancelledError:
            await child.stop(0)
            raise
        child.drain(self._on_line)
        if not port.isdigit():
            status = await child.stop(0)
            raise ResourceFailed(f"the provider process could not be started (exit status {status})")
        return Host(child, port, self._token)

    async def cancel(self) -> None:
        """Tell every process that the run was stopped: what only waits there need not go on."""
        for task in self._hosts.values():
            if task.done() and not task.cancelled() and task.exception() is None:
                with contextlib.suppress(ResourceFailed, OutcomeUnknown):
                    await task.result().call("Cancel", empty_pb2.Empty())

    async def close(self) -> None:
        """End every process, whatever it is doing."""
        tasks = [*self._hosts.values(), *([self._ahead] if self._ahead else [])]
        for task in tasks:
            task.cancel()
        for host in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(host, Host):
                await host.close()
