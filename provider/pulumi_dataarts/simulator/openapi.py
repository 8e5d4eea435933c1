"""The routes as an OpenAPI description: what there is, not what a body must be like (the pages say that)."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pulumi_dataarts.simulator.http import Route

_PARAMETER: Final = re.compile(r"\{(\w+)\}")
_WITH_BODY: Final = frozenset({"POST", "PUT", "DELETE"})
_VERSION: Final = "1"
_ANY: Final = {"description": "What the service says of it.", "content": {"application/json": {"schema": {}}}}
_OBJECT: Final = {"required": False, "content": {"application/json": {"schema": {"type": "object"}}}}


def describe(routes: Iterable[Route], url: str) -> dict[str, Any]:
    """Return the description of these routes, served at `url`, as OpenAPI 3.1 has it."""
    paths: dict[str, dict[str, Any]] = {}
    names = Counter[str]()
    for route in routes:
        name = _name(route)
        names[name] += 1
        path = paths.setdefault(route.template, {})
        path[route.method.lower()] = _operation(route, name if names[name] == 1 else f"{name}_{names[name]}")
    return {
        "openapi": "3.1.0",
        "info": {"title": "The embedded cloud", "version": _VERSION},
        "servers": [{"url": url}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "apiKey", "in": "header", "name": "X-Auth-Token"}},
        },
    }


def _name(route: Route) -> str:
    return f"{route.service}.{route.operation.replace(', ', '_or_')}"


def _operation(route: Route, name: str) -> dict[str, Any]:
    parameters = [
        {"name": found, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for found in _PARAMETER.findall(route.template)
    ]
    operation: dict[str, Any] = {
        "operationId": name,
        "tags": [route.service],
        "description": f"Source: {route.source}",
        "parameters": parameters,
        "responses": {"default": _ANY},
        "security": [{"token": []}] if route.signed else [],
    }
    return operation | ({"requestBody": _OBJECT} if route.method in _WITH_BODY else {})
