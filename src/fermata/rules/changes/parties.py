"""Parties that nobody told us of, by what failing lines call them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fermata.rules.changes.outside_cause import Outside, quote_telling
from fermata.rules.changes.symptoms import Symptoms

# The last segment of an address's path, and the last label of a host's name, are no names of their own.
_ANSWERED = re.compile(
    r"(?<![\w.-])(?:(?<=//)|(?<!/))([a-z][a-z0-9-]{2,40}) (?:answered|returned|replied|responded)"
    r"(?: with)?:? (?:http )?5\d\d\b",
    re.IGNORECASE,
)
_NOBODY_TEXT = "upstream backend server service api call request gateway proxy host peer provider which that and"
_NOBODY = frozenset(_NOBODY_TEXT.split())
"""Words that stand where a name does, and are none."""
_FEWEST = 8
_LONGEST = 160


def find_named_party(symptoms: Symptoms) -> Iterator[Outside]:
    """Find a party that every failure names as who answered with an error, and that nothing else here is called."""
    for one in symptoms.tellings:
        names = {found[1].casefold() if (found := _ANSWERED.search(text)) else "" for text in one.samples}
        name = min(names, default="")
        is_ours = name in _NOBODY or any(name in own.casefold() for own in symptoms.services)
        if one.severe and one.before == 0 and one.count >= _FEWEST and len(names) == 1 and name and not is_ours:
            yield Outside(
                "third_party_outage", one.service,
                f"{name} fails {one.service}, and nothing here is called so: {one.samples[0][:_LONGEST]}", 0.5,
                (quote_telling(one),), f"Find out who runs {name}, and ask them.",
            )  # fmt: skip
            return
