"""The gates of a promotion: pure functions of facts that were gathered before, each with its reason.

All are asked, also where one is closed, so that a person sees at once all that is in the way. `--allow GATE` goes on in
spite of one, and is recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from pulumi_dataarts.errors import PlanError
from pulumi_dataarts.release.manifest import SHORT
from pulumi_dataarts.release.records import Approval, TrialRecord, Verdict
from pulumi_dataarts.release.rules import Rules

_SHOWN_MAX: Final = 5


@dataclass(frozen=True)
class Facts:
    """What the gates judge by.

    Attributes:
        release: digest of what is to be promoted.
        source: where it comes from; `target`: where it goes.
        source_pin: digest of the release that the source is pinned to; empty where it runs its sources.
        is_source_settled: no promotion of the source is open.
        source_pending: what an up of the source with this release would still change.
        source_drift: what was changed outside in the source.
        verifications: names of those that the release declares.
        trials: of the source, the newest first.
        running_since: since when the source has run what it runs; None where nobody knows.
        approvals: of this release for the target.
        violations: what the target's policies have against the plan.
        now: the time.
    """

    release: str
    source: str
    target: str
    now: datetime
    source_pin: str = ""
    is_source_settled: bool = True
    source_pending: Sequence[str] = ()
    source_drift: Sequence[str] = ()
    verifications: Sequence[str] = ()
    trials: Sequence[TrialRecord] = ()
    running_since: datetime | None = None
    approvals: Sequence[Approval] = ()
    violations: Sequence[str] = ()
    rules: Rules = field(default_factory=Rules)


Gate = Callable[[Facts], tuple[bool, str]]


def order(facts: Facts) -> tuple[bool, str]:
    """The release comes from where the target takes releases from."""
    wanted = facts.rules.sources
    if not wanted or facts.source in wanted:
        return True, f"{facts.target} takes releases from {', '.join(wanted) or 'anywhere'}"
    return False, f"{facts.target} takes releases from {', '.join(wanted)}, and not from {facts.source}"


def source_release(facts: Facts) -> tuple[bool, str]:
    """The source runs exactly this release."""
    short = facts.release[:SHORT]
    if facts.source_pin and facts.source_pin != facts.release:
        return False, f"{facts.source} is pinned to {facts.source_pin[:SHORT]}, and not to {short}"
    if not facts.is_source_settled:
        return False, f"a promotion of {facts.source} has not come to its end"
    if facts.source_pending:
        return False, f"an up of {facts.source} with {short} would still change {_some(facts.source_pending)}"
    return True, f"{facts.source} runs exactly {short}"


def source_drift(facts: Facts) -> tuple[bool, str]:
    """Nothing was changed by hand in the source since."""
    if facts.source_drift:
        return False, f"changed outside in {facts.source}: {_some(facts.source_drift)}"
    return True, f"nothing was changed outside in {facts.source}"


def verifications(facts: Facts) -> tuple[bool, str]:
    """Every verification of the release has passed in the source."""
    if not facts.rules.verified:
        return True, f"{facts.target} does not ask for verifications"
    if not facts.verifications:
        return True, "the release declares none"
    counted = [record for record in facts.trials if _counts(record, facts)]
    if not counted:
        return False, f"none was tried in {facts.source} since it runs this; `dataarts verify --stack {facts.source}`"
    latest = {trial.name: trial.passed for trial in counted[0].trials}
    if failed := [name for name in facts.verifications if latest.get(name) is False]:
        return False, f"failed in {facts.source}: {_some(failed)}"
    if missing := [name for name in facts.verifications if name not in latest]:
        return False, f"not tried in {facts.source}: {_some(missing)}"
    return True, f"{len(facts.verifications)} passed in {facts.source} at {counted[0].when}"


def approvals(facts: Facts) -> tuple[bool, str]:
    """As many people as the target asks for have approved this release for it."""
    wanted, allowed = facts.rules.approvals, set(facts.rules.approvers)
    if not wanted:
        return True, f"{facts.target} asks for none"
    given = sorted({approval.who for approval in facts.approvals if not allowed or approval.who in allowed})
    said = f"{len(given)} of {wanted}: {', '.join(given) or 'nobody'}"
    if len(given) >= wanted:
        return True, said
    who = f" of {', '.join(sorted(allowed))}" if allowed else ""
    command = f"dataarts release approve {facts.release[:SHORT]} --env {facts.target} --as NAME"
    return False, f"{said}{who}; `{command}`"


def policies(facts: Facts) -> tuple[bool, str]:
    """The policies of the target have nothing against the plan."""
    if facts.violations:
        return False, _some(facts.violations)
    return True, f"nothing is against it in {facts.target}"


def freeze(facts: Facts) -> tuple[bool, str]:
    """It is not a time in which nothing may come."""
    if found := [window for window in facts.rules.freeze if window.covers(facts.now)]:
        return False, f"{facts.target} is frozen: {found[0]}"
    return True, f"{facts.target} is not frozen now"


def soak(facts: Facts) -> tuple[bool, str]:
    """The source has run it for long enough."""
    wanted = facts.rules.soak
    if not wanted:
        return True, f"{facts.target} asks for no soak"
    if facts.running_since is None:
        return False, f"nobody knows since when {facts.source} runs it, and {_spelled(wanted)} are asked for"
    ran = facts.now - facts.running_since
    said = f"{facts.source} has run it for {_spelled(ran)} of {_spelled(wanted)}"
    return ran >= wanted, said


GATES: Final[Mapping[str, Gate]] = {
    "order": order,
    "source-release": source_release,
    "source-drift": source_drift,
    "verifications": verifications,
    "approvals": approvals,
    "policies": policies,
    "freeze": freeze,
    "soak": soak,
}


def judged(facts: Facts, allowed: Collection[str]) -> list[Verdict]:
    """Return what each gate says, in order."""
    found = []
    for name, gate in GATES.items():
        passed, reason = gate(facts)
        found.append(Verdict(gate=name, passed=passed, reason=reason, allowed=not passed and name in allowed))
    return found


def refuse(verdicts: Sequence[Verdict], source: str, target: str) -> None:
    """Raise PlanError where a gate is closed and was not let open, naming all that are."""
    closed = [verdict for verdict in verdicts if not (verdict.passed or verdict.allowed)]
    if closed:
        lines = [f"  {verdict.gate}: {verdict.reason}" for verdict in closed]
        names = " ".join(f"--allow {verdict.gate}" for verdict in closed)
        raise PlanError(
            "\n".join([f"{source} → {target} is not let through:", *lines]),
            hint=f"If it is meant all the same, and to be recorded: {names}",
        )


def _counts(record: TrialRecord, facts: Facts) -> bool:
    """Say whether trials were of this release: by name, or of whatever the source has run since before them."""
    if record.release:
        return record.release == facts.release
    if facts.source_pin or facts.running_since is None:
        return False
    return datetime.fromisoformat(record.when) >= facts.running_since


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_SHOWN_MAX])
    return f"{shown} and {len(names) - _SHOWN_MAX} more" if len(names) > _SHOWN_MAX else shown


def _spelled(span: timedelta) -> str:
    minutes = int(span.total_seconds()) // 60
    if minutes < 1:
        return f"{int(span.total_seconds())} s"
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [f"{days} d" if days else "", f"{hours} h" if hours else "", f"{minutes} min" if minutes else ""]
    return " ".join(part for part in parts if part)
