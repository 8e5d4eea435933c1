import json
from pathlib import Path

import pulumi
from things import Thing

wanted = json.loads((Path(__file__).parent / "wanted.json").read_text())
group = pulumi.ComponentResource("sample:index:Group", "group") if wanted.get("group") else None
earlier = None
for number in range(wanted["things"]):
    opts = pulumi.ResourceOptions(parent=group if number % 2 else None)
    made = Thing(f"t{number:02}", wanted["size"], up=earlier.arn if earlier is not None else None, opts=opts)
    earlier = made if number % 4 == 0 else earlier
pulumi.export("things", wanted["things"])
pulumi.export("word", pulumi.Output.secret("hunter2"))
