"""`dataarts import`: take what stands in the cloud into the state, and print or write the program for it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pulumi_dataarts.cli.kinds import URN
from pulumi_dataarts.cli.stack import stack_option
from pulumi_dataarts.cli.wiring import Chosen, choose, create, now
from pulumi_dataarts.errors import ConfigError

if TYPE_CHECKING:
    from pulumi_dataarts.huawei.session import Session
    from pulumi_dataarts.lifecycle.adoption import Found


@click.command("import")
@click.argument("type", required=False)
@click.argument("resource", required=False, metavar="[NAME]")
@click.argument("id", required=False)
@stack_option
@click.option("--argument", "-a", "said", multiple=True, metavar="NAME=VALUE", help="What the service cannot tell.")
@click.option("--parent", default="", type=URN, help="The component that the resource belongs to.")
@click.option(
    "--protect/--no-protect", default=True, show_default=True, help="Refuse to delete it until that is lifted."
)
@click.option("--yes", "-y", is_flag=True, help="Accepted as elsewhere; nothing is asked.")
@click.option("--from-cloud", is_flag=True, help="Everything that stands there, as a program with its sources.")
@click.option("--cluster", "clusters", multiple=True, metavar="ID", help="With --from-cloud: a CDM cluster.")
@click.option("--workspace", "workspaces", multiple=True, metavar="ID", help="With --from-cloud: a workspace.")
@click.option("--flink", is_flag=True, help="With --from-cloud: the Flink jobs.")
@click.option("--bucket", default="", metavar="NAME", help="For jobs kept as archives: where these shall lie later.")
@click.option("--out", type=click.Path(path_type=Path), help="Where to write sources. [default: the program's folder]")
def import_(
    type: str | None,
    resource: str | None,
    id: str | None,
    name: str | None,
    said: tuple[str, ...],
    parent: str,
    protect: bool,
    yes: bool,
    from_cloud: bool,
    out: Path | None,
    **where: Any,
) -> None:
    """Take what stands in the cloud into the state. The cloud is only read.

    \b
    dataarts import cdm:Job orders cluster-id/orders       print the code to paste
    dataarts import dlf:JobImport daily default/daily --bucket lake    and write the job's sources
    dataarts import obs:Object rates lake/rates.csv -a source=rates.csv
    dataarts import --from-cloud --cluster ID --workspace default --flink --bucket lake
    """
    if from_cloud == bool(type):
        raise click.UsageError("give TYPE NAME ID, or --from-cloud")
    chosen = choose(name)
    chosen = chosen if chosen.exists() else create(chosen)
    session, folder = _session(chosen), out or chosen.place.project.program()[0]
    if from_cloud:
        _import_all(chosen, session, folder, where, protect=protect)
        return
    if not (type and resource and id):
        raise click.UsageError("give TYPE NAME ID")
    from pulumi_dataarts.adoption.kinds import kind
    from pulumi_dataarts.adoption.single import Wish, found_one

    short, provider = kind(type)
    wish = Wish(short, resource, id, folder, where["bucket"])
    found = found_one(provider, wish, session, said=dict(_pair(text) for text in said))
    _import_one(chosen, found, parent, protect=protect)


def _import_one(chosen: Chosen, one: Found, parent: str, *, protect: bool) -> None:
    from pulumi_dataarts.adoption.code import commands, declarations, secret_keys

    found = [one]
    _remember(chosen, found, parent, protect=protect)
    if keys := secret_keys(found):
        click.echo("config = pulumi.Config()")
        click.echo("\n".join(["its secrets cannot be read; before it is changed:", *commands(keys)]), err=True)
    click.echo(declarations(found, options="pulumi.ResourceOptions(protect=True)" if protect else ""), nl=False)


def _import_all(chosen: Chosen, session: Session, folder: Path, where: dict[str, Any], *, protect: bool) -> None:
    from pulumi_dataarts.adoption.cloud import Wanted, take_stock
    from pulumi_dataarts.adoption.code import commands, program, secret_keys
    from pulumi_dataarts.adoption.entries import managed
    from pulumi_dataarts.adoption.sources import write_new
    from pulumi_dataarts.backend import runs

    known = managed(runs.load(chosen.stack, chosen.keyring).snapshot)
    stock = take_stock(session, Wanted(folder=folder, managed=known, **where))
    for reason in stock.left_out:
        click.echo(f"left out: {reason}", err=True)
    if not stock.found:
        click.echo("nothing to import", err=True)
        return
    file = "imported.py" if (folder / "__main__.py").exists() else "__main__.py"
    write_new(folder, {file: program(stock.found, protect=protect)})
    _remember(chosen, stock.found, "", protect=protect)
    click.echo(f"imported {len(stock.found)} resources; {folder / file} declares them")
    if file != "__main__.py":
        click.echo("add `import imported` to __main__.py: what no program declares is deleted by the next up", err=True)
    if where["clusters"]:
        click.echo("there is no list of links: those that no job names were not found", err=True)
    for line in commands(secret_keys(stock.found)):
        click.echo(f"to be filled: {line}", err=True)


def _remember(chosen: Chosen, found: list[Found], parent: str, *, protect: bool) -> None:
    from pulumi_dataarts.adoption.entries import Place, as_config, with_found
    from pulumi_dataarts.backend import runs

    config = chosen.config()
    place = Place(
        project=chosen.place.project.name,
        stack=chosen.stack.name,
        config=as_config(config.texts, config.secret_keys),
        parent=parent,
        protect=protect,
        now=now(),
    )
    with runs.open_run(chosen.stack, "import", keyring=chosen.keyring, provider=chosen.file.provider) as run:
        counts = {"import": len(found)}
        run.close(with_found(run.base, found, place), runs.Outcome(changes=counts, config=config.stored))


def _session(chosen: Chosen) -> Session:
    from pulumi_dataarts.huawei.session import open_session

    return open_session(chosen.config().texts.get, os.environ)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise ConfigError(f"--argument {text}: the form is NAME=VALUE")
    return name, value
