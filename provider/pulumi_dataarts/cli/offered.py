"""The stacks and URNs of the project at hand, as far as files tell, for whoever waits for them at the press of a key.

Neither YAML nor a remote backend is read for it: nothing is offered where that would be needed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator


def stacks(folder: str) -> set[str]:
    """Return the stacks that have a file beside Pulumi.yaml, or a state in a folder."""
    project = _project(folder)
    files = (name for name in _names(project) if name.startswith("Pulumi.") and name.endswith(".yaml"))
    return {name[7:-5] for name in files if name != "Pulumi.yaml"} | {name for name, _ in _states(project)}


def urns(folder: str) -> set[str]:
    """Return the URNs in the states that lie in a folder."""
    return {urn for _, path in _states(_project(folder)) for urn in _urns(path)}


def _project(folder: str) -> str:
    """Return the folder of the project, from a folder upwards; an empty one without any."""
    folder = os.path.abspath(folder)  # noqa: PTH100
    while not os.path.isfile(f"{folder}/Pulumi.yaml"):  # noqa: PTH113
        folder, _, last = folder.rpartition("/")
        if not last:
            return ""
    return folder


def _names(folder: str) -> list[str]:
    return os.listdir(folder) if os.path.isdir(folder) else []  # noqa: PTH112, PTH208


def _states(project: str) -> Iterator[tuple[str, str]]:
    """Yield each stack that has a state in a folder, and the state's file."""
    name, url = _settings(f"{project}/Pulumi.yaml")
    url = os.environ.get("PULUMI_BACKEND_URL") or url or "file://.state"
    if project and url.startswith("file://"):
        base = project if "PULUMI_BACKEND_URL" not in os.environ else "."
        root = os.path.join(base, os.path.expanduser(url[7:]), ".pulumi/stacks", name)  # noqa: PTH111, PTH118
        for file in _names(root):
            stack, _, end = file.rpartition(".json")
            if stack and end in {"", ".gz"}:
                yield stack, f"{root}/{file}"


def _settings(path: str) -> tuple[str, str]:
    """Return the project's name and its backend's URL, from the lines that say so."""
    name = url = ""
    for line in _lines(path):
        key, _, value = line.partition(":")
        value = value.partition(" #")[0].strip().strip("'\"")
        name = value if key == "name" else name
        url = value if key.strip() == "url" and key != "url" else url
    return name, url


def _lines(path: str) -> list[str]:
    if not os.path.isfile(path):  # noqa: PTH113
        return []
    with open(path, encoding="utf-8") as file:  # noqa: PTH123
        return file.read().splitlines()


def _urns(path: str) -> Iterator[str]:
    """Yield the URNs of a state; none of one that is gone, empty or half written."""
    try:
        latest = json.loads(_read(path))["checkpoint"]["latest"] or {}
        yield from (row["urn"] for row in latest.get("resources") or ())
    except (OSError, ValueError, KeyError, TypeError):
        return


def _read(path: str) -> bytes:
    with open(path, "rb") as file:  # noqa: PTH123
        data = file.read()
    if path.endswith(".gz"):
        import gzip

        return gzip.decompress(data)
    return data
