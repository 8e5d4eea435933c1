"""What a field is, in one line, and which page of the service's reference says so: our reference is made from it."""

from __future__ import annotations

from typing import Any

from pydantic import Field


def described(description: str, page: str, **more: Any) -> Any:
    """Return a pydantic field with its description and its source, a page of the CDM API reference."""
    return Field(description=f'{description} Source: CDM API "{page}".', **more)
