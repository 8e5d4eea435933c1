"""Registration requests as values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime.proto import resource_pb2, source_pb2

from pulumi_dataarts.engine.goals import Goal, goal_of, inherited, seconds_of, source_position
from pulumi_dataarts.engine.wire import to_struct
from pulumi_dataarts.errors import ConfigError

ROOT = Path("/work/project")
EAST = "urn:pulumi:dev::p::pulumi:providers:pulumi-python::east::1"


def request(**fields: Any) -> Any:
    return resource_pb2.RegisterResourceRequest(type="pulumi-python:dynamic:R", name="a", custom=True, **fields)


@pytest.mark.parametrize(
    ("text", "seconds"), [("5m", 300), ("1h30m", 5400), ("1.5s", 1.5), ("250ms", 0.25), ("0", 0), ("-3s", -3)]
)
def test_durations_are_read_as_the_official_engine_reads_them(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "5 m", "m", "5x", "1m x"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="duration"):
        seconds_of(text)


@pytest.mark.parametrize(
    ("uri", "position"),
    [
        ("file:///work/project/main.py", "project:///main.py#7"),
        ("file:///work/project/a%20b/c.py", "project:///a%20b/c.py#7"),
        ("file:///usr/lib/x.py", "project:///../../usr/lib/x.py#7"),
        ("", ""),
        ("http://elsewhere/x.py", ""),
    ],
)
def test_positions_are_relative_to_the_project(uri: str, position: str) -> None:
    assert source_position(source_pb2.SourcePosition(uri=uri, line=7), ROOT) == position


def test_options_that_were_not_given_are_told_from_those_that_are_off() -> None:
    assert goal_of(request(), ROOT).protect is None
    given = goal_of(request(protect=False, retainOnDelete=False, deleteBeforeReplaceDefined=True), ROOT)
    assert (given.protect, given.retain_on_delete, given.delete_before_replace) == (False, False, False)


def test_without_property_dependencies_everything_depends_on_everything() -> None:
    inputs = to_struct({"x": 1, "y": 2})
    assert goal_of(request(object=inputs, dependencies=["u", "u"]), ROOT).property_dependencies == {
        "x": ("u",),
        "y": ("u",),
    }
    named = resource_pb2.RegisterResourceRequest.PropertyDependencies(urns=["u"])
    given = goal_of(request(object=inputs, dependencies=["u"], propertyDependencies={"x": named}), ROOT)
    assert given.property_dependencies == {"x": ("u",), "y": ()}


def test_a_custom_type_has_three_parts() -> None:
    with pytest.raises(ConfigError, match="package:module:name"):
        goal_of(resource_pb2.RegisterResourceRequest(type="a:b", name="x", custom=True), ROOT)


@pytest.mark.parametrize(
    ("own", "handed_on", "provider"),
    [
        ({"provider": "own::1"}, {"pulumi-python": EAST}, "own::1"),
        ({"providers": {"pulumi-python": EAST}}, {}, EAST),
        ({}, {"pulumi-python": EAST}, EAST),
        ({}, {"aws": EAST}, ""),
    ],
)
def test_the_nearest_provider_of_the_package_serves(own: Any, handed_on: dict[str, str], provider: str) -> None:
    goal = Goal("pulumi-python:dynamic:R", "a", custom=True, **own)
    assert inherited(goal, None, handed_on).provider == provider


@pytest.mark.parametrize(("type", "provider"), [("pulumi-python:dynamic:R", EAST), ("aws:s3:Bucket", "")])
def test_a_child_of_a_resource_takes_its_provider_if_it_serves_the_package(type: str, provider: str) -> None:
    parent = Goal("pulumi-python:dynamic:P", "p", custom=True, provider=EAST)
    assert inherited(Goal(type, "a", custom=True), parent, {}).provider == provider
