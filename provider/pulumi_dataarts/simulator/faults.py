"""What goes wrong on purpose: a table of rules in the store, applied by the kernel in a fixed order.

A rule matches requests by method and path (`*` and `?` as in file names, `*` crosses slashes), lets `skip` of them
pass, then strikes `times` times and is gone. With a `probability`, each of them is struck or not as the `seed` says
(the same ones for the same seed). At most one rule strikes a request: the oldest that matches.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from fnmatch import fnmatchcase
from random import Random
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pulumi_dataarts.simulator.store import Store

Kind: TypeAlias = Literal[
    "latency",
    "status",
    "throttle",
    "drop-before",
    "drop-after-commit",
    "stale-read",
    "slow-body",
    "truncated-body",
    "expire-token",
    "task-fails",
    "kill",
]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
Moment: TypeAlias = Literal["before", "after", "stop"]
MOMENTS: Final[tuple[Moment, ...]] = get_args(Moment)

OBS_KINDS: Final = frozenset({
    "latency", "status", "throttle", "drop-before", "drop-after-commit", "slow-body", "truncated-body", "kill"
})  # fmt: skip

_KIND, _SCOPE = "kernel.fault", ""


@dataclass(frozen=True)
class Fault:
    """One rule.

    Attributes:
        kind: `latency` answers late; `status` answers with `status` and does nothing; `throttle` is 429, with
            `Retry-After` when `retry_after` is set; `drop-before` closes the connection and does nothing;
            `drop-after-commit` does everything and closes the connection; `stale-read` answers a GET from what was
            committed when the rule was made; `slow-body` lets the body trickle; `truncated-body` does
            everything and closes the connection in the middle of the body; `expire-token` ends the life of all
            tokens first; `task-fails` makes the next run or task whose name matches `task` fail with
            `message`; `kill` ends the cloud's process as SIGKILL does.
        service: which endpoint; `obs` knows all kinds that are about a connection, an answer or the process.
        method: which requests, by their method; `*` is any.
        path: and by their path, percent-encoded as sent, without the query.
        times: how many requests it strikes; -1 for all until it is removed.
        skip: how many matching requests pass before.
        probability: that a request which it could strike is struck.
        seed: of that chance.
        seconds: of `latency` and `slow-body`.
        status: of `status`.
        retry_after: of `throttle`, in seconds.
        task: of `task-fails`: name of a job, a link or a script, or the OBS path of an import.
        message: of `task-fails`.
        moment: of `kill`: before anything is done, or after the commit, without an answer in both cases; of
            `task-fails`: a CDM or Flink run fails before it runs (FAILURE_ON_SUBMIT, job_submit_fail), or after
            (FAILED, job_running_exception), or with `stop` it is the stop of a Flink job that fails (job_cancel_fail).
        seen: how many requests it could have struck so far; counted by the table.
        id: given by the table.
    """

    kind: Kind
    service: Literal["api", "obs"] = "api"
    method: str = "*"
    path: str = "*"
    times: int = 1
    skip: int = 0
    probability: float = 1.0
    seed: int = 0
    seconds: float = 1.0
    status: int = 503
    retry_after: int | None = None
    moment: Moment = "after"
    task: str = "*"
    message: str = "The task failed on request."
    seen: int = 0
    id: int = 0

    def matches(self, method: str, path: str, service: str) -> bool:
        """Say whether this rule is about such a request."""
        return (
            self.kind != "task-fails"
            and service == self.service
            and (self.kind != "stale-read" or method == "GET")
            and (service == "api" or self.kind in OBS_KINDS)
            and fnmatchcase(method, self.method)
            and fnmatchcase(path, self.path)
        )


def effect(fault: Fault) -> str:
    """Return what a rule does, in a few words."""
    words = _EFFECTS.get((fault.kind, fault.moment)) or _EFFECTS[fault.kind, "after"]
    told = words.format(**asdict(fault))
    return told if fault.retry_after is None else f"{told}, Retry-After {fault.retry_after}"


_EFFECTS: Final[dict[tuple[Kind, Moment], str]] = {
    ("latency", "after"): "answers {seconds:g} s late",
    ("status", "after"): "answers {status} and does nothing",
    ("throttle", "after"): "answers 429 and does nothing",
    ("drop-before", "after"): "closes the connection and does nothing",
    ("drop-after-commit", "after"): "does everything, then closes the connection",
    ("stale-read", "after"): "answers from the past",
    ("slow-body", "after"): "lets the body trickle for {seconds:g} s",
    ("truncated-body", "after"): "does everything, then closes the connection within the body",
    ("expire-token", "after"): "ends the life of all tokens first",
    ("task-fails", "after"): "makes the run or task fail: {message}",
    ("task-fails", "before"): "makes the run fail before it runs: {message}",
    ("task-fails", "stop"): "makes the stop of a Flink job fail: {message}",
    ("kill", "after"): "does everything, then ends the cloud's process",
    ("kill", "before"): "ends the cloud's process and does nothing",
}


class Faults:
    """The table of rules of one cloud."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._views: dict[int, Store] = {}
        self._is_empty = False
        self._failed = ""
        for fault in self.list():
            self._remember(fault)

    def add(self, fault: Fault) -> Fault:
        """Add a rule and return it with its id."""
        with self._store.transaction():
            fault = replace(fault, id=self._store.next_id(_KIND))
            self._save(fault)
        self._is_empty = False
        self._remember(fault)
        return fault

    def list(self) -> list[Fault]:
        """Return the rules, oldest first."""
        with self._store.transaction():
            return [Fault(**document) for _, document in self._store.list(_KIND, _SCOPE)]

    def remove(self, fault_id: int) -> bool:
        """Remove one rule, and say whether it was there."""
        with self._store.transaction():
            was_there = self._store.delete(_KIND, _SCOPE, str(fault_id))
        if fault_id in self._views:
            self._views.pop(fault_id).close()
        return was_there

    def clear(self) -> None:
        """Remove all rules."""
        with self._store.transaction():
            for fault in self.list():
                self._store.delete(_KIND, _SCOPE, str(fault.id))
        self.close()

    def strike(self, method: str, path: str, *, service: str = "api") -> Fault | None:
        """Return the rule that strikes this request, if any, and count it."""
        if self._is_empty:
            return None
        with self._store.transaction():
            faults = self.list()
            self._is_empty = not faults
            for fault in faults:
                if fault.matches(method, path, service) and self._use(fault):
                    return fault
        return None

    def failure_of(self, task: str) -> str:
        """Return why the run or task of this name must fail, or an empty string when it need not.

        It counts in the request's transaction: a handler that raises `Refused` afterwards has not used the rule.
        """
        fault = self.failing(task)
        return "" if fault is None else fault.message

    def failing(self, task: str, *, stop: bool = False) -> Fault | None:
        """Return the rule by which the run or task of this name, or its stop, must fail; it counts as above."""
        for fault in self.list():
            is_meant = fault.kind == "task-fails" and (fault.moment == "stop") == stop
            if is_meant and fnmatchcase(task, fault.task) and self._use(fault):
                self._failed = fault.kind
                return fault
        return None

    def noted(self) -> str:
        """Return the kind of the rule that made a run or task fail since this was last asked, or an empty string."""
        noted, self._failed = self._failed, ""
        return noted

    @contextmanager
    def past(self, fault: Fault) -> Iterator[Store]:
        """Lend the past that a `stale-read` rule shows; it goes when the rule is used up."""
        yield self._views[fault.id]
        if fault.times == 1:
            self._views.pop(fault.id).close()

    def close(self) -> None:
        """Let go of the past that `stale-read` rules show."""
        for view in self._views.values():
            view.close()
        self._views.clear()

    def _remember(self, fault: Fault) -> None:
        if fault.kind == "stale-read":
            self._views[fault.id] = self._store.view()

    def _save(self, fault: Fault) -> None:
        self._store.put(_KIND, _SCOPE, str(fault.id), asdict(fault))

    def _use(self, fault: Fault) -> bool:
        """Count one match, and say whether it is struck."""
        if fault.skip:
            self._save(replace(fault, skip=fault.skip - 1))
            return False
        if fault.probability < 1:
            fault = replace(fault, seen=fault.seen + 1)
            if Random(f"{fault.seed}/{fault.seen}").random() >= fault.probability:  # noqa: S311  not for secrets
                self._save(fault)
                return False
        if fault.times == 1:
            self._store.delete(_KIND, _SCOPE, str(fault.id))
        elif fault.times > 1:
            self._save(replace(fault, times=fault.times - 1))
        elif fault.probability < 1:
            self._save(fault)
        return True
