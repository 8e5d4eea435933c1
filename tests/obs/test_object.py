"""An object's life, against the embedded cloud."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from pulumi_dataarts.errors import AlreadyExists, Cancelled, ConfigError, NotFound, OutcomeUnknown
from pulumi_dataarts.huawei.uploads import LARGE_BYTES, Upload
from pulumi_dataarts.obs import api
from pulumi_dataarts.obs.object import ObjectProvider
from tests.lives import Life, Mistaken, open_at

if TYPE_CHECKING:
    from pathlib import Path

    from pulumi_dataarts.huawei.session import Session
    from pulumi_dataarts.simulator.testing import RunningCloud

KEY = "bündel/orders v1.zip"
CHANGES = [
    pytest.param({"key": "other"}, "replace", id="key"),
    pytest.param({"content": "two"}, "update", id="content"),
    pytest.param({"content_type": "text/csv"}, "update", id="content_type"),
    pytest.param({"storage_class": "WARM"}, "update", id="storage_class"),
    pytest.param({"metadata": {"owner": "me"}}, "update", id="metadata"),
    pytest.param({"metadata": {}}, "update", id="metadata removed"),
    pytest.param({"tags": {"stage": "prod"}}, "update", id="tags"),
    pytest.param({"tags": None}, "update", id="tags no longer declared"),
    pytest.param({"adopt": True}, "same", id="adopt"),
]


@pytest.fixture
def life(session: Session, bucket: str) -> Life:
    return Life(ObjectProvider, session)


@pytest.fixture
def full(bucket: str) -> dict[str, Any]:
    return {
        "bucket": bucket,
        "key": KEY,
        "content": "öne",
        "content_type": "text/plain",
        "storage_class": "STANDARD",
        "metadata": {"owner": "lake"},
        "tags": {"stage": "dev"},
    }


def test_an_object_is_uploaded_once_and_then_nothing_differs(
    life: Life, full: dict[str, Any], console: Any, cloud: RunningCloud
) -> None:
    assert life.up(**full) == "create"
    assert life.id == f"lake/{KEY}"
    assert life.outputs["digest"] == hashlib.sha256("öne".encode()).hexdigest()
    assert life.outputs["size"] == 4
    stored = console.get_object(Bucket="lake", Key=KEY)
    assert (stored["Body"].read().decode(), stored["ContentType"]) == ("öne", "text/plain")
    before = len(cloud.requests())
    assert life.refresh()
    assert life.up(**full) == "same"
    assert [asked.method for asked in cloud.requests()[before:]] == ["HEAD", "GET"]  # itself, and its tags


@pytest.mark.parametrize(("change", "operation"), CHANGES)
def test_a_change_of_each_field_means_what_its_rule_says(
    life: Life, full: dict[str, Any], change: dict[str, Any], operation: str
) -> None:
    life.up(**full)
    assert life.up(**{**full, **change}) == operation
    assert life.refresh()
    assert life.up(**{**full, **change}) == "same"


def test_only_a_change_of_content_uploads_again(
    life: Life, full: dict[str, Any], console: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    life.up(**full)
    uploads: list[Any] = []
    upload = api.put_object
    monkeypatch.setattr(api, "put_object", lambda *given, **headers: uploads.append(given) or upload(*given, **headers))
    life.up(**{**full, "content_type": "text/csv", "tags": {}})
    assert console.head_object(Bucket="lake", Key=KEY)["ContentType"] == "text/csv"
    assert console.head_object(Bucket="lake", Key=KEY)["Metadata"]["owner"] == "lake"
    assert uploads == []
    life.up(**{**full, "content": "two"})
    assert len(uploads) == 1


def test_tags_survive_a_new_upload(life: Life, full: dict[str, Any], console: Any) -> None:
    life.up(**full)
    life.up(**{**full, "content": "two"})
    assert console.get_object_tagging(Bucket="lake", Key=KEY)["TagSet"] == [{"Key": "stage", "Value": "dev"}]


def test_a_files_content_is_not_in_the_state_and_its_change_is_seen(life: Life, bucket: str, tmp_path: Path) -> None:
    file = tmp_path / "bundle.zip"
    file.write_bytes(b"large and binary \x00")
    life.up(bucket=bucket, key="b", source=str(file))
    assert "large" not in str(life.outputs)
    file.write_bytes(b"another")
    assert life.plan(bucket=bucket, key="b", source=str(file)).paths.keys() == {"digest", "size"}
    assert life.up(bucket=bucket, key="b", source=str(file)) == "update"


def test_the_same_content_from_another_path_is_no_change(life: Life, bucket: str, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text("same")
    life.up(bucket=bucket, key="k", source=str(tmp_path / "a"))
    assert life.up(bucket=bucket, key="k", source=str(tmp_path / "b")) == "same"
    assert life.up(bucket=bucket, key="k", content="same") == "same"


def test_a_file_that_changes_between_plan_and_upload_is_not_uploaded(
    life: Life, bucket: str, tmp_path: Path, console: Any
) -> None:
    file = tmp_path / "f"
    file.write_text("one")
    checked = life.check(bucket=bucket, key="k", source=str(file))
    file.write_text("two")
    with pytest.raises(ConfigError, match="was changed"):
        life.provider.create(checked)
    assert "Contents" not in console.list_objects_v2(Bucket=bucket)


@pytest.mark.parametrize("body", [b"tw0", b"something longer"], ids=["same size", "other size"])
def test_content_edited_by_hand_is_seen_and_repaired(
    life: Life, full: dict[str, Any], console: Any, body: bytes
) -> None:
    life.up(**full)
    console.put_object(Bucket="lake", Key=KEY, Body=body, ContentType="text/plain")
    assert life.refresh()
    assert life.outputs["digest"] == hashlib.sha256(body).hexdigest()
    assert life.up(**full) == "update"
    assert console.get_object(Bucket="lake", Key=KEY)["Body"].read().decode() == "öne"
    assert life.refresh()
    assert life.up(**full) == "same"


def test_other_content_under_our_own_note_is_still_seen(life: Life, bucket: str, console: Any) -> None:
    life.up(bucket=bucket, key="k", content="one")
    metadata = console.head_object(Bucket=bucket, Key="k")["Metadata"]
    console.put_object(Bucket=bucket, Key="k", Body=b"two", Metadata=metadata)
    assert life.refresh()
    assert life.up(bucket=bucket, key="k", content="one") == "update"


def test_the_same_content_written_again_by_others_is_no_drift(life: Life, bucket: str, console: Any) -> None:
    life.up(bucket=bucket, key="k", content="one")
    console.put_object(Bucket=bucket, Key="k", Body=b"one")
    assert life.refresh()
    assert life.up(bucket=bucket, key="k", content="one") == "same"


def test_headers_and_tags_edited_by_hand_are_repaired(life: Life, full: dict[str, Any], console: Any) -> None:
    life.up(**full)
    console.delete_object_tagging(Bucket="lake", Key=KEY)
    console.copy_object(
        Bucket="lake",
        Key=KEY,
        CopySource={"Bucket": "lake", "Key": KEY},
        MetadataDirective="REPLACE",
        ContentType="text/html",
    )
    assert life.refresh()
    assert life.plan(**full).paths.keys() == {"content_type", "metadata.owner", "tags.stage"}
    assert life.up(**full) == "update"
    assert life.refresh()
    assert life.up(**full) == "same"


@pytest.mark.parametrize("with_bucket", [False, True], ids=["object", "bucket too"])
def test_an_object_deleted_by_hand_is_gone(life: Life, bucket: str, console: Any, with_bucket: bool) -> None:
    life.up(bucket=bucket, key="k", content="one")
    outputs = life.outputs
    console.delete_object(Bucket=bucket, Key="k")
    if with_bucket:
        console.delete_bucket(Bucket=bucket)
    life.provider.delete("lake/k", outputs)
    assert not life.refresh()


def test_an_object_in_no_bucket_is_an_error(life: Life) -> None:
    with pytest.raises(NotFound, match="nowhere/k"):
        life.up(bucket="nowhere", key="k", content="one")


def test_an_equal_object_is_taken_over_without_an_upload(
    life: Life, bucket: str, console: Any, cloud: RunningCloud, said: list[str]
) -> None:
    console.put_object(Bucket=bucket, Key="k", Body=b"one")
    before = len(cloud.requests())
    assert life.up(bucket=bucket, key="k", content="one") == "create"
    assert "PUT" not in {asked.method for asked in cloud.requests()[before:]}
    assert any("taken over" in line for line in said)
    assert life.refresh()
    assert life.up(bucket=bucket, key="k", content="one") == "same"


def test_a_different_object_is_not_overwritten_without_adopt(life: Life, bucket: str, console: Any) -> None:
    console.put_object(Bucket=bucket, Key="k", Body=b"theirs")
    with pytest.raises(AlreadyExists, match="differs in digest"):
        life.up(bucket=bucket, key="k", content="one")
    assert console.get_object(Bucket=bucket, Key="k")["Body"].read() == b"theirs"
    life.up(bucket=bucket, key="k", content="one", adopt=True)
    assert console.get_object(Bucket=bucket, Key="k")["Body"].read() == b"one"


def test_an_upload_whose_answer_was_lost_is_recognised(life: Life, bucket: str, cloud: RunningCloud) -> None:
    cloud.fault("drop-after-commit", service="obs", method="PUT", path=f"/{bucket}/k", times=4)
    assert life.up(bucket=bucket, key="k", content="one") == "create"
    assert life.refresh()
    assert life.up(bucket=bucket, key="k", content="one") == "same"


def test_an_upload_that_never_arrived_is_an_error(life: Life, bucket: str, cloud: RunningCloud) -> None:
    cloud.fault("drop-before", service="obs", method="PUT", path=f"/{bucket}/k", times=4)
    with pytest.raises(OutcomeUnknown, match="lake/k"):
        life.up(bucket=bucket, key="k", content="one")


def test_everything_is_read_when_only_the_id_is_known(session: Session, life: Life, full: dict[str, Any]) -> None:
    life.up(**full)
    imported = Life(ObjectProvider, session, id=life.id)
    assert imported.refresh()
    assert imported.up(**full) == "same"


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        ({"key": "/k", "content": ""}, "key"),
        ({"key": "a/../b", "content": ""}, "key"),
        ({"key": "ü" * 600, "content": ""}, "key"),
        ({"key": "k"}, "source"),
        ({"key": "k", "content": "", "source": "x"}, "source"),
        ({"key": "k", "source": "missing"}, "source"),
        ({"key": "k", "content": "x" * 70_000}, "content"),
        ({"key": "k", "content": "", "metadata": {"dataarts-sha256": "x"}}, "metadata"),
        ({"key": "k", "content": "", "metadata": {"a": "ü"}}, "metadata"),
        ({"key": "k", "content": "", "metadata": {"a": "x" * 2048}}, "metadata"),
        ({"key": "k", "content": "", "tags": {str(number): "" for number in range(11)}}, "tags"),
    ],
)
def test_a_mistake_is_found_before_anything_is_sent(life: Life, arguments: dict[str, Any], path: str) -> None:
    with pytest.raises(Mistaken) as found:
        life.check(bucket="lake", **arguments)
    assert list(found.value.failures) == [path]


def test_an_upload_that_was_cut_off_before_its_tags_is_finished(session: Session, bucket: str, tmp_path: Path) -> None:
    (tmp_path / "rates.csv").write_text("EUR,1.0")
    declared = {"bucket": bucket, "key": "rates.csv", "source": str(tmp_path / "rates.csv")}
    Life(ObjectProvider, session).up(**declared)
    tagged = Life(ObjectProvider, session)
    assert tagged.up(**declared, tags={"team": "lake"}) == "create"
    tagged.refresh()
    assert tagged.up(**declared, tags={"team": "lake"}) == "same"
    with pytest.raises(AlreadyExists, match=r"tags\.team"):
        Life(ObjectProvider, session).up(**declared, tags={"team": "sea"})


def test_an_object_in_the_cold_class_is_written_anew_since_it_cannot_be_copied(
    life: Life, full: dict[str, Any], console: Any
) -> None:
    life.up(**{**full, "storage_class": "COLD"})
    assert life.up(**full) == "update"
    assert console.get_object(Bucket="lake", Key=KEY)["Body"].read().decode() == "öne"
    assert console.get_object_tagging(Bucket="lake", Key=KEY)["TagSet"] == [{"Key": "stage", "Value": "dev"}]
    life.refresh()
    assert life.up(**full) == "same"


def test_a_large_upload_that_is_stopped_is_sent_once_and_leaves_nothing(
    cloud: RunningCloud, bucket: str, console: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stoppable = open_at(cloud, [])
    reads = 0

    def read(upload: Upload, size: int = -1) -> bytes:
        nonlocal reads
        reads += 1
        if size < LARGE_BYTES and reads > 20:  # botocore, which has read it once to sign it, is sending it
            stoppable.stop()
        return whole(upload, size)

    whole = Upload.read
    monkeypatch.setattr(Upload, "read", read)
    large = tmp_path / "large.bin"
    large.write_bytes(bytes(LARGE_BYTES))
    before = len(cloud.requests())
    with pytest.raises(Cancelled, match="stopped, while uploading lake/large"), large.open("rb") as body:
        api.put_object(stoppable, bucket, "large", body)
    assert [item["Key"] for item in console.list_objects_v2(Bucket=bucket).get("Contents", [])] == []
    assert sum(asked.method == "PUT" for asked in cloud.requests()[before:]) <= 1
