"""What differs between environments, read from the stack's config in one place.

Names of clusters, queues and the like come from `dataarts:bindings`, so that the program declares the same content in
every environment; what is no name (hosts, accounts, words that start a run) is the project's own configuration.
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from pulumi_dataarts import bindings

CLUSTER = "cdm-orders"
"""The cluster's name in the bundles; which one it is, the stack's bindings say."""


@dataclass(frozen=True)
class Settings:
    """Values of one environment. Secrets are outputs and stay encrypted in the state."""

    cluster: str
    workspace: str
    prefix: str
    disposable: bool
    full_load: str
    export: str
    mysql_host: str
    mysql_user: str
    mysql_password: pulumi.Output[str]
    obs_server: str
    obs_access_key: str
    obs_secret_key: pulumi.Output[str]

    @staticmethod
    def from_config(config: pulumi.Config, dataarts: pulumi.Config) -> Settings:
        """Read them all; a missing one is named by Pulumi with the command that sets it."""
        here = bindings.current()
        return Settings(
            cluster=here.required("clusters", CLUSTER).id,
            workspace=dataarts.get("workspace") or "default",
            prefix=here.prefix,
            disposable=config.get_bool("disposable") or False,
            full_load=config.require("fullLoad"),
            export=config.require("export"),
            mysql_host=config.require("mysqlHost"),
            mysql_user=config.require("mysqlUser"),
            mysql_password=config.require_secret("mysqlPassword"),
            obs_server=config.require("obsServer"),
            obs_access_key=config.require("obsAccessKey"),
            obs_secret_key=config.require_secret("obsSecretKey"),
        )
