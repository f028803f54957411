"""What a workflow takes, returns and may use up: inputs, outputs, limits, the model, its description."""

from __future__ import annotations

import re
from typing import Any

from chat_app.designer.guided.amounts import in_digits
from chat_app.designer.guided.commands.outcome import Change, NotClear, Outcome, Unsure, field_for, node_for
from chat_app.designer.guided.view import View
from chat_app.designer.guided.words import NUMBER, items, name_of, number, unquoted
from chat_app.translation import tr
from chat_app.workflow.nodes import ClassifyNode, LlmNode
from chat_app.workflow.typed_edits import AddInput, DesignEdit, SetInfo, SetKey, SetLimits, SetOutputs

_OUT = r"(?:output|return|give(?: me)?(?: back)?|show(?: me)?|deliver|hand back)"
_ONLY = re.compile(
    rf"^(?:{_OUT}\s+(?:only|just|nothing but)\s+(?P<a>.+)|(?:only|just)\s+{_OUT}\s+(?P<b>.+)|"
    rf"(?:the )?(?:outputs?|results?)\s+(?:is|are|should be|shall be|must be|:|=)\s*(?:only|just)?\s*(?P<c>.+)"
    rf"|set (?:the )?outputs? to (?P<d>.+)|(?:the )?only output(?:s)? (?:is|are|should be) (?P<e>.+)|"
    rf"make (?P<f>.+) the only output)$",
    re.IGNORECASE,
)
_ALSO = re.compile(
    rf"^(?:also\s+{_OUT}\s+(?P<a>.+)|{_OUT}\s+(?:also|too|as well)\s+(?P<b>.+)|"
    rf"{_OUT}\s+(?P<c>.+?)\s+(?:too|as well|also|in addition)|"
    rf"add\s+(?P<d>.+?)\s+to (?:the )?(?:outputs?|results?)"
    rf"|add (?:the |an? )?outputs?\s+(?P<e>.+)|(?:output|return)\s+(?P<f>.+)|make (?P<g>.+) an output)$",
    re.IGNORECASE,
)
_NOT = re.compile(
    r"^(?:do not|don't|no longer|never|stop)\s+(?:output|return|show|giv|returning|outputting|"
    r"showing)(?:e|ing)?\s+(?P<a>.+)$",
    re.IGNORECASE,
)
_INPUT = re.compile(
    r"^(?:add|i need|we need|there (?:should|must) be|take|use|have|create|insert|accept|"
    r"ask for)\s+(?:an?|another|one more|the|a new|a further)?\s*(?:new\s+|further\s+|second\s+|"
    r"optional\s+|extra\s+)*"
    r"(?:(?P<kind>text|string|number|whole number|integer|yes/no|boolean|list|array|date)\s+)?"
    r"(?:input(?:\s+field)?s?|parameter|question to the user)\s*(?::|called|named|for|with the name|"
    r"by the name of)?\s*(?:the\s+)?(?P<name>.+)$"
    r"|^(?:add|take|use|accept)\s+(?:the\s+|an?\s+)?(?P<name2>.+?)\s+as\s+(?:an?\s+|"
    r"another\s+)?(?:(?P<kind2>text|number|whole number|list|yes/no)\s+)?(?:input|"
    r"parameter)(?P<rest>.*)$"
    r"|^an?\s+(?:(?:new|further|second|optional|extra)\s+)*input\s+(?:called|named|for)\s+(?:the\s+)?(?P<name4>.+)$"
    r"|^ask (?:the )?users? for (?:the |an? )?(?P<name3>.+)$",
    re.IGNORECASE,
)
_TYPES: dict[str, dict[str, Any]] = {
    "text": {"type": "string"},
    "string": {"type": "string"},
    "number": {"type": "number"},
    "date": {"type": "string"},
    "whole number": {"type": "integer"},
    "integer": {"type": "integer"},
    "yes/no": {"type": "boolean"},
    "boolean": {"type": "boolean"},
    "list": {"type": "array", "items": {"type": "string"}},
    "array": {"type": "array", "items": {"type": "string"}},
}
_LIMIT = re.compile(
    rf"^(?:(?:set|change|put|raise|lower)\s+)?(?:the\s+|a\s+)?(?:limit|cap|restrict|bound)\b.*?(?P<a>[$€]?\s*{NUMBER}\s*.*)$|^(?:stop|abort|end|"
    rf"time ?out)(?: it| the run| everything)?\s+(?:after|at)\s+(?P<b>[$€]?\s*{NUMBER}\s*.*)$"
    rf"|^(?:spend|use|cost|take|run|it (?:may|can|should) (?:cost|take|use|"
    rf"run))?\s*(?:for\s+)?(?:at most|no more than|not more than|a maximum of|max(?:imum|\.)?|up to|"
    rf"under|less than)\s+(?P<c>[$€]?\s*{NUMBER}\s*.*)$"
    rf"|^(?:do not|don't|never|not)\s+(?:(?:spend|use|cost|take|run)\s+)?(?:for\s+)?(?:more|longer) than\s+"
    rf"(?P<e>[$€]?\s*{NUMBER}\s*.*)$"
    rf"|^(?:set|the|a)?\s*(?:the\s+|an?\s+)?(?:max(?:imum|imal|\.)?\s+|total\s+)?(?P<what>cost|time|step|"
    rf"token|budget|money|spending|item)s?(?: limit)?(?: (?:is|to|of|at|:|must not exceed|"
    rf"should be))*\s*(?:at most\s+)?(?P<d>[$€]?\s*{NUMBER}\s*.*)$",
    re.IGNORECASE,
)
_MODEL_NAME = (
    r"(?:[\w.-]+/[\w./:@-]+|(?:gpt|claude|gemini|o[134]|llama|qwen|mistral|mixtral|deepseek|phi|gemma|"
    r"command|grok)[\w.:-]*|simulated)"
)
_MODEL = re.compile(
    rf"^(?:use|switch(?: over)? to|change to|take|run (?:it )?(?:on|with)|set|change|"
    rf"go with)\s+(?:the\s+)?(?:model\s*)?(?:(?:of|for)\s+(?P<node1>.+?)\s+)?(?:to\s+|model\s+|"
    rf"the model\s+|it to\s+)*"
    rf"[\"'`]?(?P<model>{_MODEL_NAME})[\"'`]?(?:\s+(?:for|in|at|on)\s+(?P<node2>.+))?$"
    rf"|^(?P<node3>.+?)\s+(?:should|must|shall|has to)\s+(?:use|run (?:on|with)|take)\s+(?:the\s+)?(?:model\s+)?"
    rf"[\"'`]?(?P<model3>{_MODEL_NAME})[\"'`]?$",
    re.IGNORECASE,
)
_MODEL_ANY = re.compile(
    r"^(?:use|set|switch to|"
    r"change to)\s+(?:the\s+)?model\s+(?:to\s+)?[\"'`]?(?P<model>[\w./:@-]+)[\"'`]?(?:\s+(?:for|"
    r"in)\s+(?P<node>.+))?$",
    re.IGNORECASE,
)
_MODEL_NONE = re.compile(
    r"^(?:use|take|go back to)\s+(?:the\s+)?(?:app's\s+)?default model(?:\s+(?:for|"
    r"in)\s+(?P<node>.+))?$|^(?:remove|unset|forget) the model$",
    re.IGNORECASE,
)
_OTHER_MODEL = re.compile(
    r"^(?:(?P<node>.+?)\s+(?:should|must|shall|has to|needs to)\s+)?(?:use|take|try|pick|choose|"
    r"switch(?: over)? to|change to|"
    r"go with|run (?:it )?(?:on|with)|i (?:want|need))\s+(?:an?\s+|some\s+)?"
    r"(?:different|other|another|better|bigger|larger|smaller|cheaper|faster|stronger|new)\s+"
    r"(?:ai\s+|language\s+|chat\s+)?models?(?:\s+(?:for|in|at|on|with)\s+(?P<node2>.+))?$"
    r"|^(?:change|switch|swap|replace)\s+(?:the\s+)?model(?:\s+(?:for|of|in|at)\s+(?P<node3>.+))?$",
    re.IGNORECASE,
)
_EVERYWHERE = re.compile(r"(?:everything|all(?: steps)?|every step|it|the (?:whole )?workflow|this)", re.IGNORECASE)
_MODELS = ("ollama_chat/qwen3", "openai/gpt-4o-mini", "anthropic/claude-sonnet-4-5")
"""Examples of names, one of a model on one's own machine first."""
_DESCRIBE = re.compile(
    r"^(?:describe (?:it|the workflow|this) as|set (?:the )?description to|"
    r"change (?:the )?description to|the description is|description:)\s*(.+)$",
    re.IGNORECASE,
)


def read(clause: str, view: View) -> Outcome | None:
    """Reads a wish about the contract."""
    described = _DESCRIBE.match(clause)
    if described:
        return Change((SetInfo(description=unquoted(described[1])),))
    for reader in (_model, _outputs, _input, _limits):
        outcome = reader(clause, view)
        if outcome is not None:
            return outcome
    return None


def _model(clause: str, view: View) -> Outcome | None:
    none = _MODEL_NONE.match(clause)
    if none:
        if none["node"]:
            node = node_for(view, none["node"], clause)
            return Change((SetKey(id=node, key="model"),), node)
        return Change((SetInfo(model=None),))
    other = _OTHER_MODEL.match(clause)
    if other:
        return _which_model(other["node"] or other["node2"] or other["node3"], clause, view)
    found = _MODEL.match(clause) or _MODEL_ANY.match(clause)
    if not found:
        return None
    words = found.groupdict()
    where = words.get("node1") or words.get("node2") or words.get("node3") or words.get("node")
    model = words["model"] or words.get("model3")
    if where and not _EVERYWHERE.fullmatch(where.strip()):
        node = _asking(where, clause, view)
        return Change((SetKey(id=node, key="model", value=model),), node)
    return Change((SetInfo(model=model),))


def _asking(where: str, clause: str, view: View) -> str:
    """The step that some words name, which must be one that asks a model."""
    node = node_for(view, where, clause)
    if not isinstance(view.places[node].node, LlmNode | ClassifyNode):
        raise NotClear(Unsure(tr("`{node}` asks no model.", node=node)))
    return node


def _which_model(where: str | None, clause: str, view: View) -> Outcome:
    """Asks for the name of a model that was wished for without one."""
    if where is None or _EVERYWHERE.fullmatch(where.strip()):
        present, node = view.workflow.model, None
    else:
        node = _asking(where, clause, view)
        present = getattr(view.places[node].node, "model", None) or view.workflow.model
    names = [name for name in _MODELS if name != present]
    said = [
        tr("use model {model}", model=name)
        if node is None
        else tr("use model {model} for {step}", model=name, step=node)
        for name in names
    ]
    return Unsure(tr("Which model shall it be? Say its name."), tuple(said))


def _first(found: re.Match[str]) -> str:
    return next(value for value in found.groupdict().values() if value)


def _outputs(clause: str, view: View) -> Outcome | None:
    only = _ONLY.match(clause)
    if only:
        return Change((SetOutputs(outputs=_fields(_first(only), view)),))
    less = _NOT.match(clause)
    if less:
        gone = _fields(less["a"], view)
        left = [name for name in view.workflow.outputs if name not in gone]
        return Change((SetOutputs(outputs=left),)) if left else Unsure(tr("A workflow needs at least one output."))
    also = _ALSO.match(clause)
    if also:
        if also["f"] or also["c"]:
            words = also["f"] or also["c"]
            if not view.fields_like(items(words)[0]) and not view.nodes_like(items(words)[0]):
                return None
        more = [name for name in _fields(_first(also), view) if name not in view.workflow.outputs]
        return (
            Change((SetOutputs(outputs=[*view.workflow.outputs, *more]),))
            if more
            else Unsure(tr("That is an output already."))
        )
    return None


def _fields(words: str, view: View) -> list[str]:
    whole = view.fields_like(words)
    if whole and len(parts := items(words)) > 1 and all(view.fields_like(part) for part in parts):
        # "the draft and the score" is two fields, although its words come near to one.
        whole = None
    found = [whole] if whole else [field_for(view, part) for part in items(words)]
    return list(dict.fromkeys(found))


def _input(clause: str, view: View) -> Outcome | None:
    found = _INPUT.match(clause)
    if not found:
        return None
    words = (found["name"] or found["name2"] or found["name3"] or found["name4"] or "").strip()
    kind = (found["kind"] or found["kind2"] or "").lower()
    typed = re.search(
        r"\s*(?:,?\s*(?:of type|as|which is|that is|being|\()\s*(?:an?\s+)?)(text|string|number|"
        r"whole number|integer|yes/no|boolean|list|array|date)\)?\b",
        words,
        re.IGNORECASE,
    )
    if typed:
        kind, words = typed[1].lower(), words[: typed.start()] + words[typed.end() :]
    default = re.search(
        r"\s*,?\s*(?:with (?:the )?default|default(?:ing)? to|default(?: is)?|=)\s*(?:value\s+)?(?:of\s+)?(.+)$",
        words,
        re.IGNORECASE,
    )
    if default:
        words = words[: default.start()]
    name = name_of(unquoted(words), "input")
    if name in view.names:
        return Unsure(tr("`{name}` is there already.", name=name))
    spec: dict[str, Any] = {
        **_TYPES.get(kind, {"type": "string"}),
        "description": words.strip(" \"'`").replace("_", " ").capitalize(),
    }
    if default:
        value = _typed(unquoted(default[1]), spec)
        if value is None:
            return Unsure(tr('The default "{value}" is no {kind}.', value=default[1], kind=kind))
        spec["default"] = value
    if not default and view.workflow.tests:
        # The tests that stand give no value for it, and must go on holding.
        spec["default"] = {"integer": 0, "number": 0, "boolean": False, "array": []}.get(spec["type"], "")
    edits: list[DesignEdit] = [AddInput(name=name, type=spec)]
    unread = tr('No step reads `{name}` yet. Say "use {name} in" and the name of a step.', name=name)
    return Change(tuple(edits), None, (unread,))


def _typed(text: str, spec: dict[str, Any]) -> Any:
    match spec["type"]:
        case "integer":
            return number(text)
        case "number":
            return float(text) if re.fullmatch(r"-?\d+(?:\.\d+)?", text) else number(text)
        case "boolean":
            return {"yes": True, "true": True, "no": False, "false": False}.get(text.lower())
        case "array":
            return items(text)
        case _:
            return text


def _limits(clause: str, view: View) -> Outcome | None:
    clause = in_digits(clause)
    found = _LIMIT.match(clause)
    if not found:
        return None
    text = next(value for key, value in found.groupdict().items() if value and key != "what")
    limits: dict[str, float | int | None] = {}
    for part in re.split(r"\s+(?:and|or)\s+|\s*,\s*", text):
        kind = found["what"] or next(iter(_KIND.findall(clause)), None)
        one = _limit(part, kind)
        if one is None:
            return (
                None
                if not re.match(r"^(?:limit|cap)\b", clause, re.IGNORECASE)
                else Unsure(
                    tr(
                        'I do not know how to limit "{part}". I can limit time, steps, tokens, dollars and list '
                        "items.",
                        part=part.strip(),
                    ),
                    (tr("limit to 2 minutes"), tr("limit to 50 steps"), tr("spend at most $0.50")),
                )
            )
        limits |= one
    return Change((SetLimits(limits=limits),))


_UNITS: tuple[tuple[str, str, float], ...] = (
    (r"(?:seconds?|secs?|s)", "seconds", 1),
    (r"(?:minutes?|mins?|m)", "seconds", 60),
    (r"(?:hours?|h)", "seconds", 3600),
    (r"(?:steps?|nodes?|node runs)", "steps", 1),
    (r"(?:k tokens|thousand tokens)", "tokens", 1000),
    (r"tokens?", "tokens", 1),
    (r"(?:\$|dollars?|usd|us dollars?|bucks?)", "cost_usd", 1),
    (r"(?:cents?|¢|ct)", "cost_usd", 0.01),
    (r"(?:items?|entries|elements|files|documents|rows)", "map_items", 1),
)
_KIND = re.compile(r"\b(cost|budget|money|spending|time|step|token|item)s?\b", re.IGNORECASE)
_MEANT = {
    "cost": "cost_usd",
    "budget": "cost_usd",
    "money": "cost_usd",
    "spending": "cost_usd",
    "time": "seconds",
    "step": "steps",
    "token": "tokens",
    "item": "map_items",
}


def _limit(part: str, what: str | None) -> dict[str, float | int | None] | None:
    found = re.search(rf"(?P<sign>[$€])?\s*(?P<n>{NUMBER})\s*(?P<unit>[$¢a-z ]*)", part.strip(), re.IGNORECASE)
    if not found:
        return None
    amount = float(found["n"]) if re.fullmatch(r"\d+(?:\.\d+)?", found["n"]) else float(number(found["n"]) or 0)
    if amount <= 0:
        return None
    unit = "$" if found["sign"] == "$" else found["unit"].strip().lower()
    for words, name, factor in _UNITS:
        if re.match(rf"{words}(?![a-z])" if unit != "$" else words, unit):
            value = amount * factor
            return {
                name: round(value, 6)
                if name in ("cost_usd", "seconds") and not value.is_integer()
                else (int(value) if name != "cost_usd" else value)
            }
    if what and not unit:
        name = _MEANT[what.lower()]
        return {name: amount if name == "cost_usd" else int(amount)}
    return None
