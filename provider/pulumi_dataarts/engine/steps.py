"""The steps that a run consists of. Values: what each does to state and provider is in `execution`.

`old` is the number of the resource in the ledger. Source: pkg/resource/deploy/step.go of the official engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from pulumi_dataarts.engine.providers import Difference
from pulumi_dataarts.model.snapshots import ResourceState


@dataclass(frozen=True)
class Same:
    """Nothing is to be done; the new inputs and options are remembered, the old id and outputs kept.

    `is_untargeted`: only because it is outside the targets.
    """

    old: int
    new: ResourceState
    is_untargeted: bool = False


@dataclass(frozen=True)
class Skip:
    """A new resource outside the targets: not created, not remembered."""

    new: ResourceState


@dataclass(frozen=True)
class Create:
    """Make it. As a replacement it has an `old`, which is marked for deletion unless it was deleted before."""

    new: ResourceState
    old: int | None = None
    marks_old: bool = False
    difference: Difference | None = None


@dataclass(frozen=True)
class Update:
    """Change it in place."""

    old: int
    new: ResourceState
    difference: Difference
    ignore_changes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Delete:
    """Remove it. `leaves_pending`: before its replacement is made, it stays in the state as pending replacement."""

    old: int
    is_replacement: bool = False
    leaves_pending: bool = False


@dataclass(frozen=True)
class Forget:
    """Drop a resource that was deleted for a replacement which is not wanted any more."""

    old: int


@dataclass(frozen=True)
class Read:
    """Look at an object that is not ours; `old`, if it was ours, is marked for deletion where `is_replacement`."""

    new: ResourceState
    old: int | None = None
    is_replacement: bool = False


@dataclass(frozen=True)
class Import:
    """Take over an object that exists; `old`, if another was ours, is marked for deletion."""

    new: ResourceState
    old: int | None = None


Step: TypeAlias = Same | Skip | Create | Update | Delete | Forget | Read | Import
