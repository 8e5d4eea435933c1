"""What an import says about the environment its jobs come into, and what a job then looks like. Pure functions.

The service applies these to the imported jobs, so what stands afterwards is the bundle's definition *with* them.

Source: DataArts Factory API "Importing a Job", tables 2, 3 and 5. Not documented: whether a parameter that
the job does not declare is added to it, and which property of which node a resource type means. So an undeclared
parameter may stand or not, and outside the nodes that the pages describe a property may stand either way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pulumi_dataarts.dlf.bundle import resource_references
from pulumi_dataarts.dlf.canonical import Body, canonical, departures

# Resource type: the property that holds its name, and the types of the nodes that have it ("Creating a Job").
_PLACES: Final[Mapping[str, tuple[str, frozenset[str]]]] = {
    "DWS_CONNECTION": ("connectionName", frozenset({"DWSSQL"})),
    "MRS_HIVE_CONNECTION": ("connectionName", frozenset({"HiveSQL"})),
    "MRS_SPARK_CONNECTION": ("connectionName", frozenset({"SparkSQL"})),
    "MRS_CLUSTER": ("clusterName", frozenset({"MRSSpark", "MapReduce", "MRSFlinkJob", "MRSHetuEngine"})),
    "CDM_CLUSTER": ("clusterName", frozenset({"CDMJob"})),
}


@dataclass(frozen=True)
class Bindings:
    """The parts of an import that change the jobs.

    Attributes:
        params: of all jobs.
        job_params: of one job each, by its name; they win over `params`.
        replacements: the new name by (type, name) of a resource.
        submission: who executes the jobs, and the status they are brought to. The status cannot be read back, and
            whether the user stands in the job afterwards is not documented.
    """

    params: Mapping[str, str] = field(default_factory=dict)
    job_params: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    replacements: Mapping[tuple[str, str], str] = field(default_factory=dict)
    submission: tuple[str, str] = ("", "")

    @classmethod
    def of(cls, properties: Mapping[str, Any]) -> Bindings:
        """Return the bindings in a resource's inputs, or in its outputs."""
        return cls(
            params=properties.get("params") or {},
            job_params={item["name"]: item.get("params") or {} for item in properties.get("jobs_param") or []},
            replacements={
                (item["type"], item["name"]): item["replace"]
                for item in properties.get("resources") or []
                if item.get("replace")
            },
            submission=(properties.get("execute_user") or "", properties.get("target_status") or ""),
        )

    def bound(self, job: Body) -> Body:
        """Return a job's definition as it stands after the import."""
        nodes = [self._bound_node(node) if isinstance(node, Mapping) else node for node in job.get("nodes") or []]
        return {**job, "nodes": nodes, "params": self._bound_params(job)}

    def unlike(self, job: Body, standing: Body) -> list[str]:
        """Return the paths where what stands is not the bundle's job with these bindings."""
        optional = self._params_of(job).keys() - _declared(job)
        mine, theirs = self._comparable(self.bound(job), optional), self._comparable(standing, optional)
        alternatives = {name: new for (_, name), new in self.replacements.items()}
        return list(departures(mine, theirs, "job", alternatives=alternatives))

    def touches(self, job: Body, before: Bindings) -> bool:
        """Say whether the job has to be imported again because the bindings were others before."""
        moved = {name for (_, name), _ in self.replacements.items() ^ before.replacements.items()}
        return (
            self.submission != before.submission
            or canonical(self.bound(job), "job") != canonical(before.bound(job), "job")
            or bool(moved & resource_references(job))
        )

    def _comparable(self, job: Body, optional: set[str]) -> Body:
        """Return a job's comparable form without what the service may or may not have added."""
        body = canonical(job, "job")
        params = {name: param for name, param in body.get("params", {}).items() if name not in optional}
        config = {key: item for key, item in body.get("basicConfig", {}).items() if key not in self._untold}
        kept = {**body, "params": params, "basicConfig": config}
        return {key: item for key, item in kept.items() if item}

    @property
    def _untold(self) -> tuple[str, ...]:
        return ("executeUser",) if self.submission[0] else ()

    def _params_of(self, job: Body) -> dict[str, str]:
        return {**self.params, **self.job_params.get(str(job.get("name")), {})}

    def _bound_params(self, job: Body) -> list[Any]:
        given = self._params_of(job)
        kept = [
            {**param, "value": given.get(param.get("name", ""), param.get("value"))}
            for param in job.get("params") or []
            if isinstance(param, Mapping)
        ]
        added = given.keys() - _declared(job)
        return [*kept, *({"name": name, "value": given[name]} for name in sorted(added))]

    def _bound_node(self, node: Mapping[str, Any]) -> Body:
        properties = [
            {**item, "value": self._replaced(item, str(node.get("type")))} if isinstance(item, Mapping) else item
            for item in node.get("properties") or []
        ]
        return {**node, "properties": properties}

    def _replaced(self, item: Mapping[str, Any], node_type: str) -> Any:
        for (type_, name), new in self.replacements.items():
            place, nodes = _PLACES.get(type_, (str(item.get("name")), frozenset({node_type})))
            if item.get("name") == place and node_type in nodes and item.get("value") == name:
                return new
        return item.get("value")


def _declared(job: Mapping[str, Any]) -> set[str]:
    return {str(param.get("name")) for param in job.get("params") or [] if isinstance(param, Mapping)}
