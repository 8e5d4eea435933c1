"""Starts the user's program: where, under which interpreter, with what environment; and says what its end means.

Source: sdk/python/cmd/pulumi-language-python/main.go and sdk/python/toolchain of the official SDK.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from pulumi_dataarts.engine.bootstrap import LIFELINE
from pulumi_dataarts.engine.children import Child, Command, OnLine, start
from pulumi_dataarts.errors import ConfigError

T = TypeVar("T")
SHIM: Final = Path(__file__).with_name("shim.py")


@dataclass(frozen=True)
class Program:
    """Where a user's program is, and what runs it.

    `root` is the directory of Pulumi.yaml, `program` the directory or file to run. `interpreter` is that of the
    project's virtual environment, None for our own.
    """

    root: Path
    program: Path
    interpreter: Path | None

    @property
    def directory(self) -> Path:
        """The working directory of program and providers."""
        return self.program if self.program.is_dir() else self.program.parent

    @property
    def python(self) -> Path:
        """The interpreter to use."""
        return self.interpreter or Path(sys.executable)


@dataclass(frozen=True)
class Context(Program):
    """What the children of a run are told of it. `config` is decrypted; `secret_keys` say what in it is secret."""

    project: str
    stack: str
    organization: str
    config: Mapping[str, str]
    secret_keys: frozenset[str]
    dry_run: bool
    parallel: int


def environment(program: Program) -> dict[str, str]:
    """Return what every child inherits: ours, and the project's virtual environment."""
    inherited = {key: value for key, value in os.environ.items() if key not in ("PYTHONHOME", LIFELINE)}
    if program.interpreter:
        inherited["VIRTUAL_ENV"] = str(program.interpreter.parent.parent)
        inherited["PATH"] = f"{program.interpreter.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return inherited


def entry_of(program: Path) -> str:
    """Return what is run in the program's directory: `.` for its `__main__.py`, or a file.

    Raises:
        ConfigError: there is no such program.
    """
    main = program / "__main__.py" if program.is_dir() else program
    if not main.is_file():
        raise ConfigError(
            f"there is no program to run at {main}", hint="Write it there, or name it by `main:` in Pulumi.yaml."
        )
    return "." if program.is_dir() else program.name


class Starting:
    """A program's process, from its start on: it gets ready, and runs nothing of the user's before it is let go.

    Made inside a running loop. To start takes it about as long as it takes the engine, so they do it side by side.
    """

    def __init__(self, program: Program) -> None:
        self._child = asyncio.create_task(_start(program))

    async def begun(self) -> Starting:
        """Return once it is under way, or cannot be: who lets it go will see."""
        await asyncio.wait({self._child})
        return self

    async def let_go(self, context: Context, address: str, token: str, on_line: OnLine) -> Child:
        """Have the program run, connected to the engine at the address, and present the token there.

        Raises:
            ConfigError: there is no such program, or no such interpreter.
        """
        child = await self._child
        child.drain(on_line)
        child.tell(json.dumps(_told(context) | {"address": address, "token": token}))
        return child

    async def end(self) -> None:
        """End the process, wherever it is."""
        await self.begun()
        if self._child.exception() is None:
            await self._child.result().stop(0)


class Ahead:
    """A program's process that is started before all is known that it will be told, and the loop a run goes on in.

    Use it as a context: whatever has become of the process, it has ended afterwards.
    """

    def __init__(self, program: Program) -> None:
        self._program = program
        self._runner = asyncio.Runner()

    def __enter__(self) -> Ahead:
        async def begin() -> Starting:
            return await Starting(self._program).begun()

        self._runner.__enter__()
        self._starting = self._runner.run(begin())
        return self

    def __exit__(self, *raised: Any) -> None:
        try:
            self._runner.run(self._starting.end())
        finally:
            self._runner.__exit__(*raised)

    def run(self, work: Callable[[Starting], Coroutine[Any, Any, T]]) -> T:
        """Do what the process was started for, and return what comes of it."""
        return self._runner.run(work(self._starting))


async def _start(program: Program) -> Child:
    return await start_child(
        Command(
            interpreter=program.python,
            script=SHIM,
            arguments=[entry_of(program.program)],
            directory=program.directory,
            environment=environment(program),
        )
    )


def _told(context: Context) -> dict[str, Any]:
    return {
        "project": context.project,
        "stack": context.stack,
        "organization": context.organization,
        "root_directory": str(context.root),
        "parallel": context.parallel,
        "dry_run": context.dry_run,
        "config": dict(context.config),
        "secret_keys": sorted(context.secret_keys),
    }


async def start_child(command: Command) -> Child:
    """Start a child. Raises ConfigError where the interpreter cannot be run."""
    try:
        return await start(command)
    except OSError as error:
        raise ConfigError(
            f"{command.interpreter} cannot be run in {command.directory}: {error.strerror}",
            hint="Check `runtime.options.virtualenv` in Pulumi.yaml, and that the environment has been made.",
        ) from error


def failure_of(status: int) -> str | None:
    """Return what to tell of a program that ended so: None for success, nothing where it told its error itself."""
    from pulumi_dataarts.engine.shim import SHOWN

    if status == 0:
        return None
    if status == SHOWN:
        return ""
    if status < 0:
        return f"the program was ended by signal {-status}"
    return f"the program exited with status {status}"
