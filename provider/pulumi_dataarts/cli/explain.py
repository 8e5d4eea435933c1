"""`dataarts explain`: what an error's code or name means and what to do about it, without a network."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import click

from pulumi_dataarts import errors
from pulumi_dataarts.cli.kinds import CODE
from pulumi_dataarts.errors import ConfigError, ProvisionError
from pulumi_dataarts.huawei import codes

TABLE: Final = Path(__file__).with_name("codes.json")
EXITS: Final[Mapping[int, str]] = {
    0: "done",
    1: "an error: a failed program, a state that cannot be used, a lock that is held",
    2: "configuration: a key, a flag, a file; or `--yes` missing where nobody can be asked",
    3: "authentication",
    4: "a resource failed",
    5: "a policy or gate refused",
    6: "stack not found",
    7: "`--expect-no-changes`, or a look for drift, found some",
    8: "cancelled",
    9: "timed out",
    255: "a defect of dataarts",
}
NEXT: Final[Mapping[str, str]] = {
    "ConfigError": "`dataarts config` lists what is set, `dataarts schema config` what can be.",
    "AuthError": "`dataarts doctor` says where credentials are looked for, and what was found.",
    "CloudError": "`dataarts explain CODE` with the code that the service answered.",
    "NotFound": "`dataarts preview --refresh` makes anew what somebody deleted.",
    "AlreadyExists": "`dataarts import` takes over what stands there; so does `adopt=True` on the resource.",
    "Conflict": "See `when_running` and `deadline_s` of the resource; then `dataarts up` again.",
    "Throttled": "`dataarts config set dataarts:rateLimit 20`, then `dataarts up` again.",
    "QuotaExceeded": "Have the account's quota raised, then `dataarts up` again.",
    "ServiceFault": "`dataarts up` again; what is finished is not repeated.",
    "BadResponse": "`dataarts doctor` tries the endpoints; check `dataarts:endpoint` and the region.",
    "Unreachable": "`dataarts doctor` tries the endpoints; behind a proxy, set HTTPS_PROXY.",
    "OutcomeUnknown": "`dataarts up` again: the object is looked for before anything is made.",
    "RunFailed": "Mend the cause the service names, then `dataarts up` again: it starts a new run.",
    "ResourceFailed": "Mend the cause named above, then `dataarts up` again; what is finished is not repeated.",
    "PlanError": "`dataarts preview` shows the plan and what is in its way.",
    "StackNotFound": "`dataarts stack ls` lists them, `dataarts stack init NAME` makes one.",
    "ChangesFound": "`dataarts preview --diff --refresh` shows them.",
    "Cancelled": "`dataarts up` again goes on where it stopped.",
    "WaitTimeout": "What was waited for goes on; raise `deadline_s` on the resource, then `dataarts up` again.",
    "StateError": "`dataarts stack history` lists the updates; a backup of each state is kept.",
    "Corrupt": "`dataarts state repair` mends what can be mended, and says what it did.",
    "TooNew": "Install the version that wrote it: `pip install --upgrade pulumi-dataarts`.",
    "LockHeld": "Wait for the other run; if it cannot be alive, `dataarts cancel`.",
    "ProgramFailed": "The program's own error stands above; mend it, then `dataarts preview`.",
    "Bug": "Please report it with the file that the message names.",
}  # fmt: skip


class Page(NamedTuple):
    """What there is to say of a code."""

    title: str
    meaning: str
    lines: tuple[tuple[str, str], ...]


@click.command()
@click.argument("code", required=False, type=CODE)
@click.option("--list", "-l", "is_listing", is_flag=True, help="List every code that is known.")
def explain(code: str | None, is_listing: bool) -> None:
    """Explain a service's error code, an error of ours, or an exit code. Needs no network.

    \b
    dataarts explain Cdm.0104
    dataarts explain LockHeld
    dataarts explain 5
    dataarts explain --list
    """
    if is_listing:
        for page in pages():
            click.echo(f"{page.title:<34} {page.meaning}")
        return
    if code is None:
        raise click.UsageError("name a code, or say --list")
    page = page_of(code)
    click.echo(f"{page.title}: {page.meaning}")
    for label, text in page.lines:
        click.echo(f"  {label:<7} {text}")


def page_of(code: str) -> Page:
    """Return what there is to say of a code. Raises ConfigError where it is not known."""
    text = code.strip().removeprefix("exit").strip()
    if text.isdigit() and int(text) in EXITS:
        return _exit(int(text))
    ours = {kind.__name__.lower(): kind for kind in kinds()}
    if kind := ours.get(text.lower()):
        return _ours(kind)
    if found := codes.find(text):
        return _service(found)
    known = [*ours, *codes.meanings()]
    near = get_close_matches(text.lower(), known, n=1)
    raise ConfigError(
        f"{code!r} is no code that is known here" + (f"; did you mean `{near[0]}`?" if near else ""),
        hint="`dataarts explain --list` lists all. Of a code that no page documents only the service's text is known.",
    )


def pages() -> Iterator[Page]:
    """Yield all that is known: exit codes, errors of ours, the services' codes."""
    yield from map(_exit, EXITS)
    yield from map(_ours, kinds())
    yield from map(_service, codes.meanings().values())


def kinds() -> list[type[ProvisionError]]:
    """Return every error of ours, in the order of its module."""
    found = vars(errors).values()
    return [kind for kind in found if inspect.isclass(kind) and issubclass(kind, ProvisionError)]


def _exit(code: int) -> Page:
    names = ", ".join(kind.__name__ for kind in kinds() if kind.exit_code == code)
    return Page(f"exit {code}", EXITS[code], (("errors", names),) if names else ())


def _ours(kind: type[ProvisionError]) -> Page:
    meaning = " ".join((inspect.getdoc(kind) or "").partition("\n\n")[0].split())
    lines = [("exit", str(kind.exit_code))]
    if do := NEXT.get(kind.__name__):
        lines.append(("do", do))
    return Page(kind.__name__, meaning, tuple(lines))


def _service(found: codes.Meaning) -> Page:
    name, hint = _known_here().get(found.code, (None, None))
    lines = []
    if name:
        lines.append(("here", f"{name}, exit {getattr(errors, name).exit_code}"))
    if do := hint or NEXT.get(name or ""):
        lines.append(("do", do))
    return Page(found.code, found.text, (*lines, ("source", found.source)))


@cache
def _known_here() -> dict[str, tuple[str | None, str | None]]:
    """Return what is made of each code, and what to do, from a table: the rooms that say so import the Pulumi SDK."""
    table: dict[str, tuple[str | None, str | None]] = json.loads(TABLE.read_text(encoding="utf-8"))
    return table
