"""Repetitions: repeat until, while, keep improving until."""

from __future__ import annotations

import re

from chat_app.designer.guided.commands.deciding import decided_after, expression_of, fields_in, loop_limit
from chat_app.designer.guided.commands.outcome import Change, Outcome, Unsure, node_for
from chat_app.designer.guided.conditions import negated
from chat_app.designer.guided.view import View
from chat_app.designer.guided.words import NUMBER, number
from chat_app.translation import tr
from chat_app.workflow.edges import END, START
from chat_app.workflow.typed_edits import Branch, Connect, DesignEdit, Disconnect, Loop

_BETTER = r"(?:improv|refin|revis|polish|rewrit|rework|enhanc|better)\w*"
_UNTIL = re.compile(
    rf"^(?:(?:repeat|loop|redo|do|keep|iterate|run|retry|rerun|cycle|go back to|go on|continue|carry on)\s*"
    rf"(?:over|on|with|through|doing|running|repeating|to)?|(?={_BETTER}\b))\s*(?P<what>.*?)\s*"
    rf"(?:,\s*)?(?P<word>until|till|while|"
    rf"as long as)\s+(?P<condition>.+?)(?:\s*,?\s*(?:but\s+)?(?:(?:at most|no more than|up to|"
    rf"max(?:imum)?|not more than)\s+)(?P<times>{NUMBER}|once|twice)\s*(?:times|rounds|x|iterations|"
    rf"tries|attempts)?(?:\s+at (?:the )?most)?"
    rf"|\s*,?\s*(?:but\s+)?(?P<times2>{NUMBER}|once|twice)\s*(?:times|rounds|x|iterations|tries|attempts)?"
    rf"\s+(?:at (?:the )?most|max(?:imum)?|tops))?$",
    re.IGNORECASE,
)
_AGAIN = re.compile(
    r"\s+(?:again(?: and again)?|over and over(?: again)?|repeatedly|further|more|on|it|this|that|them|"
    r"the (?:text|result))$",
    re.IGNORECASE,
)


def read(clause: str, view: View) -> Outcome | None:
    """Reads a wish to do steps again."""
    found = _UNTIL.match(clause)
    return _until(found, clause, view) if found else None


def _until(found: re.Match[str], clause: str, view: View) -> Outcome | None:
    expression = expression_of(found["condition"], view)
    going_on = found["word"].lower() in ("while", "as long as")
    until = negated(expression) if going_on else _reached(expression, view)
    last = decided_after(view, expression)
    if last == START:
        return Unsure(tr("No step writes what the condition names, so repeating would change nothing."))
    said = found["times"] or found["times2"]
    times = number(said or "") or 3
    assumed = () if said else (tr("It is repeated at most 3 times."),)
    what = _bare(found["what"])
    if re.match(_BETTER, what, re.IGNORECASE):
        nodes = view.nodes_like(what)
        better = view.main.owners.get(nodes[0], nodes[0]) if nodes else ""
        if better in _behind(last, view):
            edits = _improved(view, last, better, until, times, bool(said))
            bounded = any(way.max_times for way in view.main.ways(better))
            return Change(edits, better, () if bounded else assumed)
        # Nothing improves it yet: what made it is done again.
        first = better if better in view.main.steps else _maker(view, last)
    else:
        first, last = _span(what, last, clause, view)
    return Change(
        (Loop(first=first, last=last, until=until, max_times=times), *loop_limit(view, times)), first, assumed
    )


def _bare(what: str) -> str:
    """What is repeated, without the words that only say that it is."""
    while (shorter := _AGAIN.sub("", what.strip())) != what.strip():
        what = shorter
    return what.strip()


def _behind(node: str, view: View) -> list[str]:
    """The steps that can come after one."""
    found: list[str] = []
    left = [node]
    while left:
        for name in view.main.successors.get(left.pop(), ()):
            if name not in found and name not in (END, node):
                found.append(name)
                left.append(name)
    return found


def _maker(view: View, judge: str) -> str:
    """The step that wrote what a judging step reads: the nearest one before it."""
    steps = view.main.steps
    read = view.places[judge].node.model_dump_json()
    makers = [
        name
        for name in steps[: steps.index(judge)]
        if any(f"state.{field}" in read for field in view.places[name].node.writes)
    ]
    return makers[-1] if makers else judge


def _improved(view: View, judge: str, better: str, until: str, times: int, said: bool) -> tuple[DesignEdit, ...]:
    """A judging step before an improving one: it is improved while the judgement asks for it, and judged again."""
    worse = negated(until)
    routes = [
        way
        for way in view.main.ways(judge)
        if way.condition and set(fields_in(way.condition)) & set(fields_in(worse)) and way.targets != (END,)
    ]
    edits: list[DesignEdit] = []
    if routes:
        edits.append(Connect.model_validate({"from": judge, "to": routes[0].targets[0], "condition": worse}))
    else:
        onward = view.main.successors.get(judge, (better,))[0]
        behind = next((name for name in view.main.successors.get(better, ()) if name != judge), END)
        edits.append(Branch(after=judge, condition=worse, then=onward, otherwise=behind))
    there = any(judge in way.targets and way.max_times for way in view.main.ways(better))
    if said and times == 1 and there:
        edits.append(Disconnect.model_validate({"from": better, "to": judge}))
    elif not there or said:
        back = max(1, times - 1)
        edits.append(Connect.model_validate({"from": better, "to": judge, "max_times": back}))
    return (*edits, *loop_limit(view, times))


def _reached(expression: str, view: View) -> str:
    """The end of a loop: a number that is to be reached may also be passed."""
    equal = re.fullmatch(r"state\.(\w+) == (-?\d+(?:\.\d+)?)", expression)
    kind = view.type_of(equal[1]) if equal else None
    if equal is None or kind is None or kind.type not in ("integer", "number"):
        return expression
    least = kind.minimum if kind.minimum is not None else 0
    return f"state.{equal[1]} {'<=' if float(equal[2]) <= least else '>='} {equal[2]}"


def _span(what: str, last: str, clause: str, view: View) -> tuple[str, str]:
    """The first and the last step that are repeated."""
    words = re.sub(r"^(?:the\s+)?(?:steps?\s+)?from\s+", "", what.strip(), flags=re.IGNORECASE)
    order = {name: at for at, name in enumerate(view.main.steps)}
    if words in ("", "it", "this", "that", "everything", "all", "them", "the loop"):
        return (view.main.steps[0] if words in ("everything", "all") else last), last
    ends = re.split(r"\s+(?:to|through|until|and|up to)\s+", words)
    named = [node_for(view, end, clause) for end in ends]
    named = [view.main.owners.get(name, name) for name in named]
    first = min(named, key=lambda name: order.get(name, 0))
    final = max([*named, last], key=lambda name: order.get(name, 0))
    return first, final
