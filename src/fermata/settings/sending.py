"""Which secrets no request can carry: a token of two lines, or one with a letter that came along from a page. Pure.

Sent all the same, a library refuses it in words that quote it, and those end on a card.
"""

from __future__ import annotations

from typing import Final

_SENT_IN_HEADERS: Final = ("token", "key")
"""How settings end that are sent as they are; passwords are encoded first, and what only signs is never sent."""
_FIRST_PRINTABLE: Final = 0x20
_DELETE: Final = 0x7F


def find_unsendable(name: str, secret: str, *, ascii_only: bool) -> str:
    """Return why no header can carry a secret, in words that do not show it; empty where one can.

    By RFC 9110, section 5.5: no control characters but the tab, and ASCII where the other end may not take more. A key
    in PEM is a text of lines, often with some in front that say whose it is, and is read, not sent.

    Args:
        name: The setting: `alert_token`, `api_key`.
        ascii_only: Whether letters beyond ASCII are at fault as well.
    """
    if not name.endswith(_SENT_IN_HEADERS) or "-----BEGIN " in secret:
        return ""
    lines = len(secret.splitlines())
    if lines > 1:
        return f"it has {lines} lines, and what is sent has one: leave nothing but the one {name} there"
    for place, letter in enumerate(secret, start=1):
        if (ord(letter) < _FIRST_PRINTABLE and letter != "\t") or ord(letter) == _DELETE:
            return f"its character {place} is a control character, which no header carries: write it anew"
        if ascii_only and not letter.isascii():
            return f"its character {place} is none of ASCII, as none of a {name} is: copy it anew from where it came"
    return ""
