"""`dataarts cloud`: the embedded cloud's life."""

from __future__ import annotations

from pathlib import Path

import click

from pulumi_dataarts.cli.wiring import cloud_folder
from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.simulator import lifecycle

data_option = click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="Folder that keeps the cloud's data. [default: .cloud in the project's root]",
)


@click.group()
def cloud() -> None:
    """Run the embedded cloud: CDM, DataArts Factory, DLI, IAM and OBS on this machine.

    \b
    dataarts cloud start               start it in the background
    dataarts cloud status --json       where it listens
    dataarts cloud stop
    """


@cloud.command()
@data_option
def start(data: Path | None) -> None:
    """Start it in the background, unless it runs already."""
    _need_extra()
    status = lifecycle.start(data or cloud_folder())
    click.echo(f"embedded cloud: {status.api} (OBS {status.obs}), data in {status.data}")


@cloud.command()
@data_option
def stop(data: Path | None) -> None:
    """Stop it; its data stays."""
    stopped = lifecycle.stop(data or cloud_folder())
    click.echo("embedded cloud: stopped" if stopped else "embedded cloud: was not running")


@cloud.command()
@data_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def status(data: Path | None, as_json: bool) -> None:
    """Say whether it runs, and where it listens. Exit 1 if it does not."""
    found = lifecycle.status(data or cloud_folder())
    if found is None:
        click.echo("{}" if as_json else "embedded cloud: not running (start it with `dataarts cloud start`)")
        raise SystemExit(1)
    click.echo(found.json() if as_json else f"embedded cloud: {found.api} (OBS {found.obs}), pid {found.pid}")


@cloud.command()
@data_option
@click.option("--port", type=int, default=0, help="Port of the API endpoint; 0 takes any free one.")
@click.option("--obs-port", type=int, default=0, help="Port of the OBS endpoint; 0 takes any free one.")
def serve(data: Path | None, port: int, obs_port: int) -> None:
    """Run it in the foreground until stopped."""
    _need_extra()
    from pulumi_dataarts.simulator.__main__ import main

    main(["serve", "--data", str(data or cloud_folder()), "--port", str(port), "--obs-port", str(obs_port)])


@cloud.command()
@data_option
def reset(data: Path | None) -> None:
    """Forget everything it holds."""
    lifecycle.reset(data or cloud_folder())
    click.echo("embedded cloud: empty")


def _need_extra() -> None:
    from importlib.util import find_spec

    missing = [name for name in ("starlette", "uvicorn", "moto") if find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"the embedded cloud is not installed ({', '.join(missing)} missing)",
            hint="pip install 'pulumi-dataarts[cloud]'",
        )
