"""The dynamic provider of the recorded scenarios. Its pickle is recorded: class and module keep their names.

`dbr` in a thing asks for delete before replace; `fail`, `failupd` and `slow` do what they say. While the file $FAILDEL
exists, deletes fail.
"""

import os
import time
import uuid
from pathlib import Path
from typing import Any

import cloudmock as cloud
import pulumi
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)
from pulumi.output import Unknown

COMPARED = ("name", "size", "up", "dflt", "secret", "failupd", "fail")


def shown(properties: dict[str, Any]) -> dict[str, Any]:
    """Return properties as they are logged."""
    return {
        key: "UNKNOWN" if isinstance(value, Unknown) else value
        for key, value in properties.items()
        if key != "__provider"
    }


class ThingProvider(ResourceProvider):
    """Things; a change of their name replaces."""

    serialize_as_secret_always = False

    def configure(self, req: ConfigureRequest) -> None:
        cloud.log("configure", req.config.get("region"))

    def check(self, _olds: Any, news: Any) -> CheckResult:
        cloud.log("check", shown(_olds), shown(news))
        size = news.get("size")
        failures = [CheckFailure("size", "must be >=0")] if isinstance(size, float) and size < 0 else []
        return CheckResult({**news, "dflt": news.get("dflt", "x")}, failures)

    def diff(self, _id: str, _olds: Any, _news: Any) -> DiffResult:
        cloud.log("diff", _id, shown(_olds), shown(_news))
        changed = [key for key in COMPARED if _olds.get(key) != _news.get(key)]
        return DiffResult(
            changes=bool(changed),
            replaces=[key for key in changed if key == "name"],
            delete_before_replace=bool(_news.get("dbr")),
        )

    def create(self, props: Any) -> CreateResult:
        cloud.log("create", shown(props))
        if props.get("fail"):
            raise RuntimeError("boom")
        time.sleep(props.get("slow", 0))
        id = f"t-{uuid.uuid4().hex[:8]}"
        cloud.put(id, shown(props))
        return CreateResult(id, {**props, "arn": f"arn:{id}"})

    def update(self, _id: str, _olds: Any, _news: Any) -> UpdateResult:
        cloud.log("update", _id, shown(_news))
        if _news.get("failupd"):
            raise RuntimeError("boom-update")
        cloud.put(_id, shown(_news))
        return UpdateResult({**_news, "arn": _olds["arn"]})

    def read(self, id_: str, props: Any) -> ReadResult:
        cloud.log("read", id_, shown(props))
        found = cloud.get(id_)
        return ReadResult("", {}) if found is None else ReadResult(id_, {**props, **found}, None)

    def delete(self, _id: str, _props: Any) -> None:
        cloud.log("delete", _id, shown(_props))
        if Path(os.environ["FAILDEL"]).exists():
            raise RuntimeError("boom-delete")
        cloud.remove(_id)


class Thing(Resource, module="mock", name="Thing"):
    """A thing."""

    arn: pulumi.Output[str]
    size: pulumi.Output[float]
    up: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        name: str,
        size: float,
        up: pulumi.Input[str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **more: Any,
    ) -> None:
        inputs = {"name": name, "size": size, "up": up, "secret": None, "arn": None, **more}
        super().__init__(ThingProvider(), resource_name, inputs, opts)


class LookedUpThing(Resource):
    """A thing that is there already."""

    def __init__(self, resource_name: str, id: str) -> None:
        nothing = {"name": None, "size": None, "arn": None}
        super().__init__(ThingProvider(), resource_name, nothing, pulumi.ResourceOptions(id=id))
