"""What really moves: rows of an embedded database into CSV objects; and what is only said to, by the settings."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_dataarts.simulator import databases
from pulumi_dataarts.simulator.databases import DatabaseError, Databases
from pulumi_dataarts.simulator.testing import running_cloud
from tests.simulator.cdm_calls import BASE, FROM_TABLE, MYSQL, OBS, TO_FILES, job, link, make_job, values
from tests.simulator.conftest import TOKEN_REQUEST
from tests.simulator.sdk import buckets
from tests.simulator.test_cdm_runs import COUNTERS, HERE

if TYPE_CHECKING:
    from pulumi_dataarts.simulator.testing import RunningCloud

ROWS = [(1, "red", 2.5), (2, "blue; pale", None), (3, 'say "x"', 0.0)]


def make_database(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(file) as database:
        database.execute("CREATE TABLE orders (id INTEGER, colour TEXT, price REAL)")
        database.executemany("INSERT INTO orders VALUES (?, ?, ?)", ROWS)
    database.close()


@pytest.fixture
def shop(http: httpx.Client, cloud: RunningCloud) -> httpx.Client:
    """A client of a cloud with a database `shop`, a link to it, and a bucket."""
    folder = Path(cloud.status.data) / "databases"
    (folder / "shop.sqlite").unlink(missing_ok=True)
    make_database(folder / "shop.sqlite")
    cloud.freeze()
    buckets(cloud).create_bucket(Bucket="landing")
    here = link("shop", **MYSQL | {"host": "embedded", "database": "shop"})
    assert http.post(f"{BASE}/link", json=here).status_code == 200
    assert http.post(f"{BASE}/link", json=link("files", "obs-connector", **HERE)).status_code == 200
    return http


def run(http: httpx.Client, cloud: RunningCloud, source: dict[str, str], **target: str) -> Any:
    fields = {
        "from-link-name": "shop",
        "from-config-values": values("fromJobConfig", FROM_TABLE | source),
        "to-config-values": values("toJobConfig", TO_FILES | target),
    }
    http.delete(f"{BASE}/job/orders")
    make_job(http, **fields)
    http.put(f"{BASE}/job/orders/start")
    cloud.advance(1)
    return http.get(f"{BASE}/job/orders/status").json()["submissions"][0]


def content(cloud: RunningCloud, key: str = "orders/orders.csv") -> str:
    text: str = buckets(cloud).get_object(Bucket="landing", Key=key)["Body"].read().decode()
    return text


def test_the_rows_of_a_table_become_a_csv_object_and_are_counted(shop: httpx.Client, cloud: RunningCloud) -> None:
    counters = run(shop, cloud, {})["counters"][COUNTERS]
    assert content(cloud) == '1,red,2.5\n2,blue; pale,\n3,say "x",0.0\n'
    assert (counters["ROWS_READ"], counters["ROWS_WRITTEN"], counters["FILES_WRITTEN"]) == (3, 3, 1)
    assert counters["BYTES_WRITTEN"] == len(content(cloud).encode())


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ({"whereClause": "price > 1"}, "1,red,2.5\n"),
        ({"columnList": "colour&id"}, 'red,1\nblue; pale,2\nsay "x",3\n'),
        ({"useSql": "true", "sql": "SELECT count(*), max(id) FROM orders"}, "3,3\n"),
        ({"whereClause": "id > 99"}, ""),
    ],
    ids=["where", "columns", "query", "nothing"],
)
def test_a_source_may_choose_rows_and_columns(
    shop: httpx.Client, cloud: RunningCloud, source: dict[str, str], expected: str
) -> None:
    assert run(shop, cloud, source)["status"] == "SUCCEEDED"
    assert content(cloud) == expected


def test_a_csv_object_is_written_as_the_job_says(shop: httpx.Client, cloud: RunningCloud) -> None:
    target = {"fieldSeparator": ";", "quoteChar": "true", "firstRowAsHeader": "true", "filePrefix": "day-"}
    run(shop, cloud, {"columnList": "id&colour"}, **target)
    lines = content(cloud, "orders/day-orders.csv").splitlines()
    assert lines == ['"id";"colour"', '"1";"red"', '"2";"blue; pale"', '"3";"say ""x"""']


@pytest.mark.parametrize(
    "source",
    [
        {"tableName": "gone"},
        {"columnList": "gone"},
        {"whereClause": "price >"},
        {"whereClause": "1) UNION SELECT 1, 2, 3 --"},
        {"useSql": "true", "sql": "DELETE FROM orders"},
        {"useSql": "true", "sql": "ATTACH DATABASE '/tmp/x.sqlite' AS x"},
        {"useSql": "true", "sql": "PRAGMA database_list"},
        {"useSql": "true", "sql": "SELECT 1; SELECT 2"},
        {"useSql": "true", "sql": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT * FROM n"},
    ],
)
def test_a_query_that_is_refused_fails_the_run(
    shop: httpx.Client, cloud: RunningCloud, source: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "_STEPS_MAX", 500)
    shown = run(shop, cloud, source)
    assert (shown["status"], shown["error-summary"][:8]) == ("FAILED", "Cdm.0902")
    assert run(shop, cloud, {})["counters"][COUNTERS]["ROWS_READ"] == 3


@pytest.mark.parametrize("database", ["gone", "../cloud", "/etc/passwd", "shop.sqlite/../../cloud", "a?mode=rwc"])
def test_a_link_to_a_database_that_is_not_there_does_not_work(http: httpx.Client, database: str) -> None:
    here = link("bad", **MYSQL | {"host": "embedded", "database": database})
    answer = http.post(f"{BASE}/link", json=here)
    assert answer.status_code == 500
    assert "validation-result" in answer.json()


def test_a_folder_is_a_database_with_a_schema_for_each_file(tmp_path: Path) -> None:
    make_database(tmp_path / "erp" / "sales.db")
    columns, rows = Databases(tmp_path).table("erp", "sales", "orders", ["id"], "")
    assert (columns, rows) == (["id"], [(1,), (2,), (3,)])
    with pytest.raises(DatabaseError, match="no database"):
        Databases(tmp_path).table("erp", "stock", "orders", [], "")


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    make_database(tmp_path / "outside.sqlite")
    inside = tmp_path / "databases"
    inside.mkdir()
    (inside / "door.sqlite").symlink_to(tmp_path / "outside.sqlite")
    with pytest.raises(DatabaseError):
        Databases(inside).query("door", "", "SELECT * FROM orders")


@given(st.text(st.sampled_from("./\\ab~:%?#\0 "), max_size=12), st.text(st.sampled_from("./ab"), max_size=6))
def test_no_name_leads_out_of_the_folder(database: str, schema: str) -> None:
    with pytest.raises(DatabaseError):
        Databases(Path(__file__).parent / "nowhere").query(database, schema, "SELECT 1")


def test_other_sources_move_what_the_settings_say_at_the_speed_they_say(tmp_path: Path) -> None:
    big = {"table_rows": {"shop.orders": 5000}, "row_bytes": 100, "bytes_per_s": 50_000}
    with running_cloud(tmp_path, rows=7, **big) as cloud:
        cloud.freeze()
        with httpx.Client(base_url=cloud.api) as http:
            token = http.post("/v3/auth/tokens", json=TOKEN_REQUEST).headers["X-Subject-Token"]
            http.headers["X-Auth-Token"] = token
            http.post(f"{BASE}/link", json=link("mysql"))
            http.post(f"{BASE}/link", json=link("files", "obs-connector", **OBS))
            make_job(http)
            small = {"from-config-values": values("fromJobConfig", FROM_TABLE | {"tableName": "small"})}
            http.post(f"{BASE}/job", json=job("small", **small))
            for name in ("orders", "small"):
                http.put(f"{BASE}/job/{name}/start")
            cloud.advance(5)
            shown = [http.get(f"{BASE}/job/{name}/status").json()["submissions"][0] for name in ("orders", "small")]
            assert [run["status"] for run in shown] == ["RUNNING", "SUCCEEDED"]
            assert shown[1]["counters"][COUNTERS]["ROWS_WRITTEN"] == 7
            cloud.advance(6)
            done = http.get(f"{BASE}/job/orders/status").json()["submissions"][0]
            assert (done["status"], done["counters"][COUNTERS]["BYTES_WRITTEN"]) == ("SUCCEEDED", 500_000)
