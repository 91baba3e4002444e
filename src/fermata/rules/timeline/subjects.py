"""Which posts of a status page are about the incident: a page that feeds a channel posts about everything it shows."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence

from fermata.rules.timeline.talk import Heard
from fermata.rules.timeline.terms import find_terms

# "[Investigating] DNS panel - Some edits are slow", "Resolved: Public library WiFi - ...": a label, then what it is
# about, then what is said of it. A label is one word or two, whatever a page calls its states.
_HEAD = re.compile(
    r"^\W*(?!(?:status ?page|posted)\b)[A-Z]+(?: [a-z]+)?(?:\]|:)\W*"
    r"(?P<subject>[^\n]{3,90}?)(?: [-\u2013\u2014] |\n|$)",
    re.IGNORECASE,
)
_FEWEST = 3
"""Posts in this form that make a page's posts a feed."""
_MOST = 2
"""How many times the posts of any other subject those of the incident are, where its own words name none."""


def sort_posts(heard: Sequence[Heard], own: Collection[str]) -> dict[str, bool]:
    """Return whether each post of a status page is about the incident, by its id.

    None at all where it is not clear which of the page's subjects the incident is.

    Args:
        own: Telling words of the incident.
    """
    pages = {item.message.user for item in heard if any(clause.post is not None for clause in item.reading.clauses)}
    feeds: dict[str, list[tuple[str, frozenset[str]]]] = defaultdict(list)
    for item in heard:
        if item.message.is_bot and item.message.user in pages and (head := _HEAD.match(item.message.text)) is not None:
            feeds[item.message.user].append((item.message.id, find_terms(head["subject"])))
    sorted_: dict[str, bool] = {}
    for posts in feeds.values():
        ours = {term for _, terms in posts if terms.intersection(own) for term in terms} or _find_most(posts)
        if ours and len(posts) >= _FEWEST:
            sorted_ |= {name: bool(terms & ours) for name, terms in posts if terms}
    return sorted_


def _find_most(posts: Sequence[tuple[str, frozenset[str]]]) -> frozenset[str]:
    """Return the words of the subject that is posted about most, where it is by far."""
    (most, count), *rest = Counter(terms for _, terms in posts).most_common(2)
    return most if count >= _MOST * max((number for _, number in rest), default=1) else frozenset()
