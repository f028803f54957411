"""Saying a text in the current language."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chat_app.translation import (
    LANGUAGES,
    catalogs,
    from_environment,
    from_header,
    language,
    speaking,
    tr,
    tr_count,
    use_language,
)
from chat_app.translation.extraction import refresh

ROOT = Path(__file__).parents[2]
GERMAN = """
msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8"

msgid "Save {name}"
msgstr "{name} speichern"

msgctxt "the button"
msgid "Run"
msgstr "Starten"

msgid "{count} step"
msgid_plural "{count} steps"
msgstr[0] "{count} Schritt"
msgstr[1] "{count} Schritte"
"""


@pytest.fixture
def german(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "de").mkdir()
    (tmp_path / "de" / "page.po").write_text(GERMAN, encoding="utf-8")
    monkeypatch.setattr(catalogs, "FOLDER", tmp_path)
    catalogs.catalog.cache_clear()
    yield
    catalogs.catalog.cache_clear()


@pytest.mark.usefixtures("german")
def test_a_text_is_said_in_the_current_language() -> None:
    with speaking("de-AT"):
        assert tr("Save {name}", name="a.yaml") == "a.yaml speichern"
        assert tr("Run", context="the button") == "Starten"
        assert [tr_count("{count} step", "{count} steps", count) for count in (1, 2)] == ["1 Schritt", "2 Schritte"]
    assert tr("Save {name}", name="a.yaml") == "Save a.yaml"


@pytest.mark.usefixtures("german")
def test_english_stands_in_for_what_no_catalog_has() -> None:
    with speaking("de"):
        assert tr("Nobody translated {this}", this="me") == "Nobody translated me"
        assert tr("Run") == "Run"
    with speaking("ja"):
        assert [tr_count("{count} step", "{count} steps", count) for count in (1, 2)] == ["1 step", "2 steps"]
    assert tr("{{ state.x }}") == "{{ state.x }}"


@pytest.mark.usefixtures("german")
async def test_sessions_side_by_side_do_not_mix() -> None:
    gate = asyncio.Barrier(2)

    async def session(code: str) -> str:
        use_language(code)
        await gate.wait()
        return await asyncio.to_thread(tr, "Save {name}", name="x")

    assert await asyncio.gather(session("de"), session("en")) == ["x speichern", "Save x"]
    assert language() == "en"


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("nl, fr;q=0.5, es;q=0.7", "es"),
        ("zh-Hant-TW", "zh"),
        ("nl,pt", "en"),
        ("ja;q=0, fr;q=0.1", "fr"),
        ("de;q=much", "en"),
        ("", "en"),
        (None, "en"),
    ],
)
def test_the_browser_chooses(header: str | None, code: str) -> None:
    assert from_header(header) == code


@pytest.mark.parametrize(
    ("environment", "code"),
    [
        ({"LANG": "de_DE.UTF-8"}, "de"),
        ({"LANG": "de_DE.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "de_DE.UTF-8", "WORKFLOW_CHAT_LANGUAGE": "ja"}, "ja"),
        ({"LC_ALL": "", "LANG": "zh_CN"}, "zh"),
        ({}, "en"),
    ],
)
def test_the_environment_chooses(environment: dict[str, str], code: str) -> None:
    assert from_environment(environment) == code


def test_a_language_that_is_not_spoken_is_answered_in_english() -> None:
    with speaking("tlh") as chosen:
        assert chosen == language() == "en"


def test_refreshing_keeps_what_is_translated_and_drops_what_is_stale(tmp_path: Path) -> None:
    package, folder = tmp_path / "package", tmp_path / "catalogs"
    (package / "ui").mkdir(parents=True)
    (package / "ui" / "page.py").write_text('tr("Save {name}", name=x)\nTITLE = mark("New")\n', encoding="utf-8")
    (folder / "de").mkdir(parents=True)
    (folder / "de" / "old.po").write_text(GERMAN, encoding="utf-8")
    assert refresh(folder, package) == {code: 1 if code == "de" else 2 for code in LANGUAGES if code != "en"}
    assert [path.name for path in (folder / "de").iterdir()] == ["ui.po"]
    text = (folder / "de" / "ui.po").read_text(encoding="utf-8")
    assert 'msgid "Save {name}"\nmsgstr "{name} speichern"' in text
    assert 'msgid "New"\nmsgstr ""' in text
    assert "step" not in text


def test_speaking_english_loads_no_catalog() -> None:
    code = "import sys; from chat_app.translation import tr; tr('Run'); print('polib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
