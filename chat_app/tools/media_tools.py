"""`generate_image`, `speak`, `transcribe`, `describe_image`: models that make or read pictures and sound."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any, Literal

from pydantic import Field

from chat_app.files.reference import FileRef
from chat_app.files.samples import Sample
from chat_app.tools.errors import ResultRefused, ToolFailed, ToolMissing
from chat_app.tools.file_arguments import FileArgument, FileResult
from chat_app.tools.media import Media, MediaSetup
from chat_app.tools.tool import Arguments, Tool, ToolContext, tool

MODEL = "A LiteLLM model name; left out, the one that is set up."
MOST_IMAGE = 20_000_000
MOST_AUDIO = 25_000_000
"""What providers take."""


class GenerateImageArguments(Arguments):
    """What to draw."""

    prompt: str = Field(min_length=1, max_length=8_000, description="What the picture shows.")
    size: str | None = Field(
        None, pattern=r"^\d{2,5}x\d{2,5}$", description="Such as 1024x1024; left out, the model's."
    )
    name: str = Field("picture.png", max_length=200, description="The file's name.")
    model: str | None = Field(None, description=MODEL)


class SpeakArguments(Arguments):
    """What to say."""

    text: str = Field(min_length=1, max_length=8_000, description="What is read aloud.")
    voice: str = Field("alloy", max_length=100, description="One of the model's voices.")
    form: Literal["mp3", "wav", "opus", "flac"] = Field("mp3", description="The kind of file.")
    name: str = Field("speech", max_length=200, description="The file's name, without its ending.")
    model: str | None = Field(None, description=MODEL)


class TranscribeArguments(Arguments):
    """What to listen to."""

    file: FileArgument = Field(description="The recording.")
    language: str | None = Field(None, pattern=r"^[a-z]{2,3}$", description="Its language, such as `en`, if known.")
    model: str | None = Field(None, description=MODEL)


class DescribeImageArguments(Arguments):
    """What to look at."""

    image: FileArgument | None = Field(None, description="The picture, as a file.")
    url: str | None = Field(None, max_length=2_000, description="Or its address.")
    question: str = Field("Describe this picture.", max_length=8_000, description="What is wanted of it.")
    model: str | None = Field(None, description="A model that sees; left out, the one that is set up.")


async def _picture(arguments: GenerateImageArguments, context: ToolContext, model: str) -> FileRef:
    made = await _media(context).image(model, arguments.prompt, arguments.size, context.seconds)
    content = made.content
    if made.url is not None:
        content, _ = await _fetched(made.url, context)
    return _kind(await context.files.put(content, arguments.name), "image/")


async def _speech(arguments: SpeakArguments, context: ToolContext, model: str) -> FileRef:
    made = await _media(context).speech(model, arguments.text, arguments.voice, arguments.form, context.seconds)
    name = arguments.name if arguments.name.endswith(f".{arguments.form}") else f"{arguments.name}.{arguments.form}"
    return await context.files.put(made.content, name)


async def _transcript(arguments: TranscribeArguments, context: ToolContext, model: str) -> str:
    _bounded(arguments.file, MOST_AUDIO)
    content = await context.files.read(arguments.file)
    made = await _media(context).transcript(model, content, arguments.file.name, arguments.language, context.seconds)
    return made.text


async def describe_image(arguments: DescribeImageArguments, context: ToolContext, model: str | None) -> str:
    """What a model sees."""
    if (arguments.image is None) == (arguments.url is None):
        raise ToolFailed("`describe_image` needs either `image` or `url`.", help="Give one of them.")
    if arguments.image is not None:
        _bounded(_kind(arguments.image, "image/"), MOST_IMAGE)
        content, media_type = await context.files.read(arguments.image), arguments.image.media_type
    else:
        content, media_type = await _fetched(str(arguments.url), context)
    url = f"data:{media_type};base64,{base64.b64encode(content).decode()}"
    return (await _media(context).description(model, arguments.question, url, context.seconds)).text


async def _fetched(url: str, context: ToolContext) -> tuple[bytes, str]:
    """A picture from an address, under the network policy."""
    answer = await context.network.request("GET", url, headers={"Accept": "image/*"})
    if answer.status >= 400:
        raise ToolFailed(f"The picture's address answered with status {answer.status}.", help="Check the address.")
    if not answer.media_type.startswith("image/"):
        raise ResultRefused(f"{url[:200]} is no picture ({answer.media_type}).", help="Use a picture's own address.")
    return answer.body, answer.media_type


def _media(context: ToolContext) -> Media:
    if context.media is None:
        raise ToolMissing("No models can be asked here.", help="Run the workflow.")
    return context.media


def _kind(file: FileRef, prefix: str) -> FileRef:
    if not file.media_type.startswith(prefix):
        raise ResultRefused(
            f"{file.name} is no {prefix.rstrip('/')} ({file.media_type}).",
            help="Give another file or model.",
        )
    return file


def _bounded(file: FileRef, most: int) -> None:
    if file.size > most:
        raise ToolFailed(f"{file.name} has {file.size:,} bytes; models take {most:,}.", help="Give a smaller one.")


def media_tools(setup: MediaSetup) -> tuple[Tool, ...]:
    """The tools, with the models that are set up."""
    return (
        _tool(
            "generate_image", "Draws a picture from a description.", GenerateImageArguments, FileResult,
            _picture, setup.image, "WORKFLOW_CHAT_IMAGE_MODEL, such as openai/gpt-image-1",
            {"prompt": "A bee on a blue flower", "size": "1024x1024"}, "picture",
        ),
        _tool(
            "speak", "Reads a text aloud, into an audio file.", SpeakArguments, FileResult,
            _speech, setup.speech, "WORKFLOW_CHAT_SPEECH_MODEL, such as openai/gpt-4o-mini-tts",
            {"text": "Good morning."}, "sound",
        ),
        _tool(
            "transcribe", "Writes down what is said in a recording.", TranscribeArguments, str,
            _transcript, setup.transcription, "WORKFLOW_CHAT_TRANSCRIPTION_MODEL, such as openai/whisper-1",
            {"file": "{{ state.recording }}"},
        ),
        _tool(
            "describe_image", "Tells what a picture shows, or answers a question about it.",
            DescribeImageArguments, str, describe_image, setup.vision,
            "WORKFLOW_CHAT_VISION_MODEL or WORKFLOW_CHAT_MODEL to a model that sees",
            {"image": "{{ state.photo }}", "question": "What is on it?"},
        ),
    )  # fmt: skip


def _tool(
    name: str,
    description: str,
    arguments: type[Arguments],
    result: Any,
    work: Callable[[Any, ToolContext, str], Any],
    model: str | None,
    how: str,
    example: dict[str, Any],
    makes: Sample = "text",
) -> Tool:
    async def run(given: Any, context: ToolContext) -> Any:
        chosen = given.model or model
        if chosen is None:
            raise ToolMissing(
                f"`{name}` needs a model, and none is set up.", help=f"Give it a `model`, or set {how}."
            )
        return await work(given, context, chosen)

    return tool(
        name,
        description,
        arguments,
        result,
        run,
        networked=True,
        pays=lambda given: given.get("model") or model,
        missing=lambda: None if model else f"Give it a `model`, or set {how}.",
        supplied_by="model",
        example=example,
        makes=makes,
    )
