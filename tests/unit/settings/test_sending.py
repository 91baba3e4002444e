"""A secret that no request can carry is told at the start, and never shown."""

import pytest

from fermata.kit.errors import UserError
from fermata.settings import load_settings
from fermata.settings.sending import find_unsendable


@pytest.mark.parametrize("name", ["token", "api_key", "alert_token"])
@pytest.mark.parametrize("secret", ["", "abc.DEF-123~/+=", "two words", "a\ttab"])
def test_one_line_of_plain_text_is_sent(name, secret):
    """Whatever it looks like otherwise is between its two ends."""
    assert find_unsendable(name, secret, ascii_only=True) == ""


@pytest.mark.parametrize(
    ("secret", "found"),
    [("one\ntwo", "2 lines"), ("one\r\ntwo\nthree", "3 lines"), ("one\x00", "character 4"), ("\x7f", "character 1")],
)
def test_what_no_header_carries_is_told(secret, found):
    """By its place, not by what stands there."""
    fault = find_unsendable("token", secret, ascii_only=False)

    assert found in fault
    assert "one" not in fault.replace("the one token", "").replace("has one", "")


@pytest.mark.parametrize("letter", ["\u200b", "\u00a0", "\u2013", "ë"])
def test_letter_that_came_along_from_a_page_is_told(letter):
    """A blank that nobody sees, a dash that was made nicer: no service gives such a token out."""
    assert "character 4" in find_unsendable("token", f"abc{letter}def", ascii_only=True)
    assert find_unsendable("token", f"abc{letter}def", ascii_only=False) == ""


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("password", "one\ntwo"),
        ("password", "Zoë"),
        ("alert_hmac_secret", "one\ntwo"),
        ("account", '{\n"a": 1\n}'),
        ("private_key", "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----"),
        (
            "private_key",
            "Bag Attributes: <Empty>\n-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----",
        ),
    ],
)
def test_what_is_not_sent_as_it_is_may_have_lines(name, secret):
    """It is encoded, signs, or is read as a text."""
    assert find_unsendable(name, secret, ascii_only=True) == ""


@pytest.mark.parametrize(
    ("text", "setting"),
    [
        ("server: {alert_token: file:token}", r"server\.alert_token"),
        ("systems: {prometheus: {url: 'http://127.0.0.1:1', token: file:token}}", r"systems\.prometheus\.token"),
    ],
)
def test_token_of_two_lines_is_a_fault_that_does_not_show_it(tmp_path, text, setting):
    """The library that would send it quotes it, and its words end on a card."""
    (tmp_path / "token").write_text("first-4711\nsecond-4711\n")
    (tmp_path / "fermata.yaml").write_text(text)

    with pytest.raises(UserError, match=f"{setting}: it has 2 lines") as refusal:
        load_settings(tmp_path / "fermata.yaml", {})

    assert "4711" not in str(refusal.value)


def test_letter_beyond_ascii_is_for_intake_alone(tmp_path):
    """What alert sources send is compared as bytes; what services give out is ASCII."""
    (tmp_path / "fermata.yaml").write_text(
        "server: {alert_token: env:A}\nsystems: {prometheus: {url: 'http://127.0.0.1:1', token: env:A}}"
    )

    with pytest.raises(UserError) as refusal:
        load_settings(tmp_path / "fermata.yaml", {"A": "Zoë-4711"})

    assert "systems.prometheus.token: its character 3" in str(refusal.value)
    assert "server.alert_token" not in str(refusal.value)


def test_text_of_other_sections_is_left_alone(tmp_path):
    """An address of a rehearsal or a room is no secret, whatever it is called."""
    (tmp_path / "words").write_text("one\ntwo")
    (tmp_path / "fermata.yaml").write_text("observer: {template: file:words}")

    assert load_settings(tmp_path / "fermata.yaml", {}).settings.observer.template is not None
