from __future__ import annotations

import json
import os
import socket

import pytest

from pulumi_dataarts.backend import locks, owners
from pulumi_dataarts.backend.blobs import open_backend
from pulumi_dataarts.backend.runs import Outcome, load, open_run
from pulumi_dataarts.backend.s3 import S3Blobs, open_s3
from pulumi_dataarts.backend.stacks import Stack, create_stack, list_stacks, remove_stack
from pulumi_dataarts.errors import ConfigError, Corrupt, LockHeld, StateError
from pulumi_dataarts.model.journal import Batch, Begin, Drop, Put, fold
from pulumi_dataarts.model.snapshots import PendingOperation, Snapshot
from tests.backend.buckets import Buckets
from tests.backend.conftest import PROVIDER, TIME, die, keyring
from tests.model.states import PROJECT, STACK, root, thing


@pytest.fixture
def url(buckets: Buckets, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    for name, value in buckets.environment.items():
        monkeypatch.setenv(name, value)
    return buckets.url("state-" + request.node.name.partition("[")[0].replace("_", "-")[-40:].strip("-"))


@pytest.fixture
def bucket(url: str) -> S3Blobs:
    return open_s3(url)


@pytest.fixture
def remote(bucket: S3Blobs) -> Stack:
    return create_stack(bucket, PROJECT, STACK, PROVIDER, TIME)


def killed(stack: Stack, batches: list[Batch]) -> None:
    run = open_run(stack, "update", keyring=keyring)
    for batch in batches:
        run.journal.append(batch).result(10)
    die(run)


def test_objects_are_read_listed_and_deleted_below_the_prefix(bucket: S3Blobs):
    assert bucket.read("a/b") is None
    bucket.write("a/b", b"1")
    bucket.write("a/b", b"2")
    bucket.write("a/c/d", b"3")
    bucket.write("z", b"4")
    assert bucket.read("a/b") == b"2"
    assert [item.key for item in bucket.find("a/")] == ["a/b", "a/c/d"]
    bucket.delete("a/b")
    bucket.delete("a/b")
    assert [item.key for item in bucket.find("")] == ["a/c/d", "z"]


def test_what_is_stored_is_what_was_written(bucket: S3Blobs):
    data = bytes(range(256)) * 1000
    bucket.write("a", data)
    assert bucket.read("a") == data, "no framing of streamed checksums gets into the content"


def test_a_log_is_one_object_per_frame_in_order(bucket: S3Blobs):
    log = bucket.open_log("x.journal")
    for number in range(12):
        log.append(b"%d\n" % number)
    assert bucket.read_log("x.journal") == b"".join(b"%d\n" % number for number in range(12))
    assert bucket.find("x.journal/")[0].key == "x.journal/00000000-00000001.json"
    continued = bucket.continue_log("x.journal", b"ignored")
    continued.append(b"12\n")
    assert bucket.read_log("x.journal").endswith(b"11\n12\n")
    anew = bucket.open_log("x.journal")
    anew.append(b"new\n")
    assert bucket.read_log("x.journal") == b"new\n"
    bucket.delete_log("x.journal")
    assert bucket.find("x.journal") == []


def test_a_log_with_a_gap_is_called_corrupt(bucket: S3Blobs):
    log = bucket.open_log("x")
    for _ in range(3):
        log.append(b"frame\n")
    bucket.delete("x/00000000-00000002.json")
    with pytest.raises(Corrupt, match="lacks frames"):
        bucket.read_log("x")


def test_a_run_and_a_killed_run_work_as_on_a_folder(bucket: S3Blobs, remote: Stack, monkeypatch: pytest.MonkeyPatch):
    happened: list[Batch] = [
        [Put(0, root())],
        [Begin(1, PendingOperation("creating", thing("a")))],
        [Put(1, thing("a"))],
        [Drop(0)],
    ]
    killed(remote, happened[:3])
    assert load(remote, keyring).snapshot == fold(Snapshot(), happened[:3])
    assert list_stacks(bucket) == [remote], "the journal is no stack"
    with pytest.raises(LockHeld, match="dataarts"):
        open_run(remote, "update", keyring=keyring)
    monkeypatch.setattr(owners, "is_running", lambda pid, started="": False)
    with open_run(remote, "update", keyring=keyring) as run:
        assert run.base == fold(Snapshot(), happened[:3])
        assert bucket.read_log(remote.journal_key) == b""
        run.close(Snapshot((root(),)), Outcome())
    assert load(remote, keyring).snapshot == Snapshot((root(),))
    remove_stack(remote)
    assert [item.key.rpartition("/")[0] for item in bucket.find("") if "/stacks/" not in item.key] == [
        ".pulumi",
        ".pulumi/dataarts/proj/dev.lease",
        ".pulumi",
    ]


def test_a_bucket_that_is_not_there_is_told(url: str):
    blobs = open_backend(url.replace("s3://", "s3://no-"))
    with pytest.raises(StateError, match="bucket"):
        blobs.write("a", b"")
    with pytest.raises(StateError, match="bucket"):
        blobs.find("")
    with pytest.raises(StateError, match="bucket") as raised:
        blobs.read("a")
    assert "Create the bucket first" in raised.value.hint


@pytest.mark.parametrize("url", ["s3://bucket?regoin=x", "s3://"])
def test_a_malformed_url_is_refused(url: str):
    with pytest.raises(ConfigError) as raised:
        open_backend(url)
    assert "s3://<bucket>" in raised.value.hint


def test_what_is_sent_has_no_newer_checksum(bucket: S3Blobs):
    sent: list[dict[str, bytes]] = []
    bucket._client.meta.events.register("before-send.s3.PutObject", lambda request, **_: sent.append(request.headers))
    bucket.write("a", b"content")
    names = {name.lower() for name in sent[0]}
    assert not [name for name in names if name.startswith("x-amz-checksum") or name == "x-amz-trailer"]
    assert sent[0]["X-Amz-Content-SHA256"] == b"UNSIGNED-PAYLOAD"


@pytest.mark.parametrize(
    ("machine", "is_taken_over"),
    [("this", True), ("another", False), ("", False)],
    ids=["ours", "another's", "unknown"],
)
def test_in_a_bucket_only_a_known_machines_dead_lock_is_taken_over(
    bucket: S3Blobs, machine: str, is_taken_over: bool, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(owners, "machine", lambda: "this")
    stack = Stack(bucket, PROJECT, f"locked{machine}")
    held = {"pid": 2**22 + 1, "username": "u", "hostname": socket.gethostname(), "timestamp": TIME, "machine": machine}
    bucket.write(f"{stack.locks_folder}0d9e4eb4.json", json.dumps(held).encode())
    if is_taken_over:
        with locks.locked(stack):
            assert [owner.pid for owner in locks.owners(stack)] == [os.getpid()]
    else:
        with pytest.raises(LockHeld), locks.locked(stack):
            pass


def test_a_named_endpoint_gets_virtual_hosts_and_https(monkeypatch: pytest.MonkeyPatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    from pulumi_dataarts.backend import s3

    client = s3._client({"endpoint": "obs.cn-north-4.myhuaweicloud.com", "region": "cn-north-4"})
    sent = client.generate_presigned_url("get_object", Params={"Bucket": "state", "Key": "k"})
    assert sent.startswith("https://state.obs.cn-north-4.myhuaweicloud.com/k?")
