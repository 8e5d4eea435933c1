"""Running a command, and turning every error into one message and its exit code."""

from __future__ import annotations

import gc
import os
import sys
import tempfile
import traceback

import click

from pulumi_dataarts.cli.app import app
from pulumi_dataarts.cli.flags import hoisted
from pulumi_dataarts.errors import Bug, Cancelled, ConfigError, ProvisionError

# What a command reads lives to its end: Python's own thresholds make it look for garbage among that again and again.
GC_THRESHOLDS = (20_000, 20, 50)


def run(arguments: list[str] | None) -> int:
    """Run one command and return its exit code. The only place where an unexpected exception ends."""
    gc.set_threshold(*GC_THRESHOLDS)
    try:
        words = hoisted(sys.argv[1:] if arguments is None else arguments) or ["--help"]
        return _exit_code(app.main(args=words, prog_name="dataarts", standalone_mode=False))
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        return _misused(error)
    except (click.Abort, KeyboardInterrupt):
        return _fail(Cancelled("stopped by you; nothing more was started"))
    except ProvisionError as error:
        return _fail(error)
    except Exception as error:  # noqa: BLE001 - the last boundary: a defect of ours ends here, with a report
        return _fail(_bug(error))


def _exit_code(result: object) -> int:
    return result if isinstance(result, int) else 0


def _fail(error: ProvisionError) -> int:
    print(f"error: {error}", file=sys.stderr)
    if not error.hint:
        print(f"  `dataarts explain {type(error).__name__}` says more.", file=sys.stderr)
    return error.exit_code


def _misused(error: click.ClickException) -> int:
    """Say in one line what cannot be typed so, and where to read how it is."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "dataarts"
    # click's message for a group without a command is the whole of its help.
    said = "a command is missing" if isinstance(error, click.exceptions.NoArgsIsHelpError) else error.format_message()
    print(f"error: {said.rstrip('.')}. See `{command} --help`.", file=sys.stderr)
    return ConfigError.exit_code


def _bug(error: Exception) -> Bug:
    """Keep the traceback in a file: what it shows of the program's values is not for a terminal or a CI log."""
    descriptor, path = tempfile.mkstemp(prefix="dataarts-bug-", suffix=".txt")
    with os.fdopen(descriptor, "w") as report:
        report.write("".join(traceback.format_exception(error)))
    return Bug(f"a defect of dataarts: {type(error).__name__}", hint=f"Please report it with {path}")
