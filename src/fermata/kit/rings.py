"""How often Python looks for rings: objects that hold each other, and that nobody else holds any more."""

from __future__ import annotations

import gc

NEW_OBJECTS = 10_000
"""So many objects more than were let go begin a look. Python's own number is 700 (2,000 in newer ones)."""


def look_for_rings_rarely() -> None:
    """Make this process look for rings once in 10,000 new objects. For whoever owns the process: never a library.

    Reading a cluster or a channel makes objects by the hundred thousand and hardly a ring: with Python's own number
    looking took a seventh of the time of a diagnosis, and takes a thirtieth with this one. Rings that do come wait
    longer: about a megabyte of them in a server at rest, and five with 50,000.
    """
    _, middle, old = gc.get_threshold()
    gc.set_threshold(NEW_OBJECTS, middle, old)
