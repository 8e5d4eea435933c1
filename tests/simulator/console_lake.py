"""A lake that the console's tests look at: something in every state, asked for in the services' own words."""

from __future__ import annotations

import json
from typing import Any

from pulumi_dataarts.simulator.http import Answer, Request
from pulumi_dataarts.simulator.s3 import S3Request
from tests.simulator import cdm_calls
from tests.simulator.conftest import TOKEN_REQUEST

PASSWORD = "canary-5up3r"
SESSIONS_SQL = f"""-- One row for each visit of a customer.
CREATE TABLE clicks (
    customer_id BIGINT,
    clicked_at TIMESTAMP(3),
    WATERMARK FOR clicked_at AS clicked_at - INTERVAL '10' SECOND
) WITH ('connector' = 'kafka', 'topic' = 'clicks', 'properties.password' = '{PASSWORD}');

INSERT INTO sessions
SELECT customer_id, SESSION_START(clicked_at, INTERVAL '30' MINUTE), COUNT(*)
FROM clicks
GROUP BY customer_id, SESSION(clicked_at, INTERVAL '30' MINUTE);
"""
TOTALS_SQL = """INSERT OVERWRITE TABLE orders_lake.daily_totals PARTITION (order_day = '${day}')
SELECT
    shop_id,
    currency,
    count(*) AS orders,
    sum(CASE WHEN status = 'CANCELLED' THEN amount ELSE 0 END) AS cancelled
FROM orders_lake.orders
WHERE order_day = '${day}'
GROUP BY shop_id, currency;
"""
# Node, kind, what it follows, what it runs.
DAILY = (
    ("begin", "Dummy", [], {}),
    ("load_increment", "CDMJob", ["begin"], {"clusterName": "cdm-embedded", "jobName": "orders_incremental"}),
    ("load_customers", "CDMJob", ["begin"], {"clusterName": "cdm-embedded", "jobName": "customers_full"}),
    ("fetch_rates", "RESTAPI", ["begin"], {"url": "https://rates.example.com", "apiToken": PASSWORD}),
    ("clean", "DLISQL", ["load_increment"], {"scriptName": "orders_clean", "scriptArgs": f"--password={PASSWORD}"}),
    ("aggregate", "DLISQL", ["clean", "fetch_rates"], {"scriptName": "orders_daily_totals"}),
    ("check", "DLISQL", ["clean", "load_customers"], {"scriptName": "orders_quality"}),
    ("publish", "OBSManager", ["aggregate", "check"], {"path": "obs://orders-lake/published"}),
    ("done", "Dummy", ["publish", "begin"], {}),
)  # fmt: skip


class Caller:
    """Calls a cloud in this process with a token; whatever it asks for must be granted."""

    def __init__(self, cloud: Any) -> None:
        self.cloud = cloud
        self._kernel = cloud._cloud
        answer = self._answer("POST", "/v3/auth/tokens", TOKEN_REQUEST)
        self._token = {"x-auth-token": answer.headers["X-Subject-Token"]}

    _token: dict[str, str] = {}

    def send(self, method: str, path: str, body: Any = None, workspace: str = "dev") -> Any:
        """Return the body of the answer."""
        answer = self._answer(method, path, body, workspace=workspace)
        assert answer.status < 300, (path, answer)
        return answer.body

    def put_object(self, bucket: str, key: str = "", content: bytes = b"") -> None:
        """Create a bucket, or an object in it."""
        answer = self._kernel.s3.call(S3Request("PUT", f"/{bucket}/{key}".rstrip("/"), {}, content))
        assert answer.status < 300, (bucket, key, answer)

    def link(self, name: str, connector: str = "generic-jdbc-connector", **inputs: Any) -> None:
        """Create a CDM link."""
        self.send("POST", f"{cdm_calls.BASE}/link", cdm_calls.link(name, connector, **inputs))

    def job(self, name: str, **fields: Any) -> None:
        """Create a CDM job from `mysql` to `files`."""
        made = self.send("POST", f"{cdm_calls.BASE}/job", cdm_calls.job(name, **fields))
        assert made["validation-result"] == [], made

    def run(self, name: str) -> None:
        """Start a CDM job."""
        self.send("PUT", f"{cdm_calls.BASE}/job/{name}/start")

    def script(self, name: str, content: str = TOTALS_SQL, kind: str = "DLISQL", **fields: Any) -> None:
        """Create a script."""
        self.send("POST", "/v1/embedded/scripts", {"name": name, "type": kind, "content": content, **fields})

    def factory_job(self, name: str, nodes: Any = DAILY, **fields: Any) -> None:
        """Create a job of DataArts Factory."""
        body = {"name": name, "processType": "BATCH", "schedule": {"type": "EXECUTE_ONCE"}, **fields}
        self.send("POST", "/v1/embedded/jobs", {**body, "nodes": [_node(*node) for node in nodes]})

    def flink_job(self, name: str, sql: str = SESSIONS_SQL, **fields: Any) -> int:
        """Create a Flink job and return its id."""
        body = {"name": name, "sql_body": sql, "queue_name": "default", "cu_number": 4, **fields}
        return int(self.send("POST", "/v1.0/embedded/streaming/sql-jobs", body)["job"]["job_id"])

    def run_flink(self, job_id: int) -> None:
        """Run a Flink job."""
        self.send("POST", "/v1.0/embedded/streaming/jobs/run", {"job_ids": [job_id]})

    def _answer(self, method: str, path: str, body: Any = None, workspace: str = "dev") -> Answer:
        content = b"" if body is None else json.dumps(body).encode()
        plain, _, query = path.partition("?")
        headers = {**self._token, "workspace": workspace}
        answer: Answer = self._kernel.answer(Request(method, plain, {}, headers, content, raw_query=query))
        return answer


def fill(cloud: Any) -> Caller:
    """Fill a cloud with a lake that has something in every state, and stop its clock there."""
    cloud.freeze()
    caller = Caller(cloud)
    _fill_buckets(caller)
    _fill_cdm(caller)
    _fill_factory(caller)
    _fill_flink(caller)
    cloud.advance(95)
    caller.run("orders_backfill")
    caller.run("orders_incremental")
    cloud.fault("throttle", method="GET", path="*/cdm/job", times=2, retry_after=1)
    cloud.fault("latency", service="obs", seconds=0.5, times=-1)
    caller._answer("GET", f"{cdm_calls.BASE}/job")
    caller._answer("GET", f"{cdm_calls.BASE}/job/gone")
    cloud.advance(0.2)
    return caller


def _node(name: str, kind: str, follows: list[str], properties: dict[str, str]) -> Any:
    listed = [{"name": key, "value": value} for key, value in properties.items()]
    place = {"x": "0", "y": "0"}
    return {"name": name, "type": kind, "location": place, "preNodeName": follows, "properties": listed}


def _fill_buckets(caller: Caller) -> None:
    for bucket in ("orders-raw", "orders-lake", "orders-releases"):
        caller.put_object(bucket)
    for day in range(1, 13):
        caller.put_object("orders-raw", f"orders/2026-11-{day:02}/part-0.csv", b"id,amount\n" * 40 * day)
    caller.put_object("orders-lake", "published/orders.parquet", b"PAR1" * 900)


def _fill_cdm(caller: Caller) -> None:
    caller.link("mysql")
    caller.link("files", "obs-connector", **cdm_calls.OBS)
    caller.link(
        "crm", host="crm.example.com", port="5432", databaseType="POSTGRESQL", username="cdm", password=PASSWORD
    )
    for name in ("orders_incremental", "orders_backfill", "customers_full", "payments_hourly", "refunds_hourly"):
        caller.job(name)
    for name in ("shops_full", "currencies_full", "stock_levels"):
        caller.job(name)
    caller.job("legacy_export", enabled=False)
    for name in ("customers_full", "payments_hourly", "shops_full", "currencies_full"):
        caller.run(name)
        caller.cloud.advance(61)
    caller.cloud.fault("task-fails", task="refunds_hourly", message="Cdm.0420: The source shop.refunds does not exist.")
    caller.run("refunds_hourly")


def _fill_factory(caller: Caller) -> None:
    for name in ("orders_clean", "orders_daily_totals", "orders_quality"):
        caller.script(name, directory="/orders", description="Runs every night.")
    cron = {"startTime": "2026-01-01T00:00:00+08", "expression": "0 30 2 * * ?", "expressionTimeZone": "Asia/Shanghai"}
    params = [{"name": "day", "value": '#{DateUtil.format(Job.planTime,"yyyy-MM-dd")}', "type": "variable"}]
    params += [{"name": "mail_password", "value": PASSWORD, "type": "constants"}]
    nightly = {"directory": "/orders", "schedule": {"type": "CRON", "cron": cron}, "params": params}
    caller.factory_job("orders_daily", **nightly)
    caller.factory_job("customers_weekly", DAILY[:1])
    caller.factory_job("orders_live", DAILY[:1], processType="REAL_TIME", directory="/orders")
    for name in ("orders_daily", "orders_live"):
        caller.send("POST", f"/v1/embedded/jobs/{name}/start", {})
    caller.send("POST", "/v1/embedded/jobs/orders_daily/run-immediate", {})
    caller.cloud.advance(180)
    caller.cloud.fault("task-fails", task="customers_weekly", message="The node begin ran out of time.")
    caller.send("POST", "/v1/embedded/jobs/customers_weekly/run-immediate", {})
    caller.send("POST", "/v1/embedded/jobs/orders_daily/run-immediate", {})
    resource = {"name": "currency_rates", "type": "file", "location": "obs://orders-lake/rates.csv"}
    caller.send("POST", "/v1/embedded/resources", {**resource, "directory": "/orders"})


def _fill_flink(caller: Caller) -> None:
    caller.run_flink(caller.flink_job("orders_sessions", desc="Shopping sessions, closed after thirty quiet minutes."))
    caller.flink_job("orders_alerts")
    caller.cloud.fault("task-fails", task="fraud_scores", moment="before", message="The queue has no room for 4 CUs.")
    caller.run_flink(caller.flink_job("fraud_scores"))
