"""The reference of exit codes, of our errors, and of the services' codes: what `dataarts explain` says."""

from __future__ import annotations

from pulumi_dataarts.cli.explain import EXITS, kinds, page_of
from pulumi_dataarts.huawei.codes import AREAS, meanings

EXIT_HEAD = """# Exit codes

They are the official CLI's. `dataarts explain CODE` says the same, offline.
"""
ERROR_HEAD = """# Errors

Made from the code by `make docs`; `dataarts explain NAME` says the same, offline. A message says what was being done to
which resource, what the service answered, and what to do next.

## Ours

| error | exit | meaning | what to do |
| --- | --- | --- | --- |
"""
CODE_HEAD = """
## The services'

What the public tables say, in our words, and what is made of it here. A code that stands in no table is known by its
status and the service's own text. *Here* is empty where the status decides.

| code | meaning | here | what to do |
| --- | --- | --- | --- |
"""


def exit_page() -> str:
    """Return the page of exit codes."""
    rows = [f"| {code} | {text} | {dict(page_of(str(code)).lines).get('errors', '')} |" for code, text in EXITS.items()]
    return "\n".join([EXIT_HEAD, "| code | meaning | errors |", "| --- | --- | --- |", *rows, ""])


def error_page() -> str:
    """Return the page of errors."""
    ours = [_our_row(kind.__name__) for kind in kinds()]
    theirs = [_their_row(item.code) for item in meanings().values()]
    sources = ", ".join(dict.fromkeys(area.source for area in AREAS))
    return ERROR_HEAD + "\n".join(ours) + "\n" + CODE_HEAD + "\n".join(theirs) + f"\n\nSources: {sources}.\n"


def _our_row(name: str) -> str:
    page = page_of(name)
    lines = dict(page.lines)
    return f"| `{name}` | {lines['exit']} | {page.meaning} | {lines.get('do', '')} |"


def _their_row(code: str) -> str:
    page = page_of(code)
    lines = dict(page.lines)
    return f"| `{code}` | {page.meaning} | {lines.get('here', '')} | {lines.get('do', '')} |"
