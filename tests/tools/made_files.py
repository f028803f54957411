"""Real documents for the tests, each made by another library than the one that reads it."""

from __future__ import annotations

import io
import zipfile
from typing import Any

PAGE = "<html><head><title>{0}</title></head><body><h1>{0}</h1><p>{1}</p></body></html>"


def epub(*chapters: tuple[str, str]) -> bytes:
    """A book; the files stand in another order than the spine."""
    kept = io.BytesIO()
    items = "".join(f'<item id="c{n}" href="text/c{n}.xhtml"/>' for n in reversed(range(len(chapters))))
    spine = "".join(f'<itemref idref="c{n}"/>' for n in range(len(chapters)))
    with zipfile.ZipFile(kept, "w") as book:
        book.writestr("mimetype", "application/epub+zip")
        book.writestr(
            "META-INF/container.xml",
            '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
            '<rootfile full-path="OPS/book.opf"/></rootfiles></container>',
        )
        book.writestr(
            "OPS/book.opf",
            '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata>'
            f"<dc:title>On bees</dc:title></metadata><manifest>{items}</manifest><spine>{spine}</spine></package>",
        )
        for number, (title, text) in reversed(list(enumerate(chapters))):
            book.writestr(f"OPS/text/c{number}.xhtml", PAGE.format(title, text))
    return kept.getvalue()


def word(*paragraphs: str, inside: str = "") -> bytes:
    """A DOCX written by hand; `inside` is XML that stands in its body as it is."""
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    types = "http://schemas.openxmlformats.org/package/2006/content-types"
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    body = "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in paragraphs)
    return packed(
        {
            "[Content_Types].xml": f'<Types xmlns="{types}"><Default Extension="rels" ContentType="application/vnd.'
            'openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/word/document.xml" ContentType="{main}"/></Types>',
            "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/'
            'officeDocument" Target="word/document.xml"/></Relationships>',
            "word/document.xml": f'<w:document xmlns:w="{space}"><w:body>{body}{inside}</w:body></w:document>',
        }
    )


def packed(parts: dict[str, Any]) -> bytes:
    """A zip archive of these parts."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return kept.getvalue()


def mail() -> bytes:
    """A mail with an HTML part and an attachment."""
    from email.message import EmailMessage

    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "ada@example.com", "bob@example.com", "Größe"
    message.set_content("Hello Bob,\nhere it is.")
    message.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="offer.pdf")
    return bytes(message)


def slides() -> bytes:
    """A presentation with a title, points, a table and notes."""
    import pptx
    from pptx.util import Inches

    show = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[1])
    slide.shapes.title.text = "Bees"
    frame = slide.placeholders[1].text_frame
    frame.text = "They dance"
    frame.add_paragraph().text = "They work"
    table = slide.shapes.add_table(2, 2, Inches(1), Inches(4), Inches(4), Inches(1)).table
    for row, column, text in ((0, 0, "who"), (0, 1, "does"), (1, 0, "drone"), (1, 1, "a|b")):
        table.cell(row, column).text = text
    slide.notes_slide.notes_text_frame.text = "Smile."
    kept = io.BytesIO()
    show.save(kept)
    return kept.getvalue()


def photo() -> bytes:
    """A JPEG that says who made it, and when."""
    from PIL import Image

    image = Image.new("RGB", (32, 20), "navy")
    exif = image.getexif()
    exif[0x010F], exif[0x0110] = "Maker", "Model 7"
    exif.get_ifd(0x8769)[0x9003] = "2026:03:01 08:30:00"
    kept = io.BytesIO()
    image.save(kept, "JPEG", exif=exif)
    return kept.getvalue()
