"""Which models there are, which is the default, and what is said where there is none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from chat_app.chat_models.errors import ChatModelError, KeyRefused, NotReachable, RequestRefused, UnknownModel
from chat_app.chat_models.models import Availability, ChatModels
from chat_app.chat_models.protocol import ChatModel, ModelSource
from chat_app.chat_models.providers import ollama_address
from tests.servers.openai_server import Fails, OpenAIServer, Says

ROOT = Path(__file__).parent.parent.parent
NOWHERE = {"OLLAMA_HOST": "http://127.0.0.1:9"}
"""An environment in which nothing is found: no key, and no Ollama on the usual port."""


def named(found: list[Availability], name: str) -> Availability:
    return next(one for one in found if one.name == name)


def ready(found: list[Availability]) -> list[str]:
    return [one.name for one in found if one.ready]


async def test_with_nothing_there_is_the_simulated_model_and_advice() -> None:
    models = ChatModels(NOWHERE)
    found = await models.available()
    assert ready(found) == ["simulated"]
    assert await models.default() == "simulated"
    assert "OPENAI_API_KEY" in named(found, "openai/gpt-5.1").how
    assert "ollama serve" in named(found, "ollama_chat/qwen3").how
    assert "127.0.0.1:9" in named(found, "ollama_chat/qwen3").why


async def test_a_key_in_the_environment_makes_its_models_ready() -> None:
    models = ChatModels(NOWHERE | {"ANTHROPIC_API_KEY": "sk-ant-canary"})
    found = await models.available()
    assert ready(found)[0].startswith("anthropic/")
    assert ready(found)[-1] == "simulated"
    assert (await models.default()).startswith("anthropic/")
    assert "canary" not in repr(found)


async def test_a_blank_key_is_no_key() -> None:
    assert ready(await ChatModels(NOWHERE | {"OPENAI_API_KEY": "  "}).available({"GROQ_API_KEY": ""})) == [
        "simulated"
    ]


async def test_a_sessions_key_counts_for_that_session_only() -> None:
    models = ChatModels(NOWHERE)
    assert (await models.default({"MISTRAL_API_KEY": "k"})).startswith("mistral/")
    assert await models.default() == "simulated"


async def test_the_operators_choice_is_the_default() -> None:
    models = ChatModels(NOWHERE | {"OPENAI_API_KEY": "k"}, preferred="groq/openai/gpt-oss-120b")
    assert await models.default() == "groq/openai/gpt-oss-120b"


async def test_a_reachable_ollama_offers_its_models() -> None:
    with OpenAIServer(models=["qwen3:8b", "llama3.2:latest", "nomic-embed-text:latest", "some-bert"]) as server:
        models = ChatModels(server.ollama)
        assert ready(await models.available()) == ["ollama_chat/qwen3:8b", "ollama_chat/llama3.2", "simulated"]
        assert await models.default() == "ollama_chat/qwen3:8b"


async def test_an_ollama_without_models_says_what_to_pull() -> None:
    with OpenAIServer(models=[]) as server:
        found = await ChatModels(server.ollama).available()
    assert "ollama pull" in named(found, "ollama_chat/qwen3").how


async def test_an_openai_compatible_server_nearby_offers_its_models() -> None:
    with OpenAIServer(models=["my-model"], key="sk-right") as server:
        models = ChatModels(NOWHERE)
        assert ready(await models.available(server.keys)) == ["openai/my-model", "simulated"]
        wrong = await models.available(server.keys | {"OPENAI_API_KEY": "sk-wrong"})
    assert ready(wrong) == ["simulated"]
    gone = named(await models.available(server.keys), "openai/...")
    assert not gone.ready and "no server answers" in gone.why


async def test_a_server_far_away_is_not_asked_for_a_list() -> None:
    models = ChatModels(NOWHERE | {"OPENAI_BASE_URL": "https://models.example.invalid/v1", "OPENAI_API_KEY": "k"})
    assert "openai/gpt-5.1" in ready(await models.available())


async def test_garbage_in_place_of_an_ollama_is_no_ollama() -> None:
    with OpenAIServer() as server:
        found = await ChatModels({"OLLAMA_HOST": f"{server.url}/v1"}).available()
    assert ready(found) == ["simulated"]


@pytest.mark.parametrize(
    "address", ["http://[broken", "::::", "http://user:secret@127.0.0.1:9", "x" * 3000, "http://a b"]
)
async def test_a_broken_address_is_told_and_not_raised(address: str) -> None:
    found = await ChatModels({"OLLAMA_HOST": address}).available()
    assert ready(found) == ["simulated"]
    assert "secret" not in repr(found)


@pytest.mark.parametrize(
    ("told", "address"),
    [
        (None, "http://127.0.0.1:11434"),
        ("", "http://127.0.0.1:11434"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("0.0.0.0:1234", "http://127.0.0.1:1234"),
        (":1234", "http://127.0.0.1:1234"),
        ("box", "http://box:11434"),
        ("box:1", "http://box:1"),
        ("http://box:1/", "http://box:1"),
        ("https://box.example/ollama", "https://box.example/ollama"),
    ],
)
def test_ollamas_address_is_read_as_ollama_reads_it(told: str | None, address: str) -> None:
    assert ollama_address(told) == address


# get


def test_it_is_a_model_source() -> None:
    source: ModelSource = ChatModels({})
    model: ChatModel = source.get("simulated")
    assert model.simulated and model.name == "simulated"


def test_without_a_name_there_is_the_default() -> None:
    assert ChatModels({}).get(None).simulated
    assert ChatModels({"OPENAI_API_KEY": "k"}, preferred="openai/gpt-5.1").get(None).name == "openai/gpt-5.1"


@pytest.mark.parametrize(
    "name", ["gtp-5.1", "opanai/gpt-5.1", "nosuch/model", "qwen3", "/", "a/b/c", "\ud800", "x" * 999]
)
def test_a_name_of_no_provider_is_told_with_what_to_do(name: str) -> None:
    with pytest.raises(UnknownModel) as told:
        ChatModels({"OPENAI_API_KEY": "k"}).get(name)
    assert told.value.help


def test_the_nearest_name_is_offered() -> None:
    with pytest.raises(UnknownModel, match=r"no model `opanai/gpt-5\.1`") as told:
        ChatModels({}).get("opanai/gpt-5.1")
    assert "openai/gpt-5.1" in told.value.help


@pytest.mark.parametrize("name", ["gpt-5.1", "claude-sonnet-4-5", "openai/anything", "groq/x", " openai/x "])
def test_names_that_lead_to_a_provider_without_a_key_ask_for_it(name: str) -> None:
    with pytest.raises(KeyRefused) as told:
        ChatModels({}).get(name)
    assert "_API_KEY" in told.value.help


def test_a_local_server_without_an_address_asks_for_it() -> None:
    with pytest.raises(RequestRefused, match="needs the address") as told:
        ChatModels({}).get("lm_studio/x")
    assert "LM_STUDIO_API_BASE" in told.value.help


def test_providers_with_their_own_ways_may_be_named() -> None:
    assert ChatModels({}).get("bedrock/some-model").name == "bedrock/some-model"


@pytest.mark.parametrize("key", ["sk-a\nb", "sk-“quoted”", "sk-é", "sk a\tb"])
def test_a_key_that_can_be_none_is_told_before_any_call(key: str) -> None:
    with pytest.raises(KeyRefused, match="characters") as told:
        ChatModels({}).get("openai/x", {"OPENAI_API_KEY": key})
    assert key not in str(told.value)


def test_blanks_around_a_key_are_no_harm() -> None:
    assert ChatModels({}).get("openai/x", {"OPENAI_API_KEY": "  sk-right\n"}).name == "openai/x"


@pytest.mark.parametrize(
    "base", ["127.0.0.1:9/v1", "ftp://x", "http://127.0.0.1:99999/v1", "http://", "x y", "http://ü"]
)
def test_an_address_that_is_none_is_told_before_any_call(base: str) -> None:
    with pytest.raises(RequestRefused, match="OPENAI_API_BASE"):
        ChatModels({}).get("openai/x", {"OPENAI_API_BASE": base})


@pytest.mark.parametrize("name", ["openai/", "ollama_chat/ "])
def test_a_provider_without_a_model_is_no_name(name: str) -> None:
    with pytest.raises(UnknownModel):
        ChatModels({"OPENAI_API_KEY": "k"}).get(name)


# hosted


def test_a_visitor_chooses_no_addresses() -> None:
    models = ChatModels({}, hosted=True)
    for keys in (
        {"OPENAI_API_BASE": "http://10.0.0.1/v1", "OPENAI_API_KEY": "k"},
        {"OLLAMA_HOST": "http://10.0.0.1"},
    ):
        with pytest.raises(RequestRefused, match="shared server"):
            models.get("openai/x", keys)


def test_a_visitor_uses_no_credentials_of_the_machine() -> None:
    models = ChatModels({}, hosted=True)
    for name in ("bedrock/x", "vertex_ai/gemini-2.5-pro", "lm_studio/x"):
        with pytest.raises(RequestRefused):
            models.get(name)
    with pytest.raises(NotReachable):
        models.get("ollama_chat/qwen3")
    with pytest.raises(KeyRefused):
        models.get("openai/gpt-5.1")
    assert models.get("openai/gpt-5.1", {"OPENAI_API_KEY": "k"}).name == "openai/gpt-5.1"


async def test_a_hosted_page_looks_for_no_ollama() -> None:
    with OpenAIServer() as server:
        found = await ChatModels({}, hosted=True).available({"OLLAMA_HOST": server.url})
    assert not any(one.name.startswith("ollama") for one in found)
    assert server.lookups == []


# probe


async def test_a_probe_tells_whether_the_model_answers(real_models: ChatModels, openai_server: OpenAIServer) -> None:
    openai_server.add(Says("yes"), Fails(401, "bad key"))
    assert (await real_models.probe("openai/x", openai_server.keys)).ready
    refused = await real_models.probe("openai/x", openai_server.keys)
    assert not refused.ready and "refused the key" in refused.why and "OPENAI_API_KEY" in refused.how


async def test_a_probe_of_an_unknown_name_or_a_missing_key_does_not_raise() -> None:
    models = ChatModels({})
    assert not (await models.probe("nosuch")).ready
    assert "OPENAI_API_KEY" in (await models.probe("openai/x")).how
    assert (await models.probe("simulated")).ready


# prices


def test_prices_are_known_unknown_or_nothing() -> None:
    models = ChatModels({})
    listed = models.price("openai/gpt-5.1")
    assert listed is not None and 0 < listed.input < listed.output
    assert models.price("gpt-5.1") == listed
    assert models.price("openai/my-own") is None
    free = models.price("ollama_chat/qwen3")
    assert free is not None and free.cost(1000, 1000) == 0
    assert models.price("nosuch") is None
    simulated = models.price("simulated")
    assert simulated is not None and simulated.cost(5, 5) == 0


def test_at_another_address_the_price_is_unknown() -> None:
    assert ChatModels({"OPENAI_API_BASE": "http://127.0.0.1:9/v1"}).price("openai/gpt-5.1") is None


# weight


def test_finding_and_naming_models_loads_no_model_library() -> None:
    code = """
import asyncio, sys
from chat_app.chat_models.models import ChatModels
models = ChatModels({"OPENAI_API_KEY": "k", "OLLAMA_HOST": "http://127.0.0.1:9"})
models.get("openai/gpt-5.1"), models.price("gpt-5.1"), asyncio.run(models.available()), asyncio.run(models.close())
heavy = {"litellm", "openai", "gradio", "mlflow", "pandas", "langgraph"} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_errors_are_all_of_one_family() -> None:
    assert all(issubclass(kind, ChatModelError) for kind in (UnknownModel, KeyRefused, RequestRefused, NotReachable))
