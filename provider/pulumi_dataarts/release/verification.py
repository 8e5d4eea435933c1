"""Verifications: what is tried in an environment after a release was brought there, before it counts as good.

They are declared in `verifications.yaml` beside the program, so they are a part of the release and go with it. Each has
a name and one of four things to try::

    - name: the full load brings rows
      cdm:
        job: orders_full
        cluster: ${bindings.clusters.cdm-orders.id}      # what the stack binds; `${key}` is a key of its config
        rows_min: 1
    - name: the daily job succeeds
      dlf:
        job: orders_daily                # in the stack's workspace, unless `workspace` names another
    - name: sessions keep running
      flink:
        job: orders_sessions
        minutes: 5
    - name: raw files have landed
      obs:
        object: obs://${output.landing}/orders/full/     # an output of the stack; a folder ends with `/`

They are tried one after the other, in this order: one may look at what the one before brought.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.obs.presence import PATTERN

FILE: Final = "verifications.yaml"
DEADLINE_S: Final = 3600.0
_REFERENCE: Final = re.compile(r"\$\{([^}]*)\}")

Lookup = Callable[[str], str | None]


class _Declared(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CdmRun(_Declared):
    """Run a CDM job; it succeeds, and writes at least so many rows."""

    job: str
    cluster: str
    rows_min: Annotated[int, Field(ge=0)] = 0
    variables: dict[str, str] = {}


class DlfRun(_Declared):
    """Run a batch job of DataArts Factory now; its instance succeeds. Without a workspace, in the stack's."""

    job: str
    workspace: str = ""
    params: dict[str, str] = {}


class FlinkSteady(_Declared):
    """A Flink job has been running for so many minutes, or does from now on, and was not started anew meanwhile."""

    job: str
    minutes: Annotated[float, Field(ge=0)] = 1.0


class ObsPresent(_Declared):
    """An object is there, or under an address that ends with `/` at least one, of so many bytes in all."""

    object: Annotated[str, Field(pattern=PATTERN)]
    bytes_min: Annotated[int, Field(ge=0)] = 1


class Verification(_Declared):
    """One thing to try."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    cdm: CdmRun | None = None
    dlf: DlfRun | None = None
    flink: FlinkSteady | None = None
    obs: ObsPresent | None = None
    deadline_s: Annotated[float, Field(gt=0)] = DEADLINE_S

    @property
    def kinds(self) -> list[str]:
        """What it tries: one of `cdm`, `dlf`, `flink`, `obs`."""
        return [kind for kind in ("cdm", "dlf", "flink", "obs") if getattr(self, kind) is not None]

    @model_validator(mode="after")
    def _tries_one_thing(self) -> Verification:
        if len(self.kinds) != 1:
            raise ValueError("exactly one of cdm, dlf, flink, obs")
        return self


def load(program: Path, config: Lookup, output: Lookup) -> list[Verification]:
    """Read the verifications of a program, with what the stack's config and outputs have put in; none without a file.

    Args:
        program: the program's folder.
        config: a full or short config key, to its value; None for what is not set, or secret.
        output: the name of one of the stack's outputs, to its value.

    Raises:
        ConfigError: the file is malformed, two have one name, or a reference leads nowhere. All mistakes are listed.
    """
    return parsed(_document(program), config, output, FILE)


def names(program: Path) -> list[str]:
    """Return the names of what a program declares, in order; none without a file. Raises ConfigError."""
    document = _document(program) or []
    entries = document if isinstance(document, list) else []
    return [str(entry["name"]) for entry in entries if isinstance(entry, Mapping) and "name" in entry]


def parsed(document: Any, config: Lookup, output: Lookup, where: str) -> list[Verification]:
    """Return the verifications that a document declares. Raises as `load`."""
    entries = document or []
    if not isinstance(entries, list):
        raise ConfigError(f"{where} is not a list of verifications", hint="See docs/reference/promotion.md.")
    mistakes: list[str] = []
    found = [_parsed(index, entry, config, output, mistakes) for index, entry in enumerate(entries)]
    declared = [item for item in found if item is not None]
    names = [item.name for item in declared]
    mistakes += [f"{name!r} is there twice" for name in sorted({name for name in names if names.count(name) > 1})]
    if mistakes:
        raise ConfigError("\n".join([f"{where} does not hold:", *(f"  - {text}" for text in mistakes)]))
    return declared


def _parsed(index: int, entry: Any, config: Lookup, output: Lookup, mistakes: list[str]) -> Verification | None:
    name = entry.get("name") if isinstance(entry, Mapping) else None
    about = str(name or f"entry {index + 1}")
    filled = _filled(entry, config, output, about, mistakes)
    try:
        return Verification.model_validate(filled)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        wheres = (".".join(map(str, item["loc"])) for item in found)
        mistakes += [
            ": ".join(filter(None, [about, where, item["msg"]])) for where, item in zip(wheres, found, strict=True)
        ]
        return None


def _filled(value: Any, config: Lookup, output: Lookup, about: str, mistakes: list[str]) -> Any:
    """Return a value with each `${…}` in it replaced."""
    if isinstance(value, Mapping):
        return {key: _filled(item, config, output, about, mistakes) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, config, output, about, mistakes) for item in value]
    if not isinstance(value, str):
        return value

    def replaced(match: re.Match[str]) -> str:
        reference = match[1]
        is_output = reference.startswith("output.")
        found = output(reference.removeprefix("output.")) if is_output else config(reference)
        if found is None:
            kind = "output of the stack" if is_output else "config key that may be shown"
            mistakes.append(f"{about}: ${{{reference}}} is no {kind}")
        return found or ""

    return _REFERENCE.sub(replaced, value)


def _document(program: Path) -> Any:
    import yaml

    path = program / FILE
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error
