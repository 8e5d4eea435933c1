"""What differs between environments, read from the stack's config in one place."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi


@dataclass(frozen=True)
class Settings:
    """Values of one environment. Secrets are outputs and stay encrypted in the state."""

    cluster: str
    cluster_name: str
    workspace: str
    prefix: str
    queue: str
    disposable: bool
    full_load: str
    export: str
    target_status: str | None
    approvers: list[str]
    mysql_host: str
    mysql_user: str
    mysql_password: pulumi.Output[str]
    obs_server: str
    obs_access_key: str
    obs_secret_key: pulumi.Output[str]

    @staticmethod
    def from_config(config: pulumi.Config, dataarts: pulumi.Config) -> Settings:
        """Read them all; a missing one is named by Pulumi with the command that sets it."""
        return Settings(
            cluster=config.require("cluster"),
            cluster_name=config.require("clusterName"),
            workspace=dataarts.get("workspace") or "default",
            prefix=config.require("prefix"),
            queue=config.require("queue"),
            disposable=config.get_bool("disposable") or False,
            full_load=config.require("fullLoad"),
            export=config.require("export"),
            target_status=config.get("targetStatus") or None,
            approvers=config.get_object("approvers") or [],
            mysql_host=config.require("mysqlHost"),
            mysql_user=config.require("mysqlUser"),
            mysql_password=config.require_secret("mysqlPassword"),
            obs_server=config.require("obsServer"),
            obs_access_key=config.require("obsAccessKey"),
            obs_secret_key=config.require_secret("obsSecretKey"),
        )
