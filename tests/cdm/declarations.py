"""What the tests declare: two links, and a job from one to the other."""

from __future__ import annotations

from typing import Any

CLUSTER = "embedded"
CANARY = "canary-5up3r-s3cret"

MYSQL: dict[str, Any] = {
    "cluster_id": CLUSTER,
    "name": "mysql",
    "connector": "generic-jdbc-connector",
    "config": {
        "databaseType": "MYSQL",
        "host": "10.120.205.30",
        "port": 3306,
        "database": "orders",
        "username": "cdm",
        "useSSL": False,
        "jdbcProperties": {"socketTimeout": 600},
    },
    "secrets": {"password": CANARY},
}
FILES: dict[str, Any] = {
    "cluster_id": CLUSTER,
    "name": "files",
    "connector": "obs-connector",
    "config": {"server": "obs.example.com", "port": 443, "accessKey": "AKEXAMPLE"},
    "secrets": {"securityKey": CANARY},
}
ORDERS: dict[str, Any] = {
    "cluster_id": CLUSTER,
    "name": "orders",
    "from_connector": "generic-jdbc-connector",
    "from_link": "mysql",
    "to_connector": "obs-connector",
    "to_link": "files",
    "from_config": {"useSql": False, "schemaName": "shop", "tableName": "orders", "columnList": "id&amount"},
    "to_config": {"bucketName": "landing", "outputDirectory": "/orders/", "outputFormat": "CSV_FILE"},
    "driver_config": {"throttlingConfig": {"numExtractors": 2}},
}


def changed(declared: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return a declaration with other fields; a dict is laid over the one that is there, and None takes away."""
    result = dict(declared)
    for name, value in fields.items():
        if isinstance(value, dict):
            result[name] = {**result.get(name, {}), **value}
        else:
            result[name] = value
    return {name: value for name, value in result.items() if value is not None}
