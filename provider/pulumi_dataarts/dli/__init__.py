"""Data Lake Insight: Flink jobs, imported from archives and run."""

from pulumi_dataarts.dli.archive import pack
from pulumi_dataarts.dli.job_import import FlinkJobImport
from pulumi_dataarts.dli.job_run import FlinkJobRun

__all__ = ["FlinkJobImport", "FlinkJobRun", "pack"]
