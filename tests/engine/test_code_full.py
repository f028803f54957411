"""Code nodes of `runtime: full` and files that code returns, in real runs."""

from __future__ import annotations

import base64
import io
import zipfile
from pathlib import Path

import pytest

from chat_app.engine.reach import Reach
from chat_app.events.run import Logged, RunFailed
from chat_app.files.reference import FileRef
from chat_app.files.store import FileStore
from chat_app.sandbox.full.choice import Jails
from tests.engine.conftest import SILENT, Make, of_type, run
from tests.sandbox.jails import JAILS

needs_jail = pytest.mark.skipif(not JAILS, reason="there is no jail for `runtime: full` on this machine")

FULL = """version: 1
name: full
inputs:
  rows: {type: array, items: {type: number}, default: [1, 2, 4]}
state:
  mean: {type: number}
  table: {type: file}
outputs: [mean, table]
nodes:
  - id: work
    kind: code
    runtime: full
    code: |
      import statistics
      mean = statistics.fmean(state.rows)
      print("mean", round(mean, 2))
      with open("table.csv", "w") as file:
          file.write("n\\n" + "\\n".join(str(row) for row in state.rows))
      table = "table.csv"
    writes: [mean, table]
"""

MINI = """version: 1
name: mini
state: {note: {type: file}}
outputs: [note]
nodes:
  - {id: work, kind: code, code: 'note = {"name": "../../etc/no te.txt", "text": "hi"}', writes: [note]}
"""


@pytest.fixture
def reach(tmp_path: Path) -> Reach:
    return Reach(files=FileStore(tmp_path / "files"))


@needs_jail
async def test_cpython_computes_and_returns_a_file(make: Make, reach: Reach) -> None:
    events = await run(make(SILENT, reach=reach), FULL)
    outputs = events[-1].outputs
    assert outputs["mean"] == pytest.approx(7 / 3)
    assert outputs["table"]["name"] == "table.csv"
    assert outputs["table"]["media_type"] == "text/csv"
    assert [line.text for line in of_type(events, Logged)] == ["mean 2.33"]


@needs_jail
async def test_an_error_names_the_line_in_the_file(make: Make, reach: Reach) -> None:
    text = FULL.replace("statistics.fmean(state.rows)", "statistics.fmean([])")
    events = await run(make(SILENT, reach=reach), text)
    assert isinstance(events[-1], RunFailed)
    line = next(n for n, said in enumerate(text.splitlines(), 1) if "fmean([])" in said)
    assert f"Line {line} (line 2 of the code): StatisticsError" in events[-1].message


async def test_a_file_from_the_small_interpreter_has_a_clean_name(make: Make, reach: Reach) -> None:
    events = await run(make(SILENT, reach=reach), MINI)
    note = events[-1].outputs["note"]
    assert "/" not in note["name"]
    assert ".." not in note["name"]
    assert (note["media_type"], note["size"]) == ("text/plain", 2)


def named(folder: Path, word: str) -> list[Path]:
    """The files with this word in their names."""
    return [path for path in folder.rglob("*") if word in path.name]


async def test_an_archive_is_kept_as_it_is(make: Make, reach: Reach, tmp_path: Path) -> None:
    """Its members name places outside: nothing unpacks them, whoever made it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("../../../evil.txt", "out")
        link = zipfile.ZipInfo("link")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    value = f'{{"name": "made.zip", "base64": "{base64.b64encode(packed.getvalue()).decode()}"}}'
    text = MINI.replace("""'note = {"name": "../../etc/no te.txt", "text": "hi"}'""", f"'note = {value}'")
    events = await run(make(SILENT, reach=reach), text)
    assert events[-1].outputs["note"]["media_type"] == "application/zip"
    assert reach.files.read(FileRef.of(events[-1].outputs["note"])) == packed.getvalue()
    assert named(tmp_path.parent, "evil") == []


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("'/etc/passwd'", "assigned something else"),
        ("{'name': 'a', 'base64': '%%'}", "base64"),
        ("{'name': 'a', 'media_type': 'text/plain', 'sha256': '0' * 64, 'size': 1}", "does not have"),
        ("{'sha256': '../../x'}", "no reference"),
    ],
)
async def test_what_is_no_file_is_refused(make: Make, reach: Reach, value: str, says: str) -> None:
    text = MINI.replace("""'note = {"name": "../../etc/no te.txt", "text": "hi"}'""", f'"note = {value}"')
    events = await run(make(SILENT, reach=reach), text)
    assert isinstance(events[-1], RunFailed)
    assert says in events[-1].message


async def test_where_there_is_no_jail_code_is_refused_not_run_in_the_open(make: Make, tmp_path: Path) -> None:
    reach = Reach(files=FileStore(tmp_path / "files"), jails=Jails("off"))
    events = await run(make(SILENT, reach=reach), FULL)
    assert isinstance(events[-1], RunFailed)
    assert "WORKFLOW_CHAT_SANDBOX" in events[-1].message
