from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from pulumi_dataarts.backend.blobs import Blobs, LocalBlobs, open_backend
from pulumi_dataarts.errors import ConfigError, StateError


def test_what_is_written_is_read_and_listed(blobs: LocalBlobs):
    blobs.write("a/b.json", b"1")
    blobs.write("a/b.json", b"2")
    blobs.write("a/c/d.json", b"3")
    assert blobs.read("a/b.json") == b"2"
    assert [item.key for item in blobs.find("a/")] == ["a/b.json", "a/c/d.json"]
    assert [item.key for item in blobs.find("a/b")] == ["a/b.json"]
    assert blobs.find("none/") == []


def test_what_is_not_there_is_none_and_may_be_deleted(blobs: LocalBlobs):
    assert blobs.read("none") is None
    assert blobs.read("none/below") is None
    blobs.delete("none")


def test_a_new_file_is_its_owners_only_and_a_replaced_one_keeps_its_mode(blobs: LocalBlobs):
    blobs.write("a", b"1")
    path = blobs.folder / "a"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o640)
    blobs.write("a", b"2")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_the_official_clis_checksum_of_a_replaced_file_goes(blobs: LocalBlobs):
    sidecar = blobs.folder / "a.json.attrs"
    for change in (lambda: blobs.write("a.json", b"new"), lambda: blobs.delete("a.json")):
        sidecar.write_text('{"md5":"of the old content"}')
        assert "a.json.attrs" not in [item.key for item in blobs.find("a")]
        change()
        assert not sidecar.exists()


@pytest.mark.parametrize("key", ["../x", "a/../../x", "/etc/x"])
def test_a_key_cannot_leave_the_folder(blobs: LocalBlobs, key: str):
    with pytest.raises(ConfigError, match="leads out"):
        blobs.write(key, b"")


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from pulumi_dataarts.backend.blobs import LocalBlobs
from pulumi_dataarts.errors import StateError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
blobs = LocalBlobs(Path(sys.argv[1]))
log = blobs.open_log("log")
log.append(b"first\\n")
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
for act in (lambda: blobs.write("file", b"x" * 1000), lambda: log.append(b"y" * 1000 + b"\\n")):
    try:
        act()
    except StateError as error:
        print(error.message)
log.append(b"second\\n")
"""


def test_a_full_disk_leaves_the_old_content_and_a_whole_log(blobs: LocalBlobs):
    blobs.write("file", b"old")
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(blobs.folder)], capture_output=True, text=True, check=True
    )
    assert blobs.read("file") == b"old"
    assert blobs.read_log("log") == b"first\nsecond\n"
    assert done.stdout.splitlines() == [
        f"cannot write {blobs.folder}/file: File too large",
        f"cannot write {blobs.folder}/log: File too large",
    ]
    assert sorted(path.name for path in blobs.folder.iterdir()) == ["file", "log"], "no unfinished file stays"


def test_a_log_grows_and_starts_anew(blobs: LocalBlobs):
    log = blobs.open_log("log")
    assert blobs.read_log("log") == b""
    log.append(b"1\n")
    log.append(b"2\n")
    log.close()
    assert blobs.read_log("log") == b"1\n2\n"
    continued = blobs.continue_log("log", b"1\n")
    continued.append(b"3\n")
    continued.close()
    assert blobs.read_log("log") == b"1\n3\n"
    anew = blobs.open_log("log")
    assert blobs.read_log("log") == b"1\n3\n", "the old log stands until the new one does"
    anew.append(b"4\n")
    anew.close()
    assert blobs.read_log("log") == b"4\n"
    blobs.delete_log("log")
    assert blobs.read_log("log") == b""


def test_each_write_is_synced_before_it_is_renamed(blobs: LocalBlobs, monkeypatch: pytest.MonkeyPatch):
    done: list[str] = []
    real_sync, real_replace = os.fsync, Path.replace

    def fsync(handle: int) -> None:
        done.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        real_sync(handle)

    def replace(self: Path, target: Path) -> Path:
        done.append("rename")
        return real_replace(self, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", replace)
    blobs.write("a", b"1")
    assert done == ["file", "rename", "folder"]
    done.clear()
    blobs.write("new/b", b"1")
    assert done == ["folder", "file", "rename", "folder"], "and a new folder before what is in it"


def test_each_frame_of_a_log_is_synced(blobs: LocalBlobs, monkeypatch: pytest.MonkeyPatch):
    log = blobs.open_log("log")
    log.append(b"first\n")
    synced: list[bytes] = []
    monkeypatch.setattr(os, "fsync", lambda handle: synced.append(blobs.read_log("log")))
    log.append(b"second\n")
    log.append(b"third\n")
    log.close()
    assert synced == [b"first\nsecond\n", b"first\nsecond\nthird\n"]


def test_file_urls_are_understood_as_the_official_cli_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOME", "/home/someone")

    def folder(url: str) -> str:
        blobs: Blobs = open_backend(url, cwd=tmp_path)
        assert blobs.url == url
        return str(blobs.folder)

    assert folder("file:///var/state") == "/var/state"
    assert folder("file://state") == f"{tmp_path}/state"
    assert folder("file://.") == f"{tmp_path}"
    assert folder("file://../up?no_tmp_dir=true") == f"{tmp_path.parent}/up"
    assert folder("file://~") == "/home/someone"
    assert folder("file://~/state") == "/home/someone/state"


@pytest.mark.parametrize("url", ["https://app.pulumi.com", "gs://bucket", "state", ""])
def test_another_kind_of_backend_is_refused(url: str):
    with pytest.raises(ConfigError) as raised:
        open_backend(url)
    assert "file://" in raised.value.hint


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StateError, match="cannot write"):
        LocalBlobs(tmp_path / "file").write("a", b"")


def test_what_cannot_be_read_is_told(blobs: LocalBlobs):
    blobs.write("folder/a", b"")
    with pytest.raises(StateError, match="cannot read"):
        blobs.read("folder")
    with pytest.raises(StateError, match="cannot remove"):
        blobs.delete("folder")


def test_a_file_that_goes_while_it_is_listed_is_not_listed(blobs: LocalBlobs):
    (blobs.folder / "dangling").symlink_to(blobs.folder / "gone")
    blobs.write("a", b"")
    assert [item.key for item in blobs.find("")] == ["a"]
