"""OBS as the console shows it: buckets and the objects in them, asked of the embedded OBS in its own words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode
from xml.etree import ElementTree as ET

from pulumi_dataarts.simulator.console.listings import listing
from pulumi_dataarts.simulator.console.marks import NO_STATUS, Mark
from pulumi_dataarts.simulator.console.views import Absent, View, link
from pulumi_dataarts.simulator.s3 import S3Request

if TYPE_CHECKING:
    from pulumi_dataarts.simulator.console.views import Sight

BUCKETS, BUCKET = "/console/buckets", "/console/bucket"
OBJECTS_MAX: Final = 1000


@dataclass(frozen=True)
class BucketRow:
    """A bucket. `is_more` says that it has more objects than were counted."""

    name: str
    created_ms: int
    objects: int
    size_bytes: int
    is_more: bool

    @property
    def href(self) -> str:
        """Its page."""
        return link(BUCKET, name=self.name)


@dataclass(frozen=True)
class ObjectRow:
    """An object."""

    key: str
    size_bytes: int
    modified_ms: int
    etag: str
    mark: Mark = NO_STATUS

    @property
    def text(self) -> str:
        """What words are looked for in."""
        return self.key


def buckets_page(sight: Sight) -> View:
    """All buckets."""
    return View("buckets.html", "Buckets", {"buckets": bucket_rows(sight)})


def bucket_page(sight: Sight) -> View:
    """One bucket: its first objects after a key."""
    name = sight.query.get("name", "")
    objects, is_more = _objects(sight, name, sight.query.get("after", ""))
    more = link(BUCKET, name=name, after=objects[-1].key) if is_more else ""
    values = {"name": name, "objects": listing(objects, sight), "more": more}
    return View("bucket.html", name, values)


def names(sight: Sight) -> list[tuple[str, int]]:
    """Return the name of each bucket, and when it was made."""
    answer = _get(sight, "/")
    found = answer.iterfind("{*}Buckets/{*}Bucket")
    return [(bucket.findtext("{*}Name") or "", _time_ms(bucket.findtext("{*}CreationDate"))) for bucket in found]


def bucket_rows(sight: Sight) -> list[BucketRow]:
    """Return every bucket, by name."""
    rows = []
    for name, created_ms in sorted(names(sight)):
        objects, is_more = _objects(sight, name)
        total = sum(item.size_bytes for item in objects)
        rows.append(BucketRow(name, created_ms, len(objects), total, is_more))
    return rows


def _objects(sight: Sight, bucket: str, after: str = "") -> tuple[list[ObjectRow], bool]:
    """Return the first objects after a key, and whether there are more."""
    query = urlencode({"list-type": "2", "max-keys": OBJECTS_MAX, "start-after": after})
    page = _get(sight, f"/{quote(bucket, safe='')}?{query}")
    if not page.tag.endswith("ListBucketResult"):
        raise Absent(f"bucket {bucket}")
    rows = [
        ObjectRow(
            key=item.findtext("{*}Key") or "",
            size_bytes=int(item.findtext("{*}Size") or 0),
            modified_ms=_time_ms(item.findtext("{*}LastModified")),
            etag=(item.findtext("{*}ETag") or "").strip('"'),
        )
        for item in page.iterfind("{*}Contents")
    ]
    return rows, page.findtext("{*}IsTruncated") == "true"


def _get(sight: Sight, target: str) -> ET.Element:
    return ET.fromstring(sight.s3.call(S3Request("GET", target)).body)  # noqa: S314  our own XML


def _time_ms(written: str | None) -> int:
    return int(datetime.fromisoformat(written or "1970-01-01T00:00:00Z").timestamp() * 1000)
