"""Things as files of a folder: `<name>~<id>` has what it was made of. A create adopts what has its name already.

The folder is $CLOUD. Its `.calls` has a line for each call that took effect, `.slow` how many seconds each one takes.
"""

import json
import os
import time
import uuid
from pathlib import Path

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, ResourceProvider, UpdateResult

CLOUD = Path(os.environ["CLOUD"])


def effect(line):
    with (CLOUD / ".calls").open("a") as calls:
        calls.write(f"{time.time()} {line}\n")
    time.sleep(float((CLOUD / ".slow").read_text()))


def put(id, props):
    unfinished = CLOUD / f".{id}"
    unfinished.write_text(json.dumps({"name": props["name"], "size": props["size"]}))
    unfinished.rename(CLOUD / id)


def seen(value):
    """Assets are objects that are never equal."""
    if isinstance(value, dict):
        return {key: seen(item) for key, item in value.items()}
    return seen(vars(value)) if isinstance(value, (pulumi.Asset, pulumi.Archive)) else value


class Provider(ResourceProvider):
    serialize_as_secret_always = False

    def __reduce__(self):
        return type(self), ()

    def diff(self, _id, olds, news):
        changed = [key for key in ("name", "size", "up") if seen(olds.get(key)) != seen(news.get(key))]
        return DiffResult(changes=bool(changed), replaces=[key for key in changed if key == "name"])

    def create(self, props):
        found = next(CLOUD.glob(f"{props['name']}~*"), None)
        id = found.name if found else f"{props['name']}~{uuid.uuid4().hex[:8]}"
        effect(f"{'adopt' if found else 'create'} {id}")
        put(id, props)
        return CreateResult(id, {**props, "arn": f"arn:{id}"})

    def update(self, id, olds, news):
        effect(f"update {id}")
        put(id, news)
        return UpdateResult({**news, "arn": olds["arn"]})

    def read(self, id, props):
        if not (CLOUD / id).exists():
            return ReadResult("", {})
        return ReadResult(id, {**props, **json.loads((CLOUD / id).read_text())})

    def delete(self, id, _props):
        effect(f"delete {id}")
        (CLOUD / id).unlink(missing_ok=True)


class Thing(Resource, module="test", name="Thing"):
    arn: pulumi.Output[str]

    def __init__(self, name, size, up=None, opts=None):
        super().__init__(Provider(), name, {"name": name, "size": size, "up": up, "arn": None}, opts)
