"""Under which URNs a registration may have been known before.

Source: pkg/resource/deploy/step_generator.go of the official engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pulumi_dataarts.engine.goals import Alias, Goal
from pulumi_dataarts.model import urns


@dataclass(frozen=True)
class Namespace:
    """The stack in which names are given."""

    project: str
    stack: str

    def urn(self, type: str, name: str, parent: str) -> str:
        """Return the URN of a resource."""
        return urns.make(self.stack, self.project, urns.qualified_type(parent) if parent else "", type, name)


def earlier_urns(goal: Goal, namespace: Namespace, previous: Mapping[str, str]) -> list[str]:
    """Return the URNs that the goal's aliases stand for, and those that come with its parent's, in order.

    Args:
        goal: what is registered.
        namespace: the stack.
        previous: the earlier URN of each resource of this run that was found under one.
    """
    own = [_collapsed(alias, goal, namespace, previous) for alias in goal.aliases]
    found = dict.fromkeys(own)
    if parent := previous.get(goal.parent):
        names = [(goal.type, goal.name), *((urns.parse(urn).type, urns.parse(urn).name) for urn in own)]
        parent_name = urns.parse(goal.parent).name
        found |= dict.fromkeys(
            namespace.urn(type, _moved_name(name, parent_name, parent), parent) for type, name in names
        )
    return list(found)


def _collapsed(alias: Alias, goal: Goal, namespace: Namespace, previous: Mapping[str, str]) -> str:
    if alias.urn:
        return alias.urn
    parent = previous.get(alias.parent, alias.parent) if alias.parent else goal.parent
    origin = Namespace(alias.project or namespace.project, alias.stack or namespace.stack)
    return origin.urn(alias.type or goal.type, alias.name or goal.name, "" if alias.has_no_parent else parent)


def _moved_name(name: str, parent_name: str, earlier_parent: str) -> str:
    """A child named after its parent had the parent's earlier name in its own."""
    if not name.startswith(parent_name):
        return name
    return urns.parse(earlier_parent).name + name.removeprefix(parent_name)
