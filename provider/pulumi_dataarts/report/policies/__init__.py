"""Policies: functions over a plan that say what is not to be done. Built-in ones, and a project's own.

A policy takes a `Plan` and yields a text, or a `Violation`, for everything it objects to.
"""

from pulumi_dataarts.report.policies.custom import policy

__all__ = ["policy"]
