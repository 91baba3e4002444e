"""What a draft that is a file rests on, read from its own list of sources: for deletions that were heard of later."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from fermata.kit.markdown import write_anchor

_SOURCE = re.compile(r'<a id="(?P<anchor>src-[\w.-]{1,250})"></a>(?:\[(?:[^\[\]\\\n]|\\.)*\]\((?P<url>[^)\s]+)\))?')


def list_file_sources(text: str, places: Iterable[tuple[str, str]]) -> Mapping[str, Mapping[str, str]]:
    """Return the messages of some rooms that a document lists as sources, by the keys that they are stored under.

    Their words are not known: lines are found by their links alone.

    Args:
        places: Platforms and rooms.
    """
    prefixes = {write_anchor(f"{platform}:{room}/"): f"{platform}:{room}/" for platform, room in places}
    found: dict[str, Mapping[str, str]] = {}
    for match in _SOURCE.finditer(text):
        for prefix, room in prefixes.items():
            if match["anchor"].startswith(prefix):
                key = f"{room}{match['anchor'].removeprefix(prefix)}"
                found[key] = {"kind": "message", "text": "", "url": match["url"] or ""}
    return found
