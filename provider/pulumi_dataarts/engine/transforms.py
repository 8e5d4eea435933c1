"""Transforms: functions of the program that may change a registration before anything is decided about it.

A resource's own come first, then those of each ancestor, then the stack's. They see and give registrations as messages,
so all of this is done on the wire's form. With transforms of its own, a resource's dependencies are what they leave.

Source: pkg/resource/deploy/source_eval.go of the official engine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from google.protobuf import struct_pb2
from pulumi.runtime.proto import alias_pb2, resource_pb2

from pulumi_dataarts.engine.callbacks import Callbacks
from pulumi_dataarts.engine.wire import UNKNOWNS
from pulumi_dataarts.errors import ProgramFailed
from pulumi_dataarts.model.values import OUTPUT_VALUE, SECRET, SIGNATURE

# The options of a transform, and what a registration calls them. `delete_before_replace` and `aliases` are apart.
_OPTIONS: Final = {
    "additional_secret_outputs": "additionalSecretOutputs",
    "custom_timeouts": "customTimeouts",
    "deleted_with": "deletedWith",
    "depends_on": "dependencies",
    "hide_diff": "hideDiffs",
    "hooks": "hooks",
    "ignore_changes": "ignoreChanges",
    "import": "importId",
    "plugin_checksums": "pluginChecksums",
    "plugin_download_url": "pluginDownloadURL",
    "protect": "protect",
    "provider": "provider",
    "providers": "providers",
    "replace_on_changes": "replaceOnChanges",
    "replace_with": "replace_with",
    "replacement_trigger": "replacement_trigger",
    "retain_on_delete": "retainOnDelete",
    "version": "version",
}
_APART: Final = ("aliases", "aliasURNs", "deleteBeforeReplace", "deleteBeforeReplaceDefined")


class Transforms:
    """The transforms of a program: the stack's, and those that came with resources."""

    def __init__(self, callbacks: Callbacks) -> None:
        self._callbacks = callbacks
        self._of_stack: list[Any] = []
        self._of_calls: list[Any] = []
        self._parents: dict[str, str] = {}
        self._own: dict[str, list[Any]] = {}

    def add_to_stack(self, callback: Any) -> None:
        """Apply a function to every resource that is registered from now on."""
        self._of_stack.append(callback)

    def add_to_calls(self, callback: Any) -> None:
        """Apply a function to the arguments of every function call from now on."""
        self._of_calls.append(callback)

    def remember(self, urn: str, request: Any) -> None:
        """Let the descendants of a resource have its transforms, too."""
        self._parents[urn] = request.parent
        self._own[urn] = list(request.transforms)

    async def applied(self, request: Any) -> Any:
        """Return a registration as its transforms leave it. Raises ProgramFailed where one fails."""
        functions = [*request.transforms, *self._inherited(request.parent), *self._of_stack]
        if not functions:
            return request
        asked = _question(request)
        for function in functions:
            answer = await self._answer(f"{request.name}: a transform failed", function, asked)
            for part in ("properties", "options"):
                if answer.HasField(part):
                    getattr(asked, part).CopyFrom(getattr(answer, part))
        return _with_answer(request, asked)

    async def applied_to_call(self, request: Any) -> Any:
        """Return the arguments of a function call as its transforms leave them."""
        asked = resource_pb2.TransformInvokeRequest(token=request.tok, args=request.args)
        for function in self._of_calls:
            try:
                answer = await self._callbacks.invoke(function, asked, resource_pb2.TransformInvokeResponse)
            except ProgramFailed as error:
                raise ProgramFailed(f"{request.tok}: a transform failed: {error}") from error
            if answer.HasField("args"):
                asked.args.CopyFrom(answer.args)
        return asked.args

    async def _answer(self, failed: str, function: Any, asked: Any) -> Any:
        try:
            return await self._callbacks.invoke(function, asked, resource_pb2.TransformResponse)
        except ProgramFailed as error:
            raise ProgramFailed(f"{failed}: {error}") from error

    def _inherited(self, parent: str) -> Iterator[Any]:
        while parent:
            yield from self._own.get(parent, ())
            parent = self._parents.get(parent, "")


def _question(request: Any) -> Any:
    given = request.propertyDependencies
    named = {key: list(item.urns) for key, item in given.items()} if request.transforms else {}
    if request.transforms and not given:
        named = {key: list(request.dependencies) for key in request.object.fields}
    asked = resource_pb2.TransformRequest(
        type=request.type, name=request.name, custom=request.custom, parent=request.parent
    )
    asked.properties.CopyFrom(_as_outputs(request.object, named))
    options = asked.options
    for theirs, ours in _OPTIONS.items():
        _copy(request, ours, options, theirs)
    options.aliases.extend([*(alias_pb2.Alias(urn=urn) for urn in request.aliasURNs), *request.aliases])
    if request.deleteBeforeReplaceDefined or request.deleteBeforeReplace:
        options.delete_before_replace = request.deleteBeforeReplace
    return asked


def _with_answer(request: Any, answered: Any) -> Any:
    changed: Any = resource_pb2.RegisterResourceRequest()
    changed.CopyFrom(request)
    changed.object.CopyFrom(answered.properties)
    options = answered.options
    for field in (*_OPTIONS.values(), *_APART):
        changed.ClearField(field)
    for theirs, ours in _OPTIONS.items():
        _copy(options, theirs, changed, ours)
    changed.aliases.extend(options.aliases)
    changed.deleteBeforeReplaceDefined = options.HasField("delete_before_replace")
    changed.deleteBeforeReplace = options.delete_before_replace
    if request.transforms:
        _rebuild_dependencies(changed)
    return changed


def _rebuild_dependencies(request: Any) -> None:
    fields = request.object.fields
    found = {key: dict.fromkeys(_dependencies_in(fields[key])) for key in fields}
    every = dict.fromkeys([*request.dependencies, *(urn for urns in found.values() for urn in urns)])
    request.ClearField("dependencies")
    request.dependencies.extend(every)
    request.ClearField("propertyDependencies")
    for key, urns in found.items():
        request.propertyDependencies[key].urns.extend(urns)


def _copy(source: Any, given: str, target: Any, taken: str) -> None:
    field = source.DESCRIPTOR.fields_by_name[given]
    value = getattr(source, given)
    if field.is_repeated:
        getattr(target, taken).MergeFrom(value)
    elif not field.has_presence or source.HasField(given):
        if field.message_type is None:
            setattr(target, taken, value)
        else:
            getattr(target, taken).CopyFrom(value)


def _as_outputs(properties: struct_pb2.Struct, dependencies: Mapping[str, list[str]]) -> struct_pb2.Struct:
    """Return properties with what is secret, unknown or dependent as output values, which programs see as outputs."""
    upgraded = struct_pb2.Struct()
    for key, value in properties.fields.items():
        item = _as_output(value)
        if urns := dependencies.get(key):
            item = _depending(item, urns)
        upgraded.fields[key].CopyFrom(item)
    return upgraded


def _as_output(value: struct_pb2.Value) -> struct_pb2.Value:
    kind = value.WhichOneof("kind")
    if kind == "string_value" and value.string_value in UNKNOWNS:
        return _output()
    if kind == "list_value":
        items = [_as_output(item) for item in value.list_value.values]
        return struct_pb2.Value(list_value=struct_pb2.ListValue(values=items))
    if kind != "struct_value":
        return value
    members = value.struct_value.fields
    if _signature(value) == SECRET and "value" in members:
        return _output(members["value"], is_secret=True)
    if SIGNATURE in members:
        return value
    return struct_pb2.Value(struct_value=_as_outputs(value.struct_value, {}))


def _output(element: struct_pb2.Value | None = None, *, is_secret: bool = False) -> struct_pb2.Value:
    output = struct_pb2.Value()
    output.struct_value.fields[SIGNATURE].string_value = OUTPUT_VALUE
    if element is not None and element.string_value not in UNKNOWNS:
        output.struct_value.fields["value"].CopyFrom(element)
    if is_secret:
        output.struct_value.fields["secret"].bool_value = True
    return output


def _depending(value: struct_pb2.Value, urns: list[str]) -> struct_pb2.Value:
    output = struct_pb2.Value()
    output.CopyFrom(value if _signature(value) == OUTPUT_VALUE else _output(value))
    named = [struct_pb2.Value(string_value=urn) for urn in urns]
    output.struct_value.fields["dependencies"].list_value.values.extend(named)
    return output


def _dependencies_in(value: struct_pb2.Value) -> Iterator[str]:
    for item in value.list_value.values:
        yield from _dependencies_in(item)
    members = value.struct_value.fields
    if _signature(value) == OUTPUT_VALUE and "dependencies" in members:
        yield from (item.string_value for item in members["dependencies"].list_value.values)
    for key in members:
        yield from _dependencies_in(members[key])


def _signature(value: struct_pb2.Value) -> str:
    members = value.struct_value.fields
    return str(members[SIGNATURE].string_value) if SIGNATURE in members else ""
