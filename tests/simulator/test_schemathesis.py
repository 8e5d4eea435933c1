"""An outside judge: schemathesis reads the cloud's own OpenAPI description, and calls what it finds there.

It sends what fits the description and what does not. Whatever it sends is answered, and no answer is a fault; CDM's own
500s, which its pages print, have their shape. The quick run calls the kernel; the long one goes over sockets, where the
judge sends and looks for faults by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode

from tests.simulator import test_fuzz as fuzz
from tests.simulator.conftest import TOKEN_REQUEST

if TYPE_CHECKING:
    from pulumi_dataarts.simulator.embedded import EmbeddedCloud
    from pulumi_dataarts.simulator.testing import RunningCloud

MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
HERE = "http://127.0.0.1:1"


def judge(description: dict[str, Any], send: Callable[[Any, str], None], cases: int, *, every: int = 1) -> int:
    """Let schemathesis make so many cases, the same number for each operation, and return how many were sent.

    Of the operations, in the description's order, `every` how-manieth is taken.
    """
    schema = schemathesis.openapi.from_dict(description)
    operations = [found.ok() for found in schema.get_all_operations()][::every]
    share = -(-cases // (len(MODES) * len(operations)))
    return sum(try_out(operation, mode, send, share) for operation in operations for mode in MODES)


def try_out(operation: Any, mode: GenerationMode, send: Callable[[Any, str], None], cases: int) -> int:
    sent = 0

    @seed(7)
    @settings(max_examples=cases, phases=[Phase.generate], database=None, suppress_health_check=list(HealthCheck))
    @given(operation.as_strategy(generation_mode=mode))
    def run(case: Any) -> None:
        nonlocal sent
        sent += 1
        send(case, operation.tags[0])

    run()
    return sent


def test_schemathesis_finds_no_fault(kernel: EmbeddedCloud) -> None:
    token = fuzz.fresh(kernel)

    def send(case: Any, service: str) -> None:
        request = requests.Request(**case.as_transport_kwargs(HERE)).prepare()
        parts = urlsplit(request.url or "")
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        headers = {name: value if isinstance(value, str) else value.decode() for name, value in request.headers.items()}
        answer = fuzz.ask(kernel, case.method, parts.path, body, parts.query, **headers | {"X-Auth-Token": token})
        fuzz.check(service, answer)

    description = fuzz.ask(kernel, "GET", "/_embedded/openapi.json").body
    assert judge(description, send, 80, every=20) >= 80


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_schemathesis_finds_no_fault_in_twenty_thousand_cases(cloud: RunningCloud) -> None:
    token = httpx.post(f"{cloud.api}/v3/auth/tokens", json=TOKEN_REQUEST).headers["X-Subject-Token"]
    with requests.Session() as session:

        def send(case: Any, _service: str) -> None:
            answered = case.call(base_url=cloud.api, session=session, headers={"X-Auth-Token": token})
            is_documented = answered.status_code == 500 and (
                "validation-result" in answered.text or "errCode" in answered.text
            )
            if not is_documented:
                case.validate_response(answered, checks=[schemathesis.checks.not_a_server_error])

        assert judge(httpx.get(f"{cloud.api}/_embedded/openapi.json").json(), send, 20_000) >= 20_000
