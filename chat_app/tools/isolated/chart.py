"""Draws a Vega-Lite chart; started by `start.py`. It can reach no network: no address is allowed to it."""

from __future__ import annotations

import base64
import json
import sys
from typing import Any


def main() -> None:
    """Reads the job, answers it."""
    json.dump(answer(json.load(sys.stdin)), sys.stdout)


def answer(job: dict[str, Any]) -> dict[str, Any]:
    """The drawing as base64, or what is wrong."""
    try:
        return {"drawn": base64.b64encode(_drawn(job)).decode()}
    except ValueError as error:
        return {"problem": _first_lines(str(error))}


def _drawn(job: dict[str, Any]) -> bytes:
    import vl_convert

    for folder in job["fonts"]:
        vl_convert.register_font_directory(folder)
    spec, config = job["spec"], job["config"]
    if job["kind"] == "html":
        return str(vl_convert.vegalite_to_html(spec, bundle=True, config=config)).encode()
    if job["kind"] == "svg":
        return str(vl_convert.vegalite_to_svg(spec, config=config, allowed_base_urls=[])).encode()
    return bytes(vl_convert.vegalite_to_png(spec, config=config, scale=2.0, allowed_base_urls=[]))


def _first_lines(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("at ")]
    return " ".join(lines[:2])[:300]


if __name__ == "__main__":
    main()
