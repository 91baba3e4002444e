"""What an alert's name says where its labels say nothing: what it is about, and whether calls go wrong.

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
    r"|crash\w*|restart\w*|success|fail(?:ure|ed|ing)s? (?:rate|ratio)|exceptions?|degraded"
    r"|(?:probes?|health ?checks?) fail\w*)\b"
)


def split_words(name: str) -> str:
    """Return a name as words with spaces between them, all in small letters: `high error rate` for `HighErrorRate`."""
    return _CAMEL.sub(" ", name).casefold()


def tells_of_calls(name: str) -> bool:
    """Answer whether an alert's name tells of what a failing callee does to its callers: errors, slowness, an outage.

    A certificate that expires, a full disk or a backup that failed is nothing that a callee's trouble explains.
    """
    return _OF_CALLS.search(split_words(name)) is not None


_LONGEST = 300
"""Letters of a name that are read: titles are shorter, and they come from outside."""
_NAME = r"(\w(?:[\w.-]*\w)?)"
_BEGINS = re.compile(
    # What tools put in front: `[FIRING:1]`, `DOWN:`, `Problem:`, a picture. Never read in a second way (`*+`): a row of
    # thirty dashes would take hours.
    r"(?:\[[^\]]*\]|\([^)]*\)|(?:problem|alert|alarm|alerting|firing|down|critical|warning|error|triggered|incident) ?:"
    rf"|[^\w\s]|\s)*+(?:(?:service|monitor|container) )?{_NAME}(?P<then>\s*[:\N{{EN DASH}}\N{{EM DASH}}-]\s"
    r"|\s+(?:is|are|was|were|has|have|does|did|cannot|can't|not|fails?|failed|failing)\b|\s+|$)"
)
_ENDS = re.compile(rf"(?:\b(?:on|of|for|in|at)|:) {_NAME}\W*$")
_ADDRESS = re.compile(r"https?://(\w[\w-]*)")


def list_spoken_of(name: str) -> frozenset[str]:
    """Return what an alert's name may be about: its subject, what stands `on`, `of` or `for` at its end, an address.

    A guess that is worth something only where the very same name is a service's elsewhere. A word in the middle of a
    sentence is none: `web`, `api` and `worker` stand there by chance.

    Returns:
        Names in small letters; `checkout` for `checkout is down`, `[FIRING:1] checkout error rate`, `CheckoutDown`,
        `High latency on checkout` and `DOWN: https://checkout.example.com/healthz`.
    """
    name = name[:_LONGEST]
    text = name.casefold() if " " in name else split_words(name)
    found = {match[1] for match in (_ENDS.search(text), _ADDRESS.search(text)) if match}
    begins = _BEGINS.match(text)
    if begins and (begins["then"].strip() or begins.end() == len(text) or _OF_CALLS.match(text, begins.end())):
        found.add(begins[1])
    return frozenset(found)
