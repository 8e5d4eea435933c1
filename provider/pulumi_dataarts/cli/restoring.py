"""Restore points: what was kept before promotions overwrote it, listed, taken out, and loaded again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from pulumi_dataarts.backend import locks
from pulumi_dataarts.cli import promoting
from pulumi_dataarts.cli.asking import confirm
from pulumi_dataarts.cli.kinds import STACK
from pulumi_dataarts.cli.stack import existing
from pulumi_dataarts.cli.wiring import Chosen, choose
from pulumi_dataarts.errors import ConfigError, Corrupt, PlanError
from pulumi_dataarts.release.pins import pin_of

if TYPE_CHECKING:
    from pulumi_dataarts.release.promotion import Line
    from pulumi_dataarts.release.records import BoundConfig, Promotion, Records
    from pulumi_dataarts.release.restore import Definitions, Difference
    from pulumi_dataarts.release.trials import Trial

SIGNS: Final = {"create": "+", "update": "~", "same": "="}
_PATHS_MAX: Final = 5


@click.command("restore-points")
@click.argument("stack", type=STACK)
@click.argument("number", type=click.IntRange(min=1), required=False)
@click.option("--to", "folder", type=click.Path(path_type=Path), metavar="DIR", help="Write the files of NUMBER there.")
@click.option("--json", "-j", "as_json", is_flag=True, help="Print JSON.")
def restore_points(stack: str, number: int | None, folder: Path | None, as_json: bool) -> None:
    """List what was kept of the jobs of a stack before they were overwritten, or show what NUMBER holds.

    \b
    dataarts release restore-points prod
    dataarts release restore-points prod 4
    dataarts release restore-points prod 4 --to before     the files, for reading or for the services' consoles
    dataarts rollback prod --restore-point 4               the jobs stand as they did
    """
    records = promoting.line_of(choose(stack)).records
    if number is None and folder:
        raise ConfigError("--to needs a NUMBER", hint="`dataarts release restore-points STACK` lists them.")
    if number is None:
        kept = [item for item in records.promotions(stack) if item.restore_point]
        rows = [{"number": item.number, "kept": item.begun, "before": _told(item)} for item in kept]
        click.echo(json.dumps(rows, indent=2) if as_json else _table(rows))
        return
    files = _files(records, stack, number)
    if folder:
        _write(files, folder)
        click.echo(f"wrote restore point {number} of {stack} to {folder}")
        return
    from pulumi_dataarts.release import restore

    held = [{"name": item.name, "obstacle": item.obstacle} for item in restore.differences(files, {})]
    click.echo(json.dumps(held, indent=2, ensure_ascii=False) if as_json else "\n".join(_held(held)))


def load(stack: str, number: int, *, dry_run: bool, yes: bool) -> None:
    """Let the jobs of a stack stand as they were kept: shown, asked for, and done under the locks.

    Raises:
        ConfigError: there is no such restore point.
        PlanError: something else is under way in the environment, or it has moved since this was shown.
    """
    from pulumi_dataarts.release import restore

    chosen = choose(stack)
    existing(chosen)
    line = promoting.line_of(chosen)
    opened = _to_continue(line.records, stack, number)
    files = _files(line.records, stack, number)
    now = restore.look(promoting.session_of(chosen), files)
    found = restore.differences(files, now)
    click.echo("\n".join(_described(chosen, number, found)))
    if dry_run or not (opened or any(item.is_due for item in found)):
        return
    confirm(f"Load restore point {number} into {stack}?", yes=yes)
    environment = KeptEnvironment(chosen, files, now)
    with line.held(stack, lambda note: click.echo(f"note: {note}", err=True)) as held, locks.locked(chosen.stack):
        promoting.require_unmoved(chosen, held, opened)
        environment.require_unmoved()
        done = held.carry_on(opened or _begun(held, chosen, number), environment)
    click.echo(f"{stack} has the jobs of restore point {number} ({done.kind} {done.number})")
    click.echo("next: `dataarts drift --accept` takes them into the sources; `dataarts rollback` takes this back")


@dataclass
class KeptEnvironment:
    """A stack as the loading of a restore point acts on it: its jobs change, its config and its state do not."""

    chosen: Chosen
    files: Mapping[str, bytes]
    now: Definitions

    def require_unmoved(self) -> None:
        """Make sure that what stands is what was shown. Raises PlanError."""
        from pulumi_dataarts.release import restore

        stack = self.chosen.stack
        if stack.has_journal():
            raise PlanError("the stack has an unfinished run", hint="Run `dataarts refresh` first.")
        if restore.look(promoting.session_of(self.chosen), self.files) != self.now:
            raise PlanError(
                f"the jobs of {stack.name} have changed since this was shown; nothing was done",
                hint="Run it again and look at what it is now.",
            )

    def export(self, _promotion: Promotion) -> Mapping[str, bytes]:
        """Return what stands, so that this can be taken back too."""
        from pulumi_dataarts.release import restore

        return restore.export_again(promoting.session_of(self.chosen), self.files)

    def pin(self, promotion: Promotion) -> None:
        """Write nothing: the release stays."""

    def bindings(self) -> BoundConfig:
        """Return what the stack's file binds."""
        return promoting.bound_config(self.chosen.file)

    def up(self, _promotion: Promotion) -> None:
        """Write the jobs."""
        from pulumi_dataarts.release import restore

        restore.load(promoting.session_of(self.chosen), self.files)

    def verify(self) -> Sequence[Trial]:
        """Try nothing: verifications are of a release."""
        return []


def _to_continue(records: Records, stack: str, number: int) -> Promotion | None:
    from pulumi_dataarts.release.promotion import how_to_go_on

    opened = records.open_promotion(stack)
    if opened is None or opened.restored == number:
        return opened
    raise PlanError(
        f"{opened.kind} {opened.number} of {stack} {opened.aim} has not come to its end", hint=how_to_go_on(opened)
    )


def _begun(line: Line, chosen: Chosen, number: int) -> Promotion:
    config, pin = promoting.bound_config(chosen.file), pin_of(chosen.file) or ""
    return line.begin(
        promoting.intent(
            kind="restore",
            chosen=chosen,
            source="",
            release=pin,
            bindings=config,
            previous=pin,
            previous_bindings=config,
            restored=number,
        )
    )


def _files(records: Records, stack: str, number: int) -> dict[str, bytes]:
    if files := records.restore_point(stack, number):
        return files
    raise ConfigError(
        f"nothing was kept of {stack} as restore point {number}",
        hint=f"`dataarts release restore-points {stack}` lists what was.",
    )


def _write(files: Mapping[str, bytes], folder: Path) -> None:
    root = folder.resolve()
    for name, content in files.items():
        path = (root / name).resolve()
        if not path.is_relative_to(root):
            raise Corrupt(f"the restore point has a file that would lie outside of {folder}: {name}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _told(item: Promotion) -> str:
    return f"{item.kind} {item.number} {item.aim} by {item.who}"


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    if not rows:
        return "nothing was overwritten yet, so nothing was kept"
    lines = (f"{row['number']:<8}{row['kept']:<22}{row['before']}" for row in rows)
    return "\n".join([f"{'NUMBER':<8}{'KEPT':<22}BEFORE", *lines])


def _held(held: Sequence[Mapping[str, str]]) -> Iterator[str]:
    for item in held:
        yield f"{item['name']}{_stays(item['obstacle'])}"


def _described(chosen: Chosen, number: int, found: Sequence[Difference]) -> Iterator[str]:
    yield f"{chosen.stack.name}: the jobs as they were kept as restore point {number}; the release stays"
    for item in found:
        paths = ", ".join(item.paths[:_PATHS_MAX]) + (" …" if len(item.paths) > _PATHS_MAX else "")
        stays = _stays(item.obstacle) if item.op != "same" else ""
        yield f" {SIGNS[item.op]} {item.name}{f': {paths}' if paths else ''}{stays}"
    if not any(item.is_due for item in found):
        yield "nothing is to be written"


def _stays(obstacle: str) -> str:
    return f" (cannot be loaded: {obstacle})" if obstacle else ""


COMMANDS: Final = {"restore-points": restore_points}
