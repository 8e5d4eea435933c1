"""`preview --engine pulumi`: the official CLI plans, on the same program and state; views and gates are ours."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from pulumi_dataarts.cli import plans
from pulumi_dataarts.cli.driving import Wishes
from pulumi_dataarts.cli.official_host import PLUGIN, leading_path
from pulumi_dataarts.cli.policies import gates_of
from pulumi_dataarts.cli.wiring import Chosen, Workplace
from pulumi_dataarts.errors import ConfigError, ProgramFailed
from pulumi_dataarts.model.plans import Plan

_LOCAL = "file://"


def planned(chosen: Chosen, wishes: Wishes) -> Plan:
    """Return the plan that the official engine makes, with what is in its way.

    Raises:
        ConfigError: there is no `pulumi` on the PATH.
        ProgramFailed: its preview failed; what it said was printed.
    """
    from pulumi_dataarts.backend import runs
    from pulumi_dataarts.model.snapshots import Snapshot
    from pulumi_dataarts.report.gates import checked
    from pulumi_dataarts.report.official import outcome_of
    from pulumi_dataarts.report.planning import Context, plan_of

    mask = plans.mask_of(chosen)
    loaded = runs.load(chosen.stack, chosen.keyring) if chosen.exists() else None
    outcome = outcome_of(_previewed(chosen, wishes), loaded.snapshot if loaded else Snapshot())
    for item in outcome.diagnostics:
        click.echo(mask.text(f"{item.severity}: {item.text}"), err=True)
    if not outcome.ok:
        raise ProgramFailed("pulumi preview failed", hint="Nothing was done: this was a preview.")
    context = Context(
        operation="preview",
        project=chosen.place.project.name,
        stack=chosen.stack.name,
        mask=mask,
        revision=plans.revision_of(chosen),
        state=plans.state_mark(chosen, loaded),
        scope=wishes.scope,
        made=plans.made_now(),
    )
    plan = plans.with_texts(chosen, plan_of(outcome, context), outcome, mask)
    gates = gates_of(chosen, limits=wishes.limits, allowed=wishes.allow, is_update=True)
    return checked(plan.model_copy(update={"tool": f"{plan.tool}, planned by pulumi"}), gates)


def _previewed(chosen: Chosen, wishes: Wishes) -> dict[str, Any]:
    program = shutil.which("pulumi")
    if program is None:
        raise ConfigError("there is no `pulumi` on the PATH", hint="Leave out --engine, or install the official CLI.")
    if release := chosen.running.release:
        raise ConfigError(
            f"stack {chosen.stack.name} runs release {release.short}, and `pulumi` would run the working tree",
            hint="Leave out --engine, or extract it and run `pulumi` there: `dataarts release extract RELEASE DIR`.",
        )
    environment = {
        **os.environ,
        "PULUMI_BACKEND_URL": absolute_url(chosen.place),
        "PULUMI_CONFIG_PASSPHRASE": chosen.phrase(),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    command = [program, "preview", "--json", "--non-interactive", *_flags(chosen, wishes)]
    folder = chosen.place.project.folder
    with leading_path(chosen.place.project, wishes.parallel) as path:
        environment["PATH"] = path
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    try:
        document = json.loads(done.stdout)
    except ValueError:
        click.echo(done.stderr, err=True, nl=False)
        raise ProgramFailed(f"pulumi preview ended with exit {done.returncode} and no plan") from None
    return {**document, "diagnostics": [*_worth_telling(document.get("diagnostics") or ())]}


def _worth_telling(diagnostics: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Leave out that the provider host is not the one that came with the CLI: it is the one that we led it to."""
    return (item for item in diagnostics if f"using {PLUGIN} from $PATH" not in item.get("message", ""))


def _flags(chosen: Chosen, wishes: Wishes) -> Iterator[str]:
    yield from ("--stack", chosen.stack.name, "--parallel", str(wishes.parallel))
    for flag, urns in (("--target", wishes.targets), ("--exclude", wishes.exclude), ("--replace", wishes.replaces)):
        for urn in urns:
            yield from (flag, urn)
    for flag, is_given in (("--refresh", wishes.refresh), ("--target-dependents", wishes.target_dependents)):
        if is_given:
            yield flag


def absolute_url(place: Workplace) -> str:
    """Return the URL of a workplace's backend as it means the same from any folder."""
    path = place.url.removeprefix(_LOCAL)
    if not place.url.startswith(_LOCAL) or path.startswith(("/", "~")):
        return place.url
    base = Path.cwd() if "PULUMI_BACKEND_URL" in os.environ else place.project.folder
    return f"{_LOCAL}{(base / path).resolve()}"
