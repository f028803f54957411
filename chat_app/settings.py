"""Settings, frozen, read once from the environment. Only `app` reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import platformdirs

from chat_app.chat_models.prices import query_price
from chat_app.chat_models.rates import Rate, read_rates
from chat_app.files.store import MIB, Bounds
from chat_app.sandbox.full.choice import WANTED, Jails, Wanted
from chat_app.tools.mcp.listing import Listings
from chat_app.tools.mcp.servers import ServersWrong, read_servers
from chat_app.tools.media import MediaSetup
from chat_app.tools.policy import NetworkPolicy, hosts
from chat_app.tools.search.engines import ENGINES, KEYS, EngineName, SearchSetup
from chat_app.tools.secrets import SecretStore
from chat_app.tools.setup import ToolSetup
from chat_app.tracing.keep import Keep
from chat_app.tracing.mlflow_target import MlflowTarget, mlflow_target


class CannotStart(Exception):
    """A setting names a place or a port that cannot be used; the message says which, and what to do."""


_SIGN_IN = ("OAUTH_CLIENT_ID", "OAUTH_CLIENT_SECRET", "OAUTH_SCOPES", "OPENID_PROVIDER_URL")
_TRUE = frozenset({"1", "true", "yes", "on"})


@dataclass(frozen=True, slots=True)
class Settings:
    """What the operator decides."""

    designs: Path
    """Where saved workflows live: WORKFLOW_CHAT_DESIGNS, else `generated_configs` here."""
    data: Path
    """Where runs, checkpoints and conversations live: WORKFLOW_CHAT_DATA, else the user's data folder."""
    model: str | None
    """The default model: WORKFLOW_CHAT_MODEL, else what is found."""
    hosted: bool
    """Many strangers, no keys of ours: on Hugging Face Spaces, or WORKFLOW_CHAT_HOSTED=1."""
    sign_in: bool
    """Whether the hosting service offers to sign in: a Space with `hf_oauth: true` has these variables."""
    environment: Mapping[str, str] = field(repr=False)
    """What chat models may look up keys in; on a hosted page only what the operator named a model for."""

    network: NetworkPolicy = field(default_factory=NetworkPolicy)
    """What workflows may contact: WORKFLOW_CHAT_ALLOWED_HOSTS (although private), WORKFLOW_CHAT_ONLY_HOSTS (and no
    others; hosted, none unless named here), WORKFLOW_CHAT_DENIED_HOSTS."""
    rates: Mapping[str, Rate] = field(default_factory=dict)
    """How much each provider of models is asked at most: WORKFLOW_CHAT_RATES."""
    fallbacks: tuple[str, ...] = ()
    """Models to ask where a node's own can't be reached, in this order: WORKFLOW_CHAT_FALLBACK_MODELS."""
    secrets: SecretStore = field(default_factory=SecretStore)
    """What workflows may use as `secret.NAME`: the names in WORKFLOW_CHAT_SECRETS; unset and not hosted, all."""

    files: Bounds = field(default_factory=Bounds)
    """How much may be kept of files, in megabytes: WORKFLOW_CHAT_FILE_MB (of one),
    WORKFLOW_CHAT_RUN_FILES_MB (of those that one run makes), WORKFLOW_CHAT_FILES_MB (of all)."""

    otel: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The usual variables of OpenTelemetry, OTEL_*: where spans of runs are sent, if anywhere."""

    mlflow: MlflowTarget | None = None
    """Where traces go: MLFLOW_TRACKING_URI, else a database among the data; nowhere if WORKFLOW_CHAT_MLFLOW=off, or
    hosted without a server."""

    store: Path | str = field(default=Path("runs.sqlite"), repr=False)
    """Where runs are recorded: WORKFLOW_CHAT_STORE, the URL of a PostgreSQL database, else a file among the data."""

    tools: ToolSetup = field(default_factory=ToolSetup)
    """What is set up for tools: WORKFLOW_CHAT_SEARCH, WORKFLOW_CHAT_IMAGE_MODEL, _SPEECH_, _TRANSCRIPTION_, _VISION_
    and _EMBEDDING_MODEL; MCP servers: WORKFLOW_CHAT_MCP, JSON or a file with JSON."""
    server_secrets: SecretStore = field(default_factory=SecretStore, repr=False)
    """What declarations of MCP servers may name: the whole environment, as they are the operator's own."""
    jails: Jails = field(default_factory=Jails)
    """Where code of `runtime: full` runs: WORKFLOW_CHAT_SANDBOX (auto, docker, landlock, off),
    WORKFLOW_CHAT_SANDBOX_IMAGE (the container's)."""

    keep: Keep = field(default_factory=Keep)
    """How much of what happened is kept: WORKFLOW_CHAT_KEEP_DAYS, WORKFLOW_CHAT_KEEP_MB; unset, all."""
    monthly_usd: float | None = None
    """WORKFLOW_CHAT_MONTHLY_USD: once so much is spent in a month, no run that asks a model starts any more."""

    @property
    def used_files(self) -> Path | None:
        """Where texts from the page find the files that they run; strangers must not read each other's by that."""
        return None if self.hosted else self.designs

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Reads WORKFLOW_CHAT_* and the hosting service's variables."""
        hosted = environment.get("WORKFLOW_CHAT_HOSTED", "").lower() in _TRUE or environment.get("SYSTEM") == "spaces"
        model = environment.get("WORKFLOW_CHAT_MODEL") or None
        data = environment.get("WORKFLOW_CHAT_DATA") or platformdirs.user_data_dir("workflow-chat", False)
        return cls(
            designs=Path(environment.get("WORKFLOW_CHAT_DESIGNS") or "generated_configs").absolute(),
            data=Path(data).absolute(),
            model=model,
            hosted=hosted,
            sign_in=environment.get("SYSTEM") == "spaces" and all(environment.get(name) for name in _SIGN_IN),
            # A visitor must not spend the operator's money unless the operator chose a model for that.
            environment={} if hosted and model is None else dict(environment),
            network=_network(environment, hosted),
            rates=_rates(environment.get("WORKFLOW_CHAT_RATES", "")),
            fallbacks=tuple(environment.get("WORKFLOW_CHAT_FALLBACK_MODELS", "").replace(",", " ").split()),
            secrets=_secrets(environment, hosted),
            otel={name: value for name, value in environment.items() if name.startswith("OTEL_")},
            files=_file_bounds(environment),
            mlflow=mlflow_target(environment, Path(data).absolute(), hosted=hosted),
            keep=Keep(_number(environment, "WORKFLOW_CHAT_KEEP_DAYS"), _number(environment, "WORKFLOW_CHAT_KEEP_MB")),
            monthly_usd=_number(environment, "WORKFLOW_CHAT_MONTHLY_USD"),
            store=environment.get("WORKFLOW_CHAT_STORE") or Path(data).absolute() / "runs.sqlite",
            tools=_tools(environment, hosted, Path(data).absolute()),
            server_secrets=SecretStore(dict(environment)),
            jails=_jails(environment),
        )


def _rates(text: str) -> dict[str, Rate]:
    try:
        return read_rates(text)
    except ValueError as wrong:
        raise CannotStart(
            f"WORKFLOW_CHAT_RATES: {wrong} is no rate; write provider=N (calls at once) or provider=N/min, "
            "such as openai=60/min,ollama_chat=2"
        ) from None


def _network(environment: Mapping[str, str], hosted: bool) -> NetworkPolicy:
    only = environment.get("WORKFLOW_CHAT_ONLY_HOSTS")
    return NetworkPolicy(
        allowed=hosts(environment.get("WORKFLOW_CHAT_ALLOWED_HOSTS", "")),
        # A hosted page must not be a way for strangers to send requests under the operator's address.
        only=hosts(only or "") if hosted or only else None,
        denied=hosts(environment.get("WORKFLOW_CHAT_DENIED_HOSTS", "")),
    )


def _secrets(environment: Mapping[str, str], hosted: bool) -> SecretStore:
    named = environment.get("WORKFLOW_CHAT_SECRETS")
    if named is None and not hosted:
        return SecretStore(dict(environment))
    offered = frozenset((named or "").replace(",", " ").split())
    return SecretStore({name: environment[name] for name in offered if name in environment}, offered)


def _file_bounds(environment: Mapping[str, str]) -> Bounds:
    usual = Bounds()
    return Bounds(
        file=_megabytes(environment, "WORKFLOW_CHAT_FILE_MB", usual.file),
        run=_megabytes(environment, "WORKFLOW_CHAT_RUN_FILES_MB", usual.run),
        store=_megabytes(environment, "WORKFLOW_CHAT_FILES_MB", usual.store),
    )


def _megabytes(environment: Mapping[str, str], name: str, usual: int) -> int:
    told = environment.get(name, "").strip()
    if not told:
        return usual
    if not told.isdecimal() or int(told) == 0:
        raise CannotStart(f"{name} must be a whole number of megabytes, found {told!r}")
    return int(told) * MIB


def _tools(environment: Mapping[str, str], hosted: bool, data: Path) -> ToolSetup:
    try:
        servers = read_servers(environment.get("WORKFLOW_CHAT_MCP", ""), hosted=hosted)
    except ServersWrong as error:
        raise CannotStart(str(error)) from None
    return ToolSetup(_search(environment, hosted), _media(environment), servers, Listings(data / "mcp"))


def _search(environment: Mapping[str, str], hosted: bool) -> SearchSetup:
    """The engine that is named, else one whose key or address is there; strangers spend no key unless it is named."""
    named = environment.get("WORKFLOW_CHAT_SEARCH", "").strip().lower()
    if named and named not in ENGINES:
        raise CannotStart(f"WORKFLOW_CHAT_SEARCH must be one of {', '.join(ENGINES)}; found {named!r}")
    own = environment.get("SEARXNG_URL", "").strip()
    ready = [engine for engine, key in KEYS.items() if environment.get(key, "").strip()]
    found = ready[0] if ready else "searxng" if own else "duckduckgo"
    engine = named or ("duckduckgo" if hosted else found)
    key = environment.get(KEYS[engine], "").strip() if engine in KEYS else ""
    price = query_price(engine) if engine in KEYS else None
    return SearchSetup(cast(EngineName, engine), own if engine == "searxng" else "", key, price)


def _media(environment: Mapping[str, str]) -> MediaSetup:
    def named(what: str) -> str | None:
        return environment.get(f"WORKFLOW_CHAT_{what}", "").strip() or None

    return MediaSetup(
        image=named("IMAGE_MODEL"),
        speech=named("SPEECH_MODEL"),
        transcription=named("TRANSCRIPTION_MODEL"),
        vision=named("VISION_MODEL") or named("MODEL"),
        embedding=named("EMBEDDING_MODEL"),
    )


def _jails(environment: Mapping[str, str]) -> Jails:
    wanted = environment.get("WORKFLOW_CHAT_SANDBOX", "").strip().lower() or "auto"
    if wanted not in WANTED:
        raise CannotStart(f"WORKFLOW_CHAT_SANDBOX must be one of {', '.join(WANTED)}; found {wanted!r}")
    image = environment.get("WORKFLOW_CHAT_SANDBOX_IMAGE", "").strip()
    jails = Jails(cast(Wanted, wanted))
    return replace(jails, image=image) if image else jails


def _number(environment: Mapping[str, str], name: str) -> float | None:
    """A bound that may be left out; raises CannotStart for what is no number from 0."""
    text = environment.get(name, "").strip()
    if not text:
        return None
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 <= found < float("inf"):
        raise CannotStart(f"{name} is {text!r}; give a number from 0, or leave it out")
    return found
