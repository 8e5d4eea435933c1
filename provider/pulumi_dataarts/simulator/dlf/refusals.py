"""How DataArts Factory says no: always HTTP 400 with a code of its own, also for what does not exist.

Source: DataArts Factory API "Common Message Headers", "Error Codes"; the texts are the pages' examples where they print
one, ours elsewhere.
"""

from __future__ import annotations

from pulumi_dataarts.simulator.http import Answer, Refused

_TEXTS = {
    "DLF.0100": "The job does not exists.",
    "DLF.0102": "The job name already exists.",
    "DLF.0136": "The operation is available for batch jobs only.",
    "DLF.0137": "Job instance does not exist.",
    "DLF.0202": "The script name already exists.",
    "DLF.0203": "Failed to modify the script.",
    "DLF.0802": "The parameter is not configured.",
    "DLF.0803": "The OBS path is invalid.",
    "DLF.0815": "Fail to read OBS file.",
    "DLF.0819": "The workspace does not exist.",
    "DLF.1006": "The job has no nodes.",
    "DLF.1242": "The OBS bucket does not exist.",
    "DLF.3004": "The job name is empty.",
    "DLF.3018": "The job name is invalid.",
    "DLF.3025": "The schedule is invalid.",
    "DLF.3050": "The description is invalid.",
    "DLF.3051": "The request parameter is invalid.",
    "DLF.6201": "The script does not exist.",
    "DLF.6205": "The script instance does not exist.",
    "DLF.6241": "The resource information does not exist.",
    "DLF.6247": "The script type is not specified.",
    "DLF.6259": "Files of the same name exist in the directory.",
    "DLF.6263": "The resource type is invalid.",
    "DLF.6264": "The resource path is invalid.",
    "DLF.6265": "The resource description is invalid.",
    "DLF.6271": "Each user can create only one DLI connection.",
    "DLF.6309": "The connection name already exists.",
    "DLF.6322": "The connection does not exist.",
    "DLF.6323": "The type of a connection cannot be changed.",
    "DLF.6418": "The DWS cluster or its address is required.",
    "DLF.20810": "The task does not exist.",
}


class Refusal(Refused):
    """A refusal by code, with the code's text and, where it helps, what in the request was wrong."""

    def __init__(self, code: str, detail: str = "", *, text: str = "") -> None:
        """Refuse with the text that belongs to `code`, or with `text`; `detail` is added to it."""
        text = text or _TEXTS[code]
        self.message = f"{text} ({detail})" if detail else text
        super().__init__(Answer(400, {"error_code": code, "error_msg": self.message}))


MALFORMED = Refusal("DLF.3051").answer
