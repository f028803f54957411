"""The library: designs as YAML files with all their revisions, and the conversations that made them.

    <folder>/<name>.yaml                     the newest text; may be edited by hand
    <folder>/.revisions/<name>/000001.yaml   every saved text; never changed again
    <folder>/.revisions/<name>/000001.json   when it was saved, and what was asked for
    <folder>/.conversations/<id>.json        its first line tells what lists show of it
    <folder>/visitors/<owner>/...            the same again, for every owner but `local`

A save is whole or not at all: each file is written beside its place, flushed to the disk and renamed.
Names are cleaned, so that none leads out of the folder, and symbolic links are not followed.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chat_app.files.whole import write_whole

if sys.platform != "win32":
    import fcntl

LOCAL = "local"
"""The owner whose designs lie in the folder itself."""

_PLAIN_OWNER = re.compile(r"[a-z0-9_-]{1,64}")
_PLAIN_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_REVISION_FILE = re.compile(r"(\d{6,})\.yaml")
# Windows gives these names to devices, with any ending.
_DEVICES = frozenset({"con", "prn", "aux", "nul"} | {f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10)})


class LibraryError(Exception):
    """The library could not do it; what was saved before is as it was. `help` says what to do."""

    def __init__(self, message: str, *, help: str) -> None:
        super().__init__(message)
        self.message = message
        self.help = help


class NotInLibrary(LibraryError):
    """There is no such design, revision or conversation."""


@dataclass(frozen=True, slots=True)
class Revision:
    """One saved text of a design, numbered from 1."""

    name: str
    number: int
    saved_at: datetime
    asked: str
    """What the person asked for, in their words."""
    path: Path
    """The file with the newest text of the design."""


@dataclass(frozen=True, slots=True)
class SavedDesign:
    """A design as the list shows it."""

    name: str
    path: Path
    saved_at: datetime
    revisions: int


@dataclass(frozen=True, slots=True)
class SavedConversation:
    """A conversation as the list shows it; `title` is its first message."""

    id: str
    title: str
    saved_at: datetime
    about: Mapping[str, Any] = field(default_factory=dict)
    """What was told of it when it was saved."""


class Library:
    """Designs and conversations under one folder, each owner's apart from all others'."""

    def __init__(self, folder: Path, saved: Callable[[Revision, str, str], None] | None = None) -> None:
        self._folder = folder
        self._saved = saved
        """Told of each revision that is saved, its owner and its text."""
        self._lock = threading.RLock()

    def save(self, text: str, *, name: str, owner: str = LOCAL, asked: str = "") -> Revision:
        """Saves a text as the newest revision; the same text again makes no new one."""
        name = clean_name(name)
        home = self._home(owner)
        shelf = home / ".revisions" / name
        path = home / f"{name}.yaml"
        with self._writing(shelf, f"The design `{name}`"):
            newest = _newest(shelf)
            present = _text(path)
            if present is not None and (newest is None or present != _text(_file(shelf, newest))):
                # Somebody edited the file by hand: their text stays as a revision of its own.
                newest = _put_revision(shelf, (newest or 0) + 1, present, "edited outside the app")
            if newest is None or text != _text(_file(shelf, newest)):
                newest = _put_revision(shelf, (newest or 0) + 1, text, asked)
            if present != text:
                _write(path, text, shelf)
            revision = _revision(shelf, newest, path)
        if self._saved is not None:
            self._saved(revision, owner, text)
        return revision

    def designs(self, owner: str = LOCAL) -> list[SavedDesign]:
        """The owner's designs, the newest first."""
        home = self._home(owner)
        found = [
            SavedDesign(path.stem, path, _changed(path), len(_numbers(home / ".revisions" / path.stem)))
            for path in _plain_files(home, ".yaml")
        ]
        return sorted(found, key=lambda design: (design.saved_at, design.name), reverse=True)

    def owners(self) -> list[str]:
        """All who have designs here, but those whose names no folder can bear: their folders do not tell them."""
        visitors = self._folder / "visitors"
        homes = visitors.iterdir() if visitors.is_dir() else ()
        return [LOCAL, *sorted(home.name for home in homes if home.is_dir() and _PLAIN_OWNER.fullmatch(home.name))]

    def names(self, owner: str = LOCAL) -> list[str]:
        """The names of the owner's designs."""
        return sorted(path.stem for path in _plain_files(self._home(owner), ".yaml"))

    def numbers(self, name: str, owner: str = LOCAL) -> list[int]:
        """The numbers of a design's revisions."""
        return _numbers(self._home(owner) / ".revisions" / clean_name(name))

    def bytes_used(self, owner: str = LOCAL) -> int:
        """What the owner's designs, revisions and conversations take on the disk."""
        home = self._home(owner)
        others = home / "visitors"
        found = (path for path in home.rglob("*") if others not in path.parents) if home.is_dir() else ()
        return sum(path.lstat().st_size for path in found if path.is_file() and not path.is_symlink())

    def read(self, name: str, owner: str = LOCAL, revision: int | None = None) -> str:
        """The newest text of a design, or that of one revision."""
        name, home = clean_name(name), self._home(owner)
        path = home / f"{name}.yaml" if revision is None else _file(home / ".revisions" / name, revision)
        text = _text(path)
        if text is None:
            what = f"design `{name}`" if revision is None else f"revision {revision} of `{name}`"
            raise NotInLibrary(f"There is no {what}.", help="Choose one from the list of saved designs.")
        return text

    def revisions(self, name: str, owner: str = LOCAL) -> list[Revision]:
        """All revisions of a design, the newest first."""
        name, home = clean_name(name), self._home(owner)
        shelf, path = home / ".revisions" / name, home / f"{name}.yaml"
        return [_revision(shelf, number, path) for number in reversed(_numbers(shelf))]

    def forget(self, name: str, owner: str = LOCAL) -> None:
        """Removes a design with all its revisions."""
        name, home = clean_name(name), self._home(owner)
        shelf = home / ".revisions" / name
        with self._writing(shelf, f"The design `{name}`"):
            (home / f"{name}.yaml").unlink(missing_ok=True)
            shutil.rmtree(shelf)

    def save_conversation(
        self, owner: str, id: str, data: Mapping[str, Any], about: Mapping[str, Any] | None = None
    ) -> None:
        """Keeps a conversation, in place of what was kept under this id; `about` is what lists show of it."""
        shelf = self._home(owner) / ".conversations"
        with self._writing(shelf, "The conversation"):
            _write(shelf / f"{_plain_id(id)}.json", _told_first(about or {}, data), shelf)

    def rename_conversation(self, owner: str, id: str, name: str) -> None:
        """Gives a conversation a name, as `name` of what lists show; its place among the others stays."""
        shelf = self._home(owner) / ".conversations"
        with self._writing(shelf, "The conversation"):
            path = shelf / f"{_plain_id(id)}.json"
            data, moment = self.load_conversation(owner, id), path.stat()
            _write(path, _told_first(_about(path) | {"name": name}, data), shelf)
            os.utime(path, ns=(moment.st_atime_ns, moment.st_mtime_ns))

    def forget_conversation(self, owner: str, id: str) -> None:
        """Removes a conversation."""
        shelf = self._home(owner) / ".conversations"
        with self._writing(shelf, "The conversation"):
            (shelf / f"{_plain_id(id)}.json").unlink(missing_ok=True)

    def conversations(self, owner: str = LOCAL) -> list[SavedConversation]:
        """The owner's conversations, the newest first."""
        shelf = self._home(owner) / ".conversations"
        found = [_listed(path) for path in _plain_files(shelf, ".json")]
        return sorted(found, key=lambda one: (one.saved_at, one.id), reverse=True)

    def load_conversation(self, owner: str, id: str) -> dict[str, Any]:
        """A conversation as it was kept."""
        text = _text(self._home(owner) / ".conversations" / f"{_plain_id(id)}.json")
        if text is None:
            raise NotInLibrary(f"There is no conversation `{id}`.", help="Start a new one.")
        data: dict[str, Any] = json.loads(text)
        data.pop("about", None)
        return data

    def _home(self, owner: str) -> Path:
        if owner == LOCAL:
            return self._folder
        plain = _PLAIN_OWNER.fullmatch(owner) is not None
        # `=` is in no plain name, so that nobody can take the name that another's digest gives.
        return self._folder / "visitors" / (owner if plain else f"={_digest(owner)}")

    @contextmanager
    def _writing(self, shelf: Path, what: str) -> Iterator[None]:
        """One writer at a time, in this process and among others on this machine."""
        with self._lock:
            try:
                shelf.mkdir(parents=True, exist_ok=True)
                _refuse_links(shelf, self._folder)
                with _file_lock(shelf):
                    for left in shelf.glob("*.tmp"):
                        left.unlink()  # what a killed save left behind
                    yield
            except UnicodeError as error:
                raise LibraryError(
                    f"{what} could not be saved: it holds characters that no file can hold.",
                    help="Remove the broken characters and save again.",
                ) from error
            except OSError as error:
                raise LibraryError(
                    f"{what} could not be saved: {error.strerror or error}.",
                    help="Check that the folder can be written and the disk is not full; "
                    "what was saved before is as it was.",
                ) from error


def clean_name(name: str) -> str:
    """The name as a file can bear it: lower-case letters, digits and underscores."""
    cleaned = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    if not cleaned or not cleaned[0].isalpha():
        cleaned = f"workflow_{cleaned}".rstrip("_")
    cleaned = cleaned[:64]
    return f"{cleaned}_" if cleaned in _DEVICES else cleaned


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:40]


def _plain_id(id: str) -> str:
    return id if _PLAIN_ID.fullmatch(id) else f"={_digest(id)}"


def _refuse_links(shelf: Path, folder: Path) -> None:
    for part in (shelf, *shelf.parents):
        if part == folder:
            return
        if part.is_symlink():
            raise LibraryError(
                f"The folder `{part.name}` is a symbolic link.", help="Put a real folder in its place."
            )


@contextmanager
def _file_lock(shelf: Path) -> Iterator[None]:
    """Keeps other processes out; where there are no file locks, only this process is kept in order."""
    if sys.platform == "win32":
        yield
        return
    handle = os.open(shelf / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _write(path: Path, text: str, shelf: Path) -> None:
    # A design is a file like any other: it can be read by all.
    write_whole(path, text.encode(), aside=shelf, mode=0o644)


def _text(path: Path) -> str | None:
    """The text of a real file; None where there is none. Line ends stay as they are."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    except OSError:
        return None
    with os.fdopen(handle, encoding="utf-8", errors="replace", newline="") as file:
        return file.read()


def _plain_files(folder: Path, suffix: str) -> list[Path]:
    if not folder.is_dir():
        return []
    return [path for path in folder.glob(f"*{suffix}") if path.is_file() and not path.is_symlink()]


def _changed(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _file(shelf: Path, number: int) -> Path:
    return shelf / f"{number:06}.yaml"


def _numbers(shelf: Path) -> list[int]:
    found = (_REVISION_FILE.fullmatch(path.name) for path in _plain_files(shelf, ".yaml"))
    return sorted(int(match.group(1)) for match in found if match)


def _newest(shelf: Path) -> int | None:
    return max(_numbers(shelf), default=None)


def _put_revision(shelf: Path, number: int, text: str, asked: str) -> int:
    about = {"saved_at": datetime.now(UTC).isoformat(), "asked": asked}
    # The text last: a revision is there when its text is.
    _write(_file(shelf, number).with_suffix(".json"), json.dumps(about, ensure_ascii=False), shelf)
    _write(_file(shelf, number), text, shelf)
    return number


def _revision(shelf: Path, number: int, path: Path) -> Revision:
    told = _text(_file(shelf, number).with_suffix(".json"))
    about: dict[str, str] = json.loads(told) if told else {}
    saved_at = about.get("saved_at")
    when = datetime.fromisoformat(saved_at) if saved_at else _changed(_file(shelf, number))
    return Revision(shelf.name, number, when, about.get("asked", ""), path)


def _told_first(about: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    """JSON whose first line holds what lists show, so that they need not read the rest."""
    told, rest = (json.dumps(dict(one), ensure_ascii=False) for one in (about, data))
    return f'{{"about": {told}{"," if data else ""}\n{rest[1:]}'


def _listed(path: Path) -> SavedConversation:
    about = _about(path)
    title = about.get("name") or about.get("title") or _title(path)
    return SavedConversation(path.stem, str(title), _changed(path), about)


def _about(path: Path) -> dict[str, Any]:
    """What the first line tells of a conversation; nothing where an earlier version wrote the file."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            told = json.loads(file.readline().rstrip(",\n") + "}").get("about")
    except (OSError, ValueError, AttributeError):
        return {}
    return told if isinstance(told, dict) else {}


def _title(path: Path) -> str:
    """The first message of a conversation; its id where there is none that can be read."""
    try:
        messages = json.loads(_text(path) or "{}").get("messages") or [{}]
        return str(messages[0].get("text") or path.stem)[:80]
    except (ValueError, AttributeError, KeyError):
        return path.stem
