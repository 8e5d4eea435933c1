"""The host that the official engine is led to: the first on the PATH, with a worker for each step that runs at once."""

from __future__ import annotations

import base64
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from pulumi_dataarts.backend.projects import Project
from pulumi_dataarts.cli.official_host import PLUGIN, leading_path

AT_ONCE: Final = 6
WAITING: Final = f'''
import threading

from pulumi.dynamic import CreateResult, ResourceProvider

everybody = threading.Barrier({AT_ONCE})


class Waiting(ResourceProvider):
    """Creates only when all others do at the same time."""

    def create(self, props):
        everybody.wait(20)
        return CreateResult("made", {{}})
'''


def project(folder: Path, **options: Any) -> Project:
    return Project("sample", folder / "Pulumi.yaml", runtime="python", runtime_options=options)


def test_the_official_engine_s_plugin_is_ours_and_has_as_many_workers_as_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_PYTHON_CMD", sys.executable)
    (tmp_path / "waiting.py").write_text(WAITING)
    with leading_path(project(tmp_path), AT_ONCE) as path:
        command = shutil.which(PLUGIN, path=path)
        assert command is not None
        with subprocess.Popen([command, "127.0.0.1:1"], cwd=tmp_path, stdout=subprocess.PIPE, text=True) as host:
            try:
                assert host.stdout is not None
                assert created_together(host.stdout.readline().strip()) == ["made"] * AT_ONCE
            finally:
                host.kill()
    assert not Path(command).exists()


def created_together(port: str) -> list[str]:
    """Have the host create so many at once; return their ids."""
    pickled = base64.b64encode(b"cwaiting\nWaiting\n(tR.").decode()  # waiting.Waiting(), in the oldest protocol
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel, ThreadPoolExecutor(AT_ONCE) as pool:
        stub = provider_pb2_grpc.ResourceProviderStub(channel)
        request = provider_pb2.CreateRequest()
        request.properties.update({"__provider": pickled})
        return [made.id for made in pool.map(stub.Create, [request] * AT_ONCE)]


def test_another_toolchain_keeps_the_path_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/bin")
    with leading_path(project(tmp_path, toolchain="uv"), 4) as path:
        assert path == "/bin"


def test_the_program_s_virtual_environment_runs_it(tmp_path: Path) -> None:
    interpreter = tmp_path / "own venv/bin/python"
    interpreter.parent.mkdir(parents=True)
    interpreter.touch()
    with leading_path(project(tmp_path, virtualenv="own venv"), 4) as path:
        plugin = Path(path.partition(":")[0], PLUGIN).read_text()
    assert f"exec '{interpreter}' -u " in plugin
    assert ' 12 "$@"' in plugin
