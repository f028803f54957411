"""The library on a real disk: whole saves, kept revisions, clean names, owners apart."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_app.library import Library, LibraryError, NotInLibrary, clean_name

ROOT = Path(__file__).parent.parent


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "designs")


def test_a_saved_text_is_a_file_of_its_name(library: Library, tmp_path: Path) -> None:
    revision = library.save("a: 1\n", name="Support triage", asked="sort my mail")
    assert revision.path == tmp_path / "designs" / "support_triage.yaml"
    assert revision.path.read_text() == "a: 1\n"
    assert (revision.number, revision.asked) == (1, "sort my mail")
    assert library.read("support_triage") == "a: 1\n"


def test_every_revision_stays(library: Library) -> None:
    for number in (1, 2, 3):
        library.save(f"v: {number}\n", name="flow")
    assert [revision.number for revision in library.revisions("flow")] == [3, 2, 1]
    assert library.read("flow", revision=1) == "v: 1\n"
    assert library.read("flow") == "v: 3\n"


def test_the_same_text_makes_no_new_revision(library: Library) -> None:
    library.save("a\n", name="flow")
    assert library.save("a\n", name="flow").number == 1


def test_a_hand_edit_is_kept_as_a_revision(library: Library) -> None:
    path = library.save("one\n", name="flow").path
    path.write_text("by hand\n")
    assert library.save("two\n", name="flow").number == 3
    assert library.read("flow", revision=2) == "by hand\n"
    assert library.revisions("flow")[1].asked == "edited outside the app"


def test_a_file_that_was_there_before_is_kept_too(library: Library, tmp_path: Path) -> None:
    (tmp_path / "designs").mkdir()
    (tmp_path / "designs" / "flow.yaml").write_text("old\n")
    library.save("new\n", name="flow")
    assert library.read("flow", revision=1) == "old\n"


@pytest.mark.parametrize("text", ["", "\r\n", "a\r\nb\n", "ä: ü\n", "\ufeffa: 1"])
def test_text_comes_back_byte_for_byte(library: Library, text: str) -> None:
    path = library.save(text, name="flow").path
    assert path.read_bytes() == text.encode()
    assert library.read("flow") == text


def test_designs_are_listed_newest_first(library: Library) -> None:
    for age, name in enumerate(["a", "b", "c"]):
        path = library.save("x", name=name).path
        os.utime(path, (1000 - age, 1000 - age))
    assert [design.name for design in library.designs()] == ["a", "b", "c"]
    assert library.designs()[0].revisions == 1


def test_an_empty_library_lists_nothing(library: Library) -> None:
    assert library.designs() == [] and library.revisions("flow") == [] and library.conversations() == []
    with pytest.raises(NotInLibrary, match="no design `flow`"):
        library.read("flow")


@given(st.text(max_size=200))
def test_any_name_becomes_a_clean_one(name: str) -> None:
    cleaned = clean_name(name)
    assert cleaned.isidentifier() and cleaned == cleaned.lower() and len(cleaned) <= 64
    assert clean_name(cleaned) == cleaned


@pytest.mark.parametrize("name", ["../../evil", "/etc/passwd", "..", "a/../../b", "con", "x\0y", ".hidden", "~root"])
def test_no_name_leads_out_of_the_folder(library: Library, tmp_path: Path, name: str) -> None:
    path = library.save("x", name=name).path
    assert path.parent == tmp_path / "designs"
    assert {child.name for child in tmp_path.iterdir()} == {"designs"}
    assert library.read(name) == "x"


@pytest.mark.parametrize("owner", ["../evil", "local/..", "", "LOCAL", "a" * 100, "\ud800"])
def test_no_owner_leads_out_or_into_anothers(library: Library, tmp_path: Path, owner: str) -> None:
    library.save("mine", name="flow")
    path = library.save("theirs", name="flow", owner=owner).path
    assert path.parent.parent == tmp_path / "designs" / "visitors"
    assert library.read("flow") == "mine"


def test_owners_never_see_each_other(library: Library) -> None:
    library.save("ann's", name="flow", owner="ann")
    library.save_conversation("ann", "c1", {"messages": []})
    for other in ("bob", "local"):
        assert library.designs(other) == [] and library.conversations(other) == []
        with pytest.raises(NotInLibrary):
            library.read("flow", other)
        with pytest.raises(NotInLibrary):
            library.load_conversation(other, "c1")


def test_a_link_is_not_followed(library: Library, tmp_path: Path) -> None:
    secret = tmp_path / "secret.yaml"
    secret.write_text("secret")
    (tmp_path / "designs").mkdir()
    (tmp_path / "designs" / "flow.yaml").symlink_to(secret)
    assert library.designs() == []
    with pytest.raises(NotInLibrary):
        library.read("flow")
    library.save("new", name="flow")
    assert secret.read_text() == "secret"
    assert library.read("flow") == "new"


def test_a_linked_folder_is_refused(library: Library, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "designs" / ".revisions").mkdir(parents=True)
    (tmp_path / "designs" / ".revisions" / "flow").symlink_to(elsewhere)
    with pytest.raises(LibraryError, match="symbolic link"):
        library.save("x", name="flow")
    assert list(elsewhere.iterdir()) == []


def test_concurrent_saves_lose_no_revision(library: Library) -> None:
    together = threading.Barrier(8)

    def save(number: int) -> int:
        together.wait()
        return library.save(f"text {number}", name="flow").number

    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(save, range(8)))
    assert sorted(numbers) == list(range(1, 9))
    assert {library.read("flow", revision=n) for n in numbers} == {f"text {n}" for n in range(8)}
    assert library.read("flow") == library.read("flow", revision=8)


def _save_many(folder: str, who: int) -> None:
    for number in range(10):
        Library(Path(folder)).save(f"{who} {number}", name="flow")


def test_two_processes_lose_no_revision(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_save_many, args=(str(tmp_path), who)) for who in (1, 2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    library = Library(tmp_path)
    assert len(library.revisions("flow")) == 20
    assert library.read("flow") == library.read("flow", revision=20)


def test_a_failing_disk_leaves_the_old_text(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    library.save("old", name="flow")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(LibraryError, match="No space left") as told:
            library.save("new", name="flow")
    assert "disk" in told.value.help
    assert library.read("flow") == "old"
    assert library.save("new", name="flow").number == 2


def test_text_that_no_file_can_hold_is_refused(library: Library) -> None:
    library.save("old", name="flow")
    with pytest.raises(LibraryError, match="characters"):
        library.save("\ud800", name="flow")
    assert library.read("flow") == "old"


SAVES_FOR_EVER = """
import sys
from pathlib import Path
from chat_app.library import Library
library = Library(Path(sys.argv[1]))
for number in range(10**6):
    library.save((str(number) + " ") * 20_000 + "end", name="flow")
    print(number, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is a matter of POSIX")
def test_a_kill_during_saves_leaves_a_whole_text(tmp_path: Path) -> None:
    for said in (1, 4, 7):
        folder = tmp_path / str(said)
        saver = subprocess.Popen(
            [sys.executable, "-c", SAVES_FOR_EVER, str(folder)], stdout=subprocess.PIPE, cwd=ROOT, text=True
        )
        assert saver.stdout is not None
        for _ in range(said):
            saver.stdout.readline()
        saver.send_signal(signal.SIGKILL)
        saver.communicate()
        library = Library(folder)
        texts = [
            library.read("flow"),
            *(library.read("flow", revision=r.number) for r in library.revisions("flow")),
        ]
        assert all(text.endswith("end") and len(set(text.split())) == 2 for text in texts)
        library.save("after the kill", name="flow")
        assert library.read("flow") == "after the kill"
        assert not list(folder.rglob("*.tmp"))


def test_conversations_are_kept_listed_and_loaded(library: Library) -> None:
    data = {
        "id": "c1",
        "messages": [{"role": "user", "text": "sort my mail"}],
        "draft": "",
        "memory": {"a": [1]},
    }
    library.save_conversation("local", "c1", data)
    library.save_conversation("local", "../../c2", {"messages": []})
    assert library.load_conversation("local", "c1") == data
    assert library.load_conversation("local", "../../c2") == {"messages": []}
    assert {one.title for one in library.conversations()} >= {"sort my mail"}
    assert len(library.conversations()) == 2


def test_a_conversation_is_listed_by_its_first_line_renamed_and_forgotten(library: Library, tmp_path: Path) -> None:
    data = {"messages": [{"text": "hello"}], "draft": "a\nb"}
    library.save_conversation("ann", "c1", data, {"title": "Sort my mail", "turns": 2})
    path = tmp_path / "designs" / "visitors" / "ann" / ".conversations" / "c1.json"
    os.utime(path, (1000, 1000))
    (listed,) = library.conversations("ann")
    assert (listed.title, listed.about["turns"], listed.saved_at.timestamp()) == ("Sort my mail", 2, 1000)
    library.rename_conversation("ann", "c1", "Mail, sorted")
    (renamed,) = library.conversations("ann")
    assert (renamed.title, renamed.about["turns"], renamed.saved_at) == ("Mail, sorted", 2, listed.saved_at)
    assert library.load_conversation("ann", "c1") == data
    for act in (
        lambda: library.rename_conversation("bob", "c1", "mine"),
        lambda: library.load_conversation("bob", "c1"),
    ):
        with pytest.raises(NotInLibrary):
            act()
    library.forget_conversation("bob", "c1")
    assert library.conversations("ann")
    library.forget_conversation("ann", "c1")
    assert library.conversations("ann") == [] and not path.exists()


def test_a_forgotten_design_is_gone_with_its_revisions(library: Library, tmp_path: Path) -> None:
    library.save("one", name="flow", owner="ann")
    library.save("two", name="flow", owner="ann")
    library.save("other", name="flow", owner="bob")
    library.forget("flow", "ann")
    assert library.designs("ann") == [] and library.revisions("flow", "ann") == []
    assert not list((tmp_path / "designs" / "visitors" / "ann").rglob("*0000*"))
    assert library.read("flow", "bob") == "other"
    assert library.save("again", name="flow", owner="ann").number == 1


def test_a_broken_conversation_does_not_break_the_list(library: Library, tmp_path: Path) -> None:
    library.save_conversation("local", "c1", {"messages": [{"text": "hello"}]})
    (tmp_path / "designs" / ".conversations" / "c2.json").write_text("{no json")
    assert {one.title for one in library.conversations()} == {"hello", "c2"}
