"""For every resource, from its model's own fields: what was read back differs in nothing, one edit in one field.

The rooms hold the same against the embedded cloud (`test_roundtrip.py`); here the rules on the fields are held against
whatever a service may add.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from pulumi_dataarts.adoption.kinds import kinds
from pulumi_dataarts.lifecycle.changes import FINGERPRINTS, changes, fingerprints, visible
from pulumi_dataarts.lifecycle.fields import (
    Derived,
    NotCompared,
    Replaces,
    ServerFills,
    WriteOnly,
    fields_with,
    rule_of,
)
from pulumi_dataarts.lifecycle.handler import Live, differences, restrict
from pulumi_dataarts.lifecycle.inputs import Inputs, check

EXAMPLES = 30
MODELS = {type: provider.handler.inputs for type, provider in kinds().items()}
EACH = pytest.mark.parametrize("model", MODELS.values(), ids=list(MODELS))
QUICK = settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
FILES = ("bundle", "archive", "source")

words = st.from_regex(r"[a-z][a-z0-9]{2,9}", fullmatch=True)
texts = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=12)
rules = st.builds(
    lambda rule, days: {"id": rule, "prefix": "p/", "enabled": True, "expiration_days": days}, words, st.integers(1, 99)
)
# What a field's type does not say: the forms that names and addresses have.
BY_NAME: dict[str, st.SearchStrategy[Any]] = {
    "path": words.map(lambda word: f"obs://bucket/{word}.zip"),
    "zip_file": words.map(lambda word: f"bucket/{word}.zip"),
    "destination": words.map(lambda word: f"obs://bucket/{word}.zip"),
    "object": words.map(lambda word: f"obs://bucket/{word}/"),
    "bucket": words,
    "key": words,
    "name": words,
    "connector": st.sampled_from(["http-connector", "generic-jdbc-connector"]),
    "content": texts,
    "policy": st.none() | words.map(lambda word: {"Version": word}),
    "lifecycle_rules": st.none() | st.lists(rules, max_size=3, unique_by=lambda rule: rule["id"]),
    "tags": st.none() | st.dictionaries(words, words, max_size=3),
    "metadata": st.dictionaries(words, words, max_size=3),
    "secrets": st.dictionaries(st.sampled_from(["password", "keytab"]), texts, max_size=2),
    "from_secrets": st.dictionaries(st.just("dek"), texts, max_size=1),
    "to_secrets": st.dictionaries(st.just("dek"), texts, max_size=1),
    "driver_config": st.dictionaries(words, st.dictionaries(words, texts, max_size=3), max_size=2),
    "resources": st.lists(
        st.builds(lambda name, new: {"name": name, "type": "CDM_CLUSTER", "replace": new}, words, words),
        max_size=2,
        unique_by=lambda item: item["name"],
    ),
    "jobs_param": st.lists(
        st.builds(lambda name, params: {"name": name, "params": params}, words, st.dictionaries(words, texts)),
        max_size=2,
        unique_by=lambda item: item["name"],
    ),
    "job_name": words,
    "job_id": st.none(),
    **dict.fromkeys(("config", "from_config", "to_config"), st.dictionaries(words, texts | st.booleans(), max_size=4)),
    **dict.fromkeys(("params", "variables", "triggers"), st.dictionaries(words, texts, max_size=3)),
    **dict.fromkeys(FILES, st.none()),
}


BY_TYPE: dict[Any, st.SearchStrategy[Any]] = {
    str: words,
    str | None: st.none() | words,
    int | None: st.none() | st.integers(0, 99),
    float: st.floats(1, 1e6),
    list[str]: st.lists(words, max_size=3),
}


def declared_field(model: type[Inputs], name: str) -> st.SearchStrategy[Any]:
    """Return values for a field: by its name where its type says too little, else by its type."""
    if name in BY_NAME:
        return BY_NAME[name]
    info = model.model_fields[name]
    plain = BY_TYPE[info.annotation] if info.annotation in BY_TYPE else st.from_type(info.annotation)  # type: ignore[arg-type]
    if not info.metadata:
        return plain
    adapter = TypeAdapter(Annotated[(info.annotation, *info.metadata)])  # type: ignore[arg-type]
    return plain.filter(lambda value: _fits(adapter, value))


def _fits(adapter: TypeAdapter[Any], value: Any) -> bool:
    try:
        adapter.validate_python(value)
    except ValidationError:
        return False
    return True


@st.composite
def checked_inputs(draw: st.DrawFn, model: type[Inputs]) -> dict[str, Any]:
    given_ones = {
        name: draw(declared_field(model, name))
        for name in model.model_fields
        if name not in fields_with(model, Derived)
    }
    inputs, mistakes = check(model, {name: value for name, value in given_ones.items() if value is not None})
    assume(not mistakes)
    return inputs


def outputs_of(model: type[Inputs], inputs: dict[str, Any]) -> dict[str, Any]:
    return {**visible(model, inputs), FINGERPRINTS: fingerprints(model, inputs, {})}


def embellished(data: st.DataObject, value: Any) -> Any:
    """Return a value as a service might tell it: with entries of its own, at any depth."""
    if not isinstance(value, dict):
        return value
    added = data.draw(st.dictionaries(st.from_regex(r"server[A-Z][a-z]{1,5}", fullmatch=True), texts, max_size=3))
    return {**added, **{key: embellished(data, item) for key, item in value.items()}}


@pytest.fixture(autouse=True, scope="module")
def cheap_fingerprints() -> Iterator[None]:
    """Fingerprints are dear on purpose; what they are compared for is not."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("pulumi_dataarts.lifecycle.fingerprints._COST", 2)
        yield


@EACH
@QUICK
@given(data=st.data())
def test_what_is_read_back_differs_in_nothing_whatever_the_service_adds(
    model: type[Inputs], data: st.DataObject
) -> None:
    inputs = data.draw(checked_inputs(model))
    live = {
        name: embellished(data, value) if rule_of(model, name, ServerFills) else value
        for name, value in visible(model, inputs).items()
    }
    assert differences(model, inputs, Live(live)) == []
    read = {**restrict(model, visible(model, inputs), live), FINGERPRINTS: fingerprints(model, inputs, {})}
    assert changes(model, read, inputs) == []


@EACH
@QUICK
@given(data=st.data())
def test_one_edit_is_a_difference_in_that_field_alone(model: type[Inputs], data: st.DataObject) -> None:
    inputs = data.draw(checked_inputs(model))
    editable = [name for name in model.model_fields if not rule_of(model, name, Derived) and name not in FILES]
    name = data.draw(st.sampled_from(editable))
    value = data.draw(declared_field(model, name))
    other = {key: item for key, item in inputs.items() if key not in fields_with(model, Derived)} | {name: value}
    edited, mistakes = check(model, {key: item for key, item in other.items() if item is not None})
    assume(not mistakes)
    found = changes(model, outputs_of(model, inputs), edited)
    moved = {change.field for change in found}
    if rule_of(model, name, NotCompared):
        assert moved <= set(fields_with(model, Derived))
        return
    assert moved == ({name} if edited.get(name) != inputs.get(name) else set())
    assert all(bool(change.replaces) == bool(rule_of(model, name, Replaces)) for change in found)
    assert all(change.path.startswith(name) for change in found)
    if rule_of(model, name, WriteOnly):
        assert not any(text in repr(found) for text in edited.get(name, {}).values() if len(text) > 3)
