"""With which message a room of several incidents begins to speak of this one, where it is called a separate one."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from fermata.rules.timeline.talk import Heard

_FEWEST_NAMED = 2
"""Words of the title in a message that names the incident: one may be a word of another."""
_LED_APART = re.compile(
    r"^\W*(?:(?:also|btw|and),? )?(?:an? )?(?:separate|different|another|other|unrelated|second|new) "
    r"(?:issue|incident|problem|outage|thing|alert|topic|matter|story|fire) ?[:,\u2013\u2014-]",
    re.IGNORECASE,
)
"""Before what is told: it is apart from what the room spoke of."""


def find_opening(told: Sequence[Heard], titled: Collection[str]) -> frozenset[str]:
    """Return the id of the message that brings this incident up, where it is called separate from another one.

    In a room of several incidents ours may be the separate one. Where people spoke of it before, something else of the
    same service is apart from that.

    Args:
        told: In the order of their time.
        titled: Telling words of the incident's title.
    """
    named = (item for item in told if not item.message.is_bot and len(item.terms.intersection(titled)) >= _FEWEST_NAMED)
    first = next(named, None)
    if first is None or _LED_APART.match(first.message.text) is None:
        return frozenset()
    return frozenset({first.message.id})
