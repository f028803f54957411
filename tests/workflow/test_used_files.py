"""Files that workflows run: looked up in their folder alone, bounded, read once."""

from __future__ import annotations

from pathlib import Path

import pytest

from chat_app.workflow import used_files
from chat_app.workflow.check import CheckResult, check
from chat_app.workflow.result import used_texts
from chat_app.workflow.surroundings import Surroundings

LEAF = """
version: 1
name: leaf
state: {a: {type: string}}
outputs: [a]
nodes:
  - {id: t, kind: template, template: x, writes: [a]}
"""


def using(*files: str) -> str:
    fields = ", ".join(f"a{number}: {{type: string}}" for number in range(len(files)))
    names = ", ".join(f"a{number}" for number in range(len(files)))
    nodes = "".join(
        f"  - {{id: n{number}, kind: workflow, uses: '{file}', writes: [a{number}]}}\n"
        for number, file in enumerate(files)
    )
    return f"version: 1\nname: outer\nstate: {{{fields}}}\noutputs: [{names}]\nnodes:\n{nodes}"


def errors(result: CheckResult) -> list[str]:
    return [found.message for found in result.diagnostics if found.severity == "error"]


@pytest.mark.parametrize(
    "uses", ["../secret.yaml", "/etc/passwd", "a/../../secret.yaml", "C:\\x.yaml", "..", "link.yaml"]
)
def test_nothing_outside_the_folder_is_read(tmp_path: Path, uses: str) -> None:
    folder = tmp_path / "designs"
    folder.mkdir()
    (tmp_path / "secret.yaml").write_text(LEAF, encoding="utf-8")
    (folder / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    result = check(using(uses), Surroundings(folder=folder))
    assert len(errors(result)) == 1
    assert "out of the folder" in errors(result)[0]
    assert result.used == {}


def test_a_folder_in_the_folder_is_its_own(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "leaf.yaml").write_text(LEAF, encoding="utf-8")
    (tmp_path / "sub" / "mid.yaml").write_text(using("./leaf.yaml"), encoding="utf-8")
    text = using("sub/mid.yaml")
    assert "no file `sub/leaf.yaml`" in errors(check(text, Surroundings(folder=tmp_path)))[0]
    (tmp_path / "sub" / "leaf.yaml").write_text(LEAF, encoding="utf-8")
    result = check(text, Surroundings(folder=tmp_path))
    assert result.valid
    assert sorted(used_texts(result)) == ["sub/leaf.yaml", "sub/mid.yaml"]
    assert check(text, Surroundings(files=used_texts(result))).valid


def test_a_file_is_read_once_and_a_run_stays_bounded() -> None:
    files = {"f0.yaml": LEAF}
    for number in range(1, 9):
        files[f"f{number}.yaml"] = using(*[f"f{number - 1}.yaml"] * 4)
    small = check(using("f2.yaml"), Surroundings(files=files))
    assert small.valid, errors(small)
    big = check(using("f8.yaml"), Surroundings(files=files))
    assert len(errors(big)) == 1
    assert str(used_files.MOST_WORKFLOWS) in errors(big)[0]


def test_a_long_chain_and_a_big_file_are_refused(tmp_path: Path) -> None:
    files = {"f0.yaml": LEAF}
    for number in range(1, used_files.DEEPEST + 2):
        files[f"f{number}.yaml"] = using(f"f{number - 1}.yaml")
    assert "levels deep" in errors(check(using(f"f{used_files.DEEPEST + 1}.yaml"), Surroundings(files=files)))[0]
    (tmp_path / "big.yaml").write_bytes(b"#" * (used_files.MOST_BYTES + 1))
    assert "more than 5 MB" in errors(check(using("big.yaml"), Surroundings(folder=tmp_path)))[0]


def test_a_file_that_uses_itself_is_told_with_the_circle(tmp_path: Path) -> None:
    (tmp_path / "me.yaml").write_text(using("./me.yaml"), encoding="utf-8")
    assert errors(check(using("me.yaml"), Surroundings(folder=tmp_path))) == [
        "The files use each other in a circle: me.yaml → me.yaml."
    ]
