"""`dataarts bench`: what operations cost, on embedded clouds of their own; printed as figures and as ratios."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import click

from pulumi_dataarts.cli.measuring import Bench, Figures
from pulumi_dataarts.report.curves import Costs, exponent, plot

OFFICIAL: Final = "pulumi "
OFFICIAL_JOBS_MAX: Final = 1000
"""Each step of the official CLI rewrites the whole state: ten times as many jobs take it a hundred times as long."""
_LEAST_S: Final = 0.01


@dataclass
class Measured:
    """One number of jobs: what each phase cost, and with the official CLI, where that was run."""

    jobs: int
    phases: list[Figures] = field(default_factory=list)
    official: list[Figures] = field(default_factory=list)


@click.command()
@click.option(
    "--jobs", type=click.IntRange(min=1), default=(100,), show_default="100", multiple=True,
    help="How many CDM jobs; several times for several runs.",
)  # fmt: skip
@click.option("--latency", type=click.IntRange(min=0), default=50, show_default=True, help="Of each call, in ms.")
@click.option("--parallel", "-p", type=click.IntRange(min=1), default=64, show_default=True, help="As `up` has it.")
@click.option(
    "--official/--no-official", default=None, show_default="if it is on the PATH, and without --json",
    help=f"Measure `pulumi` beside it, up to {OFFICIAL_JOBS_MAX:,} jobs.",
)  # fmt: skip
@click.option(
    "--plot", "picture", type=click.Path(dir_okay=False, path_type=Path), help="Draw seconds over jobs as SVG."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def bench(
    jobs: tuple[int, ...], latency: int, parallel: int, official: bool | None, picture: Path | None, as_json: bool
) -> None:
    """Measure what operations cost, from up to destroy.

    \b
    dataarts bench --jobs 1000 --latency 50
    dataarts bench --jobs 100 --jobs 1000 --plot costs.svg
    dataarts bench --jobs 100 --json
    """
    is_there = shutil.which("pulumi") is not None
    if official and not is_there:
        raise click.UsageError("there is no `pulumi` on the PATH")
    wants_official = official if official is not None else is_there and not as_json
    runs = [
        _measured(number, latency / 1000, parallel, official=wants_official, quiet=as_json)
        for number in sorted(set(jobs))
    ]
    costs = costs_of(runs)
    if picture:
        picture.write_text(plot(costs, f"Seconds over jobs, {latency} ms a call"), encoding="utf-8")
    if as_json:
        click.echo(json.dumps(document(runs, latency)))
    else:
        for line in table(costs):
            click.echo(line)


def _measured(jobs: int, latency_s: float, parallel: int, *, official: bool, quiet: bool) -> Measured:
    measured = Measured(jobs)
    with tempfile.TemporaryDirectory(prefix="dataarts-bench-") as folder:
        bench = Bench(Path(folder), jobs, latency_s, parallel)
        with bench.standing():
            _tell(f"{jobs:,} jobs", quiet=quiet)
            for figures in bench.phases():
                measured.phases.append(figures)
                _tell(_line(figures), quiet=quiet)
            for figures in bench.official_phases() if official and jobs <= OFFICIAL_JOBS_MAX else ():
                measured.official.append(figures)
                _tell(_line(figures, OFFICIAL), quiet=quiet)
    return measured


def _line(figures: Figures, tool: str = "") -> str:
    return (
        f"  {tool + figures.phase:<16} {figures.seconds:>8.2f} s {figures.cpu_s:>8.2f} s of processor,"
        f" {_share(figures):>4.0%} in the program {figures.calls:>8} calls {figures.peak_mb:>8.1f} MB"
        f" {figures.state_bytes:>10} bytes of state"
    )


def _share(figures: Figures) -> float:
    return figures.program_s / figures.cpu_s if figures.cpu_s else 0.0


def _tell(line: str, *, quiet: bool) -> None:
    if not quiet:
        click.echo(line)


def costs_of(runs: list[Measured]) -> dict[str, dict[int, float]]:
    """Return seconds by number of jobs, for each phase; those of the official CLI after ours."""
    costs: dict[str, dict[int, float]] = {}
    for tool in ("", OFFICIAL):
        for run in runs:
            for figures in run.official if tool else run.phases:
                costs.setdefault(tool + figures.phase, {})[run.jobs] = max(figures.seconds, _LEAST_S)
    return costs


def table(costs: Mapping[str, Costs]) -> Iterator[str]:
    """Yield ratios: how each phase grows with the jobs, by which power, and what the official CLI takes beside ours."""
    sizes = list(next(iter(costs.values())))
    if len(sizes) > 1:
        yield ""
        yield f"{'times the first':<18}{''.join(f'{size:>10,}' for size in sizes)}   power"
        for phase, of_phase in costs.items():
            ratios = {size: seconds / of_phase[sizes[0]] for size, seconds in of_phase.items()}
            power = f"{exponent(of_phase):>8.2f}" if len(of_phase) > 1 else ""
            yield f"  {phase:<16}{_cells(ratios, sizes)}{power}"
    beside = {phase: of_phase for phase, of_phase in costs.items() if phase.startswith(OFFICIAL)}
    if beside:
        yield ""
        yield f"{'pulumi / dataarts':<18}{''.join(f'{size:>10,}' for size in sizes)}"
    for phase, of_phase in beside.items():
        ours = costs[phase.removeprefix(OFFICIAL)]
        ratios = {size: seconds / ours[size] for size, seconds in of_phase.items()}
        yield f"  {phase.removeprefix(OFFICIAL):<16}{_cells(ratios, sizes)}"


def _cells(ratios: Costs, sizes: list[int]) -> str:
    return "".join(f"{ratios[size]:>10.2f}" if size in ratios else f"{'-':>10}" for size in sizes)


def document(runs: list[Measured], latency_ms: int) -> dict[str, Any]:
    """Return what `--json` prints: of one run its phases; of several a list of these, with the power of each phase."""
    told = [
        {"jobs": run.jobs, "latency_ms": latency_ms, "phases": [asdict(figures) for figures in run.phases]}
        | ({"official": [asdict(figures) for figures in run.official]} if run.official else {})
        for run in runs
    ]
    if len(runs) == 1:
        return told[0]
    powers = {phase: round(exponent(costs), 3) for phase, costs in costs_of(runs).items() if len(costs) > 1}
    return {"runs": told, "powers": powers}
