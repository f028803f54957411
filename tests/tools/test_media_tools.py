"""Pictures, sound and embeddings, from a real server that speaks OpenAI's protocol to LiteLLM."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from chat_app.chat_models.media import Bill, MediaModels
from chat_app.chat_models.models import ChatModels
from chat_app.chat_models.protocol import ModelUsage
from chat_app.engine.media import RunMedia
from chat_app.files.of_run import RunFiles
from chat_app.files.reference import FileRef
from chat_app.files.store import FileStore
from chat_app.tools.catalog import Catalog, catalog
from chat_app.tools.errors import ArgumentsRefused, ResultRefused, ToolError, ToolFailed, ToolMissing
from chat_app.tools.media import MediaSetup
from chat_app.tools.media_tools import media_tools
from chat_app.tools.network import Network
from chat_app.tools.policy import NetworkPolicy
from chat_app.tools.retrieval import retrieve_tool
from chat_app.tools.setup import ToolSetup
from chat_app.tools.tool import ToolContext
from tests.servers.openai_server import OpenAIServer, Says
from tests.tools.web_server import WebServer

KEY = "sk-canary-media-9931"
SETUP = MediaSetup("openai/painter", "openai/speaker", "openai/listener", "openai/seer", "openai/embedder")


def png(red: int = 200) -> bytes:
    """A picture of one pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(bytes([0, red, 0, 0])))
        + chunk(b"IEND", b"")
    )


@pytest.fixture
async def place(
    web: WebServer, network: Network, tmp_path: Path
) -> AsyncIterator[tuple[Catalog, ToolContext, list[ModelUsage]]]:
    """The tools, what a call of them has, and what was spent."""
    models = ChatModels({"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": f"{web.url}/v1"})
    spent: list[ModelUsage] = []

    @asynccontextmanager
    async def paying(model: str, most_usd: float | None) -> AsyncIterator[Bill]:
        yield spent.append

    media = RunMedia(MediaModels(models, paying), {})
    tools = Catalog([*media_tools(SETUP), retrieve_tool(SETUP.embedding)])
    yield tools, ToolContext(network, 100, RunFiles(FileStore(tmp_path / "files")), media=media), spent
    await models.close()


Place = tuple[Catalog, ToolContext, list[ModelUsage]]


async def test_a_picture_is_drawn_and_kept(place: Place, web: WebServer) -> None:
    tools, context, spent = place
    web.says(
        "/v1/images/generations",
        json.dumps({"created": 1, "data": [{"b64_json": base64.b64encode(png()).decode()}]}),
        Content_Type="application/json",
    )
    made = await tools.call("generate_image", {"prompt": "a bee", "size": "64x64"}, context)
    assert (made["name"], made["media_type"]) == ("picture.png", "image/png")
    assert await context.files.read(made) == png()
    body = json.loads(web.asked[0].body)
    assert (body["model"], body["prompt"], body["size"]) == ("painter", "a bee", "64x64")
    assert web.asked[0].headers["authorization"] == f"Bearer {KEY}"
    # Another server's prices are not known: the cost is unknown, not nothing.
    assert [one.cost_usd for one in spent] == [None]


async def test_a_picture_at_an_address_is_fetched_under_the_policy(place: Place, web: WebServer) -> None:
    tools, context, _ = place
    web.says(
        "/v1/images/generations",
        json.dumps({"created": 1, "data": [{"url": f"{web.url}/made.png"}]}),
        Content_Type="application/json",
    )
    web.says("/made.png", png(), Content_Type="image/png")
    assert (await tools.call("generate_image", {"prompt": "a bee"}, context))["media_type"] == "image/png"
    strict = ToolContext(Network(NetworkPolicy()), 30, context.files, media=context.media)
    with pytest.raises(ToolFailed, match="may not be contacted"):
        await tools.call("generate_image", {"prompt": "a bee"}, strict)


async def test_a_text_is_read_aloud(place: Place, web: WebServer) -> None:
    tools, context, _ = place
    wave = (
        b"RIFF"
        + struct.pack("<I", 36)
        + b"WAVEfmt "
        + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8)
        + b"data"
        + struct.pack("<I", 0)
    )
    web.says("/v1/audio/speech", wave, Content_Type="audio/wav")
    made = await tools.call("speak", {"text": "Good morning", "form": "wav", "voice": "nova"}, context)
    assert made["name"] == "speech.wav"
    assert made["media_type"].startswith("audio/")
    body = json.loads(web.asked[0].body)
    assert (body["input"], body["voice"], body["response_format"]) == ("Good morning", "nova", "wav")


async def test_a_recording_is_written_down(place: Place, web: WebServer) -> None:
    tools, context, _ = place
    web.says("/v1/audio/transcriptions", json.dumps({"text": " Good morning. "}), Content_Type="application/json")
    recording = (await context.files.put(b"RIFFxxxxWAVE", "talk.wav")).as_value()
    assert await tools.call("transcribe", {"file": recording, "language": "en"}, context) == "Good morning."
    assert b"talk.wav" in web.asked[0].body
    assert b"RIFFxxxxWAVE" in web.asked[0].body


async def test_a_picture_is_described(
    network: Network, openai_server: OpenAIServer, web: WebServer, tmp_path: Path
) -> None:
    models = ChatModels({})
    files = RunFiles(FileStore(tmp_path / "files"))
    context = ToolContext(network, 30, files, media=RunMedia(MediaModels(models), openai_server.keys))
    tools = Catalog(media_tools(SETUP))
    openai_server.add(Says("A red pixel."), Says("Still red."))
    photo = (await files.put(png(), "photo.png")).as_value()
    assert (
        await tools.call("describe_image", {"image": photo, "question": "Which colour?"}, context) == "A red pixel."
    )
    sent = openai_server.requests[0].messages[-1]["content"]
    assert any("data:image/png;base64," in json.dumps(part) for part in sent)
    web.says("/p.png", png(), Content_Type="image/png")
    web.says("/page", "<html>", Content_Type="text/html")
    assert await tools.call("describe_image", {"url": f"{web.url}/p.png"}, context) == "Still red."
    for wrong, says in (
        ({"url": f"{web.url}/page"}, "is no picture"),
        ({"url": "http://169.254.169.254/x.png"}, "may not be contacted"),
        ({}, "needs either"),
        ({"image": photo, "url": "https://a.example/"}, "needs either"),
    ):
        with pytest.raises(ToolError, match=says):
            await tools.call("describe_image", wrong, context)
    text = (await files.put(b"hello", "photo.png")).as_value()
    with pytest.raises(ResultRefused, match="is no image"):
        await tools.call("describe_image", {"image": text}, context)
    await models.close()


async def test_texts_are_found_by_meaning(place: Place, web: WebServer) -> None:
    tools, context, spent = place
    rows = [
        {"index": 1, "embedding": [0.0, 2.0]},
        {"index": 0, "embedding": [1.0, 0.1]},
        {"index": 2, "embedding": [3.0, 0.0]},
    ]
    web.says(
        "/v1/embeddings",
        json.dumps({"object": "list", "data": rows, "model": "e", "usage": {"prompt_tokens": 9, "total_tokens": 9}}),
        Content_Type="application/json",
    )
    found = await tools.call("retrieve", {"texts": ["far", "near"], "query": "q", "model": "default"}, context)
    assert [(one["text"], one["index"]) for one in found] == [("near", 1), ("far", 0)]
    assert spent[0].tokens_in == 9
    assert json.loads(web.asked[0].body)["input"] == ["q", "far", "near"]
    assert tools.contacts("retrieve", {"texts": [], "model": "default"})
    assert not tools.contacts("retrieve", {"texts": []})


@pytest.mark.parametrize(("status", "body", "says"), [
    (401, {"error": {"message": f"bad key {KEY}"}}, "refused the key"),
    (429, {"error": {"message": "slow down"}}, "too often"),
    (500, {"error": {"message": "oops"}}, "failed"),
    (200, {"created": 1, "data": []}, "not an answer"),
    (200, {"created": 1, "data": [{"b64_json": "%%%"}]}, "not an answer"),
])  # fmt: skip
async def test_failures_are_told_without_keys(
    place: Place, web: WebServer, status: int, body: Any, says: str
) -> None:
    tools, context, spent = place
    web.says("/v1/images/generations", json.dumps(body), status=status, Content_Type="application/json")
    with pytest.raises(ToolFailed) as failed:
        await tools.call("generate_image", {"prompt": "a bee"}, context)
    assert says in failed.value.message
    assert KEY not in f"{failed.value.message} {failed.value.help}"
    # What was answered may be billed, whatever it is; what was refused is not.
    assert len(spent) == (status == 200)
    # The library itself asks for a picture up to three times.
    assert len(web.asked) <= 3


async def test_what_is_lacking_is_told(place: Place) -> None:
    _, context, _ = place
    bare = catalog(ToolSetup())
    for name, variable in (
        ("generate_image", "IMAGE"),
        ("speak", "SPEECH"),
        ("transcribe", "TRANSCRIPTION"),
        ("describe_image", "VISION"),
    ):
        signature = bare.signature(name)
        assert f"WORKFLOW_CHAT_{variable}_MODEL" in str(signature.missing)
        assert signature.supplied_by == "model"
    with pytest.raises(ToolMissing, match="cannot be used here"):
        await bare.call("speak", {"text": "hi"}, context)
    with pytest.raises(ToolMissing, match="no embedding model"):
        await bare.call("retrieve", {"texts": ["a"], "query": "a", "model": "default"}, context)
    with pytest.raises(ArgumentsRefused):
        await bare.call("generate_image", {"prompt": "x", "size": "big", "model": "openai/x"}, context)
    with pytest.raises(ToolFailed, match="names no provider"):
        await bare.call("generate_image", {"prompt": "x", "model": "painter"}, context)
    big = FileRef("big.wav", "audio/wav", "0" * 64, 10**9).as_value()
    with pytest.raises(ToolFailed, match="models take"):
        await bare.call("transcribe", {"file": big, "model": "openai/x"}, context)
