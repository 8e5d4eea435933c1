"""The Object Storage Service: buckets, objects in them, and checks that objects are there."""

from pulumi_dataarts.obs.bucket import Bucket
from pulumi_dataarts.obs.object import Object
from pulumi_dataarts.obs.object_check import ObjectCheck

__all__ = ["Bucket", "Object", "ObjectCheck"]
