"""What users feel, as it comes into a channel: often before any monitor says so, and often as a question."""

from __future__ import annotations

from collections.abc import Mapping

from fermata.domain.trail import Participant
from fermata.rules.timeline.setting import is_outside
from fermata.rules.timeline.tags import find_marks
from fermata.rules.timeline.talk import Heard

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
    marks = set(find_marks(item.message.text[:_READ]))
    person = people.get(item.message.user)
    return bool(marks & {"BAD", "NEG"}) and ("USER" in marks or (person is not None and is_outside(person.role)))
