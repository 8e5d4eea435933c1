"""The Object Storage Service: buckets, and objects in them."""

from pulumi_dataarts.obs.bucket import Bucket
from pulumi_dataarts.obs.object import Object

__all__ = ["Bucket", "Object"]
