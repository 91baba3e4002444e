"""What a status page posts: which state it is in, and which sentences of the post say anything new.

Written from how status pages and their chat integrations word it (a label such as "Investigating", then prose that
mostly says that work goes on), not from one page's spelling.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from fermata.rules.timeline.words import Words


class State(StrEnum):
    """Of an incident on a status page."""

    INVESTIGATING = "investigating"
    IDENTIFIED = "identified"
    MONITORING = "monitoring"
    RESOLVED = "resolved"
    UPDATE = "update"
    """It says no state."""


_STATES = {
    "investigating": State.INVESTIGATING, "identified": State.IDENTIFIED, "fixing": State.IDENTIFIED,
    "monitoring": State.MONITORING, "watching": State.MONITORING, "resolved": State.RESOLVED, "fixed": State.RESOLVED,
    "update": State.UPDATE,
}  # fmt: skip
_STATE = rf"(?P<state>{'|'.join(_STATES)})"
_OPEN = (State.INVESTIGATING, State.IDENTIFIED, State.MONITORING)
# "Investigating - ...", "**Monitoring**: ...", "[Resolved] ...", "Status: Identified | ...", a label on its own line.
_LED = re.compile(
    rf"^\W*(?:(?:new |current |incident )?(?:status|state)\W{{1,5}})?{_STATE}\b(?:[*_\]) ]*(?:[-:|\u2013\u2014\]]|\n)|"
    r"\W*$)\W*",
    re.IGNORECASE,
)
# 'Incident "Slow logins" updated: Identified - ...', "Vendor status: Investigating - ...", "status changed to ...".
_HEADED = re.compile(
    r"^[^\n]{0,120}?\b(?:status(?: ?page)?|state|created|updated?|published|posted|opened|moved|changed|set|marked)\b"
    rf"(?: from \W?\w+\W?)?(?:\W{{1,6}}|\W(?:to|as) \W?){_STATE}\b\W*",
    re.IGNORECASE,
)
_TAILED = re.compile(
    rf"^\W*(?:incident|status|outage)\b[^\n]{{0,120}}\W(?:-|:|\u2013|\u2014) \W?{_STATE}\b", re.IGNORECASE
)
# The state stands last: New entry by ana, "global network issues" - investigating. Or: ... as usual. Resolved.
# A tracker's ticket has a state as well, which says nothing of the incident.
_ENDED = re.compile(
    r"^(?!\W*(?:\w+ )?(?:ticket|case|request|task|card|story|build|release|deploy\w*)\b)"
    r"(?=[^\n]{0,200}\b(?:entry|update|post(?:ed)?|notice|status|page|published|statement|announcement)\b)[^\n]{8,400}?"
    r"(?:\W[-:|\u2013\u2014]\W{0,2}|[.!?][\"'\u201d]? )(?P<state>investigating|identified|monitoring|resolved)\W*$",
    re.IGNORECASE,
)
# "status changed: MAJOR OUTAGE -> OPERATIONAL", "status.acme.com: minor -> good (green)".
_TURNED = re.compile(
    r"^[^\n]{0,60}?\bstatus\b[^\n]{0,60}?(?:->|=>|\u2192|\u2794|\bto\b)\W{1,4}"
    r"(?P<state>(?:all systems |fully )?operational|good|green|resolved|minor|yellow|orange|major|red|"
    r"(?:partial |major )?outage|degraded)\b",
    re.IGNORECASE,
)
# 'dashboard: "Everything is back but us-central1"', 'posted to status page: "Monitoring - ..."'.
_QUOTED = re.compile(
    r"^[^\n\"\u201c]{0,60}\b(?:status|dashboard|page|posted|update)\b[^\n\"\u201c]{0,40}:\s*[\"\u201c](?P<body>[^\"\u201d]{20,})",
    re.IGNORECASE,
)
_FIELD = re.compile(rf"^\W*(?:status|state)\W{{1,6}}{_STATE}\W*$", re.IGNORECASE | re.MULTILINE)
_NEEDLESS = re.compile(
    r"^\W*(?:(?:affected|components?|impact|started|severity|posted|view|link|status|state|updated?|incident (?:page|"
    r"link|"
    r"status))\b[^\n]{0,3}:|<?https?://).*$|^\W*(?:set )?by @?[\w.-]+$|https?://\S+",
    re.IGNORECASE | re.MULTILINE,
)
_PROSE = Words(
    r"\b(?:we|our|this (?:incident|issue|outage)|(?:has|have) been|(?:is|are) (?:now|currently|operating|fully)|"
    r"customers|users)\b"
)
_SENTENCE = re.compile(r"(?<=[.!?;])\s+(?=[A-Z\"'(])|\n+")
_INCIDENT = re.compile(r"\bincident|\bstatus ?page|\boutage", re.IGNORECASE)
_NO_NEWS = Words(
    r"\bcontinu(?:e|es|ing) (?:to |our |with |in )?(?:\w+ )?(?:investigat|work|monitor|look|closely)\w*",
    r"\b(?:more|further|next|additional|another|regular) (?:updates?|information|details)\b",
    r"\bwill (?:continue|provide|update|share|post|follow|keep|be back|report)\b|\b(?:keep|kept) you\b",
    r"\bapologi[sz]\w+|\bsorry for\b|\bthank(?:s| you)\b|\bpatience\b|\bappreciate\b|\binconvenience\b",
    r"\b(?:focus(?:ed|ing) on|(?:still |actively |currently )?working (?:to|on|towards?|hard|with)|still (?:working|"
    r"investigating))\b",
    r"\b(?:investigating|looking into|monitoring) (?:this|the|these|that) (?:\w+ )?(?:issues?|incidents?|problems?|"
    r"situation|results?|outage|matter)\b|\b(?:actively|closely|currently|are|still) monitoring\b",
)
_RANKS = (
    Words(
        r"\b(?:(?:is|are|been|now|believe\w*) (?:\w+ ){0,3}?(?:resolved|mitigated|operational|restored)|operating "
        r"normally|(?:fix|patch|mitigation|workaround|change) (?:has|have|was|were) (?:\w+ )?(?:implement|deploy|appli|"
        r"put|"
        r"roll|released)\w*)\b"
    ),
    Words(
        r"\b(?:we|we'?ve|have|has|were|was|been|our \w+)\b (?:\w+ ){0,3}?(?:made|deployed|disabled|re-?enabled|enabled|"
        r"rolled|reverted|restarted|failed|rerouted|shifted|scaled|applied|implemented|restored|removed|added|"
        r"blocked|"
        r"paused|isolated|switched|moved|replaced|allowed)\b"
    ),
    Words(r"\b(?:identified|found|determined|traced|caused by|due to|root cause)\b"),
    Words(r"\b(?:recover\w*|return\w*|improv\w*|normal|subsid\w*|decreas\w*)\b"),
)
_WELL = Words(r"operational|good|green|resolved")
_FELT = Words(
    r"\b(?:users?|customers?|clients?|visitors?|members|merchants?|people|some|all|you|subscribers?|requests|services?|"
    r"deliver\w+|log-?ins?|payments?|orders|calls|messages|builds|jobs)\b (?:\S+ ){0,11}?(?:may|might|will|can|could|"
    r"cannot|unable|see|seeing|experienc\w+|fail\w*|affected|impacted|delayed|unavailable|degraded|slow\w*)\b",
    r"\bexperiencing\b|\b(?:elevated|increased|higher) (?:\w+ ){0,2}?(?:error|latenc|fail|respon)\w*",
)
_OVER = Words(r"\bno (?:longer|more|further)\b|\bnot\b")


@dataclass(frozen=True, slots=True)
class Post:
    """One post of a status page."""

    state: State
    sentences: tuple[str, ...]
    """The most newsworthy first; never empty."""
    is_new: bool
    """A sentence says more than that work goes on; else only the state can be news."""


def find_post(text: str, *, is_bot: bool) -> Post | None:
    """Return what a status page posts; `None` when a text is no such post.

    Args:
        is_bot: People also write "investigating - ..." of what they do: theirs must begin as a page's, with prose.
    """
    quoted = _QUOTED.match(text) if is_bot else None
    if quoted is not None:
        return find_post(quoted["body"], is_bot=True) or _make_post(State.UPDATE, quoted["body"], text)
    led = _LED.match(text)
    found = led or (_find_state(text) if is_bot else None)
    if found is None:
        return _find_turn(text) if is_bot else None
    state = _STATES[found["state"].lower()]
    before = text[: found.start()] if found.re is _FIELD else ""
    body = _NEEDLESS.sub("", f"{before}\n{text[found.end() :]}").strip()
    # "[RESOLVED] HighLatency" is a monitor's, "update: restarted it" is anybody's.
    is_named = state in _OPEN or found.re is _ENDED or (led is None and _INCIDENT.search(found[0]) is not None)
    is_page = is_bot and is_named
    if not is_page and (_PROSE.search(body) is None or (state is State.UPDATE and not is_bot)):
        return None
    return _make_post(state, body, text)


def _find_state(text: str) -> re.Match[str] | None:
    """Return where the tool of a status page says which state it is in."""
    return _HEADED.match(text) or _TAILED.match(text) or _FIELD.search(text) or _ENDED.match(text)


def _make_post(state: State, body: str, text: str) -> Post:
    sentences = [part.strip() for part in _SENTENCE.split(body) if part.strip(" \t-*_.")]
    told = sorted((part for part in sentences if _NO_NEWS.search(part) is None or _rank(part) == 0), key=_rank)
    if told:
        return Post(state, tuple(told), is_new=True)
    return Post(state, (sentences[0] if sentences else text.partition("\n")[0],), is_new=False)


def _find_turn(text: str) -> Post | None:
    """Return the turn of a status page from one colour or grade to another, which is news by itself."""
    found = _TURNED.match(text)
    if found is None:
        return None
    state = State.RESOLVED if _WELL.search(found["state"]) else State.INVESTIGATING
    return Post(state, (text.partition("\n")[0],), is_new=True)


def tells_impact(sentence: str) -> bool:
    """Answer whether a sentence of a post says what users feel."""
    is_felt = _FELT.search(sentence) is not None and _OVER.search(sentence) is None
    return is_felt and _rank(sentence) == len(_RANKS)


def _rank(sentence: str) -> int:
    return next((rank for rank, words in enumerate(_RANKS) if words.search(sentence)), len(_RANKS))
