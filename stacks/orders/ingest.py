"""From MySQL to the landing bucket: two links, three jobs, and one run of the first."""

from __future__ import annotations

import pulumi

from orders.lake import Lake
from orders.settings import Settings
from pulumi_dataarts import cdm

JDBC = "generic-jdbc-connector"
OBS = "obs-connector"


class Ingest(pulumi.ComponentResource):
    """A full load (run once), an incremental load every night, and a copy of the whole shop database."""

    def __init__(self, name: str, settings: Settings, lake: Lake, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("orders:index:Ingest", name, {}, opts)
        self.settings = settings
        self.lake = lake
        self.shop = self.shop_link()
        self.obs = self.obs_link()
        self.full = self.job(
            "orders_full", {"useSql": False, "schemaName": "shop", "tableName": "orders"}, "orders/full/"
        )
        self.incremental = self.job(
            "orders_incremental",
            {
                "useSql": False,
                "schemaName": "shop",
                "tableName": "orders",
                "whereClause": "updated_at >= '${dateformat(yyyy-MM-dd,-1,DAY)}'",
            },
            "orders/daily/",
            schedule={
                "isSchedulerJob": True,
                "cycleType": "day",
                "cycle": 1,
                "startDate": "2026-01-01 01:30:00",
            },
        )
        self.whole_shop = self.job(
            "shop_database",
            {"useSql": False, "schemaName": "shop", "tableName": "*"},
            "shop/",
            job_type="BATCH_JOB",
        )
        self.first_load = cdm.JobRun(
            "first-load",
            cluster_id=settings.cluster,
            job_name=self.full.name,
            triggers={"fullLoad": settings.full_load},
            wait=True,
            deadline_s=3600,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})

    def shop_link(self) -> cdm.Link:
        """The shop's MySQL database, read with an account that may only read."""
        return cdm.Link(
            "shop",
            cluster_id=self.settings.cluster,
            name="shop_mysql",
            connector=JDBC,
            config={
                "databaseType": "MYSQL",
                "host": self.settings.mysql_host,
                "port": 3306,
                "database": "shop",
                "username": self.settings.mysql_user,
                "useSSL": True,
            },
            secrets={"password": self.settings.mysql_password},
            opts=pulumi.ResourceOptions(parent=self),
        )

    def obs_link(self) -> cdm.Link:
        """The lake's OBS account."""
        return cdm.Link(
            "obs",
            cluster_id=self.settings.cluster,
            name="orders_obs",
            connector=OBS,
            config={
                "storageType": "OBS",
                "server": self.settings.obs_server,
                "port": 443,
                "accessKey": self.settings.obs_access_key,
            },
            secrets={"securityKey": self.settings.obs_secret_key},
            opts=pulumi.ResourceOptions(parent=self),
        )

    def job(
        self,
        name: str,
        source: dict[str, object],
        directory: str,
        *,
        job_type: str = "NORMAL_JOB",
        schedule: dict[str, object] | None = None,
    ) -> cdm.Job:
        """Declare a job from the shop to a directory of the landing bucket. Declaring it never starts it."""
        return cdm.Job(
            name.replace("_", "-"),
            cluster_id=self.settings.cluster,
            name=name,
            job_type=job_type,
            from_connector=JDBC,
            from_link=self.shop.name,
            from_config=source,
            to_connector=OBS,
            to_link=self.obs.name,
            to_config={
                "bucketName": self.lake.landing.bucket,
                "outputDirectory": directory,
                "outputFormat": "CSV_FILE",
                "duplicateFileOpType": "REPLACE",
            },
            driver_config={
                "throttlingConfig": {"numExtractors": 2, "recordDirtyData": False},
                "schedulerConfig": schedule or {"isSchedulerJob": False},
                "groupJobConfig": {"groupName": "orders"},
            },
            opts=pulumi.ResourceOptions(parent=self),
        )
