"""`draw_diagram`: a text in Mermaid or DOT becomes a picture."""

from __future__ import annotations

import base64
import re
import sys
import sysconfig
from pathlib import Path
from typing import Literal

from pydantic import Field

from chat_app.files.names import suffix_of
from chat_app.tools.errors import ToolFailed
from chat_app.tools.file_arguments import FileResult
from chat_app.tools.processes import isolated
from chat_app.tools.rasters import svg_to_png
from chat_app.tools.tool import Arguments, ToolContext, tool

SECONDS = 40.0
MEMORY_MB = 2_048
MOST_LETTERS = 100_000
_DOT = re.compile(
    r"(\s+|//[^\n]*\n|/\*.*?\*/|#[^\n]*\n)*(strict\s+)?(di)?graph\b[^\n{]*\{", re.IGNORECASE | re.DOTALL
)
_FENCE = re.compile(r"\s*```\s*(mermaid|dot|graphviz)?[^\n]*\n(.*?)\n?```\s*$", re.DOTALL)
_BOX = re.compile(r"<svg\b[^>]*\bviewBox=[\"']([-\d.e]+)[ ,]+([-\d.e]+)[ ,]+([-\d.e]+)[ ,]+([-\d.e]+)[^>]*>")


class DiagramArguments(Arguments):
    """What to draw, and as what."""

    text: str = Field(max_length=MOST_LETTERS, description="The diagram in Mermaid or in DOT (Graphviz).")
    language: Literal["auto", "mermaid", "dot"] = Field("auto", description="How the text is written.")
    engine: Literal["dot", "neato", "fdp", "circo", "twopi"] = Field(
        "dot", description="How DOT graphs are laid out."
    )
    name: str = Field("diagram.png", max_length=200, description="The file's name: .png or .svg.")


async def draw_diagram(arguments: DiagramArguments, context: ToolContext) -> FileResult:
    """The drawing as a file."""
    suffix = suffix_of(arguments.name)
    if suffix not in (".png", ".svg"):
        raise ToolFailed(f"A diagram can't be drawn as {arguments.name}.", help="End the name in .png or .svg.")
    told, text = _unfenced(arguments.text)
    language = told or ("dot" if _DOT.match(text) else "mermaid")
    if arguments.language != "auto":
        language = arguments.language
    svg = await _drawn(text, language, arguments.engine, min(SECONDS, context.seconds))
    if suffix == ".svg":
        return await context.files.put(svg.encode(), arguments.name)
    return await context.files.put(await svg_to_png(_on_white(svg)), arguments.name)


async def _drawn(text: str, language: str, engine: str, seconds: float) -> str:
    job = {"text": text, "language": language, "engine": engine, "program": str(graphviz_program())}
    answer = await isolated("diagram.py", job, seconds=seconds, megabytes=MEMORY_MB)
    if "problem" in answer:
        named = "Mermaid" if language == "mermaid" else "DOT"
        raise ToolFailed(f"The diagram can't be drawn: {answer['problem']}.", help=f"Correct the {named} text.")
    return base64.b64decode(answer["drawn"]).decode()


def _unfenced(text: str) -> tuple[str | None, str]:
    """The text without the fence that models like to put around it, and the language that the fence names."""
    fenced = _FENCE.match(text)
    if fenced is None:
        return None, text
    named = {"mermaid": "mermaid", "dot": "dot", "graphviz": "dot"}.get(fenced[1] or "")
    return named, fenced[2]


def _on_white(svg: str) -> str:
    """A picture of dots has no ground of its own; on a dark page black lines would vanish."""
    ground = '{0}<rect x="{1}" y="{2}" width="{3}" height="{4}" fill="white"/>'
    return _BOX.sub(lambda found: ground.format(found[0], *found.groups()), svg, count=1)


def graphviz_program() -> Path:
    """The program `dot` that the package graphviz-pure brings."""
    suffix = ".exe" if sys.platform == "win32" else ""
    return Path(sysconfig.get_path("scripts")) / f"graphviz-pure{suffix}"


DRAW_DIAGRAM = tool(
    "draw_diagram",
    "Draws a diagram written in Mermaid (flowchart, sequence, class, state, ER, gantt, mindmap and more) or in DOT "
    "(Graphviz) as PNG or SVG, offline; returns the file.",
    DiagramArguments,
    FileResult,
    draw_diagram,
    example={"text": "flowchart LR\n  A[Ask] --> B{Clear?}\n  B -- yes --> C[Write]\n  B -- no --> A"},
)
