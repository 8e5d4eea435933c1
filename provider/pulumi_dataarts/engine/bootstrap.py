"""First thing to run in a child process: tie its life to the engine's, then run the script that it is there for.

`python bootstrap.py SCRIPT ARGS…`. Imports nothing but the standard library: the interpreter may be that of the user's
own virtual environment. The engine holds the writing end of a pipe and never writes; once the engine is gone, killed or
not, the pipe ends, and the child ends with whatever it has started. The kernel's parent-death signal is a second belt,
for a child too busy to notice.
"""

from __future__ import annotations

import ctypes
import os
import runpy
import signal
import sys
import threading

LIFELINE = "DATAARTS_LIFELINE"
_PR_SET_PDEATHSIG = 1


def tie_to_parent() -> None:
    """End this process group once the engine is gone. Does nothing where there is no lifeline."""
    descriptor = os.environ.pop(LIFELINE, "")
    if not descriptor:
        return
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    threading.Thread(target=_end_with_parent, args=(int(descriptor),), daemon=True).start()


def _end_with_parent(descriptor: int) -> None:
    os.read(descriptor, 1)
    os.killpg(0, signal.SIGKILL)


def run_script(script: str, arguments: list[str]) -> None:
    """Run a script as `__main__`, with the working directory, not this one, first on the module path."""
    sys.argv = [script, *arguments]
    sys.path[0] = os.getcwd()  # noqa: PTH109 - pathlib would be one more import before the script's own
    runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    tie_to_parent()
    run_script(sys.argv[1], sys.argv[2:])
