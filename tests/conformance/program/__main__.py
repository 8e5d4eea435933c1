"""Declares what the scenario file says: things of a fake cloud, and components above them."""

import json
import os
from pathlib import Path
from typing import Any

import pulumi
from things import LookedUpThing, Thing

OWN_KEYS = ("rn", "name", "size", "up", "opts", "kind", "id")


class Group(pulumi.ComponentResource):
    """A component that gives the outputs it is told."""

    def __init__(self, name: str, outputs: dict[str, Any], opts: pulumi.ResourceOptions) -> None:
        super().__init__("my:comp:C", name, {}, opts)
        self.register_outputs(outputs)


def options_of(told: dict[str, Any], made: dict[str, Any]) -> pulumi.ResourceOptions:
    """Return resource options, the resources in them named by what was made before."""
    options = dict(told)
    for key in ("parent", "deleted_with"):
        if key in options:
            options[key] = made[options[key]]
    for key in ("depends_on", "replace_with"):
        if key in options:
            options[key] = [made[name] for name in options[key]]
    if "aliases" in options:
        options["aliases"] = [pulumi.Alias(**alias) for alias in options["aliases"]]
    if "custom_timeouts" in options:
        options["custom_timeouts"] = pulumi.CustomTimeouts(**options["custom_timeouts"])
    return pulumi.ResourceOptions(**options)


def declare(told: dict[str, Any], made: dict[str, Any]) -> pulumi.Resource:
    """Declare one resource of a scenario."""
    name, options = told["rn"], options_of(told.get("opts", {}), made)
    if told.get("kind") == "comp":
        return Group(name, told.get("outs", {}), options)
    if "id" in told:
        return LookedUpThing(name, told["id"])
    up = made[told["up"]].arn if "up" in told else None
    more = {key: value for key, value in told.items() if key not in OWN_KEYS}
    return Thing(name, told.get("name", name), told.get("size", 1), up=up, opts=options, **more)


def main() -> None:
    """Declare a whole scenario."""
    spec = json.loads(Path(os.environ["SCENARIO"]).read_text())
    made: dict[str, Any] = {}
    for told in spec["resources"]:
        made[told["rn"]] = declare(told, made)
    if "raise" in spec:
        raise RuntimeError(spec["raise"])
    for key, name in spec.get("outputs", {}).items():
        pulumi.export(key, made[name].arn if name in made else name)


main()
