"""`dataarts verify`: try what an environment's release declares, and record what came of it."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from pulumi_dataarts.cli import promoting
from pulumi_dataarts.cli.stack import existing, stack_option
from pulumi_dataarts.cli.wiring import choose
from pulumi_dataarts.errors import ResourceFailed
from pulumi_dataarts.release.pins import pin_of


@click.command()
@stack_option
@click.option("--json", "-j", "as_json", is_flag=True, help="Print what came of them as JSON.")
def verify(name: str | None, as_json: bool) -> None:
    """Try the verifications of what a stack runs (`verifications.yaml` of its program); exit 4 if one does not pass.

    They run jobs of the environment for real: each CDM and Factory job they name runs once.

    \b
    dataarts verify --stack staging
    """
    from pulumi_dataarts.release.records import TrialRecord, rfc3339
    from pulumi_dataarts.release.verification import FILE

    chosen = choose(name)
    existing(chosen)
    trials = promoting.verified(chosen)
    if not trials:
        click.echo(f"{chosen.stack.name}: nothing is declared in {FILE} of its program")
        return
    record = TrialRecord(
        stack=chosen.stack.name, release=pin_of(chosen.file) or "", when=rfc3339(datetime.now(UTC)), trials=trials
    )
    promoting.line_of(chosen).records.add_trials(record)
    click.echo(record.model_dump_json(indent=2) if as_json else f"{_passed(record)} in {chosen.stack.name}")
    if not record.passed:
        failed = ", ".join(trial.name for trial in trials if not trial.passed)
        raise ResourceFailed(f"{chosen.stack.name} has not passed: {failed}", hint="Mend the cause, and try again.")


def _passed(record: object) -> str:
    from pulumi_dataarts.release.records import TrialRecord

    assert isinstance(record, TrialRecord)
    passed = sum(trial.passed for trial in record.trials)
    return f"{passed} of {len(record.trials)} verifications passed"
