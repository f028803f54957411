"""Steps of another tool, whatever they are nested in, as boxes and arrows."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from chat_app.workflow.edits.repairs.dialect import words
from chat_app.workflow.edits.repairs.dialect.arrows import edges_of, is_value, listed
from chat_app.workflow.edits.repairs.dialect.words import first, kind_word, pop_first
from chat_app.workflow.flowchart import ROUNDS, Arrow, Box, Case
from chat_app.workflow.names import free_name

Step = dict[str, Any]

_NUMBER = re.compile(r"\d+")


@dataclass
class Drawing:
    """The boxes of one level, with the arrows between them."""

    boxes: dict[str, Box] = field(default_factory=dict)
    arrows: list[Arrow] = field(default_factory=list)
    aliases: dict[str, str] = field(default_factory=dict)
    """The box that is meant by a name; blocks that were taken apart are ways through."""
    guards: dict[str, str] = field(default_factory=dict)
    """The condition under which a box is run at all."""
    inputs: list[Any] = field(default_factory=list)
    outputs: list[Any] = field(default_factory=list)
    bodies: dict[str, Drawing] = field(default_factory=dict)
    """What is inside each map."""

    def add(self, box: Box) -> str:
        """Puts a box in; a name that is taken gets a number."""
        box.id = free_name(box.id, self.boxes)
        self.boxes[box.id] = box
        return box.id


@dataclass(frozen=True, slots=True)
class Chain:
    """A stretch of boxes: where it is entered and where it is left."""

    entry: str
    exits: tuple[str, ...]


def draw(steps: Iterable[Any], edges: Any, *, in_order: bool) -> Drawing:
    """The steps of one level; without edges and dependencies they follow each other."""
    drawing = Drawing()
    chains: dict[str, Chain] = {}
    raws: dict[str, Step] = {}
    for step in steps:
        if isinstance(step, dict):
            plain = flat(step)
            name = str(plain.get("id") or plain.get("name") or kind_word(plain) or "step")
            chain = _drawn(drawing, plain, name)
            chains[name], raws[name] = chain, plain
            drawing.aliases[name] = chain.entry
    wired = _explicit(drawing, edges, chains)
    wired |= _by_steps(drawing, raws, chains)
    if not wired and in_order:
        drawing.arrows += _in_turn(drawing, list(chains.values()))
    _guard(drawing)
    return drawing


def flat(step: Step) -> Step:
    """A step with what it is set to on the step itself; a kind named by `uses` is its type."""
    made = dict(step)
    for holder in words.HOLDERS:
        inner = made.get(holder)
        if isinstance(inner, dict) and not (holder == "data" and "url" in made):
            del made[holder]
            made = {**inner, **made}
    used = made.get("uses") or made.get("action")
    if isinstance(used, str) and "." not in used and not (made.get("type") or made.get("kind")):
        made.pop("uses", None)
        made.pop("action", None)
        made["type"] = used
    label = made.pop("label", None) or made.get("title")
    named = str(made.get("id") or "")
    if isinstance(label, str) and (not named or named.isdigit()):
        made.setdefault("name", label)
    return made


def _drawn(drawing: Drawing, step: Step, name: str) -> Chain:
    kind = kind_word(step)
    title = str(step.get("name") or name) if _NUMBER.fullmatch(name) else name
    guard = first(step, ("if", "when", "run_if", "only_if"))
    if kind in words.STARTS and not step.get("prompt"):
        drawing.inputs += listed(first(step, ("outputs", "variables", "fields", "inputs", "variable", "output")))
        return _alone(drawing, Box(name, title, starts=True))
    if kind in words.ENDS and not (step.get("prompt") or step.get("template") or step.get("text")):
        drawing.outputs += listed(first(step, ("inputs", "outputs", "variables", "fields", "value", "output")))
        return _alone(drawing, Box(name, title, ends=True))
    if (kind in words.MAPS and _inside(step)) or (kind in words.LOOPS and first(step, words.LISTS[:6]) is not None):
        return _map(drawing, step, name, title)
    if kind in words.LOOPS and (body := _inside(step)):
        return _loop(drawing, step, body, name)
    if kind in words.PARALLELS and any(isinstance(part, dict | list) for part in _inside(step)):
        return _parallel(drawing, step, name, title)
    if (
        kind in words.CHOICES
        and "prompt" not in step
        and not isinstance(step.get("labels", step.get("categories")), dict | list)
    ):
        return _choice(drawing, step, name, title)
    node = {key: value for key, value in step.items() if key not in ("id", "name", "title", "if", *words.AFTER)}
    if isinstance(guard, str) and kind not in words.CHOICES:
        node.pop("when", None)
        drawing.guards[name] = guard
    return _alone(drawing, Box(name, title, node))


def _alone(drawing: Drawing, box: Box) -> Chain:
    id = drawing.add(box)
    return Chain(id, (id,))


def _inside(step: Step) -> list[Any]:
    """The steps that a block holds."""
    found = first(step, words.BODIES)
    if isinstance(found, dict):
        inner = first(found, words.BODIES)
        if inner is not None and not ("prompt" in found or ("type" in found and kind_word(found) not in words.MAPS)):
            found = inner
        elif all(isinstance(value, dict | list) for value in found.values()) and "type" not in found:
            found = [{"id": key, **value} if isinstance(value, dict) else value for key, value in found.items()]
        else:
            found = [found]
    return found if isinstance(found, list) else []


def _map(drawing: Drawing, step: Step, name: str, title: str) -> Chain:
    inner = step.get("body") if isinstance(step.get("body"), dict) else {}
    body = draw(_inside(step), inner.get("edges") if isinstance(inner, dict) else None, in_order=True)
    node: Step = {"kind": "map", "over": first(step, words.LISTS), "item": first(step, words.ITEMS) or "item"}
    collected = first(step, words.COLLECTS)
    if collected is not None:
        node["writes"] = collected
    for key in ("max_concurrency", "on_item_error"):
        if key in step:
            node[key] = step[key]
    if isinstance(inner, dict):
        node["body"] = {key: inner[key] for key in ("state", "returns") if key in inner}
    chain = _alone(drawing, Box(name, title, node))
    drawing.bodies[chain.entry] = body
    return chain


def _loop(drawing: Drawing, step: Step, body: list[Any], name: str) -> Chain:
    """The body on the way itself, and a bounded way back behind it."""
    chain = _sequence(drawing, body)
    until = first(step, words.UNTILS)
    while_ = first(step, words.WHILES) if until is None else None
    bound = _NUMBER.search(str(first(step, words.BOUNDS) or ""))
    rounds = max(1, int(bound.group()) - 1) if bound else ROUNDS
    cases = [Case("again", None, rounds), Case("out")]
    if isinstance(until, str):
        cases = [Case("out", until), *cases]
    elif isinstance(while_, str):
        cases = [Case("again", while_, rounds), Case("out")]
    turn = drawing.add(Box(f"{name} again", "again", cases=cases))
    drawing.arrows += [Arrow(each, turn) for each in chain.exits]
    drawing.arrows.append(Arrow(turn, chain.entry, "again"))
    out = drawing.add(Box(f"{name} done", "done"))
    drawing.arrows.append(Arrow(turn, out, "out"))
    return Chain(chain.entry, (out,))


def _parallel(drawing: Drawing, step: Step, name: str, title: str) -> Chain:
    entry = drawing.add(Box(name, title))
    exits: list[str] = []
    for branch in _inside(step):
        inner = (
            branch
            if isinstance(branch, list)
            else _inside(branch)
            if isinstance(branch, dict) and not kind_word(branch)
            else []
        )
        chain = _sequence(drawing, inner or [branch])
        drawing.arrows.append(Arrow(entry, chain.entry))
        exits += chain.exits
    return Chain(entry, tuple(exits) or (entry,))


def _choice(drawing: Drawing, step: Step, name: str, title: str) -> Chain:
    ways = _ways(step)
    box = Box(name, title, cases=[Case(handle, condition) for handle, condition, _ in ways])
    id = drawing.add(box)
    exits: list[str] = []
    for handle, _, target in ways:
        nested = [part for part in listed(target) if isinstance(part, dict | list)]
        if nested:
            chain = _sequence(
                drawing, [part for each in nested for part in (each if isinstance(each, list) else [each])]
            )
            drawing.arrows.append(Arrow(id, chain.entry, handle))
            exits += chain.exits
            continue
        named = [str(each) for each in listed(target) if str(each).lower() not in ("end", "none", "null", "__end__")]
        drawing.arrows += [Arrow(id, each, handle) for each in named]
        if not named:
            through = drawing.add(Box(f"{name} {handle} through", "through"))
            drawing.arrows.append(Arrow(id, through, handle))
            exits.append(through)
    named_only = all(isinstance(each, str) for _, _, target in ways for each in listed(target)) and ways
    return Chain(id, tuple(exits) if not named_only or exits else ())


def _ways(step: Step) -> list[tuple[str, str | None, Any]]:
    """The ways out of a choice: handle, condition, where to."""
    cases = first(step, words.CASES)
    subject = first(step, words.SUBJECTS)
    made: list[tuple[str, str | None, Any]] = []
    if isinstance(cases, dict):
        for value, target in cases.items():
            if str(value).lower() in ("default", "else", "otherwise", "_"):
                step = {**step, "default": target}
            else:
                made.append((str(value), is_value(subject, value), target))
    elif isinstance(cases, list):
        for number, case in enumerate(cases):
            if isinstance(case, dict):
                tested = first(case, words.TESTS)
                value = first(case, ("value", "case", "equals", "match", "label"))
                condition = (
                    tested if isinstance(tested, str) else is_value(subject, value) if value is not None else None
                )
                if isinstance(condition, str) and condition.lower() in ("else", "default", "otherwise", "true"):
                    condition = None
                made.append((f"case {number}", condition, first(case, words.TARGETS)))
    tested = first(step, words.TESTS) or (subject if not made else None)
    if not made and isinstance(tested, str):
        made.append(("true", tested, first(step, words.TRUES)))
    if made and all(condition for _, condition, _ in made):
        made.append(("false", None, first(step, words.FALSES)))
    return made


def _sequence(drawing: Drawing, steps: list[Any]) -> Chain:
    """Steps one after the other, inside another one."""
    chains = []
    for step in steps:
        if isinstance(step, dict):
            plain = flat(step)
            name = str(plain.get("id") or plain.get("name") or kind_word(plain) or "step")
            chain = _drawn(drawing, plain, name)
            drawing.aliases.setdefault(name, chain.entry)
            chains.append(chain)
        elif isinstance(step, str) and step in drawing.aliases:
            chains.append(Chain(drawing.aliases[step], (drawing.aliases[step],)))
    if not chains:
        through = drawing.add(Box("through", "through"))
        return Chain(through, (through,))
    drawing.arrows += _in_line(chains)
    return Chain(chains[0].entry, chains[-1].exits)


def _in_line(chains: list[Chain]) -> list[Arrow]:
    return [Arrow(out, after.entry) for before, after in itertools.pairwise(chains) for out in before.exits]


def _in_turn(drawing: Drawing, chains: list[Chain]) -> list[Arrow]:
    """Steps one after the other; those that a choice names are alternatives, which meet at the next that is none."""
    named = {each.target for each in drawing.arrows if drawing.boxes.get(each.source, Box("", "")).cases}
    arrows: list[Arrow] = []
    behind: list[str] = []
    for chain in chains:
        if chain.entry not in named:
            arrows += [Arrow(each, chain.entry) for each in behind]
            behind = []
        behind += chain.exits
    return arrows


def _explicit(drawing: Drawing, edges: Any, chains: dict[str, Chain]) -> bool:
    """The arrows that edges tell; whether there were any."""
    found = False
    for source, target, handle, condition in edges_of(edges):
        if target == "END":
            drawing.boxes.setdefault("END", Box("END", "end", ends=True))
        if source == "START":
            drawing.boxes.setdefault("START", Box("START", "start", starts=True))
        found = True
        leaves = chains[source].exits if source in chains else (source,)
        box = drawing.boxes.get(chains[source].entry if source in chains else source)
        if box is not None and (handle or condition) and (box.cases or condition):
            _told_case(drawing, box, target, handle, condition)
            continue
        entry = chains[target].entry if target in chains else target
        drawing.arrows += [Arrow(each, entry, "out" if box is not None and _has_out(box) else "") for each in leaves]
    for box in drawing.boxes.values():
        if box.cases and all(case.condition or case.max_times for case in box.cases) and box.node is not None:
            box.cases.append(Case("otherwise"))
    return found


def _has_out(box: Box) -> bool:
    """Whether a box chose by the conditions of its edges: then a plain edge is the way otherwise."""
    return any(case.handle.startswith("if ") for case in box.cases)


def _told_case(drawing: Drawing, box: Box, target: str, handle: str, condition: str | None) -> None:
    known = {case.handle: case for case in box.cases}
    word = handle.strip().lower()
    if word in ("true", "yes", "1") and "true" in known:
        handle = "true"
    elif word in ("false", "no", "else", "default") and "false" in known:
        handle = "false"
    if condition is None and handle in known:
        drawing.arrows = [each for each in drawing.arrows if (each.source, each.handle) != (box.id, handle)]
        drawing.arrows.append(Arrow(box.id, target, handle))
        return
    otherwise = condition is not None and condition.strip().lower() in ("else", "default", "otherwise", "true", "")
    made = Case(f"if {len(box.cases)}", None if otherwise else condition or handle)
    box.cases.append(made)
    box.cases.sort(key=lambda case: case.condition is None)
    drawing.arrows.append(Arrow(box.id, target, made.handle))


def _by_steps(drawing: Drawing, raws: dict[str, Step], chains: dict[str, Chain]) -> bool:
    """The arrows that steps tell themselves: what they wait for, what comes next."""
    found = False
    for name, step in raws.items():
        waits = [str(each) for each in listed(first(step, words.AFTER)) if str(each) in chains]
        drawing.arrows += [Arrow(out, chains[name].entry) for each in waits for out in chains[each].exits]
        follows = first(step, words.BEFORE) if kind_word(step) not in words.CHOICES else None
        named = [str(each) for each in listed(follows) if str(each) in chains and str(each) != name]
        drawing.arrows += [Arrow(out, chains[each].entry) for each in named for out in chains[name].exits]
        found = found or bool(waits or named)
        box = drawing.boxes[chains[name].entry]
        if box.node is not None and named:
            pop_first(box.node, words.BEFORE)
    return found


def _guard(drawing: Drawing) -> None:
    """A box that is run only under a condition gets a choice before it."""
    for name, condition in drawing.guards.items():
        id = drawing.aliases.get(name, name)
        guard = drawing.add(Box(f"{name} guard", "guard", cases=[Case("yes", condition), Case("no")]))
        drawing.arrows = [Arrow(a.source, guard, a.handle) if a.target == id else a for a in drawing.arrows]
        after = [each for each in drawing.arrows if each.source == id]
        drawing.arrows += [Arrow(guard, id, "yes"), *(Arrow(guard, each.target, "no") for each in after)]
