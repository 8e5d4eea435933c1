"""Plans as JUnit XML, which every CI shows: a suite a stack, a case a step; a policy's objection is a failure."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree

from pulumi_dataarts.model.plans import Plan, Step
from pulumi_dataarts.report.wording import is_shown, one_line, reason, short_type, title


def render(plans: Sequence[Plan]) -> str:
    """Return the document. Drift and refusals are failures, failed steps errors."""
    root = ElementTree.Element("testsuites", name="dataarts")
    for plan in plans:
        _suite(root, plan)
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _suite(root: ElementTree.Element, plan: Plan) -> None:
    shown = [step for step in plan.steps if is_shown(step)]
    drifted = sum(step.is_drift for step in shown)
    counts = {
        "name": title(plan),
        "tests": str(len(shown) + len(plan.violations)),
        "failures": str(len(plan.violations) + drifted),
        "errors": str(sum(bool(step.error) for step in shown)),
    }
    suite = ElementTree.SubElement(root, "testsuite", counts)
    for step in shown:
        _case(suite, step)
    for violation in plan.violations:
        case = ElementTree.SubElement(suite, "testcase", classname="policy", name=one_line(violation.policy))
        ElementTree.SubElement(case, "failure", message=one_line(violation.text), type="policy")


def _case(suite: ElementTree.Element, step: Step) -> None:
    name = one_line(f"{step.op} {step.name}")
    case = ElementTree.SubElement(suite, "testcase", classname=one_line(short_type(step.type)), name=name)
    if step.error:
        ElementTree.SubElement(case, "error", message=one_line(step.error), type="step")
    elif step.is_drift:
        ElementTree.SubElement(case, "failure", message=reason(step), type="drift")
    else:
        ElementTree.SubElement(case, "system-out").text = reason(step)
