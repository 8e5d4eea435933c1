"""Every error this product raises, in one tree, with the exit code each ends a command with.

::

    ProvisionError                  exit 1
    ├─ ConfigError                  exit 2    a key, a flag, a file of the user's
    ├─ AuthError                    exit 3    credentials missing, wrong or expired
    ├─ CloudError                   exit 4    what a service answered, or failed to
    │  ├─ NotFound
    │  ├─ AlreadyExists
    │  ├─ Conflict                            the object is busy or in use
    │  ├─ Throttled
    │  ├─ QuotaExceeded
    │  ├─ ServiceFault                        5xx
    │  ├─ BadResponse                         an answer that does not fit its page
    │  ├─ Unreachable                         never sent: the call has no effect
    │  ├─ OutcomeUnknown                      sent, no answer read: it may have taken effect
    │  └─ RunFailed                           a run that the service itself calls failed
    ├─ ResourceFailed               exit 4    one or more steps of an operation failed
    ├─ PlanError                    exit 5    a policy or gate: protected, stale, over a threshold
    ├─ StackNotFound                exit 6
    ├─ ChangesFound                 exit 7    `--expect-no-changes` found some
    ├─ Cancelled                    exit 8
    ├─ WaitTimeout                  exit 9
    ├─ StateError                   exit 1    a state file that cannot be used
    │  ├─ Corrupt
    │  ├─ TooNew
    │  └─ LockHeld
    ├─ ProgramFailed                exit 1    the user's program raised or exited
    └─ Bug                          exit 255  an invariant of ours does not hold

A message has three parts: what was being done to which resource, what the service said, what to do next.
"""

from __future__ import annotations


class ProvisionError(Exception):
    """Base of the tree. `hint` says what to do next; it is printed below the message."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  {self.hint}" if self.hint else self.message


class ConfigError(ProvisionError):
    """A key, a flag, or a file of the user's is missing or malformed."""

    exit_code = 2


class AuthError(ProvisionError):
    """Credentials are missing, wrong, or expired beyond renewal."""

    exit_code = 3


class CloudError(ProvisionError):
    """What a service answered, or failed to answer, to one call.

    Attributes:
        service: `cdm`, `dlf`, `dli`, `iam` or `obs`.
        operation: the page's name of the call, e.g. `create job`.
        status: HTTP status, 0 where there was no answer.
        code: the service's own code, e.g. `Cdm.0104`; empty where it gave none.
        request_id: the service's id of the request; empty where it gave none.
    """

    exit_code = 4

    def __init__(
        self,
        message: str,
        *,
        service: str = "",
        operation: str = "",
        status: int = 0,
        code: str = "",
        request_id: str = "",
        hint: str = "",
    ) -> None:
        super().__init__(message, hint=hint)
        self.service = service
        self.operation = operation
        self.status = status
        self.code = code
        self.request_id = request_id

    def __str__(self) -> str:
        facts = [
            f"HTTP {self.status}" if self.status else "",
            self.code,
            f"request {self.request_id}" if self.request_id else "",
        ]
        told = ", ".join(fact for fact in facts if fact)
        where = " ".join(part for part in (self.service.upper(), self.operation) if part)
        text = f"{where}: {self.message}" if where else self.message
        text = f"{text} ({told})" if told else text
        return f"{text}\n  {self.hint}" if self.hint else text


class NotFound(CloudError):
    """The object named in the call does not exist, or may not be seen."""


class AlreadyExists(CloudError):
    """An object of that name exists, perhaps somebody else's."""


class Conflict(CloudError):
    """The object is running, in use or locked."""


class Throttled(CloudError):
    """The service refuses for now; the retry budget is spent."""


class QuotaExceeded(CloudError):
    """The account may not have more of these."""


class ServiceFault(CloudError):
    """The service failed on its side (5xx)."""


class BadResponse(CloudError):
    """An answer that does not fit the page it belongs to."""


class Unreachable(CloudError):
    """The request was never sent, so it had no effect."""


class OutcomeUnknown(CloudError):
    """The request was sent and no answer was read: it may have taken effect. Look before repeating."""


class RunFailed(CloudError):
    """A run that the service itself reports as failed, in the service's own words."""


class ResourceFailed(ProvisionError):
    """At least one step of an operation failed; each was reported when it did."""

    exit_code = 4


class PlanError(ProvisionError):
    """A gate refuses: something protected, a stale plan, a threshold."""

    exit_code = 5


class StackNotFound(ProvisionError):
    """No stack of that name in this backend."""

    exit_code = 6


class ChangesFound(ProvisionError):
    """`--expect-no-changes` was given and there are some."""

    exit_code = 7


class Cancelled(ProvisionError):
    """The user stopped the operation; what was under way has been finished and saved."""

    exit_code = 8


class WaitTimeout(ProvisionError):
    """A deadline passed while waiting for a service."""

    exit_code = 9


class StateError(ProvisionError):
    """A state file cannot be used. It is left untouched."""


class Corrupt(StateError):
    """The state does not parse, or breaks an invariant."""


class TooNew(StateError):
    """The state was written by a newer version, or uses a feature unknown here."""


class LockHeld(StateError):
    """Somebody else is working on this stack."""


class ProgramFailed(ProvisionError):
    """The user's program raised or exited with a status of its own."""


class Bug(ProvisionError):
    """An invariant of this product does not hold."""

    exit_code = 255
