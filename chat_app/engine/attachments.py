"""What goes to a chat model beside the prompt: pictures and documents as they are, all other files as text."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from chat_app.chat_models.known import takes_pdf
from chat_app.chat_models.protocol import ChatModel, FilePart
from chat_app.engine.errors import StepProblem
from chat_app.engine.level import Step
from chat_app.engine.text import rendered
from chat_app.files.errors import FileError
from chat_app.files.reference import FileRef
from chat_app.files.sizes import shown_size
from chat_app.files.store import MIB
from chat_app.tools.documents import document_text
from chat_app.tools.errors import ToolError
from chat_app.tools.network_errors import NetworkError
from chat_app.workflow.templates import Template

MOST_BYTES = 20 * MIB
"""Of all that goes with one prompt; providers take about as much."""
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""What models that see take."""
PDF = "application/pdf"
_LINKS = ("http://", "https://")


@dataclass
class Attached:
    """What goes with a prompt."""

    images: tuple[str, ...] = ()
    files: tuple[FilePart, ...] = ()
    text: str = ""
    """The texts of files, to stand after the prompt."""


async def attached(step: Step, model: ChatModel, images: Sequence[Template], files: Sequence[Template]) -> Attached:
    """The files that a node's `images` and `files` name; raises StepProblem."""
    pictures = list(_values(rendered(one, step, "images") for one in images))
    documents = list(_values(rendered(one, step, "files") for one in files))
    if model.simulated:
        return _named(step, pictures, documents)
    found = Attached()
    room = _Room()
    for value in pictures:
        found.images += (await _picture(step, value, room),)
    for value in documents:
        ref, content = await _content(step, value, room)
        if ref.media_type in PICTURES:
            found.images += (_data_url(ref.media_type, content),)
        elif ref.media_type == PDF and takes_pdf(model.name):
            found.files += (FilePart(ref.name, ref.media_type, _data_url(PDF, content)),)
        else:
            found.text += _told(ref.name, await _as_text(step, ref))
    return found


class _Room:
    """Counts what goes along."""

    def __init__(self) -> None:
        self.left = MOST_BYTES

    def take(self, name: str, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise StepProblem(
                f"With {name}, more than {shown_size(MOST_BYTES)} of files would go to the model.",
                help="Send fewer or smaller files, or let `read_document` read them first.",
            )


def _values(rendered_values: Iterable[Any]) -> Iterator[Any]:
    """Single values; a list of files gives each of its items."""
    for value in rendered_values:
        if isinstance(value, list):
            yield from value
        elif value is not None:
            yield value


def _named(step: Step, pictures: Sequence[Any], documents: Sequence[Any]) -> Attached:
    """For a model that reads nothing: how many pictures, and which files; in rehearsals there may be no content."""
    names = [_ref(step, value, "files").name for value in documents]
    told = "".join(_told(name, "") for name in names)
    return Attached(images=tuple("" for _ in pictures), text=told)


async def _picture(step: Step, value: Any, room: _Room) -> str:
    if isinstance(value, str) and value.startswith(_LINKS):
        return await _fetched(step, value, room)
    ref, content = await _content(step, value, room, "images")
    if ref.media_type not in PICTURES:
        raise StepProblem(
            f"{ref.name} is no picture that models take, but {ref.media_type}.",
            help="Models take PNG, JPEG, GIF and WebP; documents go under `files`.",
        )
    return _data_url(ref.media_type, content)


async def _fetched(step: Step, url: str, room: _Room) -> str:
    try:
        answer = await step.run.outside.reach.network.request("GET", url, headers={"Accept": "image/*"})
    except NetworkError as error:
        raise StepProblem(error.message, help=error.help) from error
    kind = answer.media_type
    if answer.status >= 400 or kind not in PICTURES:
        raise StepProblem(
            f"{url} gives no picture that models take (status {answer.status}, {kind or 'no media type'}).",
            help="Name the address of a PNG, JPEG, GIF or WebP.",
        )
    room.take(url, len(answer.body))
    return _data_url(kind, answer.body)


async def _content(step: Step, value: Any, room: _Room, key: str = "files") -> tuple[FileRef, bytes]:
    ref = _ref(step, value, key)
    try:
        content = await step.run.outside.files.read(ref)
    except FileError as error:
        raise StepProblem(error.message, help=error.help) from error
    # What a reference says of the size may have been written by code.
    room.take(ref.name, len(content))
    return ref, content


def _ref(step: Step, value: Any, key: str) -> FileRef:
    try:
        return FileRef.of(value)
    except FileError as error:
        what = "a link" if isinstance(value, str) else f"a {type(value).__name__}"
        raise StepProblem(
            f"`{key}` of {step.name} names no file, but {what}.",
            help="Name fields of `type: file`, or lists of them.",
        ) from error


async def _as_text(step: Step, ref: FileRef) -> str:
    try:
        return await document_text(ref, step.run.outside.files)
    except ToolError as error:
        raise StepProblem(f"{ref.name} can't be sent: {error.message}", help=error.help) from error


def _told(name: str, text: str) -> str:
    """A file in a prompt, marked so that the model can tell where it begins and ends."""
    return f'\n\n<file name="{name}">\n{text}\n</file>' if text else f'\n\n<file name="{name}"/>'


def _data_url(media_type: str, content: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"
