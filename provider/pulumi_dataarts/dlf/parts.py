"""A part of a bundle as an archive of its own, which lies beside the bundle's for as long as an import takes.

Its name says whose it is, so that what a killed run left there is found and removed by the next of the same import, and
never what another import has lying there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from pulumi_dataarts.dlf.addresses import ObsPath
from pulumi_dataarts.dlf.wording import counted
from pulumi_dataarts.errors import CloudError, NotFound
from pulumi_dataarts.huawei import objects
from pulumi_dataarts.huawei.session import Session


@contextmanager
def lying(session: Session, id: str, archive: str, content: bytes) -> Iterator[ObsPath]:
    """Give the path of a part of the import `id`, beside its archive, for as long as the block takes."""
    digest = hashlib.sha256(content).hexdigest()[:16]
    path = ObsPath.parse(archive).beside(f"{_start(id)}{digest}.zip")
    objects.put(session, path.bucket, path.key, content)
    try:
        yield path
    finally:
        objects.delete(session, path.bucket, path.key)


def remove_left(session: Session, id: str, archive: str) -> None:
    """Remove the parts that a killed run of the import `id` left beside its archive. Where that fails, say so."""
    start = ObsPath.parse(archive).beside(_start(id))
    try:
        left = objects.keys(session, start.bucket, start.key)
        for key in left:
            objects.delete(session, start.bucket, key)
    except NotFound:
        return
    except CloudError as error:
        session.tell(f"beside {archive}: cannot look for what an import that was cut off left there: {error.message}")
        return
    if left:
        session.tell(f"removes {counted('archive', left)} that an import which was cut off left beside {archive}")


def _start(id: str) -> str:
    return f"part-{hashlib.sha256(id.encode()).hexdigest()[:16]}-"
