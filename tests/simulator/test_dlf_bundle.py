"""The bundle as bytes: both layouts, and archives that must not be trusted."""

from __future__ import annotations

import contextlib
import io
import json
import stat
import string
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_dataarts.simulator.dlf.bundle import SIZE_BYTES_MAX, Bundle, batch_layout, read_bundle, single_layout
from pulumi_dataarts.simulator.zips import CONTENT_BYTES_MAX, ArchiveError
from tests.simulator.sdk import zipped

NAMES = st.text(string.ascii_letters + string.digits + "._-", min_size=1, max_size=20).filter(lambda s: s.strip("."))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def definitions(least: int = 0) -> st.SearchStrategy[dict[str, dict[str, object]]]:
    bodies = st.dictionaries(st.text(max_size=5), JSON, max_size=3)
    return st.dictionaries(NAMES, bodies, min_size=least, max_size=3).map(
        lambda by_name: {name: {**body, "name": name} for name, body in by_name.items()}
    )


def zipped_raw(info: zipfile.ZipInfo, content: bytes = b"{}") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(info, content)
    return buffer.getvalue()


@given(definitions(1), definitions(), definitions())
def test_what_was_written_in_the_single_layout_is_read_back(jobs, scripts, resources) -> None:
    bundle = Bundle(jobs, scripts, resources)
    assert read_bundle(single_layout(bundle)) == bundle


@given(definitions(1), definitions())
def test_a_batch_holds_a_script_once_for_each_job_and_is_read_as_one(jobs, scripts) -> None:
    parts = [Bundle({name: job}, scripts) for name, job in jobs.items()]
    assert read_bundle(batch_layout(parts)) == Bundle(jobs, scripts)


def test_the_same_content_makes_the_same_bytes() -> None:
    bundle = Bundle({"a": {"name": "a"}})
    assert single_layout(bundle) == single_layout(bundle)


def test_a_file_without_a_name_in_it_is_called_as_the_file() -> None:
    assert read_bundle(zipped({"jobs/orders.job": b"{}"})).jobs == {"orders": {"name": "orders"}}


def test_the_name_in_the_file_wins_over_the_files() -> None:
    assert list(read_bundle(zipped({"jobs/a.job": b'{"name": "b"}'})).jobs) == ["b"]


def test_entries_of_other_kinds_are_left_alone() -> None:
    content = zipped({"jobs/a.job": b"{}", "connections/c.conn": b"not json", "README.md": b"", "x.job": b"["})
    assert list(read_bundle(content).jobs) == ["a"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        pytest.param(b"", "not a readable zip", id="empty"),
        pytest.param(b"PK\x03\x04 and then nothing", "not a readable zip", id="not a zip"),
        pytest.param(zipped({"jobs/a.job": b"{}"})[:-30], "not a readable zip", id="cut off"),
        pytest.param(b"\0" * (SIZE_BYTES_MAX + 1), "larger than", id="over 10 MB"),
        pytest.param(zipped({"jobs/a.job": b"{"}), "not JSON", id="bad JSON"),
        pytest.param(zipped({"jobs/a.job": b"\xff\xff"}), "not JSON", id="not text"),
        pytest.param(zipped({"jobs/a.job": b"[" * 100_000}), "not JSON", id="bottomless JSON"),
        pytest.param(zipped({"jobs/a.job": b"[]"}), "not a JSON object", id="not an object"),
        pytest.param(zipped({"scripts/a.script": b"{}"}), "holds no job", id="no job"),
        pytest.param(zipped({"../jobs/a.job": b"{}"}), "outside", id="climbs out"),
        pytest.param(zipped({"jobs/../../a.job": b"{}"}), "outside", id="climbs out inside"),
        pytest.param(zipped({"/jobs/a.job": b"{}"}), "outside", id="absolute"),
        pytest.param(zipped({"C:/jobs/a.job": b"{}"}), "outside", id="drive"),
        pytest.param(zipped({"jobs\\..\\a.job": b"{}"}), "outside", id="backslash"),
        pytest.param(
            zipped({"jobs/a.job": b'{"name": "x"}', "jobs/b.job": b'{"name": "x", "id": 2}'}),
            "not the only definition",
            id="one name twice",
        ),
    ],
)
def test_an_archive_that_cannot_be_trusted_is_not_read(content: bytes, why: str) -> None:
    with pytest.raises(ArchiveError, match=why):
        read_bundle(content)


def test_a_link_in_an_archive_is_not_followed() -> None:
    info = zipfile.ZipInfo("jobs/a.job")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(ArchiveError, match="is a link"):
        read_bundle(zipped_raw(info, b"/etc/passwd"))


def test_an_encrypted_entry_is_refused() -> None:
    content = bytearray(zipped({"jobs/a.job": b"{}"}))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(ArchiveError, match="encrypted"):
        read_bundle(bytes(content))


def test_an_archive_that_unfolds_without_end_is_stopped() -> None:
    part = b"\0" * (CONTENT_BYTES_MAX // 2 + 1)
    content = zipped({"jobs/a.job": b"{}", "jobs/b.txt": part, "jobs/c.txt": part})
    assert len(content) < SIZE_BYTES_MAX
    with pytest.raises(ArchiveError, match="unfolds"):
        read_bundle(content)


def test_a_lie_about_an_entrys_size_is_noticed() -> None:
    honest = json.dumps({"name": "a", "description": "x" * 200}).encode()
    content = bytearray(zipped({"jobs/a.job": honest}))
    directory = content.index(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = (5).to_bytes(4, "little")
    with pytest.raises(ArchiveError):
        read_bundle(bytes(content))


@given(st.binary(max_size=400))
def test_no_bytes_make_the_reader_fall_over(content: bytes) -> None:
    with pytest.raises(ArchiveError):
        read_bundle(content)


@given(st.data())
def test_no_damage_makes_the_reader_fall_over(data: st.DataObject) -> None:
    content = bytearray(single_layout(Bundle({"a": {"name": "a"}}, {"s": {"name": "s"}})))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(ArchiveError):
        read_bundle(bytes(content))
