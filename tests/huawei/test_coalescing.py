"""Many readers, few calls, and never an answer that is too old."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pulumi_dataarts.errors import ServiceFault
from pulumi_dataarts.huawei.clock import SystemClock
from pulumi_dataarts.huawei.coalescing import AGE_MAX_S, CALLS_AT_FIRST, IDLE_S, Catalogue, Flights, Page
from tests.huawei.times import Ticking

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = 100


class Shelf:
    """Objects on a service that counts its calls: singles and pages."""

    def __init__(self, count: int) -> None:
        self.objects = {f"o{number}": 0 for number in range(count)}
        self.singles = self.pages = 0
        self.clock = Ticking()
        self.list_s = 0.0
        self.catalogue = Catalogue(self._list, self.clock)
        self._lock = threading.Lock()

    @property
    def calls(self) -> int:
        return self.singles + self.pages

    def read(self, name: str) -> int | None:
        return self.catalogue.read(name, lambda: self._one(name))

    def edit(self, name: str) -> None:
        """Change it behind the session's back."""
        self.objects[name] += 1

    def write(self, name: str) -> None:
        """Change it through the session."""
        self.edit(name)
        self.catalogue.forget(name)

    def _one(self, name: str) -> int | None:
        with self._lock:
            self.singles += 1
        return self.objects.get(name)

    def _list(self) -> Iterator[Page[int]]:
        names = list(self.objects)
        self.clock.sleep(self.list_s)
        for start in range(0, max(1, len(names)), PAGE):
            self.pages += 1
            found = {name: self.objects[name] for name in names[start : start + PAGE]}
            yield Page(found, -(-len(names) // PAGE))


def test_a_lone_read_never_lists() -> None:
    shelf = Shelf(1000)
    assert shelf.read("o7") == 0
    assert (shelf.singles, shelf.pages) == (1, 0)


@pytest.mark.parametrize("threads", [1, 4, 64])
def test_a_thousand_reads_are_a_few_dozen_calls(threads: int) -> None:
    shelf = Shelf(1000)
    with ThreadPoolExecutor(threads) as pool:
        assert list(pool.map(shelf.read, shelf.objects)) == [0] * 1000
    assert shelf.calls <= 40


def test_a_list_that_takes_long_to_make_is_no_pause_after_which_it_is_of_no_use() -> None:
    shelf = Shelf(5000)
    shelf.list_s = AGE_MAX_S + 1
    assert [shelf.read(name) for name in shelf.objects] == [0] * 5000
    assert shelf.calls <= 110


def test_a_few_reads_among_very_many_objects_do_not_list_them_all() -> None:
    shelf = Shelf(100_000)
    for number in range(10):
        shelf.read(f"o{number}")
    assert shelf.calls <= 12


@settings(max_examples=200)
@given(st.integers(1, 40), st.integers(1, 400))
def test_reading_once_each_costs_little_more_than_twice_the_cheapest_way(pages: int, reads: int) -> None:
    shelf = Shelf(pages * PAGE)
    names = list(shelf.objects)[:reads]
    for name in names:
        shelf.read(name)
    assert shelf.calls <= 2 * min(len(names), max(pages, CALLS_AT_FIRST)) + 3


def test_what_a_list_does_not_have_is_looked_for_on_its_own() -> None:
    shelf = Shelf(50)
    for name in shelf.objects:
        shelf.read(name)
    singles = shelf.singles
    assert shelf.read("gone") is None
    assert shelf.singles == singles + 1


def test_a_second_read_of_a_name_is_a_new_look() -> None:
    shelf = Shelf(50)
    for name in shelf.objects:
        shelf.read(name)
    for name in shelf.objects:
        shelf.edit(name)
    assert [shelf.read(name) for name in shelf.objects] == [1] * 50


def test_what_the_session_wrote_is_not_answered_from_an_older_list() -> None:
    shelf = Shelf(50)
    for number in range(10):
        shelf.read(f"o{number}")
    assert shelf.pages
    shelf.write("o40")
    assert shelf.read("o40") == 1


def test_what_is_written_while_a_list_is_made_is_not_answered_from_it() -> None:
    shelf = Shelf(50)
    listed = shelf._list

    def written_meanwhile() -> Iterator[Page[int]]:
        for page in listed():
            shelf.write("o40")
            yield page

    shelf.catalogue = Catalogue(written_meanwhile, shelf.clock)
    for number in range(10):
        shelf.read(f"o{number}")
    assert shelf.pages
    assert shelf.read("o40") == shelf.objects["o40"] >= 1


def test_what_was_written_before_a_list_is_answered_from_it() -> None:
    shelf = Shelf(200)
    for name in shelf.objects:
        shelf.write(name)
    assert [shelf.read(name) for name in shelf.objects] == [1] * 200
    assert shelf.calls <= 8


def test_a_second_refresh_costs_no_more_than_the_first() -> None:
    shelf = Shelf(1000)
    for refresh in range(3):
        before = shelf.calls
        assert [shelf.read(name) for name in shelf.objects] == [refresh] * 1000
        assert shelf.calls - before <= 40
        for name in shelf.objects:
            shelf.edit(name)


def test_a_list_that_another_round_overtook_is_not_used() -> None:
    shelf = Shelf(50)
    listed = shelf._list

    def overtaken() -> Iterator[Page[int]]:
        for page in listed():
            shelf.clock.pass_by(IDLE_S + 1)
            shelf.catalogue._enter("o49")
            shelf.catalogue._is_worth_listing(asked=50)
            shelf.edit("o48")
            yield page

    shelf.catalogue = Catalogue(overtaken, shelf.clock)
    for number in range(6):
        shelf.read(f"o{number}")
    assert shelf.pages
    assert shelf.read("o48") == shelf.objects["o48"]


@pytest.mark.parametrize("pause_s", [IDLE_S + 0.1, AGE_MAX_S + 0.1])
def test_a_list_is_not_used_after_a_pause(pause_s: float) -> None:
    shelf = Shelf(50)
    for number in range(10):
        shelf.read(f"o{number}")
    shelf.clock.pass_by(pause_s)
    shelf.edit("o40")
    assert shelf.read("o40") == 1


def test_a_list_grows_old_even_in_steady_use() -> None:
    shelf = Shelf(100)
    for number in range(50):
        shelf.read(f"o{number}")
        shelf.clock.pass_by(IDLE_S / 2)
    assert shelf.pages > 1


@settings(max_examples=150)
@given(st.lists(st.tuples(st.sampled_from(["read", "write", "edit", "pause"]), st.integers(0, 7)), max_size=80))
def test_nothing_older_than_the_last_read_or_write_of_a_name_is_ever_answered(steps: list[tuple[str, int]]) -> None:
    """Whatever happened to an object before this session last read or wrote it is in every later answer."""
    shelf = Shelf(8)
    at_least = dict.fromkeys(shelf.objects, 0)
    for act, number in steps:
        name = f"o{number}"
        if act == "read":
            value = shelf.read(name)
            assert value is not None
            assert value >= at_least[name]
            at_least[name] = shelf.objects[name]
        elif act == "write":
            shelf.write(name)
            at_least[name] = shelf.objects[name]
        elif act == "edit":
            shelf.edit(name)
        else:
            shelf.clock.pass_by(number / 3)


def test_a_list_that_fails_fails_its_caller_and_the_next_reads_go_one_by_one() -> None:
    def failing() -> Iterator[Page[int]]:
        raise ServiceFault("down")
        yield

    catalogue = Catalogue(failing, Ticking())
    for number in range(CALLS_AT_FIRST):
        catalogue.read(f"o{number}", lambda: 1)
    with pytest.raises(ServiceFault):
        catalogue.read("o9", lambda: 1)
    assert catalogue.read("o10", lambda: 1) == 1


def test_those_who_ask_together_share_one_load() -> None:
    flights, loads = Flights(SystemClock()), list[int]()
    together = threading.Barrier(8)

    def ask(_: int) -> int:
        together.wait()
        return flights.shared("key", lambda: loads.append(1) or len(loads))

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(8))) <= {1, 2}
    assert len(loads) <= 2
    flights.shared("key", lambda: loads.append(1))
    assert len(loads) <= 3


def test_what_a_shared_load_raises_everyone_gets() -> None:
    flights, together = Flights(SystemClock()), threading.Barrier(4)

    def load() -> int:
        raise ServiceFault("down")

    def ask(_: int) -> str:
        together.wait()
        try:
            return str(flights.shared("key", load))
        except ServiceFault as error:
            return error.message

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, range(4))) == ["down"] * 4
