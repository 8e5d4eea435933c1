"""The buckets outlive the process: a cloud opened again shows what the closed one showed, and keeps no dead records."""

from __future__ import annotations

import base64
import hashlib
import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from pulumi_dataarts.simulator import moto_s3, obs
from pulumi_dataarts.simulator.clock import ManualClock
from pulumi_dataarts.simulator.objects import ObjectError
from pulumi_dataarts.simulator.obs import EmbeddedObjects
from pulumi_dataarts.simulator.obs_dialect import ObsDialect
from pulumi_dataarts.simulator.s3 import S3Answer, S3Request
from pulumi_dataarts.simulator.s3_journal import JournaledS3
from pulumi_dataarts.simulator.store import Store

VERSIONED = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
TAGS = b"<Tagging><TagSet><Tag><Key>team</Key><Value>data</Value></Tag></TagSet></Tagging>"
LIFECYCLE = (
    b"<LifecycleConfiguration><Rule><ID>old</ID><Prefix>tmp/</Prefix><Status>Enabled</Status>"
    b"<Expiration><Days>3</Days></Expiration></Rule></LifecycleConfiguration>"
)


class Disk:
    """One folder, and the S3 that is open on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = ManualClock()
        self.open()

    def open(self) -> None:
        """Open the folder, as a new process would: with nothing in memory."""
        self.store = Store(self.folder)
        self.s3 = JournaledS3(self.store, self.clock)

    def reopen(self) -> None:
        """Close and open."""
        self.store.close()
        self.open()

    def send(self, method: str, target: str, body: bytes = b"", **headers: str) -> S3Answer:
        """Send a request that must succeed."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"Content-Length": str(len(body)), **named}
        answer = self.s3.call(S3Request(method, target, sent, body))
        assert answer.status < 300, answer
        return answer

    def records(self) -> int:
        """Return how many requests would be repeated."""
        return self.store.count("obs.request", "")


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    disk = Disk(tmp_path)
    disk.send("PUT", "/bkt")
    return disk


def seen(answer: S3Answer) -> tuple[bytes, dict[str, str]]:
    """Return what a client sees of an answer, without the request's ids, which errors repeat in their body."""
    per_request = {"x-amzn-requestid", "date"}
    body = re.sub(rb"<(RequestId|HostId)>[^<]*</\1>", b"", answer.body)
    return body, {k: v for k, v in answer.headers.items() if k.lower() not in per_request}


def test_objects_tags_versions_and_rules_are_there_after_a_restart(disk: Disk) -> None:
    disk.send("PUT", "/bkt?tagging", TAGS)
    disk.send("PUT", "/bkt?lifecycle", LIFECYCLE)
    disk.send("PUT", "/bkt/plain", b"1", Content_Type="text/csv", x_amz_meta_a_b="7")
    disk.send("PUT", "/bkt/plain?tagging", TAGS)
    disk.send("PUT", "/bkt?versioning", VERSIONED)
    for content in (b"1", b"22", b"333"):
        disk.send("PUT", "/bkt/kept", content)
        disk.clock.advance(5)
    disk.send("DELETE", "/bkt/kept")
    targets = (
        "/",
        "/bkt?tagging",
        "/bkt?lifecycle",
        "/bkt/plain",
        "/bkt/plain?tagging",
        "/bkt?versions",
        "/bkt?list-type=2",
    )
    before = [seen(disk.send("GET", target)) for target in targets]
    disk.clock.advance(3600)
    disk.reopen()
    assert [seen(disk.send("GET", target)) for target in targets] == before


LOCATION = (
    b'<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
    b"<LocationConstraint>cn-north-4</LocationConstraint></CreateBucketConfiguration>"
)
MAKERS: dict[str, tuple[bytes, dict[str, str]]] = {
    "plain": (b"", {}),
    "of-a-class": (b"", {"x-default-storage-class": "STANDARD_IA"}),
    "in-a-region": (LOCATION, {"Content-Type": "application/xml"}),
    "of-obs": (b"<CreateBucketConfiguration><Location>cn-north-4</Location></CreateBucketConfiguration>", {}),
    "public": (LOCATION, {"x-amz-acl": "public-read"}),
    "locked": (b"", {"x-amz-bucket-object-lock-enabled": "true"}),
}


def test_a_bucket_is_after_a_restart_as_it_was_made(disk: Disk) -> None:
    for bucket, (body, headers) in MAKERS.items():
        disk.clock.advance(10)
        disk.send("PUT", f"/{bucket}", body, **headers)
    reads = [("GET", "/")] + [
        (method, f"/{bucket}{about}")
        for bucket in MAKERS
        for method, about in (("HEAD", ""), ("GET", "?location"), ("GET", "?acl"), ("GET", "?versioning"), ("GET", ""))
    ]
    before = [seen(disk.send(*read)) for read in reads]
    disk.reopen()
    assert [seen(disk.send(*read)) for read in reads] == before


def test_plain_buckets_are_taken_up_without_motos_http(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    disk.send("PUT", "/in-a-region", LOCATION)
    disk.reopen()
    monkeypatch.setattr(moto_s3, "_answer", lambda *_: pytest.fail("asked moto's HTTP"))
    assert disk.s3.moto.count() == 2


def test_an_upload_in_parts_goes_on_after_a_restart(disk: Disk) -> None:
    found = re.search(rb"<UploadId>(.+?)<", disk.send("POST", "/bkt/big?uploads").body)
    assert found is not None
    upload = found[1].decode()
    first = disk.send("PUT", f"/bkt/big?partNumber=1&uploadId={upload}", b"a" * (5 * 1024 * 1024))
    disk.reopen()
    second = disk.send("PUT", f"/bkt/big?partNumber=2&uploadId={upload}", b"b")
    parts = "".join(
        f"<Part><PartNumber>{number}</PartNumber><ETag>{part.headers['ETag']}</ETag></Part>"
        for number, part in enumerate((first, second), start=1)
    )
    body = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode()
    disk.send("POST", f"/bkt/big?uploadId={upload}", body)
    before = seen(disk.send("HEAD", "/bkt/big"))
    disk.reopen()
    assert seen(disk.send("HEAD", "/bkt/big")) == before
    disk.send("PUT", "/bkt/big", b"small")
    assert disk.records() == 2


def test_an_aborted_upload_leaves_no_record(disk: Disk) -> None:
    found = re.search(rb"<UploadId>(.+?)<", disk.send("POST", "/bkt/big?uploads").body)
    assert found is not None
    disk.send("PUT", f"/bkt/big?partNumber=1&uploadId={found[1].decode()}", b"a")
    disk.send("DELETE", f"/bkt/big?uploadId={found[1].decode()}")
    assert disk.records() == 1


def test_a_copy_is_repeated_from_what_was_copied(disk: Disk) -> None:
    disk.send("PUT", "/bkt/source", b"first")
    disk.send("PUT", "/bkt/copy", x_amz_copy_source="/bkt/source")
    disk.send("PUT", "/bkt/source", b"second")
    disk.send("DELETE", "/bkt/source")
    disk.reopen()
    assert disk.send("GET", "/bkt/copy").body == b"first"
    assert disk.s3.call(S3Request("GET", "/bkt/source")).status == 404


def test_a_source_is_kept_no_longer_than_a_copy_needs_it(disk: Disk) -> None:
    for number in range(20):
        disk.send("PUT", "/bkt/source", str(number).encode())
        disk.send("PUT", "/bkt/copy", x_amz_copy_source="/bkt/source")
    disk.send("PUT", "/bkt/source", b"last")
    assert disk.records() == 4  # the bucket, what was copied, the copy, what came after
    disk.reopen()
    assert [disk.send("GET", f"/bkt/{key}").body for key in ("copy", "source")] == [b"19", b"last"]
    disk.send("PUT", "/bkt/copy", b"no copy any more")
    assert disk.records() == 3


@pytest.mark.parametrize("at_once", [False, True])
def test_a_source_that_was_moved_away_goes_with_its_copy(disk: Disk, at_once: bool) -> None:
    body = b"<Delete><Object><Key>draft</Key></Object></Delete>"
    digest = base64.b64encode(hashlib.md5(body).digest()).decode()
    for _ in range(5):
        disk.send("PUT", "/bkt/draft", b"x")
        disk.send("PUT", "/bkt/draft?tagging", TAGS)
        disk.send("PUT", "/bkt/final", x_amz_copy_source="/bkt/draft")
        if at_once:
            disk.send("POST", "/bkt?delete", body, Content_MD5=digest)
        else:
            disk.send("DELETE", "/bkt/draft")
    disk.reopen()
    assert disk.send("GET", "/bkt/final").body == b"x"
    assert disk.send("GET", "/bkt/final?tagging").body.count(b"<Key>team</Key>") == 1
    assert disk.s3.call(S3Request("GET", "/bkt/draft")).status == 404
    assert disk.records() == 5
    disk.send("DELETE", "/bkt/final")
    assert disk.records() == 1


def test_a_copy_outlives_the_bucket_that_it_came_from(disk: Disk) -> None:
    disk.send("PUT", "/old")
    disk.send("PUT", "/old/k", b"x")
    disk.send("PUT", "/bkt/k", x_amz_copy_source="/old/k")
    disk.send("DELETE", "/old/k")
    disk.send("DELETE", "/old")
    disk.reopen()
    assert disk.send("GET", "/bkt/k").body == b"x"
    assert disk.s3.call(S3Request("GET", "/old")).status == 404


def test_tags_that_were_taken_away_stay_away(disk: Disk) -> None:
    disk.send("PUT", "/bkt/k", b"x")
    disk.send("PUT", "/bkt/k?tagging", TAGS)
    disk.send("DELETE", "/bkt/k?tagging")
    disk.reopen()
    assert b"team" not in disk.send("GET", "/bkt/k?tagging").body


def test_an_object_costs_one_record_however_often_it_is_written(disk: Disk) -> None:
    for number in range(20):
        disk.send("PUT", "/bkt/k", str(number).encode())
        disk.send("PUT", "/bkt?tagging", TAGS)
    assert disk.records() == 3
    disk.send("DELETE", "/bkt/k")
    disk.send("DELETE", "/bkt?tagging")
    assert disk.records() == 1
    disk.send("DELETE", "/bkt")
    assert disk.records() == 0


def test_many_objects_deleted_at_once_leave_no_record(disk: Disk) -> None:
    for number in range(5):
        disk.send("PUT", f"/bkt/k{number}", b"x")
    keys = "".join(f"<Object><Key>k{number}</Key></Object>" for number in range(4))
    body = f"<Delete>{keys}</Delete>".encode()
    digest = base64.b64encode(hashlib.md5(body).digest()).decode()
    disk.send("POST", "/bkt?delete", body, Content_MD5=digest)
    assert disk.records() == 2
    disk.reopen()
    assert EmbeddedObjects(ObsDialect(disk.s3, disk.store), disk.store).keys("bkt") == ["k4"]


def test_a_refused_request_is_not_recorded(disk: Disk) -> None:
    assert disk.s3.call(S3Request("PUT", "/gone/k", {}, b"x")).status == 404
    assert disk.records() == 1


def test_the_services_read_and_write_the_same_objects(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(obs, "PAGE_SIZE", 10)
    objects = EmbeddedObjects(ObsDialect(disk.s3, disk.store), disk.store)
    many = [f"many/{number:02}" for number in range(25)]
    with disk.store.transaction():
        objects.write("bkt", "dir/a b%2Fü.zip", b"zip")
        for key in many:
            objects.write("bkt", key, b"")
    assert objects.read("bkt", "dir/a b%2Fü.zip") == b"zip"
    assert objects.keys("bkt", "dir/") == ["dir/a b%2Fü.zip"]
    assert objects.keys("bkt", "many/") == many
    with pytest.raises(ObjectError, match="NoSuchKey"):
        objects.read("bkt", "gone")
    with pytest.raises(ObjectError, match="NoSuchBucket"):
        objects.read("gone", "k")


def test_a_write_of_a_request_that_is_refused_afterwards_is_no_write(disk: Disk) -> None:
    objects = EmbeddedObjects(ObsDialect(disk.s3, disk.store), disk.store)
    with pytest.raises(ZeroDivisionError), disk.store.transaction():
        objects.write("bkt", "k", b"x")
        raise ZeroDivisionError
    assert objects.keys("bkt") == []
    with disk.store.transaction():
        objects.write("bkt", "other", b"x")
    assert objects.keys("bkt") == ["other"]


@pytest.mark.parametrize(("bucket", "key", "code"), [("gone", "k", "NoSuchBucket"), ("bkt", "k" * 1025, "KeyTooLong")])
def test_a_write_that_obs_would_refuse_is_refused_at_once(disk: Disk, bucket: str, key: str, code: str) -> None:
    objects = EmbeddedObjects(ObsDialect(disk.s3, disk.store), disk.store)
    with disk.store.transaction(), pytest.raises(ObjectError, match=code):
        objects.write(bucket, key, b"x")


def test_a_version_costs_one_record_and_goes_with_it(disk: Disk) -> None:
    disk.send("PUT", "/bkt?versioning", VERSIONED)
    before = disk.records()
    for number in range(10):
        disk.send("PUT", "/bkt/k", str(number).encode())
        disk.send("PUT", "/bkt/k?tagging", TAGS)
        disk.send("PUT", "/bkt?lifecycle", LIFECYCLE)
    disk.send("DELETE", "/bkt/k")
    versions = re.findall(rb"<VersionId>(.+?)<", disk.send("GET", "/bkt?versions").body)
    assert len(versions) == 11
    for version in versions:
        disk.send("DELETE", f"/bkt/k?versionId={version.decode()}")
    assert disk.records() == before + 1
    disk.reopen()
    assert disk.send("GET", "/bkt?versions").body.count(b"<VersionId>") == 0


def test_the_bytes_of_objects_stay_on_the_disk_until_somebody_asks_for_them(
    disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(30):
        disk.send("PUT", f"/bkt/k{number}", b"x" * number, **ABOUT[number % len(ABOUT)])
    listed = disk.send("GET", "/bkt?list-type=2").body
    disk.reopen()
    reads: list[str] = []
    content = Store.content

    def counted(store: Store, name: str) -> bytes:
        reads.append(name)
        return content(store, name)

    monkeypatch.setattr(Store, "content", counted)
    for target in ("/", "/bkt", "/bkt?versions"):
        disk.send("GET", target)
    assert disk.send("GET", "/bkt?list-type=2").body == listed
    assert disk.send("HEAD", "/bkt/k6").headers["content-length"] == "6"
    assert set(reads) <= {"obs/1"}  # the bucket's own record
    assert disk.send("GET", "/bkt/k6").body == b"x" * 6
    assert len(reads) == 2


# What may be said of an object when it is written: some of it is taken up again at the start, some repeated.
ABOUT: list[dict[str, str]] = [
    {},
    {
        "Content_Type": "text/csv",
        "x_amz_meta_Owner": "me",
        "Cache_Control": "no-store",
        "x_amz_storage_class": "GLACIER",
    },
    {
        "x_amz_sdk_checksum_algorithm": "CRC32",
        "x_amz_checksum_crc32": "AAAAAA==",
        "Content_MD5": "1B2M2Y8AsgTpgAmY7PhCfg==",
    },
]
REPEATED: list[dict[str, str]] = [
    {"x_amz_tagging": "team=data", "x_amz_acl": "public-read"},
    {"x_amz_server_side_encryption": "AES256", "x_amz_website_redirect_location": "/other"},
    {"x_amz_sdk_checksum_algorithm": "SHA256"},
]
ENCRYPTED = (
    b"<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm>"
    b"</ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>"
)


@pytest.mark.parametrize("property_", ["", "encryption", "acl", "versioning"])
def test_an_object_is_after_a_restart_what_its_bucket_and_its_write_made_of_it(disk: Disk, property_: str) -> None:
    body = {"": b"", "encryption": ENCRYPTED, "acl": b"", "versioning": VERSIONED}[property_]
    disk.send("PUT", "/bkt/tagged", b"1", x_amz_tagging="team=data")
    disk.send("PUT", "/bkt/copy", x_amz_copy_source="/bkt/tagged")
    disk.send("PUT", f"/bkt?{property_}", body, **({"x_amz_acl": "public-read"} if property_ == "acl" else {}))
    for number, about in enumerate([*ABOUT, *REPEATED]):
        disk.clock.advance(100)
        disk.send("PUT", f"/bkt/k{number}", b"x" * number, **about)
    disk.send("PUT", "/bkt/tagged", b"2")
    targets = [f"/bkt/{key}" for key in ("tagged", "copy", "k0", "k2", "k3", "k4", "k5")]
    targets += ["/bkt?versions", *(f"{key}?{what}" for key in targets for what in ("acl", "tagging"))]
    before = [seen(disk.send("GET", target, x_amz_checksum_mode="ENABLED")) for target in targets]
    disk.clock.advance(3600)
    disk.reopen()
    assert [seen(disk.send("GET", target, x_amz_checksum_mode="ENABLED")) for target in targets] == before


buckets = st.sampled_from(["one", "two"])
keys = st.sampled_from(["a", "bkt", "dir/c"])


class Restarts(RuleBasedStateMachine):
    """Whatever is done, in whatever order: a restart shows no difference."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self.disk = Disk(Path(self._folder.name))
        self.disk.clock.freeze()

    def teardown(self) -> None:
        self.disk.store.close()
        self._folder.cleanup()

    def _send(self, method: str, target: str, body: bytes = b"", **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.disk.clock.advance(1)
        self.disk.s3.call(S3Request(method, target, {"Content-Length": str(len(body)), **named}, body))

    @rule(bucket=buckets)
    def create(self, bucket: str) -> None:
        self._send("PUT", f"/{bucket}")

    @rule(bucket=buckets)
    def delete_bucket(self, bucket: str) -> None:
        self._send("DELETE", f"/{bucket}")

    @rule(bucket=buckets)
    def keep_versions(self, bucket: str) -> None:
        self._send("PUT", f"/{bucket}?versioning", VERSIONED)

    @rule(bucket=buckets)
    def suspend_versions(self, bucket: str) -> None:
        self._send("PUT", f"/{bucket}?versioning", VERSIONED.replace(b"Enabled", b"Suspended"))

    @rule(bucket=buckets, key=keys, number=st.integers(0, 3))
    def delete_version(self, bucket: str, key: str, number: int) -> None:
        versions = self.disk.s3.moto.versions(bucket, key)
        if number < len(versions):
            self._send("DELETE", f"/{bucket}/{key}?versionId={versions[number]}")

    @rule(bucket=buckets)
    def encrypt(self, bucket: str) -> None:
        self._send("PUT", f"/{bucket}?encryption", ENCRYPTED)

    @rule(bucket=buckets)
    def publish(self, bucket: str) -> None:
        self._send("PUT", f"/{bucket}?acl", x_amz_acl="public-read")

    @rule(bucket=buckets, key=keys, content=st.binary(max_size=4), about=st.sampled_from(ABOUT + REPEATED))
    def put(self, bucket: str, key: str, content: bytes, about: dict[str, str]) -> None:
        self._send("PUT", f"/{bucket}/{key}", content, **about)

    @rule(bucket=buckets, key=keys, source_bucket=buckets, source=keys)
    def copy(self, bucket: str, key: str, source_bucket: str, source: str) -> None:
        self._send("PUT", f"/{bucket}/{key}", x_amz_copy_source=f"/{source_bucket}/{source}")

    @rule(bucket=buckets, key=keys)
    def tag(self, bucket: str, key: str) -> None:
        self._send("PUT", f"/{bucket}/{key}?tagging", TAGS)

    @rule(bucket=buckets, key=keys)
    def untag(self, bucket: str, key: str) -> None:
        self._send("DELETE", f"/{bucket}/{key}?tagging")

    @rule(bucket=buckets, key=keys)
    def delete(self, bucket: str, key: str) -> None:
        self._send("DELETE", f"/{bucket}/{key}")

    @rule(bucket=buckets, some=st.lists(keys, min_size=1, unique=True))
    def delete_some(self, bucket: str, some: list[str]) -> None:
        listed = "".join(f"<Object><Key>{key}</Key></Object>" for key in some)
        self._send("POST", f"/{bucket}?delete", f"<Delete>{listed}</Delete>".encode())

    @rule()
    def restart(self) -> None:
        before = self._everything()
        self.disk.reopen()
        assert self._everything() == before

    def _everything(self) -> list[tuple[int, tuple[bytes, dict[str, str]]]]:
        targets = ["/"]
        for bucket in ("one", "two"):
            targets += [f"/{bucket}?versions", f"/{bucket}?versioning"]
            targets += [f"/{bucket}/{key}" for key in ("a", "bkt", "dir/c")]
            targets += [f"/{bucket}/{key}?{what}" for key in ("a", "bkt", "dir/c") for what in ("acl", "tagging")]
        answers = [self.disk.s3.call(S3Request("GET", target)) for target in targets]
        return [(answer.status, (b"", {}) if answer.status == 404 else seen(answer)) for answer in answers]


TestRestarts = Restarts.TestCase
TestRestarts.settings = settings(max_examples=8, stateful_step_count=15, deadline=None)
