"""How a step works: its prompt, tone, length, language, temperature, retries, time."""

from __future__ import annotations

import re

from chat_app.designer.guided.amounts import in_digits
from chat_app.designer.guided.commands.adding import prompt_of
from chat_app.designer.guided.commands.outcome import Change, Outcome, Unsure, node_for
from chat_app.designer.guided.material import Material
from chat_app.designer.guided.reading import language_in, length_in, tone_in
from chat_app.designer.guided.view import View
from chat_app.designer.guided.words import NUMBER, harmless, number, unquoted
from chat_app.translation import tr
from chat_app.workflow.nodes import ClassifyNode, HumanNode, LlmNode, MapNode, ParallelNode, TemplateNode
from chat_app.workflow.typed_edits import SetKey, SetPrompt

_PROMPT = re.compile(
    r"^(?:change|set|replace|rewrite|edit|make)\s+(?:the\s+)?(?:prompt|text|question|template|"
    r"instructions?)\s+(?:of|for|in)\s+(?P<node>.+?)\s+(?:(?:to|with|as|into|by)\s*(?:(?P<colon>:)\s*)?|(?P<bare>:)\s*)"
    r"(?P<text>[\"“'`].+|(?(colon).+|(?(bare).+|(?!))))$",
    re.IGNORECASE | re.DOTALL,
)
_TELL = re.compile(
    r"^(?:tell|instruct|ask)\s+(?:the\s+)?(?P<node>.+?)\s+(?:not\s+)?(?:that it should\s+|to\s+)(?P<text>.+)$",
    re.IGNORECASE | re.DOTALL,
)
_MAKE = re.compile(
    r"^(?:make\s+)?(?P<node>.+?)\s+(?:(?:should|must|shall|has to|needs to)\s+(?:be\s+|sound\s+|"
    r"read\s+|write\s+)|be\s+|sound\s+|read\s+|write\s+)?(?P<style>(?:a (?:bit|little) |much |more |"
    r"less |very |even )*"
    r"(?:shorter|longer|briefer|simpler|clearer|friendl(?:y|ier)|formal|informal|casual|polite|politer|"
    r"funn(?:y|ier)|serious|professional|detailed|concise|precise|"
    r"technical|persuasive|empathetic|brief|short|long|plain|warm(?:er)?|strict(?:er)?|harsh(?:er)?|"
    r"critical|playful))$",
    re.IGNORECASE,
)
_WRITE_IN = re.compile(
    r"^(?:write|answer|reply|respond|output|make|have|let|do|keep|phrase)\s*(?P<node>.*?)\s*(?:be\s+|"
    r"written\s+|answer\s+)?(?P<rest>(?:in|at most|under|no more than|less than|within|up to)\s+.+)$",
    re.IGNORECASE,
)
_TEMPERATURE = re.compile(
    r"^(?:set|change|make|put)\s+(?:the\s+)?temperature\s+(?:(?:of|for|in)\s+(?P<node>.+?)\s+)?(?:to|"
    r"at|=)\s*(?P<value>\d+(?:\.\d+)?)(?:\s+(?:for|of|in)\s+(?P<node2>.+))?$",
    re.IGNORECASE,
)
_CREATIVE = re.compile(
    r"^make\s+(?P<node>.+?)\s+(?:more|less|very)?\s*(?P<how>creative|deterministic|predictable|random|"
    r"repeatable|inventive)$",
    re.IGNORECASE,
)
_RETRY = re.compile(
    rf"^(?:retry|try)\s+(?P<node>.+?)\s+(?:again\s+)?(?:up to\s+|at most\s+)?(?P<n>{NUMBER}|once|"
    rf"twice)\s*(?:times|more times|x)?(?:\s+(?:if|when|on)\s+.+)?$",
    re.IGNORECASE,
)
_TIMEOUT = re.compile(
    rf"^(?:(?:set\s+)?(?:the\s+)?time ?out\s+(?:of|for)\s+(?P<a>.+?)\s+(?:to|at|is|=|after)\s+|"
    rf"(?P<b>.+?)\s+(?:may|must|should|can)\s+take\s+(?:at most|no more than|up to)\s+|"
    rf"give\s+(?P<c>.+?)\s+(?:at most\s+|an? time ?out of\s+)?)"
    rf"(?P<n>{NUMBER})\s*(?P<unit>seconds?|secs?|s|minutes?|mins?|hours?|h)$",
    re.IGNORECASE,
)
_ON_ERROR = re.compile(
    r"^(?:if|when|in case)\s+(?P<node>.+?)\s+(?:fails?|breaks|errors?|goes wrong|"
    r"does not work)\s*,?\s*(?:then\s+)?(?P<then>.+)$",
    re.IGNORECASE,
)
_AT_ONCE = re.compile(
    rf"^(?:(?:do|run|process|handle|work on|allow)\s+)?(?:at most|no more than|up to|only|"
    rf"max(?:imum)?)\s*(?P<n>{NUMBER})\s*(?:\w+\s+)?(?:at once|at a time|at the same time|in parallel|"
    rf"simultaneously)$",
    re.IGNORECASE,
)


_USE = re.compile(
    r"^(?:use|mention|pass|include|consider|respect|give|hand)\s+(?:the\s+)?(?:input\s+|"
    r"field\s+)?(?P<field>\w+)\s+(?:in|to|for|when)\s+(?:the\s+)?(?P<node>.+)$",
    re.IGNORECASE,
)


def read(clause: str, view: View) -> Outcome | None:
    """Reads a wish about how a step works."""
    for pattern, reader in (
        (_PROMPT, _prompt),
        (_USE, _use),
        (_TEMPERATURE, _temperature),
        (_CREATIVE, _creative),
        (_ON_ERROR, _on_error),
        (_RETRY, _retry),
        (_TIMEOUT, _timeout),
        (_AT_ONCE, _at_once),
        (_MAKE, _make),
        (_TELL, _tell),
        (_WRITE_IN, _write_in),
    ):
        found = pattern.match(in_digits(clause) if pattern is _TIMEOUT else clause)
        outcome = reader(found, clause, view) if found else None
        if outcome is not None:
            return outcome
    return None


def _writer(view: View, words: str, clause: str) -> str:
    """The node that some words mean: a step, or the step that writes a field."""
    bare = re.sub(r"^(?:the|its|all)\s+", "", words.strip(), flags=re.IGNORECASE)
    if bare.lower() in (
        "",
        "it",
        "this",
        "answer in",
        "the text",
        "text",
        "result",
        "output",
        "everything",
    ) and not view.nodes_like(bare):
        writers = [name for name, place in view.places.items() if isinstance(place.node, LlmNode)]
        last = [
            name for name in writers if set(view.places[name].node.writes) & set(view.workflow.outputs)
        ] or writers
        return last[-1] if last else node_for(view, words, clause)
    found = view.nodes_like(bare)
    if len(found) == 1:
        return found[0]
    field = view.fields_like(bare)
    writers = [name for name, place in view.places.items() if field in place.node.writes] if field else []
    return writers[-1] if writers else node_for(view, words, clause)


def _with(view: View, node: str, sentence: str) -> Outcome:
    """The node's prompt with one sentence more."""
    found = view.places[node].node
    prompt = prompt_of(found)
    if not isinstance(found, LlmNode) or prompt is None:
        return Unsure(tr("`{node}` has no prompt for a model, so it cannot be told how to write.", node=node))
    wanted = harmless(sentence.strip().rstrip("."))
    return Change((SetPrompt(id=node, prompt=f"{prompt.rstrip()}\n\n{wanted[:1].upper()}{wanted[1:]}.\n"),), node)


def _prompt(found: re.Match[str], clause: str, view: View) -> Outcome | None:
    node = node_for(view, found["node"], clause)
    if not isinstance(view.places[node].node, LlmNode | HumanNode | TemplateNode | ClassifyNode):
        return Unsure(tr("`{node}` has no prompt.", node=node))
    return Change((SetPrompt(id=node, prompt=unquoted(found["text"])),), node)


def _use(found: re.Match[str], clause: str, view: View) -> Outcome | None:
    """One more field in a step's prompt."""
    field = found["field"].lower()
    if field not in view.workflow.inputs and field not in view.workflow.state:
        return None
    node = view.places[_writer(view, found["node"], clause)].node
    if not isinstance(node, LlmNode):
        return Unsure(tr("`{node}` has no prompt for a model.", node=node.id))
    shown = Material({f"state.{field}": view.type_of(field)}).template
    heading = field.replace("_", " ").capitalize()
    return Change((SetPrompt(id=node.id, prompt=f"{node.prompt.rstrip()}\n\n{heading}: {shown}\n"),), node.id)


def _tell(found: re.Match[str], clause: str, view: View) -> Outcome | None:
    if re.fullmatch(
        r"(?:me|us|a person|the user|somebody|someone|a human|my \w+)", found["node"].strip(), re.IGNORECASE
    ):
        return None
    negative = "Do not " if re.search(r"\bnot to\b", clause, re.IGNORECASE) else ""
    return _with(view, _writer(view, found["node"], clause), negative + found["text"])


def _make(found: re.Match[str], clause: str, view: View) -> Outcome | None:
    if not re.match(r"^make\b", clause, re.IGNORECASE) and not re.search(
        r"\b(?:should|must|shall|has to|needs to)\b", clause
    ):
        return None
    return _with(view, _writer(view, found["node"], clause), f"Make it {found['style']}")


def _write_in(found: re.Match[str], clause: str, view: View) -> Outcome | None:
    tone, language, length = tone_in(found["rest"]), language_in(found["rest"]), length_in(found["rest"])
    wishes = [
        text.format(value) for value, text in ((tone, "in a {} tone"), (language, "in {}"), (length, "{}")) if value
    ]
    return _with(view, _writer(view, found["node"], clause), f"Write {', '.join(wishes)}") if wishes else None


def _temperature(found: re.Match[str], clause: str, view: View) -> Outcome | None:
    value = float(found["value"])
    if value > 2:
        return Unsure(tr("A temperature goes from 0 to 2."))
    where = found["node"] or found["node2"]
    node = _writer(view, where or "it", clause)
    return Change((SetKey(id=node, key="temperature", value=value),), node)


def _creative(found: re.Match[str], clause: str, view: View) -> Outcome | None:
    node = _writer(view, found["node"], clause)
    free = found["how"].lower() in ("creative", "random", "inventive") and " less " not in clause
    return Change((SetKey(id=node, key="temperature", value=1.0 if free else 0),), node)


def _retry(found: re.Match[str], clause: str, view: View) -> Outcome | None:
    count = number(found["n"])
    if count is None or not view.nodes_like(found["node"]):
        return None
    node = node_for(view, found["node"], clause)
    if not 1 <= count <= 9:
        return Unsure(tr("A step can be tried again from 1 to 9 times."))
    return Change((SetKey(id=node, key="retry", value={"attempts": count + 1}),), node)


def _timeout(found: re.Match[str], clause: str, view: View) -> Outcome | None:
    words = found["a"] or found["b"] or found["c"]
    if not view.nodes_like(words):
        return None
    node = node_for(view, words, clause)
    seconds = float(number(found["n"]) or found["n"]) * {"m": 60, "h": 3600}.get(found["unit"][0].lower(), 1)
    return Change((SetKey(id=node, key="timeout_seconds", value=int(seconds)),), node)


def _on_error(found: re.Match[str], clause: str, view: View) -> Outcome | None:
    node = node_for(view, found["node"], clause)
    then = found["then"].strip()
    if re.match(r"^(?:continue|go on|carry on|ignore|proceed|keep going|skip)\b", then, re.IGNORECASE):
        return Change((SetKey(id=node, key="on_error", value="continue"),), node)
    if re.match(r"^(?:stop|fail|abort|end)\b", then, re.IGNORECASE):
        return Change((SetKey(id=node, key="on_error"),), node)
    again = re.match(rf"^(?:try|retry)(?: it)?(?: again)?(?: (?:up to )?({NUMBER}|once|twice))?", then, re.IGNORECASE)
    if again:
        return Change(
            (SetKey(id=node, key="retry", value={"attempts": (number(again[1] or "2") or 2) + 1, "on": ["any"]}),),
            node,
        )
    target = re.sub(r"^(?:go|jump|continue|run|do)\s+(?:to|with|at)?\s*", "", then, flags=re.IGNORECASE)
    return Change((SetKey(id=node, key="on_error", value=node_for(view, target, clause)),), node)


def _at_once(found: re.Match[str], clause: str, view: View) -> Outcome | None:
    wide = [name for name, place in view.places.items() if isinstance(place.node, MapNode | ParallelNode)]
    count = number(found["n"])
    if not wide or not count:
        return Unsure(tr("Nothing in this workflow runs several things at once."))
    return Change(tuple(SetKey(id=name, key="max_concurrency", value=count) for name in wide), wide[0])
