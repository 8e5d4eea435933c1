"""However a declaration came about, what stands is what it alone would have made: nothing of earlier ones is left.

Two random declarations follow each other; then the second is made anew from nothing, and both outcomes are compared.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pulumi_dataarts.cdm import api as cdm
from pulumi_dataarts.cdm.job import JobProvider
from pulumi_dataarts.cdm.link import LinkProvider
from pulumi_dataarts.dli.job_import import FlinkJobImportProvider
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.lifecycle.adapter import DynamicProvider
from pulumi_dataarts.obs import api as obs
from pulumi_dataarts.obs.bucket import BucketProvider
from pulumi_dataarts.obs.object import ObjectProvider
from pulumi_dataarts.simulator.testing import RunningCloud
from tests.cdm.declarations import CLUSTER, FILES, MYSQL, ORDERS, changed
from tests.defects.shortcut import without_sockets
from tests.dli.conftest import Bundle, jobs_in
from tests.lives import Life, open_at

QUICK = settings(
    max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], database=None
)
ITS_OWN = {"version", "update-date", "creation-date", "job_id", "create_time", "update_time", "start_time", "duration"}
Declared = dict[str, Any]

words = st.from_regex(r"[a-z][a-z0-9]{0,7}", fullmatch=True)
texts = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=12)
tags = st.dictionaries(words, st.just("") | words, max_size=2)


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Declared]:
    """Any of the fields, and any values."""
    return st.fixed_dictionaries({}, optional=fields)


def rule(id: str) -> st.SearchStrategy[Declared]:
    return st.fixed_dictionaries(
        {"id": st.just(id), "prefix": st.sampled_from(["", "raw/"]), "expiration_days": st.integers(1, 9)},
        optional={"enabled": st.booleans(), "noncurrent_expiration_days": st.integers(1, 9)},
    )


@dataclass(frozen=True)
class Kind:
    """A resource: what may be declared of it, how that is told to it, and what then stands in the cloud."""

    provider: type[DynamicProvider]
    declarations: st.SearchStrategy[Declared]
    arguments: Callable[[Session, Path, Declared], Declared]
    standing: Callable[[Session], Any]


def _flink(session: Session, folder: Path, declared: Declared) -> Declared:
    bundle = Bundle(folder, session)
    bundle.job("orders", **declared)
    bundle.job("payments")
    return bundle.arguments()


def _bucket(session: Session) -> Any:
    looks = (obs.get_versioning, obs.get_lifecycle, obs.get_tags, obs.get_policy, obs.head_bucket)
    return [look(session, "history") for look in looks]


def _object(session: Session) -> Any:
    head = obs.head_object(session, "lake", "k")
    return head and (head.content_type, head.storage_class, head.metadata, obs.get_object_tags(session, "lake", "k"))


def _job(session: Session) -> Any:
    job = cdm.show_job(session, CLUSTER, "orders", cdm.NORMAL)
    return job and job.body()


KINDS = {
    "cdm.Link": Kind(
        LinkProvider,
        some(
            enabled=st.booleans(),
            config=some(sidname=texts, useSSL=st.booleans(), fetchSize=st.integers(0, 9), jdbcProperties=tags),
        ),
        lambda *given: changed(MYSQL, **given[2]),
        lambda session: (link := cdm.show_link(session, CLUSTER, "mysql")) and link.body(),
    ),
    "cdm.Job": Kind(
        JobProvider,
        some(
            enabled=st.booleans(),
            from_config=some(whereClause=texts, columnList=texts),
            to_config=some(quoteChar=texts, writeToTempFile=st.booleans()),
            driver_config=some(
                throttlingConfig=some(numExtractors=st.integers(0, 9), recordDirtyData=st.booleans()),
                groupJobConfig=some(groupName=texts),
            ),
        ),
        lambda *given: changed(ORDERS, **given[2]),
        _job,
    ),
    "dli.FlinkJobImport": Kind(
        FlinkJobImportProvider,
        some(
            desc=texts, cu_number=st.integers(2, 9), parallel_number=st.integers(1, 9), smn_topic=words,
            checkpoint_enabled=st.booleans(), checkpoint_interval=st.integers(0, 20), resume_max_num=st.integers(-1, 3),
            checkpoint_mode=st.sampled_from(["exactly_once", "at_least_once"]), runtime_config=st.just('{"a": 1}'),
            idle_state_retention=st.integers(0, 7200), udf_jar_url=words,
        ),
        _flink,
        lambda session: {name: job.model_dump() for name, job in jobs_in(session).items()},
    ),
    "obs.Bucket": Kind(
        BucketProvider,
        some(
            storage_class=st.sampled_from(["STANDARD", "WARM", "COLD"]), tags=tags, versioning=st.just(False),
            lifecycle_rules=st.tuples(rule("a"), rule("b")).map(list) | st.just([]),
            policy=st.just({"Version": "2008-10-17", "Statement": []}),
        ),
        lambda *given: {"bucket": "history", **given[2]},
        _bucket,
    ),
    "obs.Object": Kind(
        ObjectProvider,
        some(
            content_type=st.just("text/csv"), storage_class=st.sampled_from(["STANDARD", "WARM", "COLD"]), tags=tags,
            metadata=st.dictionaries(words, words, max_size=2), content=texts,
        ),
        lambda *given: {"bucket": "lake", "key": "k", "content": "", **given[2]},
        _object,
    ),
}  # fmt: skip


@pytest.fixture
def directly(cloud: RunningCloud, session: Session) -> Iterator[None]:
    with without_sockets(cloud):
        yield


def _fresh(cloud: RunningCloud, storage: Any) -> Session:
    cloud.reset()
    cloud.freeze()
    session = open_at(cloud, [])
    session.once(("obs",), lambda: storage)
    session.obs().create_bucket(Bucket="lake")
    for declared in (MYSQL, FILES):
        Life(LinkProvider, session).up(**declared)
    return session


def _without_its_own(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_its_own(item) for key, item in value.items() if key not in ITS_OWN}
    return sorted(map(_without_its_own, value), key=repr) if isinstance(value, list) else value


@pytest.mark.slow
@pytest.mark.usefixtures("directly")
@pytest.mark.parametrize("name", KINDS)
@QUICK
@given(data=st.data())
def test_nothing_of_an_earlier_declaration_is_left(
    name: str, cloud: RunningCloud, storage: Any, data: st.DataObject
) -> None:
    kind = KINDS[name]
    first, second = data.draw(kind.declarations), data.draw(kind.declarations)
    outcomes = []
    for history in ([first, second], [second]):
        session = _fresh(cloud, storage)
        life = Life(kind.provider, session)
        with tempfile.TemporaryDirectory() as folder:
            for declared in history:
                arguments = kind.arguments(session, Path(folder), declared)
                life.up(**({**arguments, "adopt": True} if not life.id and name == "cdm.Link" else arguments))
                assert life.up(**arguments) == "same"
                life.refresh()
                assert life.plan(**arguments).paths == {}
        outcomes.append(_without_its_own(kind.standing(session)))
    assert outcomes[0] == outcomes[1]
