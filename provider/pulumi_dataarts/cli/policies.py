"""Which gates a command holds its plans against: the stack's policies, the project's own, and the flags."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from pulumi_dataarts.cli.wiring import Chosen
from pulumi_dataarts.errors import ConfigError, PlanError
from pulumi_dataarts.model.plans import Plan

if TYPE_CHECKING:
    from pulumi_dataarts.report.gates import Gates

POLICIES: Final = "dataarts:policies"


def gates_of(chosen: Chosen, *, limits: Mapping[str, str], allowed: Sequence[str], is_update: bool) -> Gates:
    """Return the gates of a stack.

    In CI an update has limits on what it deletes and replaces even where nobody set one; `--allow` lifts them.

    Raises:
        ConfigError: `dataarts:policies` is malformed, or a policy of the project cannot be imported.
    """
    from pulumi_dataarts.report.gates import DEFAULT_LIMIT, LIMITS, Gates
    from pulumi_dataarts.report.policies import custom

    settings = _settings(chosen)
    is_ci = bool(os.environ.get("CI")) and is_update
    usual = {name: DEFAULT_LIMIT for name in LIMITS if is_ci and name not in settings}
    return Gates(
        settings=settings,
        own=custom.load(chosen.place.project.folder),
        limits={**usual, **{name: limit for name, limit in limits.items() if limit}},
        allowed=frozenset(allowed),
    )


def refuse(plans: Sequence[Plan]) -> None:
    """Raise PlanError where a gate is in a plan's way, naming all that is."""
    found = [(plan.stack, item) for plan in plans for item in plan.violations]
    if found:
        lines = [f"  {stack}: {item.policy}: {item.text}" for stack, item in found]
        names = " ".join(sorted({f"--allow {item.policy}" for _, item in found}))
        raise PlanError("\n".join(["refused by policy:", *lines]), hint=f"If it is meant: {names}")


def _settings(chosen: Chosen) -> dict[str, Any]:
    text = chosen.config().texts.get(POLICIES, "{}")
    try:
        settings = json.loads(text)
    except ValueError:
        settings = None
    if not isinstance(settings, dict):
        raise ConfigError(
            f"{POLICIES} of stack {chosen.stack.name} is not a map of policies", hint="See docs/how-to/ci.md."
        )
    return settings
