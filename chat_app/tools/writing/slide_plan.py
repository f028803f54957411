"""Which parts of a text go on which slide: a heading begins one, a rule ends one, and none holds too much."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from chat_app.tools.writing.blocks import Block, Code, Heading, Items, Paragraph, Picture, Quote, Rule, Table, plain

_LETTERS_A_LINE = 78
_LINES = 12
_TABLE_ROWS = 9
_CODE_LINES = 16
_NOTES = ("notes:", "note:", "speaker notes:")


@dataclass
class Slide:
    """A slide's title and what stands on it."""

    title: str = ""
    blocks: list[Block] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    opening: bool = False
    """Whether it is the first slide, with the title of all."""


def planned(blocks: Sequence[Block], title: str) -> list[Slide]:
    """The slides of a text; there is always one."""
    slides = [part for slide in _cut(blocks) for part in _fitting(slide)]
    if not slides or not slides[0].opening:
        slides.insert(0, Slide(title, opening=True))
    return slides


def _cut(blocks: Sequence[Block]) -> Iterator[Slide]:
    here: Slide | None = None
    for number, block in enumerate(blocks):
        if isinstance(block, Heading) and block.level <= 2:
            if here is not None:
                yield here
            here = Slide(plain(block.inside), opening=number == 0 and block.level == 1)
        elif isinstance(block, Rule):
            if here is not None and here.blocks:
                yield here
                here = Slide(here.title if not here.opening else "")
        else:
            here = here or Slide()
            _put(here, block)
    if here is not None and (here.title or here.blocks):
        yield here


def _put(slide: Slide, block: Block) -> None:
    """Puts a block on a slide, or into its notes where it says so."""
    if isinstance(block, Quote) and block.blocks and isinstance(block.blocks[0], Paragraph):
        text = "\n".join(plain(one.inside) for one in block.blocks if isinstance(one, Paragraph))
        for mark in _NOTES:
            if text.lower().startswith(mark):
                slide.notes.append(text[len(mark) :].strip())
                return
    slide.blocks.append(block)


def _fitting(slide: Slide) -> Iterator[Slide]:
    """The slide, or several where it holds too much."""
    if slide.opening:
        first, rest = _opening(slide)
        yield first
        if rest.blocks:
            yield from _fitting(rest)
        return
    parts: list[list[Block]] = [[]]
    room = _LINES
    for block in slide.blocks:
        for piece in _pieces(block):
            need = _lines(piece)
            # Tables, code and pictures get the room under the text; what follows them gets a slide of its own.
            if parts[-1] and (need > room or any(map(_is_large, parts[-1]))):
                # A heading goes with what it stands over.
                over = [parts[-1].pop()] if len(parts[-1]) > 1 and isinstance(parts[-1][-1], Heading) else []
                parts.append(over)
                room = _LINES - sum(map(_lines, over))
            parts[-1].append(piece)
            room -= need
    for number, blocks in enumerate(parts):
        title = slide.title if number == 0 or not slide.title else f"{slide.title} ({number + 1})"
        yield Slide(title, blocks, slide.notes if number == 0 else [])


def _opening(slide: Slide) -> tuple[Slide, Slide]:
    """The first slide takes a title and a short paragraph; the rest goes on."""
    kept = slide.blocks[:1] if slide.blocks and isinstance(slide.blocks[0], Paragraph) else []
    if kept and (_lines(kept[0]) > 3 or _is_large(kept[0])):
        kept = []
    rest = Slide(slide.title, slide.blocks[len(kept) :])
    return replace(slide, blocks=list(kept)), rest


def _pieces(block: Block) -> Iterator[Block]:
    match block:
        case Table(rows=rows) if len(rows) > _TABLE_ROWS:
            for first in range(0, len(rows), _TABLE_ROWS):
                yield replace(block, rows=rows[first : first + _TABLE_ROWS])
        case Code(text=text) if text.count("\n") >= _CODE_LINES:
            lines = text.split("\n")
            for first in range(0, len(lines), _CODE_LINES):
                yield replace(block, text="\n".join(lines[first : first + _CODE_LINES]))
        case Items(items=items, start=start):
            # A long list is parted between its items.
            part: list[tuple[Block, ...]] = []
            begins = start
            for item in items:
                if part and sum(map(_item_lines, [*part, item])) > _LINES:
                    yield Items(tuple(part), begins)
                    begins = None if begins is None else begins + len(part)
                    part = []
                part.append(item)
            yield Items(tuple(part), begins)
        case _:
            yield block


def _is_large(block: Block) -> bool:
    return isinstance(block, Table | Code) or is_picture(block)


def is_picture(block: Block) -> bool:
    """Whether a block is one picture."""
    return isinstance(block, Paragraph) and len(block.inside) == 1 and isinstance(block.inside[0], Picture)


def _lines(block: Block) -> int:
    match block:
        case Heading():
            return 2
        case Paragraph(inside=inside):
            return 7 if is_picture(block) else 1 + len(plain(inside)) // _LETTERS_A_LINE
        case Items(items=items):
            return sum(map(_item_lines, items))
        case Quote(blocks=blocks):
            return sum(map(_lines, blocks))
        case Code(text=text):
            return 2 + text.count("\n") * 2 // 3
        case Table(rows=rows):
            return 3 + len(rows)
        case Rule():
            return 0


def _item_lines(item: Sequence[Block]) -> int:
    return sum(map(_lines, item)) or 1
