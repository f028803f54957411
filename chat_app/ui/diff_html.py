"""Two texts side by side: what is gone on the left, what is new on the right, what differs inside a line marked."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from html import escape

from chat_app.translation import tr, tr_count

_AROUND = 3
_COLUMNS = '<colgroup><col class="wc-line-number"><col><col class="wc-line-number"><col></colgroup>'
"""Lines shown around a change."""
MOST_ROWS = 1_500

Row = tuple[str, int | None, str, int | None, str]
"""What it is (same, changed, gone, new, gap), and number and text on either side."""


def rows_of(old: str, new: str) -> list[Row]:
    """The rows of the two texts, set side by side; what is the same far from a change is a gap."""
    before, after = old.splitlines(), new.splitlines()
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    found: list[Row] = []
    groups = matcher.get_grouped_opcodes(_AROUND)
    seen = 0
    for group in groups:
        start = group[0][1]
        if start > seen:
            found.append(("gap", None, str(start - seen), None, ""))
        for tag, i1, i2, j1, j2 in group:
            found += _block(tag, before, i1, i2, after, j1, j2)
        seen = group[-1][2]
    if found and seen < len(before):
        found.append(("gap", None, str(len(before) - seen), None, ""))
    return found


def _block(
    tag: str, before: Sequence[str], i1: int, i2: int, after: Sequence[str], j1: int, j2: int
) -> Iterator[Row]:
    if tag == "equal":
        for offset in range(i2 - i1):
            yield "same", i1 + offset + 1, before[i1 + offset], j1 + offset + 1, after[j1 + offset]
        return
    both = min(i2 - i1, j2 - j1)
    for offset in range(both):
        yield "changed", i1 + offset + 1, before[i1 + offset], j1 + offset + 1, after[j1 + offset]
    for number in range(i1 + both, i2):
        yield "gone", number + 1, before[number], None, ""
    for number in range(j1 + both, j2):
        yield "new", None, "", number + 1, after[number]


def side_by_side_html(old: str, new: str) -> str:
    """The texts side by side as a table."""
    rows = rows_of(old, new)
    if not rows:
        return f'<p class="wc-hint">{escape(tr("The text is the same."))}</p>'
    drawn = "".join(_row_html(row) for row in rows[:MOST_ROWS])
    more = ""
    if len(rows) > MOST_ROWS:
        told = tr_count("{count} more line", "{count} more lines", len(rows) - MOST_ROWS)
        more = f'<p class="wc-hint">{escape(told)}</p>'
    heads = "".join(f'<th scope="col" colspan="2">{escape(side)}</th>' for side in (tr("Before"), tr("After")))
    # Where there was nothing before, half of the room would stay empty.
    one_sided = "" if old.strip() else " wc-one-sided"
    named = escape(tr("Changed lines"))
    return (
        f'<div class="wc-diff{one_sided}" tabindex="0" role="region" aria-label="{named}"><table>'
        f"{_COLUMNS}<thead><tr>{heads}</tr></thead><tbody>{drawn}</tbody></table></div>{more}"
    )


def _row_html(row: Row) -> str:
    what, left, old, right, new = row
    if what == "gap":
        told = tr_count("{count} line alike", "{count} lines alike", int(old))
        return f'<tr class="wc-gap"><td colspan="4">{escape(told)}</td></tr>'
    old_html, new_html = escape(old), escape(new)
    if what == "changed":
        old_html, new_html = inside_line(old, new)
    minus = " wc-minus" if what in ("changed", "gone") else ""
    plus = " wc-plus" if what in ("changed", "new") else ""
    return (
        f'<tr><td class="wc-line-number">{left or ""}</td><td class="wc-text{minus}">{old_html}</td>'
        f'<td class="wc-line-number">{right or ""}</td><td class="wc-text{plus}">{new_html}</td></tr>'
    )


def inside_line(old: str, new: str) -> tuple[str, str]:
    """Both lines as HTML, with what differs marked; lines that have little in common are not picked apart."""
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    if len(old) + len(new) > 2_000 or matcher.ratio() < 0.5:
        return escape(old), escape(new)
    left: list[str] = []
    right: list[str] = []
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            left.append(escape(old[i1:i2]))
            right.append(escape(new[j1:j2]))
            continue
        if i2 > i1:
            left.append(f"<del>{escape(old[i1:i2])}</del>")
        if j2 > j1:
            right.append(f"<ins>{escape(new[j1:j2])}</ins>")
    return "".join(left), "".join(right)
