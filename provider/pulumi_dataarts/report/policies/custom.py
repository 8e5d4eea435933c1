"""A project's own policies: Python functions in `policies/*.py`, next to `Pulumi.yaml`.

::

    from pulumi_dataarts.model.plans import Plan
    from pulumi_dataarts.report.policies import policy

    @policy
    def small_steps(plan: Plan):
        if len(plan.changed()) > 50:
            yield "more than 50 changes at once"

The decorator marks them; a public function whose only parameter is called `plan` counts as well.
"""

from __future__ import annotations

import importlib.util
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Final, TypeAlias, TypeVar

from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.model.plans import Plan, Violation

Policy: TypeAlias = Callable[[Plan], Iterable["str | Violation"]]
Function = TypeVar("Function", bound=Callable[..., Any])

FOLDER: Final = "policies"
_MARK: Final = "is_dataarts_policy"


def policy(function: Function) -> Function:
    """Mark a function as a policy."""
    setattr(function, _MARK, True)
    return function


def load(folder: Path) -> dict[str, Policy]:
    """Return the policies of a project's folder, by name.

    Raises:
        ConfigError: a file that cannot be imported, or two policies of one name.
    """
    found: dict[str, Policy] = {}
    for path in sorted((folder / FOLDER).glob("*.py")):
        if path.name.startswith("_"):
            continue
        for name, function in _policies(_imported(path)):
            if name in found:
                raise ConfigError(f"{path}: there is another policy {name!r}")
            found[name] = function
    return found


def violations(name: str, check: Policy, plan: Plan) -> list[Violation]:
    """Return what one policy has to say.

    Raises:
        ConfigError: the policy itself fails; its words are in the message.
    """
    try:
        told = list(check(plan) or ())
    except Exception as error:
        raise ConfigError(f"policy {name!r} failed: {type(error).__name__}: {error}{_place(error)}") from error
    return [item if isinstance(item, Violation) else Violation(policy=name, text=str(item)) for item in told]


def _imported(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"dataarts_policies_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ConfigError(f"{path} cannot be imported: {type(error).__name__}: {error}{_place(error)}") from error
    return module


def _policies(module: ModuleType) -> Iterator[tuple[str, Policy]]:
    for name, value in vars(module).items():
        if inspect.isfunction(value) and value.__module__ == module.__name__ and _is_policy(name, value):
            yield name.replace("_", "-"), value


def _is_policy(name: str, function: Callable[..., Any]) -> bool:
    if getattr(function, _MARK, False):
        return True
    return not name.startswith("_") and list(inspect.signature(function).parameters) == ["plan"]


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f" ({Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno})" if trace else ""
