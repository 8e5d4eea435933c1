"""Whatever is declared, reading it back differs in nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pulumi_dataarts.cdm.job import JobProvider
from pulumi_dataarts.cdm.link import LinkProvider
from tests.cdm.declarations import MYSQL, ORDERS, changed
from tests.cdm.stack import Stack

if TYPE_CHECKING:
    from pulumi_dataarts.huawei.session import Session

QUICK = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
texts = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), max_size=30)
names = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00%"), max_size=30)
"""Of columns: the service refuses a percent sign in them."""
scalars = st.one_of(
    texts, st.booleans(), st.integers(-(10**12), 10**12), st.floats(allow_nan=False, allow_infinity=False)
)
maps = st.dictionaries(texts, scalars, max_size=3)
strings = st.dictionaries(
    st.sampled_from(["database", "sidname", "fromJobConfig.x", "linkConfig.sidname", "dialect.identifierEnclose"]),
    scalars,
    max_size=4,
).map(lambda found: {name: value for name, value in found.items() if not name.startswith("from")})


@QUICK
@given(config=strings, properties=maps, enabled=st.booleans())
def test_links(session: Session, config: dict[str, Any], properties: dict[str, Any], enabled: bool) -> None:
    declared = changed(MYSQL, config={**config, "jdbcProperties": properties}, enabled=enabled)
    stack = Stack(LinkProvider, session)
    stack.up(**declared)
    try:
        assert stack.up(**declared) == "same"
        assert stack.refresh()
        assert stack.diff(**declared).paths == {}
    finally:
        stack.destroy()


driver = st.fixed_dictionaries(
    {},
    optional={
        "throttlingConfig": st.fixed_dictionaries(
            {},
            optional={
                "numExtractors": st.integers(1, 99),
                "throttlingConfig.numLoaders": st.integers(1, 9),
                "recordDirtyData": st.booleans(),
                "obsBucket": texts,
            },
        ),
        "schedulerConfig": st.fixed_dictionaries(
            {"isSchedulerJob": st.booleans()}, optional={"startDate": texts, "runAt": texts}
        ),
        "jarConfig": st.just({}) | st.dictionaries(st.sampled_from(["jars", "main"]), texts),
        "retryJobConfig": st.fixed_dictionaries({"retryJobType": st.sampled_from(["NONE", "RETRY_TRIPLE"])}),
        "groupJobConfig": st.fixed_dictionaries({"groupName": texts}),
    },
)


@QUICK
@pytest.mark.usefixtures("links")
@given(where=texts, columns=names, directory=texts.filter(bool), options=driver, enabled=st.none() | st.booleans())
def test_jobs(
    session: Session, where: str, columns: str, directory: str, options: dict[str, Any], enabled: bool | None
) -> None:
    declared = changed(
        ORDERS,
        from_config={"whereClause": where, "fromJobConfig.columnList": columns},
        to_config={"outputDirectory": directory},
        enabled=enabled,
    )
    declared["driver_config"] = options
    stack = Stack(JobProvider, session)
    stack.up(**declared)
    try:
        assert stack.up(**declared) == "same"
        assert stack.refresh()
        assert stack.diff(**declared).paths == {}
    finally:
        stack.destroy()
