"""A resource's life without an engine: what an engine asks of a provider, in the order it asks.

Values pass through protobuf's struct on their way: numbers become floats, absent is not null.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.huawei.settings import resolve

if TYPE_CHECKING:
    from pulumi_dataarts.lifecycle.adapter import Diff, DynamicProvider
    from pulumi_dataarts.simulator.testing import RunningCloud


class Mistaken(Exception):
    """`check` refused the arguments."""

    def __init__(self, failures: dict[str, str]) -> None:
        super().__init__(failures)
        self.failures = failures


class CloudClock:
    """The client's time: sleeping moves the embedded cloud's clock instead of waiting."""

    def __init__(self, cloud: RunningCloud) -> None:
        self._cloud, self._now_s = cloud, 0.0

    def now_s(self) -> float:
        return self._now_s

    def wall_ms(self) -> int:
        import time

        return time.time_ns() // 1_000_000

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            passed_s = max(seconds, 1e-6)  # however short a sleep is, time passes
            self._now_s += passed_s
            self._cloud.advance(passed_s)


def open_at(cloud: RunningCloud, said: list[str]) -> Session:
    """Open a session with the embedded cloud; what it tells people goes to `said`."""
    config = {
        "dataarts:region": "cn-north-4",
        "dataarts:projectId": "embedded",
        "dataarts:endpoint": cloud.api,
        "dataarts:endpoints": json.dumps({"obs": cloud.obs}),
        "dataarts:accessKey": "embedded",
        "dataarts:secretKey": "embedded",
        "dataarts:rateLimit": "1000",
    }
    return Session(resolve(config.get, {}), clock=CloudClock(cloud), say=said.append)


@dataclass
class Life:
    """One resource as an engine keeps it: id, inputs and outputs."""

    kind: type[DynamicProvider]
    session: Session
    id: str = ""
    inputs: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)

    @property
    def provider(self) -> DynamicProvider:
        made = self.kind()
        made._session = self.session
        return made

    def check(self, **arguments: Any) -> dict[str, Any]:
        result = self.provider.check(self.inputs, _travelled(arguments))
        if result.failures:
            raise Mistaken({failure.property: failure.reason for failure in result.failures})
        return _travelled(result.inputs)

    def plan(self, **arguments: Any) -> Diff:
        return self.provider.diff(self.id, self.outputs, self.check(**arguments))

    def up(self, **arguments: Any) -> str:
        """Bring it to the arguments; say what was done: create, same, update or replace."""
        checked = self.check(**arguments)
        if not self.id:
            self._create(checked)
            return "create"
        found = self.provider.diff(self.id, self.outputs, checked)
        if not found.changes:
            self.inputs = checked
            return "same"
        if found.replaces:
            return self._replace(checked, first_delete=bool(found.delete_before_replace))
        self.outputs = _travelled(self.provider.update(self.id, self.outputs, checked).outs)
        self.inputs = checked
        return "update"

    def refresh(self) -> bool:
        """Read it; say whether it is still there."""
        read = self.provider.read(self.id, self.outputs)
        if not read.id:
            self.id, self.inputs, self.outputs = "", {}, {}
            return False
        self.outputs = _travelled(read.outs)
        self.inputs = _travelled(read.inputs) if read.inputs is not None else self.inputs
        return True

    def destroy(self) -> None:
        self.provider.delete(self.id, self.outputs)
        self.id, self.inputs, self.outputs = "", {}, {}

    def _create(self, checked: dict[str, Any]) -> None:
        made = self.provider.create(checked)
        self.id, self.inputs, self.outputs = made.id, checked, _travelled(made.outs)

    def _replace(self, checked: dict[str, Any], *, first_delete: bool) -> str:
        old_id, old = self.id, self.outputs
        if first_delete:
            self.provider.delete(old_id, old)
        self._create(checked)
        if not first_delete:
            self.provider.delete(old_id, old)
        return "replace"


def _travelled(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _travelled(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_travelled(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
