"""The archive an import reads: put at `path` from the local bundle, or found there.

The import call takes no content, only a path in OBS. Where a local bundle is given, its archive is put there first,
unless one with the same definitions lies there already (an `obs.Object` may have uploaded it). An archive that this
import put there is replaced with the bundle and removed with the import; one of somebody else's is neither. Which
it is, the state says, and where a run was cut off before it could, a mark on the object.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pulumi_dataarts.dlf.addresses import ObsPath
from pulumi_dataarts.dlf.bundle import Bundle, checked, from_zip
from pulumi_dataarts.dlf.inputs import JobImportInputs
from pulumi_dataarts.dlf.source import read_source
from pulumi_dataarts.dlf.wording import counted
from pulumi_dataarts.errors import AlreadyExists, ConfigError, NotFound
from pulumi_dataarts.huawei import objects
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.model.values import Properties

MARK: Final = "dataarts-import"


@dataclass(frozen=True)
class Archive:
    """What lies at the path. `is_ours` says that this import put it there."""

    bundle: Bundle
    sha256: str
    is_ours: bool

    def facts(self) -> Properties:
        """Return the outputs that remember this."""
        return {"archive_sha256": self.sha256, "uploaded": self.is_ours}


def brought(id: str, inputs: JobImportInputs, known: Mapping[str, Any], session: Session) -> Archive:
    """Return the archive at the path, after putting the local bundle there where that is due.

    Raises:
        ConfigError: it cannot be imported.
        AlreadyExists: another archive lies there, which this import did not put there.
        NotFound: nothing lies there, and no local bundle is given.
    """
    path = ObsPath.parse(inputs.path)
    if not inputs.bundle:
        return _lying(path, objects.get(session, path.bucket, path.key), inputs, is_ours=False)
    bundle = read_source(inputs.bundle)
    is_known = known.get("path") == inputs.path
    before = _found(session, path)
    if before is not None and _holds(before, bundle):
        return _lying(path, before, inputs, is_ours=is_known and bool(known.get("uploaded")))
    is_as_known = before is not None and is_known and _sha256(before) == known.get("archive_sha256")
    if before is not None and not inputs.adopt and not is_as_known and not _is_marked(session, path, id):
        raise AlreadyExists(
            f"{inputs.path} holds another archive than the bundle {inputs.bundle}, which this import did not put there",
            hint="Choose another path, or set adopt=True to replace it.",
        )
    content = bundle.to_zip()
    objects.put(session, path.bucket, path.key, content, metadata={MARK: _mark(id)})
    return _lying(path, content, inputs, is_ours=True)


def removed(id: str, known: Mapping[str, Any], session: Session) -> None:
    """Remove the archive that this import put at its path, if it is still the one."""
    path = ObsPath.parse(known["path"])
    content = _found(session, path) if known.get("uploaded") else None
    if content is None:
        return
    if _sha256(content) == known.get("archive_sha256") or _is_marked(session, path, id):
        objects.delete(session, path.bucket, path.key)


def _lying(path: ObsPath, content: bytes, inputs: JobImportInputs, *, is_ours: bool) -> Archive:
    try:
        bundle = checked(from_zip(content))
    except ConfigError as error:
        raise ConfigError(f"{path}: {error.message}", hint=error.hint) from error
    unknown = sorted({item.name for item in inputs.jobs_param} - bundle.jobs.keys())
    if unknown:
        raise ConfigError(f"{path} has no {counted('job', unknown)}, for which jobs_param has parameters")
    return Archive(bundle, _sha256(content), is_ours)


def _holds(content: bytes, bundle: Bundle) -> bool:
    try:
        return from_zip(content).digests() == bundle.digests()
    except ConfigError:
        return False


def _found(session: Session, path: ObsPath) -> bytes | None:
    try:
        return objects.get(session, path.bucket, path.key)
    except NotFound as error:
        if error.code == "NoSuchBucket":
            raise
        return None


def _is_marked(session: Session, path: ObsPath, id: str) -> bool:
    return objects.metadata_of(session, path.bucket, path.key).get(MARK) == _mark(id)


def _mark(id: str) -> str:
    return hashlib.sha256(id.encode()).hexdigest()[:32]


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
