"""`dataarts drift`: what was changed outside, over all stacks, without changing anything."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pulumi_dataarts.cli.driving import Wishes, surveyed
from pulumi_dataarts.cli.options import FILE, LOOKS, PARALLEL, REPORTS, with_options
from pulumi_dataarts.cli.showing import show
from pulumi_dataarts.cli.stack import stack_option
from pulumi_dataarts.cli.wiring import Chosen, choose, matching, open_workplace
from pulumi_dataarts.errors import ChangesFound, ConfigError, ProvisionError

if TYPE_CHECKING:
    from pulumi_dataarts.engine.events import Outcome
    from pulumi_dataarts.model.plans import Plan
    from pulumi_dataarts.report.writeback.taking import WriteBack


@click.command()
@with_options([stack_option, PARALLEL], LOOKS, REPORTS)
@click.option(
    "--accept",
    type=FILE,
    metavar="FILE",
    help="Write a patch that takes what was changed into the sources. [one stack]",
)
def drift(name: str | None, accept: Path | None, **flags: Any) -> None:
    """Report what was changed outside, in all stacks or those that match; exit 7 if anything was.

    Nothing is changed, the state neither. What the program declares and no up has done yet is told apart.

    \b
    dataarts drift
    dataarts drift --stack 'prod-*' --report drift.html --junit drift.xml
    dataarts drift --stack dev --accept outside.patch     keep what was changed: review it, then `git apply`
    """
    wishes = Wishes(stack=name, refresh=True, **flags)
    made, failed = _looked(name or "*", wishes, accept=accept)
    if made:
        show(made, wishes)
    for plan in made:
        if not plan.drifted():
            click.echo(f"{plan.stack}: nothing was changed outside", err=True)
    for error in failed[1:]:
        click.echo(f"error: {error}", err=True)
    if failed:
        raise failed[0]
    if found := [plan.stack for plan in made if plan.drifted()]:
        hint = "`dataarts up --refresh` sets it back; `dataarts drift --stack NAME --accept FILE` keeps it."
        raise ChangesFound(f"changed outside: {', '.join(found)}", hint="" if accept else hint)


def _looked(pattern: str, wishes: Wishes, *, accept: Path | None) -> tuple[list[Plan], list[ProvisionError]]:
    """Look at each stack that exists; one that cannot be looked at does not hide what the others have.

    Nothing is going to be carried out, so nothing is refused.
    """
    place = open_workplace()
    names = matching(pattern, place)
    if accept and len(names) > 1:
        raise ConfigError("--accept takes one stack: they share their sources", hint=f"There are {', '.join(names)}.")
    made, failed = [], []
    for name in names:
        try:
            chosen = choose(name, place)
            if chosen.exists():
                outcome, plan = surveyed(chosen, "update", wishes)
                made.append(plan)
                if accept:
                    _accept(chosen, outcome, plan, accept)
        except ProvisionError as error:
            failed.append(error)
    return made, failed


def _accept(chosen: Chosen, outcome: Outcome, plan: Plan, path: Path) -> None:
    """Write the patch, and say what is in it and what is not."""
    from pulumi_dataarts.cli import plans
    from pulumi_dataarts.report.writeback.drafts import Draft
    from pulumi_dataarts.report.writeback.edits import Project
    from pulumi_dataarts.report.writeback.taking import written_back

    sources = plans.sources_of(chosen)
    project = chosen.place.project
    assert sources.session is not None
    program, _ = project.program()  # that of the working tree, whatever release the stack runs
    where = Project(program, project.name, chosen.file.path, chosen.file.values, sources.session)
    draft = Draft(project.folder, plans.mask_of(chosen).text)
    result = written_back(plan, outcome.reports, draft, where)
    if not (result.taken or result.left):
        return
    path.write_bytes(result.patch.encode())
    for line in _lines(result, path):
        click.echo(line, err=True)


def _lines(result: WriteBack, path: Path) -> list[str]:
    count = len(result.taken) + len(result.left)
    lines = [f"{path}: {len(result.taken)} of {count} outside edits, in {len(result.files)} file(s)"]
    lines += [f" ✓ {item.resource}  {item.path}  → {item.file}" for item in result.taken]
    lines += [f" ✗ {item.resource}  {item.path}: {item.reason}".replace("  : ", " ") for item in result.left]
    if result.taken:
        lines.append(
            f" next: git apply {path}, review it, and `dataarts preview --refresh` has nothing left to set back"
        )
    return lines
