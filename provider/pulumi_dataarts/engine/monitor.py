"""The gRPC services that a program speaks to: ResourceMonitor and Engine, on one port of the loopback interface.

Callers must present a token, which only the program is told. A call that is given up by its caller goes on: what a
provider is doing is never cut off by what happens to the program.

Source: pkg/resource/deploy/source_eval.go of the official engine.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Coroutine
from functools import cached_property
from typing import Any, Final, TypeVar

import grpc
import grpc.aio
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, resource_pb2, resource_pb2_grpc

from pulumi_dataarts.engine.declarations import Declarations, Registered
from pulumi_dataarts.engine.events import Severity
from pulumi_dataarts.engine.goals import goal_of, read_goal_of
from pulumi_dataarts.engine.hooks import Hook
from pulumi_dataarts.engine.hosts import CHANNEL_OPTIONS
from pulumi_dataarts.engine.provider_host import TOKEN_KEY
from pulumi_dataarts.engine.run import Halted, Run
from pulumi_dataarts.engine.transforms import Transforms
from pulumi_dataarts.engine.wire import Accepts, from_struct, to_struct
from pulumi_dataarts.errors import PlanError, ProvisionError
from pulumi_dataarts.model.values import Properties

T = TypeVar("T")
# How long a call may wait for the event loop before gRPC gives it up: a program may bring thousands at once.
_UNREQUESTED_S_MAX: Final = 30 * 60
_FEATURES: Final = {
    "secrets": resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
    "resourceReferences": resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
    "aliasSpecs": resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
    "replacementTrigger": resource_pb2.RESOURCE_MONITOR_FEATURE_REPLACEMENT_TRIGGER,
    "deletedWith": resource_pb2.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
    "replaceWith": resource_pb2.RESOURCE_MONITOR_FEATURE_REPLACE_WITH,
    "transforms": resource_pb2.RESOURCE_MONITOR_FEATURE_TRANSFORMS,
    "invokeTransforms": resource_pb2.RESOURCE_MONITOR_FEATURE_INVOKE_TRANSFORMS,
    "resourceHooks": resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_HOOKS,
    "errorHooks": resource_pb2.RESOURCE_MONITOR_FEATURE_ERROR_HOOKS,
}
_SEVERITIES: Final[dict[int, Severity]] = {
    engine_pb2.DEBUG: "debug",
    engine_pb2.INFO: "info",
    engine_pb2.WARNING: "warning",
    engine_pb2.ERROR: "error",
}


class Monitor(resource_pb2_grpc.ResourceMonitorServicer, engine_pb2_grpc.EngineServicer):
    """Both services. `is_done` is set once the program has declared everything; it waits until it is let go."""

    def __init__(self, run: Run, declarations: Declarations) -> None:
        self._run = run
        self._declarations = declarations
        self._transforms = Transforms(run.hooks.callbacks)
        self._is_let_go = asyncio.Event()
        self.is_done = asyncio.Event()

    @cached_property
    def _halted(self) -> asyncio.Future[Any]:
        """Done once the run is halted: one for all who wait for that."""
        return asyncio.ensure_future(self._run.halted.wait())

    def let_go(self) -> None:
        """Let the program end."""
        self._is_let_go.set()
        self._halted.cancel()

    async def _answer(self, context: Any, work: Coroutine[Any, Any, T]) -> T:
        """Wait for work, but not beyond the end of the run. The work itself goes on."""
        task = self._run.spawn(self._bounded(work))
        await asyncio.wait({task, self._halted}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            try:
                return task.result()
            except Halted:
                pass
            except ProvisionError as error:
                await context.abort(grpc.StatusCode.UNKNOWN, str(error))
        await context.abort(grpc.StatusCode.UNAVAILABLE, "the run has ended")
        raise Halted

    async def _bounded(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            return await work
        except (Halted, ProvisionError):
            raise
        except Exception as error:
            # The servicer's boundary: what is no answer to the program ends the run, and is told as what it is.
            self._run.fail(error)
            raise Halted from error

    async def GetDeploymentInfo(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's name
        """Tell what is run, and which features there are."""
        about = self._run.context
        return resource_pb2.DeploymentInfo(
            project=about.project,
            stack=about.stack,
            organization=about.organization,
            config=about.config,
            configSecretKeys=sorted(about.secret_keys),
            dryRun=about.dry_run,
            parallel=about.parallel,
            supportedFeatures=_FEATURES.values(),
        )

    async def SupportsFeature(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Tell whether there is a feature, as older SDKs ask."""
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id in _FEATURES)

    async def RegisterResource(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Have a resource be as asked for; answer once it is, and that is durable."""
        registered = await self._answer(context, self._register(request))
        state = registered.state
        accepts = Accepts(secrets=request.acceptSecrets, resources=request.acceptResources)
        return resource_pb2.RegisterResourceResponse(
            urn=state.urn,
            id=state.id,
            # A component's old outputs may name resources that are not registered yet.
            object=to_struct(state.outputs if request.custom else {}, accepts),
            result=resource_pb2.Result.FAIL if registered.is_failed else resource_pb2.Result.SUCCESS,
            unknown=registered.is_unknown,
        )

    async def _register(self, request: Any) -> Registered:
        if request.remote:
            raise PlanError(f"{request.name}: remote components need a provider plugin, which this engine does not run")
        changed = await self._transforms.applied(request)
        registered = await self._declarations.register(goal_of(changed, self._run.context.root))
        self._transforms.remember(registered.state.urn, request)
        return registered

    async def ReadResource(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Look at an object that is not ours."""
        registered = await self._answer(context, self._read(request))
        accepts = Accepts(secrets=request.acceptSecrets, resources=request.acceptResources)
        state = registered.state
        return resource_pb2.ReadResourceResponse(urn=state.urn, properties=to_struct(state.outputs, accepts))

    async def _read(self, request: Any) -> Registered:
        return await self._declarations.read(read_goal_of(request, self._run.context.root), request.id)

    async def RegisterResourceOutputs(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Take the outputs of a component or the stack."""
        await self._answer(context, self._declarations.give_outputs(request.urn, from_struct(request.outputs)))
        return empty_pb2.Empty()

    async def Invoke(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Call one of the functions that need no provider."""
        result = await self._answer(context, self._invoke(request))
        response = resource_pb2.ResourceInvokeResponse()
        getattr(response, "return").CopyFrom(to_struct(result))
        return response

    async def _invoke(self, request: Any) -> Properties:
        arguments = await self._transforms.applied_to_call(request)
        return await self._declarations.invoke(request.tok, from_struct(arguments))

    async def RegisterStackTransform(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Take a function that every resource passes through."""
        self._transforms.add_to_stack(request)
        return empty_pb2.Empty()

    async def RegisterStackInvokeTransform(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Take a function that the arguments of every function call pass through."""
        self._transforms.add_to_calls(request)
        return empty_pb2.Empty()

    async def RegisterResourceHook(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Take a function that may be bound to moments of resources' lives."""
        await self._add_hook(context, request, on_dry_run=request.on_dry_run, ignores_errors=request.ignore_errors)
        return empty_pb2.Empty()

    async def RegisterErrorHook(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Take a function that decides whether a failed operation is tried again."""
        await self._add_hook(context, request)
        return empty_pb2.Empty()

    async def _add_hook(self, context: Any, request: Any, **how: bool) -> None:
        try:
            self._run.hooks.add(request.name, Hook(request.callback, **how))
        except ProvisionError as error:
            await context.abort(grpc.StatusCode.ALREADY_EXISTS, str(error))

    async def SignalAndWaitForShutdown(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Hear that everything has been declared; answer once everything has been done."""
        self.is_done.set()
        await self._is_let_go.wait()
        return empty_pb2.Empty()

    async def Log(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Hand on what the program says; what is ephemeral is a passing word."""
        if request.ephemeral:
            self._run.reporter.progress(request.urn, request.message)
        else:
            self._run.reporter.tell(_SEVERITIES[request.severity], request.message, request.urn)
        return empty_pb2.Empty()

    async def RequirePulumiVersion(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Take every requirement as met: it is meant for the official CLI."""
        return engine_pb2.RequirePulumiVersionResponse()


class TokenRequired(grpc.aio.ServerInterceptor):  # type: ignore[misc]
    """Turns away every call that does not present the token."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._refusal = grpc.unary_unary_rpc_method_handler(_refuse)

    async def intercept_service(self, continuation: Any, details: Any) -> Any:
        """Go on with a call that presents the token."""
        presented = dict(details.invocation_metadata).get(TOKEN_KEY, "")
        return await continuation(details) if hmac.compare_digest(presented, self._token) else self._refusal


async def _refuse(_: Any, context: Any) -> Any:
    return await context.abort(grpc.StatusCode.UNAUTHENTICATED, "the token is missing or wrong")


class Server:
    """The services on a port that the system chooses. Use it as a context; `address` is where they are."""

    def __init__(self, monitor: Monitor, token: str) -> None:
        options = [*CHANNEL_OPTIONS, ("grpc.server_max_unrequested_time_in_server", _UNREQUESTED_S_MAX)]
        self._server = grpc.aio.server(interceptors=[TokenRequired(token)], options=options)
        resource_pb2_grpc.add_ResourceMonitorServicer_to_server(monitor, self._server)
        engine_pb2_grpc.add_EngineServicer_to_server(monitor, self._server)
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"

    async def __aenter__(self) -> Server:
        await self._server.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.stop(0)
