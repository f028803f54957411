"""`http`: makes one request; secrets go out in headers and query, and come back in nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from chat_app.engine.answered import Telling, http_answer, http_request
from chat_app.engine.errors import StepProblem
from chat_app.engine.kinds.pretence import pretended
from chat_app.engine.kinds.results import spread
from chat_app.engine.level import Runner, Step
from chat_app.engine.nested import Nested, nested
from chat_app.engine.problems import problem_of_network
from chat_app.engine.text import as_text
from chat_app.events.run import Logged
from chat_app.events.trace_ids import traceparent
from chat_app.tools.network import HttpAnswer
from chat_app.tools.network_errors import NetworkError
from chat_app.tools.secrets import SecretMissing, Secrets
from chat_app.workflow.fields import FieldType
from chat_app.workflow.nodes import ErrorCause, HttpNode

KEY_HEADER = "idempotency-key"
CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
"""Methods that change something: a repetition must be told as one."""

SHOWN = 300
"""How many characters of an answer an error shows."""


@dataclass(frozen=True)
class _Parts:
    """The templates of a request."""

    url: Nested
    headers: Nested
    query: Nested
    json: Nested
    body: Nested

    @property
    def secrets(self) -> frozenset[str]:
        return self.headers.secrets | self.query.secrets


def compile_node(node: HttpNode, fields: Mapping[str, FieldType]) -> Runner:
    """Makes the node ready to run."""
    parts = _Parts(
        nested(node.url, "url"),
        nested(node.headers or {}, "headers"),
        nested(node.query or {}, "query"),
        nested(node.json_body, "json"),
        nested(node.body, "body"),
    )

    async def run(step: Step) -> dict[str, Any]:
        made = pretended(step, contacts=True, likely={"status": 200} if "status" in fields else None)
        if made is not None:
            return made
        try:
            secrets = step.run.outside.secrets(parts.secrets)
        except SecretMissing as error:
            raise StepProblem(error.message, help=error.help) from error
        answer = await _asked(step, node, parts, secrets)
        if answer.status >= 400 and "status" not in fields:
            raise _refused(answer, secrets)
        found: dict[str, Any] = secrets.scrub(_writes(node, fields, answer))
        return found

    return run


async def _asked(step: Step, node: HttpNode, parts: _Parts, secrets: Secrets) -> HttpAnswer:
    # Only these two may name secrets; anywhere else `secret` is undefined.
    names = {**step.names, "secret": dict(secrets.values)}
    url = as_text(parts.url.render(step))
    headers = _headers(step, node, parts, names)
    body = None if (text := parts.body.render(step)) is None else as_text(text)
    query, json_body = parts.query.render(step, names), parts.json.render(step)
    asked = secrets.scrub(http_request(node.method, url, query, json_body, body))
    telling = Telling(step, "http", f"{node.method} {asked['url']}", asked)
    try:
        answer = await step.run.outside.reach.network.request(
            node.method,
            url,
            headers=headers,
            query=query,
            json_body=json_body,
            body=body,
            seconds=node.timeout_seconds,
        )
    except NetworkError as error:
        problem = problem_of_network(error)
        telling.failed(type(error)(secrets.scrub(error.message), help=secrets.scrub(error.help)))
        # What caused it may hold the request, secrets and all: it is told, not chained.
        raise StepProblem(
            secrets.scrub(problem.message), help=secrets.scrub(problem.help), cause=problem.cause
        ) from None
    if telling.wanted:
        telling.answer(secrets.scrub(http_answer(answer)))
    where = urlsplit(answer.url)
    said = f"{node.method} {where.scheme}://{where.netloc}{where.path}: {answer.status}, {len(answer.body):,} bytes"
    step.run.emit(Logged(secrets.scrub(said), "info", step.id, step.name))
    return answer


def _headers(step: Step, node: HttpNode, parts: _Parts, names: Mapping[str, Any]) -> dict[str, str]:
    """The node's own, and what it leaves to us: a key for servers that do a thing once, and the run's trace."""
    headers = {name: as_text(value) for name, value in parts.headers.render(step, names).items()}
    own = {name.lower() for name in headers}
    if node.method in CHANGING and KEY_HEADER not in own:
        headers["Idempotency-Key"] = step.idempotency_key
    if step.run.outside.reach.tells_trace and "traceparent" not in own:
        headers["traceparent"] = traceparent(step.run.run_id, step.id)
    return headers


def _writes(node: HttpNode, fields: Mapping[str, FieldType], answer: HttpAnswer) -> dict[str, Any]:
    """`status` and `headers` are what they say; other fields take the body: as text, or read as JSON."""
    own: dict[str, Any] = {}
    if "status" in fields:
        own["status"] = answer.status
    if "headers" in fields and fields["headers"].type == "object":
        own["headers"] = dict(answer.headers)
    rest = [name for name in node.writes if name not in own]
    if len(rest) == 1 and fields[rest[0]].type == "string":
        return own | {rest[0]: answer.text}
    if not rest:
        return own
    return own | spread(_json(answer), rest, fields, "The answer")


def _json(answer: HttpAnswer) -> Any:
    if answer.json is not None:
        return answer.json
    try:
        return json.loads(answer.text)
    except (ValueError, RecursionError):
        raise StepProblem(
            f"The answer is no JSON ({answer.media_type or 'no media type'}): {_start(answer.text)}",
            help="Write it into one string field, or ask an address that answers with JSON.",
            cause="invalid_output",
        ) from None


def _refused(answer: HttpAnswer, secrets: Secrets) -> StepProblem:
    phrase = HTTPStatus(answer.status).phrase if answer.status in set(HTTPStatus) else "unknown"
    cause: ErrorCause = "any"
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        cause = "rate_limit"
    elif answer.status >= 500:
        cause = "server_error"
    said = f": {_start(answer.text)}" if answer.text.strip() else "."
    host = urlsplit(answer.url).netloc
    return StepProblem(
        secrets.scrub(f"{host} answered with status {answer.status} ({phrase}){said}"),
        help="Correct the request, or write `status` into an integer field and go on by it.",
        cause=cause,
        retry_after=_patience(answer.headers.get("retry-after", "")),
    )


def _patience(text: str) -> float | None:
    """The seconds in a Retry-After header."""
    if text.strip().isdecimal():
        return float(text)
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max((when - datetime.now(UTC)).total_seconds(), 0.0)


def _start(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else f"{line[:SHOWN]}…"
