"""Random workflow texts in every layout, and random edits of them."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from chat_app.workflow import typed_edits

WORDS = ["draft", "review", "merge", "ask_user", "extract", "score_it", "publish", "sum_up", "check", "send"]
FIELDS = ["text", "answer", "score", "mood", "summary", "notes", "facts", "verdict"]
PROSE = [
    "Improve it",
    "Say: yes or no",
    "Two\nlines\n",
    "Line one\n\n  indented {{ state.text }}\nlast",
    'He said "no" #1',
    "{{ state.answer }}",
    "Über {{ state.text }} und {{ state.answer | upper }} – 日本",
    "# looks like a comment\nbut is not\n",
    "trailing space \nkept",
    "",
]


@st.composite
def nodes(draw: st.DrawFn, id: str, deep: bool = True) -> dict[str, Any]:
    """One node of any kind."""
    kind = draw(st.sampled_from(["llm", "classify", "template", "human", "tool", *(["map"] if deep else [])]))
    prose, writes = draw(st.sampled_from(PROSE)), draw(st.lists(st.sampled_from(FIELDS), max_size=2, unique=True))
    node: dict[str, Any] = {"id": id, "kind": kind}
    if draw(st.booleans()):
        node["description"] = draw(st.sampled_from(["Does it", "A step: the best", "no"]))
    match kind:
        case "llm":
            node |= {"prompt": prose, "temperature": draw(st.sampled_from([0, 0.5, 1.0]))}
        case "classify":
            node |= {"text": prose, "labels": {"yes": "it is", "no": "it is not"}}
        case "template":
            node |= {"template": prose}
        case "human":
            node |= {"ask": prose}
        case "tool":
            node |= {"tool": "read_document", "arguments": {"file": prose, "pages": [1, 2]}}
        case _:
            inner = [draw(nodes(f"{id}_in{n}", deep=False)) for n in range(draw(st.integers(1, 2)))]
            body = {"state": {"local": {"type": "string"}}, "nodes": inner, "returns": "local"}
            node |= {"over": "{{ state.facts }}", "body": body}
    return node | ({"writes": writes} if writes else {})


@st.composite
def edges(draw: st.DrawFn, ids: list[str]) -> list[dict[str, Any]]:
    """A chain with some routes back and ahead."""
    made: list[dict[str, Any]] = [{"from": "START", "to": ids[0]}]
    for at, id in enumerate(ids):
        following = ids[at + 1] if at + 1 < len(ids) else "END"
        other = draw(st.sampled_from([*ids, "END"]))
        shape = draw(st.integers(0, 4))
        if shape == 0:
            made.append(
                {
                    "from": id,
                    "routes": [{"condition": "state.score < 7", "to": other, "max_times": 3}, {"to": following}],
                }
            )
        elif shape == 1:
            made.append(
                {
                    "from": id,
                    "to_conditional": {"condition": "state.mood == 'x'", "if_true": other, "if_false": following},
                }
            )
        elif shape == 2 and other != following:
            made.append({"from": id, "to": [following, other]})
        else:
            made.append({"from": id, "to": following})
    return made


@st.composite
def workflows(draw: st.DrawFn) -> dict[str, Any]:
    """A workflow as data; its shape is right, its sense need not be."""
    ids = draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=5, unique=True))
    steps = [draw(nodes(id)) for id in ids]
    fields = {name: {"type": draw(st.sampled_from(["string", "number", "array"]))} for name in FIELDS}
    data: dict[str, Any] = {"version": 1, "name": "random_one"}
    if draw(st.booleans()):
        data["requirements"] = [{"id": "wish", "text": "Be: kind", "met_by": ids[:1]}]
    data |= {"inputs": {"question": {"type": "string"}}, "state": fields, "outputs": FIELDS[:2], "nodes": steps}
    if draw(st.booleans()):
        data["edges"] = draw(edges(ids))
    if draw(st.booleans()):
        given = {ids[0]: {"text": "a", "score": 1}}
        data["tests"] = [
            {"name": "a case", "inputs": {"question": "q?"}, "given": given, "expect": ["state.text == 'a'"]}
        ]
    return data


class Layout:
    """Writes data as YAML with random styles, comments and blank lines."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.comments = 0
        self.step = draw(st.sampled_from([2, 4]))
        self.dash = draw(st.sampled_from([0, 2]))

    def maybe(self, chance: int = 4) -> bool:
        return self.draw(st.integers(0, chance)) == 0

    def comment(self) -> str:
        self.comments += 1
        return f"# comment {self.comments}"

    def above(self, pad: str) -> list[str]:
        lines = [""] if self.maybe(6) else []
        return [*lines, *([pad + self.comment()] if self.maybe() else [])]

    def tail(self) -> str:
        return f"  {self.comment()}" if self.maybe(5) else ""

    def scalar(self, value: Any, flow: bool) -> str:
        text = json.dumps(value, ensure_ascii=False)
        simple = isinstance(value, str) and value.replace("_", "").isalnum() and not value[0].isdigit()
        if simple and value not in ("yes", "no") and not self.maybe():
            return value
        if isinstance(value, str) and "\n" not in value and not self.maybe(2):
            return "'" + value.replace("'", "''") + "'"
        return text

    def flow(self, value: Any) -> str:
        if isinstance(value, dict):
            return "{" + ", ".join(f"{self.scalar(k, True)}: {self.flow(v)}" for k, v in value.items()) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(self.flow(part) for part in value) + "]"
        return self.scalar(value, True)

    def after_key(self, value: Any, column: int) -> list[str]:
        """The rest of the key's line, and the lines below."""
        if isinstance(value, str) and "\n" in value and value[0] not in " \n" and not self.maybe():
            lines = value.split("\n")
            sign = "|" if lines[-1] == "" else "|-"
            body = lines[:-1] if lines[-1] == "" else lines
            pad = " " * (column + self.step)
            return [f" {sign}", *(pad + line if line else "" for line in body)]
        if not isinstance(value, dict | list) or not value or self.maybe():
            return [f" {self.flow(value)}{self.tail()}"]
        inner = column + (self.dash if isinstance(value, list) else self.step)
        return [self.tail(), *self.block(value, inner)]

    def block(self, value: Any, column: int) -> list[str]:
        pad, lines = " " * column, []
        if isinstance(value, dict):
            for key, part in value.items():
                rest, *below = self.after_key(part, column)
                lines += [*(self.above(pad) if lines else []), f"{pad}{self.scalar(key, False)}:{rest}", *below]
            return lines
        for part in value:
            lines += self.above(pad)
            if isinstance(part, dict) and part and not self.maybe(3):
                first, *below = self.block(part, column + 2)
                lines += [f"{pad}- {first.strip()}", *below]
            else:
                lines.append(f"{pad}- {self.flow(part)}{self.tail()}")
        return lines


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A workflow as text."""
    layout = Layout(draw)
    data = draw(workflows())
    if layout.maybe(12):
        return json.dumps(data, indent=draw(st.sampled_from([None, 2])))
    lines = ["# yaml-language-server: $schema=x", *layout.block(data, 0)]
    text = "\n".join(lines) + ("" if layout.maybe(8) else "\n")
    return text.replace("\n", "\r\n") if layout.maybe(8) else text


def ids_of(data: dict[str, Any]) -> list[str]:
    """All ids of a workflow's nodes, those in bodies too."""
    found = []
    for node in data["nodes"]:
        found.append(node["id"])
        found += [inner["id"] for inner in node.get("body", {}).get("nodes", [])]
    return found


@st.composite
def edits(draw: st.DrawFn, data: dict[str, Any]) -> list[typed_edits.Edit]:
    """One to three edits, most of which fit the workflow."""
    return [draw(_edit(data)) for _ in range(draw(st.integers(1, 3)))]


@st.composite
def _edit(draw: st.DrawFn, data: dict[str, Any]) -> typed_edits.Edit:
    ids = ids_of(data)
    id = draw(st.sampled_from([*ids, "nowhere"]))
    other = draw(st.sampled_from([*ids, "END"]))
    field, prose = draw(st.sampled_from([*FIELDS, "question", "unknown"])), draw(st.sampled_from(PROSE))
    new_id = draw(st.sampled_from(["fresh_a", "fresh_b", "fresh_c"]))
    node = draw(nodes(new_id))
    place = draw(
        st.sampled_from([{}, {"after": id}, {"before": other}, {"between": (id, other)}, {"parallel_to": id}])
    )
    condition = "state.score >= 7"
    choices: list[typed_edits.Edit] = [
        typed_edits.AddNode(node=node, **place),
        typed_edits.AddNode(node=node, **place),
        typed_edits.RemoveNode(id=id, orphans=draw(st.booleans())),
        typed_edits.ReplaceNode(id=id, node={**node, "id": id}),
        typed_edits.SetPrompt(id=id, prompt=prose),
        typed_edits.SetKey(
            id=id, key=draw(st.sampled_from(["description", "writes", "retry"])), value=["text", "fresh_field"]
        ),
        typed_edits.SetKey(id=id, key="description", value=None),
        typed_edits.Rename(what="node", old=id, new="renamed_node"),
        typed_edits.Rename(what="field", old=field, new="renamed_field"),
        typed_edits.SetInfo(description=prose or None),
        typed_edits.AddInput(name="more", type={"type": "string", "description": "a: b"}),
        typed_edits.AddField(name=field, type={"type": "array", "items": {"type": "string"}}),
        typed_edits.RemoveField(name=field),
        typed_edits.SetOutputs(outputs=[field]),
        typed_edits.Branch(after=id, condition=condition, then=new_id, add=[node]),
        typed_edits.Branch(after=id, condition=condition, then=other),
        typed_edits.Loop(first=id, last=other, until=condition),
        typed_edits.WrapInMap(nodes=[id], id="each_one", over="{{ state.facts }}", writes="collected"),
        typed_edits.MoveNode(id=id, before=other),
        typed_edits.SetLimits(limits={"steps": 5, "cost_usd": 0.5}),
        typed_edits.AddRequirement(id="wish", text=prose or "x", met_by=[id]),
        typed_edits.AddTest(test={"name": "a case", "expect": ["true"]}),
        typed_edits.Connect(from_=id, to=other, condition=condition, max_times=2),
        typed_edits.Connect(from_=id, to=other),
        typed_edits.Disconnect(from_=id, to=other),
        typed_edits.ReplaceValue(path=["nodes", 0, "description"], value=prose),
        typed_edits.RenameKey(path=["state", field], key="other_key"),
        typed_edits.RemoveKey(path=["nodes", 0]),
    ]
    return draw(st.sampled_from(choices))
