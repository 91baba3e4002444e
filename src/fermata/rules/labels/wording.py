"""What a message that rules left out is told as, once it is kept: which of its words, and when that was."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from fermata.domain.trail import Message, MessageKind
from fermata.rules.labels.choosing import Uncertain
from fermata.rules.timeline.moments import Moments
from fermata.rules.timeline.reading import Clause

_SHORT = 120
"""Characters of a message that is told as a whole."""


def date_message(one: Uncertain, moments: Moments) -> datetime:
    """Return when that was what a message tells: by its words, where rules read them so, else when it was said."""
    clause = choose_clause(one)
    if clause is None or one.is_guess or one.is_retraction:
        return one.message.at
    return moments.find(clause, one.message) or one.message.at


def choose_words(message: Message, clause: Clause | None, sentences: Sequence[str]) -> str:
    """Return what is told of a message: all of a short one, of a long one the sentence that tells most."""
    whole = " ".join(sentences)
    if clause is None:
        return next(iter(sentences), "")
    return whole if len(whole) <= _SHORT and not message.is_bot else clause.text


def choose_clause(one: Uncertain) -> Clause | None:
    """Return the sentence that tells most of what a message can be told as; `None`: rules read none."""
    wanted = MessageKind.RETRACTION if one.is_retraction else MessageKind.HYPOTHESIS if one.is_guess else None
    clauses = one.heard.reading.clauses
    fitting = [clause for clause in clauses if wanted is None or clause.kind is wanted]
    return max(fitting, key=lambda clause: clause.weight, default=None)
