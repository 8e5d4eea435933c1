"""What listens to the shop: the Flink SQL jobs."""

from __future__ import annotations

import pulumi

from orders.lake import Lake
from orders.settings import Settings
from pulumi_dataarts import dli, obs


class Streams(pulumi.ComponentResource):
    """The Flink jobs of flink/orders, imported from one archive."""

    def __init__(self, name: str, settings: Settings, lake: Lake, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("orders:index:Streams", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        archive = dli.pack("flink/orders")
        self.archive = obs.Object(
            "archive", bucket=lake.releases.bucket, key="flink/orders.zip", source=archive, opts=child
        )
        self.jobs = dli.FlinkJobImport(
            "jobs",
            zip_file=pulumi.Output.concat(self.archive.bucket, "/", self.archive.key),
            archive=archive,
            is_cover=True,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.archive]),
        )
        self.register_outputs({})
