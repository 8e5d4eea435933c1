"""Creating and replacing an object by name, when an answer may be lost on the way.

Nothing is sent a second time before the service was asked whether the first time took effect; so a lost
answer never makes a second object, and a foreign one is never overwritten in silence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_dataarts.errors import AlreadyExists, NotFound, OutcomeUnknown
from pulumi_dataarts.lifecycle.handler import Made, take_over
from pulumi_dataarts.lifecycle.inputs import dump

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from pulumi_dataarts.huawei.session import Session
    from pulumi_dataarts.lifecycle.handler import Handler
    from pulumi_dataarts.lifecycle.inputs import AnyInputs


def place(id: str, known: Mapping[str, Any]) -> tuple[str, str]:
    """Return cluster id and name: as last known, since a rename leaves the id behind; for an import from the id."""
    cluster_id, _, name = id.partition("/")
    return known.get("cluster_id") or cluster_id, known.get("name") or name


def is_another(
    session: Session, kind: str, id: str, known: Mapping[str, Any], connectors: Mapping[str, str | None]
) -> bool:
    """Say, and tell, whether what has the name is another object by now: an object keeps its connectors for life.

    Somebody has removed the one that is known, and made this one. Where the connectors are the same, nothing tells.
    """
    moved = [name for name, value in connectors.items() if value and known.get(name, value) != value]
    if moved:
        session.tell(f"{kind} {id}: is another by now ({', '.join(moved)} differs), and is left alone; ours is gone")
    return bool(moved)


def create_once(
    handler: Handler[AnyInputs],
    id: str,
    inputs: AnyInputs,
    session: Session,
    *,
    adopt: bool,
    post: Callable[[], None],
    put: Callable[[], None] | None,
) -> Made:
    """Create, and end with exactly one object: the one made, or one that stood there and may be taken over.

    Args:
        handler: of the resource.
        id: the new object's.
        inputs: what is declared.
        session: of the caller.
        adopt: whether an object that differs may be changed.
        post: sends the create.
        put: sends what is declared to an object that was adopted, given where secrets are declared: they cannot be
            read, so nobody knows whether they differ.

    Raises:
        AlreadyExists: an object of that name differs, and `adopt` is not set.
        OutcomeUnknown: two answers were lost, and nothing can be seen of the object.
    """

    def taken_over() -> Made:
        made = take_over(handler, id, inputs, session, adopt=adopt)
        if adopt and put:
            put()
        return made

    try:
        post()
    except AlreadyExists:
        return taken_over()
    except OutcomeUnknown:
        session.tell(f"{handler.kind} {id}: no answer; looking whether it was made")
    else:
        return Made(id)
    if handler.read(id, dump(inputs), session) is not None:
        return taken_over()
    try:
        post()
    except AlreadyExists:
        return taken_over()
    return Made(id)


def rename_once(
    handler: Handler[AnyInputs], id: str, inputs: AnyInputs, session: Session, *, adopt: bool, put: Callable[[], None]
) -> None:
    """Send a replacement under the old name that brings a new one, and end with one object of the new name.

    Where the old name is gone, or the answer was lost, an object of the new name that is as declared is the
    one: an earlier attempt was cut off after it took effect.

    Raises:
        NotFound: there is an object of neither name.
        AlreadyExists: the object of the new name is another one.
    """
    try:
        put()
    except (NotFound, OutcomeUnknown) as error:
        if handler.read(id, dump(inputs), session) is not None:
            take_over(handler, id, inputs, session, adopt=adopt)
        elif isinstance(error, OutcomeUnknown):
            put()
        else:
            raise
