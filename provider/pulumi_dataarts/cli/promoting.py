"""What promotions, rollbacks and verifications share: a stack as they act on it, and the records."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import click

from pulumi_dataarts.backend import runs
from pulumi_dataarts.backend.configs import StackFile, has_sealed
from pulumi_dataarts.cli import releasing
from pulumi_dataarts.cli.driving import Kind, Wishes, performed, require_done
from pulumi_dataarts.cli.showing import show_done
from pulumi_dataarts.cli.wiring import RELEASE, Chosen, choose, create
from pulumi_dataarts.errors import PlanError, ResourceFailed
from pulumi_dataarts.model.values import Secret
from pulumi_dataarts.release.pins import pin_of, pinned

if TYPE_CHECKING:
    from pulumi_dataarts.huawei.session import Session
    from pulumi_dataarts.model.plans import Plan
    from pulumi_dataarts.release.promotion import Intent, Line
    from pulumi_dataarts.release.records import BoundConfig, Promotion
    from pulumi_dataarts.release.trials import Trial
    from pulumi_dataarts.release.verification import Verification

OWN: Final = frozenset({RELEASE, releasing.STORE, "dataarts:promotion", "dataarts:policies"})
"""Config keys that say how an environment is ruled, and are no part of what it binds: no rollback touches them."""


def line_of(chosen: Chosen) -> Line:
    """Return the promotions that a stack's releases go through."""
    from pulumi_dataarts.release.promotion import Line
    from pulumi_dataarts.release.records import Records

    store = releasing.store_of(chosen.place, chosen.file)
    return Line(Records(store.blobs, store.project))


def bound_config(file: StackFile) -> BoundConfig:
    """Return what a stack's file binds, secrets left out."""
    from pulumi_dataarts.release.records import BoundConfig

    values = {key: value for key, value in file.values.items() if key not in OWN and not has_sealed(value)}
    return BoundConfig(values=values)


def rebound(file: StackFile, wanted: BoundConfig) -> StackFile:
    """Return the file with the bindings of another time; secrets, and how the environment is ruled, stay."""
    now = bound_config(file).values
    for key in now.keys() - wanted.values.keys():
        file = file.without(key)
    for key, value in wanted.values.items():
        if key not in now or now[key] != value:
            file = file.with_value(key, value)
    return file


@dataclass
class StackEnvironment:
    """A stack as a promotion acts on it; `plan` is what was shown for it, where something was."""

    chosen: Chosen
    wishes: Wishes
    plan: Plan | None = None

    def export(self, promotion: Promotion) -> Mapping[str, bytes]:
        """Export the jobs that the plan changes; all there are where no plan is at hand."""
        from pulumi_dataarts.release import restore

        chosen = self._fresh()
        if not chosen.exists():
            return {}
        standing = runs.load(chosen.stack, chosen.keyring).snapshot.resources
        if self.plan is not None:
            touched = {step.urn for step in self.plan.changed()}
            standing = tuple(state for state in standing if state.urn in touched)
        return restore.export(session_of(chosen), standing)

    def pin(self, promotion: Promotion) -> None:
        """Write the one line; a rollback writes what the config said with that release as well."""
        file = self._fresh().file
        if promotion.kind == "rollback":
            file = rebound(file, promotion.bindings)
        pinned(file, promotion.release).save()

    def bindings(self) -> BoundConfig:
        """Return what the stack's file binds now."""
        return bound_config(self._fresh().file)

    def up(self, promotion: Promotion) -> None:
        """Bring the stack up, under its lock, as it was planned; the history says what for."""
        chosen = self._fresh()
        was_there = chosen.exists()
        chosen = chosen if was_there else create(chosen)
        against = self.plan.state if self.plan is not None and was_there else None
        outcome, plan = performed(chosen, "update", self.wishes, against=against, message=said_of(promotion))
        show_done(plan, self.wishes)
        require_done(outcome)

    def verify(self) -> Sequence[Trial]:
        """Try what the release declares."""
        return verified(self._fresh())

    def _fresh(self) -> Chosen:
        return choose(self.chosen.stack.name, self.chosen.place)


def intent(*, chosen: Chosen, **parts: Any) -> Intent:
    """Return an intent for a stack, of whoever types."""
    from pulumi_dataarts.release.promotion import Intent

    return Intent(stack=chosen.stack.name, who=releasing.person(chosen.place.project.folder), **parts)


def said_of(promotion: Promotion) -> str:
    """Return a promotion in a few words, for the stack's history."""
    from pulumi_dataarts.release.manifest import SHORT

    origin = f"from {promotion.source} " if promotion.source else ""
    return f"{promotion.kind} {promotion.number} {origin}to release {promotion.release[:SHORT]} by {promotion.who}"


def session_of(chosen: Chosen) -> Session:
    """Return the session that the stack's config describes."""
    from pulumi_dataarts.huawei.session import open_session

    return open_session(chosen.config().texts.get)


def declared(chosen: Chosen) -> list[Verification]:
    """Return the verifications of what a stack runs, with what its config, bindings and outputs put in."""
    from pulumi_dataarts.release import verification

    folder, _ = chosen.running.project.program()
    config = chosen.config()
    shown = {key: text for key, text in config.texts.items() if key not in config.secret_keys}
    outputs: dict[str, Any] = {}
    if chosen.exists():
        from pulumi_dataarts.cli.stack import outputs_of

        outputs = outputs_of(chosen)

    def of_config(reference: str) -> str | None:
        if reference.startswith("bindings."):
            return _binding(shown.get("dataarts:bindings"), reference.removeprefix("bindings."))
        return shown.get(reference, shown.get(f"{chosen.place.project.name}:{reference}"))

    def of_outputs(name: str) -> str | None:
        value = outputs.get(name)
        return None if value is None or isinstance(value, Secret | dict | list) else str(value)

    return verification.load(folder, of_config, of_outputs)


def verified(chosen: Chosen) -> list[Trial]:
    """Try what a stack's program declares, and tell how each goes."""
    from pulumi_dataarts.release import trials

    wanted = declared(chosen)
    if not wanted:
        return []
    click.echo(f"verifying {chosen.stack.name}", err=True)
    return trials.carry_out(session_of(chosen), wanted, tell)


def tell(trial: Trial) -> None:
    """Say how a verification went."""
    click.echo(f" {'✓' if trial.passed else '✗'} {trial.name:<34} {trial.seconds:>6.1f} s   {trial.said}", err=True)


def conclude(promotion: Promotion) -> None:
    """Say how a promotion ended.

    Raises:
        ResourceFailed: a verification failed: the line stops here.
    """
    from pulumi_dataarts.release.manifest import SHORT

    short, stack = promotion.release[:SHORT], promotion.stack
    if promotion.result == "unverified":
        failed = ", ".join(trial.name for trial in promotion.trials if not trial.passed)
        raise ResourceFailed(
            f"{stack} runs release {short}, and has not passed: {failed}",
            hint=f"Go back: `dataarts rollback {stack}`. Or mend the cause, and `dataarts verify --stack {stack}`.",
        )
    click.echo(f"{stack} runs release {short} ({promotion.kind} {promotion.number})")


@contextmanager
def continuing(chosen: Chosen, kind: Kind, wishes: Wishes) -> Iterator[None]:
    """Around an up: where it carries out a promotion that was prepared or cut off, take that to its end afterwards.

    Raises:
        LockHeld: somebody is promoting into the stack right now.
        ResourceFailed: a verification failed.
    """
    is_whole = not (wishes.targets or wishes.exclude)
    pin = pin_of(chosen.file) if kind == "update" and is_whole else None
    line = line_of(chosen) if pin else None
    opened = line.records.open_promotion(chosen.stack.name) if line else None
    if line is None or opened is None or opened.release != pin or opened.kind == "restore":
        yield
        return
    environment = StackEnvironment(chosen, wishes)
    with line.held(chosen.stack.name) as held:
        opened = held.prepare(opened, environment)
        yield
        closed = held.conclude(held.applied(opened, environment), environment)
    conclude(closed)


def require_unmoved(
    chosen: Chosen, line: Line, opened: Promotion | None, plan: Plan | None = None, release: str = ""
) -> None:
    """Make sure, under the lock, that nothing has come between what was shown and what is to be done.

    The up looks at the state once more, under the stack's own lock.

    Args:
        chosen: the stack as it was shown.
        line: its promotions.
        opened: the one that was open then.
        plan: what was shown, where it was made against a state.
        release: the one to be brought, where one is.

    Raises:
        PlanError: something has. ConfigError: the release is gone.
    """
    if release:
        releasing.store_of(chosen.place, chosen.file).manifest(release)
    stack = chosen.stack.name
    standing = runs.load(chosen.stack, chosen.keyring).digest if plan and chosen.exists() else ""
    if plan and plan.state.digest != standing:
        raise PlanError(
            f"the state of {stack} has changed since this was shown; nothing was done",
            hint="Run it again and look at what it is now.",
        )
    now = line.records.open_promotion(stack)
    if now != opened or choose(stack, chosen.place).file.text != chosen.file.text:
        raise PlanError(
            f"{stack} was promoted, or its config changed, since this was shown; nothing was done",
            hint="Run it again and look at what it is now.",
        )


def as_of(chosen: Chosen, release: str, config: BoundConfig | None = None) -> Chosen:
    """Return the stack as it would be with a release, and bindings; nothing is written."""
    file = chosen.file if config is None else rebound(chosen.file, config)
    return releasing.with_release(replace(chosen, file=file), release)


def _binding(text: str | None, path: str) -> str | None:
    """Return what a stack binds at `<group>.<name>.<id or name>`, or at a plain key such as `prefix`."""
    from pulumi_dataarts.model.bindings import parse

    first, _, rest = path.partition(".")
    name, _, attribute = rest.rpartition(".")
    parse(text)
    group = json.loads(text or "{}").get(first)
    if not rest:
        return group if isinstance(group, str) else None
    target = group.get(name) if isinstance(group, dict) else None
    if isinstance(target, dict):
        found = target.get(attribute)
        return None if found is None else str(found)
    return str(target) if target is not None and attribute == "name" else None
