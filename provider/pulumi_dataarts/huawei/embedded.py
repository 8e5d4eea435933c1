"""The project's own embedded cloud: found by its `cloud.json`, started if nothing answers there.

`<data>/cloud.json` holds `{"api": URL, "obs": URL, "pid": …, "data": …}`; `<data>` is `.cloud` beside the
nearest `Pulumi.yaml`, or what `DATAARTS_CLOUD_DATA` says. The cloud itself is another process, never
imported.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pulumi_dataarts.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

PUBLIC: Final = "embedded"
"""The embedded cloud's endpoint name, region, project, access key and secret key: known to all."""

START_S: Final = 60.0
NEEDED: Final = ("uvicorn", "httptools", "moto", "pygments", "croniter")
"""What the extra `cloud` brings."""
_ALIVE: Final = "/_embedded/status"  # costs the cloud nothing: at `/` it would show its console, or list its buckets


@dataclass(frozen=True)
class EmbeddedCloud:
    """Where it listens: OBS at `obs`, everything else at `api`."""

    api: str
    obs: str


def locate(environment: Mapping[str, str]) -> EmbeddedCloud:
    """Return where the project's cloud listens, started if need be.

    Raises:
        ConfigError: no project around here, the `cloud` extra is not installed, or the cloud does not start.
    """
    from pulumi_dataarts.huawei.transport import answers

    folder = data_folder(environment, Path.cwd())
    known = _known(folder)
    if known is not None and answers(f"{known.api}{_ALIVE}") and answers(f"{known.obs}{_ALIVE}"):
        return known
    return _start(folder)


def data_folder(environment: Mapping[str, str], here: Path) -> Path:
    """Return the folder of the cloud that belongs to `here`."""
    given = environment.get("DATAARTS_CLOUD_DATA", "")
    if given:
        return Path(given)
    for folder in (here, *here.parents):
        if (folder / "Pulumi.yaml").is_file():
            return folder / ".cloud"
    raise ConfigError(
        f"dataarts:endpoint is `embedded`, and there is no Pulumi.yaml in {here} or above it",
        hint="Run inside a project, or set DATAARTS_CLOUD_DATA to the folder of an embedded cloud.",
    )


def _known(folder: Path) -> EmbeddedCloud | None:
    try:
        return _cloud((folder / "cloud.json").read_text())
    except FileNotFoundError:
        return None


def missing_packages() -> list[str]:
    """Return what the embedded cloud needs and is not installed."""
    return [name for name in NEEDED if importlib.util.find_spec(name) is None]


def _cloud(text: str) -> EmbeddedCloud | None:
    try:
        told: Any = json.loads(text)
        return EmbeddedCloud(str(told["api"]).rstrip("/"), str(told["obs"]).rstrip("/"))
    except (ValueError, KeyError, TypeError):
        return None


def _start(folder: Path) -> EmbeddedCloud:
    if missing := missing_packages():
        raise ConfigError(
            f"dataarts:endpoint is `embedded`, and the embedded cloud needs {', '.join(missing)}",
            hint="Install it with `pip install 'pulumi-dataarts[cloud]'`, or set dataarts:endpoint to a URL.",
        )
    command = [sys.executable, "-m", "pulumi_dataarts.simulator", "start", "--data", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=START_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise ConfigError(f"the embedded cloud did not start within {START_S:g} s", hint=_HINT) from error
    cloud = next(filter(None, map(_cloud, reversed(done.stdout.splitlines()))), None)
    if done.returncode != 0 or cloud is None:
        said = (done.stderr or done.stdout).strip().splitlines()[-3:]
        raise ConfigError(f"the embedded cloud did not start: {' '.join(said) or 'it said nothing'}", hint=_HINT)
    return cloud


_HINT = "Look at it with `dataarts cloud status`, or start it yourself with `dataarts cloud start`."
