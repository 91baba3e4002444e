"""Text from outside, made harmless to read: what the eye would not see is shown, nothing is dropped.

Escaping keeps text from becoming markup; it does not keep a right-to-left override in a log line or a diff from
showing words in another order than they stand (https://trojansource.codes, read 2026-11). Every string that a
template prints passes here, whoever wrote it.
"""

from __future__ import annotations

import re

from fermata.kit.invisible import WIDTHLESS

# C0 without tab and newline, DEL and C1, line and paragraph separators; what has no width or turns the direction.
_HIDDEN = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029{WIDTHLESS}]")


def reveal_hidden(text: str) -> str:
    """Write control, invisible and direction-changing characters as `⟨U+202E⟩`. Pure, idempotent.

    Tabs and newlines stay. Joiners are shown too: an emoji that falls apart is a smaller harm than a name that lies.
    """
    return _HIDDEN.sub(lambda match: f"⟨U+{ord(match[0]):04X}⟩", text)
