"""Stopping a process at its n-th durable step: before, within and after every write, rename, removal and call.

The steps are counted where the operating system is asked, so the product has no part in it. `survive` runs a body in a
forked child that is killed at step n, or whose disk is full from there on.
"""

from __future__ import annotations

import errno
import os
import signal
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

FAILED = 70


class Points:
    """Counts the steps of a process, and at one of them kills it, or fills its disk. With 0 it lives."""

    def __init__(self, fatal: int = 0, *, fills_disk: bool = False) -> None:
        self.fatal = fatal
        self.fills_disk = fills_disk
        self.reached = 0
        self.has_refused = False

    def reach(self) -> None:
        """Take note of a step at which a process may end."""
        self.reached += 1
        if self.reached == self.fatal and not self.fills_disk:
            os.kill(os.getpid(), signal.SIGKILL)

    def ask(self) -> None:
        """Take note that the disk is asked for something, which it may refuse."""
        self.reach()
        if self.fills_disk and 0 < self.fatal <= self.reached:
            self.has_refused = True
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def watch(points: Points) -> None:
    """Have the durable steps of this process counted, for as long as it lives."""
    fsync, write, replace, unlink = os.fsync, os.write, Path.replace, Path.unlink

    def around(call: Callable[..., Any], before: Callable[[], None]) -> Callable[..., Any]:
        def counted(*arguments: Any, **more: Any) -> Any:
            before()
            result = call(*arguments, **more)
            points.reach()
            return result

        return counted

    def torn(handle: int, data: bytes | memoryview) -> int:
        """Half of it may be written and the rest not."""
        first = write(handle, data[: len(data) // 2])
        points.ask()
        return first + write(handle, data[len(data) // 2 :])

    os.fsync = around(fsync, points.ask)  # type: ignore[assignment]
    os.write = torn  # type: ignore[assignment]
    Path.replace = around(replace, points.ask)  # type: ignore[method-assign]
    Path.unlink = around(unlink, points.reach)  # type: ignore[method-assign]


def survive(body: Callable[[Points], None], points: Points) -> bool:
    """Run a body in a child; say whether it lived to its end.

    What it raises is shown, and fails the test.
    """
    child = os.fork()
    if child == 0:
        code = FAILED
        try:
            watch(points)
            body(points)
            code = 0
        except BaseException:  # noqa: BLE001 - nothing of the child may get into the tests that it was forked from
            traceback.print_exc()
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return False
    assert os.WEXITSTATUS(status) == 0, "the child failed; see its standard error"
    return True
