"""Gates: what is in the way of carrying a plan out, from thresholds, built-in policies and a project's own.

The thresholds follow what DNS tools do: a plan that deletes or replaces much of what there is was seldom meant. In CI,
where nobody reads the question, they hold by default.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.model.plans import Operation, Plan, Violation
from pulumi_dataarts.report.policies.builtin import BUILTIN
from pulumi_dataarts.report.policies.custom import Policy, violations

LIMITS: Final[Mapping[str, tuple[Operation, str]]] = {
    "max-delete": ("delete", "deleted"),
    "max-replace": ("replace", "replaced"),
}
RUNS: Final = frozenset({"cdm:JobRun", "dli:FlinkJobRun", "dlf:JobExport", "dlf:JobRun", "obs:ObjectCheck"})
"""What is replaced where it is to happen once more: nothing that stands is lost by that."""
DEFAULT_LIMIT: Final = "30%"
COUNT_MIN: Final = 10
"""A share means little in a stack of up to so many resources: there, only a number is a limit."""
_LIMIT: Final = re.compile(r"(\d+)(%?)")


@dataclass(frozen=True)
class Gates:
    """What a plan is held against. `settings` are those of `dataarts:policies`, `own` the project's policies.

    `limits` are the thresholds by name that go before those of the settings.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    own: Mapping[str, Policy] = field(default_factory=dict)
    limits: Mapping[str, str] = field(default_factory=dict)
    allowed: Collection[str] = ()

    @property
    def is_open(self) -> bool:
        """Whether there is nothing to hold a plan against."""
        return not (self.own or any(self.limits.values()) or any(self.settings.values()))


def checked(plan: Plan, gates: Gates) -> Plan:
    """Return the plan with what is in its way.

    Raises:
        ConfigError: a setting that no built-in policy knows, or that it cannot read; a policy that fails.
    """
    found: list[Violation] = []
    for name, setting in gates.settings.items():
        if name not in BUILTIN and name not in LIMITS:
            known = ", ".join([*BUILTIN, *LIMITS])
            raise ConfigError(f"dataarts:policies: there is no policy {name!r}", hint=f"There are {known}.")
        if setting and name in BUILTIN:
            found += BUILTIN[name](plan, setting)
    for name in LIMITS:
        if limit := gates.limits.get(name) or str(gates.settings.get(name) or ""):
            found += over_limit(plan, name, limit)
    for name, own in gates.own.items():
        found += violations(name, own, plan)
    left = [item for item in found if item.policy not in gates.allowed]
    return plan.model_copy(update={"violations": left})


def over_limit(plan: Plan, name: str, limit: str) -> list[Violation]:
    """Return a violation if the plan deletes, or replaces, more than `limit`: a number, or a share such as `30%`.

    Raises:
        ConfigError: the limit is neither.
    """
    match = _LIMIT.fullmatch(limit)
    if match is None:
        raise ConfigError(f"{name} {limit!r} is neither a number nor a share", hint="Write it like `5` or `30%`.")
    number, is_share = int(match[1]), bool(match[2])
    op, word = LIMITS[name]
    touched = sum(step.op == op and not (op == "replace" and step.type in RUNS) for step in plan.steps)
    standing = sum(step.op not in ("create", "read") and not step.type.startswith("pulumi:") for step in plan.steps)
    if is_share and (standing <= COUNT_MIN or touched * 100 <= number * standing):
        return []
    if not is_share and touched <= number:
        return []
    text = f"{touched} of {standing} resources would be {word}; the limit is {limit}"
    return [Violation(policy=name, text=text)]
