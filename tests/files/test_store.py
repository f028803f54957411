"""The store: contents once, whole or not at all, in bounds; what is wrong is told without a path."""

import errno
import hashlib
import io
import multiprocessing
import os
import time
from pathlib import Path
from typing import IO, Any

import pytest

from chat_app.files.errors import FileError, NoRoom, NotAFile, NotKept, TooLarge
from chat_app.files.of_run import RunFiles
from chat_app.files.reference import FileRef
from chat_app.files.sizes import shown_size
from chat_app.files.store import Bounds, FileStore, Usage


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "files", Bounds(file=1_000, run=1_500, store=2_500))


def test_a_content_is_kept_once_by_its_digest_whatever_its_names(store: FileStore, tmp_path: Path) -> None:
    one = store.put(b"a,b\n1,2\n", "one.csv")
    two = store.put(io.BytesIO(b"a,b\n1,2\n"), "../../two.txt")
    assert one.as_value() == {
        "name": "one.csv",
        "media_type": "text/csv",
        "sha256": hashlib.sha256(b"a,b\n1,2\n").hexdigest(),
        "size": 8,
    }
    assert (two.name, two.sha256) == ("two.txt", one.sha256)
    assert store.read(two) == b"a,b\n1,2\n"
    assert store.usage() == Usage(1, 8)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [one.sha256]


def test_a_reference_goes_through_state_and_back(store: FileStore) -> None:
    ref = store.put(b"hello", "a.txt")
    assert FileRef.of(ref.as_value()) == ref
    for broken in (None, "a.txt", {}, {**ref.as_value(), "sha256": "../" * 20}, {**ref.as_value(), "size": True}):
        with pytest.raises(NotAFile):
            FileRef.of(broken)


def test_what_is_not_there_or_was_changed_is_told(store: FileStore, tmp_path: Path) -> None:
    ref = store.put(b"hello", "a.txt")
    (place,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    place.write_bytes(b"jello")
    with pytest.raises(NotKept, match="is damaged"):
        store.read(ref)
    store.put(b"hello", "a.txt")
    assert store.read(ref) == b"hello"
    place.unlink()
    assert not store.holds(ref)
    with pytest.raises(NotKept) as told:
        store.read(ref)
    assert str(tmp_path) not in told.value.message + told.value.help
    for digest in ("../../etc/passwd", "A" * 64, ""):
        with pytest.raises(NotKept):
            store.path(FileRef("a", "text/plain", digest, 1))


def test_too_large_a_file_is_refused_and_leaves_nothing(store: FileStore, tmp_path: Path) -> None:
    with pytest.raises(TooLarge, match="is larger than 1"):
        store.put(b"x" * 1_001, "big.bin")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_an_endless_file_is_read_no_further_than_its_bound(store: FileStore) -> None:
    class Endless(io.RawIOBase):
        given = 0

        def read(self, size: int = -1) -> bytes:
            self.given += 1
            return b"x" * 600

    endless: Any = Endless()
    with pytest.raises(TooLarge):
        store.put(endless, "endless")
    assert endless.given == 2


def test_a_full_store_refuses_and_pruning_makes_room(store: FileStore) -> None:
    refs = [store.put(bytes([number]) * 800, f"{number}.bin") for number in range(3)]
    with pytest.raises(NoRoom, match="full"):
        store.put(b"z" * 800, "z.bin")
    assert store.put(b"\x01" * 800, "again.bin").sha256 == refs[1].sha256
    assert store.prune({refs[0].sha256}, older_seconds=3600) == Usage(0, 0)
    assert store.prune({refs[0].sha256}, older_seconds=-1) == Usage(2, 1_600)
    assert store.read(refs[0]) == b"\x00" * 800
    store.put(b"z" * 800, "z.bin")


def test_a_content_that_was_given_again_is_not_pruned(store: FileStore, tmp_path: Path) -> None:
    ref = store.put(b"hello", "a.txt")
    long_ago = time.time() - 10_000
    os.utime(store.path(ref), (long_ago, long_ago))
    store.put(b"hello", "b.txt")
    assert store.prune(set(), older_seconds=5_000) == Usage(0, 0)
    assert store.holds(ref)


def test_what_a_killed_write_left_goes_with_time(store: FileStore, tmp_path: Path) -> None:
    store.put(b"hello", "a.txt")
    left, fresh = tmp_path / "files" / "incoming" / "left", tmp_path / "files" / "incoming" / "fresh"
    left.write_bytes(b"half")
    fresh.write_bytes(b"half")
    os.utime(left, (0, 0))
    store.prune(set())
    assert (left.exists(), fresh.exists()) == (False, True)


@pytest.mark.parametrize(
    ("code", "says"),
    [(errno.ENOSPC, "The disk is full"), (errno.EDQUOT, "The disk is full"), (errno.EACCES, "Permission denied")],
)
def test_what_the_disk_refuses_is_told_without_its_path(
    store: FileStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, says: str
) -> None:
    def refuse(handle: int) -> None:
        raise OSError(code, os.strerror(code), str(tmp_path))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(FileError) as told:
        store.put(b"hello", "a.txt")
    assert says in told.value.message
    assert str(tmp_path) not in told.value.message + told.value.help
    assert store.usage() == Usage(0, 0)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_really_full_disk_is_told(store: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.fdopen

    def on_full_disk(handle: int, mode: str) -> IO[Any]:
        os.close(handle)
        return real(os.open("/dev/full", os.O_WRONLY), mode, buffering=0)

    monkeypatch.setattr(os, "fdopen", on_full_disk)
    with pytest.raises(NoRoom, match="The disk is full"):
        store.put(b"hello", "a.txt")


def _put_all(folder: Path) -> list[str]:
    store = FileStore(folder)
    return [store.put(bytes([number]) * 50_000, "x").sha256 for number in range(20)]


def test_processes_may_put_the_same_contents_at_once(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        first, second = pool.map(_put_all, [tmp_path, tmp_path])
    assert first == second
    store = FileStore(tmp_path)
    assert store.usage() == Usage(20, 1_000_000)
    assert not list((tmp_path / "incoming").iterdir())


async def test_a_run_has_a_bound_of_its_own(store: FileStore) -> None:
    class Spent:
        file_bytes = 0

    spent = Spent()
    files = RunFiles(store, spent)
    ref = await files.put(b"a" * 900, "a.bin")
    with pytest.raises(NoRoom, match="The run has made files of 900 bytes"):
        await files.put(b"b" * 700, "b.bin")
    with pytest.raises(TooLarge):
        await RunFiles(store, Spent()).put(b"c" * 1_200, "c.bin")
    assert spent.file_bytes == 900
    with pytest.raises(NoRoom):
        await RunFiles(store, spent).put(b"b" * 700, "b.bin")
    assert await files.read(ref.as_value()) == b"a" * 900
    assert files.holds(ref)


@pytest.mark.parametrize(
    ("size", "says"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1_000, "1.0 kB"),
        (1_536, "1.5 kB"),
        (52_428_800, "50 MB"),
        (10**13, "9313 GB"),
    ],
)
def test_sizes_are_told_as_people_read_them(size: int, says: str) -> None:
    assert shown_size(size) == says
