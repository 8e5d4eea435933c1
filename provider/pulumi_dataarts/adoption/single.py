"""One object by its type and id."""

from __future__ import annotations

from pulumi_dataarts.cdm import inventory
from pulumi_dataarts.huawei.session import Session
from pulumi_dataarts.lifecycle.adapter import DynamicProvider
from pulumi_dataarts.lifecycle.adoption import Found, adopted, looked_up
from pulumi_dataarts.model.values import Properties


def found_one(
    provider: type[DynamicProvider], type: str, name: str, id: str, session: Session, *, said: Properties
) -> Found:
    """Return an object. Raises NotFound, and ConfigError where it cannot be declared."""
    live = looked_up(provider, id, session)
    secrets = inventory.secrets_of(session, type, id)
    return adopted(provider, type, name, id, live, said=said, secrets=secrets)
