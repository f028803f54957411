"""The catalog: what goes in and out of every tool is checked; plug-ins join it and cannot harm it."""

from __future__ import annotations

import asyncio
import re
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import Field

from chat_app.tools.built_in import BUILT_IN
from chat_app.tools.catalog import Catalog, catalog
from chat_app.tools.errors import (
    ArgumentsRefused,
    ResultRefused,
    ToolError,
    ToolFailed,
    ToolMissing,
    UnknownTool,
)
from chat_app.tools.network import Network
from chat_app.tools.plugins import GROUP, load
from chat_app.tools.signatures import Signatures
from chat_app.tools.tool import Arguments, Tool, ToolContext, tool

CONTEXT = ToolContext(Network(), seconds=0.5)


class Twice(Arguments):
    number: int = Field(description="What to double.")
    times: int = Field(2, ge=1, description="How often.")


async def double(arguments: Twice, context: ToolContext) -> Any:
    if arguments.number < 0:
        await asyncio.sleep(10)
    if arguments.number == 7:
        raise KeyError("of its own")
    if arguments.number == 8:
        await context.network.request("GET", "http://10.0.0.1/")
    return "nonsense" if arguments.number > 99 else arguments.number * arguments.times


DOUBLE = tool("double", "Doubles a number.", Twice, int, double)


@pytest.mark.parametrize(
    ("name", "arguments", "kind", "says"),
    [
        ("dubble", {}, UnknownTool, "no tool named `dubble`"),
        ("double", {}, ArgumentsRefused, "`number`"),
        ("double", {"number": "4"}, ArgumentsRefused, "`number`"),
        ("double", {"number": 4, "times": 0}, ArgumentsRefused, "`times`"),
        ("double", {"number": 4, "other": 1}, ArgumentsRefused, "`other`"),
        ("double", {"number": 100}, ResultRefused, "promised not to"),
        ("double", {"number": -1}, ToolFailed, "longer than"),
        ("double", {"number": 7}, ToolFailed, "broke: KeyError: 'of its own'"),
        ("double", {"number": 8}, ToolFailed, "may not be contacted"),
    ],
)
async def test_what_does_not_fit_is_refused(
    name: str, arguments: dict[str, Any], kind: type[ToolError], says: str
) -> None:
    with pytest.raises(kind, match=says) as raised:
        await Catalog([DOUBLE]).call(name, arguments, CONTEXT)
    assert raised.value.help


async def test_a_tool_that_lacks_something_is_not_called() -> None:
    lacking = tool("double", "Doubles.", Twice, int, double, missing=lambda: "Set DOUBLE_KEY.")
    with pytest.raises(ToolMissing) as raised:
        await Catalog([lacking]).call("double", {"number": 1}, CONTEXT)
    assert raised.value.help == "Set DOUBLE_KEY."
    assert Catalog([lacking]).signatures()["double"].missing == "Set DOUBLE_KEY."


async def test_a_good_call() -> None:
    assert await Catalog([DOUBLE]).call("double", {"number": 4}, CONTEXT) == 8


@pytest.mark.parametrize("one", BUILT_IN, ids=lambda one: one.name)
async def test_every_tool_is_described_and_its_example_works(one: Tool) -> None:
    signature = Catalog([one]).signatures()[one.name]
    validator = jsonschema.Draft202012Validator
    validator.check_schema(dict(signature.parameters))
    validator.check_schema(dict(signature.result))
    assert one.description.endswith(".")
    assert all(part.get("description") for part in signature.parameters["properties"].values())
    context = ToolContext(Network())
    # An example shows files as a workflow names them; here they are one that is there.
    note = (await context.files.put(b"# A note", "note.md")).as_value()
    example = {name: note if value == "{{ state.document }}" else value for name, value in one.example.items()}
    validator(dict(signature.parameters)).validate(example)
    if not one.networked:
        result = await Catalog([one]).call(one.name, example, context)
        validator(dict(signature.result)).validate(result)
        assert result


def test_signatures_are_worked_out_late() -> None:
    loads: list[int] = []

    def work_out() -> Catalog:
        loads.append(1)
        return catalog()

    late = Signatures(work_out)
    assert late
    assert loads == []
    assert "split_text" in late
    assert len(late) == len(list(late)) >= len(BUILT_IN)
    assert loads == [1]


PLUGIN = """
from chat_app.tools.tool import Arguments, tool

class Shout(Arguments):
    text: str

async def shout(arguments, context):
    return arguments.text.upper()

SHOUT = tool("shout", "Says it loud.", Shout, str, shout)
MANY = [SHOUT, tool("split_text", "Takes a name.", Shout, str, shout), tool("Bad Name", "Bad.", Shout, str, shout), 5]
"""


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "shouting_plugin.py").write_text(PLUGIN)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "shouting_plugin", raising=False)
    return "shouting_plugin"


async def test_a_plug_in_adds_a_tool(plugin: str) -> None:
    found = load([EntryPoint("shout", f"{plugin}:SHOUT", GROUP)], ["split_text"])
    assert found.problems == ()
    assert await Catalog(found.tools).call("shout", {"text": "hi"}, CONTEXT) == "HI"


def test_plug_ins_that_do_not_fit_are_told_of_and_left_out(plugin: str) -> None:
    points = [
        EntryPoint("absent", "no_such_module_here:TOOL", GROUP),
        EntryPoint("many", f"{plugin}:MANY", GROUP),
        EntryPoint("nameless", f"{plugin}:NOPE", GROUP),
    ]
    found = load(points, ["split_text"])
    assert [one.name for one in found.tools] == ["shout"]
    said = "\n".join(found.problems)
    for part in ("no_such_module_here", "`split_text`, which is there already", "`Bad Name`", "gives a int", "NOPE"):
        assert part in said


async def test_the_manuals_plug_in_works() -> None:
    manual = (Path(__file__).parents[2] / "docs" / "tools.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"^```python\n(.*?)^```", manual, re.S | re.M)
    names: dict[str, Any] = {"__name__": "my_package.tools"}
    exec(compile(shown, "docs/tools.md", "exec", dont_inherit=True), names)
    assert await Catalog([names["SHOUT"]]).call("shout", names["SHOUT"].example, CONTEXT) == "HI"


def test_the_manual_names_every_tool() -> None:
    manual = (Path(__file__).parents[2] / "docs" / "tools.md").read_text(encoding="utf-8")
    assert [one.name for one in BUILT_IN if f"| `{one.name}` |" not in manual] == []
