import json, os, pulumi
from things import Thing

spec = json.load(open(os.environ["SCENARIO"]))
made = {}
for s in spec["resources"]:
    o = dict(s.get("opts", {}))
    for k in ("parent", "deleted_with"):
        if k in o:
            o[k] = made[o[k]]
    if "depends_on" in o:
        o["depends_on"] = [made[x] for x in o["depends_on"]]
    if "replace_with" in o:
        o["replace_with"] = [made[x] for x in o["replace_with"]]
    if "aliases" in o:
        o["aliases"] = [pulumi.Alias(**a) if isinstance(a, dict) else a for a in o["aliases"]]
    if "custom_timeouts" in o:
        o["custom_timeouts"] = pulumi.CustomTimeouts(**o["custom_timeouts"])
    opts = pulumi.ResourceOptions(**o)
    if s.get("kind") == "comp":

        class C(pulumi.ComponentResource):
            def __init__(self):
                super().__init__("my:comp:C", s["rn"], {}, opts)
                self.register_outputs(s.get("outs", {}))

        made[s["rn"]] = C()
        continue
    kw = {k: v for k, v in s.items() if k not in ("rn", "name", "size", "up", "opts", "kind", "raise")}
    up = s.get("up")
    up = made[up].arn if up else None
    if s.get("id"):
        from things import ThingProvider
        import pulumi.dynamic as D

        made[s["rn"]] = type(
            "T",
            (Thing,),
            {
                "__init__": lambda self: D.Resource.__init__(
                    self,
                    ThingProvider(),
                    s["rn"],
                    {"name": None, "size": None, "arn": None},
                    pulumi.ResourceOptions(id=s["id"]),
                )
            },
        )()
        continue
    made[s["rn"]] = Thing(
        s["rn"],
        s.get("name", s["rn"]),
        s.get("size", 1),
        up=up,
        opts=opts,
        **{k: v for k, v in kw.items() if k != "id"},
    )
if spec.get("raise"):
    raise Exception(spec["raise"])
for k, v in spec.get("outputs", {}).items():
    pulumi.export(k, made[v].arn if v in made else v)
