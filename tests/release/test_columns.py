"""The three columns of a promotion, and which differences of configuration anybody has decided."""

from __future__ import annotations

from pulumi_dataarts.release.columns import config_differences, rows
from pulumi_dataarts.release.manifest import Content, EntryKind, Manifest, Provenance, entries_of


def released(**sql: str) -> Manifest:
    files: dict[str, tuple[EntryKind, str, bytes]] = {"program/a.py": ("file", "a.py", b"")}
    files |= {f"content/{name}.sql": ("dlf-script", name, text.encode()) for name, text in sql.items()}
    content = Content(project="orders", entries=entries_of(files))
    return Manifest.of(content, Provenance(created="2026-11-27T10:00:00Z"))


def test_each_definition_has_its_digest_in_source_and_target_and_after() -> None:
    table = {
        row.name: row for row in rows(released(kept="1", edited="2", new="3"), released(kept="1", edited="1", old="4"))
    }
    assert {name: row.changes for name, row in table.items()} == {
        "kept": False,
        "edited": True,
        "new": True,
        "old": True,
        "program": False,
    }
    assert table["edited"].source == table["edited"].after != table["edited"].before
    assert (table["new"].before, table["old"].after) == ("", "")
    assert list(table)[-1] == "program"


def test_a_target_that_runs_its_sources_has_an_empty_column() -> None:
    assert all(row.before == "" for row in rows(released(a="1"), None))


def test_what_the_target_says_itself_is_expected_and_nothing_else() -> None:
    source = {
        "a:queue": "small",
        "a:only": True,
        "a:bound": {"x": {"id": 1, "name": "n"}},
        "a:pass": {"secure": "v1:s"},
    }
    target = {"a:queue": "large", "a:bound": {"x": {"id": 2, "name": "n"}}, "dataarts:release": "sha256:0"}
    found = {item.key: item for item in config_differences(source, target, {"dataarts:release"})}
    assert {key: item.where for key, item in found.items()} == {
        "a:queue": "expected",
        "a:only": "unexpected",
        "a:bound.x.id": "expected",
        "a:pass": "unexpected",
    }
    assert found["a:pass"].source == "[secret]"
    assert found["a:only"].source == "true"
