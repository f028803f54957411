"""What goes over the wire: reduced schemas, and keys out of every text."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_app.chat_models.prices import Price
from chat_app.chat_models.protocol import ChatMessage, ChatRequest
from chat_app.chat_models.scrub import HIDDEN, scrub, secrets_of
from chat_app.chat_models.wire_request import Manner, parameters, unfenced, wire_schema


def sent(schema: dict[str, Any]) -> dict[str, Any]:
    request = ChatRequest((ChatMessage("user", "x"),), schema=schema)
    form: dict[str, Any] = parameters(request, Manner())["response_format"]["json_schema"]
    return form


def test_bounds_travel_as_words() -> None:
    found = wire_schema({"type": "number", "minimum": 0, "maximum": 1, "description": "How sure."})
    assert found == {"type": "number", "description": "How sure. (at least 0, at most 1)"}


def test_nested_parts_are_reduced_too() -> None:
    inner = {"type": "object", "properties": {"a": {"type": "string", "maxLength": 3}}, "required": ["a"]}
    found = wire_schema({"type": "array", "items": inner, "minItems": 1, "uniqueItems": True})
    assert found["items"]["properties"]["a"] == {"type": "string", "description": "(at most 3 characters)"}
    assert found["items"]["additionalProperties"] is False
    assert "minItems" not in found and "uniqueItems" not in found


def test_strict_is_asked_for_only_where_everything_is_required() -> None:
    whole = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
    assert sent(whole)["strict"] is True
    assert "strict" not in sent(whole | {"required": []})
    assert "strict" not in sent({"type": "object", "properties": {"a": {"type": "object"}}, "required": ["a"]})
    assert "strict" not in sent({**whole, "properties": {"a": whole | {"required": []}}})


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('```json\n{"a": 1}\n```', '{"a": 1}'),
        ("```\n[]\n```", "[]"),
        ('{"a": "```"}', '{"a": "```"}'),
        ("```", "```"),
        ("", ""),
    ],
)
def test_fences_are_taken_off(text: str, found: str) -> None:
    assert unfenced(text) == found


@given(st.text(alphabet="abcXYZ0189-_.*/ ", min_size=6, max_size=40).filter(str.strip), st.text(), st.text())
def test_no_secret_is_left_in_a_text(secret: str, before: str, after: str) -> None:
    secret = secret.strip()
    if len(secret) >= 6:
        assert secret not in scrub(f"{before}{secret}{after}", [secret]).replace(HIDDEN, "")


@pytest.mark.parametrize(
    "text",
    ["Incorrect API key provided: sk-abc***********wxyz.", "Bearer abcdef123456", "AIzaSyA1234567", "hf_abcdefghij"],
)
def test_what_looks_like_a_key_is_hidden_even_if_unknown(text: str) -> None:
    assert HIDDEN in scrub(text, [])


@pytest.mark.parametrize(
    "text", ["a task-oriented answer", "ask again", "the key is refused", "http://127.0.0.1:8000/v1"]
)
def test_ordinary_words_stay(text: str) -> None:
    assert scrub(text, ["", "a", "ask"]) == text


def test_a_password_in_an_address_is_hidden() -> None:
    assert scrub("http://ann:pw@host:1/v1", []) == "http://host:1/v1"


def test_secrets_are_told_by_their_names() -> None:
    values = {"OPENAI_API_KEY": "one", "HF_TOKEN": "two", "OPENAI_API_BASE": "three", "HOME": "four"}
    assert secrets_of(values) == ("one", "two")


def test_a_price_knows_cached_tokens_and_tiers() -> None:
    price = Price(2.0, 10.0, 0.5, ((100, 4.0, 20.0),))
    assert price.cost(10, 1) == 30
    assert price.cost(10, 1, cached=4) == 6 * 2 + 4 * 0.5 + 10
    assert price.cost(200, 1) == 820
