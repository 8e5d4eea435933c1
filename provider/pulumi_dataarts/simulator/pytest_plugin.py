"""The fixture `dataarts_cloud`, for every test suite on a machine that has the wheel.

pytest loads this module in each of its runs, so nothing heavy is imported before the fixture is used.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pulumi_dataarts.simulator.testing import RunningCloud


@pytest.fixture(scope="session")
def dataarts_cloud_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCloud]:
    """One embedded cloud for the whole run, on free ports of this machine's loopback address."""
    missing = [name for name in ("uvicorn", "httptools", "moto") if find_spec(name) is None]
    if missing:
        pytest.fail(f"{', '.join(missing)} missing: pip install 'pulumi-dataarts[cloud]'", pytrace=False)
    from pulumi_dataarts.simulator.testing import running_cloud

    with running_cloud(tmp_path_factory.mktemp("dataarts-cloud")) as cloud:
        yield cloud


@pytest.fixture
def dataarts_cloud(dataarts_cloud_session: RunningCloud) -> RunningCloud:
    """An embedded cloud that holds nothing yet: `.api`, `.obs`, `.fault(…)`, `.advance(…)`, `.requests()`."""
    dataarts_cloud_session.reset()
    return dataarts_cloud_session
