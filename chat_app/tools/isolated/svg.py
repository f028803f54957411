"""Draws an SVG in dots; started by `start.py`. What it would fetch was taken out before."""

from __future__ import annotations

import base64
import json
import sys
from typing import Any


def main() -> None:
    """Reads the job, answers it."""
    json.dump(answer(json.load(sys.stdin)), sys.stdout)


def answer(job: dict[str, Any]) -> dict[str, Any]:
    """The PNG as base64, or what is wrong."""
    import vl_convert

    for folder in job["fonts"]:
        vl_convert.register_font_directory(folder)
    try:
        png = bytes(vl_convert.svg_to_png(job["svg"], scale=job["scale"]))
    except ValueError as error:
        return {"problem": str(error).splitlines()[0][:200]}
    return {"drawn": base64.b64encode(png).decode()}


if __name__ == "__main__":
    main()
