"""The archive is its content's alone, and nothing in it can be changed without being named."""

from __future__ import annotations

import io
import json
import os
import zipfile
from contextlib import suppress
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pulumi_dataarts.errors import ConfigError, Corrupt
from pulumi_dataarts.release.archive import MANIFEST, flaws_of, pack, unpack
from pulumi_dataarts.release.manifest import Content, Entry, Manifest, digest_of, entries_of
from tests.release.samples import FILES, release

RELEASE = release()
DIGEST = RELEASE.manifest.digest
DATA = pack(RELEASE.manifest.content, RELEASE.files)
NAMES = st.text("abcé/._-", min_size=1, max_size=12).filter(
    lambda text: all(p not in ("", ".", "..") for p in text.split("/"))
)


def test_anyone_can_check_the_digest_with_unzip_and_sha256sum():
    with zipfile.ZipFile(io.BytesIO(DATA)) as archive:
        assert sha256(archive.read(MANIFEST)).hexdigest() == DIGEST
        named = {entry["path"]: entry["digest"] for entry in json.loads(archive.read(MANIFEST))["entries"]}
        assert named == {
            name: sha256(archive.read(name)).hexdigest() for name in archive.namelist() if name != MANIFEST
        }


def test_the_digest_is_a_recorded_one_so_that_no_version_of_python_or_of_ours_changes_it():
    assert DIGEST == "0dbd529c06ed408068e485f49c49cefe3f86773e9df1f87a43d9364f352a2127"
    assert sha256(DATA).hexdigest() == "e65a2813a4d33f915d85a10b0b6cc614c13271b9438a17cdcd8e9daaa756991e"


def test_who_made_it_when_is_no_part_of_digest_or_archive():
    other = release(created="2026-12-24T00:00:00Z", creator="bob", message="again", parent="0" * 64)
    assert other.manifest != RELEASE.manifest
    assert other.manifest.digest == DIGEST
    assert pack(other.manifest.content, other.files) == DATA


@given(st.permutations(list(FILES)))
def test_order_is_no_part_of_the_archive(order: list[str]):
    shuffled = release({path: FILES[path] for path in order})
    assert pack(shuffled.manifest.content, dict(reversed(shuffled.files.items()))) == DATA


@given(st.dictionaries(NAMES.map("program/{}".format), st.binary(max_size=64), max_size=6))
def test_what_is_packed_is_unpacked_or_refused_when_packed(files: dict[str, bytes]):
    content = Content(project="p", entries=entries_of({path: ("file", path, data) for path, data in files.items()}))
    try:
        data = pack(content, files)
    except ConfigError:
        return
    assert unpack(data, content.digest_of_content()) == (content, files)


def test_a_flipped_byte_anywhere_is_noticed_and_never_changes_what_runs():
    for place in range(len(DATA)):
        broken = bytearray(DATA)
        broken[place] ^= 0x20
        assert flaws_of(bytes(broken), DIGEST), place
        with suppress(Corrupt):
            assert unpack(bytes(broken), DIGEST) == (RELEASE.manifest.content, RELEASE.files)


def zipped(entries: dict[str, bytes], **attributes: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in entries.items():
            info = zipfile.ZipInfo(name)
            for key, value in attributes.items():
                setattr(info, key, value)
            archive.writestr(info, data)
    return buffer.getvalue()


WHOLE = {MANIFEST: RELEASE.manifest.content.canonical(), **RELEASE.files}
BODY = "program/__main__.py"


@pytest.mark.parametrize(
    ("entries", "named"),
    [
        pytest.param({**WHOLE, BODY: b"import os\n"}, f"{BODY} has other content", id="changed"),
        pytest.param({name: data for name, data in WHOLE.items() if name != BODY}, f"{BODY} is missing", id="missing"),
        pytest.param({**WHOLE, "program/more.py": b""}, "program/more.py is not in the manifest", id="added"),
        pytest.param({**WHOLE, MANIFEST: WHOLE[MANIFEST] + b" "}, "manifest.json is not the one", id="manifest"),
        pytest.param({**WHOLE, "program/../x": b""}, "leaves the archive", id="climbs"),
        pytest.param({**WHOLE, "/etc/passwd": b""}, "leaves the archive", id="absolute"),
        pytest.param({**WHOLE, "program/__MAIN__.py": b""}, "letter case only", id="case"),
        pytest.param({}, "manifest.json is not the one", id="empty"),
    ],
)
def test_a_hostile_archive_is_refused_and_what_is_wrong_is_named(entries: dict[str, bytes], named: str):
    data = zipped(entries)
    assert named in "\n".join(flaws_of(data, DIGEST))
    with pytest.raises(Corrupt, match=named.replace("(", r"\(")):
        unpack(data, DIGEST)


def test_links_and_foreign_bytes_are_refused():
    with pytest.raises(Corrupt, match="is a link"):
        unpack(zipped(WHOLE, external_attr=0o120777 << 16), DIGEST)
    with pytest.raises(Corrupt, match="not a readable zip"):
        unpack(os.urandom(100), DIGEST)


def test_bytes_outside_of_the_files_are_named_though_what_runs_is_as_it_should_be():
    assert unpack(zipped(WHOLE), DIGEST)[1] == dict(RELEASE.files)
    assert flaws_of(zipped(WHOLE), DIGEST) == ["the zip's own bytes, outside of its files, are not the canonical ones"]


def test_a_manifest_that_is_not_of_its_content_cannot_be_made():
    parts = RELEASE.manifest.model_dump()
    with pytest.raises(ValidationError, match="not that of the content"):
        Manifest.model_validate({**parts, "project": "other"})
    with pytest.raises(ValidationError, match="sorted by path"):
        Content(project="p", entries=tuple(reversed(RELEASE.manifest.entries)))


def test_an_entry_outside_of_program_and_content_is_refused():
    entry = Entry(kind="file", name="x", path="x", digest=digest_of(b""))
    content = Content(project="p", entries=(entry,))
    with pytest.raises(Corrupt, match="x lies outside"):
        unpack(pack(content, {"x": b""}), content.digest_of_content())
