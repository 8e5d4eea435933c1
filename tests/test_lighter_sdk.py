"""The lighter SDK does what the SDK does: one program, with it and without, in a preview and in an update."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pulumi_dataarts import lighter_sdk

PROGRAM = """
import asyncio, json, sys
import pulumi
from pulumi.runtime import mocks, set_mocks, settings, stack
from pulumi_dataarts import lighter_sdk

if sys.argv[1] == "lighter":
    lighter_sdk.apply()
    lighter_sdk.apply()
told = []


class Thing(pulumi.CustomResource):
    size: pulumi.Output[int]
    arn: pulumi.Output[str]

    def __init__(self, name, props=None, opts=None):
        super().__init__("test:index:Thing", name, {"arn": None, **(props or {})}, opts)


class Cloud(mocks.Mocks):
    def call(self, args):
        return {}

    def new_resource(self, args):
        told.append([args.name, args.typ, args.inputs])
        if args.name == "fails":
            raise ValueError("refused")
        return f"{args.name}-id", {**args.inputs, "arn": f"arn:{args.name}"}


async def seen(output):
    resources = sorted(item._name for item in await output.resources())
    return [await output.future(), await output.is_known(), await output.is_secret(), resources]


async def main():
    first = Thing("first", {"size": 1, "deep": {"list": [1, None, "x"]}})
    second = Thing("second", {"up": first.arn, "id_of": first.id, "key": pulumi.Output.secret("s")})
    third = Thing("third", {"both": pulumi.Output.all(first.size, second.up)}, pulumi.ResourceOptions(
        parent=first, depends_on=[second], aliases=[pulumi.Alias(name="old")]))
    for thing, names in ((first, "size arn deep urn id"), (second, "up id_of key"), (third, "both arn")):
        for name in names.split():
            told.append([thing._name, name, *await seen(getattr(thing, name))])
    told.append(await pulumi.runtime.resource.create_urn("n", "a:b:C", "urn:pulumi:s::p::x:y:Z::up").future())
    told.append(await pulumi.runtime.resource.create_urn("n", "a:b:C").future())
    if sys.argv[2] == "fails":
        failed = Thing("fails", {"size": 3})
        try:
            await failed.arn.future()
        except Exception as error:
            told.append(str(error))


loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
set_mocks(Cloud(), preview=sys.argv[2] == "preview")
try:
    loop.run_until_complete(stack.run_pulumi_func(main))
except Exception as error:
    told.append(repr(error))
print(json.dumps(told))
"""


def told(program: Path, *arguments: str) -> Any:
    done = subprocess.run([sys.executable, "-u", program, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("how", ["preview", "update", "fails"])
def test_a_program_is_the_same_with_and_without(tmp_path: Path, how: str) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    lighter = told(program, "lighter", how)
    assert lighter == told(program, "plain", how)
    assert ["first", "size", 1, True, False, ["first"]] in lighter
    assert ["second", "key", "s", True, True, ["second"]] in lighter


def test_it_takes_hold_of_this_version_of_the_sdk() -> None:
    from pulumi.runtime import resource, rpc, stack

    lighter_sdk.apply()
    assert rpc.transfer_properties is lighter_sdk.transfer_properties
    assert type(stack.asyncio) is lighter_sdk.GatheringAsyncio
    assert resource.create_urn.__wrapped__
