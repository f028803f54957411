"""Documents as Markdown; started by `start.py`. A hostile one can take this process down, and nothing else."""

from __future__ import annotations

import json
import runpy
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

MIB = 1024 * 1024
MOST_ENTRIES = 20_000
MOST_UNPACKED = 600 * MIB
"""What the parts of one document may have in all; a bomb says more, or breaks off at the process's bounds."""
HERE = Path(__file__).parent
_READERS = {"pdf": "pdf_pages.py", "epub": "books.py"}


class Told(Exception):
    """What is wrong, and what to do; each reader has its own, as they share no module."""


def main() -> None:
    """Reads the job, answers it."""
    json.dump(answer(json.load(sys.stdin)), sys.stdout)


def answer(job: dict[str, Any]) -> dict[str, Any]:
    """The Markdown, or what is wrong."""
    path, kind, most = Path(job["path"]), job["kind"], job["most"]
    try:
        if kind not in ("pdf", "image", "mail"):
            _refuse_bombs(path)
        reader = _own_reader(kind) or _HERE[kind]
        return {"markdown": reader(path, most)}
    except MemoryError:
        return {"problem": "it needs more memory than it may have", "help": "Give a smaller document."}
    except Exception as error:  # noqa: BLE001 - readers raise what they like at a broken document
        if type(error).__name__ == "Told":
            return {"problem": str(error.args[0]), "help": str(error.args[1])}
        said = (str(error) or type(error).__name__).splitlines()[0][:200].replace(str(path), "it")
        return {"problem": f"it is damaged or not what it says it is ({said})", "help": "Open it and save it again."}


def _own_reader(kind: str) -> Callable[[Path, int], str] | None:
    script = _READERS.get(kind)
    if script is None:
        return None
    reader: Callable[[Path, int], str] = runpy.run_path(str(HERE / script), run_name="reader")["read"]
    return reader


def _refuse_bombs(path: Path) -> None:
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
    if len(entries) > MOST_ENTRIES or sum(entry.file_size for entry in entries) > MOST_UNPACKED:
        raise Told("it unpacks to more than a document may have", "Give a smaller document.")


def _word(path: Path, most: int) -> str:
    import mammoth

    styles = "p[style-name='Title'] => h1:fresh\np[style-name='Subtitle'] => p:fresh"
    with path.open("rb") as file:
        # Pictures would be megabytes of letters.
        pictures = mammoth.images.img_element(lambda image: {"src": ""})
        html = mammoth.convert_to_html(file, style_map=styles, convert_image=pictures).value
    return _from_html(f"<body>{html}</body>")


def _from_html(html: str) -> str:
    read_page = runpy.run_path(str(HERE / "html_page.py"), run_name="html_page")["read_page"]
    return str(read_page(html)[1])


def _slides(path: Path, most: int) -> str:
    import pptx

    shown: list[str] = []
    for number, slide in enumerate(pptx.Presentation(str(path)).slides, start=1):
        title = slide.shapes.title
        named = title.text_frame.text.strip().replace("\n", " ") if title is not None and title.has_text_frame else ""
        shown.append(f"## Slide {number}" + (f": {named}" if named else ""))
        shown += [text for shape in slide.shapes if shape != title and (text := _shape(shape))]
        if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
            notes = slide.notes_slide.notes_text_frame.text.strip()
            shown += [f"Notes: {notes}"] if notes else []
        if sum(map(len, shown)) > most:
            break
    return "\n\n".join(shown)


def _shape(shape: Any) -> str:
    if getattr(shape, "shapes", None) is not None:
        return "\n\n".join(text for inner in shape.shapes if (text := _shape(inner)))
    if getattr(shape, "has_table", False) and shape.has_table:
        return _table([[cell.text for cell in row.cells] for row in shape.table.rows])
    if not getattr(shape, "has_text_frame", False) or not shape.has_text_frame:
        return ""
    paragraphs = [one for one in shape.text_frame.paragraphs if one.text.strip()]
    listed = len(paragraphs) > 1
    return "\n".join("  " * one.level + ("- " if listed else "") + one.text.strip() for one in paragraphs)


def _sheets(path: Path, most: int) -> str:
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_path(str(path))
    shown: list[str] = []
    for name in book.sheet_names:
        rows = book.get_sheet_by_name(name).to_python(skip_empty_area=True)
        shown += [f"## {name}", _table([[_cell(cell) for cell in row] for row in rows]) or "(empty)"]
        if sum(map(len, shown)) > most:
            break
    return "\n\n".join(shown)


def _cell(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return cell.isoformat() if hasattr(cell, "isoformat") else str(cell)


def _table(rows: list[list[str]]) -> str:
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    if not rows:
        return ""
    width = max(map(len, rows))
    clean = [[" ".join(cell.split()).replace("|", "\\|") for cell in row] + [""] * (width - len(row)) for row in rows]
    lines = ["| " + " | ".join(row) + " |" for row in clean]
    return "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]])


def _picture(path: Path, most: int) -> str:
    from PIL import ExifTags, Image

    Image.MAX_IMAGE_PIXELS = 500_000_000
    with Image.open(path) as image:
        facts = {"format": image.format, "width": image.width, "height": image.height, "mode": image.mode}
        facts |= {"frames": getattr(image, "n_frames", 1)} if getattr(image, "n_frames", 1) > 1 else {}
        exif = image.getexif()
        told = {**exif, **exif.get_ifd(ExifTags.IFD.Exif)}
        for tag, value in told.items():
            name = ExifTags.TAGS.get(tag)
            if name and isinstance(value, str | int | float) and str(value).strip("\0 "):
                facts[name] = str(value).strip("\0 ")[:200]
            elif name and name.endswith(("Resolution", "Time", "Number", "Length")) and value:
                facts[name] = str(value)
    return "\n".join(f"- {name}: {value}" for name, value in facts.items())


def _mail(path: Path, most: int) -> str:
    from email import policy
    from email.parser import BytesParser

    with path.open("rb") as file:
        mail = BytesParser(policy=policy.default).parse(file)
    heads = [f"{name}: {mail[name]}" for name in ("From", "To", "Cc", "Date", "Subject") if mail[name]]
    body = mail.get_body(("plain", "html"))
    text = "" if body is None else str(body.get_content())
    if body is not None and body.get_content_subtype() == "html":
        text = _from_html(text)
    attached = [part.get_filename() or part.get_content_type() for part in mail.iter_attachments()]
    tail = ["Attachments: " + ", ".join(attached)] if attached else []
    return "\n\n".join(["  \n".join(heads), text.strip(), *tail])


_HERE: dict[str, Callable[[Path, int], str]] = {
    "docx": _word,
    "pptx": _slides,
    "sheet": _sheets,
    "image": _picture,
    "mail": _mail,
}


if __name__ == "__main__":
    main()
