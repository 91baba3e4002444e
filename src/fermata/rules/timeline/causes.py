"""How people name what it was, in so many words: "cause is a missing index", "it was the new limiter all along".

Said in passing and in few words, such a sentence weighs little beside the talk around it, and is the one that everybody
looks for afterwards. It is a candidate like all else that people found.
"""

from __future__ import annotations

import re

from fermata.rules.timeline import phrases
from fermata.rules.timeline.terms import find_terms
from fermata.rules.timeline.words import Words

_LEAD = r"^\W*(?:(?:so|ok|okay|right|well|yep|yes|and|ah|oh|update|confirmed|found it|got it|there it is)\b[,:;.! -]*)*"
_THING = r"(?:the |our |an? |some |my |his |her |their |that )"
_TROUBLE = (
    r"(?:incident|outage|errors?|failures?|timeouts?|spikes?|lag|alerts?|drops?|slow-?downs?|slowness|crash(?:es)?|"
    r"degradation|latency|downtime|problem|issue|mess|[45]\d\d'?s?|5xx)"
)
_NAMED = Words(
    rf"{_LEAD}(?:the |our )?(?:(?:actual|real|root|main|underlying|proximate) )*"
    r"(?:cause|causes(?= (?:are|were)\b)|trigger|contributing factor)"
    rf"(?: of (?:it all|it|this|all this|the (?:[\w-]+ ){{0,3}}?{_TROUBLE}))?"
    r"(?: ?[:=]| -| (?:is|was|are|were|turned out to be|turns out to be)\b) ?(?=\S)",
    rf"{_LEAD}(?:the |our )?(?:actual |real )?culprit(?: ?[:=]| (?:is|was|turned out to be) (?={_THING})) ?(?=\S)",
    rf"{_LEAD}(?:it )?turn(?:s|ed) out (?:that )?(?:to be )?(?=\S)",
    rf"{_LEAD}(?:it|this|that) (?:was|is) {_THING}(?:[\w./-]+ ){{1,5}}?(?:all along|the whole time|after all)\b",
)
_POINTED_AT = Words(r"\bculprit\b|\b(?:all along|the whole time)\b")
"""Whatever is pointed at so is a part of what runs."""
_FAULT = Words(
    r"\b(?:expired?|missing|full|leak\w*|wrong|stale|locked|lock|exhaust\w+|too (?:small|low|high|short|few|many|big|"
    r"large|slow|old|long|strict)|misconfigur\w+|corrupt\w*|deleted|dropped|disabled|enabled|blocked|revoked|rotated|"
    r"never|nobody|no (?:index|limit|timeout|retry|retries|alert|backup|quota|space)|not (?:set|rotated|renewed|"
    r"indexed|"
    r"deployed|applied|restarted|there|enough)|out of|crash\w*|fail\w*|broken?|down|slow|hardcoded|default\w*|null|"
    r"loop|muted|silenced|skipped|ignored|unmonitored|deadlock\w*|quota|throttl\w+|mismatch\w*|bad|typo|race|bug)\b"
)
_NOT_OURS = Words(
    # Of another one, or none at all.
    r"\b(?:cause|culprit|reason) (?:of|for|behind) (?:[\w-]+ ){0,3}?(?:[a-z]+-\d+|yesterday\w*|last|that other|"
    r"the other)",
    r"^.{0,40}\b(?:was|is|were|are|it) ?(?:n['\u2019]t|not) (?:the|a|an|our|that|it|this)\b|\bwhat (?:we|i|you|to)\b",
    r"\b(?:not (?:this|our) (?:one|incident|outage)|last (?:time|week|month|year)|yesterday|"
    r"(?:in|on) staging|staging (?:was|is)|(?:was|were|is|are) never (?:affected|involved|touched|hit|down|broken)|"
    r"(?:nobody|no one) knows|"
    r"unknown|unclear|not (?:yet )?(?:known|clear|found|identified|confirmed)|tbd|tbc|under investigation|"
    r"being (?:looked|investigated)|nothing|none of|(?:i|we) (?:was|were|am|are) (?:wrong|right|mistaken)|fine|"
    r"innocent|unrelated|"
    r"(?:a )?(?:false alarm|red herring)|something else|still)\b",
)
_TURNED_OUT_NOT = Words(
    r"\bturn(?:s|ed) out .{0,20}?(?:\b(?:is|was|are|were)n['\u2019]t|\bnot) (?:to be )?(?:the|an?|our|my)\b"
)
_CALLED = re.compile(r"\b(?:causes?|culprit|trigger|contributing factor|turns out|along)\b", re.IGNORECASE)
"""The words that it is named by, which are none of what runs."""
_LONGEST = 25
"""Words of a sentence that names it; what is longer tells a story."""


def denies_cause(text: str) -> bool:
    """Answer whether a sentence tells what it turned out not to be: that is found, and is no cause. Pure."""
    return _TURNED_OUT_NOT.search(text) is not None


def names_cause(text: str) -> bool:
    """Answer whether a sentence names the cause, of this incident and without a doubt. Pure.

    What turned out must be something that goes wrong, or a part of what runs: else it is news of the canteen.
    """
    if _NAMED.search(text) is None or text.count(" ") > _LONGEST or text.rstrip(" )\"'").endswith("?"):
        return False
    doubts = (phrases.HEDGED, phrases.JOKED, phrases.CONDITIONAL, phrases.INTENT, phrases.WITHDRAWN, _NOT_OURS)
    if any(words.search(text) for words in doubts):
        return False
    rest = _CALLED.sub(" ", text)
    is_technical = any(words.search(rest) for words in (phrases.CAUSE, _FAULT)) or _POINTED_AT.search(text) is not None
    return is_technical and bool(find_terms(rest))
