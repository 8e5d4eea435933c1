"""Checking what a user declared: all mistakes at once, each with its path; unknown values pass through untouched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails, PydanticUndefined

from pulumi_dataarts.lifecycle.fields import Derived, fields_with
from pulumi_dataarts.model.values import UNKNOWN, Properties, has_unknown


class Inputs(BaseModel):
    """Base of every resource's inputs. Frozen; unknown names are refused; numbers may arrive as floats."""

    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True, defer_build=True)

    derives_from: ClassVar[tuple[str, ...]] = ()
    """The fields that `derived` reads: where these are known, so is what is derived, whatever else is not."""

    def mistakes(self) -> Iterable[Mistake]:
        """Yield what is wrong between fields. Called only when every value is known and each field is right."""
        return ()

    def derived(self) -> Properties:
        """Return the values of the fields marked `Derived`. Raises ConfigError on unusable files."""
        return {}


@dataclass(frozen=True)
class Mistake:
    """One thing wrong with a declared value: where, and what would be right."""

    path: str
    reason: str


AnyInputs = TypeVar("AnyInputs", bound=Inputs)


def parse(model: type[AnyInputs], properties: Mapping[str, Any]) -> AnyInputs:
    """Build the model from checked properties, all known. Raises pydantic's ValidationError on a defect of ours."""
    return model.model_validate(_given(properties))


def dump(inputs: Inputs) -> Properties:
    """Return the inputs as plain properties; fields that are None are absent."""
    return inputs.model_dump(mode="json", exclude_none=True)


def check(model: type[Inputs], properties: Mapping[str, Any]) -> tuple[Properties, list[Mistake]]:
    """Fill defaults, normalise, derive, and report every mistake.

    Args:
        model: the resource's inputs.
        properties: what the program declared; values may hold `UNKNOWN` at any depth.

    Returns:
        The checked properties and the mistakes. With mistakes, the properties are those given.
    """
    given = _given(properties)
    inputs = _whole(model, given)
    return _finished(inputs, given) if inputs else _by_field(model, given)


def _whole(model: type[Inputs], given: Properties) -> Inputs | None:
    """Validate all at once, which is quicker; None where a field is unknown or wrong."""
    if has_unknown(given):
        return None
    derived = fields_with(model, Derived)
    try:
        return model.model_validate({name: value for name, value in given.items() if name not in derived})
    except ValidationError:
        return None


def _finished(inputs: Inputs, given: Properties) -> tuple[Properties, list[Mistake]]:
    between = list(inputs.mistakes())
    return (given, between) if between else ({**dump(inputs), **inputs.derived()}, [])


def _by_field(model: type[Inputs], given: Properties) -> tuple[Properties, list[Mistake]]:
    mistakes = [*_misnamed(model, given)]
    checked: Properties = {}
    for name in model.model_fields:
        if name in fields_with(model, Derived):
            continue
        value = given.get(name, _default(model, name))
        if has_unknown(value):
            checked[name] = value
        else:
            mistakes.extend(_check_field(model, name, value, checked))
    if mistakes:
        return given, mistakes
    if has_unknown(checked):
        return {**_given(checked), **_derived_early(model, checked)}, []
    return _finished(parse(model, checked), given)


def _derived_early(model: type[Inputs], checked: Properties) -> Properties:
    """Return the derived fields while other fields are unknown; unknown themselves if what they need is."""
    if any(has_unknown(checked.get(name)) for name in model.derives_from):
        return dict.fromkeys(fields_with(model, Derived), UNKNOWN)
    known = {name: value for name, value in checked.items() if not has_unknown(value)}
    return model.model_construct(**known).derived()


def _given(properties: Mapping[str, Any]) -> Properties:
    return {name: value for name, value in properties.items() if value is not None and not name.startswith("__")}


def _misnamed(model: type[Inputs], given: Properties) -> Iterable[Mistake]:
    for name in given:
        if name not in model.model_fields:
            near = get_close_matches(name, model.model_fields, n=1)
            yield Mistake(name, f"no such argument{f'; did you mean `{near[0]}`?' if near else ''}")


def _default(model: type[Inputs], name: str) -> Any:
    default = model.model_fields[name].get_default(call_default_factory=True)
    return None if default is PydanticUndefined else default


def _check_field(model: type[Inputs], name: str, value: Any, checked: Properties) -> Iterable[Mistake]:
    """Validate one field alone, so that unknown neighbours do not hide its mistakes."""
    if value is None:
        return [Mistake(name, "is required")] if model.model_fields[name].is_required() else []
    adapter = _adapter(model, name)
    try:
        checked[name] = adapter.dump_python(adapter.validate_python(value), mode="json", exclude_none=True)
    except ValidationError as error:
        return [_mistake(name, detail) for detail in error.errors(include_url=False, include_input=False)]
    return []


@cache
def _adapter(model: type[Inputs], name: str) -> TypeAdapter[Any]:
    info = model.model_fields[name]
    return TypeAdapter(
        _annotated(info.annotation, tuple(info.metadata)),
        config=None if _is_model(info.annotation) else _CONFIG,
    )


_CONFIG = ConfigDict(coerce_numbers_to_str=True)


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _annotated(annotation: Any, metadata: tuple[Any, ...]) -> Any:
    from typing import Annotated

    return Annotated[(annotation, *metadata)] if metadata else annotation


def _mistake(name: str, detail: ErrorDetails) -> Mistake:
    path = name
    for part in detail["loc"]:
        path += f"[{part}]" if isinstance(part, int) else f".{part}"
    return Mistake(path, _reason(detail))


def _reason(detail: ErrorDetails) -> str:
    """Return what would be right, in a declaration's words. The value is left out: it may be secret."""
    limits = detail.get("ctx", {})
    match detail["type"]:
        case "dict_type":
            return "must be a map, `{name: value}`"
        case "list_type":
            return "must be a list"
        case "string_type":
            return "must be a text"
        case "string_too_long":
            return f"must have at most {limits['max_length']} characters"
        case "string_too_short":
            return f"must have at least {limits['min_length']} character(s)"
        case _:
            return detail["msg"].removeprefix("Value error, ")
