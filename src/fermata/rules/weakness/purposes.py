"""What a journey is for, as far as its name says: to change something, or only to look."""

from __future__ import annotations

import re
from enum import StrEnum
from itertools import pairwise

_CHANGES = re.compile(
    "add|appl(y|ication)|approv(e|al)|assign|(re)?book(ing)?|buy|cancel(lation)?|cast|change|charge|checkout|close|"
    "comment|compose|confirm|create|delete|deliver|deposit|donat(e|ion)|edit|enroll?|follow|import|install|invite|"
    "order|pay(ment)?|place|post|publish|purchase|rate|redeem|refund|regist(er|ration)|rent|reserv(e|ation)|return|"
    "save|schedule|sell|send|share|ship|sign|signup|submit|subscri(be|ption)|transfer|update|upgrade|upload|vote|"
    "withdraw(al)?|write"
)
_LOOKS = re.compile(
    "brows(e|ing)|check|compare|display|fetch|filter|find|get|history|home|inspect|list|load|login|logout|look|"
    "lookup|monitor|overview|page|play|query|read|recommend(ations?)?|search|see|show|status|track|view|visit|watch"
)
_WORD = re.compile(r"[a-z]+")
_JOINED = {("check", "out"): "checkout", ("log", "in"): "login", ("sign", "in"): "login", ("log", "out"): "logout"}


class Purpose(StrEnum):
    """What users want of a journey."""

    CHANGE = "change"
    LOOK = "look"
    UNKNOWN = "unknown"


def tell_purpose(journey: str) -> Purpose:
    """Tell by a journey's name whether it changes something: whether things are bought, booked, written, taken back.

    The first word that says either decides: to see an order is not to order.

    Args:
        journey: Its name, in English; `camelCase` and `snake_case` are read as words.
    """
    words = _WORD.findall(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", journey).lower())
    said = [_JOINED.get(pair, pair[0]) for pair in pairwise([*words, ""])]
    purposes = ((Purpose.CHANGE, _CHANGES), (Purpose.LOOK, _LOOKS))
    found = (purpose for word in said for purpose, words_of in purposes if words_of.fullmatch(word))
    return next(found, Purpose.UNKNOWN)
