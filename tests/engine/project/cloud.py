"""A provider of things that are files in a folder, as told by their inputs: to fail, to wait, to die, to print."""

from __future__ import annotations

import json
import os
import sys
import time
import uuid
from pathlib import Path

import pulumi
from pulumi.dynamic import CheckResult, CreateResult, DiffResult, ReadResult, Resource, ResourceProvider, UpdateResult

CLOUD = Path(os.environ["CLOUD"])


class DeniedError(Exception):
    """An error that says with which exit code a command should end."""

    exit_code = 3


ERRORS = {"key": KeyError, "denied": DeniedError}


class Explained(DiffResult):
    """A diff with words for people."""

    def __init__(self, changed: list[str]) -> None:
        super().__init__(changes=bool(changed), replaces=[key for key in changed if key == "key"])
        self.paths = {f"{key}": "update-replace" if key == "key" else "update" for key in changed}
        self.effects = ["stops the thing"] if changed else []
        self.reasons = ["its key names it"] if "key" in changed else []


class ThingProvider(ResourceProvider):
    """Pickled by reference."""

    serialize_as_secret_always = False

    def __reduce__(self):
        return type(self), ()

    def configure(self, req) -> None:
        (CLOUD / "config.json").write_text(json.dumps({"region": req.config.get("region"), "pid": os.getpid()}))

    def check(self, _olds, news) -> CheckResult:
        return CheckResult(news, [])

    def diff(self, _id, _olds, _news) -> Explained:
        return Explained([key for key in _news if key != "__provider" and _olds.get(key) != _news[key]])

    def create(self, props) -> CreateResult:
        if "say" in props:
            print(props["say"], flush=True)
        if props.get("fail"):
            raise ERRORS.get(props["fail"], ValueError)(props["fail"])
        if "fail_until" in props and not (CLOUD / props["fail_until"]).exists():
            raise ValueError("not yet")
        if props.get("die"):
            os._exit(3)
        (CLOUD / f"begun-{props['name']}").touch()
        while "until" in props and not (CLOUD / props["until"]).exists():
            time.sleep(0.01)
        id = f"{props['name']}-{uuid.uuid4().hex[:6]}"
        (CLOUD / id).write_text(json.dumps({key: repr(value) for key, value in props.items()}))
        return CreateResult(id, {**props, "arn": f"arn:{id}"})

    def update(self, _id, _olds, _news) -> UpdateResult:
        return UpdateResult({**_news, "arn": _olds["arn"]})

    def read(self, id_, props) -> ReadResult:
        if not (CLOUD / id_).exists():
            return ReadResult("", {})
        found = (CLOUD / id_).read_text()
        if "name" in props or not found:
            return ReadResult(id_, props)
        return ReadResult(id_, {**json.loads(found), "arn": f"arn:{id_}"}, json.loads(found))

    def delete(self, _id, _props) -> None:
        (CLOUD / _id).unlink(missing_ok=True)


class Thing(Resource, module="test", name="Thing"):
    """A file in the folder."""

    arn: pulumi.Output[str]

    def __init__(self, resource_name: str, opts: pulumi.ResourceOptions | None = None, **inputs) -> None:
        super().__init__(ThingProvider(), resource_name, {"name": resource_name, "arn": None, **inputs}, opts)


if "pytest" in sys.modules:
    raise RuntimeError("this belongs into the processes of a run")
