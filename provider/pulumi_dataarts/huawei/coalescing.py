"""Many readers, few calls.

`Flights`: whoever asks for the same thing within a few milliseconds shares one load.

`Catalogue`: reads of single objects that turn into a list when many are asked for in a row, as in a refresh.
Single reads are made until they have cost as much as the list would; then the list is loaded and answers the
rest. So a lone read never lists, and no series of reads costs much more than twice its cheapest way.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from pulumi_dataarts.errors import ProvisionError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping

    from pulumi_dataarts.huawei.clock import Clock

T = TypeVar("T")

GATHER_S: Final = 0.005
IDLE_S: Final = 2.0
"""A pause this long ends a series of reads, and with it the use of its list."""
AGE_MAX_S: Final = 15.0
CALLS_AT_FIRST: Final = 3
"""What a list is taken to cost before the first one is seen."""


class Flights:
    """Loads about to begin, by key. None is joined once it began, so no answer is older than its question."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._gathering: dict[Hashable, Future[Any]] = {}

    def shared(self, key: Hashable, load: Callable[[], T]) -> T:
        """Load once for all who ask for `key` within `GATHER_S`. What the load raises, all of them get."""
        with self._lock:
            joined: Future[T] | None = self._gathering.get(key)
            future = joined or self._gathering.setdefault(key, Future())
        if joined is None:
            self._clock.sleep(GATHER_S)
            with self._lock:
                del self._gathering[key]
            _run(future, load)
        return future.result()


def _run(future: Future[T], load: Callable[[], T]) -> None:
    try:
        future.set_result(load())
    except ProvisionError as error:
        future.set_exception(error)
    finally:
        future.cancel()  # nothing to one that is done; lets the others go where `load` has a defect


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a list: its objects by name, and how many calls the whole list takes, as known so far."""

    objects: Mapping[str, T]
    calls_in_all: int


@dataclass
class _Listing(Generic[T]):
    objects: dict[str, T]
    loaded_s: float
    used_s: float


class Catalogue(Generic[T]):
    """The objects of one scope (a cluster, a workspace), read by name. Thread-safe.

    Reads come in rounds, as the reads of a refresh do: a round ends with a pause, or when a name is asked for again.
    A list answers within the round it was made in, for a short time, and not for what this session has written since
    it was begun. A name that the list does not have is looked for on its own, so that "gone" never rests on a list.
    """

    def __init__(self, pages: Callable[[], Iterable[Page[T]]], clock: Clock) -> None:
        """Make an empty catalogue.

        Args:
            pages: makes the list, one call a page. It is left off when it turns out to cost more than has been asked.
            clock: says how old a list is.
        """
        self._pages, self._clock = pages, clock
        self._lock = threading.Lock()
        self._loading = threading.Lock()
        self._listing: _Listing[T] | None = None
        self._written: set[str] = set()
        self._read: set[str] = set()
        self._round = 0
        self._asked = 0
        self._asked_s = clock.now_s()
        self._cost = CALLS_AT_FIRST

    def read(self, name: str, one: Callable[[], T | None]) -> T | None:
        """Return the object called `name`; where no list has it, what `one` says, which makes one call."""
        self._enter(name)
        found = self._listed(name)
        if found is None and self._is_worth_listing(asked=1):
            with self._loading:
                found = self._listed(name)
                if found is None and self._is_worth_listing():
                    self._load()
                    found = self._listed(name)
        return one() if found is None else found

    def forget(self, name: str) -> None:
        """Answer for this name from no list that is loaded, or being loaded: it was written."""
        with self._lock:
            self._written.add(name)
            if self._listing is not None:
                self._listing.objects.pop(name, None)

    def _enter(self, name: str) -> None:
        """Begin another round after a pause, and where the name was read in this one."""
        with self._lock:
            now_s = self._clock.now_s()
            if now_s - self._asked_s > IDLE_S or name in self._read:
                self._round += 1
                self._asked = 0
                self._listing = None
                self._read.clear()
            self._read.add(name)
            self._asked_s = now_s

    def _is_worth_listing(self, *, asked: int = 0) -> bool:
        """Count what no list has answered; say whether that is more by now than a list costs."""
        with self._lock:
            self._asked += asked
            return self._asked > self._cost

    def _listed(self, name: str) -> T | None:
        with self._lock:
            listing, now_s = self._listing, self._clock.now_s()
            if listing is None:
                return None
            if now_s - listing.used_s > IDLE_S or now_s - listing.loaded_s > AGE_MAX_S:
                self._listing = None
                return None
            listing.used_s = now_s
            return listing.objects.get(name)

    def _load(self) -> None:
        """Make the list, unless it proves dearer than what was asked; where it fails, start counting anew."""
        with self._lock:
            current = self._round
            self._written.clear()
        objects: dict[str, T] = {}
        try:
            for page in self._pages():
                objects.update(page.objects)
                self._cost = max(page.calls_in_all, CALLS_AT_FIRST)
                if self._cost > self._asked:
                    return
        except ProvisionError:
            self._keep(current, None)
            raise
        self._keep(current, objects)

    def _keep(self, made_in: int, objects: dict[str, T] | None) -> None:
        """Answer from these; while they were loaded the readers waited, which is no pause in their round."""
        with self._lock:
            self._asked = 0
            self._asked_s = now_s = self._clock.now_s()
            if objects is not None and made_in == self._round:
                for name in self._written:
                    objects.pop(name, None)
                self._listing = _Listing(objects, loaded_s=now_s, used_s=now_s)
