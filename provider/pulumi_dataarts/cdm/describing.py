"""What a field is, in one line, and which section of the facts says so: the reference pages are made from it."""

from __future__ import annotations

from typing import Any

from pydantic import Field


def described(description: str, section: str, **more: Any) -> Any:
    """Return a pydantic field with its description and its source, `section` being of huawei-cdm.md."""
    return Field(description=description, json_schema_extra={"source": f"huawei-cdm.md section {section}"}, **more)
