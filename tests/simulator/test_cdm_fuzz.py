"""Whatever is sent, CDM and IAM answer it: no body makes them fail."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.simulator.cdm_calls import BASE, job, link
from tests.simulator.conftest import TOKEN_REQUEST
from tests.simulator.test_fuzz import ask, fresh

if TYPE_CHECKING:
    from pulumi_dataarts.simulator.embedded import EmbeddedCloud
    from pulumi_dataarts.simulator.http import Answer

scalars = st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(max_size=5) | st.just("Add password here")
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
KEY_FOR_A_TOKEN = {"methods": ["token"], "token": {"duration_seconds": 900}}
CALLS = [
    ("POST", f"{BASE}/job", job()),
    ("PUT", f"{BASE}/job/orders", job()),
    ("PUT", f"{BASE}/job/orders/start", {"variables": {"day": "1"}}),
    ("POST", f"{BASE}/link", link("new")),
    ("PUT", f"{BASE}/link/mysql", link("mysql")),
    ("POST", "/v1.1/embedded/clusters/job", job("other") | {"clusters": ["embedded"]}),
    ("POST", "/v3/auth/tokens", TOKEN_REQUEST),
    (
        "POST",
        "/v3.0/OS-CREDENTIAL/securitytokens",
        {"auth": {"identity": {"methods": ["token"], "token": {"duration_seconds": 900}}}},
    ),
]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every value inside, the whole included."""
    found = [path]
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        found += places(inner, (*path, key))
    return found


def replaced(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    """Return a copy of the body with another value at one place."""
    if not path:
        return value
    changed = copy.deepcopy(body)
    parent = changed
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = value
    return changed


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, str, Any]:
    """A call that would be accepted, with something else somewhere in its body."""
    method, path, body = draw(st.sampled_from(CALLS))
    return method, path, replaced(body, draw(st.sampled_from(places(body))), draw(anything))


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(damaged())
def test_a_damaged_body_is_answered(kernel: EmbeddedCloud, call: tuple[str, str, Any]) -> None:
    token = fresh(kernel)

    def send(method: str, path: str, body: Any = None) -> Answer:
        content = b"" if body is None else json.dumps(body).encode()
        return ask(kernel, method, path, content, X_Auth_Token=token)

    answer = send(*call)
    assert answer.status < 500 or "validation-result" in answer.body
    for name in ("orders", "other"):
        assert send("GET", f"{BASE}/job/{name}").status < 500
        send("PUT", f"{BASE}/job/{name}/stop")
        send("DELETE", f"{BASE}/job/{name}")
