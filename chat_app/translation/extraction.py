"""Finds every text that the catalogs hold, and brings the catalogs in line: `make catalogs`.

A text is the first argument of `tr` or `mark`, or the first two of `tr_count`, written out where it is said.
What data files say is found by the keys in TEXT_KEYS, what the lower layers finish in English by templates.py.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polib
import yaml

from chat_app.translation.catalogs import FINISHED, FOLDER
from chat_app.translation.data_texts import EDIT_KEYS, LISTED, OPAQUE_KEYS, SAMPLES, example_words, workflow_words
from chat_app.translation.languages import ENGLISH, LANGUAGES
from chat_app.translation.templates import templates_by_area

PACKAGE = Path(__file__).parent.parent
DATA = {"patterns": ("designer/patterns", "designer/patterns/steps", "designer/patterns/refusals")}
"""For each area that is data: its folders."""
EXAMPLES = "generated_configs/examples"
"""Where the example workflows are, beside the package."""
TEXT_KEYS = frozenset({"title", "description", "family", "ask", "why", "label", "requirement", "says"})
"""In data files: the keys whose values are texts that people read."""

_PLACE = re.compile(r"\{\{.*?\}\}|\{\w+\}")
_SAID_INSIDE = re.compile(r"""(['"])((?:(?!\1).)+)\1 \| tr\b""")
"""A word for people inside a template or code."""
_NO_TEXT = re.compile(r"(?:\s|<<(?:(?!>>).)*>>|<%(?:(?!%>).)*%>|\{\{(?:(?!\}\}).)*\}\})*|[\W\d]+|[a-z_]+", re.DOTALL)
"""In data files: places alone, numbers, and names of columns."""


@dataclass
class Text:
    """One text to be translated, and the files that say it."""

    english: str
    plural: str = ""
    context: str = ""
    files: set[str] = field(default_factory=set)

    @property
    def key(self) -> tuple[str, str]:
        return (self.context, self.english)


def places(text: str) -> set[str]:
    """A text's places for values."""
    return {"".join(place.split()) for place in _PLACE.findall(text)}


def texts_by_area(package: Path = PACKAGE) -> dict[str, list[Text]]:
    """All texts by area: the first folder below the package, or data's own; one said in two belongs to the first."""
    found: dict[tuple[str, str], tuple[str, Text]] = {}
    for its_area, file, said in _said(package):
        area, text = found.setdefault(said.key, (its_area, said))
        if area == its_area:
            # Where another area says it too is not told: neither's catalog is to change by the other's code.
            text.files.add(file.relative_to(package if package in file.parents else package.parent).as_posix())
        text.plural = text.plural or said.plural
    areas: dict[str, list[Text]] = {}
    for area, text in found.values():
        areas.setdefault(area, []).append(text)
    return areas


def _said(package: Path) -> Iterator[tuple[str, Path, Text]]:
    for file in sorted(package.rglob("*.py")):
        if file.parent.name != "translation":
            area = file.relative_to(package).parts[0].removesuffix(".py")
            for text in _in_code(ast.parse(file.read_text(encoding="utf-8")), file):
                yield area, file, text
    for area, folders in DATA.items():
        for file in sorted(file for folder in folders for file in (package / folder).glob("*.yaml")):
            data = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
            for english in _in_data(data):
                yield area, file, Text(english)
    for file in sorted((package.parent / EXAMPLES).glob("*.yaml")):
        data = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        for english in (*example_words(file.stem, data["description"]), *workflow_words(data)):
            yield "examples", file, Text(english)


def _in_code(tree: ast.AST, file: Path) -> Iterator[Text]:
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            continue
        if node.func.id not in ("tr", "tr_count", "mark"):
            continue
        words = [_constant(argument) for argument in node.args[: 2 if node.func.id == "tr_count" else 1]]
        if None in words or not words:
            if node.func.id == "tr":
                continue  # tr(CONSTANT): the constant is marked where it is written.
            raise ValueError(f"{file}:{node.lineno}: {node.func.id} takes a text written out where it is said")
        context = next((_constant(one.value) for one in node.keywords if one.arg == "context"), "")
        yield Text(str(words[0]), str(words[1]) if len(words) > 1 else "", context or "")


def _constant(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _in_data(data: Any, keys: frozenset[str] = TEXT_KEYS) -> Iterator[str]:
    if isinstance(data, dict):
        if "op" in data:
            keys = EDIT_KEYS
            if "test" in data:
                yield data["test"]["name"]
        if data.get("shown") is True or data.get("kind") in LISTED:
            values = (option["value"] for option in data.get("options", ()))
            yield from (value for value in values if not _NO_TEXT.fullmatch(value))
        if data.get("kind") in SAMPLES:
            yield data["default"]
        if isinstance(data.get("sample"), list):
            yield from data["sample"]
        for key, value in data.items():
            if key in keys and isinstance(value, str):
                if not _NO_TEXT.fullmatch(value):
                    yield value
            elif key not in OPAQUE_KEYS:
                yield from _in_data(value, keys)
    elif isinstance(data, list):
        for value in data:
            yield from _in_data(value, keys)
    elif isinstance(data, str):
        yield from (found[2] for found in _SAID_INSIDE.finditer(data))


def refreshed(code: str, area: str, texts: list[Text], known: dict[tuple[str, str], polib.POEntry]) -> polib.POFile:
    """The catalog of an area as it should stand: every text once, what was translated kept, what is stale gone."""
    catalog = polib.POFile(wrapwidth=100)
    catalog.metadata = {
        "Language": code,
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": LANGUAGES[code].plural_forms,
    }
    forms = range(1 if LANGUAGES[code].plural_forms.startswith("nplurals=1") else 2)
    for text in sorted(texts, key=lambda one: (min(one.files), one.key)):
        before = known.get(text.key)
        entry = polib.POEntry(
            msgid=text.english,
            msgctxt=text.context or None,
            occurrences=[(file, "") for file in sorted(text.files)],
            tcomment=before.tcomment if before else "",
        )
        if text.plural:
            told = before.msgstr_plural if before else {}
            entry.msgid_plural = text.plural
            entry.msgstr_plural = {number: told.get(number, "") for number in forms}
        else:
            entry.msgstr = before.msgstr if before else ""
        catalog.append(entry)
    return catalog


def known_entries(code: str, folder: Path = FOLDER, below: str = "") -> dict[tuple[str, str], polib.POEntry]:
    """What is translated into a language, whatever file holds it; `below` names the folder of finished texts."""
    return {
        (entry.msgctxt or "", entry.msgid): entry
        for path in sorted((folder / code / below).glob("*.po"))
        for entry in polib.pofile(str(path), encoding="utf-8")
    }


def finished_by_area(package: Path = PACKAGE) -> dict[str, list[Text]]:
    """The templates of the texts that the lower layers finish in English, by catalog."""
    return {
        area: [Text(english, files=files) for english, files in texts.items()]
        for area, texts in templates_by_area(package).items()
    }


def refresh(folder: Path = FOLDER, package: Path = PACKAGE) -> dict[str, int]:
    """Writes every catalog anew; returns how many texts each language still lacks."""
    missing = dict.fromkeys((code for code in LANGUAGES if code != ENGLISH), 0)
    for below, areas in (("", texts_by_area(package)), (FINISHED, finished_by_area(package))):
        for code in missing if areas else ():
            known = known_entries(code, folder, below)
            there = folder / code / below
            there.mkdir(parents=True, exist_ok=True)
            for path in there.glob("*.po"):
                if path.stem not in areas:
                    path.unlink()
            for area, texts in areas.items():
                catalog = refreshed(code, area, texts, known)
                missing[code] += len(catalog.untranslated_entries())
                (there / f"{area}.po").write_text(str(catalog), encoding="utf-8")
    return missing


def main() -> None:
    for code, count in refresh().items():
        print(f"{code} {LANGUAGES[code].name}: {count or 'nothing'} to translate")  # noqa: T201


if __name__ == "__main__":
    main()
