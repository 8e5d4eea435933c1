"""The process that runs dynamic providers: the protocol of `pulumi.dynamic`, with as many workers as asked for.

Runs under the interpreter of the user's program, so it needs nothing but the standard library and `pulumi`. It prints
its port, and serves until it is killed. Callers must present the token from `DATAARTS_ENGINE_TOKEN`: whoever can call a
provider can have it unpickle what they like. Without that variable nobody is turned away, as the official engine needs.

What the stock host does not send: a diff's `paths` (property path to `add`, `update`, `delete`, or one of these with
`-replace`) go out as the detailed diff; its `effects` and `reasons` as trailing metadata, for display alone.

What it does not pass on: `custom_timeouts`, to a provider's `limited(seconds)`, a context for one operation; and that
the run was stopped, to its `cancel()`. Providers without these are called all the same.

Source: sdk/python/lib/pulumi/dynamic/__main__.py of the official SDK.
"""

from __future__ import annotations

import asyncio
import base64
import builtins
import contextlib
import json
import logging
import os
import sys
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import dill
import grpc
import pulumi
from google.protobuf import empty_pb2, struct_pb2
from pulumi.dynamic import Config, ConfigureRequest, ResourceProvider
from pulumi.runtime import rpc
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

TOKEN = "DATAARTS_ENGINE_TOKEN"  # noqa: S105 - the variable's name
# The exit code that an error asks for travels as metadata: gRPC itself has no place for it.
EXIT_KEY = "dataarts-exit-code"
TOKEN_KEY = "dataarts-token"  # noqa: S105 - the metadata's key
TRACEBACKS = "DATAARTS_TRACEBACKS"
# Where to log to: a file, or `-` for standard error. Without it there is no log.
LOG = "DATAARTS_LOG"
DISPLAY_KEY = "dataarts-display-bin"
_PROVIDER = "__provider"
_KINDS = {
    "add": "ADD",
    "add-replace": "ADD_REPLACE",
    "delete": "DELETE",
    "delete-replace": "DELETE_REPLACE",
    "update": "UPDATE",
    "update-replace": "UPDATE_REPLACE",
    "replace": "UPDATE_REPLACE",
}
_CHANGES = {
    True: provider_pb2.DiffResponse.DIFF_SOME,
    False: provider_pb2.DiffResponse.DIFF_NONE,
    None: provider_pb2.DiffResponse.DIFF_UNKNOWN,
}
_SCALARS = (str, int, float, bool)
_UNNAMED = (Exception, RuntimeError, ValueError)
_WORKERS_DEFAULT = 64


class Providers:
    """Every provider of this process, unpickled and configured once, by its pickled text."""

    def __init__(self) -> None:
        self._config: dict[str, Any] = {}
        self._known: dict[str, ResourceProvider] = {}
        self._lock = threading.Lock()

    def configure(self, arguments: struct_pb2.Struct) -> None:
        """Keep the config that each provider is given when it is first needed; secrets are plain from here on."""
        received = rpc.deserialize_properties(arguments)
        self._config = {key: rpc.unwrap_rpc_secret(value) for key, value in received.items()}

    def of(self, properties: dict[str, Any]) -> ResourceProvider:
        """Return the provider that a resource's properties carry."""
        text = properties[_PROVIDER]
        known = self._known.get(text)
        return known if known is not None else self._load(text)

    def cancel(self) -> None:
        """Tell every provider that can be told."""
        with self._lock:
            known = list(self._known.values())
        for provider in known:
            getattr(provider, "cancel", lambda: None)()

    def _load(self, text: str) -> ResourceProvider:
        with self._lock:
            if text not in self._known:
                provider: ResourceProvider = dill.loads(base64.b64decode(text))  # noqa: S301 - that is the protocol
                project = os.environ.get("PULUMI_PROJECT", "project")
                provider.configure(ConfigureRequest(Config(raw_config=self._config, project_name=project)))
                self._known[text] = provider
            return self._known[text]


class Loops(threading.local):
    """One event loop a thread: the SDK serialises in coroutines, and a loop a call would cost more than the call."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()


_LOOPS = Loops()


def _to_struct(properties: dict[str, Any], pickled: str) -> struct_pb2.Struct:
    carried = {**properties, _PROVIDER: pickled}
    if _is_plain(carried):
        struct = struct_pb2.Struct()
        struct.update(carried)
        return struct
    return _LOOPS.loop.run_until_complete(rpc.serialize_properties(carried, {}))


def _is_plain(value: Any) -> bool:
    """Say whether the SDK would send a value as it is: nothing to await, no null to leave out, no type of its own."""
    kind = type(value)
    if kind is dict:
        return all(type(key) is str and _is_plain(item) for key, item in value.items())
    return all(map(_is_plain, value)) if kind is list else kind in _SCALARS


def _received(struct: struct_pb2.Struct, *, keep_unknowns: bool = False) -> dict[str, Any]:
    properties: dict[str, Any] = rpc.deserialize_properties(struct, keep_unknowns)
    return properties


def _carrier(olds: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
    """Where the pickled provider is known: in a preview the new one may itself be unknown."""
    return olds if isinstance(news[_PROVIDER], pulumi.output.Unknown) else news


def explain(error: BaseException, *, with_traceback: bool) -> str:
    """Return an exception's own words, with its type where the words alone would say nothing."""
    if with_traceback:
        return "".join(traceback.format_exception(error))
    is_named = vars(builtins).get(type(error).__name__) is type(error) and type(error) not in _UNNAMED
    text = str(error)
    if not text:
        return type(error).__name__
    return f"{type(error).__name__}: {text}" if is_named else text


def _reporting(method: Callable[[Any, Any, Any], Any]) -> Callable[[Any, Any, Any], Any]:
    def call(self: Any, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return method(self, request, context)
        except Exception as error:  # noqa: BLE001 - the boundary: whatever a provider raises is its answer
            if code := getattr(error, "exit_code", 0):
                context.set_trailing_metadata(((EXIT_KEY, str(code)),))
            explained = explain(error, with_traceback=bool(os.environ.get(TRACEBACKS)))
            return context.abort(grpc.StatusCode.UNKNOWN, explained)

    return call


class ProviderServicer(provider_pb2_grpc.ResourceProviderServicer):
    """The calls that the engine makes; what is not here is UNIMPLEMENTED, for which the engine has its fall-backs."""

    def __init__(self) -> None:
        self._providers = Providers()

    def Configure(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802 - the protocol's name
        """Take the stack's config. Secrets and previews are not for dynamic providers."""
        self._providers.configure(request.args)
        return provider_pb2.ConfigureResponse(acceptSecrets=False)

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Return the version that the stock host gives itself."""
        return plugin_pb2.PluginInfo(version="0.1.0")

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Have those providers that can end their waiting."""
        self._providers.cancel()
        return empty_pb2.Empty()

    @_reporting
    def Check(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Have the provider validate and complete new inputs."""
        olds = _received(request.olds, keep_unknowns=True)
        news = _received(request.news, keep_unknowns=True)
        pickled = news[_PROVIDER]
        result = self._providers.of(_carrier(olds, news)).check(olds, news)
        failures = [
            provider_pb2.CheckFailure(property=item.property, reason=item.reason) for item in result.failures or []
        ]
        return provider_pb2.CheckResponse(inputs=_to_struct(result.inputs, pickled), failures=failures)

    @_reporting
    def Diff(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Have the provider compare old outputs with new inputs."""
        olds = _received(request.olds, keep_unknowns=True)
        news = _received(request.news, keep_unknowns=True)
        result = self._providers.of(_carrier(olds, news)).diff(request.id, olds, news)
        display = {key: getattr(result, key, None) or [] for key in ("effects", "reasons")}
        if any(display.values()):
            context.set_trailing_metadata(((DISPLAY_KEY, json.dumps(display).encode()),))
        return _diff_response(result)

    @_reporting
    def Create(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Have the provider make the object."""
        inputs = _received(request.properties)
        pickled = inputs[_PROVIDER]
        provider = self._providers.of(inputs)
        with _limited(provider, request.timeout):
            result = provider.create(inputs)
        return provider_pb2.CreateResponse(id=result.id, properties=_to_struct(result.outs or {}, pickled))

    @_reporting
    def Update(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Have the provider change the object."""
        olds, news = _received(request.olds), _received(request.news)
        pickled = news[_PROVIDER]
        provider = self._providers.of(news)
        with _limited(provider, request.timeout):
            result = provider.update(request.id, olds, news)
        return provider_pb2.UpdateResponse(properties=_to_struct(result.outs or {}, pickled))

    @_reporting
    def Read(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Have the provider look the object up; an empty id says that it is gone."""
        known = _received(request.properties) or _received(request.inputs)
        pickled = known[_PROVIDER]
        provider = self._providers.of(known)
        with _limited(provider, request.timeout):
            result = provider.read(request.id, known)
        response = provider_pb2.ReadResponse(id=result.id or "", properties=_to_struct(result.outs or {}, pickled))
        if result.inputs is not None:
            response.inputs.CopyFrom(_to_struct(result.inputs, pickled))
        return response

    @_reporting
    def Delete(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Have the provider remove the object."""
        known = _received(request.properties)
        provider = self._providers.of(known)
        with _limited(provider, request.timeout):
            provider.delete(request.id, known)
        return empty_pb2.Empty()


def _limited(provider: ResourceProvider, seconds: float) -> contextlib.AbstractContextManager[None]:
    limited: Callable[[float], contextlib.AbstractContextManager[None]] | None = getattr(provider, "limited", None)
    return limited(seconds) if limited else contextlib.nullcontext()


def _diff_response(result: Any) -> Any:
    response = provider_pb2.DiffResponse(
        changes=_CHANGES[result.changes],
        replaces=result.replaces or [],
        deleteBeforeReplace=bool(result.delete_before_replace),
    )
    paths = getattr(result, "paths", None)
    if paths:
        response.hasDetailedDiff = True
        for path, kind in paths.items():
            response.detailedDiff[path].kind = provider_pb2.PropertyDiff.Kind.Value(_KINDS[kind])
    return response


def start_log(place: str) -> None:
    """Write our own log to a file, or for `-` to standard error. Who logs there redacts what is secret."""
    handler = logging.StreamHandler() if place == "-" else logging.FileHandler(place, delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(name)s %(message)s"))
    own = logging.getLogger("pulumi_dataarts")
    own.addHandler(handler)
    own.setLevel(logging.DEBUG)


def _configure_thread() -> None:
    """The SDK keeps its settings by thread. A provider is told the project, and neither stack nor organisation."""
    project = os.environ.get("PULUMI_PROJECT", "project")
    pulumi.runtime.configure(pulumi.runtime.Settings(project=project, stack="stack", organization="organization"))


class TokenRequired(grpc.ServerInterceptor):  # type: ignore[misc]
    """Turns away every call that does not present the token."""

    def __init__(self, token: str) -> None:
        self._token = (TOKEN_KEY, token)
        self._refusal = grpc.unary_unary_rpc_method_handler(_refuse)

    def intercept_service(self, continuation: Any, details: Any) -> Any:
        """Go on with a call that presents the token."""
        return continuation(details) if self._token in details.invocation_metadata else self._refusal


def _refuse(_: Any, context: grpc.ServicerContext) -> Any:
    return context.abort(grpc.StatusCode.UNAUTHENTICATED, "the token is missing or wrong")


def main(arguments: list[str]) -> None:
    """Serve on a port of the loopback interface until killed.

    The first argument is the number of workers; the official engine passes its address, which is of no use here.
    """
    workers = int(arguments[0]) if arguments and arguments[0].isdigit() else _WORKERS_DEFAULT
    token = os.environ.pop(TOKEN, "")
    if place := os.environ.get(LOG):
        start_log(place)
    server = grpc.server(
        ThreadPoolExecutor(max_workers=workers, initializer=_configure_thread),
        interceptors=[TokenRequired(token)] if token else [],
        options=_GRPC_CHANNEL_OPTIONS,
    )
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(ProviderServicer(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    with contextlib.suppress(KeyboardInterrupt):
        server.wait_for_termination()


if __name__ == "__main__":
    main(sys.argv[1:])
