"""The bindings of the stack at hand, for programs.

::

    from pulumi_dataarts import bindings

    here = bindings.current()
    cluster = here.required("clusters", "cdm-orders")      # .id for CDM, .name for Factory jobs
    cdm.Job("full", cluster_id=cluster.id, …)
    obs.Bucket("landing", bucket=f"{here.prefix}-landing")

A program that takes from here whatever differs between environments declares the same content in each of them, which
is what makes a release. See `model.bindings` for the keys.
"""

from __future__ import annotations

import pulumi

from pulumi_dataarts.model.bindings import Bindings, Target, parse

__all__ = ["Bindings", "Target", "current"]


def current() -> Bindings:
    """Return what `dataarts:bindings` of the stack says; empty without it.

    Raises:
        ConfigError: it is malformed; every flaw is named.
    """
    return parse(pulumi.Config("dataarts").get("bindings"))
