"""Resource hooks: functions of the program around a resource's creation, update and deletion, and on its failures.

A state remembers the hooks of a resource by name; the program that runs must have registered them. Before-hooks that
fail let the step fail. After-hooks that fail let the run fail: what was done is done, and recorded.

Source: pkg/resource/deploy/{step,deployment}.go of the official engine.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

from pulumi.runtime.proto import resource_pb2

from pulumi_dataarts.engine.callbacks import Callbacks
from pulumi_dataarts.engine.wire import to_struct
from pulumi_dataarts.errors import OutcomeUnknown, PlanError, ProgramFailed, ProvisionError, ResourceFailed
from pulumi_dataarts.model import urns
from pulumi_dataarts.model.snapshots import ResourceState

if TYPE_CHECKING:
    from pulumi_dataarts.engine.run import Run

T = TypeVar("T")
Moment = Literal["BeforeCreate", "AfterCreate", "BeforeUpdate", "AfterUpdate", "BeforeDelete", "AfterDelete"]
FIELD: Final = "resourceHooks"
"""Where a state has a resource's hooks: names by moment."""
ON_ERROR: Final = "OnError"
_RETRIES_MAX: Final = 100


@dataclass(frozen=True)
class Hook:
    """A function of the program. `on_dry_run`: in previews too; `ignores_errors`: its failure is only a warning."""

    callback: Any
    on_dry_run: bool = False
    ignores_errors: bool = False


class Hooks:
    """The hooks that the program registered, by name."""

    def __init__(self) -> None:
        self.callbacks = Callbacks()
        self.known: dict[str, Hook] = {}

    def add(self, name: str, hook: Hook) -> None:
        """Register a hook. Raises PlanError where there is one of that name."""
        if name in self.known:
            raise PlanError(f"two hooks are called {name!r}", hint="Give each hook a name of its own.")
        self.known[name] = hook

    def missing(self, state: ResourceState, *moments: str) -> list[str]:
        """Return the names of a resource's hooks that nobody registered."""
        return [name for moment in moments for name in names_of(state, moment) if name not in self.known]


def names_of(state: ResourceState, moment: str) -> list[str]:
    """Return the names of a resource's hooks for a moment."""
    hooks = state.rest.get(FIELD)
    return list(hooks.get(moment) or ()) if isinstance(hooks, dict) else []


async def before(
    run: Run, moment: Moment, *, old: ResourceState | None = None, new: ResourceState | None = None
) -> None:
    """Run the hooks before a step. Raises ResourceFailed where one fails."""
    if failure := await _first_failure(run, moment, old, new):
        raise failure


async def after(
    run: Run, moment: Moment, *, old: ResourceState | None = None, new: ResourceState | None = None
) -> None:
    """Run the hooks after a step that is done and recorded; a failure is told, and ends the run."""
    if failure := await _first_failure(run, moment, old, new):
        run.reporter.tell("error", str(failure), _either(old, new).urn)
        run.note_failure(failure)
        if not run.continue_on_error:
            run.halt()


async def with_retries(
    run: Run,
    operation: str,
    call: Callable[[], Awaitable[T]],
    *,
    old: ResourceState | None = None,
    new: ResourceState | None = None,
) -> T:
    """Call a provider, again as long as it fails and an error hook of the resource wants another try.

    A call whose outcome is unknown is never repeated.
    """
    errors: list[str] = []
    while True:
        try:
            return await call()
        except OutcomeUnknown:
            raise
        except ProvisionError as error:
            errors.insert(0, error.message)
            is_last = run.halted.is_set() or len(errors) > _RETRIES_MAX
            if is_last or not await _wants_another_try(run, operation, errors, old, new):
                raise
        text = f"trying the {operation} again, as its hook asks ({len(errors)} of at most {_RETRIES_MAX})"
        run.reporter.tell("warning", text, _either(new, old).urn)


async def _first_failure(
    run: Run, moment: Moment, old: ResourceState | None, new: ResourceState | None
) -> ResourceFailed | None:
    """Run the hooks of a moment, up to the first that fails and whose failure counts."""
    state = _either(new, old)
    for name in names_of(state, moment):
        error = await _error_of(run, name, moment, old, new)
        if not error:
            continue
        text = f"the hook {name!r} ({moment}) failed: {error}"
        if not (name in run.hooks.known and run.hooks.known[name].ignores_errors):
            return ResourceFailed(text)
        run.reporter.tell("warning", text, state.urn)
    return None


async def _error_of(run: Run, name: str, moment: Moment, old: ResourceState | None, new: ResourceState | None) -> str:
    """Call a hook and return what it failed with; empty where it did not, or is not for previews."""
    hook = run.hooks.known.get(name)
    if hook is None:
        return "the program did not register it"
    if run.dry_run and not hook.on_dry_run:
        return ""
    request = resource_pb2.ResourceHookRequest(**_about(old, new))
    if new is not None and moment.startswith("After"):
        request.new_outputs.CopyFrom(to_struct(new.outputs))
    try:
        answer = await run.hooks.callbacks.invoke(hook.callback, request, resource_pb2.ResourceHookResponse)
    except ProgramFailed as error:
        return str(error)
    return str(answer.error)


async def _wants_another_try(
    run: Run, operation: str, errors: list[str], old: ResourceState | None, new: ResourceState | None
) -> bool:
    is_wanted = False
    for name in names_of(_either(new, old), ON_ERROR):
        hook = run.hooks.known.get(name)
        if hook is None:
            raise ResourceFailed(f"{errors[0]}\nits error hook {name!r} was not registered by the program")
        request = resource_pb2.ErrorHookRequest(**_about(old, new), failed_operation=operation, errors=errors)
        answer = await run.hooks.callbacks.invoke(hook.callback, request, resource_pb2.ErrorHookResponse)
        if answer.error:
            raise ResourceFailed(f"{errors[0]}\nits error hook {name!r} failed: {answer.error}")
        is_wanted = is_wanted or answer.retry
    return is_wanted


def _about(old: ResourceState | None, new: ResourceState | None) -> dict[str, Any]:
    state = _either(new, old)
    told: dict[str, Any] = {"urn": state.urn, "id": state.id, "name": urns.parse(state.urn).name, "type": state.type}
    if new is not None:
        told["new_inputs"] = to_struct(new.inputs)
    if old is not None:
        told |= {"old_inputs": to_struct(old.inputs), "old_outputs": to_struct(old.outputs)}
    return told


def _either(one: ResourceState | None, other: ResourceState | None) -> ResourceState:
    state = one or other
    assert state is not None
    return state
