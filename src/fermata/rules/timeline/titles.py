"""What the tool that incidents are run by calls this one, for talk that comes without a title, as exports do."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fermata.domain.trail import Message

_READ = 400
_LONGEST = 120
# "Incident INC-12 declared: Card payments fail", "INC-12 opened: ...", "New SEV2 incident" with its name below.
_ANNOUNCED = re.compile(
    # Marks, and emojis by their names: no two parts that follow each other may eat the same characters.
    r"^\W*(?:\w+:\W*){0,3}"
    r"(?:(?:new )?(?:sev-?\d |p\d |major )?incident\b(?:[ :#*_-]*[A-Z]{2,}-\d+)?|[A-Z]{2,}-\d+(?!-\w))[*_ ]*"
    r"(?:(?:has been |was |is )?(?:declared|opened|created|started|reported)\b(?: by [@\w.-]+)?)?[*_]*"
    r"(?:\s*[:\u2013\u2014-]\s*|\s*\n\s*)(?P<title>[^\n]{4,})",
    re.IGNORECASE,
)
# "#inc-2291-search created" with the title below: the channel's name is none.
_CHANNEL = re.compile(
    r"^\W*#?[a-z\d]+(?:[-_][a-z\d]+)+ (?:was |has been |is )?(?:created|opened)\W*\n\s*(?P<title>[^\n]{4,})",
    re.IGNORECASE,
)
_PAGE = re.compile(r"\n\W*(?:investigating|identified|monitoring|resolved)\b|^\W*status", re.IGNORECASE)
_MARKUP = re.compile(r"[*_`]+|:[a-z_]+:")
_FIELD = re.compile(r"^\W*(?:severity|lead|commander|reporter|status|channel|started|owner)\b\W", re.IGNORECASE)


def find_title(messages: Sequence[Message]) -> str:
    """Return the title of the one incident that a tool announces; empty where none or several are announced.

    A status page's title is what customers are told: it counts where no other tool names the incident.
    """
    tools: dict[str, None] = {}
    pages: dict[str, None] = {}
    for message in messages:
        text = message.text[:_READ]
        match = (_CHANNEL.match(text) or _ANNOUNCED.match(text)) if message.is_bot else None
        if match is None or _FIELD.match(match["title"]):
            continue
        title = " ".join(_MARKUP.sub(" ", match["title"]).split()).strip(" .-")[:_LONGEST]
        found = pages if _PAGE.search(text) else tools
        found[title] = None
    named = list(tools or pages)
    return named[0] if len(named) == 1 else ""
