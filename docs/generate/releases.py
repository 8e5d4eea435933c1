"""The reference of releases, from the models of the manifest and of the bindings."""

from __future__ import annotations

from typing import Any, get_args

from pydantic import BaseModel

from pulumi_dataarts.model.bindings import Bindings, Size, Target
from pulumi_dataarts.release.archive import CONTENT, MANIFEST, PROGRAM
from pulumi_dataarts.release.manifest import Content, Entry, EntryKind, Manifest, Need, NeedKind, Provenance

HEAD = f"""# Releases

Made from the code by `make docs`. How to work with them: [make a release, and run it](../how-to/release.md).

## The archive

`releases/<project>/<digest>.zip` in the release store: files sorted by name, stored uncompressed, one fixed time and
mode, so that equal content is equal bytes.

| path | what it is |
| --- | --- |
| `{MANIFEST}` | the content, in its one spelling; its sha256 is the release's digest |
| `{PROGRAM}…` | Pulumi.yaml and the program's folder, as in the project |
| `{CONTENT}<kind>/<resource>/<name>.json` | the definitions that the program declares, by kind |

`releases/<project>/<digest>.json` beside it is the whole manifest, provenance included, with a `checksum` of its
own. It is written last.
"""


def page() -> str:
    """Return the whole page."""
    return "\n".join([HEAD, *_manifest(), *_bindings()])


def _manifest() -> list[str]:
    lines = ["## The manifest", "", "`release-v1`. The digest covers these:", "", *_table(Content)]
    lines += ["Where it came from; told beside the content, and covered by no digest:", "", *_table(Provenance)]
    lines += ["`digest` is the " + str(Manifest.model_fields["digest"].description), ""]
    lines += ["### An entry", "", *_table(Entry), f"Kinds: {_listed(EntryKind)}.", ""]
    return [*lines, "### A need", "", *_table(Need), f"Kinds: {_listed(NeedKind)}.", ""]


def _bindings() -> list[str]:
    lines = [
        "## Bindings",
        "",
        "Keys of `dataarts:bindings` in `Pulumi.<stack>.yaml`.",
        "",
        *_table(Bindings, without="logical"),
    ]
    lines += ["What stands for a name is the environment's own name, or a map of:", "", *_table(Target)]
    return [*lines, f"Sizes in `workers`: {_listed(Size)}.", ""]


def _table(model: type[BaseModel], *, without: str = "") -> list[str]:
    rows = [
        f"| `{field.alias or name}` | {field.description} |"
        for name, field in model.model_fields.items()
        if name != without
    ]
    return ["| field | what it is |", "| --- | --- |", *rows, ""]


def _listed(alias: Any) -> str:
    return ", ".join(f"`{value}`" for value in get_args(alias))
