"""`workflow-chat design`: the interview in a terminal, or scripted with --say."""

from __future__ import annotations

import argparse
import asyncio
import json
import secrets
import sys
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING

from chat_app.chat_models.errors import ChatModelError
from chat_app.chat_models.simulated import SIMULATED
from chat_app.cli.building import built
from chat_app.cli.design_answers import apply_answers, write_answers
from chat_app.cli.design_session import DesignSession
from chat_app.cli.exits import Exit, Misuse
from chat_app.cli.texts import note, read_bytes, say, warn
from chat_app.translation import joined, tr, translated

if TYPE_CHECKING:
    from chat_app.app import App
    from chat_app.designer.conversation import Designer

LEAVE = frozenset({"quit", "exit", ":q"})


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    command = commands.add_parser("design", help="design a workflow by talking", description=__doc__)
    command.add_argument("--guided", action="store_true", help="the guided designer, which needs no model")
    command.add_argument("--model", metavar="NAME", help="any LiteLLM model")
    command.add_argument(
        "--no-probe", action="store_true", help="do not try a model on three small designs at its first use"
    )
    command.add_argument(
        "--say", action="append", default=[], metavar="TEXT", help="a message; may be repeated; nothing is asked then"
    )
    command.add_argument("--from", dest="start", metavar="FILE", help="go on with this workflow")
    command.add_argument("--answers", metavar="FILE", help="build from saved answers (JSON); nothing is asked then")
    command.add_argument("--answers-out", metavar="FILE", help="where to write what was chosen and answered (JSON)")
    command.add_argument("--out", metavar="FILE", help="where to write the workflow")
    command.add_argument("--format", choices=["text", "json"], default="text", help="how to print (default: text)")
    command.set_defaults(command=design)


def design(arguments: argparse.Namespace) -> Exit:
    """Holds the interview; exit status 1 where no valid workflow came of it."""
    if arguments.guided and arguments.model:
        raise Misuse("--guided needs no model; give one of --guided and --model")
    if (arguments.answers or arguments.answers_out) and not arguments.guided:
        raise Misuse("answers are the guided designer's: give --guided")
    if arguments.answers and arguments.start:
        raise Misuse("--answers builds a new workflow and --from goes on with one; give one of them")
    if arguments.format == "json" and not (arguments.say or arguments.answers):
        raise Misuse("--format json needs the messages: --say TEXT, or --answers FILE")
    return asyncio.run(_design(arguments))


async def _design(arguments: argparse.Namespace) -> Exit:
    with built() as app:
        async with aclosing(app):
            model = None if arguments.guided else arguments.model or await app.model_for(None)
            designer = _designer(app, model)
            if model not in (None, SIMULATED) and not arguments.no_probe:
                await _tell_of(app, str(model))
            session = DesignSession(
                designer,
                app.check,
                conversation_id=secrets.token_hex(8),
                draft=_read(arguments.start),
                out=say if arguments.format == "text" else _nothing,
            )
            if arguments.answers:
                await apply_answers(designer, session, arguments.answers)
            if arguments.say or arguments.answers:
                await session.scripted(arguments.say)
            else:
                await _interview(session)
            if arguments.answers_out:
                write_answers(designer, session, arguments.answers_out)
            return _finish(arguments, app, session)


def _designer(app: App, model: str | None) -> Designer:
    try:
        return app.designer(model, {})
    except ChatModelError as problem:
        last = "Or use --guided, which needs no model."
        raise Misuse(f"{problem.message} {problem.help} {last}") from None


async def _tell_of(app: App, model: str) -> None:
    """Says how well a model designs, before it is relied on; at its first use it is tried."""
    if not app.designers.probed(model):
        note(tr("Trying {model} on three small designs; this is done once.", model=model))
    try:
        verdict = await app.probe(model, {})
    except ChatModelError as problem:
        # The designer says so too, and the guided one takes over.
        warn(f"{problem.message} {problem.help}")
        return
    if verdict.warns:
        others = [
            one.name for one in await app.models.available() if one.ready and one.name not in (model, SIMULATED)
        ]
        ways = tr("Available too: {names}.", names=joined(others[:5])) if others else ""
        last = tr("Or use --guided, which needs no model.")
        told = (translated(verdict.why), translated(verdict.how), ways, last)
        note(joined((part for part in told if part), " "))


async def _interview(session: DesignSession) -> None:
    say(tr("Say what you want. A blank line takes the default of a question; quit ends.") + "\n")
    while True:
        try:
            message = await asyncio.to_thread(input, "> ")
        except EOFError:
            return
        if message.strip().lower() in LEAVE:
            return
        if message.strip() or session.has_default:
            await session.say(message.strip() or "skip")
        if session.wants_save:
            return


def _finish(arguments: argparse.Namespace, app: App, session: DesignSession) -> Exit:
    checked = app.check(session.conversation.draft) if session.conversation.draft else None
    valid = checked is not None and checked.valid
    if arguments.out and session.conversation.draft:
        _write(arguments.out, session.conversation.draft)
    if arguments.format == "json":
        say(json.dumps(session.as_json(checked), indent=2, ensure_ascii=False))
    elif checked is None:
        note(tr("No workflow came of it."))
    else:
        _print_result(arguments, app, session, checked.workflow.name if checked.workflow else "workflow")
    return Exit.DONE if valid else Exit.FAILED


def _print_result(arguments: argparse.Namespace, app: App, session: DesignSession, name: str) -> None:
    for assumption in session.assumptions:
        say(tr("Assumed: {what}", what=assumption))
    if arguments.out:
        say(
            "\n"
            + tr(
                "Written to {file}. Run it: {command}",
                file=arguments.out,
                command=f"workflow-chat run {arguments.out}",
            )
        )
    elif session.wants_save:
        revision = app.library.save(session.conversation.draft, name=session.wants_save_as or name)
        path = revision.path
        say("\n" + tr("Saved as {file}. Run it: {command}", file=path, command=f"workflow-chat run {path}"))
    else:
        say("")
        sys.stdout.write(session.conversation.draft)


def _read(name: str | None) -> str:
    if name is None:
        return ""
    try:
        # As bytes: reading as text would turn the line ends of Windows into others.
        return read_bytes(name).decode()
    except UnicodeDecodeError:
        raise Misuse(f"{name} is not UTF-8 text") from None


def _write(name: str, draft: str) -> None:
    try:
        Path(name).write_bytes(draft.encode())
    except OSError as error:
        say(draft)
        raise Misuse(f"{name} cannot be written ({error.strerror or error}); the workflow stands above") from None


def _nothing(text: str, end: str = "") -> None:
    """Prints nothing: the JSON says it all at the end."""
