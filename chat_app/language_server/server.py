"""The wiring: the protocol's messages to the functions that answer them. pygls speaks the protocol."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Generator
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol
from pygls.protocol.language_server import lsp_method

from chat_app.language_server.actions import KINDS, actions_at, resolved
from chat_app.language_server.completion import TRIGGERS, completions_at
from chat_app.language_server.documents import Documents
from chat_app.language_server.findings import findings_of
from chat_app.language_server.hover import hover_at
from chat_app.language_server.navigation import definition_at, highlights_at, references_at
from chat_app.language_server.renaming import CannotRename, renamable_at, rename_at
from chat_app.language_server.snapshot import Snapshot
from chat_app.language_server.symbols import symbols_of
from chat_app.language_server.world import World

NAME = "workflow-chat"
LONGEST_PAUSE = 0.2
"""Seconds that the typing must rest before the check of a long document: each key would else start one."""
PAUSE_FOR_CHECK = 2.0
"""The pause for others, as a multiple of what the last check took."""
_REQUEST_FAILED = -32803
_CONTENT_MODIFIED = -32801

logger = logging.getLogger(__name__)
Handler = Generator[Any, Any, None]


class Protocol(LanguageServerProtocol):
    """pygls' protocol without its own copies of the documents: its line ends are Python's, not the protocol's."""

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> Handler:
        yield self.fm.features[types.TEXT_DOCUMENT_DID_OPEN], (params,), None

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> Handler:
        yield self.fm.features[types.TEXT_DOCUMENT_DID_CHANGE], (params,), None

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> Handler:
        yield self.fm.features[types.TEXT_DOCUMENT_DID_CLOSE], (params,), None


class WorkflowServer(LanguageServer):
    """The server: the open documents, and who waits for a check."""

    def __init__(self, world: World) -> None:
        super().__init__(NAME, world.version, protocol_cls=Protocol)
        self.world = world
        self.documents = Documents(world)
        self._pauses: dict[str, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def later(self, uri: str, *, again: bool = False, pause: float | None = None) -> None:
        """Checks a document and tells its findings, once the typing rests; what is checked at once need not wait."""
        document = self.documents.get(uri)
        if pause is None:
            pause = 0.0 if document is None else min(LONGEST_PAUSE, PAUSE_FOR_CHECK * document.seconds)
        waiting = self._pauses.pop(uri, None)
        if waiting is not None:
            waiting.cancel()
        self._pauses[uri] = asyncio.get_running_loop().call_later(pause, self._start, uri, again)

    def _start(self, uri: str, again: bool) -> None:
        self._pauses.pop(uri, None)
        task = asyncio.get_running_loop().create_task(self._tell(uri, again))
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # The server outlives a check that fails: the next key may heal it.
            logger.error("a check failed", exc_info=error)

    async def _tell(self, uri: str, again: bool) -> None:
        document = self.documents.get(uri)
        if document is None:
            return
        version = document.version
        snapshot = await self.documents.checked(document, again=again)
        if document.text == snapshot.text and self.documents.get(uri) is document:
            self._publish(uri, findings_of(snapshot), version)

    async def checked(self, uri: str) -> Snapshot | None:
        """The check of an open document, for a question about a place in it.

        A text that changes meanwhile leaves the question without a meaning; the editor will ask again.
        """
        document = self.documents.get(uri)
        if document is None:
            return None
        text = document.text
        snapshot = await self.documents.checked(document)
        if snapshot.text != text:
            raise JsonRpcException("the text has changed", _CONTENT_MODIFIED)
        return snapshot

    @property
    def resolves(self) -> bool:
        """Whether the editor asks for the edit of an action when it is chosen."""
        asked = self.client_capabilities.text_document
        support = asked.code_action.resolve_support if asked and asked.code_action else None
        return support is not None and "edit" in support.properties

    def forget(self, uri: str) -> None:
        """Takes a closed document's findings away."""
        waiting = self._pauses.pop(uri, None)
        if waiting is not None:
            waiting.cancel()
        self.documents.close(uri)
        self._publish(uri, [], None)

    def _publish(self, uri: str, findings: list[types.Diagnostic], version: int | None) -> None:
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, findings, version))

    def shutdown(self) -> None:
        """Ends the server."""
        self.documents.stop()
        super().shutdown()  # type: ignore[no-untyped-call]


def language_server(world: World) -> WorkflowServer:
    """A server that is ready to be started."""
    server = WorkflowServer(world)
    _hear_of_documents(server)
    _answer_questions(server)
    _answer_about_names(server)
    _offer_changes(server)
    return server


def _hear_of_documents(server: WorkflowServer) -> None:
    documents = server.documents

    @server.feature(types.INITIALIZED)
    def initialized(params: types.InitializedParams) -> None:
        encoding = server.server_capabilities.position_encoding
        documents.units = {"utf-8": "utf-8", "utf-32": "utf-32"}.get(
            str(getattr(encoding, "value", encoding)), "utf-16"
        )  # type: ignore[assignment]

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def did_open(params: types.DidOpenTextDocumentParams) -> None:
        documents.open(params.text_document)
        server.later(params.text_document.uri, pause=0)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def did_change(params: types.DidChangeTextDocumentParams) -> None:
        documents.change(params.text_document.uri, params.text_document.version, params.content_changes)
        server.later(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def did_save(params: types.DidSaveTextDocumentParams) -> None:
        # Another open file may call the one that was saved.
        for document in documents:
            server.later(document.uri, again=True)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def did_close(params: types.DidCloseTextDocumentParams) -> None:
        server.forget(params.text_document.uri)


def _answer_questions(server: WorkflowServer) -> None:
    documents, world = server.documents, server.world

    @server.feature(types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=TRIGGERS))
    def completion(params: types.CompletionParams) -> list[types.CompletionItem] | None:
        document = documents.get(params.text_document.uri)
        if document is None:
            return None
        lines = document.lines(documents.units)
        return completions_at(lines, params.position, document.surroundings, world.models, document.good)

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def hover(params: types.HoverParams) -> types.Hover | None:
        checked = await server.checked(params.text_document.uri)
        document = documents.get(params.text_document.uri)
        if checked is None or document is None:
            return None
        return hover_at(checked.lines, params.position, document.surroundings, checked, document.good)

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    async def symbols(params: types.DocumentSymbolParams) -> list[types.DocumentSymbol] | None:
        checked = await server.checked(params.text_document.uri)
        document = documents.get(params.text_document.uri)
        if checked is None or document is None:
            return None
        # While half a line is typed the outline stays as it was.
        return symbols_of(checked if checked.readable or document.good is None else document.good)


def _answer_about_names(server: WorkflowServer) -> None:
    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    async def definition(params: types.DefinitionParams) -> list[types.Location] | None:
        checked = await server.checked(params.text_document.uri)
        return definition_at(checked, params.position) if checked else None

    @server.feature(types.TEXT_DOCUMENT_REFERENCES)
    async def references(params: types.ReferenceParams) -> list[types.Location] | None:
        checked = await server.checked(params.text_document.uri)
        declaration = params.context.include_declaration
        return references_at(checked, params.position, declaration=declaration) if checked else None

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT)
    async def highlights(params: types.DocumentHighlightParams) -> list[types.DocumentHighlight] | None:
        checked = await server.checked(params.text_document.uri)
        return highlights_at(checked, params.position) if checked else None


def _offer_changes(server: WorkflowServer) -> None:
    @server.feature(types.TEXT_DOCUMENT_PREPARE_RENAME)
    async def prepare_rename(params: types.PrepareRenameParams) -> types.PrepareRenamePlaceholder | None:
        checked = await server.checked(params.text_document.uri)
        return renamable_at(checked, params.position) if checked else None

    @server.feature(types.TEXT_DOCUMENT_RENAME, types.RenameOptions(prepare_provider=True))
    async def rename(params: types.RenameParams) -> types.WorkspaceEdit | None:
        checked = await server.checked(params.text_document.uri)
        try:
            return rename_at(checked, params.position, params.new_name) if checked else None
        except CannotRename as refusal:
            raise JsonRpcException(str(refusal), _REQUEST_FAILED) from None

    options = types.CodeActionOptions(code_action_kinds=KINDS, resolve_provider=True)

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, options)
    async def actions(params: types.CodeActionParams) -> list[types.CodeAction] | None:
        checked = await server.checked(params.text_document.uri)
        if checked is None:
            return None
        only, resolves = params.context.only, server.resolves
        return await asyncio.to_thread(actions_at, checked, params.range, only, resolves=resolves)

    @server.feature(types.CODE_ACTION_RESOLVE)
    async def resolve(action: types.CodeAction) -> types.CodeAction:
        checked = await server.checked(str(action.data))
        return action if checked is None else await asyncio.to_thread(resolved, checked, action)
