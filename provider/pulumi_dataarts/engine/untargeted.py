"""What lies outside the targets: it is carried along unchanged, after everything that it depends on.

Source: pkg/resource/deploy/step_generator.go of the official engine.
"""

from __future__ import annotations

from pulumi_dataarts.engine.run import Run
from pulumi_dataarts.engine.steps import Same, Skip, Step
from pulumi_dataarts.errors import PlanError
from pulumi_dataarts.model.graphs import references
from pulumi_dataarts.model.snapshots import ResourceState


def carried(run: Run, number: int) -> list[Step]:
    """Return the steps that keep a resource as it is. Those of what it depends on, and nobody registered, are first.

    Raises:
        PlanError: something that it depends on is in the state no more.
    """
    steps: list[Step] = []
    waiting = [number]
    while waiting:
        state = run.ledger.states[waiting[-1]]
        missing = [other for other in _dependencies(run, state) if other not in waiting]
        if missing:
            waiting.extend(missing[:1])
            continue
        steps.append(Same(waiting.pop(), state, is_untargeted=True))
        run.tally.registered.add(state.urn)
        run.tally.same.add(state.urn)
    return steps


def _dependencies(run: Run, state: ResourceState) -> list[int]:
    """Return what has to come before a resource and has not come yet."""
    numbers = []
    for _, urn in references(state):
        if run.tally.is_decided(urn) or run.tally.is_decided(run.tally.renamed.get(urn, "")):
            continue
        if urn not in run.ledger.olds:
            raise PlanError(f"{urn}, on which the untargeted {state.urn} depends, is not in the state")
        numbers.append(run.ledger.olds[urn])
    return numbers


def require_targeted_dependencies(run: Run, steps: list[Step]) -> None:
    """Refuse to work on what depends on a new resource outside the targets, which does not exist.

    Raises:
        PlanError: in an update; a preview tells of each, and goes on to the next.
    """
    if not run.tally.skipped:
        return
    for step in steps:
        new = getattr(step, "new", None)
        if isinstance(step, Skip) or not isinstance(new, ResourceState):
            continue
        for urn in {item.urn for item in references(new)} & run.tally.skipped:
            refused = PlanError(
                f"{new.urn} depends on {urn}, which does not exist yet and is not among the targets",
                hint=f"Add `--target {urn}`.",
            )
            if not run.dry_run:
                raise refused
            run.reporter.tell("error", str(refused), new.urn)
            run.note_failure(refused)
            run.tally.skipped.discard(urn)
