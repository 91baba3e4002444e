"""Whether what is cited says the opposite of what is claimed: a request was served, a diff goes the other way.

Words are not weighed here. Only what cannot be read in two ways is refused: that nobody is served, where every cited
line is of somebody who was; and a change from one value to another, where the diff has them the other way round.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from fermata.rules.signatures.refusals import list_statuses

_UNSERVED = re.compile(
    r"""(?ix)
      \b (?: refus | reject | fail | unreachable | unavailable | offline | outage | hang ) \w*
    | \b (?: down | dead | errors? | timeouts? | timed[ ]out | times?[ ]out | 5xx
      | (?:with|status|http|answers?|returns?)[ ]5\d\d ) \b
    | \b (?: no | nobody | nothing | none | never | cannot ) \b (?:[ ][\w-]+){0,3}?
      [ ] (?: connections? | connect | answers? | answered | reach\w* | respon\w+ | served? | accept\w* ) \b
    | \b (?: not | n't | accepts?[ ]no | drops?[ ](?:all|every) ) \b (?:[ ][\w-]+){0,2}?
      [ ] (?: connections? | connect | answer\w* | reach\w* | respond\w* | serv\w+ | accept\w* | requests? ) \b
    """
)
"""A claim that callers are not served."""
_NO_FAULT = re.compile(
    r"\b(?:no|not|never|without|nothing|none|stopped|longer|isn't|n't)\s(?:[\w-]+\s){0,2}?"
    r"(?:errors?|fail\w*|refus\w*|reject\w*|down|unavailable|unreachable|timeouts?|offline|outages?)\b",
    re.IGNORECASE,
)
_OTHERWISE = re.compile(
    # What a served request may well show: that it was slow, that there are too many, or that the fault is over; that a
    # check sees nothing of it; that an answer holds the error; that somebody else, or another port, is asked.
    r"\b(?:slow\w*|latenc\w+|took|takes|duration|seconds?|m?s|restart\w*|recover\w*|healthy|succe\w+|works?|2\d\d|ok"
    r"|again|resolved|until|although|despite|still|some|half|partly|retr\w+"
    r"|while|whereas|but|yet|because|so|which|where|who|only|wrong|empty|bod(?:y|ies)|content|cached?|mask\w*|hid\w*"
    r"|health|probes?|checks?|pass\w*|pools?|locks?|leaks?|exhaust\w*|ports?|address\w*|loopback|localhost|outside"
    r"|127\.0\.0\.1|over"
    r"|traffic|load|overload\w*|surge\w*|flood\w*|many|much|often|rate)\b",
    re.IGNORECASE,
)
_UNCONNECTED = re.compile(
    r"\b(?:refus\w*|reject\w*|unreachable|offline|down|dead|connect\w*|reach\w*|accept\w*)\b", re.IGNORECASE
)
"""Of claims that nobody is served, those that a connection alone says the opposite of."""
_CONNECTED = re.compile(
    r"\bconnections? (?:was |were |is )?(?:accepted|established|authori[sz]ed|opened)\b"
    r"|\baccept(?:ed|s|ing) connections?\b|\blisten(?:s|ing)? (?:on|at)\b",
    re.IGNORECASE,
)
_ILL = re.compile(
    r"\b(?:not|no|never|error\w*|exception\w*|fail\w*|refus\w*|reject\w*|reset\w*|closed|tim(?:ed|es?)[ -]?out"
    r"|un\w+able|degraded|declin\w*|denied|invalid|abort\w*|deadlock\w*|cannot|crash\w*|fatal|panic\w*|empty)\b",
    re.IGNORECASE,
)
_VALUE = r"[`'\"]?(\w[\w.:/-]{0,80}?)[`'\"]?"
_FROM_TO = re.compile(rf"\bfrom {_VALUE} to {_VALUE}(?=[\s,;!?)]|[.:](?:\s|$)|$)", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]{3,}")
_PLAIN = re.compile(r"the|and|was|were|has|had|been|from|that|this|its|for|with|went|goes|moved|changed|set|put")
_CLAUSE = re.compile(r"[.;:!?]\s")
_TAKEN_BACK = re.compile(r"\b(?:back|revert\w*|restor\w*|undo\w*|should|must|needs?|again)\b", re.IGNORECASE)
"""What goes the other way than a change, and rightly so: its remedy."""


def find_opposite(text: str, cited: Sequence[str], diffs: Sequence[str]) -> str:
    """Return how what is cited says the opposite of a claim, in words; empty when it does not.

    Args:
        text: The claim.
        cited: The lines it cites, whole, those of each citation as one text.
        diffs: The lines of the changes it cites, all of them.
    """
    if cited and _claims_outage(text) and all(_is_served(one, text) for one in cited):
        return "All that is cited shows what was served: it says the opposite of the claim"
    if not _TAKEN_BACK.search(text):
        for found in _FROM_TO.finditer(text):
            before, after = found.groups()
            if _is_named(text[: found.start()], diffs) and _is_turned_round(before, after, diffs):
                return f"The diff says the opposite: it goes from {after} to {before}"
    return ""


def _claims_outage(text: str) -> bool:
    return _UNSERVED.search(_NO_FAULT.sub("", text)) is not None and _OTHERWISE.search(text) is None


def _is_served(text: str, claim: str) -> bool:
    statuses = list_statuses(text)
    if _ILL.search(text) or not all(status[0] == "2" for status in statuses):
        return False
    return bool(statuses) or (_CONNECTED.search(text) is not None and _UNCONNECTED.search(claim) is not None)


def _is_named(text: str, diffs: Sequence[str]) -> bool:
    """Answer whether what goes from one value to another stands in the diff: a latency that rises does not.

    `It` is what the diff is about.
    """
    words = [word for word in _WORD.findall(_CLAUSE.split(text)[-1].lower()) if not _PLAIN.fullmatch(word)]
    return not words or any(word in line.lower() for line in diffs for word in words)


def _is_turned_round(before: str, after: str, diffs: Sequence[str]) -> bool:
    taken, given = (" ".join(line for line in diffs if line.lstrip().startswith(sign)) for sign in "-+")
    if _holds(taken, before) or _holds(given, after):
        return False
    return _holds(given, before) and _holds(taken, after)


def _holds(text: str, value: str) -> bool:
    return re.search(rf"(?<![\w.]){re.escape(value)}(?!\w|\.\d)", text, re.IGNORECASE) is not None
