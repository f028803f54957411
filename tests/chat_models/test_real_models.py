"""Real calls to a scripted server on a real socket: the direct client and LiteLLM, held to the same."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from chat_app.chat_models.errors import (
    ChatModelError,
    KeyRefused,
    NotReachable,
    RateLimited,
    RequestRefused,
    ServerFailed,
    StreamCut,
    TookTooLong,
    UnknownModel,
)
from chat_app.chat_models.litellm_model import LiteLLMChatModel
from chat_app.chat_models.models import ChatModels
from chat_app.chat_models.protocol import (
    ChatMessage,
    ChatModel,
    ChatRequest,
    Finished,
    TextPiece,
    ToolRequest,
    ToolSpec,
)
from chat_app.chat_models.rates import Gates
from chat_app.chat_models.streaming import Patience, StreamedChatModel
from chat_app.chat_models.whole_answer import whole_answer
from tests.servers.openai_server import (
    BreaksOff,
    Cuts,
    Drops,
    Empty,
    EndsEarly,
    Fails,
    Garbage,
    Hangs,
    OpenAIServer,
    Reply,
    Says,
    ToolCall,
    as_json,
)

CANARY = "sk-canary-7Q2xZ9LmPw4Rt8Vb"
BY_LITELLM = "litellm: "
"""Begins the names of models that the direct client could serve too."""
NAMES = [
    "openai/any-model",
    f"{BY_LITELLM}openai/any-model",
    "ollama_chat/qwen3",
    "hosted_vllm/any-model",
    f"{BY_LITELLM}hosted_vllm/any-model",
]
SCHEMA = {
    "type": "object",
    "properties": {"mood": {"type": "string", "enum": ["calm", "angry"]}, "score": {"type": "number", "maximum": 1}},
    "required": ["mood", "score"],
}
SEARCH = ToolSpec("search", "Searches.", {"type": "object", "properties": {"q": {"type": "string"}}})


def keys_of(server: OpenAIServer, key: str = CANARY) -> dict[str, str]:
    return {
        "OPENAI_API_KEY": key,
        "OPENAI_API_BASE": server.base_url,
        "HOSTED_VLLM_API_KEY": key,
        "HOSTED_VLLM_API_BASE": server.base_url,
        "OLLAMA_HOST": server.url,
        "OLLAMA_API_KEY": key,
    }


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def model_at(models: ChatModels, server: OpenAIServer, name: str = NAMES[0]) -> ChatModel:
    models._direct = not name.startswith(BY_LITELLM)
    model = models.get(name.removeprefix(BY_LITELLM), keys_of(server))
    assert isinstance(model, LiteLLMChatModel) == (not models._direct or name.startswith("ollama"))
    return model


def asks(text: str = "hello", **more: Any) -> ChatRequest:
    return ChatRequest((ChatMessage("user", text),), **more)


async def error_of(models: ChatModels, server: OpenAIServer, reply: Reply, name: str) -> ChatModelError:
    server.add(reply)
    with pytest.raises(ChatModelError) as told:
        await whole_answer(model_at(models, server, name), asks())
    return told.value


# what comes back


async def test_text_streams_piece_by_piece(real_models: ChatModels, openai_server: OpenAIServer, name: str) -> None:
    openai_server.add(Says("good day to you", tokens_in=21, tokens_out=4))
    model = model_at(real_models, openai_server, name)
    pieces = [piece async for piece in model.stream(asks())]
    assert [piece.text for piece in pieces if isinstance(piece, TextPiece)] == ["good ", "day ", "to ", "you"]
    end = pieces[-1]
    assert isinstance(end, Finished)
    assert (end.text, end.tool_requests, end.cut) == ("good day to you", (), False)
    assert (end.usage.tokens_in, end.usage.tokens_out) == (21, 4)
    assert (model.name, model.simulated) == (name.removeprefix(BY_LITELLM), False)


async def test_the_first_piece_comes_before_the_last_is_written(
    real_models: ChatModels, openai_server: OpenAIServer
) -> None:
    openai_server.add(Says("one two", pause_at=1))
    async with aclosing(model_at(real_models, openai_server).stream(asks())) as pieces:
        assert await anext(pieces) == TextPiece("one ")
        openai_server.release()
        assert await anext(pieces) == TextPiece("two")


async def test_tool_calls_are_put_together(real_models: ChatModels, openai_server: OpenAIServer, name: str) -> None:
    openai_server.add(Says(calls=(ToolCall("search", {"q": "green tea"}), ToolCall("search", {"q": "black tea"}))))
    end = await whole_answer(model_at(real_models, openai_server, name), asks(tools=(SEARCH,)))
    assert [json.loads(call.arguments) for call in end.tool_requests] == [{"q": "green tea"}, {"q": "black tea"}]
    assert len({call.id for call in end.tool_requests}) == 2
    assert openai_server.requests[0].tools == ("search",)


async def test_broken_tool_arguments_come_as_the_model_wrote_them(
    real_models: ChatModels, openai_server: OpenAIServer
) -> None:
    openai_server.add(Says(calls=(ToolCall("search", '{"q": "gree'),)))
    end = await whole_answer(model_at(real_models, openai_server), asks(tools=(SEARCH,)))
    assert end.tool_requests[0].arguments == '{"q": "gree'


async def test_a_schema_is_sent_and_the_answer_comes_as_text(
    real_models: ChatModels, openai_server: OpenAIServer, name: str
) -> None:
    openai_server.add(as_json({"mood": "calm", "score": 0.5}))
    end = await whole_answer(model_at(real_models, openai_server, name), asks(schema=SCHEMA))
    assert json.loads(end.text) == {"mood": "calm", "score": 0.5}
    sent = openai_server.requests[0].schema
    assert sent is not None and sent["properties"]["mood"]["enum"] == ["calm", "angry"]
    assert sent["additionalProperties"] is False


async def test_a_fence_around_json_is_taken_off(real_models: ChatModels, openai_server: OpenAIServer) -> None:
    openai_server.add(Says('```json\n{"mood": "calm"}\n```'))
    end = await whole_answer(model_at(real_models, openai_server), asks(schema=SCHEMA))
    assert end.text == '{"mood": "calm"}'


async def test_an_answer_at_the_token_limit_says_so(
    real_models: ChatModels, openai_server: OpenAIServer, name: str
) -> None:
    openai_server.add(Says("only so", finish="length"))
    end = await whole_answer(model_at(real_models, openai_server, name), asks(max_tokens=3))
    assert end.cut and end.text == "only so"


async def test_usage_that_was_not_told_is_unknown_and_not_nothing(
    real_models: ChatModels, openai_server: OpenAIServer, name: str
) -> None:
    openai_server.add(Says("hi", usage=False))
    usage = (await whole_answer(model_at(real_models, openai_server, name), asks())).usage
    assert (usage.tokens_in, usage.tokens_out, usage.cost_usd) == (None, None, None)


async def test_the_cost_at_another_address_is_unknown_and_a_local_one_is_nothing(
    real_models: ChatModels, openai_server: OpenAIServer
) -> None:
    openai_server.add(Says("hi"), Says("hi"))
    for name, cost in (("openai/gpt-5.1", None), ("ollama_chat/qwen3", 0.0)):
        assert (await whole_answer(model_at(real_models, openai_server, name), asks())).usage.cost_usd == cost


async def test_the_listed_price_is_a_guess_at_another_address(
    real_models: ChatModels, openai_server: OpenAIServer
) -> None:
    openai_server.add(Says("a", tokens_in=1000, tokens_out=100), Says("b"))
    known = (await whole_answer(model_at(real_models, openai_server, "openai/gpt-4o-mini"), asks())).usage
    assert known.cost_usd is None
    assert known.likely_usd == pytest.approx(0.15e-6 * 1000 + 0.6e-6 * 100)
    assert (await whole_answer(model_at(real_models, openai_server, "openai/own"), asks())).usage.likely_usd is None


async def test_a_listed_price_is_applied(real_models: ChatModels, openai_server: OpenAIServer) -> None:
    openai_server.add(Says("hi", tokens_in=1000, tokens_out=100))
    price = real_models.price("openai/gpt-5.1")
    assert price is not None
    model = model_at(real_models, openai_server, "openai/gpt-5.1")
    assert isinstance(model, StreamedChatModel)
    model.price = price
    usage = (await whole_answer(model, asks())).usage
    assert usage.cost_usd == pytest.approx(price.input * 1000 + price.output * 100)


# what is sent


async def test_every_kind_of_message_goes_over_the_wire(real_models: ChatModels, openai_server: OpenAIServer) -> None:
    openai_server.add(Says("done"))
    messages = (
        ChatMessage("system", "be brief"),
        ChatMessage("user", "look", images=("data:image/png;base64,AAAA",)),
        ChatMessage("assistant", "", tool_requests=(ToolRequest("c1", "search", '{"q": "tea"}'),)),
        ChatMessage("tool", "found", tool_call_id="c1"),
        ChatMessage("user", "half a \ud800 pair"),
    )
    request = ChatRequest(messages, tools=(SEARCH,), tool_choice="required", temperature=0.25, max_tokens=9)
    await whole_answer(model_at(real_models, openai_server), request)
    body = openai_server.requests[0].body
    system, look, call, found, half = body["messages"]
    assert system == {"role": "system", "content": "be brief"}
    assert look["content"][1]["image_url"]["url"].startswith("data:image/png")
    assert call["tool_calls"][0]["function"] == {"name": "search", "arguments": '{"q": "tea"}'}
    assert found["tool_call_id"] == "c1"
    assert half["content"] == "half a ? pair"
    assert (body["temperature"], body["max_tokens"], body["tool_choice"]) == (0.25, 9, "required")


async def test_the_sessions_key_is_sent_and_only_there(real_models: ChatModels, openai_server: OpenAIServer) -> None:
    openai_server.add(Says("hi"))
    await whole_answer(model_at(real_models, openai_server), asks())
    assert openai_server.requests[0].key == CANARY


async def test_the_operators_key_never_goes_to_an_address_of_a_session(openai_server: OpenAIServer) -> None:
    models = ChatModels({"OPENAI_API_KEY": CANARY})
    openai_server.add(Says("hi"))
    try:
        await whole_answer(models.get("openai/x", {"OPENAI_API_BASE": openai_server.base_url}), asks())
    finally:
        await models.close()
    assert CANARY not in json.dumps(openai_server.requests[0].headers)


async def test_an_address_from_the_environment_is_used(openai_server: OpenAIServer) -> None:
    models = ChatModels({"OPENAI_BASE_URL": openai_server.base_url, "OPENAI_API_KEY": CANARY})
    openai_server.add(Says("hi"))
    try:
        assert (await whole_answer(models.get("openai/x"), asks())).text == "hi"
    finally:
        await models.close()


async def test_a_proxy_is_not_asked_for_ones_own_machine(
    real_models: ChatModels, openai_server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    openai_server.add(Says("hi"))
    assert (await whole_answer(model_at(real_models, openai_server), asks())).text == "hi"


async def test_ollama_gets_room_for_long_prompts(real_models: ChatModels, openai_server: OpenAIServer) -> None:
    openai_server.add(Says("hi"))
    await whole_answer(model_at(real_models, openai_server, "ollama/qwen3"), asks())
    assert openai_server.requests[0].path == "/api/chat"
    assert openai_server.requests[0].body["options"]["num_ctx"] == 16_384


# what goes wrong

STATUSES: list[tuple[Reply, type[ChatModelError], int]] = [
    (Fails(400, "too long"), RequestRefused, 400),
    (Fails(401, f"Incorrect API key provided: {CANARY}"), KeyRefused, 401),
    (Fails(403, f"key {CANARY[:12]}*** may not"), KeyRefused, 403),
    (Fails(402, "pay first"), RequestRefused, 402),
    (Fails(404, "model not found"), UnknownModel, 404),
    (Fails(422, "no"), RequestRefused, 422),
    (Fails(429, "slow down", {"Retry-After": "7"}), RateLimited, 429),
    (Fails(500, "oops"), ServerFailed, 500),
    (Fails(503, "overloaded"), ServerFailed, 503),
]


@pytest.mark.parametrize(("reply", "kind", "status"), STATUSES, ids=lambda value: str(getattr(value, "status", "")))
async def test_a_status_is_told_once_and_for_what_it_is(
    real_models: ChatModels, openai_server: OpenAIServer, name: str, reply: Fails, kind: type, status: int
) -> None:
    error = await error_of(real_models, openai_server, reply, name)
    assert type(error) is kind
    assert error.status == status
    assert len(openai_server.requests) == 1
    if not isinstance(error, KeyRefused):
        assert reply.message in error.message
    if isinstance(error, RateLimited):
        assert error.retry_after == 7


async def test_an_account_without_money_is_not_asked_again(
    real_models: ChatModels, openai_server: OpenAIServer
) -> None:
    error = await error_of(real_models, openai_server, Fails(429, "no", type="insufficient_quota"), NAMES[0])
    assert type(error) is RequestRefused and not error.retryable and "credit" in error.help


async def test_a_date_to_wait_for_becomes_seconds(real_models: ChatModels, openai_server: OpenAIServer) -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    error = await error_of(real_models, openai_server, Fails(429, "later", {"Retry-After": soon}), NAMES[0])
    assert isinstance(error, RateLimited) and error.retry_after is not None
    assert 60 < error.retry_after <= 90


@pytest.mark.parametrize("told", ["", "soon", "-5", "nan"])
async def test_a_wait_that_is_none_is_left_out(
    real_models: ChatModels, openai_server: OpenAIServer, told: str
) -> None:
    error = await error_of(real_models, openai_server, Fails(429, "later", {"Retry-After": told}), NAMES[0])
    assert isinstance(error, RateLimited) and error.retry_after is None


@pytest.mark.parametrize(
    "reply", [Garbage(), Garbage(b"[1, 2", "application/json"), Empty()], ids=["html", "half", "0"]
)
async def test_garbage_and_empty_answers_are_failures(
    real_models: ChatModels, openai_server: OpenAIServer, name: str, reply: Reply
) -> None:
    error = await error_of(real_models, openai_server, reply, name)
    assert type(error) is ServerFailed and error.retryable


async def test_a_dropped_connection_is_told(real_models: ChatModels, openai_server: OpenAIServer, name: str) -> None:
    assert type(await error_of(real_models, openai_server, Drops(), name)) is NotReachable


@pytest.mark.parametrize(
    "reply", [Cuts("so far"), EndsEarly("so far"), BreaksOff("so far")], ids=lambda r: type(r).__name__
)
async def test_a_cut_stream_keeps_what_had_come(
    real_models: ChatModels, openai_server: OpenAIServer, name: str, reply: Reply
) -> None:
    error = await error_of(real_models, openai_server, reply, name)
    assert isinstance(error, StreamCut)
    assert error.partial == "so far"


async def test_nobody_there_is_told_with_what_to_do(real_models: ChatModels, name: str) -> None:
    with OpenAIServer() as gone:
        model = model_at(real_models, gone, name)
    with pytest.raises(NotReachable) as told:
        await whole_answer(model, asks())
    if name.startswith("ollama"):
        assert "ollama serve" in told.value.help


async def test_a_model_that_ollama_lacks_can_be_pulled(real_models: ChatModels, openai_server: OpenAIServer) -> None:
    error = await error_of(real_models, openai_server, Fails(404, "model 'qwen3' not found"), "ollama_chat/qwen3")
    assert "ollama pull qwen3" in error.help


def impatient(models: ChatModels, server: OpenAIServer, patience: Patience, name: str) -> StreamedChatModel:
    model = model_at(models, server, name)
    assert isinstance(model, StreamedChatModel)
    model._patience = patience
    return model


async def test_silence_before_the_first_piece_ends(
    real_models: ChatModels, openai_server: OpenAIServer, name: str
) -> None:
    openai_server.add(Hangs())
    with pytest.raises(TookTooLong):
        await whole_answer(impatient(real_models, openai_server, Patience(first=0.3), name), asks())
    await asyncio.to_thread(openai_server.wait_gone)


async def test_silence_between_pieces_ends_with_what_had_come(
    real_models: ChatModels, openai_server: OpenAIServer, name: str
) -> None:
    openai_server.add(Says("so far and no further", pause_at=2))
    with pytest.raises(StreamCut) as told:
        await whole_answer(impatient(real_models, openai_server, Patience(idle=0.3), name), asks())
    assert told.value.partial == "so far "
    await asyncio.to_thread(openai_server.wait_gone)


async def test_a_requests_own_time_limit_holds(real_models: ChatModels, openai_server: OpenAIServer) -> None:
    openai_server.add(Hangs())
    with pytest.raises(TookTooLong):
        await whole_answer(model_at(real_models, openai_server), asks(timeout_seconds=0.3))


@pytest.mark.parametrize("when", ["before the first piece", "between pieces"])
async def test_a_cancelled_call_hangs_up(
    real_models: ChatModels, openai_server: OpenAIServer, name: str, when: str
) -> None:
    openai_server.add(Hangs() if when.startswith("before") else Says("one two three", pause_at=1))
    model = model_at(real_models, openai_server, name)
    task = asyncio.create_task(whole_answer(model, asks()))
    await asyncio.to_thread(openai_server.wait_paused)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.to_thread(openai_server.wait_gone)


async def test_leaving_a_stream_early_hangs_up(real_models: ChatModels, openai_server: OpenAIServer) -> None:
    openai_server.add(Says("one two three", pause_at=1))
    async with aclosing(model_at(real_models, openai_server).stream(asks())) as pieces:
        await anext(pieces)
    await asyncio.to_thread(openai_server.wait_gone)


ALL_REPLIES: list[Reply] = [
    *(reply for reply, _, _ in STATUSES),
    Fails(401, f"Bearer {CANARY} is wrong"),
    Fails(500, f"debug: headers were {{'Authorization': 'Bearer {CANARY}'}}"),
    Garbage(f"<html>{CANARY}</html>".encode()),
    Cuts(CANARY[:4]),
    BreaksOff("a", f"broken for {CANARY}"),
    Drops(),
    Empty(),
]


async def test_no_key_is_in_any_error_or_log(
    real_models: ChatModels,
    openai_server: OpenAIServer,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    for name in NAMES:
        for reply in ALL_REPLIES:
            # A provider that asks for a rest gets it; that is not waited for here.
            real_models._gates = Gates()
            error = await error_of(real_models, openai_server, reply, name)
            told = f"{error} {error.message} {error.help} {error!r} {error.__cause__!r} {vars(error)}"
            assert CANARY not in told and CANARY[:12] not in told, told
    written = capfd.readouterr()
    assert CANARY not in caplog.text + written.out + written.err
    assert written.out == ""


# concessions


async def test_a_model_without_schemas_gets_it_in_words_and_that_is_remembered(
    real_models: ChatModels, openai_server: OpenAIServer
) -> None:
    refusal = Fails(400, "response_format of type json_schema is not supported")
    openai_server.add(refusal, as_json({"mood": "calm"}), as_json({"mood": "angry"}))
    model = model_at(real_models, openai_server)
    assert json.loads((await whole_answer(model, asks(schema=SCHEMA))).text) == {"mood": "calm"}
    await whole_answer(model_at(real_models, openai_server), asks(schema=SCHEMA))
    assert [request.schema is None for request in openai_server.requests] == [False, True, True]
    assert '"enum": ["calm", "angry"]' in openai_server.requests[1].last


async def test_a_refusal_for_another_reason_teaches_nothing(
    real_models: ChatModels, openai_server: OpenAIServer
) -> None:
    openai_server.add(Fails(400, "the prompt is too long"), as_json({"mood": "calm"}))
    with pytest.raises(RequestRefused):
        await whole_answer(model_at(real_models, openai_server), asks(schema=SCHEMA))
    await whole_answer(model_at(real_models, openai_server), asks(schema=SCHEMA))
    assert openai_server.requests[1].schema is not None


async def test_a_model_that_takes_no_temperature_is_asked_without(
    real_models: ChatModels, openai_server: OpenAIServer
) -> None:
    openai_server.add(Says("hi"))
    model = model_at(real_models, openai_server, "openai/o3-mini")
    assert (await whole_answer(model, asks(temperature=0.2))).text == "hi"
    assert "temperature" not in openai_server.requests[0].body


async def test_concessions_end(real_models: ChatModels, openai_server: OpenAIServer) -> None:
    for _ in range(5):
        openai_server.add(Fails(400, "no schema, no temperature, no format"))
    with pytest.raises(RequestRefused):
        await whole_answer(model_at(real_models, openai_server), asks(schema=SCHEMA, temperature=0.1))
    assert len(openai_server.requests) == 3
