"""How CDM says no: two shapes of error bodies, and validation results.

Source: CDM API "Creating a Job in a Specified Cluster", the pages of links, "Error Codes". The four-key body belongs to
create and update, the two-key body to the rest. The pages of both deletes print status 500, their code table says 400
for every code: here, as printed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pulumi_dataarts.simulator.http import Answer, Refused

if TYPE_CHECKING:
    from pulumi_dataarts.simulator.http import Json


def invalid(code: str, message: str) -> Refused:
    """Return the refusal of a create or an update."""
    return Refused(_four_keys(code, message))


def refused(code: str, message: str, *, status: int = 400) -> Refused:
    """Return the refusal of any other call."""
    return Refused(Answer(status, {"errCode": code, "externalMessage": message}))


def job_missing(name: str, *, status: int = 400) -> Refused:
    """Return the refusal of a call about a job that is not there."""
    return refused("Cdm.0100", f"Job[{name}] doesn't exist.", status=status)


def link_missing(name: str, *, status: int = 400) -> Refused:
    """Return the refusal of a call about a link that is not there."""
    return refused("Cdm.0101", f"Link[{name}] doesn't exist.", status=status)


def complaints(problems: dict[str, list[str]]) -> Json:
    """Return one entry of a validation result; empty when there is nothing to complain about."""
    return {
        name: [{"message": message, "status": "ERROR"} for message in messages] for name, messages in problems.items()
    }


def _four_keys(code: str, message: str) -> Answer:
    return Answer(400, {"code": code, "errCode": code, "message": message, "externalMessage": message})


MALFORMED: Final = _four_keys("Cdm.0018", "The job or link content is invalid: not JSON.")
