"""Who may call the engine and its providers, and where they listen."""

from __future__ import annotations

import asyncio
import re
import socket
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, resource_pb2_grpc

from pulumi_dataarts.engine.builtin import Builtin
from pulumi_dataarts.engine.children import Child, Command, start
from pulumi_dataarts.engine.declarations import Declarations
from pulumi_dataarts.engine.hosts import HOST
from pulumi_dataarts.engine.ledger import Ledger
from pulumi_dataarts.engine.monitor import Monitor, Server
from pulumi_dataarts.engine.operations import Operation, utc_now
from pulumi_dataarts.engine.phases import make_run
from pulumi_dataarts.engine.program import environment
from pulumi_dataarts.engine.provider_host import TOKEN, TOKEN_KEY
from pulumi_dataarts.engine.registry import Registry
from pulumi_dataarts.engine.reporting import Reporter
from pulumi_dataarts.model.snapshots import Snapshot
from tests.engine.projects import Project

pytestmark = pytest.mark.usefixtures("fresh_processes")

NOWHERE = Operation("update", "proj", "dev", Path("/nowhere"), Path("/nowhere"))
PRESENTED = [(None, grpc.StatusCode.UNAUTHENTICATED), ("wrong", grpc.StatusCode.UNAUTHENTICATED), ("right", None)]


async def code_of(call: Any) -> Any:
    try:
        await call
    except grpc.aio.AioRpcError as error:
        return error.code()
    return None


def metadata(token: str | None) -> Any:
    return ((TOKEN_KEY, token),) if token else ()


@pytest.mark.parametrize(("token", "refused"), PRESENTED)
def test_only_the_program_may_call_the_engine(token: str | None, refused: Any) -> None:
    async def ask() -> Any:
        reporter = Reporter(lambda event: None, counts_refreshes=False)
        run = make_run(NOWHERE, Ledger(Snapshot(), None), Registry({}, dry_run=False), reporter, utc_now)
        monitor = Monitor(run, Declarations(run, Builtin(lambda name: {}, dry_run=False)))
        async with Server(monitor, "right") as server, grpc.aio.insecure_channel(server.address) as channel:
            assert server.address.startswith("127.0.0.1:")
            stub = resource_pb2_grpc.ResourceMonitorStub(channel)
            return await code_of(stub.GetDeploymentInfo(empty_pb2.Empty(), metadata=metadata(token)))

    assert asyncio.run(ask()) == refused


@pytest.mark.parametrize(("token", "refused"), PRESENTED)
def test_only_the_engine_may_call_a_provider(token: str | None, refused: Any, tmp_path: Path) -> None:
    async def ask() -> Any:
        context = NOWHERE.context
        command = Command(context.python, HOST, ["2"], tmp_path, environment(context) | {TOKEN: "right"})
        child: Child = await start(command)
        port = await child.first_line()
        assert not listens_elsewhere(int(port))
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            stub = provider_pb2_grpc.ResourceProviderStub(channel)
            code = await code_of(stub.Configure(provider_pb2.ConfigureRequest(), metadata=metadata(token)))
        await child.stop(0)
        return code

    assert asyncio.run(ask()) == refused


def listens_elsewhere(port: int) -> bool:
    """Say whether a port is open on another address of this machine than the loopback one."""
    for family, _, _, _, address in socket.getaddrinfo(socket.gethostname(), port, type=socket.SOCK_STREAM):
        if address[0].startswith("127.") or address[0] == "::1":
            continue
        with socket.socket(family) as probe:
            if probe.connect_ex(address) == 0:
                return True
    return False


def test_the_token_is_on_no_command_line_and_not_handed_on(project: Project) -> None:
    outcome = project.up(
        """
        pulumi.export("told", [name for name in os.environ if name.startswith("DATAARTS_")])
        pulumi.export("line", open("/proc/self/cmdline").read().split(chr(0)))
        """
    )
    assert outcome.outputs["told"] == []
    assert not [word for word in outcome.outputs["line"] if re.search(r"[\w-]{43}$", word)]
