"""Releases are kept whole or not at all, are never changed, and are found by what people call them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pulumi_dataarts.backend.blobs import LocalBlobs
from pulumi_dataarts.errors import ConfigError, Corrupt
from pulumi_dataarts.release.store import ReleaseStore, open_store, prunable
from tests.backend.buckets import running_buckets
from tests.release.samples import edited, release


@pytest.fixture
def store(tmp_path: Path) -> ReleaseStore:
    return ReleaseStore(LocalBlobs(tmp_path), "sample")


def nothing(_stack: str) -> None:
    return None


def path_of(store: ReleaseStore, digest: str, ending: str) -> Path:
    assert isinstance(store.blobs, LocalBlobs)
    return store.blobs.folder / "releases" / "sample" / f"{digest}.{ending}"


def test_what_is_put_is_got_and_listed(store: ReleaseStore):
    one, two = edited(1), edited(2)
    assert store.put(one) == one.manifest
    store.put(two)
    assert store.get(one.manifest.digest) == one
    assert store.list() == [two.manifest, one.manifest]
    assert store.digests() == tuple(sorted([one.manifest.digest, two.manifest.digest]))
    assert store.verify(one.manifest.digest) == []


def test_putting_the_same_content_again_changes_nothing(store: ReleaseStore):
    first = store.put(release(creator="ada"))
    assert store.put(release(creator="bob", created="2027-01-01T00:00:00Z")) == first
    assert store.manifest(first.digest).creator == "ada"


def test_a_put_that_was_cut_off_is_no_release_and_is_completed_by_the_next(store: ReleaseStore):
    digest = store.put(release()).digest
    path_of(store, digest, "json").unlink()
    assert not store.has(digest)
    assert store.list() == []
    store.put(release())
    assert store.verify(digest) == []


@pytest.mark.parametrize("ending", ["zip", "json"])
def test_a_flipped_byte_in_either_file_is_named(store: ReleaseStore, ending: str):
    digest = store.put(release(message="why")).digest
    path = path_of(store, digest, ending)
    whole = path.read_bytes()
    for place in range(1, len(whole), 7):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert store.verify(digest), place
    path.unlink()
    assert any("missing" in flaw for flaw in store.verify(digest))


def test_another_creator_cannot_be_written_in_without_being_noticed(store: ReleaseStore):
    digest = store.put(release()).digest
    path = path_of(store, digest, "json")
    path.write_text(json.dumps({**json.loads(path.read_text()), "creator": "mallory"}))
    assert "checksum" in store.verify(digest)[0]
    with pytest.raises(Corrupt, match="checksum"):
        store.get(digest)


def test_a_release_of_another_name_is_not_taken_for_it(store: ReleaseStore):
    one, two = store.put(edited(1)).digest, store.put(edited(2)).digest
    for ending in ("zip", "json"):
        path_of(store, one, ending).write_bytes(path_of(store, two, ending).read_bytes())
    with pytest.raises(Corrupt, match=two):
        store.get(one)


def test_releases_are_found_by_what_people_call_them(store: ReleaseStore):
    one, two = store.put(edited(1)).digest, store.put(edited(2)).digest
    pins = {"staging": one, "gone": "0" * 64}
    assert store.resolve("latest", nothing) == two
    assert store.resolve(one[:8], nothing) == one
    assert store.resolve(f"sha256:{one}", nothing) == one
    assert store.resolve("@staging", pins.get) == one
    for text, said in [("@dev", "runs the working tree"), ("@gone", "no release"), ("", "no release"), ("zz", "no")]:
        with pytest.raises(ConfigError, match=said):
            store.resolve(text, pins.get)
    with pytest.raises(ConfigError, match="does not tell one"):
        store.resolve(one[:3], nothing)


def test_an_empty_store_says_how_to_make_the_first(store: ReleaseStore):
    assert store.list() == []
    with pytest.raises(ConfigError, match="release create"):
        store.resolve("latest", nothing)


def test_projects_that_share_a_place_do_not_see_each_other(store: ReleaseStore):
    digest = store.put(release()).digest
    assert ReleaseStore(store.blobs, "other").digests() == ()
    assert not ReleaseStore(store.blobs, "other").has(digest)


def test_only_what_nobody_needs_is_prunable():
    manifests = [edited(number).manifest for number in range(5, 0, -1)]
    needed = {manifests[3].digest: "prod runs it"}
    assert prunable(manifests, 2, needed) == [manifests[2], manifests[4]]


def test_removing_leaves_nothing(store: ReleaseStore, tmp_path: Path):
    digest = store.put(release()).digest
    store.remove(digest)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_bucket_keeps_releases_as_a_folder_does(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    with running_buckets() as buckets:
        for name, value in buckets.environment.items():
            monkeypatch.setenv(name, value)
        store = open_store(buckets.url("releases"), "sample", cwd=tmp_path)
        one, two = store.put(edited(1)), store.put(edited(2))
        assert store.list() == [two, one]
        assert store.get(one.digest) == edited(1)
        assert store.verify(one.digest) == []
        store.remove(one.digest)
        assert store.digests() == (two.digest,)
