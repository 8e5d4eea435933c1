"""Plans to draw: one with everything in it, an empty one, one with hostile names, and large ones."""

from __future__ import annotations

from pulumi_dataarts.model.plans import (
    FieldChange,
    Plan,
    Revision,
    Scope,
    StateMark,
    Step,
    TextChange,
    Violation,
)

ROOT = "urn:pulumi:staging::orders-lake::pulumi:pulumi:Stack::orders-lake-staging"
LAKE = "urn:pulumi:staging::orders-lake::orders:index:Lake::lake"
SECRET = {"secret": True, "fingerprint": "5d41402abc4b2a76"}

OLD_SQL = """\
INSERT OVERWRITE TABLE orders_lake.daily_totals PARTITION (order_day = '${day}')
SELECT
    shop_id,
    currency,
    count(*) AS orders,
    sum(amount) AS turnover
FROM orders_lake.orders
WHERE order_day = '${day}'
GROUP BY shop_id, currency;
"""
NEW_SQL = """\
INSERT OVERWRITE TABLE orders_lake.daily_totals PARTITION (order_day = '${day}')
SELECT
    shop_id,
    currency,
    count(DISTINCT order_id) AS orders,
    sum(amount) AS turnover,
    sum(CASE WHEN status = 'CANCELLED' THEN amount ELSE 0 END) AS cancelled
FROM orders_lake.orders
WHERE order_day = '${day}'
GROUP BY shop_id, currency;
"""


def urn(type: str, name: str) -> str:
    return f"urn:pulumi:staging::orders-lake::orders:index:Lake$pulumi-python:dynamic/{type}::{name}"


def step(type: str, name: str, op: str, **fields: object) -> Step:
    values: dict[str, object] = {"urn": urn(type, name), "type": type, "name": name, "op": op, "parent": LAKE, **fields}
    return Step.model_validate(values)


def plan(*steps: Step, **fields: object) -> Plan:
    values: dict[str, object] = {
        "tool": "dataarts 0.1.0",
        "sdk": "pulumi 3.272.0",
        "made": "2026-11-20T15:40:12Z",
        "operation": "preview",
        "project": "orders-lake",
        "stack": "staging",
        "revision": Revision(commit="9f3c1ab0de114ff08af4b2ae0fbe4dfb1d0a7e55"),
        "state": StateMark(digest="ab" * 32, serial=41),
        "scope": Scope(),
        "steps": list(steps),
        **fields,
    }
    return Plan.model_validate(values).sealed()


EMPTY = plan(
    step("obs:Bucket", "raw-zone", "same"),
    step("cdm:Link", "mysql-link", "same", depends_on=[urn("obs:Bucket", "raw-zone")]),
)

EVERYTHING = plan(
    Step(urn=ROOT, type="pulumi:pulumi:Stack", name="orders-lake-staging", op="same"),
    Step(urn=LAKE, type="orders:index:Lake", name="lake", op="same", parent=ROOT),
    step(
        "obs:Bucket",
        "raw-zone",
        "update",
        because=["changed outside: versioning", "will be set back"],
        causes=["drift"],
        hazards=["overwrites an outside edit"],
        drift=[FieldChange(path="versioning", kind="update", old="Enabled", new="Suspended")],
        fields=[FieldChange(path="versioning", kind="update", old="Suspended", new="Enabled")],
        source="stacks/orders/lake.py:21",
    ),
    step("obs:Bucket", "releases", "same"),
    step("cdm:Link", "mysql-link", "same"),
    step(
        "cdm:Link",
        "obs-link",
        "update",
        because=["secrets.securityKey"],
        causes=["declared"],
        fields=[FieldChange(path="secrets.securityKey", kind="update", old=SECRET, new={**SECRET, "fingerprint": "1"})],
        source="stacks/orders/ingest.py:74",
    ),
    step(
        "cdm:Job",
        "load-orders",
        "replace",
        because=["toLinkName cannot be changed in place", "to_link, driver_config.throttling.extractors"],
        causes=["replaces"],
        effects=["stops a running job"],
        hazards=["replaces", "stops a job"],
        fields=[
            FieldChange(path="to_link", kind="update", old="obs-raw", new="obs-raw-v2", replaces=True),
            FieldChange(path="driver_config.throttling.extractors", kind="update", old=4, new=8),
        ],
        depends_on=[urn("cdm:Link", "mysql-link"), urn("cdm:Link", "obs-link"), urn("obs:Bucket", "raw-zone")],
        source="stacks/orders/ingest.py:94",
    ),
    step(
        "cdm:JobRun",
        "first-load",
        "replace",
        because=["a trigger changed", "triggers.fullLoad"],
        causes=["replaces"],
        effects=["starts data movement: load_orders"],
        hazards=["replaces", "moves data"],
        fields=[FieldChange(path="triggers.fullLoad", kind="update", old="initial", new="again", replaces=True)],
        depends_on=[urn("cdm:Job", "load-orders")],
        source="stacks/orders/ingest.py:49",
    ),
    step(
        "dlf:JobImport",
        "orders-daily",
        "update",
        because=["jobs.orders_daily, scripts.orders_daily_totals"],
        causes=["declared"],
        effects=["takes job orders_daily off schedule for the time of the import"],
        fields=[
            FieldChange(path="jobs.orders_daily", kind="update", old="5988eec92baf", new="18070d6bee91"),
            FieldChange(path="scripts.orders_daily_totals", kind="update", old="e31e511b2ab5", new="8c3dc850a618"),
        ],
        texts=[
            TextChange(name="scripts/orders_daily_totals", old=OLD_SQL, new=NEW_SQL),
            TextChange(name="scripts/orders_quality", note="the text before is not at hand"),
        ],
        depends_on=[urn("cdm:Job", "load-orders"), urn("obs:Bucket", "releases")],
        source="stacks/orders/factory.py:25",
    ),
    step(
        "obs:Object",
        "stream-jar",
        "create",
        causes=["new"],
        fields=[
            FieldChange(path="bucket", kind="add", new="orders-staging-releases"),
            FieldChange(path="digest", kind="add", new="22ab" * 16),
            FieldChange(path="size", kind="add", new=4_312_004),
        ],
        depends_on=[urn("obs:Bucket", "releases")],
        source="stacks/orders/streams.py:19",
    ),
    step(
        "dli:FlinkJobRun",
        "orders-stream",
        "create",
        causes=["new"],
        hazards=["moves data"],
        fields=[
            FieldChange(path="job_name", kind="add", new="orders_stream"),
            FieldChange(path="job_id", kind="add", new={"unknown": True}),
        ],
        depends_on=[urn("obs:Object", "stream-jar")],
        source="stacks/orders/streams.py:30",
    ),
    step(
        "cdm:Job",
        "tmp-backfill",
        "delete",
        because=["no longer in the program"],
        causes=["removed"],
        hazards=["deletes"],
        depends_on=[urn("cdm:Link", "mysql-link")],
    ),
    step(
        "dlf:JobExport",
        "daily-export",
        "refresh",
        because=["gone from the cloud"],
        causes=["gone"],
    ),
    outputs={"raw_bucket": "orders-staging-raw", "jdbc_password": SECRET, "stream_job_id": {"unknown": True}},
    warnings=["load-orders: a job that ran 12 minutes ago is stopped"],
    violations=[
        Violation(policy="no-delete", text="tmp-backfill (cdm:Job): deletes", urn=urn("cdm:Job", "tmp-backfill"))
    ],
)

HOSTILE_NAMES = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</details></summary><h1>owned</h1>",
    "{{ 7 * 7 }}{% raw %}",
    "| a | b |\n| --- | --- |",
    "```\n# owned\n```",
    "--> <!-- dataarts:plan:other/prod -->",
    "@everyone [click](http://evil.example)",
    "\x1b[31mred\x1b[0m\x07",
    "\u202egnp.exe",
    "]]></system-out>",
    "a" * 300,
    "日本語のジョブ",
)
HOSTILE = plan(
    *(
        step(
            "cdm:Job",
            name,
            "replace",
            because=[name],
            effects=[name],
            hazards=["replaces"],
            source=name,
            fields=[FieldChange(path=name, kind="update", old=name, new=f"{name}!", replaces=True)],
            texts=[TextChange(name=name, old=name, new=f"{name}\n{name}")],
        )
        for name in HOSTILE_NAMES
    ),
    outputs={name: name for name in HOSTILE_NAMES},
    warnings=list(HOSTILE_NAMES),
    violations=[Violation(policy=name, text=name) for name in HOSTILE_NAMES],
)


def large(count: int, *, changed: int | None = None) -> Plan:
    """A stack of `count` jobs in chains of ten; `changed` of them change, every tenth of those is deleted."""
    changed = count if changed is None else changed
    return plan(*(_job(number, is_changed=number < changed) for number in range(count)))


def _job(number: int, *, is_changed: bool) -> Step:
    name = f"load-table-{number:04d}"
    on = [urn("cdm:Job", f"load-table-{number - 1:04d}")] if number % 10 else []
    if not is_changed:
        return step("cdm:Job", name, "same", depends_on=on)
    if number % 10 == 0:
        return step(
            "cdm:Job", name, "delete", because=["no longer in the program"], causes=["removed"], hazards=["deletes"]
        )
    return step(
        "cdm:Job",
        name,
        "update",
        because=["from_config.whereClause, driver_config.throttling.extractors"],
        causes=["declared"],
        effects=["waits for a running job to end"],
        fields=[
            FieldChange(
                path="from_config.whereClause", kind="update", old="updated_at > '2025'", new="updated_at > '2026'"
            ),
            FieldChange(path="driver_config.throttling.extractors", kind="update", old=4, new=8),
        ],
        depends_on=on,
        source=f"stacks/orders/tables.py:{number + 10}",
    )
