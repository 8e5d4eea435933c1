"""Cloud Data Migration: links, jobs, and runs of jobs."""

from pulumi_dataarts.cdm.job import Job
from pulumi_dataarts.cdm.job_run import JobRun
from pulumi_dataarts.cdm.link import Link

__all__ = ["Job", "JobRun", "Link"]
