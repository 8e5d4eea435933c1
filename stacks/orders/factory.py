"""What runs every day and all the time: the bundle of DataArts Factory jobs, and the export of one of them."""

from __future__ import annotations

import pulumi

from orders.ingest import Ingest
from orders.lake import Lake
from orders.settings import Settings
from pulumi_dataarts import dlf


class Factory(pulumi.ComponentResource):
    """The jobs, scripts and resource of bundles/orders, imported as they stand in the sources."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        lake: Lake,
        ingest: Ingest,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("orders:index:Factory", name, {}, opts)
        self.jobs = dlf.JobImport(
            "jobs",
            path=pulumi.Output.concat("obs://", lake.releases.bucket, "/factory/orders.zip"),
            bundle="bundles/orders",
            workspace=settings.workspace,
            same_name_policy="OVERWRITE",
            opts=pulumi.ResourceOptions(parent=self, depends_on=[ingest.incremental]),
        )
        self.export = dlf.JobExport(
            "daily-export",
            job_name="orders_daily",
            workspace=settings.workspace,
            destination=pulumi.Output.concat("obs://", lake.releases.bucket, "/exports/orders_daily.zip"),
            triggers={"export": settings.export},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.jobs]),
        )
        self.register_outputs({})
