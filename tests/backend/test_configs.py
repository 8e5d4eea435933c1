from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_dataarts.backend import configs, yamlfiles
from pulumi_dataarts.backend.configs import StackFile, coerce, merge, read_stack_file, seal
from pulumi_dataarts.backend.passphrase import TYPE, PassphraseCrypter, new_provider
from pulumi_dataarts.backend.passphrase import keyring as passphrase_keyring
from pulumi_dataarts.backend.projects import Project, read_project
from pulumi_dataarts.backend.vaults import Crypter, SecretsProvider, Vault
from pulumi_dataarts.errors import ConfigError

FIXTURES = Path(__file__).parent / "fixtures"
COMMENTED = """\
# who owns this
encryptionsalt: v1:abc   # made by init

config:
  # the region
  p:region: cn-north-4  # where it runs
  p:tags:
    - a   # first
    # not yet
    - b

  # a text
  p:note: |
    two
    lines

  other:flag: true
# the end
"""


def keyring(provider: SecretsProvider) -> Crypter:
    assert provider.type == TYPE
    return PassphraseCrypter(b"k" * 32)


VAULT = Vault(SecretsProvider(TYPE, {"salt": "v1:abc"}), keyring)


def stack_file(folder: Path, text: str = COMMENTED) -> StackFile:
    path = folder / "Pulumi.dev.yaml"
    path.write_text(text)
    return read_stack_file(path, "p")


def project(folder: Path, config: str = "{}") -> Project:
    (folder / "Pulumi.yaml").write_text(f"name: p\nconfig: {config}\n")
    return read_project(folder / "Pulumi.yaml")


def changed(before: StackFile, after: StackFile) -> tuple[list[str], list[str]]:
    """Return the lines that went and those that came."""
    old, new = before.text.splitlines(), after.text.splitlines()
    return [line for line in old if line not in new], [line for line in new if line not in old]


def test_programs_get_what_the_official_cli_gives_them():
    """The stack file holds every odd scalar; the expected texts were printed by the official CLI's program."""
    read = read_stack_file(FIXTURES / "Pulumi.odd.yaml", "proj1")
    expected = json.loads((FIXTURES / "odd.json").read_text())
    merged = merge(Project("proj1", FIXTURES / "Pulumi.yaml"), read, passphrase_keyring(lambda: "pw"))
    assert merged.texts == expected["config"]
    assert list(merged.secret_keys) == expected["secret_keys"]


def test_a_changed_value_changes_its_line_and_keeps_the_comment_behind_it(tmp_path: Path):
    before = stack_file(tmp_path)
    after = before.with_value("region", "eu-west-101")
    assert changed(before, after) == (
        ["  p:region: cn-north-4  # where it runs"],
        ["  p:region: eu-west-101  # where it runs"],
    )
    assert after.values["p:region"] == "eu-west-101"


def test_a_new_value_comes_last_in_its_section(tmp_path: Path):
    before = stack_file(tmp_path)
    after = before.with_value("new", {"a": [1, True, "x"]})
    assert changed(before, after) == ([], ["  p:new:", "    a:", "      - 1", "      - true", "      - x"])
    assert after.text.index("p:new") < after.text.index("# the end")


def test_a_block_is_replaced_whole_and_what_follows_it_stays(tmp_path: Path):
    before = stack_file(tmp_path)
    assert changed(before, before.with_value("tags", ["c"])) == (
        ["    - a   # first", "    # not yet", "    - b"],
        ["    - c"],
    )
    assert changed(before, before.with_value("note", "one")) == (
        ["  p:note: |", "    two", "    lines"],
        ["  p:note: one"],
    )


def test_a_removed_value_takes_its_lines_only(tmp_path: Path):
    before = stack_file(tmp_path)
    for key, gone in {
        "region": ["  p:region: cn-north-4  # where it runs"],
        "note": ["  p:note: |", "    two", "    lines"],
        "other:flag": ["  other:flag: true"],
    }.items():
        assert changed(before, before.without(key)) == (gone, [])
    assert before.without("unheard-of") == before


def test_the_last_value_takes_the_section_along(tmp_path: Path):
    assert stack_file(tmp_path, "config:\n  p:a: 1\n# end\n").without("a").text == "# end\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "config:\n  p:a: x\n"),
        ("# only this", "# only this\nconfig:\n  p:a: x\n"),
        ("config:\n", "config:\n  p:a: x\n"),
        ("config:\nencryptionsalt: v1\n", "config:\n  p:a: x\nencryptionsalt: v1\n"),
        ("config: {}\n", "config:\n  p:a: x\n"),
        ("config: {p:b: 1}\n", "config:\n  p:b: 1\n  p:a: x\n"),
        ("config:\n    p:b: 1", "config:\n    p:b: 1\n    p:a: x\n"),
        ("config:\n  a: 1\n", "config:\n  a: x\n"),
        ("config:\n  p:config:a: 1\n", "config:\n  p:config:a: x\n"),
        ('{"config": {"p:a": 1}}', "config:\n  p:a: x\n"),
    ],
)
def test_a_value_is_set_in_files_of_every_shape(tmp_path: Path, text: str, expected: str):
    assert stack_file(tmp_path, text).with_value("a", "x").text == expected


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["region", "tags", "note", "new", "other:flag"]),
            st.none()
            | st.booleans()
            | st.integers(1 - 2**63, 2**63 - 1)
            | st.text(max_size=10)
            | st.lists(st.text(max_size=5), max_size=3),
        ),
        max_size=4,
    )
)
def test_what_is_set_is_read_and_all_else_stays(edits: list[tuple[str, Any]]):
    path = Path("Pulumi.dev.yaml")
    file = configs._parsed(path, "p", COMMENTED)
    expected = dict(file.values)
    for key, value in edits:
        file = file.with_value(key, value)
        expected[key if ":" in key else f"p:{key}"] = value
    assert dict(file.values) == expected
    assert file.salt == "v1:abc"
    assert "# who owns this" in file.text


@given(st.text())
def test_any_text_survives_being_written(text: str):
    assert yamlfiles.parse(yamlfiles.dump({"k": text}), Path("x")) == {"k": text}


def test_values_are_set_and_removed_by_path(tmp_path: Path):
    file = stack_file(tmp_path, "config:\n  p:o:\n    a: 1\n")
    file = file.with_path("o.list[1].name", "x").with_path("p:o.a", coerce("2"))
    assert file.values["p:o"] == {"a": 2, "list": [None, {"name": "x"}]}
    assert file.without_path("o.list").values["p:o"] == {"a": 2}
    assert file.without_path("o").values == {}
    assert file.with_path("new[0]", 1).values["p:new"] == [1]


@pytest.mark.parametrize("text", ["o[", "o.a.b", "o[0]", "o.secret.x"])
def test_a_path_that_does_not_fit_is_refused(tmp_path: Path, text: str):
    file = stack_file(tmp_path, "config:\n  p:o:\n    a: 1\n    secret:\n      secure: v1:x\n")
    with pytest.raises(ConfigError):
        file.with_path(text, 1)


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), ("false", False), ("12", 12), ("-3", -3), ("0", 0), ("012", "012"), ("1.5", "1.5"), ("", "")],
)
def test_a_text_set_by_path_is_a_boolean_or_a_number_where_it_spells_one(text: str, value: Any):
    assert coerce(text) == value
    assert type(coerce(text)) is type(value)


def test_secrets_are_decrypted_at_any_depth_and_their_keys_named(tmp_path: Path):
    file = stack_file(tmp_path, "encryptionsalt: v1:abc\n").with_value("word", seal("hunter2", VAULT))
    file = file.with_path("o.inner[0]", seal("hunter3", VAULT)).with_value("plain", "x")
    assert "hunter" not in file.text
    merged = merge(project(tmp_path), file, keyring)
    assert merged.texts == {"p:o": '{"inner":["hunter3"]}', "p:plain": "x", "p:word": "hunter2"}
    assert merged.secret_keys == ("p:o", "p:word")
    assert merged.stored["p:word"] == file.values["p:word"]
    assert "hunter" not in repr(merged)


def test_a_secret_of_another_passphrase_names_its_key_only(tmp_path: Path):
    file = stack_file(tmp_path, "encryptionsalt: v1:abc\n").with_value("word", seal("hunter2", VAULT))
    with pytest.raises(ConfigError, match="p:word") as raised:
        merge(project(tmp_path), file, lambda provider: PassphraseCrypter(b"x" * 32))
    assert "hunter2" not in str(raised.value)


def test_without_secrets_nobody_asks_for_a_passphrase(tmp_path: Path):
    def closed(provider: SecretsProvider) -> Crypter:
        raise AssertionError

    assert merge(project(tmp_path), stack_file(tmp_path), closed).texts["p:region"] == "cn-north-4"


DECLARED = "{size: {type: integer, default: 3}, on: {type: boolean}, names: {type: array, items: {type: string}}}"


def test_the_projects_defaults_stand_below_the_stacks_values(tmp_path: Path):
    declared = project(tmp_path, "{size: {type: integer, default: 3}, o: {default: {a: 1.50}}, aws:region: eu}")
    assert merge(declared, stack_file(tmp_path, ""), keyring).texts == {
        "aws:region": "eu",
        "p:o": '{"a":1.5}',
        "p:size": "3",
    }
    assert merge(declared, stack_file(tmp_path, "config: {p:size: 5}"), keyring).texts["p:size"] == "5"


def test_all_missing_keys_are_named_at_once(tmp_path: Path):
    with pytest.raises(ConfigError, match="p:names, p:on") as raised:
        merge(project(tmp_path, DECLARED), stack_file(tmp_path, ""), keyring)
    assert "dataarts config set names" in raised.value.hint


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ("{p:on: true, p:names: [a]}", []),
        ("{p:on: 'false', p:names: [], p:size: '7'}", []),
        ("{p:on: 1, p:names: [1], p:size: x}", ["p:on", "p:names", "p:size"]),
        ("{p:on: {}, p:names: {a: 1}, p:size: 1.5}", ["p:on", "p:names", "p:size"]),
    ],
)
def test_values_are_of_the_declared_types(tmp_path: Path, values: str, wrong: list[str]):
    file = stack_file(tmp_path, f"config: {values}\n")
    if not wrong:
        merge(project(tmp_path, DECLARED), file, keyring)
        return
    with pytest.raises(ConfigError) as raised:
        merge(project(tmp_path, DECLARED), file, keyring)
    assert [key for key in ("p:on", "p:names", "p:size") if f"{key} must be" in raised.value.message] == wrong


def test_what_is_declared_secret_must_be_encrypted(tmp_path: Path):
    declared = project(tmp_path, "{word: {type: string, secret: true}}")
    with pytest.raises(ConfigError, match="must be encrypted"):
        merge(declared, stack_file(tmp_path, "config: {p:word: clear}"), keyring)
    file = stack_file(tmp_path, "encryptionsalt: v1:abc\n").with_value("word", seal("x", VAULT))
    assert merge(declared, file, keyring).texts == {"p:word": "x"}


@pytest.mark.parametrize("text", ["encryptedkey: abc\n", "environment: [prod]\n", "secretsprovider: awskms://x\n"])
def test_what_needs_pulumi_cloud_is_refused(tmp_path: Path, text: str):
    with pytest.raises(ConfigError, match=text.partition(":")[0]):
        stack_file(tmp_path, text)


def test_malformed_yaml_is_told_with_file_and_line(tmp_path: Path):
    for text, line in (("config:\n  a: [1\n", 3), ("config:\n  a: 1\n  a: 2\n", 3), ("config:\n\ta: 1\n", 2)):
        with pytest.raises(ConfigError, match=rf"Pulumi\.dev\.yaml, line {line}"):
            stack_file(tmp_path, text)


def test_what_go_cannot_read_is_refused(tmp_path: Path):
    for text in ("config: {p:a: 1e400}", "config: {? [a] : 1}", "config: {p:a: &x [*x]}", "config: {p:a: !!set {b}}"):
        with pytest.raises(ConfigError):
            stack_file(tmp_path, text)


def test_an_absent_file_says_nothing_and_is_written_when_saved(tmp_path: Path):
    file = read_stack_file(tmp_path / "config" / "Pulumi.dev.yaml", "p")
    assert (file.values, file.provider) == ({}, None)
    salted = file.with_salt(str(new_provider("x").state["salt"]))
    salted.save()
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o666 & ~_umask()
    again = read_stack_file(file.path, "p")
    assert again == salted
    assert again.provider == salted.provider


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
