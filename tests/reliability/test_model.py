"""A stack lives through anything: edits, failures, drift, crashes, hands in the state. What must hold, holds.

The invariants are those of `model.invariants`, with a witness that has the cloud and the files before it. (I8, no write
under an old lease, is tested by `test_writers`.) A failure prints the shortest life that leads to it, and the line that
replays the search.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from pulumi_dataarts.backend import runs
from pulumi_dataarts.backend.history import read_updates
from pulumi_dataarts.engine.declarations import Registered
from pulumi_dataarts.engine.events import Outcome
from pulumi_dataarts.model import edits, urns
from pulumi_dataarts.model.integrity import violations
from pulumi_dataarts.model.invariants import Witness
from pulumi_dataarts.model.snapshots import Snapshot
from pulumi_dataarts.model.values import Properties, Secret, plain
from tests.engine.test_invariants import body_of, failures, programs
from tests.engine.world import TYPE, Body, Program, World, urn
from tests.model.states import provider, shapes
from tests.reliability.crashing import Points, survive
from tests.reliability.durable import Durable, FolderCloud, ids_in, keyring, pending_names
from tests.reliability.replays import SEED, replayed

NAMES = ("a", "b", "c", "d", "e")
CANARY = "canary-5f1d"
CALLS_MAX_PER_THING = 12
names = st.sampled_from(NAMES)
# Which one of some is meant. It is drawn without a look at them: what a kill leaves is not the same each time.
places = st.integers(0, 99)


@dataclass(frozen=True)
class Declared:
    """A thing of a drawn program; `uses` is declared before it, and a change of `key` replaces it."""

    name: str
    size: int
    key: int
    first: bool
    uses: str = ""
    under: str = ""
    label: str = ""
    protect: bool = False

    @property
    def id(self) -> str:
        """The id of its object, which a folder cloud finds by it."""
        return f"{self.label or self.name}.{self.key}"

    @property
    def inputs(self) -> Properties:
        """What it says itself, without what it gets from others."""
        label = self.label or self.name
        return {"size": self.size, "key": self.key, "first": self.first, "token": Secret(CANARY), "label": label}


@st.composite
def lives(draw: st.DrawFn) -> tuple[Declared, ...]:
    chosen = draw(st.lists(names, unique=True, max_size=5))
    found = []
    for place, name in enumerate(chosen):
        earlier = st.sampled_from(["", *chosen[:place]])
        values = draw(st.integers(0, 1)), draw(st.integers(0, 1)), draw(st.booleans())
        found.append(Declared(name, *values, draw(earlier), draw(earlier), protect=draw(st.integers(0, 7)) == 0))
    return tuple(found)


def declared(program: tuple[Declared, ...]) -> Body:
    async def body(declaring: Program) -> None:
        made: dict[str, Registered] = {}
        for item in program:
            uses = {"up": made[item.uses]} if item.uses else {}
            more = {"parent": made[item.under].state.urn} if item.under else {}
            made[item.name] = await declaring.thing(item.name, item.inputs, uses=uses, protect=item.protect, **more)

    return body


def urns_of(program: tuple[Declared, ...]) -> dict[str, str]:
    """Return the URN of each thing of a program, by its name."""
    found: dict[str, str] = {}
    for item in program:
        found[item.name] = urn(item.name, urns.qualified_type(found[item.under]) if item.under else "")
    return found


def object_of(item: Declared, program: tuple[Declared, ...]) -> Properties:
    """Return what is in the cloud once a thing of a program is as declared."""
    ids = {other.name: other.id for other in program}
    found: Properties = json.loads(json.dumps(plain({"default": "x", **item.inputs})))
    return found | ({"up": f"arn:{ids[item.uses]}"} if item.uses else {})


class Life(RuleBasedStateMachine):
    """One stack, its program, its cloud."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(mkdtemp(prefix="life-"))
        self.cloud = FolderCloud(self.folder / "cloud")
        self.world = Durable(self.folder, cloud=self.cloud)
        self.program: tuple[Declared, ...] = ()
        self.is_drifted = False

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    @rule(program=lives())
    def edit(self, program: tuple[Declared, ...]) -> None:
        renamed = self.world.names_on_disk() - set(NAMES)
        names = {item.name for item in program if f"{item.name}-renamed" not in renamed}
        self.program = tuple(_among(item, names) for item in program if item.name in names)

    @rule()
    def up(self) -> None:
        protected = self._protected(lifted=True) & set(self.world.there)
        updates, strangers = self._updates(), self._strangers()
        outcome = self.world.up(declared(self.program), refresh=self.is_drifted)
        self.is_drifted = False
        refused = refused_in(outcome)
        assert refused <= strangers, "only what somebody else of the stack has is refused"
        calls = (len(self.cloud.calls), CALLS_MAX_PER_THING * (len(NAMES) + 1))
        self.require(protected=protected, calls=calls, updates=(updates, self._updates()))
        assert outcome.ok or refused or protected or any(item.protect for item in self.program)
        if outcome.ok:
            self.require(left_to_do=self.world.preview(declared(self.program)).counts)
            begun = pending_names(self.world.load())
            assert ids_in(self.world.load()) == sorted(self._without_begun(begun))

    @rule(failing=failures, goes_on=st.booleans())
    def up_that_fails(self, failing: set[tuple[str, str]], goes_on: bool) -> None:
        before = {state.urn: state for state in self.world.load().resources}
        self.cloud.failing = failing
        outcome = self.world.up(declared(self.program), continue_on_error=goes_on)
        self.cloud.failing = set()
        made = ("create", "update", "create-replacement")
        failed = {report.urn for report in outcome.reports if report.error and report.op in made}
        self.require(before=before, failed=failed)

    @rule(name=names)
    def up_of_one(self, name: str) -> None:
        if any(item.name == name and not item.under for item in self.program):
            self.world.up(declared(self.program), targets=(urn(name),))

    @rule(fatal=st.integers(1, 120))
    def up_that_is_killed(self, fatal: int) -> None:
        def body(points: Points) -> None:
            world = Durable(self.folder, cloud=FolderCloud(self.folder / "cloud", points.reach))
            world.up(declared(self.program))

        survive(body, Points(fatal))

    @rule()
    def refresh(self) -> None:
        assert self.world.refresh().ok
        self.is_drifted = False

    @rule(place=places)
    def vanish(self, place: int) -> None:
        if there := sorted(self.world.there):
            (self.cloud.folder / there[place % len(there)]).unlink()
            self.is_drifted = True

    @rule(place=places)
    def be_changed_by_hand(self, place: int) -> None:
        known = sorted(set(ids_in(self.world.load())) & set(self.world.there))
        if known and not self.world.load().pending:
            id = known[place % len(known)]
            self.cloud.put(id, {**self.world.there[id], "size": 7})
            self.is_drifted = True

    @rule()
    def preview(self) -> None:
        files = self._files()
        plans = [self.world.preview(declared(self.program)).reports for _ in range(2)]
        self.require(plans=tuple([(item.op, item.urn) for item in plan] for plan in plans))
        assert self._files() == files, "a preview writes nothing"

    @rule(name=names, protect=st.booleans())
    def protect(self, name: str, protect: bool) -> None:
        if self._is_one(name):
            self._edited(lambda snapshot: edits.protected(snapshot, name, protect=protect))

    @rule(name=names)
    def rename(self, name: str) -> None:
        """In the program and in the state, as it has to be; the object keeps its own name."""
        if self._is_one(name) and any(item.name == name for item in self.program):
            new = f"{name}-renamed"
            self._edited(lambda snapshot: edits.renamed(snapshot, name, new))
            self.program = tuple(_renamed_in(item, name, new) for item in self.program)

    @rule()
    def destroy(self) -> None:
        protected, there = self._protected(), set(self.world.there)
        outcome = self.world.destroy()
        self.require(protected=protected & there, is_destroyed=outcome.ok)
        assert outcome.ok or protected

    @invariant()
    def state_is_sound(self) -> None:
        self.require(files=self._files(), secrets=[CANARY])

    def require(self, **seen: Any) -> None:
        """Hold the state, the cloud, and whatever else was seen, against all rules."""
        snapshot = self.world.load()
        begun = {name.removesuffix("-renamed"): name for name in pending_names(snapshot)}
        there = {id: begun.get(_name(id), _name(id)) for id in self.world.there}
        assert violations(snapshot, Witness(there=there, **seen)) == []

    def _without_begun(self, begun: set[str]) -> set[str]:
        """Return what is there but for what a killed run may have made, and nobody declares any more as it was."""
        known = set(ids_in(self.world.load()))
        bare = {name.removesuffix("-renamed") for name in begun}
        return {id for id in self.world.there if id in known or _name(id) not in bare}

    def _is_one(self, name: str) -> bool:
        """Say whether one live thing has this name: what is moved may be there twice, under two parents."""
        live = (urns.parse(state.urn).name for state in self.world.load().resources if not state.delete)
        return list(live).count(name) == 1

    def _updates(self) -> int:
        return len(list(read_updates(self.world.stack)))

    def _protected(self, *, lifted: bool = False) -> set[str]:
        """Return the ids of what is protected; with `lifted`, without what the program no longer protects."""
        places = urns_of(self.program)
        said = {places[item.name]: item.protect for item in self.program} if lifted else {}
        resources = (item for item in self.world.load().resources if item.protect and not item.delete)
        return {item.id for item in resources if said.get(item.urn, True)}

    def _strangers(self) -> set[str]:
        """Return the URNs of what is declared, and whose object is there under another URN, or to go, as another.

        That is what is renamed or moved without an alias and changed at once: nobody takes it over.
        """
        places = urns_of(self.program)
        own = {state.urn: state.id for state in self.world.load().resources if not state.delete}
        there = self.world.there
        new = [item for item in self.program if item.id in there and own.get(places[item.name]) != item.id]
        return {places[item.name] for item in new if there[item.id] != object_of(item, self.program)}

    def _files(self) -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in (self.folder / "state").rglob("*") if path.is_file()}

    def _edited(self, change: Any) -> None:
        with runs.open_run(self.world.stack, "import", keyring=keyring) as run:
            run.close(change(run.base), runs.Outcome())


def refused_in(outcome: Outcome) -> set[str]:
    """Return the URNs of what was refused because its object exists, and is another."""
    return {report.urn for report in outcome.reports if report.error.endswith("exists already, and is another")}


def _name(id: str) -> str:
    return id.partition(".")[0]


def _among(item: Declared, names: set[str]) -> Declared:
    """Return a thing that names others only where they are declared."""
    return replace(item, uses=item.uses if item.uses in names else "", under=item.under if item.under in names else "")


def _renamed_in(item: Declared, name: str, new: str) -> Declared:
    if item.name == name:
        return replace(item, name=new, label=name)
    return replace(item, uses=new if item.uses == name else item.uses, under=new if item.under == name else item.under)


def live(number: int, examples: int, steps: int, test: str) -> None:
    with replayed(__file__, test):
        run_state_machine_as_test(seed(number)(Life), settings=_settings(examples, steps))


def test_a_stack_lives_through_anything() -> None:
    live(SEED, 8, 10, "test_a_stack_lives_through_anything")


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_many_stacks_live_through_anything() -> None:
    live(SEED, 300, 30, "test_many_stacks_live_through_anything")


def _settings(examples: int, steps: int) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )


@st.composite
def bases(draw: st.DrawFn) -> Snapshot:
    """Draw any sound state of things, as other versions, other runs and hands may have left it."""
    shape = draw(shapes(5))
    reference = urns.provider_reference(provider().urn, "p1")
    things = []
    for place, state in enumerate(shape.resources):
        values = {"size": draw(st.integers(0, 1)), "key": draw(st.integers(0, 1))}
        things.append(
            replace(
                state,
                urn=urn(NAMES[place]),
                **_renamed(state),
                id=f"{NAMES[place]}-old",
                inputs=values,
                outputs=values,
                provider=reference,
                protect=draw(st.integers(0, 5)) == 0,
                pending_replacement=draw(st.integers(0, 5)) == 0,
                retain_on_delete=draw(st.integers(0, 5)) == 0,
            )
        )
    left = [
        replace(state, delete=True, protect=False, id=f"{state.id}er")
        for state in things
        if draw(st.integers(0, 3)) == 0
    ]
    return Snapshot((provider(), *things, *left), shape.pending)


def _renamed(state: Any) -> dict[str, Any]:
    def named(text: str) -> str:
        return urn(NAMES[int(text[-1])]) if text else ""

    return {
        "parent": "",
        "dependencies": tuple(map(named, state.dependencies)),
        "property_dependencies": {key: tuple(map(named, told)) for key, told in state.property_dependencies.items()},
        "deleted_with": named(state.deleted_with),
        "replace_with": tuple(map(named, state.replace_with)),
    }


def stays_sound(base: Snapshot, operation: str, program: Any, failing: Any, goes_on: bool) -> None:
    world = World(snapshot=base)
    world.cloud.objects = {state.id: dict(state.inputs) for state in base.resources if state.type == TYPE}
    world.cloud.failing = failing
    # A program may lift the protection of what it declares, and replace it in the same run.
    lifted = {urn(item.name) for item in program} if operation == "up" else set()
    protected = {
        state.id
        for state in base.resources
        if state.protect and not state.pending_replacement and state.urn not in lifted
    }
    body = (body_of(program),) if operation in ("up", "preview") else ()
    getattr(world, operation)(*body, continue_on_error=goes_on)
    assert not violations(world.snapshot)
    assert all(not violations(moment) for moment in world.moments(base))
    assert protected <= set(world.cloud.objects)


everything = (
    bases(),
    st.sampled_from(["up", "up", "preview", "refresh", "destroy"]),
    programs(),
    failures,
    st.booleans(),
)


@seed(SEED)
@given(*everything)
@settings(max_examples=50, deadline=None)
def test_any_sound_state_stays_sound_whatever_is_run_and_fails(
    base: Snapshot, operation: str, program: Any, failing: Any, goes_on: bool
) -> None:
    assert not violations(base)
    with replayed(__file__, "test_any_sound_state_stays_sound_whatever_is_run_and_fails"):
        stays_sound(base, operation, program, failing, goes_on)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@seed(SEED)
@given(*everything)
@settings(max_examples=1000, deadline=None)
def test_a_thousand_sound_states_stay_sound(
    base: Snapshot, operation: str, program: Any, failing: Any, goes_on: bool
) -> None:
    with replayed(__file__, "test_a_thousand_sound_states_stay_sound"):
        stays_sound(base, operation, program, failing, goes_on)
