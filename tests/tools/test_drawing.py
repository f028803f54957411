"""Charts and diagrams are really drawn, offline; what would fetch or run something is refused."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from PIL import Image

from chat_app.files.of_run import RunFiles
from chat_app.files.reference import FileRef
from chat_app.files.store import FileStore
from chat_app.tools import rasters
from chat_app.tools.catalog import Catalog
from chat_app.tools.chart_specs import spec_of_rows
from chat_app.tools.charts import DRAW_CHART
from chat_app.tools.diagrams import DRAW_DIAGRAM
from chat_app.tools.errors import ArgumentsRefused, ToolFailed
from chat_app.tools.network import Network
from chat_app.tools.rasters import self_contained, svg_to_png
from chat_app.tools.tool import ToolContext

CATALOG = Catalog([DRAW_CHART, DRAW_DIAGRAM])
ROWS = [{"month": f"2026-0{n}", "city": city, "sales": n * 3} for n in range(1, 5) for city in ("Ulm", "東京")]


@pytest.fixture
def context(tmp_path: Path) -> ToolContext:
    return ToolContext(Network(), files=RunFiles(FileStore(tmp_path / "files")))


async def drawn(context: ToolContext, tool: str, **arguments: Any) -> tuple[FileRef, bytes]:
    ref = FileRef.of(await CATALOG.call(tool, arguments, context))
    return ref, await context.files.read(ref)


async def test_rows_become_a_picture(context: ToolContext) -> None:
    ref, content = await drawn(context, "draw_chart", rows=ROWS, kind="line", x="month", y="sales", color="city")
    assert (ref.name, ref.media_type) == ("chart.png", "image/png")
    with Image.open(io.BytesIO(content)) as image:
        assert image.width > 1_000
        colours = {colour for _, colour in image.convert("RGB").getcolors(10_000_000) or ()}
    assert {(0x1F, 0x4E, 0x8C), (0xE0, 0x82, 0x14), (255, 255, 255)} <= colours


async def test_a_chart_of_a_file_as_svg_has_its_words(context: ToolContext) -> None:
    table = (await context.files.put(b"city,sales\nUlm,7\nBonn & Co,12\n", "t.csv")).as_value()
    ref, content = await drawn(context, "draw_chart", file=table, x="city", y="sales", title="Sum", name="c.svg")
    assert ref.media_type == "image/svg+xml"
    words = [one.text for one in ElementTree.fromstring(content).iter() if one.tag.endswith("}text")]
    assert {"Sum", "Ulm", "Bonn & Co", "sales"} <= set(words)


async def test_a_whole_spec_becomes_an_interactive_page_that_loads_nothing(context: ToolContext) -> None:
    spec = {"mark": "bar", "encoding": {"x": {"field": "city", "type": "nominal"}, "y": {"aggregate": "count"}}}
    ref, content = await drawn(context, "draw_chart", spec=spec, rows=ROWS, name="c.html")
    assert ref.media_type == "text/html"
    text = content.decode()
    assert "東京" in text
    head = text[: text.index("<script")] + text[text.rindex("<script") :]
    assert "src=" not in head
    assert "href=" not in head


@pytest.mark.parametrize(
    ("arguments", "kind", "says"),
    [
        ({"rows": ROWS, "x": "town"}, ToolFailed, "no column `town`"),
        ({"rows": [], "x": "town"}, ToolFailed, "no rows to draw"),
        ({"rows": ROWS}, ArgumentsRefused, "needs data and `x`"),
        ({"rows": ROWS, "x": "city", "name": "c.gif"}, ToolFailed, "can't be drawn as"),
        ({"rows": ROWS, "x": "city", "y": "month", "kind": "heatmap"}, ToolFailed, "heat map needs"),
        ({"spec": {"data": {"url": "file:///etc/passwd"}, "mark": "bar"}}, ToolFailed, "`data.url` would fetch"),
        ({"spec": {"layer": [{"data": {"url": "http://10.0.0.1/x"}}]}}, ToolFailed, "`layer.0.data.url` would fetch"),
        ({"spec": {"mark": "image", "encoding": {"url": {"value": "http://x"}}}}, ToolFailed, "would fetch"),
        ({"spec": {"mark": "bar"}}, ToolFailed, "has no data"),
        ({"spec": {"mark": "nonsense"}, "rows": ROWS}, ToolFailed, "can't be drawn"),
    ],
)
async def test_what_can_not_be_drawn_is_told(
    context: ToolContext, arguments: dict[str, Any], kind: type[Exception], says: str
) -> None:
    with pytest.raises(kind, match=says):
        await drawn(context, "draw_chart", **arguments)


def test_kinds_of_columns_choose_the_axis() -> None:
    rows = [
        {"day": "2026-01-02", "a.b": 1, "name": "x" * 30, "n": 2},
        {"day": "2026-01-03", "a.b": 2, "name": "y", "n": 3},
    ]
    assert spec_of_rows(rows, "line", "day", "n", None, None)["encoding"]["x"]["type"] == "temporal"
    assert spec_of_rows(rows, "point", "a.b", "n", None, None)["encoding"]["x"]["field"] == "a\\.b"
    assert spec_of_rows(rows, "bar", "name", "n", None, None)["encoding"]["x"]["title"] == "n"
    twice = spec_of_rows([*rows, *rows], "bar", "day", "n", None, None)
    assert json.dumps(twice)
    assert spec_of_rows([{"c": "a", "n": 1}] * 2, "bar", "c", "n", None, None)["encoding"]["y"]["aggregate"] == "sum"


async def test_mermaid_is_drawn_with_its_words(context: ToolContext) -> None:
    text = "```mermaid\nflowchart LR\n  A[Frage 日本] -- ja --> B{Klar?}\n```"
    ref, content = await drawn(context, "draw_diagram", text=text, name="d.svg")
    assert ref.media_type == "image/svg+xml"
    words = "".join(ElementTree.fromstring(content).itertext())
    assert "Frage" in words
    assert "日本" in words
    assert "Klar?" in words
    assert b"foreignObject" not in content


async def test_dot_is_drawn_as_a_picture_on_white(context: ToolContext) -> None:
    text = '// a comment\ndigraph G { a [label="Größe"]; a -> b; b -> a [style=dashed] }'
    ref, content = await drawn(context, "draw_diagram", text=text)
    assert ref.media_type == "image/png"
    with Image.open(io.BytesIO(content)) as image:
        assert image.convert("RGBA").getpixel((1, 1)) == (255, 255, 255, 255)
        assert image.height > 200
        assert len(image.convert("L").getcolors(1000) or ()) > 10


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("flowchart TD\n A --> ", "Parse error on line"),
        ("digraph { a -> ", "syntax error"),
        ('digraph { a [image="/etc/passwd"] }', "names pictures or other files"),
        ("digraph { a [label=<<table><tr><td><img src='/etc/passwd'/></td></tr></table>>] }", "names pictures"),
    ],
)
async def test_a_diagram_with_a_fault_is_told(context: ToolContext, text: str, says: str) -> None:
    with pytest.raises(ToolFailed, match=says) as told:
        await drawn(context, "draw_diagram", text=text)
    assert told.value.help


async def test_an_svg_reaches_no_file_and_no_network(tmp_path: Path) -> None:
    kept = io.BytesIO()
    Image.new("RGB", (10, 10), "red").save(kept, "PNG")
    (tmp_path / "secret.png").write_bytes(kept.getvalue())
    spaces = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    svg = f"""<svg {spaces} width="10" height="10">
      <style>@import url(http://10.0.0.1/x.css);</style><script>alert(1)</script>
      <image href="{tmp_path}/secret.png" width="10" height="10"/>
      <image xlink:href="file://{tmp_path}/secret.png" width="10" height="10" onload="x()"/>
      <rect width="2" height="2" fill="url(http://10.0.0.1/a)"/><use href="#a"/></svg>"""
    clean, side = self_contained(svg)
    assert side == 10
    for part in ("secret", "10.0.0.1", "script", "onload"):
        assert part not in clean
    assert "#a" in clean
    with Image.open(io.BytesIO(await svg_to_png(svg))) as image:
        assert image.convert("RGBA").getpixel((8, 8))[3] == 0
    for bad in ("<svg", "<!DOCTYPE svg [<!ENTITY x 'y'>]><svg>&x;</svg>", "<svg>" + "x" * 6_000_000):
        with pytest.raises(ToolFailed):
            await svg_to_png(bad)


def uses(depth: int) -> str:
    """An SVG whose parts stand for ten others each."""
    ten = ["".join(['<use href="#g', str(n - 1), '"/>']) * 10 for n in range(1, depth)]
    parts = "".join(f'<g id="g{n}">{inside}</g>' for n, inside in enumerate(ten, start=1))
    rect = '<rect id="g0" width="1" height="1"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">{rect}{parts}</svg>'


async def test_a_huge_svg_is_drawn_small_and_one_without_end_breaks_off(monkeypatch: pytest.MonkeyPatch) -> None:
    huge = '<svg xmlns="http://www.w3.org/2000/svg" width="1e6" height="90in" viewBox="0 0 10 10"/>'
    with Image.open(io.BytesIO(await svg_to_png(huge))) as image:
        assert image.width == rasters.MOST_SIDE
    monkeypatch.setattr(rasters, "SECONDS", 2.0)
    with pytest.raises(ToolFailed):
        await svg_to_png(uses(12))
