"""Secrets are found by name and are found again in whatever clothes they come out."""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_app.tools.secrets import SHORTEST, SecretMissing, Secrets, SecretStore

VALUE = "s3cr3t/+key=ü&\"x'"
SECRETS = Secrets({"API_KEY": VALUE, "OTHER": "another-one"})


def test_only_the_names_asked_for_are_taken() -> None:
    taken = SecretStore({"A_KEY": "aaaaaaaa", "B_KEY": "bbbbbbbb"}).take(["A_KEY"])
    assert taken.values == {"A_KEY": "aaaaaaaa"}
    assert "aaaaaaaa" not in repr(taken) + repr(SecretStore({"A_KEY": "aaaaaaaa"}))


def test_a_session_brings_its_own() -> None:
    store = SecretStore({"A_KEY": "from-outside"}, offered=frozenset())
    assert store.take(["A_KEY"], {"A_KEY": "from-session"}).values == {"A_KEY": "from-session"}


@pytest.mark.parametrize(
    ("store", "says", "helps"),
    [
        (SecretStore(), "API_KEY is not set", "environment variable API_KEY"),
        (SecretStore({"API_KEY": ""}), "not set", "environment variable"),
        (SecretStore({"API_KEY": "x" * (SHORTEST - 1)}), "fewer than", "longer"),
        (SecretStore({"API_KEY": "long enough"}, frozenset()), "not set", "operator"),
        (SecretStore({"API_KEYS": "long enough"}, frozenset({"API_KEYS", "API_KEY"})), "not set", "API_KEY"),
    ],
)
def test_what_is_not_there_is_told(store: SecretStore, says: str, helps: str) -> None:
    with pytest.raises(SecretMissing, match=says) as raised:
        store.take(["API_KEY"])
    assert helps in raised.value.help


@pytest.mark.parametrize(
    "written",
    [
        VALUE,
        quote(VALUE),
        quote(VALUE, safe=""),
        quote_plus(VALUE),
        quote(VALUE, safe="").lower(),
        urlencode({"k": VALUE}),
        "".join(f"%{byte:02X}" for byte in VALUE.encode()),
        html.escape(VALUE),
        json.dumps({"k": VALUE}),
        json.dumps({"k": VALUE}, ensure_ascii=False),
        repr({"k": VALUE}),
        VALUE.encode().hex(),
        VALUE.encode().hex().upper(),
        VALUE.upper(),
        base64.b64encode(VALUE.encode()).decode(),
        base64.urlsafe_b64encode(VALUE.encode()).decode(),
        base64.b64encode(f"user:{VALUE}".encode()).decode(),
        base64.b64encode(f"me:{VALUE}@host".encode()).decode(),
        VALUE.encode().decode("latin-1"),
    ],
)
def test_every_form_is_scrubbed(written: str) -> None:
    scrubbed = SECRETS.scrub(f"before {written} after")
    assert "[secret API_KEY]" in scrubbed
    assert scrubbed.startswith("before ")
    assert scrubbed.endswith(" after")
    assert "s3cr3t" not in scrubbed.lower()


def test_values_are_scrubbed_through_and_through() -> None:
    data = {"a": ["x", {VALUE: f"Bearer {VALUE}"}], "n": 3, "t": (None, "another-one"), "b": b"another-one"}
    assert SECRETS.scrub(data) == {
        "a": ["x", {"[secret API_KEY]": "Bearer [secret API_KEY]"}],
        "n": 3,
        "t": (None, "[secret OTHER]"),
        "b": b"[secret OTHER]",
    }


def test_letters_that_only_look_alike_are_scrubbed_too() -> None:
    assert Secrets({"A": "mississippi"}).scrub("mi\u017fsissippi") == "[secret]"


def test_without_secrets_nothing_is_changed() -> None:
    assert Secrets().scrub({"a": "text"}) == {"a": "text"}


def test_a_secret_that_begins_like_another_leaves_no_tail() -> None:
    assert Secrets({"A": "common", "B": "common-tail"}).scrub("common-tail common") == "[secret B] [secret A]"


@given(st.text(min_size=8, max_size=40, alphabet=st.characters(codec="utf-8")), st.binary(max_size=5), st.binary())
def test_no_secret_can_be_read_from_base64_around_it(value: str, before: bytes, after: bytes) -> None:
    encoded = base64.b64encode(before + value.encode() + after).decode()
    scrubbed = Secrets({"K": value}).scrub(encoded)
    assert "[secret K]" in scrubbed
