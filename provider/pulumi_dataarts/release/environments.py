"""Whether an environment is what its program declares: the condition for making a release of what stands there.

A plan with a look at the cloud reads everything back: CDM and Flink jobs one by one, DataArts Factory's jobs by its
export, scripts by their content. If that finds nothing to change and nothing changed outside, what stands in the
environment and what the program declares are one, and the release holds both.
"""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_dataarts.errors import PlanError
from pulumi_dataarts.model.plans import Plan
from pulumi_dataarts.report.wording import DONE

_SHOWN_MAX = 20


def require_standing(plan: Plan) -> None:
    """Check a plan that was made with a look at the cloud.

    Raises:
        PlanError: the environment has drifted, or is not what its program declares; each resource is named.
    """
    found = list(_differences(plan))
    if not found:
        return
    more = [f"  and {len(found) - _SHOWN_MAX} more"] if len(found) > _SHOWN_MAX else []
    lines = [f"{plan.stack} is not what its program declares, so no release can be made of it:", *found[:_SHOWN_MAX]]
    raise PlanError(
        "\n".join([*lines, *more]),
        hint=f"Bring it up (`dataarts up --stack {plan.stack} --refresh`), or make the release of the sources alone.",
    )


def _differences(plan: Plan) -> Iterator[str]:
    for step in plan.steps:
        if step.is_drift:
            paths = ", ".join(field.path for field in step.drift) or "is gone"
            yield f"  {step.type} {step.name} was changed outside: {paths}"
        elif step.is_change:
            paths = ", ".join(field.path for field in step.fields)
            yield f"  {step.type} {step.name} would be {DONE.get(step.op, step.op)}{f': {paths}' if paths else ''}"
