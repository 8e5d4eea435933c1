"""A CDM link: how a cluster reaches one data source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Annotated, Any, Final

import pulumi
from pydantic import Field

from pulumi_dataarts.cdm import api
from pulumi_dataarts.cdm.attempts import create_once, is_another, place, rename_once
from pulumi_dataarts.cdm.configs import LINK, LinkConfig, LinkSecrets, doubtful, fold, settled, unfold
from pulumi_dataarts.cdm.describing import described
from pulumi_dataarts.cdm.wire import LinkBody
from pulumi_dataarts.errors import NotFound
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.lifecycle.adapter import DynamicProvider
from pulumi_dataarts.lifecycle.changes import Change
from pulumi_dataarts.lifecycle.fields import NotCompared, Replaces, ServerFills, WriteOnly
from pulumi_dataarts.lifecycle.handler import Handler, Live, Made
from pulumi_dataarts.lifecycle.inputs import Inputs, Mistake
from pulumi_dataarts.lifecycle.resource import DataArtsResource
from pulumi_dataarts.model.values import Properties

_SECRETS: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(
        (
            "generic-jdbc-connector",
            "ftp-connector",
            "sftp-connector",
            "mongodb-connector",
            "redis-connector",
            "kafka-connector",
            "dms-kafka-connector",
            "elasticsearch-connector",
        ),
        frozenset({"password"}),
    ),
    "obs-connector": frozenset({"securityKey"}),
    "thirdparty-obs-connector": frozenset({"securityKey"}),
    "hdfs-connector": frozenset({"password", "keytab"}),
    "hive-connector": frozenset({"password", "securityKey", "keytab"}),
    "hbase-connector": frozenset({"password", "securityKey", "keytab"}),
    "dis-connector": frozenset({"sk"}),
    "dli-connector": frozenset({"sk"}),
    "opentsdb-connector": frozenset({"sk"}),
    "http-connector": frozenset(),
}
_ALL_SECRETS: Final = frozenset[str]().union(*_SECRETS.values())


def secret_names(connector: str) -> frozenset[str]:
    """Return the inputs that are secrets: of this connector, or of any if it is not known here.

    Source: CDM API "Link Parameter Description"; `huaweicloud_cdm_link` of the Terraform provider (opentsdb).
    """
    return _SECRETS.get(connector, _ALL_SECRETS)


class LinkInputs(Inputs):
    """What is declared of a link."""

    cluster_id: Annotated[str, Replaces("a link lives on one cluster")] = described(
        "Id of the CDM cluster that the link lives on.", "Querying the Cluster List", min_length=1
    )
    name: str = described(
        "Name, unique on the cluster; a change renames the link in place.", "Creating a Link", min_length=1
    )
    connector: Annotated[str, Replaces("a link's connector is fixed")] = described(
        "Kind of data source, e.g. `generic-jdbc-connector`, `obs-connector`, `hive-connector`.",
        "Creating a Link",
        min_length=1,
    )
    config: Annotated[LinkConfig, ServerFills()] = described(
        "The connector's inputs by name, with or without `linkConfig.`: scalars, or maps such as `jdbcProperties`.",
        "Link Parameter Description",
        default={},
    )
    secrets: Annotated[LinkSecrets, WriteOnly()] = described(
        "The connector's secret inputs by name (`password`, `securityKey`, `sk`, `keytab`); never read back.",
        "Link Parameter Description",
        default={},
        repr=False,
    )
    enabled: bool = described("Whether jobs may use the link.", "Creating a Link", default=True)
    adopt: Annotated[bool, NotCompared()] = Field(
        description="Take over, and change, a link of this name that exists and differs.", default=False
    )

    def mistakes(self) -> Iterable[Mistake]:
        """Yield secrets that are declared where everybody can read them, and inputs that are declared twice."""
        for name in self.config:
            if name in secret_names(self.connector):
                yield Mistake(f"config.{name}", "is a secret: declare it in `secrets`, where it is never shown")
            elif name in self.secrets:
                yield Mistake(f"config.{name}", "is declared in `secrets` as well")


class LinkHandler(Handler[LinkInputs]):
    """The meaning of a link."""

    kind = "cdm.Link"
    inputs = LinkInputs
    identity = ("cluster_id", "name")

    def create(self, inputs: LinkInputs, session: Session) -> Made:
        """Make the link; the cluster tries the connection first."""
        cluster_id, name, body = inputs.cluster_id, inputs.name, _body(inputs, session)

        def put() -> None:
            api.update_link(session, cluster_id, name, body)

        return create_once(
            self,
            f"{cluster_id}/{name}",
            inputs,
            session,
            adopt=inputs.adopt,
            post=lambda: api.create_link(session, cluster_id, body),
            put=put if inputs.secrets else None,
        )

    def read(self, id: str, known: Mapping[str, Any], session: Session) -> Live | None:
        """Return the link without its secrets, which the service masks."""
        cluster_id, name = place(id, known)
        link = api.show_link(session, cluster_id, name)
        if link is None:
            return None
        secret = secret_names(link.connector_name)
        live = unfold(link.link_config_values, secret.__contains__).get(LINK, {})
        declared: Properties = {
            "cluster_id": cluster_id,
            "name": link.name,
            "connector": link.connector_name,
            "config": settled(known.get("config") or {}, live),
        }
        return Live(declared if link.enabled is None else declared | {"enabled": link.enabled})

    def update(
        self, id: str, known: Properties, inputs: LinkInputs, changed: Sequence[Change], session: Session
    ) -> Properties:
        """Replace the link, secrets included, under its old name; a new one renames it."""
        cluster_id, name = place(id, known)
        body = _body(inputs, session)
        if name == inputs.name:
            api.update_link(session, cluster_id, name, body)
        else:
            rename_once(
                self, id, inputs, session,
                adopt=inputs.adopt,
                put=lambda: api.update_link(session, cluster_id, name, body),
            )  # fmt: skip
        return {}

    def delete(self, id: str, known: Properties, session: Session) -> None:
        """Remove the link, unless it is another by now. Raises Conflict as long as a job uses it."""
        cluster_id, name = place(id, known)
        link = api.show_link(session, cluster_id, name)
        if link is None or is_another(session, self.kind, id, known, {"connector": link.connector_name}):
            return
        with suppress(NotFound):
            api.delete_link(session, cluster_id, name)


def _body(inputs: LinkInputs, session: Session) -> LinkBody:
    session.conceal(inputs.secrets.values())
    for name in doubtful({LINK: {**inputs.config, **inputs.secrets}}):
        session.tell_once(
            f"link {inputs.name}: {name} has a `%` or a `+`; it is sent as it is, and whether the service decodes it "
            "is not documented: check the link in the console"
        )
    return LinkBody(
        name=inputs.name,
        connector_name=inputs.connector,
        link_config_values=fold({LINK: {**inputs.config, **inputs.secrets}}),
        enabled=inputs.enabled,
    )


class LinkProvider(DynamicProvider):
    """The dynamic provider of cdm.Link."""

    handler = LinkHandler()


class Link(DataArtsResource, module="cdm", name="Link"):
    """A link: how a CDM cluster reaches one data source.

    Inputs that the service fills in by itself are left alone; only what is declared is compared. Secrets are
    sent, never read back, and kept in the state as fingerprints; a new value is an update.

    Source: CDM API, the pages of links, "Link Parameter Description".
    """

    provider = LinkProvider
    cluster_id: pulumi.Output[str]
    name: pulumi.Output[str]
    connector: pulumi.Output[str]
    config: pulumi.Output[dict[str, Any]]
    enabled: pulumi.Output[bool]

    def __init__(
        self,
        resource_name: str,
        *,
        cluster_id: pulumi.Input[str],
        name: pulumi.Input[str],
        connector: pulumi.Input[str],
        config: pulumi.Input[Mapping[str, Any]] | None = None,
        secrets: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        enabled: pulumi.Input[bool] | None = None,
        adopt: pulumi.Input[bool] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        arguments = {
            "cluster_id": cluster_id,
            "name": name,
            "connector": connector,
            "config": config,
            "secrets": secrets,
            "enabled": enabled,
            "adopt": adopt,
        }
        super().__init__(resource_name, arguments, opts)
