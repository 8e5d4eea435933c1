"""`dataarts cloud`: the embedded cloud's life."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from pulumi_dataarts.cli.wiring import cloud_folder
from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.simulator import lifecycle
from pulumi_dataarts.simulator.faults import KINDS, Fault, effect

_FOLLOW_S = 0.3

data_option = click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="Folder that keeps the cloud's data. [default: .cloud in the project's root]",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def cloud() -> None:
    """Run the embedded cloud: CDM, DataArts Factory, DLI, IAM and OBS on this machine.

    \b
    dataarts cloud start               start it in the background
    dataarts cloud status --json       where it listens
    dataarts cloud log -f              what is asked of it
    dataarts cloud fault add --help    make it misbehave
    dataarts cloud snapshot s.cloud    keep what it holds, for `dataarts cloud restore s.cloud`
    dataarts cloud stop
    """


@cloud.command()
@data_option
def start(data: Path | None) -> None:
    """Start it in the background, unless it runs already.

    \b
    dataarts cloud start
    dataarts cloud start --data /tmp/try.cloud      one that is thrown away afterwards
    """
    _need_extra()
    status = lifecycle.start(data or cloud_folder())
    click.echo(f"embedded cloud: {status.api} (OBS {status.obs}), data in {status.data}")


@cloud.command()
@data_option
def stop(data: Path | None) -> None:
    """Stop it; its data stays.

    \b
    dataarts cloud stop
    """
    stopped = lifecycle.stop(data or cloud_folder())
    click.echo("embedded cloud: stopped" if stopped else "embedded cloud: was not running")


@cloud.command()
@data_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def status(data: Path | None, as_json: bool) -> None:
    """Say whether it runs, and where it listens. Exit 1 if it does not.

    \b
    dataarts cloud status
    dataarts cloud status --json
    """
    found = lifecycle.status(data or cloud_folder())
    if found is None:
        click.echo("{}" if as_json else "embedded cloud: not running (start it with `dataarts cloud start`)")
        raise SystemExit(1)
    click.echo(found.json() if as_json else f"embedded cloud: {found.api} (OBS {found.obs}), pid {found.pid}")


@cloud.command()
@data_option
@click.option("--port", type=int, default=0, help="Port of the API endpoint; 0 takes any free one.")
@click.option("--obs-port", type=int, default=0, help="Port of the OBS endpoint; 0 takes any free one.")
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on. Any but a loopback address lets other machines in, and the cloud's keys are public.",
)
def serve(data: Path | None, port: int, obs_port: int, host: str) -> None:
    """Run it in the foreground until stopped, on this machine's loopback address unless --host says otherwise.

    \b
    dataarts cloud serve --port 8080 --obs-port 8081
    """
    _need_extra()
    from pulumi_dataarts.simulator.__main__ import main

    ports = ["--port", str(port), "--obs-port", str(obs_port)]
    raise SystemExit(main(["serve", "--data", str(data or cloud_folder()), "--host", host, *ports]))


@cloud.command()
@data_option
def reset(data: Path | None) -> None:
    """Forget everything it holds.

    \b
    dataarts cloud reset
    """
    lifecycle.reset(data or cloud_folder())
    click.echo("embedded cloud: empty")


@cloud.command()
@data_option
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def snapshot(data: Path | None, file: Path) -> None:
    """Write all that it holds into FILE, objects of OBS included; it may run meanwhile.

    \b
    dataarts cloud snapshot before.cloud
    """
    lifecycle.snapshot(data or cloud_folder(), file)
    click.echo(f"embedded cloud: kept in {file}")


@cloud.command()
@data_option
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore(data: Path | None, file: Path) -> None:
    """Make it what it was when FILE was written; a cloud that runs is started again.

    \b
    dataarts cloud restore before.cloud
    """
    running = lifecycle.restore(data or cloud_folder(), file)
    click.echo(f"embedded cloud: as in {file}" + (f", at {running.api}" if running else ""))


@cloud.command()
@data_option
@json_option
@click.option("-f", "--follow", is_flag=True, help="Go on until interrupted.")
@click.option("-n", "--last", type=click.IntRange(min=0), default=20, show_default=True, help="How many to begin with.")
def log(data: Path | None, as_json: bool, follow: bool, last: int) -> None:
    """Show the requests it has answered since it started, oldest first.

    \b
    dataarts cloud log -n 5
    dataarts cloud log -f
    """
    folder = data or cloud_folder()
    answer = lifecycle.call(folder, "GET", f"requests?last={last}")
    _print_requests(answer["requests"], as_json)
    while follow:
        time.sleep(_FOLLOW_S)
        seen = answer["total"]
        answer = lifecycle.call(folder, "GET", "requests?last=10000")
        fresh = answer["total"] - seen if answer["total"] >= seen else answer["total"]
        _print_requests(answer["requests"][len(answer["requests"]) - fresh :] if fresh else [], as_json)


@cloud.group()
def fault() -> None:
    """Make the running cloud misbehave on purpose.

    \b
    dataarts cloud fault add --on "POST */cdm/job" --kind drop-after-commit
    dataarts cloud fault add --on "GET *" --kind throttle --retry-after 2 --times 3
    dataarts cloud fault add --kind status --status 503 --times -1 --probability 0.1 --seed 7
    dataarts cloud fault add --kind task-fails --task orders
    dataarts cloud fault ls
    dataarts cloud fault rm --all
    """


def _only_for(*kinds: str) -> str:
    return f"Of {', '.join(kinds)}."


_FAULT_OPTIONS = (
    click.option("--kind", type=click.Choice(KINDS), required=True, help="What goes wrong."),
    click.option("--on", default="* *", show_default=True, help='Which requests: "METHOD PATH", `*` as in file names.'),
    click.option("--service", type=click.Choice(["api", "obs"]), default="api", show_default=True, help="Endpoint."),
    click.option("--times", type=int, default=1, show_default=True, help="How many it strikes; -1 until removed."),
    click.option("--skip", type=click.IntRange(min=0), default=0, help="How many pass before."),
    click.option("--probability", type=click.FloatRange(0, 1), default=1.0, help="That one is struck."),
    click.option("--seed", type=int, default=0, help="Of that chance: the same seed strikes the same ones."),
    click.option("--seconds", type=float, default=1.0, help=_only_for("latency", "slow-body")),
    click.option("--status", type=int, default=503, help=_only_for("status")),
    click.option("--retry-after", type=int, default=None, help=_only_for("throttle") + " Seconds."),
    click.option("--task", default="*", help=_only_for("task-fails") + " Name of a job, link or script."),
    click.option("--message", default="The task failed on request.", help=_only_for("task-fails")),
    click.option(
        "--moment",
        type=click.Choice(["before", "after", "stop"]),
        default="after",
        help="Of kill: the commit; of task-fails: a run's running, or the stop of a Flink job.",
    ),
)


def _fault_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_FAULT_OPTIONS):
        command = option(command)
    return command


@fault.command("add")
@data_option
@_fault_options
def fault_add(data: Path | None, on: str, **fields: Any) -> None:
    """Arm a fault and print its number.

    \b
    dataarts cloud fault add --on "POST */cdm/job" --times 3 --kind drop-after-commit
    dataarts cloud fault add --on "PUT */start" --kind kill --moment before
    """
    method, _, path = on.strip().partition(" ")
    document = {"method": method, "path": path.strip() or "*", **fields}
    added = lifecycle.call(data or cloud_folder(), "POST", "faults", document)
    click.echo(f"fault {added['id']}: {_described(added)}")


@fault.command("ls")
@data_option
@json_option
def fault_ls(data: Path | None, as_json: bool) -> None:
    """List the faults that are armed, oldest first: the oldest that matches strikes.

    \b
    dataarts cloud fault ls
    dataarts cloud fault ls --json
    """
    faults = lifecycle.call(data or cloud_folder(), "GET", "faults")["faults"]
    if as_json:
        click.echo(json.dumps(faults))
    for found in [] if as_json else faults:
        click.echo(f"{found['id']:>4}  {_described(found)}")


@fault.command("rm")
@data_option
@click.option("--all", "every", is_flag=True, help="Take all faults away.")
@click.argument("numbers", type=int, nargs=-1)
def fault_rm(data: Path | None, every: bool, numbers: tuple[int, ...]) -> None:
    """Take faults away, by NUMBERS as `ls` shows them.

    \b
    dataarts cloud fault rm 3 4
    dataarts cloud fault rm --all
    """
    if not numbers and not every:
        raise click.UsageError("name a fault, or say --all")
    for path in ["faults"] if every else [f"faults/{number}" for number in numbers]:
        lifecycle.call(data or cloud_folder(), "DELETE", path)
    click.echo("no faults" if every else f"without {', '.join(map(str, numbers))}")


def _described(found: dict[str, Any]) -> str:
    count = found["times"]
    times = "always" if count < 0 else "once" if count == 1 else f"{count} times"
    where = f"task {found['task']}" if found["kind"] == "task-fails" else f"{found['method']} {found['path']}"
    chance = "" if found["probability"] == 1 else f", {found['probability']:.0%} of them (seed {found['seed']})"
    return f"{found['kind']} on {where} ({found['service']}), {times}{chance}: {effect(Fault(**found))}"


def _print_requests(requests: list[dict[str, Any]], as_json: bool) -> None:
    for served in requests:
        if as_json:
            click.echo(json.dumps(served))
            continue
        at = datetime.fromtimestamp(served["time"]).astimezone().strftime("%H:%M:%S.%f")[:-3]
        told = served["fault"] and f"  [{served['fault']}]"
        click.echo(f"{at}  {served['status'] or '---'}  {served['method']:<6} {served['path']}{told}")


def _need_extra() -> None:
    from pulumi_dataarts.huawei.embedded import missing_packages

    if missing := missing_packages():
        raise ConfigError(
            f"the embedded cloud is not installed ({', '.join(missing)} missing)",
            hint="pip install 'pulumi-dataarts[cloud]'",
        )
