"""Our own providers run in the engine's process; everybody else's in a host process."""

from __future__ import annotations

import base64
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dill
import pytest
from pulumi.dynamic import ResourceProvider
from pulumi.dynamic.dynamic import serialize_provider

from pulumi_dataarts.cdm.job import JobProvider
from pulumi_dataarts.cli.residents import OwnProviders, residents_for
from tests.cli.samples import declare, resources, sample, typed

if TYPE_CHECKING:
    from pulumi_dataarts.simulator.testing import RunningCloud


def find(text: str) -> Any:
    return OwnProviders().opened(print, dry_run=True)(text)


def test_our_provider_is_known_by_its_pickle() -> None:
    assert isinstance(find(str(serialize_provider(JobProvider()))), JobProvider)


def pickled(value: Any) -> str:
    return base64.b64encode(dill.dumps(value)).decode()


class Exploding:
    """Does harm when it is unpickled."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return (pytest.fail, ("it was unpickled",))


NO_PROVIDER = b"\x80\x04\x8c\x16pulumi_dataarts.errors\x8c\x0bConfigError\x93."


@pytest.mark.parametrize(
    "text",
    [
        "", "no pickle", "AAAA", pickled(ResourceProvider()), pickled(Exploding()), pickled(Path),
        pickled(OwnProviders), base64.b64encode(NO_PROVIDER).decode(),
    ],
)  # fmt: skip
def test_nothing_else_is_and_nothing_is_unpickled(text: str) -> None:
    assert find(text) is None


def test_another_interpreter_may_have_another_version_of_our_code(tmp_path: Path) -> None:
    assert residents_for(None) is not None
    assert residents_for(Path(sys.executable)) is not None
    assert residents_for(tmp_path / "bin" / "python") is None


def test_no_process_is_started_for_our_own_resources(
    tmp_path: Path, cloud: RunningCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> None:
        pytest.fail("a host process was started")

    monkeypatch.setattr("pulumi_dataarts.engine.hosts.HostPool._start", refuse)
    folder = sample(tmp_path, cloud)
    (tmp_path / "note.txt").write_text("relative to the program")
    declare(folder, 'bucket = obs.Bucket("b", bucket="residents")\n'
                    'obs.Object("o", bucket=bucket.bucket, key="note", source="note.txt")\n')  # fmt: skip
    typed(folder, "up", "--yes")
    assert set(resources(folder)) == {"b", "o"}
    typed(folder, "preview", "--refresh", "--expect-no-changes")
    typed(folder, "destroy", "--yes")
    assert resources(folder) == {}
