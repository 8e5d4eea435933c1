"""Functions of the program that the engine calls: transforms and hooks, served by the program itself.

Source: pkg/resource/deploy/source_eval.go of the official engine.
"""

from __future__ import annotations

import re
from typing import Any, Final

import grpc
import grpc.aio
from pulumi.runtime.proto import callback_pb2, callback_pb2_grpc

from pulumi_dataarts.engine.hosts import CHANNEL_OPTIONS
from pulumi_dataarts.errors import ProgramFailed

_LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")
# What the SDK puts before the program's own words.
_PREAMBLE: Final = re.compile(r"^Invoke callback \S+ error: ")


class Callbacks:
    """The channels to whoever serves functions, by address."""

    def __init__(self) -> None:
        self._channels: dict[str, grpc.aio.Channel] = {}

    async def invoke(self, callback: Any, request: Any, response: Any) -> Any:
        """Call a function with a message and return its answer, a message of the type `response`.

        Raises:
            ProgramFailed: it raised, its process ended, or it is not on this machine.
        """
        stub = callback_pb2_grpc.CallbacksStub(self._channel(callback.target))
        message = callback_pb2.CallbackInvokeRequest(token=callback.token, request=request.SerializeToString())
        try:
            answer = await stub.Invoke(message)
        except grpc.aio.AioRpcError as error:
            raise ProgramFailed(_words(error)) from None
        return response.FromString(answer.response)

    def _channel(self, target: str) -> grpc.aio.Channel:
        if target.rpartition(":")[0] not in _LOOPBACK:
            raise ProgramFailed(f"the program names {target} for its functions, which is not on this machine")
        if target not in self._channels:
            self._channels[target] = grpc.aio.insecure_channel(target, options=CHANNEL_OPTIONS)
        return self._channels[target]

    async def close(self) -> None:
        """End all calls."""
        for channel in self._channels.values():
            await channel.close()


def _words(error: grpc.aio.AioRpcError) -> str:
    if error.code() == grpc.StatusCode.UNAVAILABLE:
        return "the program ended before it answered"
    return _PREAMBLE.sub("", error.details() or error.code().name).strip()
