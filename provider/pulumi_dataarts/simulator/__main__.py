"""`python -m pulumi_dataarts.simulator serve|start|stop|status|reset --data DIR`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pulumi_dataarts.errors import ProvisionError
from pulumi_dataarts.simulator import lifecycle
from pulumi_dataarts.simulator.collecting import uncollected


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return the exit code; `start` and `status` print one line of JSON."""
    options = _parser().parse_args(arguments)
    data: Path = options.data.resolve()
    try:
        return _run(options, data)
    except ProvisionError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code


def _run(options: argparse.Namespace, data: Path) -> int:
    if options.command == "serve":
        _serve(data, options)
    elif options.command == "start":
        sys.stdout.write(lifecycle.start(data).json() + "\n")
    elif options.command == "stop":
        lifecycle.stop(data)
    elif options.command == "reset":
        lifecycle.reset(data)
    else:
        running = lifecycle.status(data)
        if running is None:
            sys.stderr.write(f"No embedded cloud runs in {data}.\n")
            return 1
        sys.stdout.write(running.json() + "\n")
    return 0


def _serve(data: Path, options: argparse.Namespace) -> None:
    # Only here: the other commands must not wait for this to be imported.
    with uncollected():
        from pulumi_dataarts.simulator.clock import SystemClock
        from pulumi_dataarts.simulator.server import serve
        from pulumi_dataarts.simulator.settings import load

    serve(data, load(data), SystemClock(), port=options.port, obs_port=options.obs_port, host=options.host)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m pulumi_dataarts.simulator", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("serve", "start", "stop", "status", "reset"):
        command = commands.add_parser(name)
        command.add_argument("--data", type=Path, default=Path(".cloud"), help="the cloud's folder")
        if name == "serve":
            command.add_argument("--port", type=int, default=0, help="of the API; 0 for any free one")
            command.add_argument("--obs-port", type=int, default=0, help="of OBS; 0 for any free one")
            command.add_argument("--host", default="127.0.0.1", help="address to listen on; loopback alone is private")
        if name == "status":
            command.add_argument("--json", action="store_true", help="what it prints anyway")
    return parser


if __name__ == "__main__":
    sys.exit(main())
