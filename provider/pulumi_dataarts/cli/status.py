"""`dataarts status`: what a stack has running, how its last runs ended, and what was changed outside since then."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final

import click

from pulumi_dataarts.backend import locks, runs
from pulumi_dataarts.backend.history import Update, read_updates
from pulumi_dataarts.cli.driving import Wishes, planned
from pulumi_dataarts.cli.stack import existing, iso, stack_option
from pulumi_dataarts.cli.wiring import Chosen, choose_all
from pulumi_dataarts.model import urns

# What of a resource's outputs says that something runs, by the end of its type.
_RUNS: Final = {"cdm:JobRun": "status", "dlf:JobRun": "status", "dli:FlinkJobRun": "state"}
_LAST: Final = 5


@click.command()
@stack_option
@click.option("--drift", "is_looking", is_flag=True, help="Look at the cloud, too: what was changed outside?")
@click.option("--json", "-j", "as_json", is_flag=True, help="Print JSON, a list of stacks.")
def status(name: str | None, is_looking: bool, as_json: bool) -> None:
    """Show what runs, how the last runs ended, and what was changed outside since. Changes nothing.

    \b
    dataarts status
    dataarts status --drift                 asks the cloud as well
    dataarts status --stack '*' --json      every stack
    """
    found = [_of(chosen, is_looking=is_looking) for chosen in choose_all(name)]
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    click.echo("\n\n".join("\n".join(_lines(row)) for row in found))


def _of(chosen: Chosen, *, is_looking: bool) -> dict[str, Any]:
    """Return a stack's row. Raises StackNotFound where it has no state yet."""
    stack = existing(chosen)
    updates = list(islice(read_updates(stack), _LAST))
    resources = runs.load(stack, chosen.keyring).snapshot.resources
    found: dict[str, Any] = {
        "stack": stack.name,
        "resources": sum(not urns.is_provider_type(item.type) for item in resources),
        "at_work": [str(owner) for owner in locks.owners(stack)],
        "unfinished": stack.has_journal(),
        "running": {
            urns.parse(item.urn).name: str(item.outputs[key])
            for item in resources
            for end, key in _RUNS.items()
            if item.type.endswith(end) and key in item.outputs
        },
        "last_runs": [_run(update) for update in updates],
    }
    if is_looking:
        changed = planned(chosen, "refresh", Wishes(stack=stack.name)).drifted()
        found["drift"] = [{"name": step.name, "because": step.because} for step in changed]
        found["since"] = iso(updates[0].end_s) if updates else ""
    return found


def _run(update: Update) -> dict[str, Any]:
    return {
        "kind": update.kind,
        "result": update.result,
        "ended": iso(update.end_s),
        "seconds": update.end_s - update.start_s,
        "changes": update.changes,
    }


def _lines(row: dict[str, Any]) -> list[str]:
    lines = [f"{row['stack']}: {row['resources']} resources"]
    lines += [f"  at work    {owner}" for owner in row["at_work"]]
    if row["unfinished"] and not row["at_work"]:
        lines.append("  unfinished  a run was cut off: `dataarts up` goes on where it stopped")
    lines += [f"  runs       {name:<24} {state}" for name, state in row["running"].items()]
    for run in row["last_runs"]:
        counts = ", ".join(f"{count} {op}" for op, count in run["changes"].items())
        lines.append(f"  {_ago(run['ended']):<10} {run['kind']:<8} {run['result']:<10} {run['seconds']} s  {counts}")
    if "drift" in row:
        since = f" since {row['since']}" if row["since"] else ""
        lines += [f"  drift      {item['name']:<24} {'; '.join(item['because'])}{since}" for item in row["drift"]]
        lines += [] if row["drift"] else [f"  drift      nothing was changed outside{since}"]
        if row["drift"]:
            lines.append(" next: `dataarts up --refresh` sets it back, `dataarts preview --refresh --diff` shows it")
    else:
        lines.append(" next: `dataarts status --drift` asks the cloud what was changed outside")
    return lines


def _ago(ended: str) -> str:
    seconds = (datetime.now(UTC) - datetime.fromisoformat(ended)).total_seconds()
    for unit, length_s in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length_s:
            return f"{seconds // length_s:.0f} {unit} ago"
    return "just now"
