"""Plans as values and files: what one is made against, saving and loading, and refusing one that has gone stale."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pulumi_dataarts.backend.runs import Loaded
from pulumi_dataarts.cli.wiring import Chosen
from pulumi_dataarts.errors import ConfigError, PlanError
from pulumi_dataarts.model.plans import Plan, Revision, StateMark

if TYPE_CHECKING:
    from pulumi_dataarts.engine.events import Outcome
    from pulumi_dataarts.report.masking import Mask
    from pulumi_dataarts.report.texts import Sources

TEXTED: Final = ("dlf:JobImport", "dli:FlinkJobImport")
LIST_SCHEMA: Final = "plans-v1"
_SCRYPT: Final = {"n": 2**14, "r": 8, "p": 1, "dklen": 32}
_HISTORY: Final = (".history.json", ".history.json.gz")


def mask_of(chosen: Chosen) -> Mask:
    """Return what hides the stack's secrets, by mark and by value."""
    from pulumi_dataarts.report.masking import Mask

    config = chosen.config()
    return Mask((config.texts[key] for key in config.secret_keys), fingerprint_key(chosen))


def fingerprint_key(chosen: Chosen) -> Callable[[], bytes] | None:
    """Return what derives the key of a plan's fingerprints from the stack's passphrase; None without one.

    The same stack has the same key each time, and nobody without the passphrase can try values against a plan.
    """
    salt = chosen.file.salt
    if not salt:
        return None
    return lambda: hashlib.scrypt(chosen.phrase().encode(), salt=f"plan:{salt}".encode(), **_SCRYPT)


def state_mark(chosen: Chosen, loaded: Loaded | None) -> StateMark:
    """Return which state a plan is made against; empty where the stack does not exist."""
    if loaded is None:
        return StateMark()
    keys = chosen.stack.blobs.find(chosen.stack.history_folder)
    return StateMark(digest=loaded.digest, serial=sum(item.key.endswith(_HISTORY) for item in keys))


def revision_of(chosen: Chosen) -> Revision:
    """Return the git commit that a stack's program is of: its release's, or the working tree's."""
    release = chosen.running.release
    return release.revision if release else revision_of_folder(chosen.place.project.folder)


def revision_of_folder(folder: Path) -> Revision:
    """Return the git commit of a folder, and whether something in it differs; empty where git knows nothing."""
    commit = git(folder, "rev-parse", "HEAD")
    return Revision(commit=commit, dirty=bool(git(folder, "status", "--porcelain"))) if commit else Revision()


def made_now() -> str:
    """Return the time to the second, RFC 3339."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def with_texts(chosen: Chosen, plan: Plan, outcome: Outcome, mask: Mask) -> Plan:
    """Return the plan with the changed texts of its bundles. Where it has none, nothing that reads them is imported."""
    if not any(step.type in TEXTED for step in plan.steps):
        return plan
    from pulumi_dataarts.report import texts

    return texts.with_texts(plan, outcome.reports, sources_of(chosen), mask)


def sources_of(chosen: Chosen) -> Sources:
    """Return where the texts of bundles may be found."""
    from pulumi_dataarts.huawei.session import Session, open_session
    from pulumi_dataarts.lifecycle.builds import BUILD_FOLDER
    from pulumi_dataarts.report.texts import Sources

    project = chosen.running.project
    folder, _ = project.program()
    texts = chosen.config().texts

    def session() -> Session:
        return open_session(texts.get)

    return Sources(folder, project.folder / BUILD_FOLDER, session)


def save(plans: Sequence[Plan], path: Path) -> list[Path]:
    """Write each plan to a file of its own, and return the paths: `plan.json`, or `plan.<stack>.json` for several."""
    written = []
    for plan in plans:
        target = path if len(plans) == 1 else with_stack(path, plan)
        target.write_text(f"{plan.to_json()}\n", encoding="utf-8")
        written.append(target)
    return written


def with_stack(path: Path, plan: Plan) -> Path:
    """Return a file's path with the stack's name before its ending."""
    return path.with_name(f"{path.stem}.{plan.stack}{path.suffix}")


def load(path: Path) -> Plan:
    """Read a saved plan.

    Raises:
        ConfigError: it cannot be read, or is no plan of this version.
    """
    from pydantic import ValidationError

    try:
        return Plan.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"plan {path} cannot be read: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "the document"
        raise ConfigError(
            f"{path} is no plan-v1: {where}: {first['msg']}", hint="Make one: `dataarts preview --save-plan FILE`."
        ) from error


def refuse_moved(saved: Plan, fresh: Plan, path: Path) -> None:
    """Raise PlanError where the saved plan is not what would be done now. Nothing has been touched then."""
    from pulumi_dataarts.report.stale import moved

    if found := moved(saved, fresh):
        raise PlanError(
            "\n".join([f"plan {path} does not hold any more; nothing was done:", *(f"  {line}" for line in found)]),
            hint="Preview again, have it reviewed, and carry that plan out.",
        )


def as_json(plans: Sequence[Plan]) -> str:
    """Return one plan, or a list of several, as JSON."""
    if len(plans) == 1:
        return plans[0].to_json()
    documents: list[Any] = [plan.model_dump(by_alias=True, mode="json") for plan in plans]
    return json.dumps({"schema": LIST_SCHEMA, "plans": documents}, indent=2, ensure_ascii=False)


def git(folder: Path, *arguments: str) -> str:
    """Return what git says in a folder; empty where it is absent, or fails."""
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
