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
_WAS = Words(
    rf"{_LEAD}(?:it|this|that)(?: (?:was|is|were)|['\u2019]s) {_THING}(?:[\w./#-]+ ){{0,5}}?[\w./#-]+\W*$",
    rf"{_LEAD}(?:the|our|that|this) (?:[\w./#-]+ ){{1,4}}?(?:was|were|is|are|had|has|got) (?:[\w./#-]+ ?){{1,5}}\W*$",
)
"""What one half of a sentence says that it was, where the other half says what was done to it."""
_POINTED = re.compile(r"\b(?:it|this|that)(?: (?:was|is|were)|['\u2019]s) (?:the|our|that|my)\b", re.IGNORECASE)
_NO_PART = Words(
    r"\b(?:right|only|best|least|easiest|safest|quickest|fastest|first|last|same|plan|idea|decision|call|way|point|"
    r"things?|time|end|reason|step|option|move|day|night|week|fix|one|problem|issue|case|worst)\b"
)
"""What "it was the ..." says of a deed, or of nothing that runs."""
_SYMPTOM = Words(
    r"\b(?:slow|down|fail\w*|broken?|crash\w*|dead|hang\w*|stuck|lag\w*|errors?|erroring|timeouts?|timing out)\b"
)
"""What somebody saw of a part, and no cause: "checkout was slow, so I restarted it"."""
_MENDED = re.compile(
    r"^\W*(?:(?:so|and|then|now|just|already|ok|i|we|(?:i|we)['\u2019]ve|have|am|are|is|been|manually)\b[ ,]*)*"
    r"(?:roll(?:ed|ing) (?:\S+ ){0,3}?back|revert(?:ed|ing)|undid|undone|back(?:ed|ing) (?:it|that|them) out|"
    r"(?:turn|switch)(?:ed|ing) (?:\S+ ){0,2}?off|disabl(?:ed|ing)|remov(?:ed|ing)|delet(?:ed|ing)|kill(?:ed|ing)|"
    r"renew(?:ed|ing)|rotat(?:ed|ing)|restor(?:ed|ing)|restart(?:ed|ing)|patch(?:ed|ing)|fix(?:ed|ing)|"
    r"rais(?:ed|ing)|bump(?:ed|ing)|lower(?:ed|ing)|unset|unblock(?:ed|ing)|pinn(?:ed|ing)|pull(?:ed|ing) it)\b",
    re.IGNORECASE,
)
_HALVES = re.compile(r"\s*[,;]\s+|\s+[-\u2013\u2014]+\s+|\s+(?:so|and)\s+")
_CALLED = re.compile(r"\b(?:causes?|culprit|trigger|contributing factor|turns out|along)\b", re.IGNORECASE)
"""The words that it is named by, which are none of what runs."""
_LONGEST = 25
"""Words of a sentence that names it; what is longer tells a story."""
_HALF_AND_HALF = 2


def denies_cause(text: str) -> bool:
    """Answer whether a sentence tells what it turned out not to be: that is found, and is no cause. Pure."""
    return _TURNED_OUT_NOT.search(text) is not None


def names_cause(text: str) -> bool:
    """Answer whether a sentence names the cause, of this incident and without a doubt. Pure.

    What turned out must be something that goes wrong, or a part of what runs: else it is news of the canteen.
    """
    if _NAMED.search(text) is None or text.count(" ") > _LONGEST or text.rstrip(" )\"'").endswith("?"):
        return False
    if _is_doubted(text):
        return False
    rest = _CALLED.sub(" ", text)
    is_technical = any(words.search(rest) for words in (phrases.CAUSE, _FAULT)) or _POINTED_AT.search(text) is not None
    return is_technical and bool(find_terms(rest))


def names_cause_mended(text: str) -> bool:
    """Answer whether a sentence names what it was and what was done to it: "it was the new limiter, rolled it back".

    Pure. What was mended was what was wrong, so it needs none of the words that a cause is named by otherwise.
    """
    words = text.split()
    text = " ".join(words)  # A run of blanks would be tried from each of them.
    if len(words) > _LONGEST + 1 or text.rstrip(" )\"'").endswith("?"):
        return False
    halves = [half for half in _HALVES.split(text) if half]
    if len(halves) < _HALF_AND_HALF:
        return False
    return any(map(_MENDED.search, halves)) and any(map(_is_part_named, halves)) and not _is_doubted(text)


def _is_part_named(half: str) -> bool:
    if _WAS.search(half) is None or _NO_PART.search(half) is not None or not find_terms(half):
        return False
    return _POINTED.search(half) is not None or (_FAULT.search(half) is not None and _SYMPTOM.search(half) is None)


def _is_doubted(text: str) -> bool:
    doubts = (phrases.HEDGED, phrases.JOKED, phrases.CONDITIONAL, phrases.INTENT, phrases.WITHDRAWN, _NOT_OURS)
    return any(words.search(text) for words in doubts)
