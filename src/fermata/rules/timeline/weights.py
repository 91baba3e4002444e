"""How much each mark of a sentence speaks for its telling an event of the incident.

The table is fitted by `bench/postmortem_weights.py` on sentences and channels written for development; it holds kinds
of words and shapes of sentences, no names and no spellings. A weight is a share of the logarithm of the odds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from fermata.rules.timeline.terms import find_terms

# Fitted table: begin
WEIGHTS = {
    "ACK": 0.3, "ACK+ACT_DO": 0.4, "ACK+BAD": -0.1, "ACK+FINDING": -0.9, "ACK+GOOD": -0.2, "ACK+IS": -0.2,
    "ACK+MEND_DO": -0.1, "ACK+SYSTEM": -0.2, "ACK_FIRST": 0.4, "ACK_LAST": -0.5, "ACT_DO": 0.4, "ACT_DO_FIRST": -0.2,
    "ACT_DO_LAST": -0.1, "ACT_ED": 0.3, "ACT_ED_FIRST": 0.5, "ACT_ED_LAST": 0.1, "ACT_ING": 0.5, "ACT_ING_FIRST": 0.1,
    "AFTER_SILENCE": 0.2, "ANCHOR_0": -1.2, "ANCHOR_2": 0.5, "ANCHOR_3": 0.9, "ANCHOR_NO_TERMS": -0.9,
    "ANSWERED": 0.7, "ARROW": 0.6, "ARTIFACT": -0.6, "ARTIFACT_FIRST": -0.3, "ARTIFACT_LAST": -0.2, "ASK": -0.3,
    "ASK+ACT_DO": -0.1, "ASK+ACT_ED": 0.5, "ASK+BAD": 0.2, "ASK+FINDING": -0.4, "ASK+GOOD": 0.2, "ASK+IS": -0.2,
    "ASK+LOOK": 0.1, "ASK+MEND_DO": 0.6, "ASK+MEND_ED": 0.4, "ASK+MEND_ING": -0.1, "ASK+MOVE_ING": 0.4,
    "ASK+SOCIAL": -0.1, "ASKS_TOO": -1.5, "ASK_FIRST": -0.9, "ASK_LAST": 0.1, "AT_ONCE": 0.1, "BAD_FIRST": -0.1,
    "BAD_LAST": 0.3, "BAD_MANY": 0.3, "BEGAN": 0.9, "BEGAN+ACT_DO": 0.2, "BEGAN+BAD": 0.1, "BEGAN_FIRST": 0.1,
    "BEGAN_LAST": -0.3, "BOT": -1.1, "BOT_ACTION": -0.1, "BOT_ALERTED": -0.4, "BOT_CLEARED": -0.5,
    "BOT_COMMUNICATION": 0.3, "BOT_OBSERVATION": -0.8, "BRACKETED": -0.3, "CLOCK": 0.6, "COUNT": -0.1,
    "DECISION": -0.2, "DECISION+ACT_DO": 0.5, "DECISION+MEND_DO": -0.1, "DECISION_FIRST": 0.2, "DECISION_LAST": -0.6,
    "DECLARE": 0.5, "DECLARE_FIRST": 0.1, "DECLARE_LAST": 0.7, "EMOJI": 0.4, "EXCLAIMS": -0.6, "FINDING": -0.3,
    "FINDING_FIRST": 0.4, "FINDING_LAST": 0.1, "FIND_DO": 0.5, "FIND_DOES": 0.2, "FIND_DO_LAST": -0.1, "FIND_ED": 0.6,
    "FIND_ED_FIRST": 0.6, "FIRST": -0.4, "FIRST+ACT_DO": 0.5, "FIRST+ACT_ED": -0.4, "FIRST+BAD": -0.1,
    "FIRST+DECISION": 0.2, "FIRST+GOOD": -0.2, "FIRST+HAS": -0.4, "FIRST+LOOK": 0.2, "FIRST+MEND_DO": 0.2,
    "FIRST+MOVE_ED": 0.1, "FIRST+SOCIAL": 0.2, "FIRST+SYSTEM": -0.1, "FIRST+WAS": -0.2, "FIRST_FIRST": 0.4,
    "FOLLOW": -0.3, "FOLLOW_FIRST": -0.2, "FOLLOW_LAST": 0.3, "FRACTION": 0.6, "GENERAL": -0.9, "GENERAL_FIRST": -0.6,
    "GENERAL_LAST": -0.5, "GOES_ON": -0.1, "GOOD": 0.4, "GOOD_FIRST": 0.3, "GOOD_LAST": 0.3, "GOOD_MANY": 0.8,
    "HAS": 0.4, "HAS+ACT_ED": 0.2, "HAS+BAD": -0.2, "HAS+SYSTEM": -0.2, "HAS+WAS": 0.4, "HEDGE": -0.4,
    "HEDGE+MEND_DO": -0.2, "HTTP": 0.5, "HYPHENATED": 0.1, "IDENTIFIER": 0.3, "INTENT": -1.0, "INTENT+ACT_DO": 0.3,
    "INTENT+BAD": -0.1, "INTENT+GOOD": -0.6, "INTENT+IS": 0.3, "INTENT+LOOK": -0.3, "INTENT+MEND_DO": -0.1,
    "INTENT+SOCIAL": 0.2, "INTENT+SYSTEM": -0.1, "INTENT+USER": -0.1, "INTENT_FIRST": -0.4, "INTENT_LAST": 0.3,
    "INTENT_MANY": -0.1, "IN_THREAD": -0.1, "IS": 0.2, "IS+ACT_DO": 0.6, "IS+ACT_ED": 0.3, "IS+BAD": 0.4,
    "IS+DECLARE": 0.3, "IS+FINDING": -0.4, "IS+IS": 0.2, "IS+LOOK": -0.1, "IS+MEND_DO": 0.4, "IS+MEND_ED": 0.2,
    "IS+MOVE_ING": 0.3, "IS+SYSTEM": 0.1, "IS_FIRST": -0.1, "JOKED": -0.8, "LABELLED": 0.3, "LINK": -0.3,
    "LOOK": -0.3, "LOOK+GOOD": 0.1, "LOOK+SYSTEM": 0.2, "LOOK_FIRST": -0.2, "LOOK_LAST": 0.2, "MEND_DO": 0.3,
    "MEND_DOES": -0.1, "MEND_DOES_FIRST": 0.1, "MEND_ED": 0.9, "MEND_ING": 0.2, "MEND_ING_FIRST": 0.1,
    "MEND_ING_LAST": 0.2, "MENTION": -0.1, "MOVE_DO": 0.2, "MOVE_DOES": -0.2, "MOVE_DO_FIRST": 0.1,
    "MOVE_DO_LAST": -0.3, "MOVE_ED": 0.8, "MOVE_ED_FIRST": -0.2, "MOVE_ED_LAST": -0.4, "MOVE_ING_LAST": -0.3,
    "NEG": 0.1, "NEG+ACT_DO": -0.2, "NEG+BAD": -0.4, "NEG+GOOD": -0.3, "NEG+LOOK": -0.2, "NEG+MEND_DO": -0.2,
    "NEG+MEND_ED": 0.4, "NEG+SOCIAL": 0.1, "NEG+SYSTEM": 0.2, "NEG_FIRST": -0.4, "NEG_LAST": -0.2, "NEWS": 0.2,
    "NEWS+SOCIAL": 0.6, "NEWS_ALL": -0.6, "NEWS_FIRST": 0.1, "NEWS_LAST": -0.1, "NEWS_NONE": -0.1, "NEWS_SOME": -0.9,
    "NO_TAG": 0.3, "NUMBER": 0.7, "OFFSTAGE": -0.6, "OFFSTAGE_FIRST": -0.4, "OFFSTAGE_LAST": -0.5, "ONLY": 0.8,
    "ONLY+GOOD": -0.1, "ONLY+IS": 0.4, "ONLY+MEND_DO": 0.2, "ONLY+SYSTEM": 0.4, "ONLY+USER": 0.3, "ONLY_FIRST": 0.1,
    "ONLY_LAST": -0.5, "OUTSIDE": 0.4, "OUTSIDE_FIRST": 0.3, "OUTSIDE_LAST": 0.7, "PERCENT": 0.1, "PROGRESS": -0.2,
    "PROGRESS_FIRST": -0.4, "PROGRESS_LAST": -0.2, "QUANTITY": -0.1, "QUOTED": -0.6, "REFERENCE": -0.3,
    "REPORT_DO": 0.1, "REPORT_DOES": 0.3, "REPORT_DO_FIRST": 0.1, "REPORT_ED": 0.8, "REPORT_ED_FIRST": 0.5,
    "REPORT_ED_LAST": 0.1, "REPORT_ING": -0.1, "ROLE_LEAD": -0.3, "ROLE_SCRIBE": -1.0, "RULE_ACTION": -0.2,
    "RULE_COMMUNICATION": 0.4, "RULE_DECISION": 0.3, "RULE_DECLARED": 1.0, "RULE_DISMISSED": -0.9, "RULE_FOUND": 0.2,
    "RULE_IMPACT": 0.8, "RULE_INTENT": -0.8, "RULE_MITIGATED": 0.6, "RULE_NONE": -1.4, "RULE_OBSERVATION": -0.3,
    "RULE_OFF_STAGE": -1.0, "RULE_RESOLVED": 1.8, "RULE_STRONG": 1.0, "RULE_USUAL": -0.7, "SENTENCES_MANY": 0.6,
    "SHOUTS": 0.3, "SOCIAL": -0.5, "SOCIAL_FIRST": -0.4, "SOCIAL_LAST": -0.2, "SOCIAL_MANY": -0.4, "STILL": -0.2,
    "STILL+BAD": -0.1, "STILL_FIRST": -0.1, "SYSTEM": 0.6, "SYSTEM+ACT_DO": -0.1, "SYSTEM+ACT_ING": 0.3,
    "SYSTEM+BAD": 0.2, "SYSTEM+DECLARE": 0.5, "SYSTEM+GOOD": -0.2, "SYSTEM+HAS": -0.9, "SYSTEM+IS": -0.1,
    "SYSTEM+LOOK": -0.3, "SYSTEM+MEND_DO": -0.1, "SYSTEM+MEND_ED": -0.4, "SYSTEM+MEND_ING": -0.1,
    "SYSTEM+MOVE_ING": 0.3, "SYSTEM+SYSTEM": -0.2, "SYSTEM+USER": -0.4, "SYSTEM+WAS": -0.1, "SYSTEM_FIRST": 0.1,
    "SYSTEM_LAST": -0.2, "SYSTEM_MANY": 0.3, "TERMS_0": -0.6, "TERMS_1": -0.6, "TERMS_2": -0.3, "TERMS_4": -0.1,
    "TRAILS_OFF": -0.1, "USER": 0.4, "USER+ACT_DO": -0.3, "USER+ACT_ED": -0.4, "USER+BAD": -0.3, "USER+GOOD": -0.1,
    "USER+HAS": -0.2, "USER+IS": -0.7, "USER+SOCIAL": 0.5, "USER+SYSTEM": -0.2, "USER_FIRST": -0.3, "USER_LAST": -0.2,
    "USER_MANY": 0.7, "VERSION": 0.6, "WAS": 0.2, "WAS+BAD": -0.2, "WAS_ASKED": 0.2, "WAS_FIRST": 0.2, "WHEN": 0.1,
    "WHEN_FIRST": -0.6, "WHEN_LAST": -0.2, "WORDS_13_20": 0.8, "WORDS_1_2": -0.8, "WORDS_3_4": -0.3, "WORDS_5_7": 0.1,
    "WORDS_8_12": 0.3, "WORDS_MORE": 0.1,
}  # fmt: skip
BIAS = 0.2
# Fitted table: end
GIVEN = {"PINNED": 0.8, "REACTED": 0.3}
"""Guesses, for want of examples: weak evidence that a message matters to those who were there."""
LEAST = -3.0
"""Below it no word of the incident makes a sentence an event."""
SURE = 1.0
"""From here on a sentence tells an event by its own words, and lends them to the incident."""
ENOUGH = 0.2
"""From here on a sentence is told, the incident's words in it counted."""


def weigh(marks: Iterable[str]) -> float:
    """Return how much the marks of a sentence speak for an event, each counted once."""
    return BIAS + weigh_more(marks)


def weigh_more(marks: Iterable[str]) -> float:
    """Return what further marks add."""
    return sum(WEIGHTS.get(mark, 0.0) or GIVEN.get(mark, 0.0) for mark in set(marks))


def find_anchors(text: str, words: Collection[str]) -> tuple[str, ...]:
    """Return the marks of a sentence's ties to the incident's words."""
    terms = find_terms(text)
    if not terms:
        return ("ANCHOR_NO_TERMS",)
    shared = len(terms.intersection(words))
    # One shared word is what is usual, and has no mark.
    return (f"ANCHOR_{min(shared, 3)}",) if shared != 1 else ()
