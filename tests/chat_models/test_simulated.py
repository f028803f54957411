"""The simulated model: deterministic, labelled, and true to any schema of the language."""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat_app.chat_models.protocol import (
    ChatMessage,
    ChatRequest,
    Finished,
    TextPiece,
    ToolSpec,
)
from chat_app.chat_models.simulated import SimulatedChatModel
from chat_app.chat_models.whole_answer import whole_answer

MODEL = SimulatedChatModel()
SEARCH = ToolSpec(
    "search",
    "Searches.",
    {
        "type": "object",
        "properties": {"query": {"type": "string"}, "top": {"type": "integer", "minimum": 3, "maximum": 5}},
        "required": ["query", "top"],
    },
)


def asks(text: str, **more: Any) -> ChatRequest:
    return ChatRequest((ChatMessage("user", text),), **more)


async def text_of(request: ChatRequest, model: SimulatedChatModel = MODEL) -> str:
    return (await whole_answer(model, request)).text


async def value_of(schema: dict[str, Any], text: str = "hello") -> Any:
    return json.loads(await text_of(asks(text, schema=schema)))


async def test_the_same_request_gets_the_same_answer_and_another_gets_another() -> None:
    first = await text_of(asks("Write about bees and honey", purpose="node:a"))
    assert first == await text_of(asks("Write about bees and honey", purpose="node:a"))
    assert first != await text_of(asks("Write about bees and honey", purpose="node:b"))


async def test_free_text_says_that_it_is_simulated_and_takes_up_the_prompt() -> None:
    text = await text_of(asks("Explain photosynthesis"))
    assert text.startswith("[simulated] ")
    assert "photosynthesis" in text


@pytest.mark.parametrize("prompt", ["", " ", "?", "ab", "日本語の文章です", "\ud800"])
async def test_any_prompt_gets_an_answer(prompt: str) -> None:
    assert (await text_of(asks(prompt))).startswith("[simulated] ")


async def test_no_messages_at_all_get_an_answer() -> None:
    assert await text_of(ChatRequest(()))


async def test_it_streams_in_several_pieces_that_make_up_the_text() -> None:
    pieces = [piece async for piece in MODEL.stream(asks("List three ideas about gardens"))]
    texts = [piece.text for piece in pieces if isinstance(piece, TextPiece)]
    end = pieces[-1]
    assert isinstance(end, Finished)
    assert len(texts) > 5
    assert "".join(texts) == end.text


async def test_usage_is_counted_and_costs_nothing() -> None:
    usage = (await whole_answer(MODEL, asks("x" * 400))).usage
    assert usage.tokens_in == 100
    assert usage.tokens_out and usage.cost_usd == 0


async def test_text_ends_at_the_token_limit_and_says_so() -> None:
    end = await whole_answer(MODEL, asks("Write about bees", max_tokens=5))
    assert end.cut and len(end.text) <= 20


async def test_an_enum_value_named_in_the_prompt_is_preferred() -> None:
    schema = {"type": "string", "enum": ["calm", "angry"]}
    assert await value_of(schema, "Is this calm or angry: I am so angry!") == "angry"


async def test_descriptions_with_a_quoted_example_are_followed() -> None:
    schema = {"type": "string", "description": 'A colour, e.g. "teal".'}
    assert await value_of(schema) == "teal"


async def test_strings_in_structured_answers_are_labelled_where_there_is_room() -> None:
    schema = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}
    assert (await value_of(schema, "Sell umbrellas"))["title"].startswith("[simulated] ")


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string"}, "[simulated] Taxi Wagner"),
        ({"type": "string", "maxLength": 11}, "Taxi Wagner"),
        ({"type": "string", "maxLength": 3}, "sup"),
    ],
)
async def test_a_field_that_the_prompt_names_is_taken_from_it(schema: dict[str, Any], value: str) -> None:
    whole = {"type": "object", "properties": {"supplier": schema}, "required": ["supplier"]}
    assert (await value_of(whole, "Read this invoice.\nSupplier: Taxi Wagner\nTotal: 12.50 EUR"))["supplier"] == value


@pytest.mark.parametrize(
    ("schema", "value"),
    [({"type": "number"}, 12.5), ({"type": "number", "maximum": 9}, None), ({"type": "integer"}, None)],
)
async def test_a_number_that_the_prompt_names_is_taken_where_it_fits(
    schema: dict[str, Any], value: float | None
) -> None:
    whole = {"type": "object", "properties": {"total": schema}, "required": ["total"]}
    found = (await value_of(whole, "Read this: the total of 12,50 EUR"))["total"]
    jsonschema.validate(found, schema)
    assert (found == 12.5) is (value is not None)


@pytest.mark.parametrize(
    ("prompt", "word"),
    [
        ("Sum this up in a line: Bees dance to tell where flowers are.", "flowers"),
        ("Reply to this customer: my parcel never arrived", "parcel"),
        ("List three ideas for a garden", "- "),
        ("Write about tides", "tides"),
        ("Review this: the moon is made of cheese", "moon"),
    ],
)
async def test_text_is_in_the_manner_that_was_asked_for(prompt: str, word: str) -> None:
    text = await text_of(asks(prompt))
    assert text.startswith("[simulated]") and word in text


async def test_items_of_a_list_differ() -> None:
    schema = {"type": "array", "items": {"type": "string"}, "minItems": 3}
    found = await value_of(schema, "Research solar, wind and water power")
    assert len(set(found)) == len(found) >= 3


async def test_references_and_unions_are_followed() -> None:
    schema = {
        "$defs": {"point": {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]}},
        "type": "object",
        "properties": {
            "a": {"$ref": "#/$defs/point"},
            "b": {"anyOf": [{"type": "null"}, {"type": "boolean"}]},
        },
        "required": ["a", "b"],
    }
    jsonschema.validate(await value_of(schema), schema)


async def test_a_recursive_schema_ends() -> None:
    node = {"type": "object", "properties": {"child": {"$ref": "#/$defs/node"}}}
    schema = {"$defs": {"node": node}, "$ref": "#/$defs/node"}
    jsonschema.validate(await value_of(schema), schema)


async def test_a_required_tool_is_called_with_arguments_that_fit() -> None:
    end = await whole_answer(MODEL, asks("find tea", tools=(SEARCH,), tool_choice="required"))
    (call,) = end.tool_requests
    assert call.name == "search"
    jsonschema.validate(json.loads(call.arguments), SEARCH.parameters)


async def test_no_tool_is_called_of_its_own_accord() -> None:
    end = await whole_answer(MODEL, asks("find tea", tools=(SEARCH,)))
    assert end.tool_requests == () and end.text


async def test_a_dry_run_sees_one_call_and_then_an_answer() -> None:
    model = SimulatedChatModel(calls_tools=True)
    first = await whole_answer(model, asks("find tea", tools=(SEARCH,)))
    (call,) = first.tool_requests
    messages = (
        ChatMessage("user", "find tea"),
        ChatMessage("assistant", "", tool_requests=(call,)),
        ChatMessage("tool", "oolong", tool_call_id=call.id),
    )
    second = await whole_answer(model, ChatRequest(messages, tools=(SEARCH,)))
    assert second.tool_requests == () and second.text


scalars = st.one_of(
    st.builds(
        lambda low, span: {"type": "integer", "minimum": low, "maximum": low + span},
        st.integers(-50, 50),
        st.integers(0, 40),
    ),
    st.builds(
        lambda low, span: {"type": "number", "minimum": low, "maximum": low + span},
        st.floats(-50, 50),
        st.floats(0, 40),
    ),
    st.builds(
        lambda least, span: {"type": "string", "minLength": least, "maxLength": least + span},
        st.integers(0, 60),
        st.integers(0, 60),
    ),
    st.builds(lambda values: {"enum": values}, st.lists(st.text(max_size=5) | st.integers(), min_size=1)),
    st.sampled_from([{"type": "boolean"}, {"type": "string"}, {"type": "number"}, {"type": "integer"}, {}]),
    st.builds(lambda high: {"type": "number", "exclusiveMaximum": high}, st.integers(-5, 5)),
    st.builds(lambda low: {"type": "integer", "exclusiveMinimum": low}, st.integers(-5, 5)),
)
names = st.text("abcdefgh_", min_size=1, max_size=8)


def _nested(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    objects = st.dictionaries(names, inner, max_size=4).map(
        lambda parts: {
            "type": "object",
            "properties": parts,
            "required": sorted(parts),
            "additionalProperties": False,
        }
    )
    arrays = st.builds(
        lambda item, least, span: {
            "type": "array",
            "items": item,
            "minItems": least,
            "maxItems": least + span,
        },
        inner,
        st.integers(0, 4),
        st.integers(0, 4),
    )
    return objects | arrays


@settings(max_examples=150, deadline=None)
@given(schema=st.recursive(scalars, _nested, max_leaves=8), prompt=st.text(max_size=80))
async def test_answers_fit_any_schema_of_the_language(schema: dict[str, Any], prompt: str) -> None:
    jsonschema.Draft202012Validator(schema).validate(await value_of(schema, prompt))


@pytest.mark.parametrize(
    ("task", "letters"),
    [
        ("Write a text on this. Write in Chinese.", r"[\u4e00-\u9fff]"),
        ("Summarise this. Answer in Japanese.", r"[ぁ-ん]"),
    ],
)
async def test_it_speaks_the_language_that_a_prompt_asks_for(task: str, letters: str) -> None:
    request = asks(f"{task}\n\nTopic: 小城镇为什么应该多种树\n", max_tokens=500)
    said = await text_of(request)
    assert said.startswith("[simulated] ")
    assert re.search(letters, said)
    assert not re.search("[A-Za-z]{3}", said.removeprefix("[simulated]"))
    assert said == await text_of(request)


async def test_a_prompt_of_one_line_says_what_it_is_about_too() -> None:
    assert "海盐" in await text_of(asks("关于海盐的用途 Write in Chinese."))
    assert "盐" in await text_of(asks("写 盐 Write in Chinese."))


async def test_a_field_is_told_in_the_language_that_is_asked_for() -> None:
    schema = {
        "type": "object",
        "properties": {"feedback": {"type": "string", "description": "Was besser werden soll"}},
        "required": ["feedback"],
    }
    request = asks("Judge this. Answer in German.\n\nText:\nDer Marktplatz braucht mehr Bäume.", schema=schema)
    said = json.loads(await text_of(request))["feedback"]
    assert re.fullmatch(r"\[simulated\] Was besser werden soll: \w+ und \w+", said)
    assert not {"judge", "answer", "german", "text", "der"} & set(said.lower().split())
