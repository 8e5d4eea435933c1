"""The table that `dataarts explain` reads: what each service's room makes of the codes, and what it says to do."""

from __future__ import annotations

import json

from pulumi_dataarts.cdm import api as cdm
from pulumi_dataarts.dlf import api as dlf
from pulumi_dataarts.dli import api as dli
from pulumi_dataarts.huawei import objects


def table() -> str:
    """Return it as JSON: code, then the name of our error (or null) and what to do (or null)."""
    kinds = {**cdm.ERRORS, **dlf.ERRORS, **dli.ERRORS, **objects.ERRORS}
    flink = {code: hint for (_, code), hint in dli.HINTS.items()}
    hints = {**cdm.HINTS, **dlf.HINTS, **flink, **objects.HINTS}
    rows = {
        code: [kinds[code].__name__ if code in kinds else None, hints.get(code)] for code in sorted({*kinds, *hints})
    }
    return json.dumps(rows, indent=1, ensure_ascii=False) + "\n"
