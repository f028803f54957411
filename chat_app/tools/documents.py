"""`read_document`: what documents say, as Markdown."""

from __future__ import annotations

import asyncio

from pydantic import Field

from chat_app.files.errors import FileError
from chat_app.files.media_types import BY_NAME, encoding_of
from chat_app.files.names import suffix_of
from chat_app.files.of_run import RunFiles
from chat_app.files.packages import DOCX, EPUB, PPTX, XLSX
from chat_app.files.reference import FileRef
from chat_app.tools.errors import ToolFailed
from chat_app.tools.file_arguments import FileArgument
from chat_app.tools.processes import isolated
from chat_app.tools.tool import Arguments, ToolContext, tool

MOST_CHARACTERS = 2_000_000
MOST_FILES = 100
SECONDS = 50.0
MEMORY_MB = 2_048
_MOST_TEXT = 20_000_000
"""Bytes of a text that are read."""

_KINDS = {
    "application/pdf": "pdf",
    DOCX: "docx",
    PPTX: "pptx",
    XLSX: "sheet",
    "application/vnd.oasis.opendocument.spreadsheet": "sheet",
    "application/vnd.ms-excel": "sheet",
    EPUB: "epub",
    "message/rfc822": "mail",
}
_PLAIN = frozenset({"text/plain", "text/markdown", "text/csv", "text/tab-separated-values", "application/x-ndjson"})
_TEXTUAL = frozenset(BY_NAME.values()) | {"application/json", "application/xml", "image/svg+xml"}
_FENCES = {"text/x-python": "python", "application/json": "json", "application/yaml": "yaml", "text/x-sql": "sql",
           "text/javascript": "js", "text/x-typescript": "ts", "application/xml": "xml", "image/svg+xml": "xml",
           "text/x-shellscript": "sh", "text/x-mermaid": "mermaid", "text/x-graphviz": "dot"}  # fmt: skip


class DocumentArguments(Arguments):
    """Which documents."""

    file: FileArgument | list[FileArgument] = Field(description="The document, or a list of documents.")
    max_characters: int = Field(
        400_000,
        ge=100,
        le=MOST_CHARACTERS,
        description="The most text of one document; the rest is cut, and said so.",
    )


async def read_document(arguments: DocumentArguments, context: ToolContext) -> str:
    """The Markdown; of several documents, each under its name."""
    if isinstance(arguments.file, FileRef):
        return await document_text(arguments.file, context.files, arguments.max_characters, context.seconds)
    if len(arguments.file) > MOST_FILES:
        message = f"There are {len(arguments.file)} documents; at once {MOST_FILES} can be read."
        raise ToolFailed(message, help="Go through them with a `map` node.")
    texts = []
    for one in arguments.file:
        text = await document_text(one, context.files, arguments.max_characters, context.seconds)
        texts.append(f"# {one.name}\n\n{text}")
    return "\n\n---\n\n".join(texts)


async def document_text(ref: FileRef, files: RunFiles, most: int = MOST_CHARACTERS, seconds: float = SECONDS) -> str:
    """What one document says; raises ToolFailed."""
    try:
        text = await _text(ref, files, most, min(seconds, SECONDS))
    except FileError as error:
        raise ToolFailed(error.message, help=error.help) from error
    if len(text) <= most:
        return text
    return f"{text[:most]}\n\n[cut here: {ref.name} goes on]"


async def _text(ref: FileRef, files: RunFiles, most: int, seconds: float) -> str:
    kind = _KINDS.get(ref.media_type)
    if kind is None and ref.media_type.startswith("image/") and ref.media_type != "image/svg+xml":
        kind = "image"
    if kind is not None:
        job = {"path": str(files.path(ref)), "kind": kind, "most": most}
        try:
            answer = await isolated("document.py", job, seconds=seconds, megabytes=MEMORY_MB)
        except ToolFailed as error:
            raise ToolFailed(f"{ref.name} can't be read. {error.message}", help=error.help) from None
        if "markdown" in answer:
            return str(answer["markdown"])
        raise ToolFailed(f"{ref.name} can't be read: {answer['problem']}.", help=str(answer["help"]))
    if ref.media_type in _TEXTUAL or ref.media_type.startswith("text/"):
        return await _written(ref, files, seconds)
    raise ToolFailed(
        f"{ref.name} is {ref.media_type}, which holds no text that can be read.",
        help="Readable are PDF, DOCX, PPTX, XLSX, ODS, EPUB, HTML, mail, pictures' metadata, and text of any kind.",
    )


async def _written(ref: FileRef, files: RunFiles, seconds: float) -> str:
    text = await asyncio.to_thread(_decoded, ref, files)
    if ref.media_type == "text/html":
        page = await isolated("html_page.py", {"html": text, "base": ""}, seconds=seconds, megabytes=1_024)
        title, markdown = str(page["title"]), str(page["markdown"])
        return f"# {title}\n\n{markdown}" if title and not markdown.startswith("# ") else markdown
    if ref.media_type in _PLAIN:
        return text.strip()
    fence = "`" * max(3, _longest_run(text) + 1)
    language = _FENCES.get(ref.media_type, suffix_of(ref.name).removeprefix("."))
    return f"{fence}{language}\n{text.strip(chr(10))}\n{fence}"


def _decoded(ref: FileRef, files: RunFiles) -> str:
    with files.path(ref).open("rb") as file:
        content = file.read(_MOST_TEXT)
    return content.decode(encoding_of(content) or "utf-8", "replace").removeprefix("\ufeff").replace("\r\n", "\n")


def _longest_run(text: str) -> int:
    longest = run = 0
    for character in text:
        run = run + 1 if character == "`" else 0
        longest = max(longest, run)
    return longest


READ_DOCUMENT = tool(
    "read_document",
    "Reads what a document says and returns it as Markdown: PDF, DOCX, PPTX, XLSX, HTML, EPUB, mail, text and code, "
    "and the metadata of pictures; one file or a list.",
    DocumentArguments,
    str,
    read_document,
    example={"file": "{{ state.document }}"},
)
