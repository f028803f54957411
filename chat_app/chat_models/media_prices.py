"""The most that a call of a media model may cost, by the price table that LiteLLM ships; None: it does not tell.

The table's prices are of pieces that are known only afterwards (seconds, tokens of sound), so their number is bounded
here by what is sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chat_app.chat_models.prices import CHAT_MODES, entries_like, entry_of, price_of
from chat_app.chat_models.providers import call_name

MOST_PICTURE_TOKENS = 6_240
"""Of the greatest picture that is billed by tokens."""
RECORDED_BYTES = 2_000
"""Bytes a second of a recording that is pressed hard; better ones have more, so they last less."""
SPOKEN_CHARACTERS = 5
"""Characters a second of somebody who speaks slowly."""


def most_for_picture(model: str, prompt: str, size: str | None) -> float | None:
    """A picture; where the size is left open, the dearest."""
    entry = entry_of(call_name(model)) or {}
    found = {name: _picture(one, name, size) for name, one in _with_variants(model, entry)}
    listed = {name: price for name, price in found.items() if price is not None}
    sized = [price for name, price in listed.items() if size is not None and size.replace("x", "-x-") in name]
    prices = sized or list(listed.values())
    if not prices and (token := _paid(entry, "output_cost_per_image_token")) is not None:
        prices = [token * MOST_PICTURE_TOKENS]
    read = (_paid(entry, "input_cost_per_token") or 0.0) * len(prompt.encode())
    return max(prices) + read if prices else None


def most_for_speech(model: str, text: str) -> float | None:
    """A text read aloud."""
    entry = entry_of(call_name(model)) or {}
    if (character := _paid(entry, "input_cost_per_character")) is not None:
        return character * len(text)
    if (second := _paid(entry, "output_cost_per_second")) is not None:
        read = (_paid(entry, "input_cost_per_token") or 0.0) * len(text.encode())
        return read + second * (len(text) / SPOKEN_CHARACTERS + 1)
    return None


def most_for_recording(model: str, content: bytes) -> float | None:
    """A recording written down."""
    second = _paid(entry_of(call_name(model)) or {}, "input_cost_per_second")
    return None if second is None else second * _most_seconds(content)


def most_for_vectors(model: str, texts: Sequence[str]) -> float | None:
    """Embeddings of texts."""
    token = _paid(entry_of(call_name(model)) or {}, "input_cost_per_token")
    return None if token is None else token * sum(len(text.encode()) for text in texts)


def tells_what_speech_costs(model: str) -> bool:
    """Whether the bill follows from the text; where sound is billed, nobody tells how much there was."""
    return _paid(entry_of(call_name(model)) or {}, "input_cost_per_character") is not None


def _with_variants(model: str, entry: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The model's entry, and those of its sizes and qualities: `high/1024-x-1536/gpt-image-1`."""
    name = call_name(model)
    yield name, entry
    prefix, _, rest = name.rpartition("/")
    for variant, one in entries_like(f"/{rest}"):
        if not prefix or one.get("litellm_provider") == prefix.partition("/")[0]:
            yield variant, one


def _picture(entry: Mapping[str, Any], name: str, size: str | None) -> float | None:
    prices = [_paid(entry, "output_cost_per_image"), _paid(entry, "input_cost_per_image")]
    told = next((part for part in name.split("/") if "-x-" in part), None)
    pixels = _pixels(told.replace("-x-", "x") if told else size)
    for key in ("input_cost_per_pixel", "output_cost_per_pixel"):
        pixel = _paid(entry, key)
        prices.append(None if pixel is None or pixels is None else pixel * pixels)
    return max((price for price in prices if price is not None), default=None)


def _pixels(size: str | None) -> int | None:
    width, _, height = (size or "").partition("x")
    return int(width) * int(height) if width.isdecimal() and height.isdecimal() else None


def _most_seconds(content: bytes) -> float:
    """How long a recording lasts at most; a WAV file says how many bytes a second has."""
    rate = int.from_bytes(content[28:32], "little") if content[:4] == b"RIFF" and content[8:12] == b"WAVE" else 0
    return len(content) / (rate or RECORDED_BYTES) + 1


def _paid(entry: Mapping[str, Any], key: str) -> float | None:
    """A price above nothing; the table writes 0 where it means another key."""
    price = entry.get(key)
    return float(price) if isinstance(price, int | float) and price > 0 else None


def is_priced(model: str) -> bool:
    """Whether the table tells what calls of a model cost, before they are made."""
    price = price_of(model)
    if price is not None and (entry_of(call_name(model)) or {}).get("mode") in CHAT_MODES:
        return True
    asked = most_for_picture(model, "", None), most_for_speech(model, ""), most_for_recording(model, b"")
    return any(one is not None for one in (*asked, most_for_vectors(model, [])))
