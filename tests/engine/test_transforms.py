"""Transforms: what a program's functions make of its own declarations before anything is decided about them."""

from __future__ import annotations

from typing import Any

from google.protobuf import struct_pb2
from google.protobuf.json_format import MessageToDict
from pulumi.runtime.proto import callback_pb2, resource_pb2

from pulumi_dataarts.engine.transforms import _question, _with_answer
from pulumi_dataarts.engine.wire import from_struct, to_struct
from pulumi_dataarts.errors import ProgramFailed
from pulumi_dataarts.model.values import OUTPUT_VALUE, SIGNATURE, UNKNOWN, Secret
from tests.engine.projects import Project

U = "urn:pulumi:dev::proj::a:b:C::u"
V = "urn:pulumi:dev::proj::a:b:C::v"


def request(**fields: Any) -> Any:
    named = resource_pb2.RegisterResourceRequest.PropertyDependencies(urns=[U])
    return resource_pb2.RegisterResourceRequest(
        type="pulumi-python:dynamic:R",
        name="a",
        custom=True,
        dependencies=[U, V],
        propertyDependencies={"up": named},
        object=to_struct({"up": "x", "key": Secret("k"), "deep": {"later": [UNKNOWN]}, "size": 1}),
        **fields,
    )


def test_own_then_inherited_then_the_stacks_apply_in_that_order(project: Project) -> None:
    outcome = project.up(
        """
        def named(word):
            def transform(args):
                if "said" not in args.props and args.type_ != "test:index:Group":
                    return None
                said = [*args.props.get("said", []), word]
                return pulumi.ResourceTransformResult({**args.props, "said": said}, args.opts)
            return transform

        pulumi.runtime.register_resource_transform(named("stack"))
        options = pulumi.ResourceOptions(transforms=[named("group")])
        group = pulumi.ComponentResource("test:index:Group", "g", {}, options)
        inner = pulumi.ComponentResource("test:index:Group", "i", {}, pulumi.ResourceOptions(parent=group))
        own = pulumi.ResourceOptions(parent=inner, transforms=[named("own")])
        Thing("a", said=[], opts=own)
        Thing("b", said=[])
        Thing("c")
        """
    )
    assert outcome.ok, project.texts()
    assert project.state("a").inputs["said"] == ["own", "group", "stack"]
    assert project.state("b").inputs["said"] == ["stack"]
    assert "said" not in project.state("c").inputs


def test_a_transform_sees_options_and_secrets_and_may_change_both(project: Project) -> None:
    outcome = project.up(
        """
        async def guard(args):
            if not args.type_.endswith("Thing"):
                return None
            secret = await pulumi.Output.is_secret(pulumi.Output.from_input(args.props["key"]))
            more = pulumi.ResourceOptions(protect=True, ignore_changes=["size"])
            opts = pulumi.ResourceOptions.merge(args.opts, more)
            return pulumi.ResourceTransformResult({**args.props, "was": secret}, opts)

        pulumi.runtime.register_resource_transform(guard)
        first = Thing("a", key=pulumi.Output.secret("k3y"), size=1)
        Thing("b", key="plain", up=first.arn, opts=pulumi.ResourceOptions(additional_secret_outputs=["arn"]))
        """
    )
    assert outcome.ok, project.texts()
    first, second = project.state("a"), project.state("b")
    assert (first.inputs["key"], first.inputs["was"], second.inputs["was"]) == (Secret("k3y"), True, False)
    assert (first.protect, first.ignore_changes) == (True, ("size",))
    assert isinstance(second.outputs["arn"], Secret)
    assert second.dependencies == (first.urn,)
    assert second.property_dependencies["up"] == (first.urn,)


def test_a_transform_that_fails_fails_the_program_in_its_own_words(project: Project) -> None:
    outcome = project.up(
        """
        def bad(args):
            raise ValueError("not with me")

        Thing("a", opts=pulumi.ResourceOptions(transforms=[bad]))
        """
    )
    assert isinstance(outcome.failure, ProgramFailed)
    assert "a: a transform failed: not with me" in "\n".join(project.texts())
    assert not list(project.cloud.glob("a-*"))


def test_what_is_secret_unknown_or_dependent_reaches_a_transform_as_outputs() -> None:
    asked = _question(request(transforms=[callback_pb2.Callback(token="t")]))
    seen = asked.properties
    assert seen["up"][SIGNATURE] == OUTPUT_VALUE
    assert list(seen["up"]["dependencies"]) == [U]
    assert (seen["key"]["value"], seen["key"]["secret"]) == ("k", True)
    assert "value" not in seen["deep"]["later"][0].fields
    assert from_struct(seen) == {"up": "x", "key": Secret("k"), "deep": {"later": [UNKNOWN]}, "size": 1}


def test_dependencies_are_what_the_resources_own_transforms_leave() -> None:
    given = request(transforms=[callback_pb2.Callback(token="t")])
    changed = _with_answer(given, _question(given))
    assert sorted(changed.dependencies) == [U, V]
    assert {key: list(item.urns) for key, item in changed.propertyDependencies.items()} == {
        "up": [U],
        "key": [],
        "deep": [],
        "size": [],
    }
    asked = _question(given)
    asked.properties.CopyFrom(struct_pb2.Struct())
    del asked.options.depends_on[:]
    assert list(_with_answer(given, asked).dependencies) == []


def test_every_option_comes_through_a_transform_that_changes_nothing() -> None:
    given = request(
        aliases=[{"urn": V}],
        protect=False,
        retainOnDelete=True,
        deleteBeforeReplace=False,
        deleteBeforeReplaceDefined=True,
        ignoreChanges=["x"],
        replaceOnChanges=["y"],
        hideDiffs=["z"],
        additionalSecretOutputs=["s"],
        deletedWith=U,
        replace_with=[U],
        importId="i-1",
        provider=f"{U}::1",
        providers={"pulumi-python": f"{U}::1"},
        customTimeouts={"create": "5m"},
        version="1.0.0",
        replacement_trigger=struct_pb2.Value(string_value="t"),
        hooks={"before_create": ["h"]},
    )
    assert _as_dict(_with_answer(given, _question(given))) == _as_dict(given)


def _as_dict(message: Any) -> dict[str, Any]:
    return {key: value for key, value in MessageToDict(message).items() if key != "object"}
