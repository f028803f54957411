"""The providers of chat models: how each is told from a name, which keys it takes, a few of its models.

Any other model that LiteLLM knows can be named too; this table is what the page offers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

SIMULATED = "simulated"
"""The name by which the simulated model is chosen."""


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider; its models are named `prefix/model`."""

    prefix: str
    title: str
    keys: tuple[str, ...] = ()
    """Variables that may hold its key; the first is the one to advise."""
    bases: tuple[str, ...] = ()
    """Variables that may hold the address of another server with the same protocol."""
    models: tuple[str, ...] = ()
    """A few models to offer, the best all-rounder first."""
    local: bool = False
    """Whether it runs on one's own machine: then a call costs nothing, and its start may be slow."""


PROVIDERS = (
    Provider(
        "openai",
        "OpenAI",
        keys=("OPENAI_API_KEY",),
        bases=("OPENAI_API_BASE", "OPENAI_BASE_URL"),
        models=("openai/gpt-5.1", "openai/gpt-5-mini"),
    ),
    Provider(
        "anthropic",
        "Anthropic",
        keys=("ANTHROPIC_API_KEY",),
        bases=("ANTHROPIC_API_BASE", "ANTHROPIC_BASE_URL"),
        models=("anthropic/claude-sonnet-4-5", "anthropic/claude-haiku-4-5"),
    ),
    Provider(
        "gemini",
        "Google Gemini",
        keys=("GEMINI_API_KEY", "GOOGLE_API_KEY"),
        models=("gemini/gemini-2.5-flash", "gemini/gemini-2.5-pro"),
    ),
    Provider(
        "mistral",
        "Mistral",
        keys=("MISTRAL_API_KEY",),
        bases=("MISTRAL_API_BASE",),
        models=("mistral/mistral-large-latest", "mistral/mistral-small-latest"),
    ),
    Provider("groq", "Groq", keys=("GROQ_API_KEY",), models=("groq/openai/gpt-oss-120b",)),
    Provider("deepseek", "DeepSeek", keys=("DEEPSEEK_API_KEY",), models=("deepseek/deepseek-chat",)),
    Provider("xai", "xAI", keys=("XAI_API_KEY",), models=("xai/grok-4.3",)),
    Provider(
        "openrouter",
        "OpenRouter",
        keys=("OPENROUTER_API_KEY",),
        bases=("OPENROUTER_API_BASE",),
        models=("openrouter/openai/gpt-5.1", "openrouter/anthropic/claude-sonnet-4.5"),
    ),
    Provider(
        "together_ai",
        "Together AI",
        keys=("TOGETHERAI_API_KEY", "TOGETHER_API_KEY"),
        models=("together_ai/openai/gpt-oss-120b",),
    ),
    Provider("cerebras", "Cerebras", keys=("CEREBRAS_API_KEY",), models=("cerebras/gpt-oss-120b",)),
    Provider(
        "ollama_chat",
        "Ollama",
        keys=("OLLAMA_API_KEY",),
        bases=("OLLAMA_API_BASE", "OLLAMA_HOST"),
        models=("ollama_chat/qwen3",),
        local=True,
    ),
    Provider("hosted_vllm", "vLLM", keys=("HOSTED_VLLM_API_KEY",), bases=("HOSTED_VLLM_API_BASE",), local=True),
    Provider("lm_studio", "LM Studio", keys=("LM_STUDIO_API_KEY",), bases=("LM_STUDIO_API_BASE",), local=True),
    Provider("llamafile", "llamafile", keys=("LLAMAFILE_API_KEY",), bases=("LLAMAFILE_API_BASE",), local=True),
    Provider("azure", "Azure OpenAI", keys=("AZURE_API_KEY",), bases=("AZURE_API_BASE",)),
    Provider("cohere", "Cohere", keys=("COHERE_API_KEY", "CO_API_KEY")),
    Provider("perplexity", "Perplexity", keys=("PERPLEXITYAI_API_KEY", "PERPLEXITY_API_KEY")),
    Provider("fireworks_ai", "Fireworks", keys=("FIREWORKS_API_KEY", "FIREWORKS_AI_API_KEY")),
    Provider("nvidia_nim", "NVIDIA NIM", keys=("NVIDIA_NIM_API_KEY",), bases=("NVIDIA_NIM_API_BASE",)),
    Provider("huggingface", "Hugging Face", keys=("HF_TOKEN", "HUGGINGFACE_API_KEY")),
)

OLLAMA = next(provider for provider in PROVIDERS if provider.prefix == "ollama_chat")
DEFAULT_OLLAMA = "http://127.0.0.1:11434"

_BY_PREFIX = {provider.prefix: provider for provider in PROVIDERS}
# `ollama/` is LiteLLM's older road to the same server, without tools.
_ALIASES = {"ollama": "ollama_chat"}

OTHER_PREFIXES = frozenset(
    re.findall(
        r"\S+",
        "ai21 aiml azure_ai baseten bedrock clarifai cloudflare custom_openai dashscope databricks deepinfra "
        "featherless_ai friendliai galadriel github github_copilot huggingface hyperbolic infinity lambda_ai "
        "litellm_proxy meta_llama minimax moonshot morph nebius nlp_cloud novita nscale oci openai_like "
        "oobabooga ovhcloud petals predibase replicate sagemaker sagemaker_chat sambanova snowflake "
        "text-completion-openai v0 vercel_ai_gateway vertex_ai volcengine voyage watsonx xinference "
        "zai",
    )
)
"""Providers that take their settings from the environment, in LiteLLM's own way."""


def by_prefix(prefix: str) -> Provider | None:
    """The provider of a prefix, if the table has it."""
    return _BY_PREFIX.get(_ALIASES.get(prefix, prefix))


def call_name(name: str) -> str:
    """The name to call a model by: `ollama/x` goes by the road that knows tools."""
    prefix, slash, rest = name.partition("/")
    return f"{_ALIASES[prefix]}/{rest}" if slash and prefix in _ALIASES else name


def first_of(names: tuple[str, ...], values: Mapping[str, str]) -> str | None:
    """The first of these variables that is set to something."""
    return next((values[name].strip() for name in names if values.get(name, "").strip()), None)


def ollama_address(told: str | None) -> str:
    """Ollama's address from what `OLLAMA_HOST` may hold: a URL, a host, a port, or nothing."""
    text = (told or "").strip().rstrip("/")
    if not text:
        return DEFAULT_OLLAMA
    if "://" not in text:
        text = f"http://{text}"
    scheme, _, rest = text.partition("://")
    host, colon, port = rest.partition(":")
    if not colon and scheme == "http" and "/" not in rest:
        port = "11434"
        rest = f"{host}:{port}"
    # The server's own setting for `every interface` is no address that a client can call.
    return f"{scheme}://{rest}".replace("://0.0.0.0", "://127.0.0.1").replace("://:", "://127.0.0.1:")
