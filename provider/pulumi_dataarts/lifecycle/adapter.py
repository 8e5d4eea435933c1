"""A handler as a Pulumi dynamic provider. Thin: everything a resource means is in its handler.

A provider is pickled by reference (an importable class, no instance state, `__reduce__` without dicts), so that
`__provider` is a short constant and never a difference.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, ClassVar

from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)
from pulumi.output import Unknown as PulumiUnknown

from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.huawei.session import OF_PROCESS, Session, Sessions
from pulumi_dataarts.lifecycle.changes import (
    EDITED_OUTSIDE,
    FINGERPRINTS,
    UNREAD,
    Change,
    changes,
    edits,
    fingerprints,
    visible,
)
from pulumi_dataarts.lifecycle.fields import InProduction, Local, WriteOnly, fields_with, rule_of
from pulumi_dataarts.lifecycle.handler import Handler, Live, effects_of_changing, restrict
from pulumi_dataarts.lifecycle.inputs import Inputs, Mistake, check, dump, parse
from pulumi_dataarts.model.values import UNKNOWN, Properties


class Diff(DiffResult):
    """A diff that also says which paths change, why, and what the step does besides.

    `paths` maps a property path to `add`, `update`, `delete`, or `add-replace`, `update-replace`, `delete-replace`;
    `reasons` and `effects` are for people. The stock server ignores all three.
    """

    def __init__(self, found: list[Change], *, delete_before_replace: bool, effects: list[str]) -> None:
        super().__init__(
            changes=bool(found),
            replaces=sorted({change.field for change in found if change.replaces}),
            stables=[],
            delete_before_replace=delete_before_replace,
        )
        self.paths = {change.path: f"{change.kind}-replace" if change.replaces else change.kind for change in found}
        self.reasons = list(dict.fromkeys(change.replaces for change in found if change.replaces))
        self.effects = effects


class DynamicProvider(ResourceProvider):
    """Base of every resource's provider; a subclass names its handler and nothing else."""

    serialize_as_secret_always = False
    handler: ClassVar[Handler[Any]]
    _session: Session | None = None

    def __init__(self, sessions: Sessions = OF_PROCESS) -> None:
        """Make a provider whose session is one of `sessions`."""
        self._sessions = sessions

    def __reduce__(self) -> tuple[type, tuple[()]]:
        return type(self), ()

    def configure(self, req: ConfigureRequest) -> None:
        """Open the session that the stack's config and the environment describe. Called once a process."""
        self._session = self._sessions.open(req.config.get)

    @property
    def session(self) -> Session:
        """The open session. Raises ConfigError where no engine configured this provider."""
        if self._session is None:
            raise ConfigError(f"{self.handler.kind}: the provider was not configured")
        return self._session

    def limited(self, seconds: float) -> AbstractContextManager[None]:
        """Bound all waiting inside the block: `custom_timeouts`, from an engine that passes them on; 0 is no bound."""
        return self.session.limited(seconds)

    def cancel(self) -> None:
        """End all waiting, from an engine that passes a cancellation on. Calls under way are answered."""
        if self._session is not None:
            self._session.stop()

    def check(self, _olds: Any, news: Any) -> CheckResult:
        """Fill defaults, normalise, and report all mistakes at once."""
        properties, mistakes = self._checked({**self._defaults(), **_without_none(_from_pulumi(news))})
        return CheckResult(_to_pulumi(properties), [CheckFailure(item.path, item.reason) for item in mistakes])

    def _defaults(self) -> Properties:
        """Return the defaults that are the stack's and not the model's."""
        if self._session is None or not self._session.settings.is_production:
            return {}
        model = self.handler.inputs
        marked = {name: rule_of(model, name, InProduction) for name in fields_with(model, InProduction)}
        return {name: mark.default for name, mark in marked.items() if isinstance(mark, InProduction)}

    def _checked(self, news: Properties) -> tuple[Properties, list[Mistake]]:
        try:
            return check(self.handler.inputs, news)
        except ConfigError as error:
            return news, [Mistake("", str(error))]

    def diff(self, _id: str, _olds: Any, _news: Any) -> Diff:
        """Compare what is declared with what was last applied or read."""
        known, declared = _from_pulumi(_olds), _from_pulumi(_news)
        found = changes(self.handler.inputs, known, declared)
        moved = {change.field for change in found} & set(self.handler.identity)
        effects = effects_of_changing(self.handler, known, declared, found)
        return Diff(found, delete_before_replace=not moved, effects=effects)

    def create(self, props: Any) -> CreateResult:
        """Make the object; its id and full outputs."""
        inputs = self._parsed(props)
        made = self.handler.create(inputs, self.session)
        return CreateResult(made.id, self._outputs(inputs, made.facts, {}))

    def update(self, _id: str, _olds: Any, _news: Any) -> UpdateResult:
        """Bring the object to what is declared; full outputs. Local changes alone make no call."""
        known, inputs = _from_pulumi(_olds), self._parsed(_news)
        found = changes(self.handler.inputs, known, {**dump(inputs)})
        remote = [change for change in found if change.field not in fields_with(self.handler.inputs, Local)]
        if not remote:
            kept = {**self._facts(known), FINGERPRINTS: known.get(FINGERPRINTS, {})}
            return UpdateResult(_without_empty({**visible(self.handler.inputs, dump(inputs)), **kept}))
        self._require_secrets(_id, known, inputs)
        facts = self.handler.update(_id, known, inputs, remote, self.session)
        return UpdateResult(self._outputs(inputs, facts, known))

    def _require_secrets(self, id: str, known: Properties, inputs: Inputs) -> None:
        """Refuse to write an object without the secrets it has: bodies are sent whole, and would take them away."""
        marks = known.get(FINGERPRINTS, {})
        missing = [name for name in fields_with(self.handler.inputs, WriteOnly) if marks.get(name) == UNREAD]
        missing = [name for name in missing if not getattr(inputs, name)]
        if missing:
            raise ConfigError(
                f"{self.handler.kind} {id}: {', '.join(missing)} could not be read when it was imported, and must be "
                "declared before it is changed",
                hint="Set the secret (`dataarts config set --secret KEY`), and pass it in the program.",
            )

    def read(self, id_: str, props: Any) -> ReadResult:
        """Return inputs and outputs as they stand; `ReadResult("", {})` once the object is gone."""
        known = _from_pulumi(props)
        live = self.handler.read(id_, known, self.session)
        if live is None:
            return ReadResult("", {})
        return self._read_result(id_, known, live)

    def delete(self, _id: str, _props: Any) -> None:
        """Remove what this resource made; already gone is done."""
        self.handler.delete(_id, _from_pulumi(_props), self.session)

    def _read_result(self, id_: str, known: Properties, live: Live) -> ReadResult:
        """Where nothing moved, the inputs are left as they are: secrets in them could not be read back."""
        model = self.handler.inputs
        asked = visible(model, known)
        standing = asked | restrict(model, asked or live.declared, live.declared)
        moved = [change for change in changes(model, asked, standing) if not rule_of(model, change.field, WriteOnly)]
        outputs = {
            **standing,
            **live.facts,
            FINGERPRINTS: known.get(FINGERPRINTS, {}),
            EDITED_OUTSIDE: edits(model, known, moved if asked else []),
        }
        return ReadResult(id_, _without_empty(outputs), standing if moved else None)

    def _parsed(self, props: Any) -> Inputs:
        return parse(self.handler.inputs, _from_pulumi(props))

    def _outputs(self, inputs: Inputs, facts: Properties, known: Properties) -> Properties:
        declared = dump(inputs)
        marks = fingerprints(self.handler.inputs, declared, known)
        return _without_empty({**visible(self.handler.inputs, declared), **facts, FINGERPRINTS: marks})

    def _facts(self, known: Properties) -> Properties:
        own = {*self.handler.inputs.model_fields, FINGERPRINTS}
        return {name: value for name, value in known.items() if name not in own}


def _without_none(properties: Properties) -> Properties:
    return {name: value for name, value in properties.items() if value is not None}


def _without_empty(outputs: Properties) -> Properties:
    return {name: value for name, value in outputs.items() if value or name not in (FINGERPRINTS, EDITED_OUTSIDE)}


def _from_pulumi(value: Any) -> Any:
    if type(value) is str:  # most values are
        return value
    if isinstance(value, PulumiUnknown):
        return UNKNOWN
    if isinstance(value, dict):
        return {key: _from_pulumi(item) for key, item in value.items() if key != "__provider"}
    if isinstance(value, list):
        return [_from_pulumi(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _to_pulumi(value: Any) -> Any:
    if type(value) is str:
        return value
    if value is UNKNOWN:
        return PulumiUnknown()  # type: ignore[no-untyped-call]  # the SDK's own signature
    if isinstance(value, dict):
        return {key: _to_pulumi(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_to_pulumi(item) for item in value]
    return value
