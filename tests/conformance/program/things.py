import os, time, uuid, pulumi
from pulumi.dynamic import *
import cloudmock as cm
from pulumi.output import Unknown


def short(d):
    return {k: ("UNKNOWN" if isinstance(v, Unknown) else v) for k, v in d.items() if k != "__provider"}


class ThingProvider(ResourceProvider):
    serialize_as_secret_always = False

    def configure(self, req):
        self.cfg = req.config
        cm.log("configure", req.config.get("region"))

    def check(self, olds, news):
        cm.log("check", short(olds), short(news))
        f = [CheckFailure("size", "must be >=0")] if isinstance(news.get("size"), float) and news["size"] < 0 else []
        return CheckResult({**news, "dflt": news.get("dflt", "x")}, f)

    def diff(self, id, olds, news):
        cm.log("diff", id, short(olds), short(news))
        keys = ("name", "size", "up", "dflt", "secret", "failupd", "fail")
        ch = [k for k in keys if olds.get(k) != news.get(k)]
        return DiffResult(
            changes=bool(ch), replaces=[k for k in ch if k == "name"], delete_before_replace=bool(news.get("dbr"))
        )

    def create(self, props):
        cm.log("create", short(props))
        time.sleep(float(os.environ.get("MOCK_SLEEP", "0")))
        if props.get("fail"):
            raise Exception("boom")
        if props.get("slow"):
            time.sleep(props["slow"])
        i = "t-" + uuid.uuid4().hex[:8]
        cm.put(i, short(props))
        return CreateResult(i, {**props, "arn": "arn:" + i})

    def update(self, id, olds, news):
        cm.log("update", id, short(news))
        if news.get("failupd"):
            raise Exception("boom-update")
        cm.put(id, short(news))
        return UpdateResult({**news, "arn": olds["arn"]})

    def read(self, id, props):
        cm.log("read", id, short(props))
        d = cm.get(id)
        if d is None:
            return ReadResult("", {})
        return ReadResult(id, {**props, **d}, None)

    def delete(self, id, props):
        cm.log("delete", id, short(props))
        if os.path.exists(os.environ.get("FAILDEL", "does-not-exist")):
            raise Exception("boom-delete")
        cm.rm(id)


class Thing(Resource, module="mock", name="Thing"):
    arn: pulumi.Output[str]
    size: pulumi.Output[float]
    up: pulumi.Output[str]

    def __init__(self, rn, name, size, up=None, secret=None, opts=None, **kw):
        super().__init__(
            ThingProvider(), rn, {"name": name, "size": size, "up": up, "secret": secret, "arn": None, **kw}, opts
        )
