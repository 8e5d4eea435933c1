"""Lifecycle rules, storage classes and tags: as they are declared, and as boto3 writes them.

Source: OBS, S3-compatible API, PUT Bucket lifecycle and PUT Bucket storage class.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pulumi_dataarts.obs.rules import StorageClass

Days = Annotated[int, Field(ge=1)]

_ON_THE_WIRE: Final[Mapping[StorageClass, str]] = {"STANDARD": "STANDARD", "WARM": "STANDARD_IA", "COLD": "GLACIER"}
_DECLARED: Final[Mapping[str, StorageClass]] = {wire: declared for declared, wire in _ON_THE_WIRE.items()}


class Transition(BaseModel):
    """When objects go to a cheaper storage class."""

    model_config = ConfigDict(extra="forbid", defer_build=True)
    days: Days
    storage_class: Literal["WARM", "COLD"]


class LifecycleRule(BaseModel):
    """What becomes of the objects under a prefix as they age. Days count from creation, or from being replaced.

    Source: PUT Bucket lifecycle, table 2. The prefix stands in the rule itself: OBS knows no `Filter`.
    """

    model_config = ConfigDict(extra="forbid", defer_build=True)

    id: Annotated[str, Field(min_length=1, max_length=255)]
    prefix: str = ""
    enabled: bool = True
    expiration_days: Days | None = None
    noncurrent_expiration_days: Days | None = None
    abort_multipart_days: Days | None = None
    transitions: list[Transition] = []
    noncurrent_transitions: list[Transition] = []

    @model_validator(mode="after")
    def _does_something(self) -> LifecycleRule:
        if not self.to_wire().keys() - {"ID", "Prefix", "Status"}:
            raise ValueError("the rule does nothing: give it days to expire or a transition")
        return self

    def to_wire(self) -> dict[str, Any]:
        """Return the rule as boto3 takes it."""
        parts = {
            "Expiration": _days("Days", self.expiration_days),
            "NoncurrentVersionExpiration": _days("NoncurrentDays", self.noncurrent_expiration_days),
            "AbortIncompleteMultipartUpload": _days("DaysAfterInitiation", self.abort_multipart_days),
            "Transitions": _wire_steps("Days", self.transitions),
            "NoncurrentVersionTransitions": _wire_steps("NoncurrentDays", self.noncurrent_transitions),
        }
        head = {"ID": self.id, "Prefix": self.prefix, "Status": "Enabled" if self.enabled else "Disabled"}
        return {**head, **{name: part for name, part in parts.items() if part}}


def declared_rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Return a rule that boto3 has read as it would be declared. It may be one that nobody can declare here."""
    values = {
        "id": rule.get("ID", ""),
        "prefix": rule.get("Prefix", rule.get("Filter", {}).get("Prefix", "")),
        "enabled": rule.get("Status") == "Enabled",
        "expiration_days": rule.get("Expiration", {}).get("Days"),
        "noncurrent_expiration_days": rule.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays"),
        "abort_multipart_days": rule.get("AbortIncompleteMultipartUpload", {}).get("DaysAfterInitiation"),
        "transitions": _declared_steps("Days", rule.get("Transitions", [])),
        "noncurrent_transitions": _declared_steps("NoncurrentDays", rule.get("NoncurrentVersionTransitions", [])),
    }
    return {name: value for name, value in values.items() if value is not None}


def wire_class(storage_class: StorageClass) -> str:
    """Return a storage class as the S3 API spells it."""
    return _ON_THE_WIRE[storage_class]


def declared_class(wire: str) -> str:
    """Return a storage class of the S3 API as OBS calls it; one that is not known stays as it is."""
    return _DECLARED.get(wire, wire)


def wire_tags(tags: Mapping[str, str]) -> dict[str, Any]:
    """Return tags as boto3 takes them."""
    return {"TagSet": [{"Key": key, "Value": value} for key, value in tags.items()]}


def declared_tags(tag_set: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Return tags that boto3 has read as they would be declared; an empty value may be left out."""
    return {tag["Key"]: tag.get("Value", "") for tag in tag_set}


def _days(name: str, days: int | None) -> dict[str, int]:
    return {} if days is None else {name: days}


def _wire_steps(name: str, steps: Iterable[Transition]) -> list[dict[str, Any]]:
    return [{name: step.days, "StorageClass": wire_class(step.storage_class)} for step in steps]


def _declared_steps(name: str, steps: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{"days": step.get(name), "storage_class": declared_class(step.get("StorageClass", ""))} for step in steps]
