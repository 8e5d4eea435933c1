"""Starts the user's program: where, under which interpreter, with what environment; and says what its end means.

Source: sdk/python/cmd/pulumi-language-python/main.go and sdk/python/toolchain of the official SDK.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pulumi_dataarts.engine.bootstrap import LIFELINE
from pulumi_dataarts.engine.children import Child, Command, OnLine, start
from pulumi_dataarts.errors import ConfigError

SHIM: Final = Path(__file__).with_name("shim.py")


@dataclass(frozen=True)
class Context:
    """What the children of a run are told of it.

    `root` is the directory of Pulumi.yaml, `program` the directory or file to run. `interpreter` is that of the
    project's virtual environment, None for our own. `config` is decrypted; `secret_keys` say what in it is secret.
    """

    project: str
    stack: str
    organization: str
    root: Path
    program: Path
    interpreter: Path | None
    config: Mapping[str, str]
    secret_keys: frozenset[str]
    dry_run: bool
    parallel: int

    @property
    def directory(self) -> Path:
        """The working directory of program and providers."""
        return self.program if self.program.is_dir() else self.program.parent

    @property
    def python(self) -> Path:
        """The interpreter to use."""
        return self.interpreter or Path(sys.executable)


def environment(context: Context) -> dict[str, str]:
    """Return what every child inherits: ours, and the project's virtual environment."""
    inherited = {key: value for key, value in os.environ.items() if key not in ("PYTHONHOME", LIFELINE)}
    if context.interpreter:
        inherited["VIRTUAL_ENV"] = str(context.interpreter.parent.parent)
        inherited["PATH"] = f"{context.interpreter.parent}{os.pathsep}{os.environ.get('PATH', '')}"
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

    def __init__(self, context: Context) -> None:
        self._child = asyncio.create_task(_start(context))

    async def begun(self) -> None:
        """Return once it is under way, or cannot be: who lets it go will see."""
        await asyncio.wait({self._child})

    async def let_go(self, address: str, token: str, on_line: OnLine) -> Child:
        """Have the program run, connected to the engine at the address, and present the token there.

        Raises:
            ConfigError: there is no such program, or no such interpreter.
        """
        child = await self._child
        child.drain(on_line)
        child.tell(json.dumps({"address": address, "token": token}))
        return child

    async def end(self) -> None:
        """End the process, wherever it is."""
        await self.begun()
        if self._child.exception() is None:
            await self._child.result().stop(0)


async def _start(context: Context) -> Child:
    arguments = {
        "project": context.project,
        "stack": context.stack,
        "organization": context.organization,
        "root-directory": str(context.root),
        "parallel": str(context.parallel),
    }
    return await start_child(
        Command(
            interpreter=context.python,
            script=SHIM,
            arguments=[
                *(f"--{name}={value}" for name, value in arguments.items()),
                *(["--dry-run"] if context.dry_run else []),
                entry_of(context.program),
            ],
            directory=context.directory,
            environment=environment(context)
            | {
                "PULUMI_CONFIG": json.dumps(dict(context.config)),
                "PULUMI_CONFIG_SECRET_KEYS": json.dumps(sorted(context.secret_keys)),
            },
        )
    )


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
