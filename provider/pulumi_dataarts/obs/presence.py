"""Whether an object is there, or anything in a folder, and how much: for checks, and for verifications of a release."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pulumi_dataarts.errors import RunFailed
from pulumi_dataarts.huawei.objects import translated
from pulumi_dataarts.huawei.session import Session

PATTERN: Final = r"^obs://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/.*$"


@dataclass(frozen=True)
class Found:
    """What is there."""

    objects: int = 0
    size_bytes: int = 0

    def __str__(self) -> str:
        return f"{self.objects} objects of {self.size_bytes} bytes" if self.objects else "nothing"


def look(session: Session, address: str) -> Found:
    """Return what is at an address. Raises NotFound for the bucket."""
    bucket, _, key = address.removeprefix("obs://").partition("/")
    objects, size_bytes = 0, 0
    with translated("list objects", f"{bucket}/{key}", safe=True):
        for page in session.obs().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key):
            sizes = [item["Size"] for item in page.get("Contents", []) if _is_meant(item["Key"], key)]
            objects, size_bytes = objects + len(sizes), size_bytes + sum(sizes)
    return Found(objects, size_bytes)


def awaited(session: Session, address: str, bytes_min: int, deadline_s: float = 0.0) -> Found:
    """Return what is at an address, once it is enough.

    Args:
        session: the open session.
        address: `obs://bucket/key`; a folder ends with `/`.
        bytes_min: how many bytes there have to be in all.
        deadline_s: how long to wait for them; 0 looks once.

    Raises:
        RunFailed: it is not there, or too small; WaitTimeout: nor was it in time. NotFound: there is no such bucket.
    """
    seen = Found()

    def enough() -> Found | None:
        nonlocal seen
        seen = look(session, address)
        return seen if seen.objects and seen.size_bytes >= bytes_min else None

    if deadline_s:
        what = f"an object of {bytes_min} bytes at {address}"
        return session.wait_until(enough, what=what, deadline_s=deadline_s, every_s=5.0, describe=lambda: str(seen))
    found = enough()
    if found is None:
        raise RunFailed(
            f"there is {seen} at {address}",
            service="obs",
            operation="list objects",
            hint=f"{bytes_min} bytes were expected: look at what should have written them.",
        )
    return found


def _is_meant(found: str, key: str) -> bool:
    """Say whether a key that starts with `key` is meant by it: itself, or what lies in it if it is a folder."""
    is_folder = not key or key.endswith("/")
    return not found.endswith("/") and (is_folder or found == key)
