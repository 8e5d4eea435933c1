"""The store: documents in order, transactions whole or not at all, a view of the past."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from pulumi_dataarts.simulator.store import Store

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def names(store: Store, **selection: object) -> list[str]:
    return [name for name, _ in store.list("job", "c", **selection)]  # type: ignore[arg-type]


def test_documents_are_listed_in_the_order_of_creation(store: Store) -> None:
    for name in ("b", "a", "c"):
        store.put("job", "c", name, {"v": 1})
    store.put("job", "c", "b", {"v": 2})
    store.rename("job", "c", "a", "z")
    assert names(store) == ["b", "z", "c"]
    assert store.get("job", "c", "b") == {"v": 2}


def test_scopes_and_kinds_are_apart(store: Store) -> None:
    store.put("job", "c", "a", {})
    assert store.get("job", "d", "a") is None
    assert store.get("link", "c", "a") is None
    assert not store.delete("job", "d", "a")
    assert store.delete("job", "c", "a")


def test_a_list_is_selected_by_label_by_part_of_the_name_and_by_page(store: Store) -> None:
    for number in range(6):
        store.put("job", "c", f"job-{number}", {}, label="even" if number % 2 == 0 else "odd")
    store.put("job", "c", "100%_done", {}, label="odd")
    assert names(store, label="even") == ["job-0", "job-2", "job-4"]
    assert names(store, label="odd", contains="job", offset=1, limit=1) == ["job-3"]
    assert names(store, contains="%_") == ["100%_done"]
    assert store.count("job", "c", label="odd") == 4


def test_a_transaction_that_fails_leaves_nothing(store: Store) -> None:
    with pytest.raises(RuntimeError), store.transaction():
        store.put("job", "c", "a", {})
        store.put_content("x", b"1")
        with store.transaction():
            store.next_id("job")
        raise RuntimeError
    assert names(store) == []
    assert store.content("x") == b""
    assert store.next_id("job") == 1


def test_numbers_are_given_once_whoever_asks(store: Store) -> None:
    given: list[int] = []

    def ask() -> None:
        for _ in range(50):
            with store.transaction():
                given.append(store.next_id("run"))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(given) == list(range(1, 201))


def test_a_view_shows_the_past_and_takes_no_writes(store: Store) -> None:
    store.put("job", "c", "before", {})
    view = store.view()
    store.put("job", "c", "after", {})
    store.delete("job", "c", "before")
    assert names(view) == ["before"]
    assert names(store) == ["after"]
    with pytest.raises(Exception, match="readonly"), view.transaction():
        view.put("job", "c", "x", {})
    view.close()


def test_what_was_committed_is_there_when_the_folder_is_opened_again(store: Store, tmp_path: Path) -> None:
    with store.transaction():
        store.put("job", "c", "a", {"ü": [1, None]})
        store.put_content("x", b"\0")
        store.next_id("job")
    store.close()
    again = Store(tmp_path)
    assert again.get("job", "c", "a") == {"ü": [1, None]}
    assert again.content("x") == b"\0"
    assert again.next_id("job") == 2


def test_clear_forgets_everything(store: Store) -> None:
    store.put("job", "c", "a", {})
    store.put_content("x", b"1")
    store.next_id("job")
    store.clear()
    assert (names(store), store.content("x"), store.next_id("job")) == ([], b"", 1)
