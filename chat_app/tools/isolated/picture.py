"""A small picture of a picture, or of the first page of a PDF; started by `start.py`."""

from __future__ import annotations

import base64
import io
import json
import sys
from typing import Any

MOST_PIXELS = 200_000_000


def main() -> None:
    """Reads the job, answers it."""
    json.dump(answer(json.load(sys.stdin)), sys.stdout)


def answer(job: dict[str, Any]) -> dict[str, Any]:
    """The picture as PNG in base64 and what it is of, or what is wrong."""
    try:
        return _page(job) if job["kind"] == "pdf" else _image(job)
    except Exception as error:  # noqa: BLE001 - readers raise what they like at a broken file
        return {"problem": type(error).__name__}


def _page(job: dict[str, Any]) -> dict[str, Any]:
    import pypdfium2

    document = pypdfium2.PdfDocument(job["path"])
    page = document[0]
    scale = min(job["most"] / max(page.get_width(), page.get_height(), 1), 3.0)
    image = page.render(scale=scale).to_pil()
    return _told(image, len(document))


def _image(job: dict[str, Any]) -> dict[str, Any]:
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    with Image.open(job["path"]) as image:
        size = image.size
        image.draft("RGB", (job["most"], job["most"]))
        turned = ImageOps.exif_transpose(image)
        turned.thumbnail((job["most"], job["most"]))
        shown = turned.convert("RGBA" if turned.has_transparency_data else "RGB")
    return _told(shown, 1) | {"width": size[0], "height": size[1]}


def _told(image: Any, pages: int) -> dict[str, Any]:
    kept = io.BytesIO()
    image.save(kept, "PNG", optimize=False)
    return {
        "png": base64.b64encode(kept.getvalue()).decode(),
        "pages": pages,
        "width": image.width,
        "height": image.height,
    }


if __name__ == "__main__":
    main()
