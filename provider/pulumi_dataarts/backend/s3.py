"""State in a bucket that speaks S3, such as OBS: the same keys below a prefix, one object per file.

An object is replaced whole, so a write is atomic. A log is a folder of numbered objects, one per frame; their names
start with the generation of the lease they were written under (see `leases`).

Source: pkg/backend/diy/state.go of the official CLI; OBS, S3-compatible API; OBS user guide obs_04_0088.
"""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from functools import cached_property, partial
from itertools import count, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from pulumi_dataarts.backend.blobs import Listed, Log
from pulumi_dataarts.errors import ConfigError, Corrupt, StateError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from botocore.client import BaseClient

_PARAMETERS: Final = frozenset(
    {
        "awssdk",
        "disableSSL",
        "disable_https",
        "endpoint",
        "profile",
        "region",
        "request_checksum_calculation",
        "response_checksum_validation",
        "s3ForcePathStyle",
        "use_path_style",
    }
)
_MISSING: Final = frozenset({"404", "NoSuchKey", "NotFound"})
_UNMET: Final = frozenset(
    {"409", "412", "ConditionalRequestConflict", "PositionNotEqualToLength", "PreconditionFailed"}
)
_HINT: Final = "Check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, and endpoint and region in the backend's URL."
_HINTS: Final = {"NoSuchBucket": "Create the bucket first, or mend its name or the endpoint in the backend's URL."}
_ABSENT: Final = {"IfNoneMatch": "*"}

# What a log has at a place where its writer may not go on. Empty objects cannot be appended, so it has a byte.
SEAL: Final = b"\n"


class Object(NamedTuple):
    """An object's content, the tag that names this version of it, and its age by the bucket's own clock, in seconds."""

    data: bytes
    tag: str
    age_s: float


class S3Blobs:
    """A bucket, or what is below a prefix of one."""

    def __init__(self, connect: Callable[[], BaseClient], bucket: str, prefix: str, url: str) -> None:
        self.url = url
        self._connect = connect
        self._client: Any = connect()
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""

    @property
    def folder(self) -> Path | None:
        """None: a bucket has no folder here."""
        return None

    def read(self, key: str) -> bytes | None:
        """Return the content, None where there is none."""
        found = self.look(key)
        return found.data if found else None

    def look(self, key: str) -> Object | None:
        """Return the object, None where there is none."""
        answer = self._call(self._client.get_object, key)
        if answer is None:
            return None
        now = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
        return Object(answer["Body"].read(), answer["ETag"], (now - answer["LastModified"]).total_seconds())

    def write(self, key: str, data: bytes) -> None:
        """Replace the content."""
        self._call(self._client.put_object, key, Body=data)

    def create(self, key: str, data: bytes) -> bool:
        """Write an object that is not there yet; say whether it was so. Only some buckets honour that."""
        return self._conditional(self._client, key, data, _ABSENT)

    def create_by_append(self, key: str, data: bytes) -> bool:
        """Do the same by OBS's append at position 0, which needs content.

        Source: OBS user guide obs_04_0088.
        """
        return self._conditional(self._appending, key, data, {})

    def exchange(self, key: str, data: bytes, tag: str) -> bool:
        """Replace the version of that tag; say whether it was the current one. Only some buckets honour that."""
        return self._conditional(self._client, key, data, {"IfMatch": tag})

    def delete(self, key: str) -> None:
        """Remove the key; nothing happens where there is none."""
        self._call(self._client.delete_object, key)

    def find(self, prefix: str) -> list[Listed]:
        """Return the keys that start with the prefix, at any depth, sorted."""
        found: list[Listed] = []
        more: dict[str, str] = {}
        while True:
            page = self._checked(self._client.list_objects_v2, prefix, Prefix=self._prefix + prefix, **more)
            for item in page.get("Contents", ()):
                key = item["Key"].removeprefix(self._prefix)
                found.append(Listed(key, item["LastModified"].timestamp()))
            if not page.get("IsTruncated"):
                return sorted(found)
            more = {"ContinuationToken": page["NextContinuationToken"]}

    def open_log(self, key: str) -> Log:
        """Start an empty log; what was there goes once its first frame stands."""
        return S3Log(self, key, self._places(key), self.write, is_new=True)

    def continue_log(self, key: str, whole: bytes) -> Log:
        """Go on with a log. Objects are whole or not there, so nothing is cut off here."""
        return S3Log(self, key, self._places(key), self.write, is_new=False)

    def read_log(self, key: str) -> bytes:
        """Return all frames of a log, joined.

        Raises:
            Corrupt: a frame in the midst is missing.
        """
        keys = self.frame_keys(key)
        for earlier, later in pairwise(map(frame_of, keys)):
            if later.generation == earlier.generation and later.number != earlier.number + 1:
                raise Corrupt(f"{key} in {self.url} lacks frames between {earlier.number} and {later.number}")
        frames = [self.read(frame_key) for frame_key in keys]
        if None in frames:
            raise Corrupt(f"{key} in {self.url} was removed while it was read")
        return b"".join(frame for frame in frames if frame and frame != SEAL)

    def delete_log(self, key: str) -> None:
        """Remove a log, its first frames first, so that what is left of it never looks like a younger one."""
        self.delete_frames(self.frame_keys(key))

    def delete_frames(self, keys: list[str]) -> None:
        """Remove frames, but no seals. Only the last frame of a generation can be one."""
        lasts = {frame_of(key).generation: key for key in keys}
        seals = {key for key in lasts.values() if self.read(key) == SEAL}
        for key in keys:
            if key not in seals:
                self.delete(key)

    def frame_keys(self, key: str) -> list[str]:
        """Return the keys of a log's frames, in order."""
        return [item.key for item in self.find(f"{key}/")]

    def _places(self, key: str) -> Iterator[Frame]:
        """Return the places after what is there, for who writes without a lease."""
        return places(0, max((frame_of(frame_key).number for frame_key in self.frame_keys(key)), default=0))

    @cached_property
    def _appending(self) -> Any:
        """A client whose every write of an object is an append: boto3 has no call of its own for it."""
        client = self._connect()
        client.meta.events.register("before-call.s3.PutObject", _as_append)
        return client

    def _conditional(self, client: Any, key: str, data: bytes, conditions: Mapping[str, str]) -> bool:
        answer = self._call(client.put_object, key, Body=data, **conditions)
        if answer is not None:
            return True
        # A write that was sent again because its answer got lost finds itself.
        return self.read(key) == data

    def _call(self, operation: Callable[..., Any], key: str, **more: Any) -> Any:
        """Call the bucket about one key; None where there is none, or where a condition does not hold."""
        return self._checked(operation, key, Key=self._prefix + key, **more)

    def _checked(self, operation: Callable[..., Any], key: str, **more: Any) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return operation(Bucket=self._bucket, **more)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code in _MISSING | _UNMET:
                return None
            request = error.response.get("ResponseMetadata", {}).get("RequestId", "")
            raise StateError(
                f"{key} in {self.url}: the bucket refused with {code} (request {request})",
                hint=_HINTS.get(code, _HINT),
            ) from error
        except BotoCoreError as error:
            raise StateError(f"{key} in {self.url}: {error}", hint=_HINT) from error


class Frame(NamedTuple):
    """Where a frame of a log stands: under which lease it was written, and as which one."""

    generation: int
    number: int


class S3Log:
    """A log under way. `places` are the next frames' places, `write` is how they are written."""

    def __init__(
        self, blobs: S3Blobs, key: str, places: Iterator[Frame], write: Callable[[str, bytes], None], *, is_new: bool
    ) -> None:
        self._blobs = blobs
        self._key = key
        self._places = places
        self._write = write
        self._replaced = blobs.frame_keys(key) if is_new else []

    def append(self, frame: bytes) -> None:
        """Add a frame as an object of its own."""
        self._write(frame_key(self._key, next(self._places)), frame)
        self._blobs.delete_frames(self._replaced)
        self._replaced = []

    def close(self) -> None:
        """Nothing is held open."""


def places(generation: int, after: int = 0) -> Iterator[Frame]:
    """Yield the places of a generation's frames, one after another."""
    return (Frame(generation, number) for number in count(after + 1))


def frame_key(key: str, frame: Frame) -> str:
    """Return the key of a log's frame."""
    return f"{key}/{frame.generation:08d}-{frame.number:08d}.json"


def frame_of(key: str) -> Frame:
    """Return which frame a key names."""
    generation, _, number = key.rpartition("/")[2].removesuffix(".json").partition("-")
    return Frame(int(generation), int(number))


def open_s3(url: str) -> S3Blobs:
    """Open `s3://bucket/prefix?region=…&endpoint=…`, with the parameters the official CLI knows.

    Credentials are boto3's: `AWS_ACCESS_KEY_ID` and so on, or a profile.

    Raises:
        ConfigError: a parameter is unknown, or the bucket is missing.
    """
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    unknown = sorted(set(options) - _PARAMETERS)
    if unknown or not parts.netloc:
        raise ConfigError(
            f"backend {url}: " + (f"unknown parameter {', '.join(unknown)}" if unknown else "the bucket is missing"),
            hint=f"The form is s3://<bucket>/<prefix>?endpoint=<host>&…, with {', '.join(sorted(_PARAMETERS))}.",
        )
    return S3Blobs(partial(_client, options), parts.netloc, parts.path.strip("/"), url)


def _client(options: Mapping[str, str]) -> BaseClient:
    import boto3
    from botocore.config import Config

    is_path_style = _is_on(options, "s3ForcePathStyle") or _is_on(options, "use_path_style")
    addressing = "path" if is_path_style else "virtual" if "endpoint" in options else "auto"
    config = Config(
        signature_version="s3v4",
        region_name=options.get("region"),
        retries={"mode": "standard", "max_attempts": 10},
        # OBS stores the framing of the newer default checksums as if it were content.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"addressing_style": addressing, "payload_signing_enabled": False},
    )
    session = boto3.Session(profile_name=options.get("profile"))
    return session.client("s3", endpoint_url=_endpoint(options), config=config)


def _as_append(params: dict[str, Any], **_: Any) -> None:
    """Turn a write of an object into an append at position 0."""
    params["method"] = "POST"
    params["url"] += "?append&position=0"


def _endpoint(options: Mapping[str, str]) -> str | None:
    endpoint = options.get("endpoint")
    if not endpoint or "://" in endpoint:
        return endpoint
    is_plain = _is_on(options, "disableSSL") or _is_on(options, "disable_https")
    return f"{'http' if is_plain else 'https'}://{endpoint}"


def _is_on(options: Mapping[str, str], name: str) -> bool:
    return options.get(name, "").lower() in ("1", "t", "true")
