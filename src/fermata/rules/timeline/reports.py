"""What users feel, as it comes into a channel: often before any monitor says so, and often as a question."""

from __future__ import annotations

import re
from collections.abc import Mapping

from fermata.domain.trail import Participant
from fermata.rules.timeline.setting import is_outside
from fermata.rules.timeline.tags import find_tags
from fermata.rules.timeline.talk import Heard
from fermata.rules.timeline.words import Words

_QUOTED = re.compile(r"[\"\u201c][^\"\u201d]{6,}[\"\u201d]")
_ONLY_ME = Words(
    r"\b(?:only|just) (?:me|us)\b|\bis (?:it|that) (?:me|us)\b|\banyone else\b|\b(?:is|are) (?:this|that|it|something|"
    r"there something) (?:known|wrong|broken|up)\b"
)
"""Who asks so sees something wrong."""
_READ = 300
"""Characters of a message that are looked at."""


def tells_trouble(item: Heard, people: Mapping[str, Participant]) -> bool:
    """Answer whether somebody says that users have trouble: of users, or by whoever speaks for them.

    Args:
        people: Of the channel, with their roles.
    """
    if item.message.is_bot:
        return False
    if any(clause.is_impact for clause in item.reading.clauses):
        return True
    text = item.message.text[:_READ]
    tags = find_tags(text)
    person = people.get(item.message.user)
    is_theirs = "USER" in tags or (person is not None and is_outside(person.role))
    # What users are quoted with is what they have against it, in whatever words.
    is_trouble = not tags.isdisjoint({"BAD", "NEG"}) or _QUOTED.search(text) is not None
    return (is_theirs and is_trouble) or (_ONLY_ME.search(text) is not None and not tags.isdisjoint({"BAD", "NEG"}))
