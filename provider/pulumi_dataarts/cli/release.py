"""`dataarts release`: what is promoted from one environment to the next, made, listed, compared, kept and pinned."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from pulumi_dataarts.cli import releasing
from pulumi_dataarts.cli.asking import confirm, yes_option
from pulumi_dataarts.cli.kinds import STACK
from pulumi_dataarts.cli.later import Later
from pulumi_dataarts.cli.stack import stack_option
from pulumi_dataarts.cli.wiring import choose, open_workplace
from pulumi_dataarts.errors import Corrupt

if TYPE_CHECKING:
    from pulumi_dataarts.release.manifest import Manifest
    from pulumi_dataarts.release.store import ReleaseStore

json_option = click.option("--json", "-j", "as_json", is_flag=True, help="Print JSON.")


LATER: Final = {
    **dict.fromkeys(("approve", "board"), "pulumi_dataarts.cli.board"),
    "restore-points": "pulumi_dataarts.cli.restoring",
}


@click.group(cls=Later, later=LATER)
def release() -> None:
    """Make, list, compare and keep releases: what is promoted, as an archive that is named by its content.

    A RELEASE is a digest or its beginning, `latest`, or `@STACK`, what that stack runs.

    \b
    dataarts release create --message "totals per currency"
    dataarts release ls
    dataarts release diff @prod latest
    dataarts release pin staging latest
    """


@release.command()
@stack_option
@click.option("--from", "source", type=STACK, help="Only what stands in this environment, proved by reading it.")
@click.option("--message", "-m", default="", help="Why, for those who list it.")
@json_option
def create(name: str | None, source: str | None, message: str, as_json: bool) -> None:
    """Make a release of the project as it lies here, or of what an environment has.

    The program is run for a stack, under logical names (see `dataarts:bindings`), and nothing is changed. With --from,
    the environment is looked at first: if it has drifted, or is not what its program declares, there is no release.

    \b
    dataarts release create --message "totals per currency"
    dataarts release create --from dev
    """
    from pulumi_dataarts.cli.release_views import describe_made

    chosen = choose(source) if source else releasing.with_release(choose(name), None)
    if source:
        from pulumi_dataarts.cli.driving import Wishes, planned
        from pulumi_dataarts.release.environments import require_standing

        require_standing(planned(chosen, "update", Wishes(stack=source, refresh=True)))
    made = releasing.made_from(chosen, message=message, read_back=bool(source))
    store = releasing.store_of(chosen.place, chosen.file)
    is_new = not store.has(made.manifest.digest)
    kept = store.put(made)
    click.echo(kept.to_json() if as_json else describe_made(kept, is_new=is_new))


@release.command()
@json_option
def ls(as_json: bool) -> None:
    """List the releases, the newest first, and which stacks run them.

    \b
    dataarts release ls
    dataarts release ls --json
    """
    from pulumi_dataarts.cli.release_views import table

    place = open_workplace()
    manifests, pins = releasing.store_of(place).list(), releasing.pins(place)
    if as_json:
        rows = [
            {**json.loads(item.to_json()), "stacks": [name for name, digest in pins.items() if digest == item.digest]}
            for item in manifests
        ]
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        click.echo(table(manifests, pins))


@release.command()
@click.argument("text", metavar="RELEASE")
@json_option
def show(text: str, as_json: bool) -> None:
    """Show what a release holds, where it came from, and what it needs of an environment.

    \b
    dataarts release show latest
    dataarts release show @prod --json
    """
    from pulumi_dataarts.cli.release_views import describe

    _, manifest = _named(text)
    click.echo(manifest.to_json() if as_json else describe(manifest))


@release.command()
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@json_option
def diff(before: str, after: str, as_json: bool) -> None:
    """Compare two releases, job by job and line by line.

    \b
    dataarts release diff @prod @staging     what a promotion would bring
    dataarts release diff 3f9a latest
    """
    from pulumi_dataarts.cli.release_views import describe_comparison
    from pulumi_dataarts.release.comparing import compare

    store, old = _named(before)
    _, new = _named(after)
    found = compare(store.get(old.digest), store.get(new.digest))
    click.echo(found.model_dump_json(indent=2) if as_json else describe_comparison(found))


@release.command()
@click.argument("text", metavar="[RELEASE]", required=False)
def verify(text: str | None) -> None:
    """Check every byte of a release, or of all of them, against its digest. Exit 1 if one is damaged.

    \b
    dataarts release verify             all of them
    dataarts release verify @prod
    """
    place = open_workplace()
    store = releasing.store_of(place)
    digests = [releasing.resolve(text, place)] if text else store.digests()
    flaws = [f"  {digest[:12]}: {flaw}" for digest in digests for flaw in store.verify(digest)]
    if flaws:
        raise Corrupt(
            "\n".join(["releases are damaged:", *flaws]),
            hint="Put the file back from a copy, or make the release anew from its revision.",
        )
    click.echo(f"{len(digests)} release(s) are whole")


@release.command()
@click.option("--keep", type=click.IntRange(min=1), default=10, show_default=True, help="How many of the newest stay.")
@yes_option
def prune(keep: int, yes: bool) -> None:
    """Remove old releases that no environment runs, ran, or could be rolled back to.

    \b
    dataarts release prune --keep 20
    dataarts release prune --yes
    """
    from pulumi_dataarts.cli.release_views import line_of
    from pulumi_dataarts.release.store import prunable

    place = open_workplace()
    store = releasing.store_of(place)
    manifests, needed = store.list(), releasing.needed(place, store)
    gone = prunable(manifests, keep, needed)
    for item in manifests[keep:]:
        if item.digest in needed:
            click.echo(f"stays: {line_of(item)} ({needed[item.digest]})")
    if not gone:
        click.echo("nothing to remove")
        return
    for item in gone:
        click.echo(f"goes:  {line_of(item)}")
    confirm(f"Remove {len(gone)} release(s)?", yes=yes)
    removed = releasing.remove(place, store, [item.digest for item in gone])
    for item in gone:
        if item.digest not in removed:
            click.echo(f"stays: {line_of(item)} (somebody came to need it meanwhile)")
    click.echo(f"removed {len(removed)} release(s)")


@release.command()
@click.argument("text", metavar="RELEASE")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def extract(text: str, folder: Path) -> None:
    """Write a release's project to a folder, for reading it or for the official CLI.

    \b
    dataarts release extract @prod build/prod
    cd build/prod && pulumi preview --stack prod
    """
    from pulumi_dataarts.cli.official import absolute_url
    from pulumi_dataarts.release.folders import extract as write

    store, manifest = _named(text)
    place = open_workplace()
    write(store.get(manifest.digest), folder, place.project, absolute_url(place))
    click.echo(f"wrote release {manifest.short} to {folder}")


@release.command()
@click.argument("name", metavar="STACK", type=STACK)
@click.argument("text", metavar="RELEASE|none")
def pin(name: str, text: str) -> None:
    """Write the one line of a stack's configuration that says which release it runs; `none` for the working tree.

    Nothing is brought up: `dataarts preview` shows what that would change.

    \b
    dataarts release pin staging latest
    dataarts release pin prod @staging
    dataarts release pin dev none
    """
    from pulumi_dataarts.release.pins import pinned

    place = open_workplace()
    chosen = choose(name, place)
    digest = None if text == "none" else releasing.resolve(text, place)
    pinned(chosen.file, digest).save()
    click.echo(f"{chosen.file.path.name}: {f'release sha256:{digest}' if digest else 'the working tree'}")
    click.echo(f"next: dataarts preview --stack {name}")


def _named(text: str) -> tuple[ReleaseStore, Manifest]:
    place = open_workplace()
    store = releasing.store_of(place)
    return store, store.manifest(releasing.resolve(text, place))
