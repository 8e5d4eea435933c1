"""Secrets of imported objects, which nobody has read: no difference, and no update that would take them away."""

from __future__ import annotations

from typing import Annotated, Any

import pytest

from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.lifecycle.adapter import DynamicProvider
from pulumi_dataarts.lifecycle.changes import FINGERPRINTS, UNREAD
from pulumi_dataarts.lifecycle.fields import Local, WriteOnly
from pulumi_dataarts.lifecycle.handler import Handler, Live, Made
from pulumi_dataarts.lifecycle.inputs import Inputs


class ThingInputs(Inputs):
    size: int = 1
    secrets: Annotated[dict[str, str], WriteOnly()] = {}
    deadline_s: Annotated[int, Local()] = 1


class ThingHandler(Handler[ThingInputs]):
    kind = "test.Thing"
    inputs = ThingInputs

    def create(self, inputs: ThingInputs, session: Any) -> Made:
        return Made("thing")

    def read(self, id: str, known: Any, session: Any) -> Live:
        return Live({"size": 1})

    def update(self, id: str, known: Any, inputs: Any, changed: Any, session: Any) -> dict[str, Any]:
        return {}

    def delete(self, id: str, known: Any, session: Any) -> None:
        """Nothing to do."""


class ThingProvider(DynamicProvider):
    handler = ThingHandler()
    _session: Any = object()


IMPORTED = {"size": 1, "deadline_s": 1, FINGERPRINTS: {"secrets": UNREAD}}
SECRET = {"password": "s3cret"}


@pytest.mark.parametrize("secrets", [{}, SECRET], ids=["undeclared", "declared"])
def test_a_secret_that_was_never_read_is_no_difference(secrets: dict[str, str]) -> None:
    declared = {"size": 1, "deadline_s": 1, "secrets": secrets}
    assert ThingProvider().diff("thing", IMPORTED, declared).paths == {}


def test_it_is_fingerprinted_when_it_is_first_written() -> None:
    outputs = ThingProvider().update("thing", IMPORTED, {"size": 2, "deadline_s": 1, "secrets": SECRET}).outs
    assert outputs is not None
    assert set(outputs[FINGERPRINTS]) == {"secrets.password"}
    rotated = {"size": 2, "deadline_s": 1, "secrets": {"password": "other"}}
    assert ThingProvider().diff("thing", outputs, rotated).paths == {"secrets.password": "update"}


def test_a_local_change_writes_nothing_and_so_fingerprints_nothing() -> None:
    outputs = ThingProvider().update("thing", IMPORTED, {"size": 1, "deadline_s": 5, "secrets": SECRET}).outs
    assert outputs == {"size": 1, "deadline_s": 5, FINGERPRINTS: {"secrets": UNREAD}}


def test_an_object_is_not_written_without_the_secrets_it_has() -> None:
    with pytest.raises(ConfigError, match="secrets could not be read when it was imported"):
        ThingProvider().update("thing", IMPORTED, {"size": 2, "deadline_s": 1})


def test_a_refresh_keeps_the_mark() -> None:
    outputs = ThingProvider().read("thing", IMPORTED).outs
    assert outputs is not None
    assert outputs[FINGERPRINTS] == {"secrets": UNREAD}
