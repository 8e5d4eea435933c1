"""Child processes of a run: started with a lifeline, drained line by line, stopped with all that they started."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from asyncio.subprocess import PIPE
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pulumi_dataarts.engine.bootstrap import FAREWELL, LIFELINE

BOOTSTRAP: Final = Path(__file__).with_name("bootstrap.py")
OnLine = Callable[[str, str], None]
_CHUNK_BYTES: Final = 65536
_LINE_BYTES_MAX: Final = 1 << 20
_LAST_LINES_S: Final = 1.0


@dataclass(frozen=True)
class Command:
    """What to run: a script of this package under some interpreter, which need not have this package."""

    interpreter: Path
    script: Path
    arguments: Sequence[str]
    directory: Path
    environment: Mapping[str, str]


class Child:
    """A running child. Nothing hears what it prints until it is drained."""

    def __init__(self, transport: asyncio.SubprocessTransport, process: Process, lifeline: int) -> None:
        self._transport = transport
        self._process = process
        self._lifeline = lifeline
        assert process.stdout is not None
        assert process.stderr is not None
        self._stdout = Lines(process.stdout)
        self._stderr = Lines(process.stderr)
        self._drains: list[asyncio.Task[None]] = []
        self.pid = transport.get_pid()
        """Process id, which is its process group's as well."""

    async def first_line(self) -> str:
        """Return the first line that it prints, empty where it ended without one."""
        return await self._stdout.next() or ""

    def tell(self, text: str) -> None:
        """Give it the only text that it will ever find in its standard input."""
        assert self._process.stdin is not None
        self._process.stdin.write(text.encode())
        self._process.stdin.close()

    def drain(self, on_line: OnLine) -> None:
        """Start hearing what it prints, as `on_line(stream, line)`; nothing it prints may block it."""
        for name, lines in (("stdout", self._stdout), ("stderr", self._stderr)):
            self._drains.append(asyncio.create_task(_hear(name, lines, on_line)))

    async def wait(self) -> int:
        """Wait for its end and its last line; return its exit status, negative for a signal."""
        await asyncio.shield(self._process.ended)
        await self._finish()
        status = self._transport.get_returncode()
        assert status is not None
        return status

    async def stop(self, grace_s: float) -> int:
        """Interrupt it, and kill it with all that it started if it has not ended after the grace."""
        if grace_s > 0 and not self._process.ended.done():
            self._signal(signal.SIGINT)
            await asyncio.wait({self._process.ended}, timeout=grace_s)
        self._signal(signal.SIGKILL)
        return await self.wait()

    def _signal(self, number: int) -> None:
        """Signal the process group. While the lifeline is held, so does the watcher its id."""
        if self._lifeline < 0:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)

    async def _finish(self) -> None:
        """What it left running may hold its output open for ever: that is not waited for."""
        drains, self._drains = self._drains, []
        if drains:
            _, late = await asyncio.wait(drains, timeout=_LAST_LINES_S)
            for drain in late:
                drain.cancel()
        if self._lifeline >= 0:
            with contextlib.suppress(BrokenPipeError):
                os.write(self._lifeline, FAREWELL)
            os.close(self._lifeline)
            self._lifeline = -1
        self._transport.close()


class Process(asyncio.subprocess.SubprocessStreamProtocol):
    """A process with its streams. `ended` is done at its end, whoever holds its output open: asyncio waits for both."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(limit=_CHUNK_BYTES, loop=loop)
        self.ended: asyncio.Future[None] = loop.create_future()

    def process_exited(self) -> None:
        """Note the end."""
        super().process_exited()
        self.ended.set_result(None)


async def _hear(name: str, lines: Lines, on_line: OnLine) -> None:
    while (line := await lines.next()) is not None:
        on_line(name, line)


class Lines:
    """The lines of a stream, without their ends; an endless one is cut."""

    def __init__(self, stream: asyncio.StreamReader) -> None:
        self._stream = stream
        self._whole: deque[bytes] = deque()
        self._begun = b""
        self._is_ended = False

    async def next(self) -> str | None:
        """Return the next line, or None at the end."""
        while not self._whole and not self._is_ended:
            await self._read()
        return self._whole.popleft().decode(errors="replace").rstrip("\r") if self._whole else None

    async def _read(self) -> None:
        chunk = await self._stream.read(_CHUNK_BYTES)
        self._is_ended = not chunk
        *whole, self._begun = (self._begun + chunk).split(b"\n")
        self._whole.extend(whole)
        if self._begun and (self._is_ended or len(self._begun) > _LINE_BYTES_MAX):
            self._whole.append(self._begun)
            self._begun = b""


async def start(command: Command) -> Child:
    """Start a child in a session of its own, with the reading end of its lifeline."""
    reading, writing = os.pipe()
    try:
        transport, process = await asyncio.get_running_loop().subprocess_exec(
            Process,
            str(command.interpreter),
            "-u",
            str(BOOTSTRAP),
            str(command.script),
            *command.arguments,
            cwd=command.directory,
            env={**command.environment, LIFELINE: str(reading)},
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            pass_fds=(reading,),
            start_new_session=True,
        )
    except BaseException:
        os.close(writing)
        raise
    finally:
        os.close(reading)
    return Child(transport, process, writing)
