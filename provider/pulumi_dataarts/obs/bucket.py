"""`obs.Bucket`: a bucket, its settings, and what of it may be thrown away."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Annotated, Any, Final

import pulumi
from pydantic import BeforeValidator, Field

from pulumi_dataarts.errors import AlreadyExists, Conflict, OutcomeUnknown
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.lifecycle.adapter import DynamicProvider
from pulumi_dataarts.lifecycle.changes import Change
from pulumi_dataarts.lifecycle.effects import DELETES_DATA, effect
from pulumi_dataarts.lifecycle.fields import KeyedBy, Local, NotCompared, Replaces
from pulumi_dataarts.lifecycle.handler import Handler, Live, Made, differences, take_over
from pulumi_dataarts.lifecycle.inputs import Inputs, Mistake, dump
from pulumi_dataarts.lifecycle.resource import DataArtsResource
from pulumi_dataarts.model.values import Properties
from pulumi_dataarts.obs import api
from pulumi_dataarts.obs.rules import BucketName, StorageClass, Tags
from pulumi_dataarts.obs.wire import LifecycleRule

_COUNT_MAX: Final = 10_000


def _canonical_policy(policy: Any) -> Any:
    """Bring a policy, given as JSON text or as an object, to one form."""
    value = json.loads(policy) if isinstance(policy, str) else policy
    if not isinstance(value, dict):
        raise ValueError("must be a JSON object")  # noqa: TRY004  pydantic reports ValueErrors only
    return json.dumps(value, sort_keys=True)


class BucketInputs(Inputs):
    """What a `Bucket` is given. Settings that are not given are neither changed nor compared, but for versioning."""

    bucket: Annotated[
        BucketName,
        Replaces("a bucket cannot be renamed"),
        Field(description='Name, unique among all users of OBS. Source: OBS, "PUT Bucket".'),
    ]
    storage_class: Annotated[
        StorageClass | None,
        Field(
            description="Class of the objects that name none: STANDARD, WARM or COLD. Source: PUT Bucket storage class."
        ),
    ] = None
    versioning: Annotated[
        bool,
        Field(description="Keep the old versions of objects. Source: PUT Bucket versioning."),
    ] = False
    lifecycle_rules: Annotated[
        list[LifecycleRule] | None,
        KeyedBy("id"),
        Field(description="What becomes of objects as they age. Source: PUT Bucket lifecycle, table 2."),
    ] = None
    tags: Annotated[
        Tags | None,
        Field(max_length=20, description="Tags, 20 at most. Source: PUT Bucket tagging."),
    ] = None
    policy: Annotated[
        str | None,
        BeforeValidator(lambda policy: None if policy is None else _canonical_policy(policy)),
        Field(
            description="Who may do what, as JSON text or as an object, in the S3 dialect. Source: PUT Bucket policy."
        ),
    ] = None
    force_destroy: Annotated[
        bool,
        Local(),
        Field(description="Delete the bucket with everything in it, old versions too. Source: DELETE Bucket."),
    ] = False
    adopt: Annotated[
        bool,
        NotCompared(),
        Field(description="Take over a bucket of that name which is set up differently."),
    ] = False

    def mistakes(self) -> Iterable[Mistake]:
        """Yield lifecycle rules that have the same id."""
        ids = [rule.id for rule in self.lifecycle_rules or []]
        for place, id in enumerate(ids):
            if id in ids[:place]:
                yield Mistake(f"lifecycle_rules[{place}].id", f"another rule is called {id!r} too")


class BucketHandler(Handler[BucketInputs]):
    """Makes a bucket and sets it up, one aspect a call."""

    kind = "obs.Bucket"
    inputs = BucketInputs
    identity = ("bucket",)

    def create(self, inputs: BucketInputs, session: Session) -> Made:
        """Create the bucket. Since OBS answers 200 for a bucket that is there already, it is looked for first."""
        if api.head_bucket(session, inputs.bucket) is not None:
            return self._take_over(inputs, session)
        region = session.settings.region
        try:
            api.create_bucket(session, inputs.bucket, region=region, storage_class=inputs.storage_class)
        except (AlreadyExists, OutcomeUnknown):
            if api.head_bucket(session, inputs.bucket) is None:
                raise
            return self._take_over(inputs, session)
        _set_up(session, inputs, [name for name in _SETTERS if name != "storage_class" and getattr(inputs, name)])
        return Made(inputs.bucket, {"region": region})

    def read(self, id: str, known: Mapping[str, Any], session: Session) -> Live | None:
        """Return the settings that are known, or all if none is; None once the bucket is gone."""
        bucket = known.get("bucket", id)
        head = api.head_bucket(session, bucket)
        if head is None:
            return None
        aspects = {name: get(session, bucket) for name, get in _GETTERS.items() if not known or name in known}
        declared = {"bucket": bucket, **aspects}
        if head.storage_class:
            declared["storage_class"] = head.storage_class
        told = {name: value for name, value in declared.items() if known or value not in ([], {}, "", "STANDARD")}
        return Live(told, {"region": head.region or session.settings.region})

    def update(
        self, id: str, known: Properties, inputs: BucketInputs, changed: Sequence[Change], session: Session
    ) -> Properties:
        """Set the aspects that differ; one that is no longer declared goes back to OBS's default."""
        fields = {change.field for change in changed}
        _set_up(session, inputs, [name for name in _SETTERS if name in fields])
        return {"region": known.get("region", session.settings.region)}

    def delete(self, id: str, known: Properties, session: Session) -> None:
        """Delete the bucket; with what is in it only if `force_destroy` says so."""
        bucket = known["bucket"]
        if api.head_bucket(session, bucket) is None:
            return
        if known.get("force_destroy"):
            _empty(session, bucket)
        try:
            api.delete_bucket(session, bucket)
        except Conflict as error:
            raise _not_empty(session, bucket, error) from error

    def effects(self, known: Properties, declared: Properties, changed: Sequence[Change]) -> list[str]:
        """Say when a replacement throws objects away."""
        return self.effects_of_removing(known) if any(change.replaces for change in changed) else []

    def effects_of_removing(self, known: Properties) -> list[str]:
        """Say when objects are thrown away."""
        return (
            [effect(DELETES_DATA, f"everything in bucket {known.get('bucket')}")] if known.get("force_destroy") else []
        )

    def _take_over(self, inputs: BucketInputs, session: Session) -> Made:
        """Take an equal bucket over, and finish one whose creation was cut short.

        Creating and setting up are several calls, and nothing marks a bucket as ours in between. One that is empty,
        and that differs only in what was never set, may be finished: at worst it is somebody's who lost nothing.
        """
        live = self.read(inputs.bucket, dump(inputs), session)
        found = {change.field for change in differences(BucketInputs, dump(inputs), live)} if live else set()
        if live and found and _is_untouched(session, inputs.bucket, {name: live.declared[name] for name in found}):
            session.tell(f"obs.Bucket {inputs.bucket}: exists already, is empty and not set up: taken over")
            _set_up(session, inputs, [name for name in _SETTERS if name in found])
            return Made(inputs.bucket, live.facts)
        return take_over(self, inputs.bucket, inputs, session, adopt=inputs.adopt)


_GETTERS: Final[Mapping[str, Callable[[Session, str], Any]]] = {
    "versioning": api.get_versioning,
    "lifecycle_rules": api.get_lifecycle,
    "tags": api.get_tags,
    "policy": api.get_policy,
}
_SETTERS: Final[Mapping[str, Callable[[Session, str, Any], None]]] = {
    "storage_class": api.put_storage_class,
    "versioning": api.put_versioning,
    "lifecycle_rules": api.put_lifecycle,
    "tags": api.put_tags,
    "policy": api.put_policy,
}


def _is_untouched(session: Session, bucket: str, settings: Mapping[str, Any]) -> bool:
    """Say whether a bucket is empty, and none of these settings was ever made."""
    if any(name not in _GETTERS or value for name, value in settings.items()):
        return False
    return next(api.versions(session, bucket), None) is None


def _set_up(session: Session, inputs: BucketInputs, fields: Iterable[str]) -> None:
    for name in fields:
        _SETTERS[name](session, inputs.bucket, getattr(inputs, name))


def _empty(session: Session, bucket: str) -> None:
    found = list(api.versions(session, bucket))
    if found:
        session.tell(f"obs.Bucket {bucket}: deletes {len(found)} objects and old versions")
    api.delete_versions(session, bucket, found)
    api.abort_uploads(session, bucket)


def _not_empty(session: Session, bucket: str, error: Conflict) -> Conflict:
    count = len(list(islice(api.versions(session, bucket), _COUNT_MAX)))
    told = f"{count} or more" if count == _COUNT_MAX else str(count)
    return Conflict(
        f"bucket {bucket} holds {told} objects, old versions counted",
        service="obs",
        operation=error.operation,
        status=error.status,
        code=error.code,
        request_id=error.request_id,
        hint="Empty it, or set force_destroy=True, run `up`, and destroy it then.",
    )


class BucketProvider(DynamicProvider):
    """The dynamic provider of obs.Bucket."""

    handler = BucketHandler()


class Bucket(DataArtsResource, module="obs", name="Bucket"):
    """A bucket of the Object Storage Service.

    Source: OBS, S3-compatible API, the pages of operations on buckets; arguments in `BucketInputs`.
    """

    provider = BucketProvider

    facts = ("region",)

    bucket: pulumi.Output[str]
    region: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        *,
        bucket: pulumi.Input[str],
        storage_class: pulumi.Input[StorageClass] | None = None,
        versioning: pulumi.Input[bool] | None = None,
        lifecycle_rules: pulumi.Input[Sequence[pulumi.Input[Mapping[str, Any]]]] | None = None,
        tags: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        policy: pulumi.Input[str | Mapping[str, Any]] | None = None,
        force_destroy: pulumi.Input[bool] | None = None,
        adopt: pulumi.Input[bool] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        arguments = {
            "bucket": bucket,
            "storage_class": storage_class,
            "versioning": versioning,
            "lifecycle_rules": lifecycle_rules,
            "tags": tags,
            "policy": policy,
            "force_destroy": force_destroy,
            "adopt": adopt,
        }
        super().__init__(resource_name, arguments, opts)
