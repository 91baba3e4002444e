"""Fences around what comes from outside: it is data, whatever it says.

Two nets. A fence carries a mark derived from the content, which no line of it could foretell; and whatever in a line
looks like a fence (also in other scripts' brackets) is made to look like something else. A line never breaks, so none
can begin where only Fermata's own words begin.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from fermata.kit.digest import compute_digest, shorten
from fermata.kit.invisible import strip_invisible
from fermata.kit.redaction import redact
from fermata.rules.condense.reading import cut_line, flatten

_LONGEST = 400
"""Characters of a line: as much as a citation quotes."""
# Brackets that a reader, or a tokenizer that normalises, may take for the ones a fence is made of.
_OPEN = "<\u2039\u00ab\u226a\u22d8\u2329\u27e8\u3008\u300a\uff1c\ufe64\u276e\u276c\u02c2"
_CLOSE = ">\u203a\u00bb\u226b\u22d9\u232a\u27e9\u3009\u300b\uff1e\ufe65\u276f\u276d\u02c3"
_LOOKALIKE = re.compile(rf"[{_OPEN}](?:\s?[{_OPEN}])+|[{_CLOSE}](?:\s?[{_CLOSE}])+")
# What stands for a role's turn, a tool's result or a control token in one model family or another.
_TURN = re.compile(
    r"<\|[^|>]{0,40}\|>|\[/?(?:INST|SYS)\]|</?s>|<(/?)(?:system|assistant|user|tool[\w-]*)>", re.IGNORECASE
)
_TAGS = re.compile("[\U000e0000-\U000e007f\ufe00-\ufe0f\u2800\u3164\u115f\u1160\uffa0]+")
"""Characters that are not seen and that models read: tags, variation selectors, blanks that are letters."""


def show_line(text: str, longest: int = _LONGEST) -> str:
    """Return one line as a model sees it: on one line, without secrets, and unable to look like a fence or a turn.

    Doing it twice changes nothing more.
    """
    seen = redact(flatten(_TAGS.sub("", strip_invisible(text)))).text
    if "<" in seen or "[" in seen or not seen.isascii():
        seen = _TURN.sub(lambda match: "(" + re.sub(r"[^\w/]", "", match[0]) + ")", seen)
    seen = _LOOKALIKE.sub(lambda match: ("(" if match[0][0] in _OPEN else ")") * 2, seen)
    return cut_line(seen, longest)


def make_mark(parts: Iterable[str]) -> str:
    """Return the mark of a brief's fences: from what is in them, so that it is the same for the same content only."""
    return shorten(compute_digest([part.encode("utf-8", "replace").decode() for part in parts]))


def fence(mark: str, source: str, lines: Sequence[str]) -> str:
    """Return lines between fences; they must be shown lines already.

    Args:
        source: Where they come from, in our words.
    """
    body = "\n".join(lines)
    return f"<<<data {mark} from {show_line(source, 160)}\n{body}\n>>>end {mark}"
