"""From a method and a path to the route that answers it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pulumi_dataarts.simulator.http import Route


class Router:
    """All routes of a cloud, looked up by method and number of segments; literal segments win."""

    def __init__(self, routes: Iterable[Route], more_roots: Iterable[str] = ()) -> None:
        """Make a router.

        Args:
            routes: what is answered.
            more_roots: first segments of paths that belong to a service, though no route has them.
        """
        self._routes: dict[tuple[str, int], list[tuple[list[str], Route]]] = defaultdict(list)
        self._roots: set[str] = set(more_roots)
        for route in sorted(routes, key=lambda route: route.template.count("{")):
            segments = _segments(route.template)
            self._routes[route.method, len(segments)].append((segments, route))
            self._roots.add(segments[0])

    def match(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """Return the route and its decoded path parameters, or None."""
        segments = _segments(path)
        for template, route in self._routes.get((method, len(segments)), ()):
            params = _params(template, segments)
            if params is not None:
                return route, params
        return None

    def knows(self, path: str) -> bool:
        """Say whether any service lives under the path's first segment."""
        return _segments(path)[0] in self._roots


def _segments(path: str) -> list[str]:
    return path.strip("/").split("/")


def _params(template: list[str], segments: list[str]) -> dict[str, str] | None:
    params: dict[str, str] = {}
    for expected, segment in zip(template, segments, strict=True):
        if expected.startswith("{"):
            params[expected[1:-1]] = unquote(segment)
        elif expected != segment:
            return None
    return params
