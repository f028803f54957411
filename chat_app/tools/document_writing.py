"""`write_document`: Markdown becomes a document that people open: Word, PDF, slides, a web page."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from pydantic import Field

from chat_app.files.errors import FileError
from chat_app.files.names import suffix_of
from chat_app.files.reference import FileRef
from chat_app.tools.errors import ToolFailed
from chat_app.tools.file_arguments import FileArgument, FileResult
from chat_app.tools.tool import Arguments, ToolContext, tool
from chat_app.tools.writing.document import Document, Paper, first_heading, names_of_pictures
from chat_app.tools.writing.page import write_page
from chat_app.tools.writing.paper import write_paper
from chat_app.tools.writing.pictures import rasters, same_picture
from chat_app.tools.writing.slides import write_slides
from chat_app.tools.writing.word import write_word

MOST_LETTERS = 1_000_000
MOST_PICTURES = 50


class WriteDocumentArguments(Arguments):
    """What to write, and as what."""

    text: str = Field(max_length=MOST_LETTERS, description="The text as Markdown.")
    name: str = Field(
        max_length=200,
        description="The file's name; its ending says as what it is written: .docx, .pdf, .pptx, .html, .md.",
    )
    pictures: list[FileArgument] = Field(
        default=[],
        max_length=MOST_PICTURES,
        description="Pictures (PNG, JPEG, SVG) that the text names, as in `![Sales](chart.png)`; "
        "those that it does not name stand at its end.",
    )
    paper: Paper = Field("a4", description="The size of pages.")


async def write_document(arguments: WriteDocumentArguments, context: ToolContext) -> FileResult:
    """The document."""
    write = _WRITERS.get(suffix_of(arguments.name))
    if write is None:
        known = ", ".join(_WRITERS)
        raise ToolFailed(f"A document can't be written as {arguments.name}.", help=f"End the name in one of {known}.")
    try:
        pictures = await rasters(arguments.pictures, context.files)
        text = _with_pictures(arguments.text, arguments.pictures)
        title = first_heading(text) or arguments.name.rpartition(".")[0]
        document = Document(text, title, pictures, arguments.paper)
        content = await asyncio.to_thread(write, document)
        return await context.files.put(content, arguments.name)
    except FileError as error:
        raise ToolFailed(error.message, help=error.help) from error


def _with_pictures(text: str, given: list[FileRef]) -> str:
    """The text, and at its end the pictures that it does not name."""
    named = names_of_pictures(text)
    missing = [ref for ref in given if not any(same_picture(ref.name, name) for name in named)]
    return text + "".join(f"\n\n![{_words(ref.name)}](<{ref.name}>)" for ref in missing)


def _words(name: str) -> str:
    return name.rpartition(".")[0].replace("_", " ").replace("-", " ").replace("[", "(").replace("]", ")")


def _write_text(document: Document) -> bytes:
    return document.markdown.encode("utf-8", "replace")


_WRITERS: Mapping[str, Callable[[Document], bytes]] = {
    ".docx": write_word,
    ".pdf": write_paper,
    ".pptx": write_slides,
    ".html": write_page,
    ".md": _write_text,
}

WRITE_DOCUMENT = tool(
    "write_document",
    "Writes Markdown (headings, lists, tables, code, pictures) as a Word document, a PDF, slides, a web page or a "
    "text file, and returns the file. In slides each heading of the first two levels begins a slide, and a quote "
    "that begins with `Notes:` is for the speaker.",
    WriteDocumentArguments,
    FileResult,
    write_document,
    example={"text": "# Bees\n\n| who | does |\n|---|---|\n| drone | little |", "name": "bees.docx"},
)
