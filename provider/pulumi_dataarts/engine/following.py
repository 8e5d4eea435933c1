"""Follows the user's program: from its start, through everything that it declares, to its end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from pulumi_dataarts.engine.children import Child
from pulumi_dataarts.engine.declarations import Declarations
from pulumi_dataarts.engine.monitor import Monitor, Server
from pulumi_dataarts.engine.program import Starting, failure_of
from pulumi_dataarts.engine.run import Halted, Run

# A program whose calls have all been ended has little left to do; one that hangs is interrupted, then killed.
_ENDING_S: Final = 2.0
_INTERRUPTED_S: Final = 5.0


@asynccontextmanager
async def following(
    run: Run, declarations: Declarations, starting: Starting, token: str, start_ahead: Callable[[], None]
) -> AsyncIterator[None]:
    """Run the program. Within, it has declared everything; afterwards, it has ended.

    `start_ahead` is called once it goes: what it is sure to need can start beside it.

    Raises:
        Halted: it failed, and that was told, or the run ended before.
        ConfigError: it cannot be started.
    """
    monitor = Monitor(run, declarations)
    async with Server(monitor, token) as server:
        child = await starting.let_go(run.context, server.address, token, run.reporter.printed(""))
        start_ahead()
        try:
            await _declared(run, child, monitor)
            await run.drained()
            yield
        finally:
            await run.drained()
            await run.hooks.callbacks.close()
            monitor.let_go()
            await _end(run, child)


async def _declared(run: Run, child: Child, monitor: Monitor) -> None:
    """Wait until the program says that it is done, or ends, or the run does."""
    ended = asyncio.ensure_future(child.wait())
    others = [asyncio.ensure_future(monitor.is_done.wait()), asyncio.ensure_future(run.halted.wait())]
    await asyncio.wait({ended, *others}, return_when=asyncio.FIRST_COMPLETED)
    for other in others:
        other.cancel()
    run.require_going()
    if monitor.is_done.is_set():
        return
    text = failure_of(ended.result())
    if text is not None:
        run.program_failed(text)
        raise Halted


async def _end(run: Run, child: Child) -> None:
    if run.is_abandoned:
        await child.stop(0)
        return
    try:
        await asyncio.wait_for(asyncio.shield(child.wait()), _ENDING_S)
    except TimeoutError:
        await child.stop(_INTERRUPTED_S)
