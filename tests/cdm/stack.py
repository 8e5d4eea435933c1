"""One resource in a stack of its own, driven through its dynamic provider as an engine drives it."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from pulumi_dataarts.errors import ProvisionError

if TYPE_CHECKING:
    from pulumi_dataarts.huawei.session import Session
    from pulumi_dataarts.lifecycle.adapter import Diff, DynamicProvider
    from pulumi_dataarts.simulator.testing import RunningCloud


class CloudClock:
    """Time that passes only when somebody waits: for the client and for the cloud alike."""

    def __init__(self, cloud: RunningCloud) -> None:
        self._cloud = cloud
        self._slept_s = 0.0
        self._lock = threading.Lock()

    def now_s(self) -> float:
        with self._lock:
            return self._slept_s

    def wall_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            self._cloud.advance(seconds)
            with self._lock:
                self._slept_s += seconds


class RefusedError(Exception):
    """The program does not pass `check`: path and reason of each mistake."""

    def __init__(self, mistakes: dict[str, str]) -> None:
        super().__init__(str(mistakes))
        self.mistakes = mistakes


class Stack:
    """What an engine keeps of one resource: id, inputs, outputs; and the operations on it."""

    def __init__(self, provider: type[DynamicProvider], session: Session) -> None:
        self.provider = provider()
        self.provider._session = session
        self.id = ""
        self.inputs: dict[str, Any] = {}
        self.outputs: dict[str, Any] = {}

    def up(self, **declared: Any) -> str:
        """Bring the resource to what is declared and return the step: create, same, update or replace."""
        checked = self.checked(declared)
        if not self.id:
            self._create(checked)
            return "create"
        diff = self.provider.diff(self.id, self.outputs, checked)
        if not diff.changes:
            self.inputs = checked
            return "same"
        if diff.replaces:
            self._replace(checked, diff)
            return "replace"
        self.outputs = self.provider.update(self.id, self.outputs, checked).outs or {}
        self.inputs = checked
        return "update"

    def checked(self, declared: dict[str, Any]) -> dict[str, Any]:
        result = self.provider.check(self.inputs, declared)
        if result.failures:
            raise RefusedError({failure.property: failure.reason for failure in result.failures})
        return result.inputs

    def diff(self, **declared: Any) -> Diff:
        return self.provider.diff(self.id, self.outputs, self.checked(declared))

    def refresh(self) -> bool:
        """Read the resource; False if it is gone, and then forgotten."""
        read = self.provider.read(self.id, self.outputs)
        if not read.id:
            self.id, self.inputs, self.outputs = "", {}, {}
            return False
        self.outputs = read.outs or {}
        self.inputs = read.inputs if read.inputs is not None else self.inputs
        return True

    def destroy(self) -> None:
        self.provider.delete(self.id, self.outputs)
        self.id = ""

    def _create(self, checked: dict[str, Any]) -> None:
        made = self.provider.create(checked)
        self.id, self.inputs, self.outputs = made.id, checked, made.outs or {}

    def _replace(self, checked: dict[str, Any], diff: Diff) -> None:
        old_id, old = self.id, self.outputs
        if diff.delete_before_replace:
            self.provider.delete(old_id, old)
            self._create(checked)
        else:
            self._create(checked)
            self.provider.delete(old_id, old)


def said_by(error: ProvisionError) -> str:
    """Return all that a user would see of an error."""
    return f"{error!s} {error!r} {error.args} {vars(error)}"
