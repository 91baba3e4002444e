"""A question that is a report: who asks who else gets kicked sees it, and once others say yes, so does the room.

Users of games, chats and shops often see trouble before any monitor, and ask each other first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta

from fermata.domain.trail import Message
from fermata.rules.timeline import phrases
from fermata.rules.timeline.words import Words

_ASKS = Words(
    r"\b(?:any(?:one|body)|some(?:one|body)|who) else\b|\b(?:is it|is this|only|just) (?:just |only )?(?:me|us)\b|"
    r"\b(?:any(?:one|body) (?:also|getting|seeing|having))\b|\b(?:are|is) (?:you|y'?all|you guys|everyone) (?:also|"
    r"too)\b"
)
_TROUBLE = Words(
    r"\b(?:kick(?:ed|ing|s)|boot(?:ed|ing)|logg?(?:ed|ing) (?:me |us |people )?(?:out|off)|log-?outs?|disconnect\w*|"
    r"dropp(?:ed|ing)|errors?|[45]\d\d'?s?|5xx|timeouts?|tim(?:ed|ing) out|slow|lag\w*|stuck|frozen|freez\w+|crash\w*|"
    r"(?:can'?t|cannot|can not|unable to) (?:log|sign|connect|load|join|pay|open|reach|check|get in|send|post|play|"
    r"buy)|"
    r"not (?:loading|working|connecting|sending|arriving|responding)|(?:isn'?t|aren'?t|won'?t) (?:load|work|connect|"
    r"send|"
    r"open|arriv|respond)\w*|blank|fail(?:s|ed|ing|ures?)?|down|hang(?:s|ing)|spinning|rubber.?band\w*|outage|"
    r"unavailable|missing|lost|losing|broken|bad gateway)\b"
)
_PRIVATE = Words(
    r"\b(?:staging|stage env\w*|sandbox|grafana|kibana|dashboards?|vpn|wi-?fi|laptop|zoom|slack|huddle|jira|"
    r"confluence|calendar|office|heating|ci|"
    r"headset|keyboard|printer|coffee|lunch|sleep|weekend|weight|hair|hope|faith|interest|track|mood|"
    r"(?:my|your) (?:machine|mac|phone|browser|internet|router))\b"
)
"""Trouble of one's own, or of the house."""
_AGREES = re.compile(
    r"^\W*(?:yea+h?|yep|yup|yes|ya|aye|y|\+1|affirmative|(?:can )?confirm(?:ed|ing)?)\b[^?]*$", re.IGNORECASE
)
_SAME = re.compile(
    r"^\W*(?:(?:yea+h?|yep|yup|yes|ya|no|nope|nah|oh|ok)\W+)?(?:same|me too|us too|me as well|here too|likewise|ditto|"
    r"not (?:just|only) you|(?:i'?m |we'?re |also |i )?(?:seeing|see|getting|having) (?:it|that|this|the same)|"
    r"can confirm|confirmed)\b[^?]*$",
    re.IGNORECASE,
)
_FINE_HERE = r"\b(?:works?|fine|ok|okay|good|no problems?) (?:here|for (?:me|us))\b"
IS_FINE = Words(_FINE_HERE)
DENIES = Words(rf"^\W*(?:no|nope|nah|not here|only you|just you|must be you)\b|{_FINE_HERE}")
"""How whoever asks who else has some trouble is answered that nobody has."""
_READ = 300
_ANSWERED, _NEXT = timedelta(minutes=4), 8
_ENOUGH = 2
"""People who say yes; of those who say that they see the same, one is enough."""


def list_confirmed(messages: Sequence[Message]) -> frozenset[str]:
    """Return the ids of people's questions who else has some trouble, that others answer with yes.

    Args:
        messages: Of a whole channel, in the order of their time.
    """
    return frozenset(
        message.id
        for position, message in enumerate(messages)
        if not message.is_bot and _is_report(message.text[:_READ]) and _is_confirmed(message, messages, position)
    )


def _is_report(text: str) -> bool:
    if _ASKS.search(text) is None or _TROUBLE.search(text) is None:
        return False
    return not any(words.search(text) for words in (_PRIVATE, phrases.JOKED, phrases.ELSEWHEN))


def _is_confirmed(asked: Message, messages: Sequence[Message], position: int) -> bool:
    """Answer whether somebody has it, too, before anybody says that all is well."""
    said: set[str] = set()
    for answer in _list_answers(asked, messages, position):
        text = answer.text[:_READ]
        if _SAME.match(text):
            return True
        if DENIES.search(text):
            return False
        if _AGREES.match(text):
            said.add(answer.user)
    return len(said) >= _ENOUGH


def _list_answers(asked: Message, messages: Sequence[Message], position: int) -> Iterator[Message]:
    for answer in messages[position + 1 : position + 1 + _NEXT]:
        is_other = not answer.is_bot and answer.user != asked.user and answer.channel == asked.channel
        if is_other and answer.at - asked.at <= _ANSWERED:
            yield answer
