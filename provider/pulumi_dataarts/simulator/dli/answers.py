"""How DLI's Flink calls say yes and no.

Yes is an envelope in a 200 whose `is_success` is the *string* "true": the tables say String, official
clients fail on or misread the boolean of some examples. No is a 400 with a code, also for what does not
exist.

Source: DLI API, the Flink job pages, "Error Codes". Texts are the pages' examples where they print one. Not
documented: the codes for a job whose name is taken (DLI.0006 here), an unreadable archive (DLI.0001), a
missing object or template (DLI.0002) and a change or call that the job's state forbids (DLI.0007).
"""

from __future__ import annotations

from typing import Any

from pulumi_dataarts.simulator.http import Answer, Refused
from pulumi_dataarts.simulator.store import Document

INVALID, MISSING, EXISTS, UNSUPPORTED = "DLI.0001", "DLI.0002", "DLI.0006", "DLI.0007"
NO_JOB, NO_QUEUE = "DLI.16001", "DLI.13024"


class Refusal(Refused):
    """A refusal by code, in the words of `text`."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(Answer(400, {"error_code": code, "error_msg": text}))
        self.text = text


def envelope(message: str, **more: Any) -> Document:
    """Return the envelope of something done."""
    return {"is_success": "true", "message": message, **more}


def done(message: str, **more: Any) -> Answer:
    """Return the answer that says something was done."""
    return Answer(200, envelope(message, **more))


def each(refusals: list[Refusal | None], message: str) -> Answer:
    """Return the answer of a call on several jobs: one envelope for each, in order, without ids.

    Not documented: what a job that is refused among others looks like (`is_success` "false" here), and a
    call of which every job is (refused as a whole, with the first one's code).
    """
    if refusals and all(refusals):
        raise next(refusal for refusal in refusals if refusal)
    return Answer(200, [_outcome(refusal, message) for refusal in refusals])


def _outcome(refusal: Refusal | None, message: str) -> Document:
    return {"is_success": "false", "message": refusal.text} if refusal else envelope(message)


MALFORMED = Refusal(INVALID, "The request body is not valid JSON.").answer
