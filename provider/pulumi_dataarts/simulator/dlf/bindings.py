"""What an import says about the environment that its jobs come into, and its effect on a job's definition.

Source: DataArts Factory API "Importing a Job", tables 2 to 5. Not documented, and decided here:

- a parameter that the job does not declare is added to it; a job's own (`jobsParam`) wins over the public
  ones (`params`);
- `jobsParam` selects nothing: a name that is not in the bundle has no effect;
- which property of a node a resource type means: the table below for node types that the pages describe,
  any property whose value is the name for the others; an entry without `replace` changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from pulumi_dataarts.simulator.dlf import checks, rules
from pulumi_dataarts.simulator.store import Document

_ANY_PROPERTY: tuple[str, ...] = ()
_ANY_NODE: tuple[str, ...] = ()
# Resource type: (properties that hold its name, types of the nodes that have them).
_PLACES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "DWS_CONNECTION": (("connectionName",), ("DWSSQL",)),
    "MRS_HIVE_CONNECTION": (("connectionName",), ("HiveSQL",)),
    "MRS_SPARK_CONNECTION": (("connectionName",), ("SparkSQL",)),
    "MRS_CLUSTER": (("clusterName",), ("MRSSpark", "MapReduce", "MRSFlinkJob", "MRSHetuEngine")),
    "CDM_CLUSTER": (("clusterName",), ("CDMJob",)),
    "DIS_STREAM": (_ANY_PROPERTY, _ANY_NODE),
    "GES_GRAPH": (_ANY_PROPERTY, _ANY_NODE),
    "ROMA_INSTANCE": (_ANY_PROPERTY, _ANY_NODE),
    "TICS_INSTANCE": (_ANY_PROPERTY, _ANY_NODE),
    "DRS_TASK": (_ANY_PROPERTY, _ANY_NODE),
}


@dataclass(frozen=True)
class Replacement:
    """One entry of `resources`: where the resource `name` of this type is used, `replace` is used instead."""

    name: str
    type: str
    replace: str

    def fits(self, prop: Document, node_type: str) -> bool:
        """Say whether a property of a node of this type names the resource."""
        properties, node_types = _PLACES[self.type]
        is_place = (not properties or prop["name"] in properties) and (not node_types or node_type in node_types)
        return is_place and prop.get("value") == self.name


@dataclass(frozen=True)
class Bindings:
    """What an import changes in each job.

    Attributes:
        params: of all jobs.
        job_params: of one job each, by its name.
        target_status: empty if not told.
    """

    params: dict[str, str]
    job_params: dict[str, dict[str, str]]
    execute_user: str
    target_status: str
    replacements: tuple[Replacement, ...]

    def applied(self, definition: Document) -> Document:
        """Return a definition that passed the rules as it is imported."""
        bound = dict(definition)
        params = {**self.params, **self.job_params.get(definition["name"], {})}
        if params:
            bound["params"] = _overridden(definition.get("params") or [], params)
        if self.execute_user:
            bound["basicConfig"] = {**(definition.get("basicConfig") or {}), "executeUser": self.execute_user}
        if self.target_status:
            bound["targetStatus"] = self.target_status
        if self.replacements:
            bound["nodes"] = [self._replaced(node) for node in definition["nodes"]]
        return bound

    def _replaced(self, node: Document) -> Document:
        properties = node["properties"] or []
        return {**node, "properties": [self._replaced_property(prop, node["type"]) for prop in properties]}

    def _replaced_property(self, prop: Document, node_type: str) -> Document:
        values = [other.replace for other in self.replacements if other.fits(prop, node_type)]
        return {**prop, "value": values[0]} if values else prop


def read_bindings(body: Document) -> Bindings:
    """Return the bindings in the body of an import.

    Raises:
        Refused: DLF.3051, a field that is not as the page says.
    """
    rules.check_submission(body)
    checks.optional_text(body.get("executeUser"), "executeUser", 128)
    job_params = {
        checks.required_text(entry.get("name"), "jobsParam[].name"): checks.text_map(
            entry.get("params"), "jobsParam[].params"
        )
        for entry in checks.documents(body.get("jobsParam"), "jobsParam")
    }
    replacements = [_replacement(entry) for entry in checks.documents(body.get("resources"), "resources")]
    return Bindings(
        params=checks.text_map(body.get("params"), "params"),
        job_params=job_params,
        execute_user=body.get("executeUser") or "",
        target_status=body.get("targetStatus") or "",
        replacements=tuple(replacement for replacement in replacements if replacement.replace),
    )


def _replacement(entry: Document) -> Replacement:
    name = checks.required_text(entry.get("name"), "resources[].name")
    kind = checks.a_choice(entry.get("type"), "resources[].type", _PLACES)
    checks.optional_text(entry.get("replace"), "resources[].replace", 128)
    return Replacement(name, kind, entry.get("replace") or "")


def _overridden(declared: list[Document], params: dict[str, str]) -> list[Document]:
    kept = [{**param, "value": params.get(param["name"], param["value"])} for param in declared]
    names = {param["name"] for param in declared}
    return kept + [{"name": name, "value": value} for name, value in params.items() if name not in names]
