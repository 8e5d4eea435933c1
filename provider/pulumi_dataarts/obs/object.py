"""`obs.Object`: one object, from a file or from a text, uploaded only when its content differs."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final

import pulumi
from pydantic import Field

from pulumi_dataarts.errors import ConfigError, OutcomeUnknown
from pulumi_dataarts.huawei import objects
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.lifecycle.adapter import DynamicProvider
from pulumi_dataarts.lifecycle.changes import Change
from pulumi_dataarts.lifecycle.effects import DELETES_DATA, effect
from pulumi_dataarts.lifecycle.fields import Derived, NotCompared, Replaces
from pulumi_dataarts.lifecycle.handler import Handler, Live, Made, differences, take_over
from pulumi_dataarts.lifecycle.inputs import Inputs, Mistake, dump
from pulumi_dataarts.lifecycle.resource import DataArtsResource
from pulumi_dataarts.model.values import Properties
from pulumi_dataarts.obs import api
from pulumi_dataarts.obs.rules import OWN_METADATA, BucketName, Metadata, ObjectKey, StorageClass, Tags
from pulumi_dataarts.obs.wire import wire_class

_TEXT_MAX: Final = 64 * 1024
_SIZE_MAX_BYTES: Final = 5 * 1024**3
_UNREADABLE: Final = "COLD"
"""An object of this class cannot be copied, not even onto itself, unless it is restored first: it is written anew."""


class ObjectInputs(Inputs):
    """What an `Object` is given."""

    bucket: Annotated[
        BucketName,
        Replaces("an object cannot be moved to another bucket"),
        Field(description='The bucket it lies in. Source: OBS, "PUT Object".'),
    ]
    key: Annotated[
        ObjectKey,
        Replaces("an object cannot be renamed"),
        Field(description="Its name within the bucket. Source: PUT Object."),
    ]
    source: Annotated[
        str | None,
        NotCompared(),
        Field(description="The file that holds its content, relative to the program's directory. Source: ours."),
    ] = None
    content: Annotated[
        str | None,
        NotCompared(),
        Field(max_length=_TEXT_MAX, description="Its content as a text, which stands in the state. Source: ours."),
    ] = None
    content_type: Annotated[str | None, Field(description="Its media type. Source: PUT Object.")] = None
    storage_class: Annotated[
        StorageClass | None,
        Field(description="STANDARD, WARM or COLD; the bucket's own if not given. Source: PUT Object."),
    ] = None
    metadata: Annotated[
        Metadata, Field(description="Metadata of one's own, 2 KB at most. Source: PUT Object (x-amz-meta-*).")
    ] = {}
    tags: Annotated[
        Tags | None, Field(max_length=10, description="Tags, 10 at most. Source: adding object tags (obs_04_0172).")
    ] = None
    adopt: Annotated[
        bool,
        NotCompared(),
        Field(description="Take over an object that is there and differs."),
    ] = False
    digest: Annotated[str, Derived(), Field(description="sha256 (hex) of the content. Source: ours.")] = ""
    size: Annotated[int, Derived(), Field(description="Bytes of content. Source: HEAD Object.")] = 0

    derives_from: ClassVar[tuple[str, ...]] = ("source", "content")

    def mistakes(self) -> Iterable[Mistake]:
        """Yield what is wrong with where the content comes from."""
        if (self.source is None) == (self.content is None):
            yield Mistake("source", "give either source or content")
        elif self.source is not None and not Path(self.source).is_file():
            yield Mistake("source", f"there is no file {self.source}")
        elif self.source is not None and Path(self.source).stat().st_size > _SIZE_MAX_BYTES:
            yield Mistake("source", f"{self.source} is larger than 5 GB, the most that one upload takes")

    def derived(self) -> Properties:
        """Return digest and size of the content."""
        with closing(self.open()) as body:
            digest = hashlib.file_digest(body, "sha256").hexdigest()
            return {"digest": digest, "size": body.seek(0, io.SEEK_END)}

    def open(self) -> io.BufferedReader | io.BytesIO:
        """Open the content for reading. Raises ConfigError for a file that cannot be read."""
        if self.source is None:
            return io.BytesIO((self.content or "").encode())
        try:
            return Path(self.source).open("rb")
        except OSError as error:
            raise ConfigError(f"{self.source} cannot be read: {error.strerror}") from error


class ObjectHandler(Handler[ObjectInputs]):
    """Uploads an object when its content is not the declared one.

    Whether it is, is told by the ETag: as long as it is the one that our own upload was answered with, nobody has
    written since. It is never taken for a checksum, which it is not for encrypted objects.
    """

    kind = "obs.Object"
    inputs = ObjectInputs
    identity = ("bucket", "key")

    def create(self, inputs: ObjectInputs, session: Session) -> Made:
        """Upload it, unless something lies there already."""
        id = f"{inputs.bucket}/{inputs.key}"
        if api.head_object(session, inputs.bucket, inputs.key) is not None:
            return self._take_over(id, inputs, session)
        try:
            etag = _upload(session, inputs)
        except OutcomeUnknown:
            if api.head_object(session, inputs.bucket, inputs.key) is None:
                raise
            return self._take_over(id, inputs, session)
        return Made(id, {"etag": etag})

    def read(self, id: str, known: Mapping[str, Any], session: Session) -> Live | None:
        """Return digest, size and headers as they stand; None once the object, or its bucket, is gone."""
        bucket, _, key = id.partition("/")
        head = api.head_object(session, bucket, key)
        if head is None:
            return None
        declared: Properties = {
            "bucket": bucket,
            "key": key,
            "content_type": head.content_type,
            "storage_class": head.storage_class,
            "metadata": {name: value for name, value in head.metadata.items() if name != OWN_METADATA},
            "digest": _live_digest(session, bucket, key, head, known),
            "size": head.size_bytes,
        }
        told = api.get_object_tags(session, bucket, key) if not known or "tags" in known else None
        return Live(declared if told is None else {**declared, "tags": told}, {"etag": head.etag})

    def update(
        self, id: str, known: Properties, inputs: ObjectInputs, changed: Sequence[Change], session: Session
    ) -> Properties:
        """Upload if the content differs; otherwise change headers, metadata or tags where it lies."""
        fields = {change.field for change in changed}
        if fields & {"digest", "size"} or known.get("storage_class") == _UNREADABLE:
            return {"etag": _upload(session, inputs)}
        etag = known.get("etag", "")
        if fields & {"content_type", "storage_class", "metadata"}:
            etag = api.replace_headers(session, inputs.bucket, inputs.key, **_headers(inputs))
        if "tags" in fields:
            api.put_object_tags(session, inputs.bucket, inputs.key, inputs.tags)
        return {"etag": etag}

    def delete(self, id: str, known: Properties, session: Session) -> None:
        """Delete the object. Old versions, in a bucket that keeps them, stay."""
        objects.delete(session, known["bucket"], known["key"])

    def effects(self, known: Properties, declared: Properties, changed: Sequence[Change]) -> list[str]:
        """Say that a replacement deletes what lies at the old place."""
        return self.effects_of_removing(known) if any(change.replaces for change in changed) else []

    def effects_of_removing(self, known: Properties) -> list[str]:
        """Say which object goes."""
        return [effect(DELETES_DATA, f"{known.get('bucket')}/{known.get('key')}")]

    def _take_over(self, id: str, inputs: ObjectInputs, session: Session) -> Made:
        """Take an equal object over, and finish one whose creation was cut short between content and tags."""
        live = self.read(id, dump(inputs), session)
        found = {change.field for change in differences(ObjectInputs, dump(inputs), live)} if live else set()
        if live and found == {"tags"} and not live.declared.get("tags"):
            session.tell(f"obs.Object {id}: exists already as declared, without tags: taken over")
            api.put_object_tags(session, inputs.bucket, inputs.key, inputs.tags)
            return Made(id, live.facts)
        return take_over(self, id, inputs, session, adopt=inputs.adopt)


def _live_digest(session: Session, bucket: str, key: str, head: api.ObjectHead, known: Mapping[str, Any]) -> str:
    """Return the digest of what lies there: as recorded, as noted beside it, or by reading it through."""
    if known.get("etag") == head.etag:
        return str(known["digest"])
    if "etag" not in known and OWN_METADATA in head.metadata:
        return head.metadata[OWN_METADATA]
    return api.digest_of(session, bucket, key)


def _headers(inputs: ObjectInputs) -> dict[str, Any]:
    headers: dict[str, Any] = {"Metadata": {**inputs.metadata, OWN_METADATA: inputs.digest}}
    if inputs.content_type is not None:
        headers["ContentType"] = inputs.content_type
    if inputs.storage_class is not None:
        headers["StorageClass"] = wire_class(inputs.storage_class)
    return headers


def _upload(session: Session, inputs: ObjectInputs) -> str:
    """Write content and headers, then the tags, which an upload takes away."""
    with closing(inputs.open()) as body:
        if hashlib.file_digest(body, "sha256").hexdigest() != inputs.digest:
            raise ConfigError(f"{inputs.source} was changed while this was under way", hint="Run again.")
        body.seek(0)
        etag = api.put_object(session, inputs.bucket, inputs.key, body, **_headers(inputs))
    if inputs.tags:
        api.put_object_tags(session, inputs.bucket, inputs.key, inputs.tags)
    return etag


class ObjectProvider(DynamicProvider):
    """The dynamic provider of obs.Object."""

    handler = ObjectHandler()


class Object(DataArtsResource, module="obs", name="Object"):
    """An object in a bucket.

    The state holds the content's digest; of the content itself only what is given as a text.

    Source: OBS, S3-compatible API, "PUT Object", "HEAD Object"; arguments in `ObjectInputs`.
    """

    provider = ObjectProvider
    facts = ("digest", "size", "etag")

    bucket: pulumi.Output[str]
    key: pulumi.Output[str]
    digest: pulumi.Output[str]
    """sha256 of the content, in hex."""
    size: pulumi.Output[int]
    """Bytes of content."""
    etag: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        *,
        bucket: pulumi.Input[str],
        key: pulumi.Input[str],
        source: pulumi.Input[str] | None = None,
        content: pulumi.Input[str] | None = None,
        content_type: pulumi.Input[str] | None = None,
        storage_class: pulumi.Input[StorageClass] | None = None,
        metadata: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        tags: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        adopt: pulumi.Input[bool] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        arguments = {
            "bucket": bucket,
            "key": key,
            "source": source,
            "content": content,
            "content_type": content_type,
            "storage_class": storage_class,
            "metadata": metadata,
            "tags": tags,
            "adopt": adopt,
        }
        super().__init__(resource_name, arguments, opts)
