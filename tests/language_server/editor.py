"""A small editor: talks real JSON-RPC to the real server process over its standard input and output."""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 100
"""For a hang alone: a server that ends is noticed at once, and on a loaded machine one may start late."""


class Failed(Exception):
    """The server answered a request with an error."""


class Gone(Exception):
    """The server ended before it answered."""


class Wire:
    """Messages over a pair of byte streams."""

    def __init__(self, output: IO[bytes], input: IO[bytes]) -> None:
        self.output, self.input = output, input
        self.answers: dict[int, queue.Queue[dict[str, Any] | None]] = {}
        self.told: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self.ended = False
        self.stray = b""
        """What was read that is no message."""
        self.number = 0
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        self._read_all()
        # Whoever still waits, or will, waits in vain.
        self.ended = True
        for waiting in (self.told, *list(self.answers.values())):
            waiting.put(None)

    def _read_all(self) -> None:
        while header := self.input.readline():
            if not header.startswith(b"Content-Length: "):
                self.stray += header
                continue
            while self.input.readline().strip():
                pass
            message = json.loads(self.input.read(int(header.split(b":")[1])))
            if "method" in message:
                self.told.put(message)
            else:
                self.answers[message["id"]].put(message)

    def raw(self, data: bytes) -> None:
        self.output.write(data)
        self.output.flush()

    def send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.raw(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def notify(self, method: str, params: Any) -> None:
        self.send({"method": method, "params": params})

    def later(self, method: str, params: Any) -> Callable[[], dict[str, Any]]:
        """Sends a request; the result waits for its answer."""
        self.number += 1
        waiting = self.answers[self.number] = queue.Queue()
        self.send({"id": self.number, "method": method, "params": params})
        if self.ended:
            waiting.put(None)
        return lambda: awaited(waiting)

    def ask(self, method: str, params: Any) -> Any:
        answer = self.later(method, params)()
        if "error" in answer:
            raise Failed(answer["error"]["message"])
        return answer.get("result")


def awaited(waiting: queue.Queue[dict[str, Any] | None]) -> dict[str, Any]:
    """The next message; raises Gone where there can be none."""
    message = waiting.get(timeout=PATIENCE_SECONDS)
    if message is None:
        waiting.put(None)
        raise Gone
    return message


class Page:
    """One open document; `|` in a text given to it stands for the cursor."""

    def __init__(self, editor: Editor, uri: str, text: str) -> None:
        self.editor, self.uri, self.version = editor, uri, 1
        self.text = text
        editor.wire.notify(
            "textDocument/didOpen",
            {"textDocument": {"uri": uri, "languageId": "yaml", "version": 1, "text": text}},
        )

    @property
    def id(self) -> dict[str, str]:
        return {"uri": self.uri}

    def findings(self) -> list[dict[str, Any]]:
        """The findings of the present text."""
        return self.editor.findings_of(self.uri, self.version)

    def place(self, offset: int) -> dict[str, int]:
        """A character as the protocol counts: by lines, and by UTF-16 units."""
        before = self.text[:offset]
        line = before.count("\n")
        return {"line": line, "character": len(before[before.rfind("\n") + 1 :].encode("utf-16-le")) // 2}

    def at(self, words: str) -> dict[str, int]:
        """The place in a piece of the text where `|` stands."""
        start = self.text.index(words.replace("|", ""))
        return self.place(start + words.index("|"))

    def offset(self, place: dict[str, int]) -> int:
        lines = self.text.split("\n")
        units = lines[place["line"]].encode("utf-16-le")[: place["character"] * 2]
        return sum(len(line) + 1 for line in lines[: place["line"]]) + len(units.decode("utf-16-le"))

    def words(self, span: dict[str, Any]) -> str:
        """What stands in a range."""
        return self.text[self.offset(span["start"]) : self.offset(span["end"])]

    def replace(self, old: str, new: str) -> None:
        """Types: replaces a piece of the text by an incremental change."""
        start = self.text.index(old)
        span = {"start": self.place(start), "end": self.place(start + len(old))}
        self.change([{"range": span, "text": new}])
        self.text = self.text[:start] + new + self.text[start + len(old) :]

    def change(self, changes: list[dict[str, Any]]) -> None:
        self.version += 1
        self.editor.wire.notify(
            "textDocument/didChange",
            {"textDocument": {"uri": self.uri, "version": self.version}, "contentChanges": changes},
        )

    def ask(self, method: str, place: dict[str, int], **more: Any) -> Any:
        params = {"textDocument": self.id, "position": place, **more}
        return self.editor.wire.ask(f"textDocument/{method}", params)

    def labels(self, place: dict[str, int]) -> list[str]:
        """What completion offers at a place."""
        return [item["label"] for item in self.ask("completion", place) or []]

    def hover(self, words: str) -> str:
        found = self.ask("hover", self.at(words))
        return found["contents"]["value"] if found else ""

    def after(self, edits: list[dict[str, Any]]) -> str:
        """The text after the edits of the server."""
        text = self.text
        spans = [(self.offset(e["range"]["start"]), self.offset(e["range"]["end"]), e["newText"]) for e in edits]
        for start, end, new in sorted(spans, reverse=True):
            text = text[:start] + new + text[end:]
        return text


class Editor:
    """One editor with its server process."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "chat_app", "lsp", *arguments],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert self.process.stdin and self.process.stdout and self.process.stderr
        self.errors = b""
        self.listener = threading.Thread(target=self._listen, args=(self.process.stderr,), daemon=True)
        self.listener.start()
        self.wire = Wire(self.process.stdin, self.process.stdout)
        self.pages = 0

    def _listen(self, errors: IO[bytes]) -> None:
        for line in errors:
            self.errors += line

    def begin(self, **capabilities: Any) -> dict[str, Any]:
        """The handshake; gives what the server can do."""
        params = {"processId": None, "rootUri": None, "capabilities": capabilities}
        try:
            result = self.wire.ask("initialize", params)
        except (queue.Empty, Gone, Failed, BrokenPipeError):
            self.leave()
            raise AssertionError(f"the server did not start: {self.errors.decode()}") from None
        self.wire.notify("initialized", {})
        return dict(result)

    def open(self, text: str, uri: str | None = None) -> Page:
        self.pages += 1
        return Page(self, uri or f"untitled:page-{self.pages}", text)

    def findings_of(self, uri: str, version: int | None) -> list[dict[str, Any]]:
        while True:
            message = awaited(self.wire.told)
            params = message["params"]
            if message["method"] != "textDocument/publishDiagnostics" or params["uri"] != uri:
                continue
            if params.get("version") == version:
                return list(params["diagnostics"])

    def end(self) -> int:
        """Says good-bye; gives the exit status."""
        self.wire.ask("shutdown", None)
        self.wire.notify("exit", None)
        return self.leave()

    def leave(self) -> int:
        """Waits for the process to end, and closes what led to it."""
        assert self.process.stdin and self.process.stdout and self.process.stderr
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            return self.process.wait(timeout=PATIENCE_SECONDS)
        finally:
            self.process.kill()
            self.wire.reader.join()
            self.listener.join()
            self.process.stdout.close()
            self.process.stderr.close()
