"""The zip of jobs that import reads and export writes. Pure functions over bytes.

Two layouts exist and both are read, even mixed::

    single (export of one job)              batch (export of several)
    jobs/{job}.job                          jobs/{job}/{job}.job
    scripts/{script}.script                 jobs/{job}/{script}.script
    resources/{resource}.resource           jobs/{job}/{resource}.resource

Each file is JSON in UTF-8: the body of the create call of its kind. The file's name only counts where the
JSON has no `name`. Other entries are left alone. A batch holds a script once for each job that uses it, so
an entry may be repeated as long as its content is.

Source: DataArts Factory API "Exporting a Job", "Batch Exporting Jobs"; real files were never seen. Where resources
stand in a batch is not documented: beside the scripts here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from pulumi_dataarts.simulator.documents import parse
from pulumi_dataarts.simulator.store import Document
from pulumi_dataarts.simulator.zips import ArchiveError, read_zip, write_zip

# DataArts Factory API "Importing a Job", console facts.
SIZE_BYTES_MAX = 10 * 1024 * 1024

_FOLDERS = ("jobs", "scripts", "resources")


@dataclass(frozen=True)
class Bundle:
    """What a zip holds: definitions by name, in the order of the archive."""

    jobs: dict[str, Document] = field(default_factory=dict)
    scripts: dict[str, Document] = field(default_factory=dict)
    resources: dict[str, Document] = field(default_factory=dict)


def read_bundle(content: bytes) -> Bundle:
    """Return what a zip holds.

    Raises:
        ArchiveError: not a zip that may be read, a file that is not a JSON object, two different definitions
            under one name, or no job.
    """
    bundle = Bundle()
    kinds = {".job": bundle.jobs, ".script": bundle.scripts, ".resource": bundle.resources}
    for entry, data in read_zip(content, size_bytes_max=SIZE_BYTES_MAX).items():
        path = PurePosixPath(entry)
        if path.suffix not in kinds or path.parts[0] not in _FOLDERS:
            continue
        definition = _definition(entry, data)
        name = definition.setdefault("name", path.stem)
        if kinds[path.suffix].setdefault(str(name), definition) != definition:
            raise ArchiveError(f"{entry} is not the only definition of {name!r}")
    if not bundle.jobs:
        raise ArchiveError("the archive holds no job")
    return bundle


def single_layout(bundle: Bundle) -> bytes:
    """Return the zip of one job with what it depends on."""
    return write_zip(
        {
            **{f"jobs/{name}.job": _encoded(job) for name, job in bundle.jobs.items()},
            **{f"scripts/{name}.script": _encoded(script) for name, script in bundle.scripts.items()},
            **{f"resources/{name}.resource": _encoded(item) for name, item in bundle.resources.items()},
        }
    )


def batch_layout(bundles: Iterable[Bundle]) -> bytes:
    """Return the zip of several jobs, each with what it depends on."""
    entries: dict[str, bytes] = {}
    for bundle in bundles:
        for job, definition in bundle.jobs.items():
            entries[f"jobs/{job}/{job}.job"] = _encoded(definition)
            entries |= {f"jobs/{job}/{name}.script": _encoded(item) for name, item in bundle.scripts.items()}
            entries |= {f"jobs/{job}/{name}.resource": _encoded(item) for name, item in bundle.resources.items()}
    return write_zip(entries)


def _definition(entry: str, data: bytes) -> Document:
    try:
        definition = parse(data)
    except ValueError as error:
        raise ArchiveError(f"{entry} is not JSON") from error
    if not isinstance(definition, dict):
        raise ArchiveError(f"{entry} is not a JSON object")
    return definition


def _encoded(definition: Document) -> bytes:
    return json.dumps(definition, indent=2).encode()
