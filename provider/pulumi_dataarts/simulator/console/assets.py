"""The files that pages load: style, script, fonts. Read once; each address carries a digest, so they can be kept."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from pulumi_dataarts.simulator.console.views import link

PREFIX: Final = "/console/static/"
_FOLDER: Final = Path(__file__).parent / "static"
_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}

# By name below the folder: the content and its type. Nothing else is ever served.
FILES: Final = {
    file.relative_to(_FOLDER).as_posix(): (file.read_bytes(), _TYPES[file.suffix])
    for file in sorted(_FOLDER.rglob("*"))
    if file.suffix in _TYPES
}


def address(name: str) -> str:
    """Return the address of a file."""
    content, _ = FILES[name]
    return link(PREFIX + name, v=hashlib.sha256(content).hexdigest()[:12])
