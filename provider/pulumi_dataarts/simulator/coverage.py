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
from pulumi_dataarts.simulator.pages import DIFFERENCES, NOTES, page_of
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
Each operation is named as the official SDK names it, with the page of Huawei Cloud's documentation that it follows, and
a test in which the official SDK package, unmodified, drives it over a socket and is answered with success: the log of
requests is looked at when the test ends, and what calls itself by another name than the SDK does not count. Two have
no call in any SDK (¹) and are driven by plain HTTP. What a page leaves open, and what is assumed instead, stands in
the first lines of the module that answers.
"""
# No SDK has a call for these.
NO_SDK: Final = frozenset({"HEAD /v3/auth/tokens", "GET /v1/{project_id}/systemTasks/{task_id}"})
_ABSENT: Final = """\
## Known, and not there

These are answered 501 with the code `EMBEDDED.0501` and a message that names the call, as is every other call of the
services that the official packages know (DLI's SQL and Spark jobs, IAM's users, …), and a token or a temporary key by
agency or one-time password. A path that belongs to no service is the gateway's 404.
"""
_OBS: Final = """\
## OBS

The OBS endpoint speaks the S3 protocol: buckets, objects, uploads in parts, versions, tags, lifecycle rules, policies
(of which only a Deny for objects is enforced, whoever asks). Signatures of version 4, of version 2 and OBS's own are
checked, in headers and in links signed in advance, with their dates and the digests of the body. A bucket's name may
stand in the path, or before `.localhost` in the host. OBS's official SDK (`esdk-obs-python`, unmodified) drives it with
each of the three signatures, in `test_obs_sdk.py`; boto3 does in `test_obs.py`. What differs from S3:

- `PUT` with `x-obs-forbid-overwrite: true`: 409 `ObjectAlreadyExists` where the object exists;
- `POST /{key}?append&position={n}`: grows the object at its end, at most 10,000 times; 409 `PositionNotEqualToLength`
  for any other position, 409 `ObjectNotAppendable` for an object that was put;
- creating one's own bucket again: 200, and nothing changes;
- `PUT ?lifecycle`, `PUT ?tagging` of a bucket and `POST ?delete` need a `Content-MD5`: 400 without (the pages say so;
  the code, `MissingRequiredHeader`, is not documented);
- `PUT ?storagePolicy` and `GET ?storagePolicy`, and `x-default-storage-class`: a bucket's default class, in S3's words;
- `PUT ?policy`: 204;
- a caller that signs in OBS's own way has `x-obs-…` headers, any other `x-amz-…`; bodies are S3's for both;
- names of buckets by OBS's rules (`InvalidBucketName`), at most 100 of them (`TooManyBuckets`);
- `PUT ?lifecycle` takes at most 20 KB, and rules with a `Prefix`, not a `Filter` (`MalformedXML`);
- `PUT ?tagging` of a bucket takes 20 tags, keys of 36 and values of 43 characters (`InvalidTag`);
- `PUT ?encryption` takes `aws:kms` alone (`InvalidEncryptionAlgorithmError`); rights are not granted by headers (501);
- what OBS has and S3 has not (`?quota`, `?storageinfo`, `?customdomain`, …), or S3 has and OBS has not
  (`?requestPayment`, `?torrent`): 501 `NotImplemented`.

The codes of refused tags, rules and algorithms are not documented. Real OBS wants the bucket in the host's name, and
stores the framing of an upload that boto3 sends in chunks with a trailer (over TLS, by default since 1.36); here the
path will do, and the framing is taken off.
"""
_DIFFERS: Final = """\
## What differs from the pages, and why

Each page's sentences were held against the code. What follows is where the embedded cloud does less than the service,
or otherwise, knowingly. What no page says, and is assumed, stands in the first lines of the module that answers.
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
    parts.append(
        f"{_ABSENT}\n{_table(['operation', 'method', 'path'], [_facts(route)[:3] for route in absent.routes()])}"
    )
    parts.append(_OBS)
    parts.append(_differences())
    parts.append(f"{_SETTINGS}\n{_fields(Settings)}")
    parts.append(f"{_FAULTS}\n{_fields(Fault)}")
    calls = [
        [f"`{method}`", f"`{admin.PREFIX}{path}`", _first_line(call)] for (method, path), call in admin.CALLS.items()
    ]
    parts.append(f"{_ADMIN}\n{_table(['method', 'path', 'what it does'], calls)}")
    return "\n".join(parts)


def _differences() -> str:
    told = (
        f"### {where}\n\n{''.join(f'- {what}{chr(10)}' for what in points)}" for where, points in DIFFERENCES.items()
    )
    return f"{_DIFFERS}\n{chr(10).join(told)}"


def key(route: Route) -> str:
    """Return what a route is called in `driven.json`."""
    return f"{route.method} {route.template}"


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(json.loads(DRIVEN.read_text())))
    sys.stdout.write(f"{PAGE}\n")


def _operations(routes: list[Route], driven: Mapping[str, str]) -> str:
    rows = [[*_facts(route), _test(route, driven)] for route in routes]
    table = _table(["operation", "method", "path", "page", "test (below `tests/simulator/`)"], rows)
    notes = "".join(f"- {note}\n" for note in NOTES.get(routes[0].service, ()))
    return f"{table}\nWhere pages and SDK differ:\n\n{notes}" if notes else table


def _test(route: Route, driven: Mapping[str, str]) -> str:
    test = f"`{driven[key(route)].removeprefix('tests/simulator/')}`"
    return f"{test} ¹" if key(route) in NO_SDK else test


def _facts(route: Route) -> list[str]:
    return [f"`{route.operation}`", route.method, f"`{route.template}`", page_of(route)]


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
