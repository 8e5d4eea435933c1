"""DataArts Factory (DLF): bundles of jobs, imported and exported, runs of jobs, and single scripts."""

from pulumi_dataarts.dlf.job_export import JobExport
from pulumi_dataarts.dlf.job_import import JobImport
from pulumi_dataarts.dlf.job_run import JobRun
from pulumi_dataarts.dlf.script import Script
from pulumi_dataarts.dlf.source import pack

__all__ = ["JobExport", "JobImport", "JobRun", "Script", "pack"]
