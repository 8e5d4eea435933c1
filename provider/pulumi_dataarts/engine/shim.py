"""Runs the user's program in a process of its own, connected to the engine.

Runs under the interpreter of the user's project, so it needs nothing but the standard library and `pulumi`. The SDK's
costs that grow with the number of resources are removed in memory: those of `lighter_sdk`, and for programs run by this
engine a blocking call a debug message, and a whole stack trace a registration.

Exit status: the program's own, or 0; 1 once the engine has ended the run; 32 for an exception, shown already.

Source: sdk/python/cmd/pulumi-language-python-exec of the official SDK.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import importlib
import inspect
import json
import logging
import os
import pathlib
import runpy
import sys
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import FrameType
from typing import Any, TypeVar

try:
    import grpc
    import pulumi
    import pulumi.runtime
    from pulumi.runtime import resource as sdk_resource
    from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS
    from pulumi.runtime.proto import engine_pb2_grpc, resource_pb2_grpc, source_pb2
except ImportError as error:
    raise SystemExit(
        f"{sys.executable} has no usable Pulumi SDK ({error}); install the package `pulumi` there"
    ) from None

T = TypeVar("T")
TOKEN_KEY = "dataarts-token"  # noqa: S105 - the metadata's key
SHOWN = 32
LIGHTER_SDK = pathlib.Path(__file__).parents[1] / "lighter_sdk.py"
_CALLS_A_STEP = 4


def presenting(stub: T, token: str) -> T:
    """Have each call of a stub present the engine's token: calls take metadata, and need no interceptor for it."""
    for name, call in list(vars(stub).items()):
        setattr(stub, name, functools.partial(call, metadata=((TOKEN_KEY, token),)))
    return stub


def declared_at() -> source_pb2.StackTrace:
    """Return the one frame that is used of a trace: where the program, or a component, declares the resource.

    The SDK registers a resource from its constructors, each of which has it as first argument.
    """
    frame: FrameType | None = inspect.currentframe()
    frame = frame.f_back if frame else None
    resource = _first_argument(frame)
    while frame is not None and _first_argument(frame) is resource:
        frame = frame.f_back
    uri = _uri(frame.f_code.co_filename) if frame is not None else ""
    if frame is None or not uri:
        return source_pb2.StackTrace()
    position = source_pb2.SourcePosition(uri=uri, line=frame.f_lineno)
    return source_pb2.StackTrace(frames=[source_pb2.StackFrame(pc=position)])


@functools.cache
def _uri(file: str) -> str:
    path = pathlib.Path(file).absolute()
    return path.as_uri() if path.is_file() else ""


def _first_argument(frame: FrameType | None) -> Any:
    if frame is None or not frame.f_code.co_argcount:
        return None
    return frame.f_locals.get(frame.f_code.co_varnames[0])


def lighten_sdk() -> None:
    """Take the costs out of the SDK that grow with the number of resources. Where it changed, it stays as it is."""
    runpy.run_path(str(LIGHTER_SDK))["apply"]()
    for module, name, lighter in (
        (sdk_resource, "_get_stack_trace", declared_at),
        (pulumi.log, "debug", lambda *_, **__: None),
    ):
        if hasattr(module, name):
            setattr(module, name, lighter)


@dataclass(frozen=True)
class Told:
    """What the engine says in standard input, once the program is to run.

    `address` and `token` are its monitor's. `parallel` steps may be under way at once. `config` is decrypted.
    """

    address: str
    token: str
    project: str
    stack: str
    organization: str
    root_directory: str
    parallel: int
    dry_run: bool
    config: dict[str, str]
    secret_keys: list[str]


def import_ahead() -> None:
    """Import what every program of this distribution's resources imports, while the engine gets ready.

    It may be absent, or broken: then a program that needs it says so.
    """
    with contextlib.suppress(Exception):
        importlib.import_module("pulumi_dataarts.lifecycle.resource")


def connect(told: Told) -> None:
    """Point the SDK at the engine's monitor, with the config."""
    channel = grpc.insecure_channel(told.address, options=_GRPC_CHANNEL_OPTIONS)
    pulumi.runtime.set_all_config(told.config, told.secret_keys)
    pulumi.runtime.configure(
        pulumi.runtime.Settings(
            project=told.project,
            stack=told.stack,
            monitor=presenting(resource_pb2_grpc.ResourceMonitorStub(channel), told.token),
            engine=presenting(engine_pb2_grpc.EngineStub(channel), told.token),
            parallel=told.parallel,
            dry_run=told.dry_run,
            organization=told.organization,
            root_directory=told.root_directory,
        )
    )


def run(program: Callable[[], Any], parallel: int) -> None:
    """Run a program within its stack resource, on a loop whose threads carry the calls in flight."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    with ThreadPoolExecutor(max(parallel, 1) * _CALLS_A_STEP) as executor:
        loop.set_default_executor(executor)
        loop.run_until_complete(pulumi.runtime.run_in_stack(program))


def users_traceback(error: BaseException, entry: str) -> str:
    """Return a traceback that begins in the user's own files; without such frames, the error alone."""
    path = pathlib.Path(entry).absolute()
    root = f"{path if path.is_dir() else path.parent}{os.sep}"
    own = [
        name.startswith(root) and "site-packages" not in name
        for name in (frame.filename for frame in traceback.extract_tb(error.__traceback__))
    ]
    if True not in own:
        return "".join(traceback.format_exception_only(error))
    return "".join(traceback.format_exception(error, limit=own.index(True) - len(own)))


def main(arguments: list[str]) -> int:
    """Run the program that the command line names and return the exit status."""
    (entry,) = arguments
    lighten_sdk()
    import_ahead()
    text = sys.stdin.read()
    if not text:  # the engine needs no program any more, or is gone
        return 0
    told = Told(**json.loads(text))
    connect(told)
    sys.argv = [entry]
    # What the program starts may look there, as with the official engine.
    os.environ["PULUMI_CONFIG"] = json.dumps(told.config)
    os.environ["PULUMI_CONFIG_SECRET_KEYS"] = json.dumps(told.secret_keys)
    # Python takes compiled code for current by the second and the size of its source: an edit can be missed.
    sys.dont_write_bytecode = True
    try:
        run(lambda: runpy.run_path(entry, run_name="__main__"), told.parallel)
    except pulumi.RunError as error:
        if not isinstance(error.__context__, grpc.RpcError):
            pulumi.log.error(str(error))
        return 1
    except Exception as error:  # noqa: BLE001 - the boundary: whatever a program raises is shown, and fails the run
        pulumi.log.error(f"Program failed with an unhandled exception:\n{users_traceback(error, entry)}")
        return SHOWN
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
