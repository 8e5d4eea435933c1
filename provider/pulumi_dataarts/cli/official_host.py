"""Our provider host for the official engine, which takes the first one on the PATH: a worker for each step at once.

The host that comes with the official CLI has four workers for all.
Source: sdk/python/lib/pulumi/dynamic/__main__.py of the official SDK.
"""

from __future__ import annotations

import os
import shlex
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pulumi_dataarts.cli.driving import interpreter_of

if TYPE_CHECKING:
    from pulumi_dataarts.backend.projects import Project

PLUGIN: Final = "pulumi-resource-pulumi-python"
_ENGINE: Final = Path(__file__).parents[1] / "engine"
_ANY_PYTHON: Final = '"${PULUMI_PYTHON_CMD:-python3}"'
_TOOLCHAINS: Final = (None, "pip")
# Checks and diffs must not queue behind creates.
_SPARE_WORKERS: Final = 8


@contextmanager
def leading_path(project: Project, parallel: int) -> Iterator[str]:
    """Give a PATH on which our host comes first, inside the block.

    It is the PATH as it is where another toolchain than pip decides which interpreter runs the program.
    """
    path = os.environ.get("PATH", "")
    options = project.runtime_options
    if options.get("toolchain") not in _TOOLCHAINS:
        yield path
        return
    interpreter = interpreter_of(project.folder, options.get("virtualenv"))
    python = shlex.quote(str(interpreter)) if interpreter else _ANY_PYTHON
    scripts = " ".join(shlex.quote(str(_ENGINE / name)) for name in ("bootstrap.py", "provider_host.py"))
    with tempfile.TemporaryDirectory(prefix="dataarts-host-") as folder:
        plugin = Path(folder) / PLUGIN
        plugin.write_text(f'#!/bin/sh\nexec {python} -u {scripts} {parallel + _SPARE_WORKERS} "$@"\n')
        plugin.chmod(0o700)
        yield f"{folder}{os.pathsep}{path}"
