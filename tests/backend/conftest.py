from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pulumi_dataarts.backend.blobs import LocalBlobs
from pulumi_dataarts.backend.passphrase import PassphraseCrypter
from pulumi_dataarts.backend.runs import Run
from pulumi_dataarts.backend.stacks import Stack, create_stack
from pulumi_dataarts.backend.vaults import Crypter, SecretsProvider
from tests.backend.buckets import Buckets, running_buckets
from tests.model.states import PROJECT, STACK

PROVIDER = SecretsProvider("test", {"key": "one"})
TIME = "2026-11-20T15:14:05.65Z"


def keyring(provider: SecretsProvider) -> Crypter:
    """Open any provider, each with a key of its own; real encryption without the slow derivation."""
    return PassphraseCrypter(str(provider.state["key"]).encode().ljust(32))


def die(run: Run) -> None:
    """Leave what a process leaves that is killed: no file is removed, no lease is given back."""
    run._writer.close()
    run._close_log()
    guard = run._lock._guard
    if run._lock.stack.blobs.folder is None:
        guard._ended.set()  # type: ignore[attr-defined]
        guard._thread.join()  # type: ignore[attr-defined]
    else:
        guard.release()


@pytest.fixture(scope="session")
def buckets() -> Iterator[Buckets]:
    with running_buckets() as running:
        yield running


@pytest.fixture
def blobs(tmp_path: Path) -> LocalBlobs:
    return LocalBlobs(tmp_path)


@pytest.fixture
def stack(blobs: LocalBlobs) -> Stack:
    return create_stack(blobs, PROJECT, STACK, PROVIDER, TIME)
