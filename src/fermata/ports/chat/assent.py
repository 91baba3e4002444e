"""Whether somebody decides in words, where only a button or a command counts: read so as to tell them, never to count.

Whoever writes "approved :+1:" below a card believes the plan runs now. Missing one costs them what they would have
waited anyway; taking talk for one costs a line that only they see. So only a short message made of such words is one.
"""

from __future__ import annotations

import re

_MOST_WORDS = 6
_WORD = re.compile(r"[^\W_]+|\+1")


def _list_words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_DECIDING = _list_words("approve approved approving genehmigt freigegeben lgtm reject rejected thumbsup +1")
_AGREEING = _list_words("go ja ok okay ship yeah yep yes")
"""Alone they answer anybody: `ok`."""
_BESIDE = _list_words(
    """ahead and by check do fermata for from good i it looks mark me now please plan rocket run sure tada that the this
    to us we white"""
)


def reads_as_decision(text: str) -> bool:
    """Answer whether a message is a decision in words, and nothing else: `approved :+1:`, `/approve`, `yes do it`."""
    words = _WORD.findall(text.lower().replace("👍", " +1 "))
    if "?" in text or not 0 < len(words) <= _MOST_WORDS:
        return False
    decides = not _DECIDING.isdisjoint(words) or (len(words) > 1 and not _AGREEING.isdisjoint(words))
    return decides and _DECIDING.union(_AGREEING, _BESIDE).issuperset(words)
