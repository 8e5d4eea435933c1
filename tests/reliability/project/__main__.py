import json
from pathlib import Path

import pulumi
from things import Thing

wanted = json.loads((Path(__file__).parent / "wanted.json").read_text())
group = pulumi.ComponentResource("sample:index:Group", "group") if wanted.get("group") else None
# Whoever moves into the group, or out of it, is still the same thing.
home = f"urn:pulumi:{pulumi.get_stack()}::{pulumi.get_project()}::sample:index:Group::group"
moved = [pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE), pulumi.Alias(parent=home)]
earlier = None
for number in range(wanted["things"]):
    opts = pulumi.ResourceOptions(parent=group, aliases=moved) if number % 2 else None
    made = Thing(f"t{number:02}", wanted["size"], up=earlier.arn if earlier is not None else None, opts=opts)
    earlier = made if number % 4 == 0 else earlier
pulumi.export("things", wanted["things"])
pulumi.export("word", pulumi.Output.secret("hunter2"))
