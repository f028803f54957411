"""Files on the command line: `@name`, lists, folders and patterns in; a folder out, where nothing is overwritten."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from chat_app.files.store import FileStore

TEXT = """\
version: 1
name: pass_on
inputs:
  doc: {type: file}
  more: {type: array, items: {type: file}, default: []}
state:
  all: {type: array, items: {type: file}}
outputs: [all]
nodes:
  - {id: gather, kind: code, code: "all = [state.doc] + state.more", writes: [all]}
"""


@pytest.fixture
def workflow(tmp_path: Path) -> str:
    (tmp_path / "pass_on.yaml").write_text(TEXT, encoding="utf-8")
    papers = tmp_path / "papers"
    papers.mkdir()
    for name in ("b.txt", "a.txt", "c.md", ".hidden"):
        (papers / name).write_text(f"I am {name}")
    return str(tmp_path / "pass_on.yaml")


def names(said: object) -> list[str]:
    return [file["name"] for file in json.loads(said.out)["outputs"]["all"]]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ([], []),
        (["@papers/b.txt"], ["b.txt"]),
        (["@papers/b.txt", "@papers/a.txt"], ["b.txt", "a.txt"]),
        (["@papers"], ["a.txt", "b.txt", "c.md"]),
        (["@papers/*.txt", "@papers/c.md"], ["a.txt", "b.txt", "c.md"]),
        (["@**/c.md"], ["c.md"]),
    ],
)
def test_files_lists_folders_and_patterns_are_given(
    command: Callable, workflow: str, more: list[str], found: list[str]
) -> None:
    words = [word for one in more for word in ("--input", f"more={one}")]
    said = command("run", workflow, "--input", "doc=@papers/c.md", *words, "--format", "json")
    assert said.status == 0, said.err
    assert names(said) == ["c.md", *found]


def test_a_json_file_names_files_beside_it(command: Callable, workflow: str, tmp_path: Path) -> None:
    inputs = tmp_path / "papers" / "inputs.json"
    inputs.write_text(json.dumps({"doc": "@c.md", "more": ["@a.txt", "@b.txt"]}))
    said = command("run", workflow, "--inputs", str(inputs), "--format", "json")
    assert names(said) == ["c.md", "a.txt", "b.txt"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["doc=papers/c.md"], "input doc: must be @ and the name of a file, found 'papers/c.md'"),
        (["doc=@papers"], "input doc: papers is a folder; name a file"),
        (["doc=@nowhere.txt"], "input doc: nowhere.txt cannot be read: No such file or directory"),
        (
            ["doc=@papers/c.md", "more=@nowhere"],
            "nowhere cannot be read: there is no such file or folder",
        ),
        (["doc=@papers/c.md", "more=@papers/*.pdf"], "input more: papers/*.pdf fits no file"),
    ],
)
def test_what_is_no_file_is_told(command: Callable, workflow: str, words: list[str], says: str) -> None:
    said = command("run", workflow, *[word for one in words for word in ("--input", one)])
    assert said.status == 2
    assert said.err.endswith(f"{says}\n")


def test_a_file_over_its_bound_is_told(
    command: Callable, workflow: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "big.bin").write_bytes(bytes(1024 * 1024 + 1))
    monkeypatch.setenv("WORKFLOW_CHAT_FILE_MB", "1")
    said = command("run", workflow, "--input", "doc=@big.bin")
    assert said.status == 2
    assert "big.bin: The file big.bin is larger than 1.0 MB." in said.err
    monkeypatch.setenv("WORKFLOW_CHAT_FILE_MB", "lots")
    said = command("run", workflow, "--input", "doc=@big.bin")
    assert "WORKFLOW_CHAT_FILE_MB must be a whole number of megabytes, found 'lots'" in said.err


def test_outputs_are_saved_and_nothing_is_overwritten(command: Callable, workflow: str, tmp_path: Path) -> None:
    out = tmp_path / "out" / "deep"
    words = ["run", workflow, "--input", "doc=@papers/a.txt", "--input", "more=@papers/b.txt"]
    said = command(*words, "--out-dir", str(out))
    assert said.status == 0
    assert "a.txt (text/plain, 10 bytes)" in said.out
    assert f"saved {out / 'a.txt'}" in said.out
    assert (out / "b.txt").read_text() == "I am b.txt"
    (out / "a.txt").write_text("mine")
    (tmp_path / "elsewhere").write_text("mine too")
    (out / "b.txt").unlink()
    (out / "b.txt").symlink_to(tmp_path / "elsewhere")
    said = command(*words, "--out-dir", str(out), "--format", "json")
    assert json.loads(said.out)["saved"] == [str(out / "a-2.txt"), str(out / "b-2.txt")]
    assert (out / "a.txt").read_text() == "mine"
    assert (tmp_path / "elsewhere").read_text() == "mine too"
    said = command(*words, "--out-dir", str(out), "--format", "json")
    assert json.loads(said.out)["saved"] == [str(out / "a-2.txt"), str(out / "b-2.txt")]


def test_without_a_folder_it_says_how_to_get_the_files(command: Callable, workflow: str) -> None:
    said = command("run", workflow, "--input", "doc=@papers/a.txt")
    assert "--out-dir DIR" in said.out


def test_an_out_dir_that_cannot_be_written_is_told(command: Callable, workflow: str, tmp_path: Path) -> None:
    said = command("run", workflow, "--input", "doc=@papers/a.txt", "--out-dir", str(tmp_path / "pass_on.yaml"))
    assert said.status == 2
    assert "pass_on.yaml cannot be written" in said.err


def test_what_is_kept_is_told_saved_and_pruned(command: Callable, workflow: str, tmp_path: Path) -> None:
    assert command("files").out == "0 files, 0 bytes of at most 4.9 GB\n"
    said = command("run", workflow, "--input", "doc=@papers/a.txt", "--format", "json")
    run_id = json.loads(said.out)["run_id"]
    said = command("files", "save", run_id[:6], "--out-dir", "saved")
    assert (said.status, said.out) == (0, "saved saved/a.txt\n")
    assert (tmp_path / "saved" / "a.txt").read_text() == "I am a.txt"
    store = FileStore(tmp_path / "data" / "files")
    unused = store.put(b"nobody wants this", "b.txt")
    for path in (tmp_path / "data" / "files").glob("??/*"):
        os.utime(path, (0, 0))
    assert command("files", "prune").out == "removed 1 file, 17 bytes\n"
    assert not store.holds(unused)
    assert command("files", "save", "last").out == "saved a.txt\n"


def test_nothing_is_pruned_where_it_cannot_be_told_what_runs_need(
    command: Callable, workflow: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command("run", workflow, "--input", "doc=@papers/a.txt")
    for path in (tmp_path / "data" / "files").glob("??/*"):
        os.utime(path, (0, 0))
    (record,) = (tmp_path / "data").glob("runs*.sqlite")
    record.write_bytes(b"no database" * 1_000)
    said = command("files", "prune")
    assert said.status == 1
    assert "no file was removed" in said.err
    assert command("files").out.startswith("1 file,")


def test_a_tool_is_tried_with_files(command: Callable, workflow: str, tmp_path: Path) -> None:
    said = command("tools", "try", "read_document", "file=@papers/a.txt")
    assert json.loads(said.out) == "I am a.txt"
    said = command("tools", "try", "read_document", "file=@papers/a.txt", "file=@papers/c.md")
    assert json.loads(said.out) == "# a.txt\n\nI am a.txt\n\n---\n\n# c.md\n\nI am c.md"
    said = command("tools", "try", "write_table", 'rows=[{"a": 1}]', "name=t.csv", "--out-dir", "made")
    assert json.loads(said.out)["name"] == "t.csv"
    assert (tmp_path / "made" / "t.csv").read_text() == "a\n1\n"
    assert "file (file or array of file" in command("tools", "show", "read_document").out
