"""Making a release: of the program's files and of what the program declares. Pure, given both."""

from __future__ import annotations

import os
from collections.abc import Sequence

from pulumi_dataarts.backend.projects import Project
from pulumi_dataarts.release.archive import PROGRAM, Release
from pulumi_dataarts.release.definitions import Declared, File, definitions_of
from pulumi_dataarts.release.manifest import Content, Manifest, Provenance, entries_of
from pulumi_dataarts.release.needs import needs_of
from pulumi_dataarts.release.tree import program_files


def release_of(project: Project, declared: Sequence[Declared], provenance: Provenance) -> Release:
    """Return the release of a project as it lies in its folder.

    Args:
        project: whose program it is.
        declared: what the program declares under logical names.
        provenance: where it comes from.

    Raises:
        ConfigError: files that cannot be read, or may not be in a release.
        PlanError: something declared cannot be held by a release.
    """
    program = program_files(project)
    folder, _ = project.program()
    definitions = definitions_of(declared, folder)
    files: dict[str, File] = {f"{PROGRAM}{path}": ("file", path, data) for path, data in program.items()}
    files |= definitions.files()
    inside = os.path.relpath(folder, project.folder).replace(os.sep, "/")
    needs = needs_of(definitions, declared, program, "" if inside == "." else f"{inside}/")
    content = Content(project=project.name, entries=entries_of(files), needs=needs)
    return Release(Manifest.of(content, provenance), {path: data for path, (_, _, data) in files.items()})
