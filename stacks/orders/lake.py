"""Where the data lies: three buckets."""

from __future__ import annotations

import pulumi

from orders.settings import Settings
from pulumi_dataarts import obs


class Lake(pulumi.ComponentResource):
    """`landing` for raw files (thirty days), `lake` for tables, `releases` for bundles and exports."""

    def __init__(self, name: str, settings: Settings, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("orders:index:Lake", name, {}, opts)
        self.settings = settings
        self.landing = self.bucket(
            "landing",
            lifecycle_rules=[{"id": "expire-raw-files", "prefix": "orders/", "enabled": True, "expiration_days": 30}],
        )
        self.lake = self.bucket("lake", versioning=True)
        self.releases = self.bucket("releases", versioning=True)
        self.register_outputs({})

    def bucket(self, purpose: str, **arguments: object) -> obs.Bucket:
        """Declare the bucket `<prefix>-<purpose>`."""
        return obs.Bucket(
            purpose,
            bucket=f"{self.settings.prefix}-{purpose}",
            tags={"pipeline": "orders", "purpose": purpose},
            force_destroy=self.settings.disposable,
            opts=pulumi.ResourceOptions(parent=self),
            **arguments,
        )
