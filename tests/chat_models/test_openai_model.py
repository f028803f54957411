"""What only the direct client has to get right: the body it sends, odd servers, connections over several loops."""

from __future__ import annotations

import asyncio
import json
import threading

import pytest

from chat_app.chat_models.errors import RequestRefused, ServerFailed
from chat_app.chat_models.litellm_model import LiteLLMChatModel
from chat_app.chat_models.models import ChatModels
from chat_app.chat_models.openai_model import OPENAI, OpenAIChatModel
from chat_app.chat_models.protocol import ChatMessage, ChatRequest, Finished, TextPiece
from chat_app.chat_models.whole_answer import whole_answer
from tests.servers.openai_server import Fails, Garbage, OpenAIServer, Says


def asks(**more: object) -> ChatRequest:
    return ChatRequest((ChatMessage("user", "hello"),), **more)  # type: ignore[arg-type]


def sse(*events: object, end: str = "data: [DONE]\n\n") -> Garbage:
    """A stream as it is told here, whatever the scripted server would make of it."""
    lines = [f"data: {event if isinstance(event, str) else json.dumps(event)}\n\n" for event in events]
    return Garbage(("".join(lines) + end).encode(), "text/event-stream")


def chunk(text: str | None, **more: object) -> dict[str, object]:
    return {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None} | more]}


async def test_a_connection_is_used_again_and_closed_in_the_end(openai_server: OpenAIServer) -> None:
    models = ChatModels(openai_server.keys)
    for text in ("one", "two", "three"):
        openai_server.add(Says(text))
        assert (await whole_answer(models.get("openai/x"), asks())).text == text
    session = await models._connections.session()
    assert session.connector is not None
    assert sum(map(len, session.connector._conns.values())) == 1  # type: ignore[attr-defined]
    await models.close()
    assert session.closed


def test_loops_of_several_threads_each_have_their_own_connections(openai_server: OpenAIServer) -> None:
    models = ChatModels(openai_server.keys)
    loops = [asyncio.new_event_loop() for _ in range(2)]
    threads = [threading.Thread(target=loop.run_forever) for loop in loops]
    for thread, loop, text in zip(threads, loops, ("one", "two"), strict=True):
        thread.start()
        openai_server.add(Says(text))
        answer = asyncio.run_coroutine_threadsafe(whole_answer(models.get("openai/x"), asks()), loop)
        assert answer.result(20).text == text
    sessions = list(models._connections._sessions.values())
    assert len(sessions) == 2
    asyncio.run(models.close())
    assert all(session.closed for session in sessions)
    for thread, loop in zip(threads, loops, strict=True):
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)
        loop.close()


async def test_what_a_call_sends(openai_server: OpenAIServer) -> None:
    models = ChatModels(openai_server.keys)
    openai_server.add(Says("hi"))
    await whole_answer(models.get("openai/org/model:tag"), asks(max_tokens=5, temperature=0.5))
    body = openai_server.requests[0].body
    assert body == {
        "model": "org/model:tag",
        "messages": [{"role": "user", "content": "hello"}],
        "max_tokens": 5,
        "temperature": 0.5,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    await models.close()


async def test_a_server_that_wants_the_newer_name_of_a_bound_gets_it(openai_server: OpenAIServer) -> None:
    models = ChatModels(openai_server.keys)
    told = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
    openai_server.add(Fails(400, told), Says("hi"), Says("again"))
    for _ in range(2):
        await whole_answer(models.get("openai/x"), asks(max_tokens=5))
    assert ["max_completion_tokens" in request.body for request in openai_server.requests] == [False, True, True]
    assert "max_tokens" not in openai_server.requests[1].body
    await models.close()


def test_who_goes_by_litellm() -> None:
    models = ChatModels({"OPENAI_API_KEY": "sk-x", "ANTHROPIC_API_KEY": "sk-y"})
    direct = models.get("openai/gpt-5.1")
    assert isinstance(direct, OpenAIChatModel) and direct._url == f"{OPENAI}/chat/completions"
    # This one answers on another road of OpenAI's, which LiteLLM knows.
    assert isinstance(models.get("openai/o1-pro"), LiteLLMChatModel)
    assert isinstance(models.get("anthropic/claude-sonnet-4-5"), LiteLLMChatModel)


async def test_a_server_that_does_not_stream_is_read_whole(openai_server: OpenAIServer) -> None:
    models = ChatModels(openai_server.keys)
    message = {"role": "assistant", "content": "all at once"}
    usage = {"prompt_tokens": 3, "completion_tokens": 2}
    body = {"choices": [{"message": message, "finish_reason": "stop"}], "usage": usage}
    openai_server.add(Garbage(json.dumps(body).encode(), "application/json"))
    end = await whole_answer(models.get("openai/x"), asks())
    assert (end.text, end.usage.tokens_in, end.usage.tokens_out) == ("all at once", 3, 2)
    await models.close()


async def test_oddities_of_streams_are_read_as_they_are_meant(openai_server: OpenAIServer) -> None:
    models = ChatModels(openai_server.keys)
    openai_server.add(
        sse(chunk(None), {"choices": []}, chunk("a"), chunk("ü\n"), chunk("b", finish_reason="length")),
        sse(chunk("no end but a polite one")),
        # The last event has no line end, and no end is told but its reason.
        sse(chunk("x", finish_reason="stop"), end='data: {"choices": [], "usage": {"prompt_tokens": true}}'),
        Garbage(b': a comment\r\n\r\ndata: {"choices": [{"delta": {"content": "crlf"}}]}\r\n\r\ndata: [DONE]\r\n\r\n',
                "text/event-stream"),
    )  # fmt: skip
    pieces = [piece async for piece in models.get("openai/x").stream(asks())]
    assert [piece.text for piece in pieces if isinstance(piece, TextPiece)] == ["a", "ü\n", "b"]
    assert isinstance(pieces[-1], Finished) and pieces[-1].cut
    assert (await whole_answer(models.get("openai/x"), asks())).text == "no end but a polite one"
    counted = await whole_answer(models.get("openai/x"), asks())
    assert (counted.text, counted.usage.tokens_in) == ("x", None)
    assert (await whole_answer(models.get("openai/x"), asks())).text == "crlf"
    await models.close()


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (sse({"error": {"message": "too long", "code": 400}}), RequestRefused),
        (sse({"error": "overloaded"}), ServerFailed),
        (sse("no json"), ServerFailed),
        (sse([1, 2]), ServerFailed),
        (sse({"choices": ["x"]}), ServerFailed),
        (sse({"choices": [{"delta": {"tool_calls": [5]}}]}), ServerFailed),
        (Fails(307, "elsewhere", {"Location": "http://127.0.0.1:9/v1"}), ServerFailed),
    ],
)
async def test_a_stream_that_is_none_is_told(openai_server: OpenAIServer, reply: Garbage, kind: type) -> None:
    models = ChatModels(openai_server.keys)
    openai_server.add(reply)
    with pytest.raises(kind):
        await whole_answer(models.get("openai/x"), asks())
    assert len(openai_server.requests) == 1
    await models.close()
