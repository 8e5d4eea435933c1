"""A typical mistake is answered by: what was being done to which resource, what the service said, what to do next."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pulumi_dataarts.cdm.job import JobProvider
from pulumi_dataarts.cdm.link import LinkProvider
from pulumi_dataarts.dlf import api as dlf
from pulumi_dataarts.dlf.job_import import JobImportProvider
from pulumi_dataarts.dli.job_import import FlinkJobImportProvider
from pulumi_dataarts.errors import AuthError, CloudError, ConfigError, NotFound, ProvisionError, Unreachable
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.obs.bucket import BucketProvider
from pulumi_dataarts.obs.object import ObjectProvider
from pulumi_dataarts.simulator.testing import RunningCloud
from tests.cdm.declarations import MYSQL, ORDERS, changed
from tests.dlf.samples import BUCKET, PATH, orders, upload, write_source
from tests.lives import Life, Mistaken

BROKEN = b"PK\x03\x04 broken"
NOWHERE = "http://127.0.0.1:9"
ANSWERED = r"\(HTTP \d{3}(, [A-Za-z.0-9]+)?, request [^)]+\)"


def elsewhere(session: Session, **settings: Any) -> Session:
    """The same cloud, called with other settings."""
    return Session(replace(session.settings, **settings), clock=session.clock, say=lambda _: None)


def unreachable(session: Session) -> Session:
    endpoints = replace(session.settings.endpoints, cdm=NOWHERE, obs=NOWHERE)
    return elsewhere(session, endpoints=endpoints)


def _archive(session: Session, content: bytes) -> None:
    session.obs().create_bucket(Bucket="lake")
    session.obs().put_object(Bucket="lake", Key="x.zip", Body=content)


Act = Callable[[Session, RunningCloud, Path], object]


def refused(path: str, service: str = "api") -> Act:
    """Have the gateway refuse a user who may not."""
    provider, declared = (BucketProvider, {"bucket": "lake-x"}) if service == "obs" else (LinkProvider, MYSQL)

    def act(session: Session, cloud: RunningCloud, _folder: Path) -> object:
        cloud.fault("status", status=403, service=service, path=path)
        return Life(provider, session).up(**declared)

    return act


# What is done; the error; what names the resource and the call; what the service answered, if it did; what to do next.
ANSWERS: dict[str, tuple[Act, type[ProvisionError], str, bool, str]] = {
    "a link that does not exist": (
        lambda session, *_: Life(JobProvider, session).up(**changed(ORDERS, from_link="typo")),
        NotFound, "CDM create job: job orders on cluster embedded: Link [typo]", True, "Declare the link",
    ),
    "a cluster that does not exist": (
        lambda session, *_: Life(LinkProvider, session).up(**changed(MYSQL, cluster_id="none")),
        CloudError, "CDM create link: link mysql on cluster none", True, "Check the cluster's id",
    ),
    "a workspace that does not exist": (
        lambda session, _, folder: (
            upload(session, orders()),
            Life(JobImportProvider, session).up(
                path=PATH, bundle=write_source(folder, orders()), workspace="nowhere"
            ),
        ),
        NotFound, "in workspace nowhere", True, "Check `workspace`, or `dataarts:workspace`",
    ),
    "a bucket that does not exist, for an object": (
        lambda session, *_: Life(ObjectProvider, session).up(bucket="nolake", key="k", content="x"),
        NotFound, "OBS put object: nolake/k", True, "Declare the bucket (`obs.Bucket`)",
    ),
    "a bucket that does not exist, for a bundle": (
        lambda session, *_: Life(JobImportProvider, session).up(path="obs://nolake/k.zip"),
        NotFound, "OBS get object: nolake/k.zip", True, "Declare the bucket (`obs.Bucket`)",
    ),
    "an archive that does not exist, for Flink": (
        lambda session, *_: Life(FlinkJobImportProvider, session).up(zip_file="lake/x.zip"),
        NotFound, "DLI import Flink jobs: archive lake/x.zip", True, "Declare the archive (`obs.Object`)",
    ),
    "a broken zip in OBS": (
        lambda session, *_: (
            upload(session, BROKEN), Life(JobImportProvider, session).up(path=PATH)
        ),
        ConfigError, f"{PATH}: the archive is not a readable zip", False, "Build it anew",
    ),
    "a broken zip in OBS, for Flink": (
        lambda session, *_: (
            _archive(session, BROKEN), Life(FlinkJobImportProvider, session).up(zip_file="lake/x.zip")
        ),
        CloudError, "DLI import Flink jobs: archive lake/x.zip", True, "Build the archive with `dli.pack`",
    ),
    "no permission": (refused("*/cdm/link"), CloudError, "CDM create link: link mysql", True, "lacks a permission"),
    "no permission in OBS": (
        refused("*", "obs"), CloudError, "OBS head bucket: bucket lake-x", True, "lacks a permission",
    ),
    "an access key that is not known": (
        lambda session, *_: Life(LinkProvider, elsewhere(session, access_key="EXPIRED")).up(**MYSQL),
        AuthError, "CDM create link: link mysql on cluster embedded", True, "Check the credentials",
    ),
    "an access key that OBS does not know": (
        lambda session, *_: Life(BucketProvider, elsewhere(session, access_key="EXPIRED")).up(bucket="lake-x"),
        CloudError, "OBS head bucket: bucket lake-x", True, "the access key is wrong or expired",
    ),
    "an endpoint where nothing answers": (
        lambda session, *_: Life(LinkProvider, unreachable(session)).up(**MYSQL),
        Unreachable, "CDM create link: link mysql on cluster embedded: cannot reach", False, "Check the region",
    ),
    "an OBS endpoint where nothing answers": (
        lambda session, *_: Life(BucketProvider, unreachable(session)).up(bucket="lake-x"),
        Unreachable, "OBS head bucket: bucket lake-x", False, "Check the region",
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", ANSWERS)
def test_an_answer_says_what_which_why_and_what_next(
    mistake: str, session: Session, cloud: RunningCloud, tmp_path: Path
) -> None:
    act, kind, about, answered, hint = ANSWERS[mistake]
    with pytest.raises(kind) as raised:
        act(session, cloud, tmp_path)
    told, _, next_step = str(raised.value).partition("\n  ")
    assert about in told
    assert bool(re.search(ANSWERED, told)) is answered
    assert hint in next_step


@pytest.mark.parametrize(
    ("provider", "arguments", "path", "reason"),
    [
        (JobProvider, changed(ORDERS, name="n" * 241), "name", "must have at most 240 characters"),
        (BucketProvider, {"bucket": "Lake_1"}, "bucket", "must be 3 to 63 lower-case letters"),
        (LinkProvider, changed(MYSQL, secrets={"password": ["x"]}), "secrets.password", "must be a text, not a list"),
        (LinkProvider, {**MYSQL, "secrets": "x"}, "secrets", "must be a map"),
        (LinkProvider, changed(MYSQL, config={"password": "x"}), "config.password", "declare it in `secrets`"),
        (LinkProvider, {**MYSQL, "conector": "x"}, "conector", "did you mean `connector`?"),
    ],
)
def test_what_can_be_seen_at_once_is_refused_before_anything_is_sent(
    provider: Any, arguments: dict[str, Any], path: str, reason: str, session: Session, cloud: RunningCloud
) -> None:
    with pytest.raises(Mistaken) as mistaken:
        Life(provider, session).check(**arguments)
    assert reason in mistaken.value.failures[path]
    assert cloud.requests() == []


def test_a_broken_zip_on_this_machine_is_named(session: Session, tmp_path: Path) -> None:
    (tmp_path / "b.zip").write_bytes(BROKEN)
    for provider, arguments, field in (
        (JobImportProvider, {"path": PATH, "bundle": str(tmp_path / "b.zip")}, "bundle"),
        (FlinkJobImportProvider, {"zip_file": "lake/x.zip", "archive": str(tmp_path / "b.zip")}, "archive"),
    ):
        with pytest.raises(Mistaken) as mistaken:
            Life(provider, session).check(**arguments)
        assert f"{tmp_path / 'b.zip'}: the archive is not a readable zip" in mistaken.value.failures[field]


def test_a_script_that_uses_a_connection_which_is_not_there_is_told(
    session: Session, said: list[str], tmp_path: Path
) -> None:
    bundle = orders()
    bundle.scripts["clean_orders"]["connectionName"] = "warehose"
    session.obs().create_bucket(Bucket=BUCKET)
    service = dlf.workspace(session, "default")
    service.call("create connection", "POST", "connections", body={"name": "warehouse", "type": "DLI"})
    Life(JobImportProvider, session).up(path=PATH, bundle=write_source(tmp_path, bundle))
    told = [line for line in said if "connection" in line]
    assert told == [
        "script clean_orders uses connection warehose, which workspace default does not list: jobs that use it would "
        "fail. There are warehouse"
    ]
