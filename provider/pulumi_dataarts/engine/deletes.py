"""What is deleted in the end of a run: what the program no longer has, and what was replaced; dependents first.

Source: pkg/resource/deploy/{step_generator,deployment_executor}.go of the official engine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from pulumi_dataarts.engine.execution import StepFailure, perform
from pulumi_dataarts.engine.ownership import is_forgotten
from pulumi_dataarts.engine.run import Run
from pulumi_dataarts.engine.steps import Delete, Forget, Step
from pulumi_dataarts.engine.targets import Urns
from pulumi_dataarts.engine.untargeted import carried
from pulumi_dataarts.errors import PlanError
from pulumi_dataarts.model.graphs import Graph, references


async def delete_rest(run: Run) -> None:
    """Delete everything of the base that is due, in as many groups as its dependencies ask for.

    A failed delete lets its group finish and nothing after it begin. A protected resource, and with
    `continue_on_error` any that fails, or failed before, only keeps what it depends on.

    Raises:
        PlanError: something outside the targets would go.
    """
    numbers = [number for number, _ in run.ledger.base()]
    graph = Graph([run.ledger.states[number] for number in numbers])
    wanted = _wanted(run, graph)
    due = {numbers[place]: _step(run, numbers[place]) for place in wanted if _is_due(run, numbers[place])}
    _require_named(run, due)
    _require_hooks(run, due)
    kept = _needed_by(graph, [place for place, number in enumerate(numbers) if _is_unusable(run, number)])
    await _carry_rest(run, numbers, {numbers[place] for place in wanted})
    places = [place for place, number in enumerate(numbers) if number in due]
    for group in graph.delete_order(places):
        run.require_going()
        steps = {place: due[numbers[place]] for place in group if place not in kept}
        failed = await _delete_group(run, steps)
        kept |= _needed_by(graph, failed)


def _wanted(run: Run, graph: Graph) -> list[int]:
    """Return the places of what may be deleted: everything, or what the targets and excludes allow."""
    everything = range(len(graph.resources))
    selection = run.selection
    if selection.targets:
        return _with_dependents(graph, selection.targets)
    if selection.excludes:
        named = [place for place in everything if graph.resources[place].urn in selection.excludes]
        kept = {*named, *_needed_by(graph, named)}
        return [place for place in everything if place not in kept]
    return list(everything)


def _with_dependents(graph: Graph, targets: Urns) -> list[int]:
    """Return the places of the targets and of everything that names one of them, directly or not."""
    reached: set[str] = set()
    places = []
    for place, state in enumerate(graph.resources):
        if state.urn in targets or any(item.urn in reached for item in references(state)):
            reached.add(state.urn)
            places.append(place)
    return places


def _is_due(run: Run, number: int) -> bool:
    state = run.ledger.states[number]
    if state.delete:
        return number not in run.tally.condemned
    return not run.tally.is_handled(state.urn)


def _is_unusable(run: Run, number: int) -> bool:
    """Say whether a resource was to be worked on, and stays as it was because something failed."""
    state = run.ledger.states[number]
    urn = run.tally.renamed.get(state.urn, state.urn)
    return urn in run.tally.unusable and number == run.ledger.olds.get(state.urn)


def _step(run: Run, number: int) -> Step:
    state = run.ledger.states[number]
    run.tally.deleted.add(state.urn)
    if state.delete:
        return Forget(number) if is_forgotten(run, number) else Delete(number, is_replacement=True)
    return Forget(number) if state.pending_replacement else Delete(number)


def _require_named(run: Run, due: Iterable[int]) -> None:
    """With targets, what depends on them goes only if that was said."""
    if not run.selection.targets or run.selection.with_dependents:
        return
    for number in due:
        urn = run.ledger.states[number].urn
        if urn in run.selection.targets:
            continue
        refused = PlanError(
            f"{urn} depends on what is to be deleted, and is not among the targets",
            hint="Add it with `--target`, or all dependents with `--target-dependents`.",
        )
        if not run.dry_run:
            raise refused
        run.reporter.tell("error", str(refused), urn)
        run.note_failure(refused)


def _require_hooks(run: Run, due: Iterable[int]) -> None:
    """Refuse to delete what has hooks to run around that, where the program that has them does not run."""
    for number in due:
        state = run.ledger.states[number]
        if missing := run.hooks.missing(state, "BeforeDelete", "AfterDelete"):
            raise PlanError(
                f"{state.urn} has hooks around its deletion which no program has registered: {', '.join(missing)}",
                hint="Take it from the program, which has them, and run `dataarts up`; or use the official CLI: "
                "`pulumi destroy --run-program`.",
            )


async def _carry_rest(run: Run, numbers: Iterable[int], wanted: set[int]) -> None:
    """Keep what lies outside the targets after what it depends on, which the program may have moved."""
    for number in numbers:
        state = run.ledger.states[number]
        if number in wanted or state.delete or run.tally.is_handled(state.urn):
            continue
        for step in carried(run, number):
            await perform(run, step)


async def _delete_group(run: Run, steps: dict[int, Step]) -> list[int]:
    """Delete a group side by side; return the places of those that failed, where the run goes on."""
    results = await asyncio.gather(*(run.spawn(_delete(run, step)) for step in steps.values()), return_exceptions=True)
    failed = []
    for place, error in zip(steps, results, strict=True):
        if isinstance(error, StepFailure):
            run.note_failure(error.error)
            failed.append(place)
            if not (run.continue_on_error or isinstance(error.error, PlanError)):
                run.halt()
        elif isinstance(error, BaseException):
            raise error
    return failed


async def _delete(run: Run, step: Step) -> None:
    async with run.slots:
        await perform(run, step)


def _needed_by(graph: Graph, places: Iterable[int]) -> set[int]:
    """Return the places of everything that some resources depend on, directly or not."""
    needed: set[int] = set()
    waiting = list(places)
    while waiting:
        for place in graph.dependencies_of(waiting.pop()) - needed:
            needed.add(place)
            waiting.append(place)
    return needed
