"""Draws a diagram written in Mermaid or DOT; started by `start.py`. Nothing is fetched, no browser is used."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
from typing import Any

# Labels as plain text, so that every program shows them.
_MERMAID = {
    "securityLevel": "strict",
    "htmlLabels": False,
    "flowchart": {"htmlLabels": False, "useMaxWidth": False},
    "sequence": {"useMaxWidth": False},
    "class": {"htmlLabels": False, "useMaxWidth": False},
    "state": {"useMaxWidth": False},
    "er": {"useMaxWidth": False},
    "gantt": {"useMaxWidth": False},
    "fontFamily": "sans-serif",
}
_DOT = (
    "-Gfontname=sans-serif",
    "-Nfontname=sans-serif",
    "-Efontname=sans-serif",
    "-Nfontsize=13",
    "-Efontsize=11",
    "-Ecolor=#3a4656",
    "-Ncolor=#8a97a8",
)


_FILES = re.compile(r"\b(image|shapefile|stylesheet|imagepath|fontpath)\s*=|<\s*img\b", re.IGNORECASE)
"""Attributes that name files."""


class Told(Exception):
    """What is wrong with the text."""


def main() -> None:
    """Reads the job, answers it."""
    json.dump(answer(json.load(sys.stdin)), sys.stdout)


def answer(job: dict[str, Any]) -> dict[str, Any]:
    """The SVG, or what is wrong."""
    try:
        svg = _dot(job) if job["language"] == "dot" else _mermaid(job["text"])
        return {"drawn": base64.b64encode(svg.encode()).decode()}
    except Told as error:
        return {"problem": str(error)}


def _mermaid(text: str) -> str:
    import mermaidx

    try:
        svg = str(mermaidx.render(text, theme="default", config=_MERMAID).svg())
    except Exception as error:  # noqa: BLE001 - what its engine raises has no common class
        raise Told(_short(str(error))) from None
    if 'aria-roledescription="error"' in svg:
        raise Told("the text is no diagram that Mermaid knows")
    return svg


def _dot(job: dict[str, Any]) -> str:
    if _FILES.search(job["text"]):
        raise Told("it names pictures or other files, which are not read")
    command = [job["program"], "-Tsvg", f"-K{job['engine']}", *_DOT]
    done = subprocess.run(command, input=job["text"].encode(), capture_output=True, check=False)
    if done.returncode != 0 or not done.stdout:
        raise Told(_short(done.stderr.decode("utf-8", "replace")) or "the text is no graph in DOT")
    svg: str = done.stdout.decode("utf-8", "replace")
    return svg


def _short(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("at ")]
    said = " ".join(lines[:4])
    return re.sub(r"^(Error: |<stdin>: )+", "", said)[:400].rstrip(". ")


if __name__ == "__main__":
    main()
