"""Which backend and which stack a command means when it names none: environment, project and the user's own settings.

Source: pkg/workspace/workspace.go of the official CLI.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha1
from pathlib import Path
from typing import Any

from pulumi_dataarts.backend.blobs import LocalBlobs
from pulumi_dataarts.backend.projects import Project
from pulumi_dataarts.errors import ConfigError


def pulumi_home(environ: Mapping[str, str]) -> Path:
    """Return the folder of the user's settings."""
    return Path(environ.get("PULUMI_HOME") or Path.home() / ".pulumi")


def backend_url(environ: Mapping[str, str], project: Project | None) -> str:
    """Return the backend's URL: the environment's, else the project's, else the one logged in to; empty without any."""
    if url := environ.get("PULUMI_BACKEND_URL"):
        return url
    if project and project.backend_url:
        return project.backend_url
    credentials = _read(pulumi_home(environ) / "credentials.json")
    return str(credentials.get("current") or "")


def selected_stack(environ: Mapping[str, str], project: Project, url: str) -> str:
    """Return the name of the stack selected for a backend, qualified or not; empty where there is none."""
    settings = _read(_settings_path(environ, project))
    stacks = settings.get("stacks")
    chosen = stacks.get(url) if isinstance(stacks, dict) else None
    return str(chosen or settings.get("stack") or "")


def select_stack(environ: Mapping[str, str], project: Project, url: str, stack: str) -> None:
    """Remember a stack for a backend, by its qualified name; an empty one forgets the choice."""
    path = _settings_path(environ, project)
    settings = _read(path)
    stacks = {**(settings.get("stacks") or {}), url: stack}
    if not stack:
        del stacks[url]
        settings.pop("stack", None)
    folder = LocalBlobs(path.parent)
    if stacks:
        folder.write(path.name, json.dumps({**settings, "stacks": stacks}, indent=4).encode())
    else:
        folder.delete(path.name)


def _settings_path(environ: Mapping[str, str], project: Project) -> Path:
    # SHA-1 is the official CLI's way to a file name, and protects nothing.
    place = sha1(str(project.path.absolute()).encode(), usedforsecurity=False).hexdigest()
    return pulumi_home(environ) / "workspaces" / f"{project.name}-{place}-workspace.json"


def _read(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ConfigError(f"cannot read {path}: {error}", hint="Remove the file: it only remembers choices.") from error
    if not isinstance(document, dict):
        raise ConfigError(f"{path} is not a JSON object", hint="Remove the file: it only remembers choices.")
    return document
