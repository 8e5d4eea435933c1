"""What an environment calls the things that its jobs need: the map from a release's names to the environment's own.

::

    config:
      dataarts:bindings:
        prefix: orders-prod
        clusters: {cdm-orders: {id: 5a2e…, name: cdm-prod}}    # or only a name, where nothing asks for the id
        connections: {dws_orders: dws_prod}
        queues: {default: etl_prod}
        buckets: {landing: orders-prod-landing}
        links: {shop_mysql: shop_mysql_prod}
        streams: {clicks: clicks-prod}
        parameters: {retention: "90", orders_daily: {day: "…"}}   # of all jobs that declare it, or of one job
        workers: {orders_alerts: {cu_number: 8, parallel_number: 4}}
        schedules: paused
        approvers: [li, wang]
        targetStatus: SUBMITTED

The name of a thing in the release is its *logical* name. A binding may be left out where the environment's own name is
the same.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from pulumi_dataarts.errors import ConfigError

KEY: Final = "dataarts:bindings"
LOGICAL: Final = '{"logical":true,"prefix":"prefix"}'
"""Bindings under which everything is called by its logical name; so are the definitions of a release made."""
Group: TypeAlias = Literal["clusters", "connections", "links", "queues", "buckets", "streams"]
Size: TypeAlias = Literal["cu_number", "parallel_number", "tm_cus", "tm_slot_num", "manager_cu_number"]


class Target(BaseModel):
    """What stands for a logical name in an environment."""

    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True)

    name: str = Field(default="", description="Its name there; of a cluster, the one that Factory jobs know it by.")
    id: str = Field(default="", description="Of a cluster: the id that CDM's API takes.")


def _target(value: Any) -> Any:
    return {"name": value} if isinstance(value, str | int) else value


Targets = dict[str, Annotated[Target, BeforeValidator(_target)]]


class Bindings(BaseModel):
    """The bindings of one environment; every group is by logical name."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, coerce_numbers_to_str=True)

    prefix: str = Field(default="", description="Start of names that the program makes up.")
    clusters: Targets = Field(default={}, description="CDM and MRS clusters.")
    connections: Targets = Field(default={}, description="Data connections of DataArts Factory.")
    links: Targets = Field(default={}, description="CDM links that the program does not declare itself.")
    queues: Targets = Field(default={}, description="DLI queues.")
    buckets: Targets = Field(default={}, description="OBS buckets.")
    streams: Targets = Field(default={}, description="DIS streams.")
    parameters: dict[str, str | dict[str, str]] = Field(
        default={},
        description="Job parameters: a value for all jobs that declare it, or a map for the job of that name.",
    )
    workers: dict[str, dict[Size, int]] = Field(default={}, description="Sizes of Flink jobs, by job.")
    schedules: Literal["running", "paused"] = Field(
        default="running", description="`paused`: no CDM job is scheduled, no Factory job is put back on schedule."
    )
    approvers: tuple[str, ...] = Field(default=(), description="Who approves imported jobs, where they are reviewed.")
    target_status: Literal["SAVED", "SUBMITTED", "PRODUCTION"] | None = Field(
        default=None, alias="targetStatus", description="Status that imported jobs are brought to, where reviewed."
    )
    logical: bool = Field(default=False, description="Call everything by its logical name, to make a release.")

    def own(self, group: Group, name: str) -> Target | None:
        """Return what stands for a logical name; None where it is not bound."""
        if self.logical:
            return Target(name=name, id=name)
        targets: Mapping[str, Target] = getattr(self, group)
        return targets.get(name)

    def name_of(self, group: Group, name: str) -> str:
        """Return the environment's own name; the logical one where it is not bound."""
        found = self.own(group, name)
        return (found.name if found else "") or name

    def required(self, group: Group, name: str) -> Target:
        """Return what stands for a logical name. Raises ConfigError where it is not bound."""
        found = self.own(group, name)
        if found is None:
            bound = ", ".join(sorted(getattr(self, group))) or "none"
            raise ConfigError(
                f"{KEY}: {group} has no {name!r}; bound are {bound}",
                hint=f"Bind it: dataarts config set --path '{KEY}.{group}[\"{name}\"]' OWN-NAME",
            )
        return found

    def job_parameters(self) -> dict[str, dict[str, str]]:
        """Return the parameters that are bound for one job, by job."""
        return {name: value for name, value in self.parameters.items() if isinstance(value, dict)}

    def shared_parameters(self) -> dict[str, str]:
        """Return the parameters that are bound for all jobs that declare them."""
        return {name: value for name, value in self.parameters.items() if isinstance(value, str)}


@cache
def parse(text: str | None) -> Bindings:
    """Return the bindings in a configuration value, JSON as programs get it. Raises ConfigError, naming each flaw."""
    if not text:
        return Bindings()
    try:
        return Bindings.model_validate(json.loads(text))
    except ValidationError as error:
        flaws = error.errors(include_url=False, include_input=False)
        lines = sorted({f"  {'.'.join(map(str, flaw['loc']))}: {flaw['msg']}" for flaw in flaws})
        raise ConfigError("\n".join([f"{KEY} cannot be read:", *lines]), hint="See docs/how-to/release.md.") from error
    except ValueError as error:
        raise ConfigError(f"{KEY} is not a map", hint="See docs/how-to/release.md.") from error
