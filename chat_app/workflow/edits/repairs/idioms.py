"""Ways of other languages to say things in templates and conditions, said in ours."""

from __future__ import annotations

import re

from chat_app.workflow.condition_words import COMPARISONS, LITERAL, NEGATION, WORDS, swapped

_SEGMENT = re.compile(r"\{\{(.*?)\}\}|(\{%.*?%\})", re.DOTALL)
_ARGUMENT = rf"(?:{LITERAL}|-?\d+)"
_LIQUID = re.compile(rf"\|\s*(\w+)\s*:\s*({_ARGUMENT}(?:\s*,\s*{_ARGUMENT})*)")
_METHODS = {
    "length": "length",
    "size": "length",
    "toUpperCase": "upper",
    "upper": "upper",
    "toLowerCase": "lower",
    "lower": "lower",
    "trim": "trim",
    "strip": "trim",
    "title": "title",
    "capitalize": "capitalize",
}
_METHOD = re.compile(rf"([\w.\]]+)\.({'|'.join(_METHODS)})(?:\(\)|(?!\s*\()\b(?<=length)|(?!\s*\()\b(?<=size))")
_JOIN = re.compile(rf"([\w.\]]+)\.join\(\s*({LITERAL})?\s*\)")
_PYTHON_JOIN = re.compile(rf"({LITERAL})\.join\(\s*([\w.]+)\s*\)")
_PLUS = re.compile(r"\s*\+\s*(?=[\w'\"])")
_BLOCKS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\{\{#each\s+([\w.]+)(?:\s+as\s+\|?(\w+)\|?)?\s*\}\}"), ""),
    (re.compile(r"\{\{/each\}\}"), "{% endfor %}"),
    (re.compile(r"\{\{#if\s+([\w.]+)\s*\}\}"), r"{% if \1 %}"),
    (re.compile(r"\{\{else\}\}"), "{% else %}"),
    (re.compile(r"\{\{/if\}\}"), "{% endif %}"),
)
_CEL: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\.includes\("), ".contains("),
    (re.compile(r"\.(?:startswith|starts_with)\("), ".startsWith("),
    (re.compile(r"\.(?:endswith|ends_with)\("), ".endsWith("),
    (re.compile(r"\bcontains\(\s*([\w.]+)\s*,\s*"), r"\1.contains("),
    (re.compile(r"(?<![\w)])([A-Za-z_][\w.]*)\.(?:length|len)\b(?:\(\))?"), r"size(\1)"),
)
_INFIX: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(rf"([\w.]+)\s+(?:does\s+not\s+contain|not\s+contains?)\s+({LITERAL})", re.I), r"!\1.contains(\2)"),
    (re.compile(rf"([\w.]+)\s+contains?\s+({LITERAL})", re.I), r"\1.contains(\2)"),
    (re.compile(rf"([\w.]+)\s+starts?\s+with\s+({LITERAL})", re.I), r"\1.startsWith(\2)"),
    (re.compile(rf"([\w.]+)\s+ends?\s+with\s+({LITERAL})", re.I), r"\1.endsWith(\2)"),
    (re.compile(rf"\bnot\s+([\w.]+\s*[=!<>]=?=?\s*(?:{LITERAL}|[\w.]+))", re.I), r"!(\1)"),
)
_NOT_IN = re.compile(rf"({LITERAL}|[\w.]+)\s+not\s+in\s+(\[[^\]]*\]|[\w.]+)")


def template_idioms(text: str) -> str:
    """A template whose filters and blocks are ours: Liquid's colons, JavaScript's methods, Handlebars' blocks."""
    if "{{" not in text and "{%" not in text:
        return text
    made = text
    if "{{#" in made or "{{/" in made:
        made = _each(made)
        for pattern, ours in _BLOCKS[1:]:
            made = pattern.sub(ours, made)
    return _SEGMENT.sub(lambda found: found[0] if found[1] is None else "{{" + _looked_up(found[1]) + "}}", made)


def condition_idioms(text: str) -> str:
    """A condition whose methods and comparisons are CEL's."""
    made = _NOT_IN.sub(r"!(\1 in \2)", text)
    for pattern, ours in _INFIX:
        made = pattern.sub(ours, made)
    return swapped(made, (*_CEL, *WORDS, *NEGATION, *COMPARISONS))


def _each(text: str) -> str:
    """`{{#each}}` as a loop; `this` in it is the item."""
    pattern = _BLOCKS[0][0]
    while (found := pattern.search(text)) is not None:
        end = text.find("{{/each}}", found.end())
        if end < 0:
            return text
        item = found[2] or "item"
        inner = re.sub(r"\{\{\s*this(\.\w+)?\s*\}\}", rf"{{{{ {item}\1 }}}}", text[found.end() : end])
        loop = f"{{% for {item} in {found[1]} %}}{inner}{{% endfor %}}"
        text = text[: found.start()] + loop + text[end + len("{{/each}}") :]
    return text


def _looked_up(inside: str) -> str:
    made = _LIQUID.sub(r"| \1(\2)", inside)
    made = re.sub(r"(\|\s*\w+)\s*:\s*(?=\||$)", r"\1 ", made)
    made = _PYTHON_JOIN.sub(r"\2 | join(\1)", made)
    made = _JOIN.sub(lambda found: f"{found[1]} | join({found[2] or repr(', ')})", made)
    made = _METHOD.sub(lambda found: f"{found[1]} | {_METHODS[found[2]]}", made)
    if "+" in made and re.search(LITERAL, made):
        made = _PLUS.sub(" ~ ", made)
    return made
