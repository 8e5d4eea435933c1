from __future__ import annotations

import gzip
import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pulumi_dataarts.backend import checkpoint
from pulumi_dataarts.backend.passphrase import keyring as passphrase_keyring
from pulumi_dataarts.backend.resources import Codec
from pulumi_dataarts.backend.vaults import Crypter, SecretsProvider, Vault
from pulumi_dataarts.errors import ConfigError, Corrupt, TooNew
from pulumi_dataarts.model.snapshots import PendingOperation, Snapshot
from pulumi_dataarts.model.values import BYTE_STRING, SECRET, SIGNATURE, UNKNOWN, Secret
from tests.backend.conftest import PROVIDER, TIME, keyring
from tests.model.states import snapshots, thing, urn

OFFICIAL = Path(__file__).parent / "fixtures" / "official.json"
STACK = "organization/proj/dev"
DAMAGED = Snapshot(
    (thing("a", inputs={"s": Secret("x"), "f": float("inf"), "l": [1]}, taint=True, custom_timeouts={"create": 5}),),
    (PendingOperation("creating", thing("b", "a", property_dependencies={"k": (urn("a"),)})),),
)


def codec(provider: SecretsProvider = PROVIDER) -> Codec:
    return Codec(Vault(provider, keyring))


def write(snapshot: Snapshot, **more: Any) -> bytes:
    return checkpoint.write(STACK, snapshot, codec(), TIME, **more)


def document(snapshot: Snapshot) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(write(snapshot))
    return parsed


def resource(snapshot: Snapshot) -> dict[str, Any]:
    written: dict[str, Any] = document(snapshot)["checkpoint"]["latest"]["resources"][0]
    return written


@given(snapshots())
def test_reading_undoes_writing(snapshot: Snapshot):
    again = checkpoint.read(write(snapshot), keyring)
    assert again.snapshot == snapshot
    assert (again.stack, again.provider) == (STACK, PROVIDER)


@given(snapshots())
def test_what_nobody_touched_is_written_back_byte_for_byte(snapshot: Snapshot):
    data = write(snapshot)
    again = checkpoint.read(data, keyring)
    assert checkpoint.write(STACK, again.snapshot, again.codec, TIME, again.extra) == data


def test_the_official_clis_file_is_read_and_written_back_as_it_came():
    data = OFFICIAL.read_bytes()
    read = checkpoint.read(data, passphrase_keyring(lambda: "fixture"))
    root, provider, first, second = read.snapshot.resources
    assert root.outputs == {"tok": Secret("s3cret"), "half": 1.5}
    assert provider.inputs["proj:obj"] == Secret('{"a":1,"b":"t0p"}')
    assert (second.dependencies, second.property_dependencies["up"]) == ((first.urn,), (first.urn,))
    assert second.inputs["nested"] == {"list": Secret([1, None, "inner"]), "text": "<&>é漢"}
    time = json.loads(data)["checkpoint"]["latest"]["manifest"]["time"]
    assert checkpoint.write(read.stack, read.snapshot, read.codec, time, read.extra) == data


def test_the_fields_stand_in_the_official_order():
    written = resource(Snapshot((thing("a", provider="p", inputs={"z": 1, "a": 2}, protect=True, created=TIME),)))
    assert list(written) == ["urn", "custom", "id", "type", "inputs", "protect", "provider", "created"]
    assert list(written["inputs"]) == ["a", "z"]


def test_the_manifest_is_that_of_the_version_imitated():
    manifest = document(Snapshot())["checkpoint"]["latest"]["manifest"]
    assert manifest == {
        "time": TIME,
        "magic": "7dff0d166258e7f1d265e8e044021ea087795d58a0c6415ab6fe8b7c790e447f",
        "version": "v3.260.0",
    }


def test_whole_numbers_are_written_without_a_point():
    written = write(Snapshot((thing("a", inputs={"n": 2.0, "f": 1.5, "big": 1e300}),)))
    assert b'"inputs":{"big":1e+300,"f":1.5,"n":2}' in written


def test_nulls_and_numbers_beyond_json_survive():
    inputs = {"none": None, "inf": float("inf"), "later": UNKNOWN, "lone": "\ud800"}
    again = checkpoint.read(write(Snapshot((thing("a", inputs=inputs),))), keyring)
    assert again.snapshot.resources[0].inputs == inputs


def test_a_secret_is_encrypted_with_its_json_and_nothing_of_it_is_in_clear():
    data = write(Snapshot((thing("a", inputs={"s": Secret({"user": "u", "word": Secret("hunter2")})}),)))
    assert b"hunter2" not in data
    sealed = json.loads(data)["checkpoint"]["latest"]["resources"][0]["inputs"]["s"]
    assert sealed[SIGNATURE] == SECRET
    assert keyring(PROVIDER).decrypt(sealed["ciphertext"]) == '{"user":"u","word":"hunter2"}'


def test_an_unchanged_secret_keeps_its_ciphertext_in_a_changed_resource():
    before = write(Snapshot((thing("a", inputs={"s": Secret("hunter2"), "n": 1}),)))
    read = checkpoint.read(before, keyring)
    changed = replace(read.snapshot.resources[0], inputs={"s": Secret("hunter2"), "n": 2})
    after = checkpoint.write(STACK, Snapshot((changed,)), read.codec, TIME)
    ciphertexts = [
        json.loads(data)["checkpoint"]["latest"]["resources"][0]["inputs"]["s"]["ciphertext"]
        for data in (before, after)
    ]
    assert ciphertexts[0] == ciphertexts[1]


def test_each_value_is_encrypted_once():
    class Counting:
        def __init__(self) -> None:
            self.encrypted: list[str] = []

        def encrypt(self, text: str) -> str:
            self.encrypted.append(text)
            return f"v1:{text}"

        def decrypt(self, text: str) -> str:
            return text.removeprefix("v1:")

    counting = Counting()
    counted = Codec(Vault(PROVIDER, lambda provider: counting))
    many = tuple(thing(f"r{number}", inputs={"s": Secret("same")}) for number in range(5))
    for _ in range(3):
        checkpoint.write(STACK, Snapshot(many), counted, TIME)
    assert counting.encrypted == ['"same"']


def test_texts_of_what_is_gone_are_forgotten():
    kept, gone = thing("a"), thing("b")
    shared = codec()
    checkpoint.write(STACK, Snapshot((kept, gone)), shared, TIME)
    checkpoint.write(STACK, Snapshot((kept,)), shared, TIME)
    assert list(shared._encoded) == [id(kept)]


def test_another_provider_encrypts_everything_anew():
    read = checkpoint.read(
        write(Snapshot((thing("a", inputs={"s": Secret("x")}, rest={"hideDiff": Secret("y")}),))), keyring
    )
    other = SecretsProvider("test", {"key": "two"})
    moved = checkpoint.write(STACK, read.snapshot, codec(other), TIME)
    again = checkpoint.read(moved, keyring)
    assert (again.provider, again.snapshot) == (other, read.snapshot)


def test_fields_of_a_newer_cli_are_carried_along():
    written = document(Snapshot((thing("a"),)))
    written["checkpoint"]["latest"]["resources"][0]["fromTheFuture"] = {"x": [1]}
    written["checkpoint"]["latest"]["alsoNew"] = 5
    read = checkpoint.read(json.dumps(written).encode(), keyring)
    changed = replace(read.snapshot.resources[0], id="other")
    again = json.loads(checkpoint.write(STACK, Snapshot((changed,)), read.codec, TIME, read.extra))
    assert again["checkpoint"]["latest"]["resources"][0]["fromTheFuture"] == {"x": [1]}
    assert again["checkpoint"]["latest"]["alsoNew"] == 5


FEATURES = {
    "replaceWith": thing("a", replace_with=("u",)),
    "taint": thing("a", taint=True),
    "views": thing("a", rest={"viewOf": "u"}),
    "hooks": thing("a", rest={"resourceHooks": {"beforeDelete": ["h"]}}),
    "refreshBeforeUpdate": thing("a", rest={"refreshBeforeUpdate": True}),
    "byteString": thing("a", inputs={"b": {SIGNATURE: BYTE_STRING, "value": "/w=="}}),
}
HIDDEN = thing("a", outputs={"b": [Secret({SIGNATURE: BYTE_STRING, "value": "/w=="})]})


@pytest.mark.parametrize(
    ("feature", "state"), [*FEATURES.items(), ("byteString", HIDDEN)], ids=[*FEATURES, "byteString in a secret"]
)
def test_what_an_older_cli_would_drop_makes_it_version_4(feature: str, state: Any):
    written = document(Snapshot((state,)))
    assert (written["version"], written["features"]) == (4, [feature])
    assert document(Snapshot(pending=(PendingOperation("creating", state),)))["features"] == [feature]
    assert checkpoint.read(write(Snapshot((state,))), keyring).snapshot.resources == (state,)


def test_without_features_it_stays_version_3():
    assert list(document(Snapshot((thing("a"),)))) == ["version", "checkpoint"]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"version": 5}, TooNew),
        ({"version": 4, "features": ["replaceWith", "telepathy"]}, TooNew),
        ({"version": 2}, Corrupt),
    ],
)
def test_another_version_or_feature_is_refused_by_name(change: dict[str, Any], error: type[Exception]):
    data = json.dumps({**document(Snapshot()), **change}).encode()
    with pytest.raises(error, match=r"telepathy|version [25]"):
        checkpoint.read(data, keyring)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"\x1f\x8bnot gzip",
        b'{"version":3,"checkpoint":{"latest":{"resources":[5]}}}',
        b'{"version":3,"checkpoint":{"latest":{"resources":7}}}',
        b"{}",
        b'{"version":3,"checkpoint":[]}',
        b'{"version":3,"checkpoint":{"latest":[]}}',
        b'{"version":3,"checkpoint":{"latest":{"resources":{}}}}',
        b'{"version":3,"checkpoint":{"latest":{"manifest":{"version":"v1","magic":"0"}}}}',
        b'{"version":3,"checkpoint":{"latest":{"resources":[{"urn":"u","custom":"yes","type":"t"}]}}}',
        b'{"version":3,"checkpoint":{"latest":{"pending_operations":[{"type":"creating"}]}}}',
    ],
)
def test_a_damaged_file_is_called_corrupt(data: bytes):
    with pytest.raises(Corrupt):
        checkpoint.read(data, keyring)


def test_a_state_of_another_tool_is_told_from_a_damaged_one():
    with pytest.raises(Corrupt, match="not one of Pulumi's: it has no `checkpoint`"):
        checkpoint.read(b'{"version":4,"terraform_version":"1.5.0","resources":[]}', keyring)


@settings(max_examples=20)
@given(snapshots(max_size=1))
def test_a_cut_off_file_is_called_corrupt(snapshot: Snapshot):
    data = write(snapshot)
    for cut in range(0, len(data), 1 + len(data) // 50):
        with pytest.raises(Corrupt):
            checkpoint.read(data[:cut], keyring)


@settings(max_examples=200)
@given(st.data())
def test_no_damage_to_a_file_is_a_crash(data: st.DataObject):
    document = json.loads(write(DAMAGED))
    place: Any = document
    while isinstance(place, dict | list) and place:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key, holder = data.draw(st.sampled_from(keys)), place
        place = place[key] if data.draw(st.booleans()) else None
    holder[key] = data.draw(
        st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.just([5]) | st.just({"x": []})
    )
    with suppress(Corrupt, TooNew, ConfigError):
        checkpoint.read(json.dumps(document).encode(), keyring)


def test_a_secret_of_another_key_names_its_resource_and_not_its_text():
    data = write(Snapshot((thing("a", inputs={"s": Secret("hunter2")}),)))

    def wrong(provider: SecretsProvider) -> Crypter:
        return keyring(SecretsProvider("test", {"key": "wrong"}))

    with pytest.raises(Corrupt, match="Thing::a") as raised:
        checkpoint.read(data, wrong)
    assert "hunter2" not in str(raised.value)


def test_a_wrong_passphrase_is_not_called_corruption():
    with pytest.raises(ConfigError, match="incorrect passphrase"):
        checkpoint.read(OFFICIAL.read_bytes(), passphrase_keyring(lambda: "wrong"))


def test_a_file_just_initialised_is_an_empty_state():
    for data in (b'{"version":0,"checkpoint":{"stack":"s"}}', b'{"version":3,"checkpoint":{"stack":"s"}}'):
        assert checkpoint.read(data, keyring).snapshot == Snapshot()


def test_a_gzipped_file_and_an_indented_one_are_read():
    snapshot = Snapshot((thing("a"),))
    assert checkpoint.read(gzip.compress(write(snapshot)), keyring).snapshot == snapshot
    assert checkpoint.read(json.dumps(document(snapshot), indent="\t").encode(), keyring).snapshot == snapshot


def test_an_export_with_secrets_in_clear_is_encrypted_when_it_is_written():
    exported = {
        "version": 3,
        "deployment": {
            "resources": [
                {
                    "urn": thing("a").urn,
                    "custom": True,
                    "type": thing("a").type,
                    "inputs": {"s": {SIGNATURE: SECRET, "plaintext": '"hunter2"'}},
                }
            ]
        },
    }
    read = checkpoint.read_deployment(exported, STACK, keyring)
    assert read.snapshot.resources[0].inputs == {"s": Secret("hunter2")}
    data = checkpoint.write(STACK, read.snapshot, codec(), TIME)
    assert b"hunter2" not in data


def test_an_export_goes_there_and_back():
    read = checkpoint.read(write(Snapshot((thing("a", inputs={"s": Secret("x")}, taint=True),))), keyring)
    exported = checkpoint.write_deployment(read, TIME)
    assert (exported["version"], exported["features"]) == (4, ["taint"])
    assert checkpoint.read_deployment(exported, STACK, keyring).snapshot == read.snapshot
    shown = checkpoint.write_deployment(read, TIME, show_secrets=True)
    assert shown["deployment"]["resources"][0]["inputs"]["s"] == {SIGNATURE: SECRET, "plaintext": '"x"'}
    assert checkpoint.read_deployment(shown, STACK, keyring).snapshot == read.snapshot
    with pytest.raises(Corrupt, match="deployment"):
        checkpoint.read_deployment({"version": 3}, STACK, keyring)
