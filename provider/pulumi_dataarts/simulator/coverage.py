"""`python -m pulumi_dataarts.simulator.coverage`: writes docs/reference/embedded-cloud.md, from the repository's root.

The page is made from the routes, the settings, the kinds of faults and the admin calls as the code has them, and from
`tests/simulator/driven.json`, which names for each route a test that drives it.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import MISSING, fields
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pulumi_dataarts.simulator import absent, admin, cdm, dlf, dli, iam
from pulumi_dataarts.simulator.faults import Fault
from pulumi_dataarts.simulator.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pulumi_dataarts.simulator.http import Route

PAGE: Final = Path("docs/reference/embedded-cloud.md")
DRIVEN: Final = Path("tests/simulator/driven.json")

_INTRO: Final = """\
# The embedded cloud

<!-- Made by `python -m pulumi_dataarts.simulator.coverage`; edit that module instead. -->

What the embedded cloud answers, and how it is set. Why it is as it is: [explanation](../explanation/embedded-cloud.md).
Each operation is named as the official SDK names it, with the fact sheet section that its page was read into, and a
test that drives it over a socket.
"""
_ABSENT: Final = """\
## Known, and not there

These are answered 501 with the code `EMBEDDED.0501`, as is any other method or path below a service that has none of
these names. A path that belongs to no service is the gateway's 404.
"""
_OBS: Final = """\
## OBS

The OBS endpoint speaks the S3 protocol: buckets, objects, uploads in parts, versions, tags, lifecycle rules, policies
(kept, not enforced). Signatures of version 4 are checked; version 2, OBS's own and links signed in advance are checked
for the access key alone. What OBS has besides:

- `PUT` with `x-obs-forbid-overwrite: true`: 409 `ObjectAlreadyExists` where the object exists;
- `POST /{key}?append&position={n}`: grows the object at its end, at most 10,000 times; 409 `PositionNotEqualToLength`
  for any other position, 409 `ObjectNotAppendable` for an object that was put;
- creating one's own bucket again: 200, and nothing changes.
"""
_SETTINGS: Final = """\
## Settings

A JSON object in `settings.json` in the cloud's data folder, read when it starts. What it leaves out has the default.
"""
_FAULTS: Final = """\
## Faults

`dataarts cloud fault add`, or `POST /_embedded/faults` with a JSON object:
"""
_ADMIN: Final = """\
## Calls of its own

Under `/_embedded/` on the API endpoint, without a signature, for programs on the same machine only: a request with an
`Origin`, or for another host than `127.0.0.1` or `localhost`, is refused.
"""


def page(driven: Mapping[str, str]) -> str:
    """Return the reference page. `driven` names a test by `METHOD template`."""
    services = {
        "IAM": iam.routes(),
        "CDM": cdm.routes(),
        "DataArts Factory": dlf.routes(),
        "DLI (Flink)": dli.routes(),
    }
    parts = [_INTRO]
    for name, routes in services.items():
        parts.append(f"## {name}\n\n{_operations(routes, driven)}")
    parts.append(f"{_ABSENT}\n{_table(['operation', 'method', 'path', 'source'], map(_facts, absent.routes()))}")
    parts.append(_OBS)
    parts.append(f"{_SETTINGS}\n{_fields(Settings)}")
    parts.append(f"{_FAULTS}\n{_fields(Fault)}")
    calls = [
        [f"`{method}`", f"`{admin.PREFIX}{path}`", _first_line(call)] for (method, path), call in admin.CALLS.items()
    ]
    parts.append(f"{_ADMIN}\n{_table(['method', 'path', 'what it does'], calls)}")
    return "\n".join(parts)


def key(route: Route) -> str:
    """Return what a route is called in `driven.json`."""
    return f"{route.method} {route.template}"


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(json.loads(DRIVEN.read_text())))
    sys.stdout.write(f"{PAGE}\n")


def _operations(routes: list[Route], driven: Mapping[str, str]) -> str:
    rows = [[*_facts(route), f"`{driven[key(route)].removeprefix('tests/simulator/')}`"] for route in routes]
    return _table(["operation", "method", "path", "source", "test (below `tests/simulator/`)"], rows)


def _facts(route: Route) -> list[str]:
    return [f"`{route.operation}`", route.method, f"`{route.template}`", route.source]


def _fields(model: type[Fault | Settings]) -> str:
    """Return a table of a dataclass's fields: its defaults, and what the `Attributes` of its docstring say."""
    said = dict(re.findall(r"^ {8}(\w+): (.*(?:\n {12}.*)*)", model.__doc__ or "", re.MULTILINE))
    names = [field.name for field in fields(model) if field.name not in ("id", "seen")]
    rows = [[f"`{name}`", _default(model, name), re.sub(r"\s+", " ", said[name])] for name in names]
    return _table(["name", "default", "meaning"], rows)


def _default(model: type[Fault | Settings], name: str) -> str:
    """Return a field's default as JSON; nothing where there is none."""
    field = model.__dataclass_fields__[name]
    if field.default is not MISSING:
        return f"`{json.dumps(field.default)}`"
    return "" if field.default_factory is MISSING else f"`{json.dumps(field.default_factory())}`"


def _first_line(call: object) -> str:
    return (call.__doc__ or "").partition("\n")[0]


def _table(head: list[str], rows: Iterable[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


if __name__ == "__main__":
    main()
