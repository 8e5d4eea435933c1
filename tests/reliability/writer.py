"""One of several runs that want the same stack: takes it, counts on from what it finds, gives it back, again.

What it did goes to FOLDER/history, a line each, in the order in which it was done; it ends once FOLDER/stop is there.
"""

from __future__ import annotations

import os
import random
import time
from dataclasses import replace
from pathlib import Path

from pulumi_dataarts.backend.blobs import open_backend
from pulumi_dataarts.backend.runs import Outcome, Run, open_run
from pulumi_dataarts.backend.stacks import Stack
from pulumi_dataarts.errors import LockHeld, StateError
from pulumi_dataarts.model.journal import Put
from pulumi_dataarts.model.snapshots import Snapshot
from tests.model.states import thing
from tests.reliability.durable import keyring


def counted(snapshot: Snapshot) -> int:
    """Return how far the runs have counted."""
    return int(snapshot.resources[0].outputs["count"]) if snapshot.resources else 0


def count_on(run: Run, steps: int, log: int) -> None:
    """Make some further counts durable, and say so after each."""
    count = counted(run.base)
    os.write(log, f"enter {count}\n".encode())
    for number in range(count + 1, count + steps + 1):
        run.journal.append([Put(0, replace(thing("counter"), outputs={"count": number}))]).result(60)
        os.write(log, f"count {number}\n".encode())


def main(url: str, seed: str, folder: str) -> None:
    """Go on until told to stop."""
    chance = random.Random(seed)
    stack = Stack(open_backend(url), "proj", "dev")
    log = os.open(f"{folder}/history", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    while not Path(folder, "stop").exists():
        try:
            with open_run(stack, "update", keyring=keyring) as run:
                count_on(run, chance.randrange(4), log)
                time.sleep(chance.choice([0, 0, 0, 0.02]))
                run.close(None, Outcome())
        except LockHeld:
            time.sleep(chance.uniform(0.01, 0.1) if stack.blobs.folder else chance.uniform(0.1, 0.8))
        except StateError as error:
            if "changed by somebody else" not in str(error) and "a moment ago" not in str(error):
                raise
            os.write(log, b"refused\n")
