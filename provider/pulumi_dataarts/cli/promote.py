"""`dataarts promote`: a release from one environment to the next, through the gates, and to its end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pulumi_dataarts.backend.history import read_updates
from pulumi_dataarts.cli import plans as files
from pulumi_dataarts.cli import promoting, releasing
from pulumi_dataarts.cli.asking import confirm, yes_option
from pulumi_dataarts.cli.driving import Wishes, planned
from pulumi_dataarts.cli.kinds import STACK
from pulumi_dataarts.cli.options import DIFF, FILE, JSON, PARALLEL, REPORT, SUMMARY, with_options
from pulumi_dataarts.cli.policies import refuse as refuse_policies
from pulumi_dataarts.cli.showing import show
from pulumi_dataarts.cli.wiring import Chosen, choose, open_workplace
from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.release.pins import pin_of

if TYPE_CHECKING:
    from pulumi_dataarts.model.plans import Plan
    from pulumi_dataarts.release.gates import Facts
    from pulumi_dataarts.release.manifest import Manifest
    from pulumi_dataarts.release.promotion import Intent, Line
    from pulumi_dataarts.release.records import Promotion, Verdict


@dataclass(frozen=True)
class Wanted:
    """Which release goes from where to where."""

    source: Chosen
    target: Chosen
    release: Manifest
    line: Line
    wishes: Wishes
    opened: Promotion | None

    @property
    def after(self) -> Chosen:
        """The target as it would be."""
        return promoting.as_of(self.target, self.release.digest)


@click.command()
@click.argument("source", metavar="FROM", type=STACK)
@click.argument("target", metavar="TO", type=STACK)
@click.option("--release", "text", metavar="RELEASE", help="Which one. [default: what FROM is pinned to, or latest]")
@click.option(
    "--dry-run", is_flag=True, help="Show the gates and the plan, and change nothing. Exit 5 if one is closed."
)
@click.option("--prepare", is_flag=True, help="Write the line and stop: `dataarts up` on TO carries it out.")
@click.option("--save-plan", type=FILE, metavar="FILE", help="With --prepare: save the plan, for `dataarts up --plan`.")
@click.option("--allow", multiple=True, metavar="GATE", help="Go on in spite of this gate, or policy; it is recorded.")
@with_options([DIFF, JSON, REPORT, SUMMARY, PARALLEL, yes_option])
def promote(
    source: str,
    target: str,
    text: str | None,
    dry_run: bool,
    prepare: bool,
    save_plan: Path | None,
    yes: bool,
    **flags: object,
) -> None:
    """Bring a release from one environment to the next: gates, plan, one line of config, up, verifications, record.

    One that was cut off is continued by the same command, or taken back by `dataarts rollback TO`.

    \b
    dataarts promote dev staging
    dataarts promote staging prod --dry-run
    dataarts promote staging prod --prepare --save-plan plan.json     in CI: then a review, then
    dataarts up --stack prod --plan plan.json --yes
    """
    if save_plan and not prepare:
        raise ConfigError("--save-plan goes with --prepare", hint="`dataarts promote FROM TO --prepare --save-plan F`.")
    wanted = _wanted(source, target, text, Wishes(stack=target, refresh=True, **flags))  # type: ignore[arg-type]
    plan = planned(wanted.after, "update", wanted.wishes)
    verdicts = _judged(wanted, plan)
    _refuse(wanted, verdicts, plan)
    if dry_run:
        return
    word = "Prepare" if prepare else "Continue" if wanted.opened else "Promote"
    confirm(f"{word} {source} → {target}?", yes=yes)
    done = _carried_out(wanted, verdicts, plan, prepare=prepare)
    if not prepare:
        promoting.conclude(done)
        return
    if save_plan:
        files.save([plan], save_plan)
        click.echo(f"saved {save_plan}", err=True)
    click.echo(f"{wanted.target.file.path.name} names release {wanted.release.short}")
    click.echo(f"next: dataarts up --stack {target}" + (f" --plan {save_plan}" if save_plan else ""))


def _wanted(source: str, target: str, text: str | None, wishes: Wishes) -> Wanted:
    """Find the stacks and the release. Raises PlanError where another promotion of the target is open."""
    from pulumi_dataarts.release.promotion import to_continue

    place = open_workplace()
    origin, goal = choose(source, place), choose(target, place)
    if origin.stack == goal.stack:
        raise ConfigError(f"{source} cannot be promoted into itself")
    line = promoting.line_of(goal)
    opened = line.records.open_promotion(goal.stack.name)
    if text is None and opened is not None and opened.kind == "promotion" and opened.source == source:
        digest = opened.release
    else:
        digest = releasing.resolve(text or (f"@{source}" if pin_of(origin.file) else "latest"), place)
    manifest = releasing.store_of(place, goal.file).manifest(digest)
    return Wanted(origin, goal, manifest, line, wishes, to_continue(opened, digest))


def _judged(wanted: Wanted, plan: Plan) -> list[Verdict]:
    """Gather the facts, ask the gates, and show all of it. One that is continued was judged when it began."""
    from pulumi_dataarts.cli import promotion_views
    from pulumi_dataarts.release import gates

    verdicts = wanted.opened.gates if wanted.opened else gates.judged(_facts(wanted, plan), wanted.wishes.allow)
    if wanted.wishes.as_json:
        show([plan], wanted.wishes)
    else:
        running = pin_of(wanted.target.file)
        store = releasing.store_of(wanted.target.place, wanted.target.file)
        before = store.manifest(running) if running and store.has(running) else None
        click.echo(promotion_views.describe(wanted.source, wanted.target, wanted.release, before))
        show([promotion_views.as_part(plan)], wanted.wishes)
        click.echo(promotion_views.describe_gates(verdicts, wanted.opened))
    return verdicts


def _facts(wanted: Wanted, plan: Plan) -> Facts:
    from pulumi_dataarts.release import rules, verification
    from pulumi_dataarts.release.gates import Facts
    from pulumi_dataarts.release.records import Look, rfc3339

    source, target, records = wanted.source.stack.name, wanted.target.stack.name, wanted.line.records
    wishes = Wishes(stack=source, refresh=True, parallel=wanted.wishes.parallel, allow=("bindings",))
    seen = planned(promoting.as_of(wanted.source, wanted.release.digest), "update", wishes)
    drifted, pending = [step.name for step in seen.drifted()], [step.name for step in seen.changed()]
    pin, now = pin_of(wanted.source.file) or "", datetime.now(UTC)
    records.add_look(Look(stack=source, release=pin, when=rfc3339(now), drifted=drifted, pending=pending))
    program, _ = wanted.after.running.project.program()
    return Facts(
        release=wanted.release.digest,
        source=source,
        target=target,
        now=now,
        source_pin=pin,
        is_source_settled=records.open_promotion(source) is None,
        source_pending=[name for name in pending if name not in drifted],
        source_drift=drifted,
        verifications=verification.names(program),
        trials=records.trials(source),
        running_since=running_since(wanted.source, wanted.line),
        approvals=records.approvals(target, wanted.release.digest),
        violations=[f"{item.policy}: {item.text}" for item in plan.violations],
        rules=rules.read(wanted.after.config().texts.get(rules.KEY), target),
    )


def running_since(chosen: Chosen, line: Line) -> datetime | None:
    """Return since when a stack has run what it runs: its last promotion, or its last up that changed something."""
    current = line.records.current(chosen.stack.name)
    if current is not None and current.release == pin_of(chosen.file):
        return datetime.fromisoformat(current.ended)
    for update in read_updates(chosen.stack):
        is_change = bool({name for name, number in update.changes.items() if number} - {"same", "read", "refresh"})
        if update.kind in ("update", "import") and is_change:
            return datetime.fromtimestamp(update.end_s, UTC)
    return None


def _refuse(wanted: Wanted, verdicts: list[Verdict], plan: Plan) -> None:
    from pulumi_dataarts.release import gates

    gates.refuse(verdicts, wanted.source.stack.name, wanted.target.stack.name)
    if wanted.opened is not None:
        refuse_policies([plan])


def _carried_out(wanted: Wanted, verdicts: list[Verdict], plan: Plan, *, prepare: bool) -> Promotion:
    """Write the intent down and go through the stages, as the only one at it."""
    environment = promoting.StackEnvironment(wanted.target, wanted.wishes, plan)
    with wanted.line.held(wanted.target.stack.name, lambda text: click.echo(f"note: {text}", err=True)) as line:
        promoting.require_unmoved(wanted.target, line, wanted.opened, plan, wanted.release.digest)
        promotion = wanted.opened or line.begin(_intent(wanted, verdicts, plan))
        return line.prepare(promotion, environment) if prepare else line.carry_on(promotion, environment)


def _intent(wanted: Wanted, verdicts: list[Verdict], plan: Plan) -> Intent:
    config = promoting.bound_config(wanted.target.file)
    current = wanted.line.records.current(wanted.target.stack.name)
    return promoting.intent(
        kind="promotion",
        chosen=wanted.target,
        source=wanted.source.stack.name,
        release=wanted.release.digest,
        bindings=config,
        previous=pin_of(wanted.target.file) or "",
        previous_bindings=current.bindings if current else config,
        plan=plan.digest,
        gates=verdicts,
    )
