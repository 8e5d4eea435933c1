"""A connector's inputs: one normal form, and the way to the wire and back."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_dataarts.cdm.configs import LINK, doubtful, fold, normal, settled, unfold, without_prefix
from pulumi_dataarts.cdm.wire import ConfigValues

texts = st.text(st.characters(blacklist_categories=["Cs"]), max_size=20)
names = st.text("abcdefgHIJ", min_size=1, max_size=8)
values = st.one_of(texts, st.dictionaries(texts, texts, max_size=3))
groups = st.dictionaries(st.sampled_from(["linkConfig", "throttlingConfig"]), st.dictionaries(names, values))


def nothing_secret(_: str) -> bool:
    return False


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (True, "true"),
        (False, "false"),
        (3306, "3306"),
        (2.0, "2"),
        (0.5, "0.5"),
        ("a", "a"),
        ({"socketTimeout": 600, "ssl": True}, {"socketTimeout": "600", "ssl": "true"}),
    ],
)
def test_scalars_are_strings_as_the_service_keeps_them(written: Any, kept: Any) -> None:
    assert normal(written) == kept


@pytest.mark.parametrize("written", [["id", "amount"], {"columns": ["id"]}])
def test_a_list_is_refused_and_the_separator_is_named(written: Any) -> None:
    with pytest.raises(ValueError, match="join its members, for columns with `&`"):
        normal(written)


@given(values)
def test_the_normal_form_is_its_own_normal_form(value: Any) -> None:
    assert normal(normal(value)) == normal(value)


def test_names_may_carry_their_groups_prefix() -> None:
    assert without_prefix(LINK, {"linkConfig.host": 1, "port": 2, "user": None}) == {"host": 1, "port": 2}


def test_an_input_with_a_prefix_of_its_own_keeps_it() -> None:
    [config] = fold({LINK: {"dialect.identifierEnclose": "`", "host": "h"}}).configs
    assert [item.name for item in config.inputs] == ["dialect.identifierEnclose", "linkConfig.host"]


@given(groups)
def test_what_is_sent_and_read_back_percent_encoded_is_the_same(sent: dict[str, Any]) -> None:
    body = fold(sent).body()
    for config in body["configs"]:
        for item in config["inputs"]:
            item["value"] = quote(item["value"]) if isinstance(item["value"], str) else item["value"]
    assert unfold(ConfigValues.model_validate(body), nothing_secret) == sent


def test_metadata_secrets_and_inputs_without_a_value_are_not_read() -> None:
    """Source: CDM API "Querying a Job"."""
    read = ConfigValues.model_validate(
        {
            "configs": [
                {
                    "name": "linkConfig",
                    "id": 1,
                    "type": "LINK",
                    "inputs": [
                        {"name": "linkConfig.port", "value": 22, "type": "INTEGER", "size": 10, "mandatory": True},
                        {"name": "linkConfig.usingNative", "value": False},
                        {"name": "linkConfig.version", "values": "HIGH_VERSION,LOW_VERSION"},
                        {"name": "linkConfig.password", "sensitive": True, "value": "Add password here"},
                        {"name": "linkConfig.sk", "value": "Add password here"},
                        {"name": "linkConfig.server", "value": "a%2Fb%20c+d"},
                    ],
                },
                {"name": "jarConfig", "inputs": {}},
            ]
        }
    )
    assert unfold(read, {"sk"}.__contains__) == {
        "linkConfig": {"port": "22", "usingNative": "false", "server": "a/b c+d"},
        "jarConfig": {},
    }


@pytest.mark.parametrize(
    ("asked", "live", "stands"),
    [
        pytest.param({"a": "true"}, {"a": "TRUE"}, {"a": "true"}, id="boolean-case"),
        pytest.param({"a": "True"}, {"a": "true"}, {"a": "True"}, id="boolean-as-written"),
        pytest.param({"a": "Orders"}, {"a": "orders"}, {"a": "orders"}, id="other-text-keeps-its-case"),
        pytest.param({"a": {"k": "1"}}, {"a": '{"k": 1}'}, {"a": {"k": "1"}}, id="map-told-as-text"),
        pytest.param({"a": '{"k": 1}'}, {"a": {"k": "1"}}, {"a": '{"k": 1}'}, id="map-written-as-text"),
        pytest.param({"a": ""}, {}, {"a": ""}, id="empty-is-not-told"),
        pytest.param({"a": "1"}, {}, {}, id="gone"),
        pytest.param({}, {"b": "2"}, {"b": "2"}, id="filled-in-by-the-service"),
    ],
)
def test_one_meaning_in_two_spellings_stands_as_it_was_asked_for(asked: Any, live: Any, stands: Any) -> None:
    assert settled(asked, live) == stands


def test_values_that_a_service_might_decode_are_found() -> None:
    found = doubtful({"fromJobConfig": {"where": "a like 'b%'", "ok": "a b/c", "map": {"k": "1+1"}}})
    assert list(found) == ["fromJobConfig.where", "fromJobConfig.map"]
