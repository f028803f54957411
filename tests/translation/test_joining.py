"""Texts set side by side: the joints of each language, and spaces at the seams of Chinese and Japanese."""

import re

import pytest

from chat_app.translation import LANGUAGES, joined, joint, speaking, together, tr, tr_count, translated
from chat_app.translation.extraction import known_entries
from chat_app.translation.joining import filled
from chat_app.translation.languages import ENGLISH

WIDE = ("zh", "ja")
OWN = r"[\u3040-\u30ff\u4e00-\u9fff]"
NAME, WORD = "qqq", "稿"
"""What no catalog holds: a Latin name, and a word of Chinese and Japanese."""


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code not in WIDE])
def test_languages_with_spaces_join_as_english_does(code: str) -> None:
    with speaking(code):
        assert joined(["a", "b"]) == "a, b"
        assert joined(["a b", "c"], "; ") == ("a b ; c" if code == "fr" else "a b; c")
        assert joined(["a", "b"], ": ") == ("a : b" if code == "fr" else "a: b")
        assert together(["x。", " ", "y"]) == "x。 y"
        assert filled("{a}语{b}", {"a": "x", "b": 2}) == "x语2"


@pytest.mark.parametrize("code", WIDE)
def test_chinese_and_japanese_join_with_their_own_marks(code: str) -> None:
    with speaking(code):
        assert joined(["a", "b", "c"]) == "a、b、c"
        assert joined(["a", "b"], "; ") == "a；b"
        assert joined(["a", "b"], ": ") == "a：b"
        assert joined(["完了。", "次へ。"], " ") == "完了。次へ。"
        assert joined(["Done.", "次へ。"], " ") == "Done. 次へ。"
        assert joint(".") == "。"


def test_a_word_stands_before_the_last_of_a_list() -> None:
    assert [joined(parts, last="and") for parts in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]
    with speaking("ja"):
        assert joined(["`a`", "`b`", "`c`"], last="と") == "`a`、`b` と `c`"
        assert joined(["件名", "本文"], last="と") == "件名と本文"


def test_only_seams_are_seen_to() -> None:
    with speaking("zh"):
        assert filled("{name}。 好x好 ", {"name": "他说：a、 b"}) == "他说：a、 b。 好x好 "
        # What stands in backticks is a name, whatever it is made of.
        assert filled("节点 `{name}` 不是{kind}。", {"name": "稿", "kind": "list"}) == "节点 `稿` 不是 list。"
        assert filled("节点 `x{name}`", {"name": "稿"}) == "节点 `x稿`"
        assert filled("  {name}", {"name": "稿"}) == "  稿"


@pytest.mark.parametrize("below", ["", "finished"])
@pytest.mark.parametrize("code", WIDE)
def test_no_translation_runs_into_what_stands_in_it(code: str, below: str) -> None:
    entries = [one for one in known_entries(code, below=below).values() if "{{" not in one.msgid]
    texts = [text for one in entries for text in (one.msgstr, *one.msgstr_plural.values())]
    made = [(text, re.findall(r"\{([a-z_]\w*)\}", text)) for text in texts]
    made = [(text, names) for text, names in made if names and not re.search(r"[{}]", re.sub(r"\{\w+\}", "", text))]
    assert len(made) > 100
    with speaking(code):
        latin = [filled(text, dict.fromkeys(names, NAME)) for text, names in made]
        own = [filled(text, dict.fromkeys(names, WORD)) for text, names in made]
    assert [text for text in latin if re.search(rf"{OWN}{NAME}|{NAME}{OWN}", text)] == []
    assert [text for text in own if re.search(rf"{OWN} {WORD}|{WORD} {OWN}|[，。：；、] {WORD}", text)] == []


def test_a_finished_text_is_joined_as_its_language_joins() -> None:
    with speaking("ja"):
        told = translated("`temperature` must be one of warm, cool, found hot")
        assert "warm、cool" in told
        assert translated("The text is empty. The text is empty.").count("。 ") == 0
    with speaking("de"):
        assert "warm, cool" in translated("`temperature` must be one of warm, cool, found hot")


def test_a_count_stands_apart_from_its_word() -> None:
    with speaking("ja"):
        assert tr("Went back {count} revisions.", count=3) == "3 つ前の版に戻りました。"
        assert tr_count("ran {count} time", "ran {count} times", 3) == "3 回実行"


def test_english_is_its_own_joint() -> None:
    assert LANGUAGES[ENGLISH].joints == {}
    assert joint("; ") == "; "


@pytest.mark.parametrize("code", WIDE)
def test_lists_of_names_in_a_finished_text_are_joined_too(code: str) -> None:
    with speaking(code):
        outputs = translated("The outputs are results, decision.")
        nodes = translated("Added nodes `a` (map), `b` (human), `c` (llm) in `a`.")
        quoted = translated("`a, b` names no node.")
        limits = translated("Limits: steps 50, seconds 120.")
    assert "results、decision" in outputs and "steps 50、seconds 120" in limits
    assert "`a` (map)、`b` (human)、`a`" in nodes
    assert "`a, b`" in quoted
