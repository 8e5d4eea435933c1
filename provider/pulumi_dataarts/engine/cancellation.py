"""How a run is stopped: politely at first, at once if asked again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from enum import IntEnum


class Stage(IntEnum):
    """How far a cancellation has gone."""

    NONE = 0
    NO_NEW_STEPS = 1
    """Steps that run are finished and recorded, but for those that only wait, which end; nothing new begins."""
    AT_ONCE = 2
    """Nothing is waited for: what runs stays in the state as pending operations."""


class Cancellation:
    """A request to stop, made from any thread or a signal handler. Each further request is one stage up."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._stage = Stage.NONE
        self._listeners: list[Callable[[Stage], None]] = []

    @property
    def stage(self) -> Stage:
        """The stage that has been asked for."""
        return self._stage

    def request(self) -> Stage:
        """Ask for the next stage, and return it."""
        with self._lock:
            self._stage = Stage(min(self._stage + 1, Stage.AT_ONCE))
            listeners = list(self._listeners)
        for listener in listeners:
            listener(self._stage)
        return self._stage

    def listen(self, listener: Callable[[Stage], None]) -> Callable[[], None]:
        """Have each stage told, also one asked for before, from the thread that asks; return how to stop that."""
        with self._lock:
            self._listeners.append(listener)
        if self._stage:
            listener(self._stage)
        return lambda: self._listeners.remove(listener)
