"""`workflow-chat import`, as it is typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from chat_app.cli import main
from chat_app.workflow.check import check

SAMPLES = Path(__file__).parent.parent / "workflow/foreign/samples"


def test_a_foreign_workflow_is_printed_and_what_is_left_out_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", str(SAMPLES / "dify_support.yml")]) == 0
    printed = capsys.readouterr()
    assert check(printed.out).valid
    assert "Not taken over: `tool` (“Open ticket”)" in printed.err


def test_it_writes_a_new_file_and_never_over_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "leads.yaml"
    assert main(["import", str(SAMPLES / "n8n_leads.json"), "--output", str(out)]) == 0
    assert check(out.read_text(encoding="utf-8")).valid
    before = out.read_bytes()
    assert main(["import", str(SAMPLES / "n8n_loop.json"), "-o", str(out)]) == 2
    assert "is there already" in capsys.readouterr().err
    assert out.read_bytes() == before


def test_what_is_no_workflow_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(b"{}")
    assert main(["import", str(file)]) == 2
    assert "no workflow of workflow-chat" in capsys.readouterr().err
    file.write_bytes(b"\xff\xfe\x00")
    assert main(["import", str(file)]) == 2
    assert "no UTF-8" in capsys.readouterr().err
