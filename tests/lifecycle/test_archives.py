"""Zips: equal content gives equal bytes, and hostile ones are refused by name."""

from __future__ import annotations

import hashlib
import io
import random
import stat
import zipfile
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pulumi_dataarts.errors import ConfigError
from pulumi_dataarts.lifecycle.archives import canonical_zip, read_zip

PARTS = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_.é中", min_size=1, max_size=8).filter(
    lambda part: part not in (".", "..")
)
PATHS = st.lists(PARTS, min_size=1, max_size=3).map("/".join)
ENTRIES = st.dictionaries(PATHS, st.binary(max_size=200), max_size=6)


def zipped(write: Callable[[zipfile.ZipFile], None]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        write(archive)
    return buffer.getvalue()


def named(*names: str) -> bytes:
    return zipped(lambda archive: [archive.writestr(name, b"{}") for name in names])


def link() -> bytes:
    info = zipfile.ZipInfo("jobs/a.job")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return zipped(lambda archive: archive.writestr(info, "/etc/passwd"))


def patched(data: bytes, old: bytes, new: bytes) -> bytes:
    assert data.count(old) >= 1
    return data.replace(old, new)


def damaged() -> bytes:
    data = canonical_zip({"jobs/a.job": b"the content"})
    return patched(data, b"the content", b"the c0ntent")


def encrypted() -> bytes:
    data = bytearray(canonical_zip({"a": b"x"}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(b"", "not a readable zip", id="empty"),
        pytest.param(b"PK, but nothing of the kind", "not a readable zip", id="no zip"),
        pytest.param(b"\0" * (10 * 1024 * 1024 + 1), "at most 10485760 are accepted", id="over 10 MB"),
        pytest.param(encrypted(), "'a' is encrypted", id="encrypted"),
        pytest.param(named("/etc/passwd"), "'/etc/passwd' leaves the archive", id="absolute"),
        pytest.param(named("jobs/../../x"), "'jobs/../../x' leaves the archive", id="dotdot"),
        pytest.param(named("jobs//x"), "'jobs//x' leaves the archive or has an empty part", id="empty part"),
        pytest.param(named("C:/x"), "'C:/x' has a character", id="drive"),
        pytest.param(patched(named("jobsXa"), b"jobsXa", b"jobs\\a"), "has a character", id="backslash"),
        pytest.param(patched(named("jobsXa"), b"jobsXa", b"jobs\0a"), "has a character", id="nul"),
        pytest.param(link(), "'jobs/a.job' is a link", id="symlink"),
        pytest.param(patched(named("a1", "a2"), b"a2", b"a1"), "'a1' is there twice", id="duplicate"),
        pytest.param(named("jobs/A.job", "jobs/a.job"), "differ in letter case only", id="case"),
        pytest.param(damaged(), "not a readable zip: Bad CRC-32", id="bad checksum"),
        pytest.param(
            zipped(lambda archive: archive.writestr("zeros", b"\0" * 8_000_000)),
            "unfolds from",
            id="bomb by ratio",
        ),
        pytest.param(
            zipped(lambda archive: archive.writestr("b", b"x", compress_type=zipfile.ZIP_BZIP2)),
            "neither stored nor deflated",
            id="other compression",
        ),
    ],
)
def test_a_hostile_archive_is_refused_with_its_reason(data: bytes, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_zip(data)
    assert message in str(caught.value)


def test_the_total_after_unfolding_is_limited_whatever_the_ratio() -> None:
    data = canonical_zip({str(number): bytes([number]) * 1000 for number in range(10)})
    assert len(read_zip(data, expanded_max_bytes=10_000)) == 10
    with pytest.raises(ConfigError, match="unfolds to 10000 bytes; at most 9999"):
        read_zip(data, expanded_max_bytes=9_999)


def test_a_size_that_lies_about_itself_unfolds_to_no_more_than_it_says() -> None:
    data = zipped(lambda archive: archive.writestr("a", b"\0" * 1_000_000))
    lying = patched(data, (1_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    with pytest.raises(ConfigError, match="not a readable zip"):
        read_zip(lying, expanded_max_bytes=1000)


def test_the_number_of_entries_is_limited() -> None:
    with pytest.raises(ConfigError, match="3 entries; at most 2"):
        read_zip(named("a", "b", "c"), entries_max=2)


def test_directory_entries_are_left_out() -> None:
    assert read_zip(named("jobs/", "jobs/a.job")) == {"jobs/a.job": b"{}"}


def test_what_could_not_be_read_is_not_written() -> None:
    with pytest.raises(ConfigError, match="leaves the archive"):
        canonical_zip({"../x": b""})


def test_large_content_is_deflated_to_stay_below_the_limit() -> None:
    entries = {"a": b"select 1;\n" * 1_000_000}
    data = canonical_zip(entries)
    assert len(data) < 100_000
    assert zipfile.ZipFile(io.BytesIO(data)).read("a") == entries["a"]


@given(ENTRIES, st.randoms())
def test_equal_content_gives_equal_bytes_whatever_the_order(entries: dict[str, bytes], order: random.Random) -> None:
    shuffled = list(entries.items())
    order.shuffle(shuffled)
    assert canonical_zip(dict(shuffled)) == canonical_zip(entries)


@given(ENTRIES)
def test_reading_returns_what_was_written(entries: dict[str, bytes]) -> None:
    assert read_zip(canonical_zip(entries)) == entries


def test_the_bytes_are_pinned() -> None:
    """A release is found by the digest of its zip: these bytes may never change."""
    data = canonical_zip({"jobs/a.job": b"{}\n", "scripts/ü.script": b"{}\n"})
    assert hashlib.sha256(data).hexdigest() == "1c76594d7c88205d0b4a980e6ad39b764be30a7d6db044719acf2ca7f384df32"


@settings(max_examples=300)
@given(st.data())
def test_a_damaged_archive_is_read_or_refused_but_never_crashes(data: st.DataObject) -> None:
    whole = bytearray(canonical_zip({"jobs/a.job": b"{}" * 20, "scripts/b.script": b"x" * 30}))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with suppress(ConfigError):
        assert isinstance(read_zip(bytes(whole)), dict)
