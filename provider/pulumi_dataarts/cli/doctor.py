"""`dataarts doctor`: everything a run needs, tried one by one, each with its mend. Nothing is changed.

A check returns what it found, or raises the error that says how to mend it. What a failed check is the ground of is not
tried.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

import click

from pulumi_dataarts.cli.stack import stack_option
from pulumi_dataarts.cli.wiring import ENDPOINT, Chosen, Workplace, choose, cloud_folder, open_workplace
from pulumi_dataarts.errors import AuthError, ConfigError, ProvisionError, StateError, Unreachable
from pulumi_dataarts.huawei.embedded import missing_packages

if TYPE_CHECKING:
    from pulumi_dataarts.huawei.settings import Settings

SKEW_MAX_S: Final = 15 * 60
"""The services refuse a signature that is older. Source: OBS, "Error Codes" (RequestTimeTooSkewed)."""
_AWAY: Final = "Check the region, `dataarts:endpoint`, `dataarts:endpoints`; behind a proxy, set HTTPS_PROXY."
_SKEW_CARE_S: Final = 60


@dataclass(frozen=True)
class Finding:
    """What a check found: `ok`, or not, with what to do."""

    check: str
    ok: bool
    told: str
    mend: str = ""


@click.command()
@stack_option
@click.option("--json", "-j", "as_json", is_flag=True, help="Print JSON, a list of findings.")
def doctor(name: str | None, as_json: bool) -> None:
    """Check what a run needs: interpreter, project, passphrase, backend, lock, credentials, clock, endpoints.

    \b
    dataarts doctor
    dataarts doctor --stack prod
    dataarts doctor --json
    """
    found = list(findings(name))
    if as_json:
        click.echo(json.dumps([vars(finding) for finding in found], indent=2))
    for finding in [] if as_json else found:
        click.echo(f" {'ok ' if finding.ok else '!! '} {finding.check:<13} {finding.told}")
        if finding.mend:
            click.echo(f"     {'':<13} {finding.mend}")
    if ill := [finding.check for finding in found if not finding.ok]:
        raise ConfigError(f"not as it should be: {', '.join(ill)}", hint="Each has its mend above.")


def findings(name: str | None) -> Iterator[Finding]:
    """Yield what every check found, in an order in which one stands on those before."""
    yield _tried("interpreter", _interpreter)
    yield _tried("official CLI", _official)
    place: list[Workplace] = []
    yield _tried("project", partial(_project, place))
    if not place:
        return
    yield _tried("backend", partial(_backend, place[0]))
    yield _tried("lock", partial(_lock, place[0]))
    chosen: list[Chosen] = []
    yield _tried("stack", partial(_stack, chosen, name, place[0]))
    if not chosen:
        return
    yield _tried("passphrase", partial(_passphrase, chosen[0]))
    yield _tried("configuration", partial(_configuration, chosen[0]))
    yield from _services(chosen[0])


def _tried(check: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(check, True, look())
    except ProvisionError as error:
        return Finding(check, False, error.message, error.hint)


def _interpreter() -> str:
    cloud = (
        "without the embedded cloud (pip install 'pulumi-dataarts[cloud]')"
        if missing_packages()
        else "with the embedded cloud"
    )
    versions = f"pulumi-dataarts {version('pulumi-dataarts')}, pulumi {version('pulumi')}"
    return f"Python {platform.python_version()} ({sys.executable}), {versions}, {cloud}"


def _official() -> str:
    path = shutil.which("pulumi")
    if path is None:
        return "not on the PATH, and not needed"
    done = subprocess.run([path, "version"], capture_output=True, text=True, timeout=20, check=False)
    return f"{done.stdout.strip()} ({path}); it runs the same program on the same state"


def _project(found: list[Workplace]) -> str:
    found.append(open_workplace())
    return f"{found[0].project.name} ({found[0].project.path})"


def _backend(place: Workplace) -> str:
    folder = place.blobs.folder
    count = len(place.blobs.find(".pulumi/stacks/"))
    nearest = next((path for path in (folder, *folder.parents) if path.exists()), None) if folder else None
    if nearest and not os.access(nearest, os.W_OK):
        raise StateError(f"{folder} cannot be written", hint="Change its owner, or set PULUMI_BACKEND_URL.")
    is_there = folder is None or folder.exists()
    return f"{place.blobs.url}, {f'{count} state file(s)' if is_there else 'a folder that the first update makes'}"


def _lock(place: Workplace) -> str:
    if place.blobs.folder is not None:
        return "the kernel's, which ends with the process"
    from pulumi_dataarts.backend.conditions import conditions_of
    from pulumi_dataarts.backend.s3 import S3Blobs

    assert isinstance(place.blobs, S3Blobs)
    return (
        f"a lease in the bucket, by {conditions_of(place.blobs).creates or 'nothing: DATAARTS_UNGUARDED_STATE is set'}"
    )


def _stack(found: list[Chosen], name: str | None, place: Workplace) -> str:
    found.append(choose(name, place))
    state = "has a state" if found[0].exists() else "has no state yet; `dataarts up` makes one"
    return f"{found[0].stack.name}, {state}"


def _passphrase(chosen: Chosen) -> str:
    provider = chosen.file.provider
    if provider is None:
        return "no secret yet, so none is needed"
    chosen.keyring(provider)
    return "opens the stack's secrets"


def _configuration(chosen: Chosen) -> str:
    return f"{len(chosen.config().texts)} keys ({chosen.file.path})"


def _services(chosen: Chosen) -> Iterator[Finding]:
    if chosen.file.values.get(ENDPOINT) == "embedded":
        yield _tried("cloud", _embedded)
        return
    resolved: list[Settings] = []
    yield _tried("credentials", partial(_credentials, chosen, resolved))
    if not resolved:
        return
    for service in ("iam", "cdm", "dlf", "dli", "obs"):
        yield _tried(service, partial(_endpoint, getattr(resolved[0].endpoints, service)))
    yield _tried("sign-in", partial(_sign_in, resolved[0]))


def _embedded() -> str:
    from pulumi_dataarts.simulator import lifecycle

    if missing := missing_packages():
        raise ConfigError(f"embedded, and {', '.join(missing)} missing", hint="pip install 'pulumi-dataarts[cloud]'")
    running = lifecycle.status(cloud_folder())
    return f"embedded, at {running.api}" if running else "embedded; it starts by itself when it is needed"


def _credentials(chosen: Chosen, found: list[Settings]) -> str:
    from pulumi_dataarts.huawei.settings import resolve

    texts = chosen.config().texts
    found.append(resolve(texts.get, os.environ, listed=texts))
    source = ", ".join(found[0].from_environment) or "the stack's configuration"
    return f"region {found[0].region}, project {found[0].project_id}; from {source}"


def _endpoint(url: str) -> str:
    """Say how far the clocks are apart. Raises Unreachable, or ConfigError for a clock the services refuse."""
    from pulumi_dataarts.huawei.clock import SystemClock
    from pulumi_dataarts.huawei.transport import Connection, Limits

    try:
        reply = Connection(SystemClock(), Limits(answer_s=20, silence_s=10)).exchange("GET", url, {}, b"")
    except Unreachable as error:
        error.hint = _AWAY
        raise
    text = reply.headers.get("date", "")
    if not text:
        return f"{url} answers"
    skew_s = (datetime.now(UTC) - parsedate_to_datetime(text)).total_seconds()
    if abs(skew_s) > SKEW_MAX_S:
        raise ConfigError(
            f"{url} answers, and this machine's clock is {skew_s / 60:+.0f} minutes off",
            hint="Set the clock (`timedatectl set-ntp true`): signatures are refused from 15 minutes on.",
        )
    return f"{url} answers; clock {'within a minute' if abs(skew_s) < _SKEW_CARE_S else f'{skew_s:+.0f} s off'}"


def _sign_in(settings: Settings) -> str:
    """Make one signed call that needs no permission of a service: the region's project, by its name."""
    from pulumi_dataarts.huawei.session import Session
    from pulumi_dataarts.huawei.transport import Call

    call = Call("list projects", "GET", "/v3/projects", safe=True, query={"name": settings.region})
    projects = Session(settings).service("iam", {}).send(call).json().get("projects") or []
    ids = [str(project.get("id", "")) for project in projects]
    if ids and settings.project_id not in ids:
        raise AuthError(
            f"accepted, and the project of {settings.region} is {', '.join(ids)}, not {settings.project_id}",
            hint=f"If that is meant to be the region's own: `dataarts config set dataarts:projectId {ids[0]}`.",
        )
    return "accepted"
