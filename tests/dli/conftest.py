"""A session with an empty embedded cloud, and a bundle of Flink jobs to edit."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from pulumi_dataarts.dli import api
from pulumi_dataarts.dli.archive import build, load
from pulumi_dataarts.huawei import objects
from tests.lives import open_at

if TYPE_CHECKING:
    from pathlib import Path

    from pulumi_dataarts.dli.wire import FlinkJob
    from pulumi_dataarts.huawei.session import Session
    from pulumi_dataarts.simulator.testing import RunningCloud

IMPORT = "*/streaming/jobs/import"
ZIP_FILE = "lake/flink/orders.zip"


@dataclass
class Bundle:
    """A source directory, and the archive of it in OBS."""

    folder: Path
    session: Session

    def job(self, name: str, *, sql: str = "INSERT INTO sink SELECT * FROM source", **body: Any) -> None:
        """Write a job; `sql` beside it."""
        jobs = self.folder / "jobs"
        jobs.mkdir(exist_ok=True)
        settings = {"queue_name": "default", "run_mode": "exclusive_cluster", "job_type": "flink_sql_job", **body}
        (jobs / f"{name}.json").write_text(json.dumps(settings))
        (jobs / f"{name}.sql").write_text(sql)

    def drop(self, name: str) -> None:
        """Remove a job."""
        for suffix in ("json", "sql"):
            (self.folder / "jobs" / f"{name}.{suffix}").unlink()

    def upload(self, zip_file: str = ZIP_FILE) -> None:
        """Put the archive of what is there to where it is imported from."""
        bucket, _, key = zip_file.partition("/")
        objects.put(self.session, bucket, key, build(load(self.folder).jobs))

    def arguments(self, **others: Any) -> dict[str, Any]:
        """Upload, and return the arguments of an import."""
        self.upload()
        return {"zip_file": ZIP_FILE, "archive": str(self.folder), **others}


@pytest.fixture(scope="session")
def opened(cloud: RunningCloud) -> tuple[Session, list[str]]:
    """One session for all tests, since boto3 takes its time to begin; and what it tells people."""
    told: list[str] = []
    return open_at(cloud, told), told


@pytest.fixture
def said(opened: tuple[Session, list[str]]) -> list[str]:
    """What the session told people in this test."""
    opened[1].clear()
    return opened[1]


@pytest.fixture
def session(cloud: RunningCloud, opened: tuple[Session, list[str]]) -> Session:
    """A session with a cloud that holds nothing but the bucket `lake`."""
    cloud.reset()
    opened[0].obs().create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": "cn-north-4"})
    return opened[0]


@pytest.fixture
def bundle(session: Session, tmp_path: Path) -> Bundle:
    """Two jobs, `orders` and `payments`."""
    made = Bundle(tmp_path, session)
    made.job("orders", cu_number=4, checkpoint_mode=2, tags=[{"key": "team", "value": "lake"}])
    made.job("payments", desc="Zahlungen")
    return made


def jobs_in(session: Session) -> dict[str, FlinkJob]:
    """Return what stands in the cloud, by name."""
    return {job.name: job for job in api.list_jobs(session)}


def settle(cloud: RunningCloud) -> None:
    """Let everything that is under way come to its end."""
    cloud.advance(5)


def start(session: Session, cloud: RunningCloud, *names: str) -> None:
    """Run jobs by hand."""
    jobs = jobs_in(session)
    api.run_jobs(session, [jobs[name].job_id for name in names], resume_savepoint=False)
    settle(cloud)


def imports(cloud: RunningCloud) -> int:
    """Return how many imports were asked for."""
    return sum(asked.path.endswith("/jobs/import") for asked in cloud.requests())
