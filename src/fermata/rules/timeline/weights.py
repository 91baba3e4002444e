"""How much each mark of a sentence speaks for its telling an event of the incident.

The table is fitted by `bench/postmortem_weights.py` on sentences and channels written for development; it holds kinds
of words and shapes of sentences, no names and no spellings. A weight is a share of the logarithm of the odds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from math import fsum

from fermata.rules.timeline.terms import find_terms

# Fitted table: begin
WEIGHTS = {
    "ACK": 0.2, "ACK+ACT_DO": 0.4, "ACK+BAD": -0.1, "ACK+FINDING": -0.9, "ACK+GOOD": -0.1, "ACK+IS": -0.1,
    "ACK+MEND_DO": -0.3, "ACK+USER": -0.1, "ACK_LAST": -0.2, "ACT_DO": 0.4, "ACT_DOES": -0.1, "ACT_DO_LAST": -0.2,
    "ACT_ED": 0.5, "ACT_ED_FIRST": 0.4, "ACT_ED_LAST": 0.2, "ACT_ING": 0.5, "AFTER_SILENCE": 0.2, "ANCHOR_0": -1.3,
    "ANCHOR_2": 0.4, "ANCHOR_3": 1.1, "ANCHOR_NO_TERMS": -0.8, "ANSWERED": 0.6, "ARROW": 0.5, "ARTIFACT": -0.5,
    "ARTIFACT_FIRST": -0.4, "ARTIFACT_LAST": -0.2, "ASK": -0.4, "ASK+ACT_DO": -0.1, "ASK+ACT_ED": 0.5, "ASK+BAD": 0.2,
    "ASK+DECLARE": 0.2, "ASK+FINDING": -0.2, "ASK+GOOD": 0.1, "ASK+IS": -0.2, "ASK+MEND_DO": 0.6, "ASK+MEND_ED": 0.4,
    "ASK+MOVE_ING": 0.3, "ASK+SOCIAL": -0.1, "ASK+SYSTEM": 0.1, "ASK+USER": -0.2, "ASKED_AFTER": 0.2,
    "ASKS_TOO": -1.4, "ASK_FIRST": -1.1, "ASK_LAST": -0.1, "AT_ONCE": 0.2, "BAD_FIRST": -0.1, "BAD_LAST": 0.1,
    "BAD_MANY": 0.4, "BEGAN": 0.8, "BEGAN+ACT_DO": 0.4, "BEGAN+BAD": 0.2, "BEGAN+SYSTEM": 0.3, "BEGAN_FIRST": 0.2,
    "BEGAN_LAST": -0.3, "BOT": -1.1, "BOT_ACTION": -0.2, "BOT_ALERTED": -0.3, "BOT_CLEARED": -0.4,
    "BOT_OBSERVATION": -0.7, "BRACKETED": -0.3, "CLOCK": 0.6, "COUNT": -0.2, "DECISION": 0.2, "DECISION+ACT_DO": 0.5,
    "DECISION+MEND_DO": -0.1, "DECISION_FIRST": 0.3, "DECISION_LAST": -0.7, "DECLARE": 0.4, "DECLARE_FIRST": 0.2,
    "DECLARE_LAST": 0.8, "EMOJI": 0.2, "EXCLAIMS": -0.7, "FINDING": -0.1, "FINDING_FIRST": 0.3, "FINDING_LAST": 0.2,
    "FINDING_MANY": 0.1, "FIND_DO": 0.5, "FIND_DOES": 0.2, "FIND_ED": 0.7, "FIND_ED_FIRST": 0.7, "FIRST": -0.1,
    "FIRST+ACT_DO": 0.6, "FIRST+ACT_ED": -0.3, "FIRST+DECISION": 0.3, "FIRST+DECLARE": 0.3, "FIRST+GOOD": -0.3,
    "FIRST+HAS": -0.5, "FIRST+IS": -0.3, "FIRST+MEND_DO": 0.2, "FIRST+MEND_ED": 0.1, "FIRST+MOVE_ED": 0.1,
    "FIRST+REPORT_ED": 0.1, "FIRST+SYSTEM": -0.2, "FIRST+WAS": -0.5, "FIRST_FIRST": 0.2, "FIRST_LAST": 0.2,
    "FOLLOW": -0.3, "FOLLOW_FIRST": -0.1, "FOLLOW_LAST": 0.2, "FRACTION": 0.6, "GENERAL": -0.8, "GENERAL_FIRST": -0.5,
    "GENERAL_LAST": -0.5, "GOES_ON": -0.1, "GOOD": 0.3, "GOOD_FIRST": 0.3, "GOOD_LAST": 0.3, "GOOD_MANY": 0.6,
    "HAS": 0.1, "HAS+ACT_ED": 0.2, "HAS+BAD": 0.3, "HAS+GOOD": 0.2, "HAS+SYSTEM": -0.4, "HAS+WAS": 0.3, "HEDGE": -0.5,
    "HEDGE+MEND_DO": -0.2, "HEDGE_FIRST": -0.1, "HTTP": 0.5, "IDENTIFIER": 0.2, "INTENT": -1.2, "INTENT+ACT_DO": 0.2,
    "INTENT+BAD": -0.1, "INTENT+GOOD": -0.4, "INTENT+IS": 0.2, "INTENT+LOOK": -0.2, "INTENT+MEND_DO": -0.2,
    "INTENT+SOCIAL": 0.2, "INTENT+SYSTEM": -0.2, "INTENT+USER": -0.1, "INTENT_FIRST": -0.3, "INTENT_LAST": 0.3,
    "INTENT_MANY": -0.2, "IS": 0.1, "IS+ACT_DO": 0.6, "IS+ACT_ED": 0.4, "IS+BAD": 0.4, "IS+DECLARE": 0.1,
    "IS+FINDING": -0.2, "IS+GOOD": 0.2, "IS+IS": 0.1, "IS+LOOK": -0.2, "IS+MEND_DO": 0.3, "IS+MEND_ED": 0.2,
    "IS+MEND_ING": 0.1, "IS+MOVE_ING": 0.3, "IS+SOCIAL": -0.1, "IS_FIRST": -0.2, "JOKED": -0.8, "LABELLED": 0.1,
    "LINK": -0.3, "LOOK": -0.2, "LOOK+BAD": 0.2, "LOOK+SYSTEM": -0.2, "LOOK_FIRST": -0.5, "LOOK_LAST": 0.3,
    "MEND_DO": 0.3, "MEND_DOES": -0.1, "MEND_DOES_LAST": 0.1, "MEND_DO_FIRST": -0.2, "MEND_DO_LAST": -0.1,
    "MEND_ED": 0.9, "MEND_ED_LAST": -0.3, "MEND_ING_LAST": 0.1, "MOVE_DO": 0.3, "MOVE_DO_LAST": -0.4, "MOVE_ED": 0.7,
    "MOVE_ED_FIRST": -0.3, "MOVE_ED_LAST": -0.4, "MOVE_ING_LAST": -0.3, "NEG": 0.3, "NEG+ACT_DO": -0.2,
    "NEG+BAD": -0.3, "NEG+GOOD": -0.2, "NEG+LOOK": -0.2, "NEG+MEND_DO": -0.1, "NEG+MEND_ED": 0.3, "NEG+SOCIAL": 0.3,
    "NEG+SYSTEM": 0.3, "NEG+USER": 0.1, "NEG_FIRST": -0.6, "NEG_LAST": -0.2, "NEWS": -0.2, "NEWS_ALL": -0.6,
    "NEWS_FIRST": 0.4, "NEWS_LAST": 0.1, "NEWS_NONE": -0.2, "NEWS_SOME": -1.0, "NO_TAG": 0.5, "NUMBER": 0.7,
    "OFFSTAGE": -0.6, "OFFSTAGE_FIRST": -0.4, "OFFSTAGE_LAST": -0.6, "ONLY": 0.7, "ONLY+BAD": -0.1,
    "ONLY+FINDING": -0.2, "ONLY+GOOD": -0.3, "ONLY+IS": 0.2, "ONLY+MEND_DO": 0.2, "ONLY+SYSTEM": 0.1,
    "ONLY+USER": 0.3, "ONLY_FIRST": 0.1, "ONLY_LAST": -0.2, "OUTSIDE": 0.6, "OUTSIDE_FIRST": 0.3, "OUTSIDE_LAST": 0.6,
    "POST": 0.5, "PROGRESS": -0.3, "PROGRESS_FIRST": -0.4, "PROGRESS_LAST": -0.3, "QUANTITY": -0.1, "QUOTED": -0.6,
    "REFERENCE": -0.5, "REPORT_DOES": 0.6, "REPORT_DO_FIRST": 0.2, "REPORT_DO_LAST": -0.2, "REPORT_ED": 0.9,
    "REPORT_ED_FIRST": 0.4, "REPORT_ING": -0.2, "ROLE_LEAD": -0.3, "ROLE_OUTSIDE": -0.1, "ROLE_SCRIBE": -1.1,
    "RULE_ACTION": -0.3, "RULE_COMMUNICATION": 0.3, "RULE_DECISION": 0.7, "RULE_DECLARED": 1.2,
    "RULE_DISMISSED": -1.0, "RULE_ELSEWHEN": -0.1, "RULE_FOUND": 0.3, "RULE_IMPACT": 0.8, "RULE_INTENT": -0.8,
    "RULE_MITIGATED": 0.4, "RULE_NONE": -1.3, "RULE_OBSERVATION": -0.3, "RULE_OBSTACLE": -0.1, "RULE_OFF_STAGE": -1.1,
    "RULE_OLD": -0.1, "RULE_RESOLVED": 1.8, "RULE_STRONG": 0.9, "RULE_USUAL": -0.8, "SECOND": -0.5,
    "SENTENCES_MANY": 0.4, "SHOUTS": 0.4, "SOCIAL": -0.9, "SOCIAL_FIRST": -0.4, "SOCIAL_LAST": -0.1,
    "SOCIAL_MANY": -0.3, "STILL": -0.1, "STILL+BAD": 0.2, "STILL_FIRST": -0.3, "STILL_LAST": 0.4, "SYSTEM": 0.6,
    "SYSTEM+ACT_ED": 0.4, "SYSTEM+ACT_ING": 0.3, "SYSTEM+BAD": 0.3, "SYSTEM+DECLARE": 0.4, "SYSTEM+FINDING": -0.1,
    "SYSTEM+GOOD": -0.1, "SYSTEM+HAS": -0.4, "SYSTEM+LOOK": -0.1, "SYSTEM+MEND_DO": -0.2, "SYSTEM+MEND_ED": -0.5,
    "SYSTEM+MOVE_ING": 0.3, "SYSTEM+SYSTEM": -0.2, "SYSTEM+USER": -0.4, "SYSTEM+WAS": 0.1, "SYSTEM_FIRST": 0.2,
    "SYSTEM_LAST": -0.1, "SYSTEM_MANY": 0.2, "TERMS_0": -0.7, "TERMS_1": -0.6, "TERMS_2": -0.3, "TERMS_3": -0.2,
    "TERMS_4": -0.1, "TRAILS_OFF": -0.2, "USER": 0.5, "USER+ACT_DO": -0.2, "USER+ACT_ED": -0.4, "USER+BAD": -0.3,
    "USER+FINDING": -0.4, "USER+GOOD": -0.2, "USER+HAS": -0.1, "USER+IS": -0.8, "USER+LOOK": -0.1,
    "USER+MEND_DO": 0.1, "USER+MEND_ED": -0.1, "USER+REPORT_ED": 0.2, "USER+SYSTEM": -0.5, "USER_FIRST": -0.1,
    "USER_LAST": -0.3, "USER_MANY": 0.6, "VERSION": 0.5, "WAS": 0.6, "WAS+BAD": -0.1, "WAS+SYSTEM": 0.1,
    "WAS_FIRST": 0.3, "WAS_LAST": 0.1, "WHEN": -0.1, "WHEN_FIRST": -0.3, "WHEN_LAST": -0.2, "WORDS_13_20": 0.8,
    "WORDS_1_2": -0.7, "WORDS_3_4": -0.3, "WORDS_5_7": -0.1, "WORDS_8_12": 0.3, "WORDS_MORE": 0.1, "a": -0.6,
    "a_LAST": 0.1, "about": -0.2, "after": 0.6, "again": 0.7, "again_LAST": 0.2, "all": 0.9, "all_FIRST": 0.6,
    "all_LAST": -0.2, "already": -0.1, "also": -0.2, "am": -0.5, "an": 0.3, "any": -0.3, "are": 0.7, "as": 0.2,
    "at": 0.2, "at_LAST": -0.1, "back": 0.8, "back_LAST": 0.1, "be": -0.2, "because": -0.2, "before": -0.1,
    "both": 0.5, "but": 0.2, "by": -0.2, "can": -0.1, "did": 0.1, "do": -0.2, "does": -0.2, "down": -0.1,
    "every": 0.1, "first": 0.3, "first_FIRST": 0.2, "for_FIRST": -0.3, "from": 0.7, "had": -0.4, "half": -0.4,
    "has": 0.2, "have": 0.4, "here_FIRST": -0.3, "here_LAST": -0.6, "how": -0.2, "how_FIRST": -0.1, "i": -0.3,
    "if": -0.3, "in_FIRST": -0.7, "in_LAST": -0.1, "is": 0.1, "is_LAST": 0.2, "it": 0.3, "it_FIRST": -0.4,
    "it_LAST": -0.2, "last": -0.1, "last_FIRST": 0.2, "like": 0.3, "me": -0.2, "more": -0.3, "my": 0.2,
    "my_FIRST": 0.2, "never": -0.3, "next": -0.2, "next_FIRST": -0.1, "no": 0.3, "no_FIRST": 0.1, "no_LAST": -0.2,
    "nobody": -0.2, "not": -0.2, "not_FIRST": -0.3, "nothing": -0.1, "nothing_FIRST": -0.1, "now": 0.6,
    "now_FIRST": 0.4, "now_LAST": 0.3, "of": 0.1, "of_FIRST": -0.3, "off": 0.4, "on": 0.2, "on_LAST": 0.4,
    "one": -0.1, "one_LAST": 0.1, "only": -0.2, "only_FIRST": 0.4, "only_LAST": -0.2, "or": -0.6, "our": -0.1,
    "out": 1.1, "out_LAST": 0.7, "over": -0.2, "per": 0.2, "same": 0.2, "same_FIRST": -0.2, "should": -0.2,
    "should_FIRST": -0.1, "since": 0.3, "since_LAST": 0.1, "so": -0.7, "still": -0.3, "still_FIRST": -0.1,
    "than": -0.1, "that": -0.4, "that_FIRST": -0.9, "that_LAST": -0.3, "the": 0.1, "their": -0.3, "then": -0.4,
    "there": -1.2, "there_LAST": -0.7, "they": -0.4, "they_FIRST": -0.1, "this": 0.3, "this_FIRST": -0.4,
    "this_LAST": -0.1, "to": 0.4, "to_LAST": 0.4, "too": -0.3, "two": 0.6, "two_FIRST": 0.4, "until": 0.6, "up": -0.2,
    "up_LAST": 0.1, "us": -0.2, "us_LAST": 0.2, "we": -0.4, "we_FIRST": 0.3, "what": -0.1, "what_FIRST": -0.2,
    "when": -0.5, "who": -0.8, "who_FIRST": -0.3, "why": -0.1, "will": -0.2, "with": 0.2, "would": -0.1, "you": -0.5,
    "your": -0.1,
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
    # Exact, for the order of a set is none: a draft is the same on every run.
    return fsum(WEIGHTS.get(mark, 0.0) or GIVEN.get(mark, 0.0) for mark in set(marks))


def find_anchors(text: str, words: Collection[str]) -> tuple[str, ...]:
    """Return the marks of a sentence's ties to the incident's words."""
    terms = find_terms(text)
    if not terms:
        return ("ANCHOR_NO_TERMS",)
    shared = len(terms.intersection(words))
    # One shared word is what is usual, and has no mark.
    return (f"ANCHOR_{min(shared, 3)}",) if shared != 1 else ()
