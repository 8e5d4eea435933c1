"""From a goal to steps: finds what a resource was before, asks its provider, and decides.

Registrations are decided side by side; those decisions that look at others' replacements hold `run.deciding`.

Source: pkg/resource/deploy/step_generator.go of the official engine.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Final

from pulumi_dataarts.engine import decisions, hooks
from pulumi_dataarts.engine.decisions import Verdict
from pulumi_dataarts.engine.goals import Goal
from pulumi_dataarts.engine.identities import Namespace, earlier_urns
from pulumi_dataarts.engine.providers import Difference, DiffUnavailable, Failure, Known, Provider
from pulumi_dataarts.engine.replacements import replacement, require_replaceable, with_room
from pulumi_dataarts.engine.run import Run
from pulumi_dataarts.engine.steps import Create, Read, Same, Skip, Step, Update
from pulumi_dataarts.engine.untargeted import carried, require_targeted_dependencies
from pulumi_dataarts.errors import PlanError, ResourceFailed
from pulumi_dataarts.model import paths
from pulumi_dataarts.model.copies import replace
from pulumi_dataarts.model.journal import Put
from pulumi_dataarts.model.snapshots import ResourceState
from pulumi_dataarts.model.values import Properties, has_unknown

# Fields of a state file that this version only carries along, and that a registration says anew, or not at all.
_SAID_ANEW: Final = frozenset({"hideDiff", "replacementTrigger", "resourceHooks", "snippetID", "stackTrace"})


@dataclass(frozen=True)
class Candidate:
    """A registration on its way to a decision. `number` is that of the resource as it was before."""

    goal: Goal
    new: ResourceState
    number: int | None
    old: ResourceState | None
    provider: Provider | None

    @property
    def urn(self) -> str:
        """The resource's URN."""
        return self.new.urn


async def decide(run: Run, candidate: Candidate) -> list[Step]:
    """Return the steps that a registration asks for; the last leaves the resource as the program will see it.

    Raises:
        PlanError: the goal contradicts itself or another one, or what it asks for is protected.
        ResourceFailed: the provider refuses the inputs, or cannot compare.
    """
    is_included = run.selection.includes(candidate.new)
    is_fresh = _is_fresh(run, candidate)
    inputs = await _checked_inputs(run, candidate, is_fresh=is_fresh) if is_included else _kept_inputs(candidate)
    candidate = replace(candidate, new=_with_inputs(candidate, inputs))
    if candidate.urn in run.tally.deleted:
        steps = await _recreation(run, candidate if is_fresh else await _fresh(run, candidate))
    else:
        steps = await _decide(run, candidate, inputs, is_included=is_included)
    require_targeted_dependencies(run, steps)
    return await with_room(run, steps)


def claim(run: Run, goal: Goal) -> Candidate:
    """Give a goal its URN, and find what it was before. Raises PlanError where somebody else has either."""
    namespace = Namespace(run.context.project, run.context.stack)
    if goal.parent and goal.parent not in run.tally.registered:
        raise PlanError(f"{goal.name}: its parent {goal.parent} has not been registered")
    urn = namespace.urn(goal.type, goal.name, goal.parent)
    if urn in run.tally.registered:
        raise PlanError(f"{urn} is declared twice", hint="Give one of the two resources another name.")
    if urn in run.tally.renamed:
        raise PlanError(f"{urn} is declared, and is an alias of {run.tally.renamed[urn]} as well")
    run.tally.registered.add(urn)
    alias = _matched_alias(run, urn, earlier_urns(goal, namespace, run.tally.previous))
    number = run.ledger.olds.get(alias or urn)
    old = None if number is None else _unmarked(run, number)
    new = _new_state(goal, urn, alias, old)
    return Candidate(goal, new, number, old, run.provider_of(new))


def _unmarked(run: Run, number: int) -> ResourceState:
    """Return what a resource was before, as live: another of this run may have what it has, and have marked it."""
    state = run.ledger.states[number]
    if state.delete:
        run.ledger.append([Put(number, replace(state, delete=False))])
    return run.ledger.states[number]


def _matched_alias(run: Run, urn: str, candidates: list[str]) -> str:
    """Return the alias under which the base knows the resource; empty where it is known by its URN, or not at all."""
    olds, tally = run.ledger.olds, run.tally
    alias = next((name for name in [urn, *candidates] if name in olds), urn)
    if alias == urn:
        return ""
    if alias in tally.registered or alias in tally.renamed:
        other = tally.renamed.get(alias, alias)
        raise PlanError(f"{urn} has the alias {alias}, which is {other}", hint="Remove the alias from one of the two.")
    tally.renamed[alias] = urn
    tally.previous[urn] = alias
    return alias


def _new_state(goal: Goal, urn: str, alias: str, old: ResourceState | None) -> ResourceState:
    rest = {key: value for key, value in (old.rest if old else {}).items() if key not in _SAID_ANEW}
    if goal.hide_diffs:
        rest["hideDiff"] = list(goal.hide_diffs)
    if goal.replacement_trigger is not None:
        rest[decisions.REPLACEMENT_TRIGGER] = goal.replacement_trigger
    if goal.hooks:
        rest[hooks.FIELD] = {moment: list(names) for moment, names in goal.hooks.items()}
    return ResourceState(
        urn=urn,
        type=goal.type,
        custom=goal.custom,
        inputs=goal.inputs,
        parent=goal.parent,
        protect=bool(goal.protect),
        dependencies=goal.dependencies,
        provider=goal.provider,
        property_dependencies=goal.property_dependencies,
        additional_secret_outputs=goal.additional_secret_outputs,
        aliases=(alias,) if alias else (),
        custom_timeouts=goal.custom_timeouts,
        import_id=goal.import_id,
        retain_on_delete=bool(goal.retain_on_delete),
        deleted_with=goal.deleted_with,
        replace_with=goal.replace_with,
        created=old.created if old else "",
        modified=old.modified if old else "",
        source_position=goal.source_position,
        ignore_changes=goal.ignore_changes,
        replace_on_changes=goal.replace_on_changes,
        rest=rest,
    )


def is_import(run: Run, candidate: Candidate) -> bool:
    """Say whether an object that exists is to be taken over first: the state has none of that id under this URN.

    What was deleted before its replacement failed is none, whatever came to have its id since.
    """
    goal, old = candidate.goal, candidate.old
    known_id = (old.import_id or old.id) if old and not (old.external or old.pending_replacement) else ""
    is_wanted = goal.custom and bool(goal.import_id) and goal.import_id != known_id
    return is_wanted and run.selection.includes(candidate.new)


def imported(run: Run, candidate: Candidate, state: ResourceState) -> Candidate:
    """Return a registration once its object was taken over: that is what is compared with."""
    new = replace(candidate.new, created=state.created, modified=state.modified)
    return replace(candidate, new=new, number=run.ledger.news[state.urn], old=state)


def _is_fresh(run: Run, candidate: Candidate) -> bool:
    """Say whether the old inputs are no longer of interest to a check."""
    old = candidate.old
    is_recreated = candidate.urn in run.tally.deleted
    return old is None or old.external or is_recreated or is_targeted_replace(run, candidate)


def is_targeted_replace(run: Run, candidate: Candidate) -> bool:
    """Say whether somebody asked for this very resource to be replaced."""
    return candidate.urn in run.selection.replaces or (candidate.old is not None and candidate.old.taint)


def _kept_inputs(candidate: Candidate) -> Properties:
    if candidate.provider is None:
        return candidate.goal.inputs
    return candidate.old.inputs if candidate.old else {}


def _with_inputs(candidate: Candidate, inputs: Properties) -> ResourceState:
    return replace(candidate.new, inputs=inputs) if candidate.provider else candidate.new


async def _checked_inputs(run: Run, candidate: Candidate, *, is_fresh: bool) -> Properties:
    goal, old = candidate.goal, candidate.old
    inputs = goal.inputs if old is None else _without_ignored(run, candidate, old)
    if candidate.provider is None:
        return inputs
    if is_fresh or old is None:
        return await check(run, candidate, {}, goal.inputs)
    return await check(run, candidate, old.inputs, inputs)


def _without_ignored(run: Run, candidate: Candidate, old: ResourceState) -> Properties:
    inputs, unreachable = paths.reset(candidate.goal.inputs, old.inputs, candidate.goal.ignore_changes)
    if unreachable:
        listed = ", ".join(unreachable)
        run.reporter.tell(
            "info", f"changes in added or removed parts of these paths cannot be ignored: {listed}", candidate.urn
        )
    return inputs


async def check(run: Run, candidate: Candidate, olds: Properties, news: Properties) -> Properties:
    """Have the provider complete inputs. Raises ResourceFailed with everything that it refuses."""
    assert candidate.provider is not None
    checked = await candidate.provider.check(candidate.urn, olds, news)
    if checked.failures:
        raise ResourceFailed("\n".join(map(_refusal, checked.failures)))
    return checked.inputs


def _refusal(failure: Failure) -> str:
    return f"{failure.property}: {failure.reason}" if failure.property else failure.reason


async def _decide(run: Run, candidate: Candidate, inputs: Properties, *, is_included: bool) -> list[Step]:
    tally, urn, old, number = run.tally, candidate.urn, candidate.old, candidate.number
    if old is not None and old.external:
        tally.created.add(urn)
        return [Create(candidate.new, number, marks_old=True)]
    if is_included:
        run.selection.note(candidate.new)
    if number is not None and not is_included:
        tally.same.add(urn)
        return carried(run, number)
    if old is not None:
        return await _compared(run, candidate, inputs)
    if not is_included:
        tally.same.add(urn)
        tally.skipped.add(urn)
        return [Skip(candidate.new)]
    tally.created.add(urn)
    return [Create(candidate.new)]


async def _recreation(run: Run, candidate: Candidate) -> list[Step]:
    """Make anew what was deleted because something it depends on is replaced."""
    run.tally.deleted.discard(candidate.urn)
    run.tally.replaced.add(candidate.urn)
    assert candidate.number is not None
    await run.deletions[candidate.number].wait()
    run.require_going()
    if not run.ledger.states[candidate.number].pending_replacement:
        raise ResourceFailed(f"{candidate.urn} cannot be made anew, because what it was could not be deleted")
    return [Create(candidate.new, candidate.number)]


async def _compared(run: Run, candidate: Candidate, inputs: Properties) -> list[Step]:
    goal, old, number = candidate.goal, candidate.old, candidate.number
    assert old is not None
    assert number is not None
    is_triggered = _is_triggered(run, candidate, old)
    difference = Difference(changes=True) if is_triggered else await _difference(run, candidate, old, inputs)
    if candidate.urn in run.tally.deleted:
        return await _recreation(run, await _fresh(run, candidate))
    difference = decisions.with_replace_on_changes(difference, goal.replace_on_changes, old.init_errors)
    match decisions.verdict(difference, old, is_triggered=is_triggered):
        case Verdict.SAME:
            run.tally.same.add(candidate.urn)
            return [Same(number, candidate.new)]
        case Verdict.UPDATE:
            run.tally.updated.add(candidate.urn)
            return [Update(number, candidate.new, difference, goal.ignore_changes)]
        case Verdict.REPLACE:
            require_replaceable(run, goal, old, candidate.new)
            run.tally.replaced.add(candidate.urn)
            if not is_targeted_replace(run, candidate):
                candidate = await _fresh(run, candidate)
            return await replacement(run, goal, candidate.new, number, difference)


async def _fresh(run: Run, candidate: Candidate) -> Candidate:
    """Return the candidate with inputs completed as for a new resource: those of the old one no longer count."""
    if candidate.provider is None:
        return candidate
    return replace(candidate, new=_with_inputs(candidate, await check(run, candidate, {}, candidate.goal.inputs)))


def _is_triggered(run: Run, candidate: Candidate, old: ResourceState) -> bool:
    trigger = candidate.goal.replacement_trigger
    if has_unknown(trigger) and not run.dry_run:
        raise PlanError(f"{candidate.urn}: its replacement trigger is unknown")
    return decisions.is_triggered(trigger, old.rest.get(decisions.REPLACEMENT_TRIGGER))


async def _difference(run: Run, candidate: Candidate, old: ResourceState, inputs: Properties) -> Difference:
    goal, provider = candidate.goal, candidate.provider
    if is_targeted_replace(run, candidate):
        return await _requested(run, candidate, old, inputs)
    if known := decisions.forced(goal, run.tally.replaced):
        return known
    if decisions.is_other_provider(old, candidate.new):
        return Difference(changes=True, replaces=("provider",))
    if provider is None:
        return Difference(changes=not decisions.equal(old.inputs, inputs))
    known_old = Known(candidate.urn, old.id, old.inputs, old.outputs)
    try:
        difference = await provider.diff(known_old, inputs, goal.ignore_changes)
    except DiffUnavailable as error:
        run.reporter.tell("warning", error.message, candidate.urn)
        return Difference(changes=True)
    return decisions.settled(difference, old.inputs, inputs, goal.ignore_changes)


async def _requested(run: Run, candidate: Candidate, old: ResourceState, inputs: Properties) -> Difference:
    """Return the difference of a resource that somebody wants replaced; its provider says what has to go first.

    The official engine does not ask: it makes the new one first, which may be the very object that goes then.
    """
    is_first = False
    if candidate.provider is not None and candidate.goal.delete_before_replace is None:
        known = Known(candidate.urn, old.id, old.inputs, old.outputs)
        with contextlib.suppress(DiffUnavailable):
            asked = await candidate.provider.diff(known, inputs, candidate.goal.ignore_changes)
            is_first = asked.delete_before_replace
    return Difference(changes=True, replaces=("id",), delete_before_replace=is_first)


def decide_read(run: Run, goal: Goal, id: str) -> Step:
    """Return the step that looks at an object which is not ours. Raises PlanError as `claim` does."""
    candidate = claim(run, goal)
    old, number = candidate.old, candidate.number
    new = replace(candidate.new, id=id, external=True)
    if old is not None and not old.external and old.id != id:
        run.tally.replaced.add(candidate.urn)
        return Read(new, number, is_replacement=True)
    run.tally.read.add(candidate.urn)
    return Read(new, number)
