"""The scripted server itself: what other tests stand on must hold."""

from __future__ import annotations

import json

import httpx
import pytest

from tests.servers.openai_server import (
    BreaksOff,
    Cuts,
    Drops,
    Empty,
    EndsEarly,
    Fails,
    Garbage,
    OpenAIServer,
    Says,
    as_json,
    calls,
)

CHAT = {"model": "m", "messages": [{"role": "user", "content": "hello"}]}


def ask(server: OpenAIServer, **more: object) -> httpx.Response:
    return httpx.post(f"{server.base_url}/chat/completions", json=CHAT | more, headers={"Authorization": "Bearer k"})


def events(text: str) -> list[dict]:
    lines = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: ")]
    return [json.loads(line) for line in lines if line != "[DONE]"]


def test_replies_come_in_order_and_requests_are_kept() -> None:
    with OpenAIServer([Says("one"), as_json({"two": 2})]) as server:
        assert ask(server).json()["choices"][0]["message"]["content"] == "one"
        assert ask(server).json()["choices"][0]["message"]["content"] == '{"two": 2}'
        assert ask(server).status_code == 400
    assert [request.last for request in server.requests] == ["hello"] * 3
    assert server.requests[0].key == "k"
    assert server.exhausted == 1


def test_a_script_may_be_a_function_of_the_request() -> None:
    with OpenAIServer(lambda request: Says(request.last.upper())) as server:
        assert ask(server).json()["choices"][0]["message"]["content"] == "HELLO"


def test_a_stream_comes_word_by_word_with_usage_last() -> None:
    with OpenAIServer([Says("good day to you")]) as server:
        told = events(ask(server, stream=True, stream_options={"include_usage": True}).text)
    words = [event["choices"][0]["delta"].get("content") for event in told if event["choices"]]
    assert words == ["good ", "day ", "to ", "you", None]
    assert told[-1]["usage"]["completion_tokens"] == 7


def test_a_tool_call_is_streamed_in_pieces() -> None:
    with OpenAIServer([calls("search", query="tea")]) as server:
        told = events(ask(server, stream=True).text)
    pieces = [call for event in told for call in event["choices"][0]["delta"].get("tool_calls", [])]
    assert pieces[0]["function"]["name"] == "search"
    assert json.loads("".join(piece["function"]["arguments"] for piece in pieces)) == {"query": "tea"}


def test_errors_carry_status_and_headers() -> None:
    with OpenAIServer([Fails(429, "slow down", {"Retry-After": "3"})]) as server:
        answer = ask(server)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "3")


def test_ways_of_going_wrong() -> None:
    with OpenAIServer([Garbage(), Empty(), Drops(), Cuts("a b"), EndsEarly("a b"), BreaksOff("a b")]) as server:
        assert "<html>" in ask(server).text
        assert ask(server).json()["choices"] == []
        with pytest.raises(httpx.RemoteProtocolError):
            ask(server)
        with pytest.raises(httpx.RemoteProtocolError):
            ask(server, stream=True)
        assert [event["choices"][0]["finish_reason"] for event in events(ask(server, stream=True).text)] == [None] * 2
        assert "error" in events(ask(server, stream=True).text)[-1]


def test_a_stream_pauses_until_released() -> None:
    with OpenAIServer([Says("one two three", pause_at=2)]) as server:
        url = f"{server.base_url}/chat/completions"
        with httpx.stream("POST", url, json=CHAT | {"stream": True}) as answer:
            pieces = answer.iter_text()
            seen = next(pieces)
            server.wait_paused()
            server.release()
            rest = "".join(pieces)
    assert "three" not in seen
    assert "three" in rest


def test_a_client_that_hangs_up_is_noticed() -> None:
    with OpenAIServer([Says("one two", pause_at=1)]) as server:
        with httpx.stream("POST", f"{server.base_url}/chat/completions", json=CHAT | {"stream": True}):
            server.wait_paused()
        server.wait_gone()


def test_only_the_right_key_opens() -> None:
    with OpenAIServer([Says("in")], key="k") as server:
        assert ask(server).status_code == 200
        wrong = httpx.post(f"{server.base_url}/chat/completions", json=CHAT, headers={"Authorization": "Bearer x"})
    assert wrong.status_code == 401


def test_ollama_is_spoken_too() -> None:
    with OpenAIServer([Says("good day")]) as server:
        tags = httpx.get(f"{server.url}/api/tags").json()
        told = httpx.post(f"{server.url}/api/chat", json=CHAT).text.splitlines()
    assert [model["name"] for model in tags["models"]] == ["qwen3:8b", "llama3.2:latest"]
    parts = [json.loads(line) for line in told]
    assert "".join(part["message"]["content"] for part in parts) == "good day"
    assert parts[-1]["done"] and parts[-1]["eval_count"] == 7
