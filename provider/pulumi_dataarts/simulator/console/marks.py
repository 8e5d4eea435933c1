"""What a status means to a reader: a word and a tone, which the templates draw as a sign and a colour."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, Literal, TypeAlias

Tone: TypeAlias = Literal["ok", "busy", "held", "warn", "bad", "idle"]
# In the order of how much a reader wants to know of them.
TONES: Final[tuple[Tone, ...]] = ("bad", "warn", "held", "busy", "ok", "idle")


@dataclass(frozen=True)
class Mark:
    """A status to show.

    Its tone: `ok` goes well, `busy` is on its way, `held` waits for somebody, `warn` was refused, `bad` failed, `idle`
    rests.
    """

    word: str
    tone: Tone


NEVER_RAN: Final = Mark("never ran", "idle")
DISABLED: Final = Mark("disabled", "held")
ENABLED: Final = Mark("enabled", "ok")
NO_ANSWER: Final = Mark("no answer", "bad")
# Of what has no status, and is listed all the same.
NO_STATUS: Final = Mark("", "idle")

_MARKS: Final = {
    # CDM clusters
    "Creating": Mark("creating", "busy"),
    "Normal": Mark("running", "ok"),
    "Restarting": Mark("restarting", "busy"),
    "Starting": Mark("starting", "busy"),
    "Stopping": Mark("stopping", "busy"),
    "Stopped": Mark("stopped", "held"),
    # CDM runs
    "PENDING": Mark("pending", "busy"),
    "BOOTING": Mark("booting", "busy"),
    "RUNNING": Mark("running", "busy"),
    "SUCCEEDED": Mark("succeeded", "ok"),
    "FAILED": Mark("failed", "bad"),
    # DataArts Factory jobs: scheduling, or the state of a real-time job
    "STARTING": Mark("starting", "busy"),
    "SCHEDULING": Mark("scheduled", "ok"),
    "NORMAL": Mark("running", "ok"),
    "PAUSED": Mark("paused", "held"),
    "EXCEPTION": Mark("exception", "bad"),
    "STOPPING": Mark("stopping", "busy"),
    "STOPPED": Mark("stopped", "idle"),
    # DataArts Factory instances
    "waiting": Mark("waiting", "busy"),
    "running": Mark("running", "busy"),
    "success": Mark("succeeded", "ok"),
    "fail": Mark("failed", "bad"),
    "pause": Mark("paused", "held"),
    "manual-stop": Mark("stopped by hand", "held"),
    # Flink jobs
    "job_init": Mark("draft", "idle"),
    "job_submitting": Mark("submitting", "busy"),
    "job_submit_fail": Mark("submit failed", "bad"),
    "job_running": Mark("running", "ok"),
    "job_running_exception": Mark("exception", "bad"),
    "job_savepointing": Mark("taking savepoint", "busy"),
    "job_canceling": Mark("cancelling", "busy"),
    "job_cancel_success": Mark("cancelled", "idle"),
    "job_cancel_fail": Mark("cancel failed", "bad"),
    "job_finish": Mark("finished", "ok"),
}


_PHRASES: Final = {int(status): status.phrase for status in HTTPStatus}


def mark_of(status: str) -> Mark:
    """Return the mark of a service's status word; one that is not known is shown as it is."""
    return _MARKS.get(status, Mark(status.lower().replace("_", " "), "idle"))


def answer_mark(status: int) -> Mark:
    """Return the mark of an HTTP answer; 0 stands for a connection that was closed without one."""
    if status == 0:
        return NO_ANSWER
    phrase = _PHRASES.get(status, "")
    tone: Tone = "ok" if status < 400 else "warn" if status < 500 else "bad"
    return Mark(f"{status} {phrase}".rstrip(), tone)
