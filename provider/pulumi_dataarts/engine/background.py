"""Blocking work beside the event loop, on threads that no process has to wait for in its end."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Final, TypeVar

T = TypeVar("T")
Work = Callable[[], None]


async def in_thread(work: Callable[[], T]) -> T:
    """Have work done on a thread of its own, and return what comes of it."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if future.cancelled():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]  # without an error there is a result

    def run() -> None:
        result, failure = None, None
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001 - raised again where it is awaited
            failure = error
        with contextlib.suppress(RuntimeError):  # the run was abandoned, and its loop is closed
            loop.call_soon_threadsafe(settle, result, failure)

    _WORKERS.do(run)
    return await future


class _Workers:
    """Daemon threads, as many as are busy at once. To start one takes longer than many a piece of work."""

    def __init__(self) -> None:
        self._idle: list[SimpleQueue[Work]] = []

    def do(self, work: Work) -> None:
        """Have work done by who is idle, or somebody new."""
        try:
            self._idle.pop().put(work)
        except IndexError:
            threading.Thread(target=self._serve, args=(work,), daemon=True, name="in_thread").start()

    def _serve(self, work: Work) -> None:
        own: SimpleQueue[Work] = SimpleQueue()
        while True:
            work()
            self._idle.append(own)
            work = own.get()


_WORKERS: Final = _Workers()
