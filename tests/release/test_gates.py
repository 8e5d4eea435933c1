"""Each gate, open and closed, with the reason that a person reads."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from pulumi_dataarts.backend.configs import merge, read_stack_file
from pulumi_dataarts.backend.passphrase import keyring
from pulumi_dataarts.backend.projects import Project
from pulumi_dataarts.errors import ConfigError, PlanError
from pulumi_dataarts.release import gates, rules
from pulumi_dataarts.release.records import Approval, TrialRecord
from pulumi_dataarts.release.trials import Trial

R1, R2 = "a" * 64, "b" * 64
NOW = datetime(2026, 11, 27, 15, 0, tzinfo=UTC)  # a Friday
FACTS = gates.Facts(release=R1, source="staging", target="prod", now=NOW, source_pin=R1)


def rules_of(**settings: Any) -> rules.Rules:
    return rules.Rules.model_validate(settings)


def tried(release: str = R1, **passed: bool) -> TrialRecord:
    trials = [
        Trial(name=name, kind="cdm", passed=ended, said="so it was", seconds=1.0) for name, ended in passed.items()
    ]
    return TrialRecord(stack="staging", release=release, when="2026-11-27T14:00:00Z", trials=trials)


def approved(*people: str) -> list[Approval]:
    return [Approval(release=R1, stack="prod", who=who, when="2026-11-27T14:00:00Z") for who in people]


OPEN: dict[str, list[dict[str, Any]]] = {
    "order": [{}, {"rules": rules_of(**{"from": "staging"})}],
    "source-release": [{}, {"source_pin": ""}],
    "source-drift": [{}],
    "verifications": [
        {},
        {"rules": rules_of(verified=False), "verifications": ["load"]},
        {"verifications": ["load"], "trials": [tried(load=True)]},
        {"verifications": ["load"], "trials": [tried(load=True), tried(load=False)]},
        {
            "verifications": ["load"],
            "source_pin": "",
            "running_since": NOW - timedelta(hours=2),
            "trials": [tried("", load=True)],
        },
    ],
    "approvals": [
        {},
        {"rules": rules_of(approvals=1), "approvals": approved("ana")},
        {"rules": rules_of(approvals=1, approvers=["ben"]), "approvals": approved("ana", "ben")},
    ],
    "policies": [{}],
    "freeze": [
        {},
        {"rules": rules_of(freeze=[{"days": ["sat", "sun"]}])},
        {"rules": rules_of(freeze=[{"hours": "22:00-06:00"}])},
        {"rules": rules_of(freeze=[{"from": "2026-12-20", "to": "2027-01-05"}])},
        {"rules": rules_of(freeze=[{"days": ["fri"], "hours": "16:00-18:00"}])},
    ],
    "soak": [{}, {"rules": rules_of(soak="24h"), "running_since": NOW - timedelta(hours=24)}],
}
CLOSED: dict[str, list[tuple[dict[str, Any], str]]] = {
    "order": [({"source": "dev", "rules": rules_of(**{"from": ["staging"]})}, "not from dev")],
    "source-release": [
        ({"source_pin": R2}, "staging is pinned to bbbbbbbbbbbb"),
        ({"source_pending": ["jobs"]}, "would still change jobs"),
        ({"is_source_settled": False}, "has not come to its end"),
    ],
    "source-drift": [({"source_drift": ["orders-full"]}, "changed outside in staging: orders-full")],
    "verifications": [
        ({"verifications": ["load"]}, "none was tried"),
        ({"verifications": ["load"], "trials": [tried(R2, load=True)]}, "none was tried"),
        ({"verifications": ["load"], "trials": [tried(load=False), tried(load=True)]}, "failed in staging: load"),
        ({"verifications": ["load", "daily"], "trials": [tried(load=True)]}, "not tried in staging: daily"),
        (
            {
                "verifications": ["load"],
                "source_pin": "",
                "running_since": NOW,
                "trials": [tried("", load=True)],
            },
            "none was tried",
        ),
    ],
    "approvals": [
        ({"rules": rules_of(approvals=2), "approvals": approved("ana", "ana")}, "1 of 2: ana"),
        ({"rules": rules_of(approvals=1, approvers=["ben"]), "approvals": approved("ana")}, "0 of 1: nobody of ben"),
    ],
    "policies": [({"violations": ["no-delete: jobs"]}, "no-delete: jobs")],
    "freeze": [
        ({"rules": rules_of(freeze=[{"days": ["fri"], "reason": "weekend"}])}, "fri (weekend)"),
        ({"rules": rules_of(freeze=[{"hours": "14:00-16:00"}])}, "14:00-16:00 UTC"),
        ({"rules": rules_of(freeze=[{"from": "2026-11-27", "to": "2026-11-27"}])}, "2026-11-27 to 2026-11-27"),
    ],
    "soak": [
        ({"rules": rules_of(soak="24h")}, "nobody knows since when"),
        ({"rules": rules_of(soak="1d"), "running_since": NOW - timedelta(minutes=90)}, "1 h 30 min of 1 d"),
    ],
}


def test_every_gate_is_tried_open_and_closed() -> None:
    assert list(gates.GATES) == list(OPEN) == list(CLOSED)


@pytest.mark.parametrize(("name", "facts"), [(name, facts) for name, cases in OPEN.items() for facts in cases])
def test_a_gate_is_open(name: str, facts: dict[str, Any]) -> None:
    passed, reason = gates.GATES[name](replace(FACTS, **facts))
    assert passed, reason
    assert reason


@pytest.mark.parametrize(
    ("name", "facts", "reason"), [(name, facts, reason) for name, cases in CLOSED.items() for facts, reason in cases]
)
def test_a_gate_is_closed_and_says_why(name: str, facts: dict[str, Any], reason: str) -> None:
    passed, said = gates.GATES[name](replace(FACTS, **facts))
    assert not passed
    assert reason in said


def test_all_that_is_in_the_way_is_said_at_once() -> None:
    facts = replace(FACTS, source_drift=["a"], rules=rules_of(approvals=1, soak="1h"))
    with pytest.raises(PlanError) as refused:
        gates.refuse(gates.judged(facts, ()), "staging", "prod")
    for name in ("source-drift", "approvals", "soak"):
        assert f"  {name}: " in refused.value.message
        assert f"--allow {name}" in refused.value.hint
    assert "freeze" not in str(refused.value)


SHUT: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "order": ({}, {"from": "nowhere"}),
    "source-release": ({"source_pin": R2}, {}),
    "source-drift": ({"source_drift": ["a"]}, {}),
    "verifications": ({"verifications": ["load"]}, {}),
    "approvals": ({}, {"approvals": 1}),
    "policies": ({"violations": ["names: a"]}, {}),
    "freeze": ({}, {"freeze": [{"days": ["fri"]}]}),
    "soak": ({}, {"soak": "1h"}),
}
NAMES = some.sets(some.sampled_from(sorted(gates.GATES)))


@given(NAMES, NAMES)
def test_a_closed_gate_is_let_open_by_its_own_name_alone(closed: set[str], allowed: set[str]) -> None:
    facts = {name: value for gate in closed for name, value in SHUT[gate][0].items()}
    asked = {name: value for gate in closed for name, value in SHUT[gate][1].items()}
    verdicts = gates.judged(replace(FACTS, rules=rules_of(**asked), **facts), allowed)
    assert {verdict.gate for verdict in verdicts if not verdict.passed} == closed
    assert {verdict.gate for verdict in verdicts if verdict.allowed} == closed & allowed
    if closed <= allowed:
        gates.refuse(verdicts, "staging", "prod")
    else:
        with pytest.raises(PlanError):
            gates.refuse(verdicts, "staging", "prod")


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ('{"aprovals": 1}', "aprovals"),
        ('{"approvals": 3, "approvers": ["ana"]}', "3 approvals of 1 approvers"),
        ('{"soak": "soon"}', "- soak: a time such as 90s, 30m, 24h or 7d"),
        ('{"soak": 24}', "- soak: a time such as"),
        ('{"freeze": [{"from": "2026-12-20 18:00:00 +0000 UTC"}]}', "freeze.0.from"),
        ('{"freeze": [{"reason": "no"}]}', "one of from, to, days and hours"),
        ('{"freeze": [{"days": ["friday"]}]}', "freeze.0.days.0"),
        ("[", "not a map"),
    ],
)
def test_rules_that_do_not_hold_are_named(text: str, mistake: str) -> None:
    with pytest.raises(ConfigError, match="dataarts:promotion of stack prod") as refused:
        rules.read(text, "prod")
    assert mistake in refused.value.message


def test_a_day_may_stand_in_the_file_without_quotes(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.prod.yaml"
    path.write_text("config:\n  dataarts:promotion:\n    freeze: [{from: 2026-12-20, to: 2027-01-05}]\n    soak: 2h\n")
    project = Project("orders", tmp_path / "Pulumi.yaml")
    texts = merge(project, read_stack_file(path, "orders"), keyring(str)).texts
    found = rules.read(texts[rules.KEY], "prod")
    assert found == rules_of(freeze=[{"from": "2026-12-20", "to": "2027-01-05"}], soak="2h")
