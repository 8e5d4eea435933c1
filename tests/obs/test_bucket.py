"""A bucket's life, against the embedded cloud."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pulumi_dataarts.errors import AlreadyExists, CloudError, Conflict, OutcomeUnknown
from pulumi_dataarts.obs.bucket import BucketProvider
from tests.lives import Life, Mistaken

if TYPE_CHECKING:
    from pulumi_dataarts.huawei.session import Session
    from pulumi_dataarts.simulator.testing import RunningCloud

POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::orders/*"}],
}
FULL: dict[str, Any] = {
    "bucket": "orders",
    "versioning": True,
    "lifecycle_rules": [
        {"id": "age", "prefix": "raw/", "expiration_days": 365, "transitions": [{"days": 30, "storage_class": "WARM"}]},
        {"id": "old", "noncurrent_expiration_days": 7, "abort_multipart_days": 3},
    ],
    "tags": {"team": "lake", "stage": "dev"},
    "policy": POLICY,
}
CHANGES = [
    pytest.param({"bucket": "orders-2"}, "replace", id="bucket"),
    pytest.param({"versioning": False}, "update", id="versioning"),
    pytest.param({"lifecycle_rules": FULL["lifecycle_rules"][:1]}, "update", id="a rule less"),
    pytest.param({"lifecycle_rules": FULL["lifecycle_rules"][::-1]}, "same", id="rules in another order"),
    pytest.param({"tags": {"team": "sea"}}, "update", id="tags"),
    pytest.param({"tags": {"team": "", "stage": "dev"}}, "update", id="a tag without a value"),
    pytest.param({"storage_class": "WARM"}, "update", id="storage_class"),
    pytest.param({"tags": None}, "update", id="tags no longer declared"),
    pytest.param({"policy": json.dumps(POLICY, indent=4)}, "same", id="policy as text"),
    pytest.param({"policy": None}, "update", id="policy no longer declared"),
    pytest.param({"force_destroy": True}, "update", id="force_destroy"),
    pytest.param({"adopt": True}, "same", id="adopt"),
]


@pytest.fixture
def life(session: Session) -> Life:
    return Life(BucketProvider, session)


def test_a_bucket_is_set_up_as_declared_and_then_nothing_differs(life: Life, console: Any) -> None:
    assert life.up(**FULL) == "create"
    assert life.id == "orders"
    assert console.get_bucket_versioning(Bucket="orders")["Status"] == "Enabled"
    rules = console.get_bucket_lifecycle_configuration(Bucket="orders")["Rules"]
    assert [rule["ID"] for rule in rules] == ["age", "old"]
    assert life.refresh()
    assert life.up(**FULL) == "same"


@pytest.mark.parametrize(("change", "operation"), CHANGES)
def test_a_change_of_each_field_means_what_its_rule_says(life: Life, change: dict[str, Any], operation: str) -> None:
    life.up(**FULL)
    assert life.up(**{**FULL, **change}) == operation
    assert life.refresh()
    assert life.up(**{**FULL, **change}) == "same"


def test_a_local_change_calls_nobody(life: Life, cloud: RunningCloud) -> None:
    life.up(bucket="orders")
    before = len(cloud.requests())
    assert life.up(bucket="orders", force_destroy=True) == "update"
    assert life.outputs["force_destroy"] is True
    assert len(cloud.requests()) == before


def test_settings_no_longer_declared_go_back_to_the_default(life: Life, console: Any) -> None:
    life.up(**FULL, storage_class="COLD")
    life.up(bucket="orders", versioning=True)
    life.refresh()
    assert console.head_bucket(Bucket="orders")["ResponseMetadata"]["HTTPHeaders"]["x-default-storage-class"] == (
        "STANDARD"
    )
    assert "Rules" not in _quietly(console.get_bucket_lifecycle_configuration)
    assert "TagSet" not in _quietly(console.get_bucket_tagging)


@pytest.mark.parametrize(
    ("edit", "path"),
    [
        pytest.param(
            lambda console: console.put_bucket_versioning(
                Bucket="orders", VersioningConfiguration={"Status": "Suspended"}
            ),
            "versioning",
            id="versioning",
        ),
        pytest.param(lambda console: console.delete_bucket_tagging(Bucket="orders"), "tags", id="tags"),
        pytest.param(lambda console: console.delete_bucket_policy(Bucket="orders"), "policy", id="policy"),
        pytest.param(
            lambda console: console.delete_bucket_lifecycle(Bucket="orders"), "lifecycle_rules", id="lifecycle"
        ),
    ],
)
def test_an_edit_by_hand_is_seen_and_repaired(life: Life, console: Any, edit: Any, path: str) -> None:
    life.up(**FULL)
    edit(console)
    assert life.refresh()
    assert all(changed.startswith(path) for changed in life.plan(**FULL).paths)
    assert life.up(**FULL) == "update"
    assert life.refresh()
    assert life.up(**FULL) == "same"


def test_what_is_not_declared_is_neither_read_nor_compared(life: Life, console: Any, cloud: RunningCloud) -> None:
    life.up(bucket="orders")
    console.put_bucket_tagging(Bucket="orders", Tagging={"TagSet": [{"Key": "cost", "Value": "7"}]})
    before = len(cloud.requests())
    assert life.refresh()
    assert [asked.method for asked in cloud.requests()[before:]] == ["HEAD", "GET"]
    assert life.up(bucket="orders") == "same"


def test_a_bucket_deleted_by_hand_is_gone_and_made_again(life: Life, console: Any) -> None:
    life.up(bucket="orders")
    console.delete_bucket(Bucket="orders")
    assert not life.refresh()
    assert life.up(bucket="orders") == "create"


def test_everything_is_read_when_only_the_name_is_known(session: Session, life: Life) -> None:
    life.up(**FULL)
    imported = Life(BucketProvider, session, id="orders")
    assert imported.refresh()
    assert imported.plan(**FULL).paths == {"force_destroy": "add"}


def test_an_equal_bucket_is_taken_over_and_that_is_said(life: Life, bucket: str, said: list[str]) -> None:
    assert life.up(bucket=bucket) == "create"
    assert any("taken over" in line for line in said)


def test_a_different_bucket_is_not_touched_without_adopt(life: Life, bucket: str, console: Any) -> None:
    console.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "team", "Value": "sea"}]})
    with pytest.raises(AlreadyExists, match=r"differs in tags\.team") as refused:
        life.up(bucket=bucket, tags={"team": "lake"})
    assert "adopt=True" in refused.value.hint
    assert console.get_bucket_tagging(Bucket=bucket)["TagSet"][0]["Value"] == "sea"
    life.up(bucket=bucket, tags={"team": "lake"}, adopt=True)
    assert console.get_bucket_tagging(Bucket=bucket)["TagSet"][0]["Value"] == "lake"


def test_a_bucket_with_something_in_it_is_not_finished_for_somebody_else(life: Life, bucket: str, console: Any) -> None:
    console.put_object(Bucket=bucket, Key="theirs", Body=b"x")
    with pytest.raises(AlreadyExists):
        life.up(bucket=bucket, tags={"team": "lake"})


@pytest.mark.parametrize("step", range(5))
def test_a_creation_cut_short_anywhere_is_finished_by_the_next(life: Life, cloud: RunningCloud, step: int) -> None:
    cloud.fault("status", service="obs", method="PUT", path="/orders*", status=400, skip=step)
    with pytest.raises(CloudError):
        life.up(**FULL)
    assert life.up(**FULL) == "create"
    assert life.refresh()
    assert life.up(**FULL) == "same"


def test_a_creation_whose_answer_was_lost_makes_no_second_bucket(
    life: Life, cloud: RunningCloud, console: Any, said: list[str]
) -> None:
    cloud.fault("drop-after-commit", service="obs", method="PUT", path="/orders", times=4)
    assert life.up(bucket="orders") == "create"
    assert [entry["Name"] for entry in console.list_buckets()["Buckets"]] == ["orders"]
    assert any("taken over" in line for line in said)


def test_a_creation_that_never_arrived_says_so(life: Life, cloud: RunningCloud) -> None:
    cloud.fault("drop-before", service="obs", method="PUT", path="/orders", times=4)
    with pytest.raises(OutcomeUnknown):
        life.up(bucket="orders")
    assert life.up(bucket="orders") == "create"


def test_a_passing_fault_is_ridden_out(life: Life, cloud: RunningCloud) -> None:
    cloud.fault("throttle", service="obs", method="HEAD", path="/orders")
    cloud.fault("status", service="obs", method="PUT", path="/orders", status=503)
    assert life.up(bucket="orders") == "create"


def test_failing_to_look_is_not_taken_for_gone(life: Life, cloud: RunningCloud) -> None:
    life.up(bucket="orders")
    cloud.fault("status", service="obs", method="HEAD", status=403)
    with pytest.raises(CloudError) as refused:
        life.refresh()
    assert refused.value.status == 403


def test_a_bucket_that_is_not_empty_is_not_deleted(life: Life, console: Any) -> None:
    life.up(bucket="orders", versioning=True)
    console.put_object(Bucket="orders", Key="a", Body=b"1")
    console.put_object(Bucket="orders", Key="a", Body=b"2")
    with pytest.raises(Conflict, match="holds 2 objects") as refused:
        life.destroy()
    assert "force_destroy=True" in refused.value.hint
    assert refused.value.request_id


def test_force_destroy_deletes_old_versions_markers_and_uploads(life: Life, console: Any, cloud: RunningCloud) -> None:
    life.up(bucket="orders", versioning=True, force_destroy=True)
    console.put_object(Bucket="orders", Key="a", Body=b"1")
    console.delete_object(Bucket="orders", Key="a")
    console.create_multipart_upload(Bucket="orders", Key="b")
    life.destroy()
    assert console.list_buckets()["Buckets"] == []
    assert ("DELETE", "/orders/b") in {(asked.method, asked.path) for asked in cloud.requests()}


def test_deleting_twice_is_done(life: Life, console: Any, cloud: RunningCloud) -> None:
    life.up(bucket="orders")
    outputs = life.outputs
    life.destroy()
    before = len(cloud.requests())
    life.provider.delete("orders", outputs)
    assert console.list_buckets()["Buckets"] == []
    assert {asked.status for asked in cloud.requests()[before:] if asked.path == "/orders"} == {404}


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        ({"bucket": "Orders"}, "bucket"),
        ({"bucket": "or"}, "bucket"),
        ({"bucket": "a..b"}, "bucket"),
        ({"bucket": "10.0.0.1"}, "bucket"),
        ({"bucket": "orders", "tags": {"a=b": "c"}}, "tags"),
        ({"bucket": "orders", "tags": {str(number): "" for number in range(21)}}, "tags"),
        ({"bucket": "orders", "storage_class": "GLACIER"}, "storage_class"),
        ({"bucket": "orders", "policy": "{"}, "policy"),
        ({"bucket": "orders", "lifecycle_rules": [{"id": "a"}]}, "lifecycle_rules[0]"),
        (
            {
                "bucket": "orders",
                "lifecycle_rules": [{"id": "a", "expiration_days": 1}, {"id": "a", "expiration_days": 2}],
            },
            "lifecycle_rules[1].id",
        ),
    ],
)
def test_a_mistake_is_found_before_anything_is_sent(life: Life, arguments: dict[str, Any], path: str) -> None:
    with pytest.raises(Mistaken) as found:
        life.check(**arguments)
    assert list(found.value.failures) == [path]


def _quietly(get: Any) -> dict[str, Any]:
    from botocore.exceptions import ClientError

    try:
        answer: dict[str, Any] = get(Bucket="orders")
    except ClientError:
        return {}
    return answer
