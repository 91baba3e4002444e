"""What an alert's name says where its labels say nothing: whether it tells of calls that go wrong.

Called by `rules.grouping` and `rules.alert_keys`. Names are a person's own words, in one language of many: what is not
understood here counts as not said, and then two incidents stay two.
"""

from __future__ import annotations

import re

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_")
# What a caller suffers of what it calls: three of the four golden signals (Site Reliability Engineering, chapter 6,
# "The Four Golden Signals") and what a probe or a start that calls makes of them. Saturation is a service's own.
_OF_CALLS = re.compile(
    r"[45]xx|\b(?:errors?|50[0234]|latency|slow|p9[0-9]+|apdex|responses?|requests?|timeouts?|timed out|down|outage"
    r"|unavailable|availability|unreachable|unhealthy|not (?:ready|available|reachable|responding)|slos?|burn(?:ing)?"
    r"|crash\w*|restart\w*|success)\b"
)


def split_words(name: str) -> str:
    """Return a name as words with spaces between them, all in small letters: `high error rate` for `HighErrorRate`."""
    return _CAMEL.sub(" ", name).casefold()


def tells_of_calls(name: str) -> bool:
    """Answer whether an alert's name tells of what a failing callee does to its callers: errors, slowness, an outage.

    A certificate that expires, a full disk or a backup that failed is nothing that a callee's trouble explains.
    """
    return _OF_CALLS.search(split_words(name)) is not None
