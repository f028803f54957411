"""Names of models are judged by the table that LiteLLM ships; what anybody may call as they like is not judged."""

from __future__ import annotations

import subprocess
import sys

import pytest

from chat_app.chat_models.known import KnownModels
from chat_app.chat_models.providers import PROVIDERS

KNOWN = KnownModels({})


@pytest.mark.parametrize(
    "name",
    [
        *(name for provider in PROVIDERS for name in provider.models),
        "simulated",
        "gpt-5-mini",
        "claude-sonnet-4-5",
        # Servers of one's own, and names that their owners choose.
        "ollama_chat/whatever:70b-q4",
        "ollama/llama3",
        "hosted_vllm/my-org/my-model",
        "lm_studio/x",
        "azure/my-deployment",
        "openrouter/somebody/some-model",
        "huggingface/org/model",
        "litellm_proxy/team-model",
        "bedrock/anthropic.claude-99",
        "openai/ft:gpt-4.1-mini:acme::abc123",
        # Newer than the table.
        "openai/gpt-9",
        "openai/gpt-7.5-mini-2031-01-01",
        "anthropic/claude-sonnet-9",
        "gemini/gemini-7.0-flash",
        "mistral/mistral-large-2999",
    ],
)
def test_a_right_name_is_not_doubted(name: str) -> None:
    assert KNOWN.doubt(name) is None


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("opnai/gpt-5.1", "openai/gpt-5.1"),
        ("ollama-chat/qwen3", "ollama_chat/qwen3"),
        ("antropic/claude-sonnet-4-5", "anthropic/claude-sonnet-4-5"),
        ("gtp-5-mini", "gpt-5-mini"),
        ("claude-sonet-4-5", "claude-sonnet-4-5"),
        ("simulatd", "simulated"),
        ("my_model", None),
        ("text-embedding-3-small", None),
        ("openai/text-embedding-3-small", None),
    ],
)
def test_what_a_run_would_refuse_is_certain(name: str, nearest: str | None) -> None:
    doubt = KNOWN.doubt(name)

    assert doubt is not None
    assert doubt.certain
    assert doubt.nearest == nearest


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("anthropic/claude-sonet-4-5", "anthropic/claude-sonnet-4-5"),
        ("openai/gtp-5-mini", "openai/gpt-5-mini"),
        ("gemini/gemini-2.5-flsh", "gemini/gemini-2.5-flash"),
        ("openai/my-model", None),
    ],
)
def test_a_name_that_the_provider_is_not_known_to_have_is_doubted(name: str, nearest: str | None) -> None:
    doubt = KNOWN.doubt(name)

    assert doubt is not None
    assert not doubt.certain
    assert doubt.nearest == nearest


def test_a_provider_served_elsewhere_is_not_judged() -> None:
    assert KnownModels({"OPENAI_API_BASE": "http://127.0.0.1:8000/v1"}).doubt("openai/my-model") is None


@pytest.mark.parametrize(
    ("name", "sees"),
    [
        ("openai/gpt-5.1", True),
        ("gpt-3.5-turbo", False),
        ("openai/o3-mini", False),
        ("ollama_chat/qwen3", None),
        ("openrouter/somebody/some-model", None),
        ("simulated", None),
    ],
)
def test_whether_a_model_sees(name: str, sees: bool | None) -> None:
    assert KNOWN.takes_images(name) is sees


def test_judging_a_name_loads_no_model_library() -> None:
    code = (
        "import sys; from chat_app.chat_models.known import KnownModels; KnownModels({}).doubt('opnai/x');"
        "sys.exit('litellm' in sys.modules or 'httpx' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
