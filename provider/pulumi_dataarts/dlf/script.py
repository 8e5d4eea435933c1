"""`dlf.Script`: one script of DataArts Factory, for teams that share scripts between jobs of different bundles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Annotated, Any, Final

import pulumi
from pydantic import Field

from pulumi_dataarts.dlf import api
from pulumi_dataarts.dlf.canonical import Body
from pulumi_dataarts.dlf.rules import script_mistakes
from pulumi_dataarts.errors import AlreadyExists, NotFound, OutcomeUnknown
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.lifecycle.adapter import DynamicProvider
from pulumi_dataarts.lifecycle.changes import Change
from pulumi_dataarts.lifecycle.fields import Local, NotCompared, Replaces, ServerFills
from pulumi_dataarts.lifecycle.handler import Handler, Live, Made, take_over
from pulumi_dataarts.lifecycle.inputs import Inputs, Mistake, dump
from pulumi_dataarts.lifecycle.resource import DataArtsResource
from pulumi_dataarts.model.values import Properties

_WIRE: Final[Mapping[str, str]] = {
    "type": "type",
    "content": "content",
    "directory": "directory",
    "connection": "connectionName",
    "database": "database",
    "queue": "queueName",
    "description": "description",
    "configuration": "configuration",
}
"""What the service tells of a script, by our name of the field."""


class ScriptInputs(Inputs):
    """What a `Script` is given."""

    name: Annotated[
        str,
        Replaces("a script cannot be renamed"),
        Field(description="Name, unique in the workspace. Source: creating a script."),
    ]
    type: Annotated[
        str,
        Replaces("a script's type is fixed"),
        Field(description="`DLISQL`, `HiveSQL`, `SparkSQL`, `Shell`, `PYTHON`, and so on. Source: creating a script."),
    ]
    content: Annotated[str, Field(description="Its text, 4 MB at most. Source: creating a script.")]
    directory: Annotated[
        str | None,
        Field(description="Directory it is shown in, such as `/orders`. Source: creating a script."),
    ] = None
    connection: Annotated[
        str | None,
        Field(description="Name of the data connection it runs on. Source: creating a script (connectionName)."),
    ] = None
    database: Annotated[str | None, Field(description="Database that it runs in. Source: creating a script.")] = None
    queue: Annotated[
        str | None,
        Field(description="DLI queue that a DLISQL script runs on. Source: creating a script (queueName)."),
    ] = None
    configuration: Annotated[
        dict[str, str] | None,
        ServerFills(),
        Field(description="Settings of the run by name. Source: creating a script."),
    ] = None
    description: Annotated[str | None, Field(max_length=255, description="Remarks. Source: creating a script.")] = None
    workspace: Annotated[
        str | None,
        Replaces("a script of another workspace is another script"),
        Field(description="Id of the workspace; without it that of `dataarts:workspace`. Source: common headers."),
    ] = None
    target_status: Annotated[
        str | None,
        Local(),
        Field(description="Status to bring it to where review is on; never read back. Source: creating a script."),
    ] = None
    approvers: Annotated[
        list[str],
        Local(),
        Field(description="Who approves, where the review function is on. Source: creating a script."),
    ] = []
    adopt: Annotated[
        bool,
        NotCompared(),
        Field(description="Take over, and change, a script of this name that exists and differs. Source: ours."),
    ] = False

    def mistakes(self) -> Iterable[Mistake]:
        """Yield what the service would refuse."""
        for reason in script_mistakes(self.name, {"type": self.type, "content": self.content}):
            yield Mistake("content" if reason.startswith("content") else "name", reason)


class ScriptHandler(Handler[ScriptInputs]):
    """The meaning of a script. The id is `<workspace>/<name>`."""

    kind = "dlf.Script"
    inputs = ScriptInputs
    identity = ("workspace", "name")

    def create(self, inputs: ScriptInputs, session: Session) -> Made:
        """Make the script; where the answer was lost, or the name is taken, take over one that is as declared."""
        workspace = inputs.workspace or session.settings.workspace
        id = f"{workspace}/{inputs.name}"
        try:
            api.create_script(api.workspace(session, workspace), _body(inputs))
        except (AlreadyExists, OutcomeUnknown) as error:
            if isinstance(error, OutcomeUnknown) and self.read(id, dump(inputs), session) is None:
                raise
            return take_over(self, id, inputs, session, adopt=inputs.adopt)
        return Made(id)

    def read(self, id: str, known: Mapping[str, Any], session: Session) -> Live | None:
        """Return the script as it stands; of what nobody declared only what an import needs."""
        workspace, _, name = id.partition("/")
        try:
            script = api.show_script(api.workspace(session, workspace), name)
        except NotFound:
            return None
        told: Properties = {"name": name}
        if workspace != session.settings.workspace or known.get("workspace"):
            told["workspace"] = workspace
        for field, key in _WIRE.items():
            if script.get(key) and (not known or known.get(field) is not None):
                told[field] = _comparable(field, script[key], known)
        return Live(told)

    def update(
        self, id: str, known: Properties, inputs: ScriptInputs, changed: Sequence[Change], session: Session
    ) -> Properties:
        """Replace the definition by the full one that is declared."""
        api.update_script(api.workspace(session, id.partition("/")[0]), inputs.name, _body(inputs))
        return {}

    def delete(self, id: str, known: Properties, session: Session) -> None:
        """Delete the script. Jobs that use it are not looked for: the service keeps them, and they fail."""
        workspace, _, name = id.partition("/")
        with suppress(NotFound):
            api.delete_script(api.workspace(session, workspace), name, list(known.get("approvers") or []))


def _body(inputs: ScriptInputs) -> Body:
    """Return the body of "creating a script"; what is not declared is left to the service."""
    declared = {"name": inputs.name} | {key: getattr(inputs, field) for field, key in _WIRE.items()}
    if inputs.target_status or inputs.approvers:
        declared["targetStatus"] = inputs.target_status
        declared["approvers"] = [{"approverName": name} for name in inputs.approvers] or None
    return {key: value for key, value in declared.items() if value is not None}


def _comparable(field: str, value: Any, known: Mapping[str, Any]) -> Any:
    """Return a value in the spelling that was declared: a directory is the same with and without a slash at its end."""
    declared = known.get(field)
    is_same = field == "directory" and isinstance(declared, str) and declared.rstrip("/") == str(value).rstrip("/")
    return declared if is_same else value


class ScriptProvider(DynamicProvider):
    """The dynamic provider of dlf.Script."""

    handler = ScriptHandler()


class Script(DataArtsResource, module="dlf", name="Script"):
    """A script of DataArts Factory, on its own.

    Scripts that belong to jobs come with them, in the bundle of a `dlf.JobImport`; declare one here if it is in no
    bundle, or in the bundles of others. A script is managed by one of the two: both would set each other's edits back.

    Source: creating a script, "Querying a Script"; arguments in `ScriptInputs`.
    """

    provider = ScriptProvider
    name: pulumi.Output[str]
    type: pulumi.Output[str]
    content: pulumi.Output[str]
    workspace: pulumi.Output[str | None]

    def __init__(
        self,
        resource_name: str,
        *,
        name: pulumi.Input[str],
        type: pulumi.Input[str],
        content: pulumi.Input[str],
        directory: pulumi.Input[str] | None = None,
        connection: pulumi.Input[str] | None = None,
        database: pulumi.Input[str] | None = None,
        queue: pulumi.Input[str] | None = None,
        configuration: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        description: pulumi.Input[str] | None = None,
        workspace: pulumi.Input[str] | None = None,
        target_status: pulumi.Input[str] | None = None,
        approvers: pulumi.Input[Sequence[pulumi.Input[str]]] | None = None,
        adopt: pulumi.Input[bool] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        arguments = {
            "name": name,
            "type": type,
            "content": content,
            "directory": directory,
            "connection": connection,
            "database": database,
            "queue": queue,
            "configuration": configuration,
            "description": description,
            "workspace": workspace,
            "target_status": target_status,
            "approvers": approvers,
            "adopt": adopt,
        }
        super().__init__(resource_name, arguments, opts)
