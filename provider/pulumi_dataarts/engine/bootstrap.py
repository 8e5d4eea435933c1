"""First thing to run in a child process: tie its life to the engine's, then run the script that it is there for.

`python bootstrap.py SCRIPT ARGS…`. Imports nothing but the standard library: the interpreter may be that of the user's
own virtual environment. The engine holds the writing end of a pipe. A watcher, which nothing in the child can keep
from its work, reads the other end: if that ends without a word, the engine is gone, killed perhaps, and the watcher
kills the whole process group, with whatever the child has started.
"""

from __future__ import annotations

import gc
import os
import runpy
import signal
import sys

LIFELINE = "DATAARTS_LIFELINE"
FAREWELL = b"."
# Values of a run are made once and live to its end: with Python's own thresholds a third of the time goes into looking
# for garbage among them.
GC_THRESHOLDS = (20_000, 20, 50)
_STANDARD_STREAMS = 3


def tie_to_engine() -> None:
    """Have this process group end once the engine is gone. Does nothing where there is no lifeline."""
    text = os.environ.pop(LIFELINE, "")
    if not text:
        return
    descriptor, group = int(text), os.getpgrp()
    # Forked twice, so that the watcher is no child that the program could wait for.
    child = os.fork()
    if child == 0:
        if os.fork() == 0:
            _watch(descriptor, group)
        os._exit(0)
    os.waitpid(child, 0)
    os.close(descriptor)


def _watch(descriptor: int, group: int) -> None:
    for stream in range(_STANDARD_STREAMS):
        os.close(stream)
    if os.read(descriptor, 1) != FAREWELL:
        os.killpg(group, signal.SIGKILL)


def run_script(script: str, arguments: list[str]) -> None:
    """Run a script as `__main__`, with the working directory, not this one, first on the module path."""
    gc.set_threshold(*GC_THRESHOLDS)
    sys.argv = [script, *arguments]
    sys.path[0] = os.getcwd()  # noqa: PTH109 - pathlib would be one more import before the script's own
    runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    tie_to_engine()
    run_script(sys.argv[1], sys.argv[2:])
