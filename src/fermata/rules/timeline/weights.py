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
    "ACK": 0.2, "ACK+ACT_DO": 0.4, "ACK+ACT_ED": -0.1, "ACK+BAD": -0.1, "ACK+FINDING": -1.0, "ACK+GOOD": -0.1,
    "ACK+IS": -0.1, "ACK+MEND_DO": -0.5, "ACK+MEND_ING": 0.1, "ACK+MOVE_ING": -0.1, "ACK+SOCIAL": -0.1,
    "ACK+USER": -0.1, "ACK_FIRST": -0.1, "ACK_LAST": -0.3, "ACT_DO": 0.5, "ACT_DOES_LAST": 0.1, "ACT_DO_FIRST": -0.1,
    "ACT_DO_LAST": -0.3, "ACT_ED": 0.4, "ACT_ED_FIRST": 0.5, "ACT_ING": 0.2, "ACT_ING_FIRST": 0.2,
    "ACT_ING_LAST": 0.1, "AFTER_SILENCE": 0.6, "ANCHOR_0": -1.2, "ANCHOR_2": 0.4, "ANCHOR_3": 0.5,
    "ANCHOR_NO_TERMS": -0.8, "ANSWERED": 0.9, "ARROW": 0.5, "ARTIFACT": -0.4, "ARTIFACT_FIRST": -0.6,
    "ARTIFACT_LAST": -0.1, "ASK": -0.3, "ASK+ACT_DO": -0.2, "ASK+ACT_ED": 0.4, "ASK+ACT_ING": -0.2,
    "ASK+DECLARE": 0.2, "ASK+FINDING": -0.3, "ASK+GOOD": 0.2, "ASK+HAS": -0.4, "ASK+LOOK": -0.1, "ASK+MEND_DO": 0.4,
    "ASK+MOVE_ED": 0.3, "ASK+MOVE_ING": 0.2, "ASK+REPORT_ED": 0.2, "ASK+SOCIAL": 0.1, "ASK+SYSTEM": -0.2,
    "ASK+USER": -0.2, "ASKED_AFTER": 0.2, "ASKS_TOO": -1.6, "ASK_FIRST": -1.2, "ASK_LAST": -0.3, "AT_ONCE": -0.1,
    "BAD_MANY": 0.2, "BEGAN": 0.8, "BEGAN+ACT_DO": 0.5, "BEGAN+BAD": 0.2, "BEGAN+SOCIAL": -0.2, "BEGAN+SYSTEM": 0.4,
    "BEGAN_FIRST": 0.2, "BEGAN_LAST": -0.3, "BOT": -1.1, "BOT_ACTION": -0.3, "BOT_ALERTED": 0.2, "BOT_CLEARED": -0.6,
    "BOT_OBSERVATION": -0.9, "BRACKETED": -0.6, "CLOCK": 0.8, "DECISION": 0.3, "DECISION+ACT_DO": 0.5,
    "DECISION+BAD": -0.2, "DECISION+GOOD": -0.3, "DECISION+MEND_DO": -0.1, "DECISION+SOCIAL": 0.1,
    "DECISION+SYSTEM": 0.1, "DECISION_FIRST": 0.2, "DECISION_LAST": -0.7, "DECLARE": 0.6, "DECLARE_LAST": 0.8,
    "EMOJI": -0.1, "EXCLAIMS": -0.8, "FINDING": -0.2, "FINDING_FIRST": 0.3, "FINDING_LAST": 0.1, "FINDING_MANY": 0.1,
    "FIND_DO": 0.5, "FIND_DOES": 0.3, "FIND_DO_LAST": 0.2, "FIND_ED": 1.1, "FIND_ED_FIRST": 0.7, "FIND_ING": 0.2,
    "FIRST+ACT_DO": 0.6, "FIRST+ACT_ED": -0.2, "FIRST+BAD": -0.2, "FIRST+DECISION": 0.2, "FIRST+DECLARE": 0.2,
    "FIRST+GOOD": -0.4, "FIRST+HAS": -0.4, "FIRST+IS": -0.1, "FIRST+LOOK": -0.2, "FIRST+MEND_DO": 0.3,
    "FIRST+MEND_ED": -0.1, "FIRST+REPORT_ED": -0.1, "FIRST+USER": 0.1, "FIRST+WAS": -0.6, "FIRST_LAST": 0.1,
    "FOLLOW": -0.3, "FOLLOW_FIRST": -0.2, "FOLLOW_LAST": 0.3, "FRACTION": 0.6, "GENERAL": -0.8, "GENERAL_FIRST": -0.4,
    "GENERAL_LAST": -0.4, "GOES_ON": -0.1, "GOOD": 0.2, "GOOD_FIRST": 0.7, "GOOD_LAST": 0.3, "GOOD_MANY": 0.5,
    "HAS+ACT_ED": 0.3, "HAS+BAD": 0.1, "HAS+GOOD": 0.6, "HAS+SYSTEM": -0.1, "HAS+WAS": 0.3, "HEDGE": -0.4,
    "HEDGE+MEND_DO": -0.1, "HEDGE_FIRST": -0.2, "HTTP": 0.6, "HYPHENATED": -0.1, "IDENTIFIER": 0.1, "INTENT": -1.0,
    "INTENT+ACT_DO": 0.1, "INTENT+BAD": -0.2, "INTENT+GOOD": -0.4, "INTENT+IS": 0.1, "INTENT+LOOK": -0.2,
    "INTENT+MEND_DO": -0.5, "INTENT+MEND_ED": -0.5, "INTENT+SOCIAL": 0.2, "INTENT+SYSTEM": -0.2, "INTENT+USER": -0.1,
    "INTENT_FIRST": -0.2, "INTENT_LAST": 0.4, "INTENT_MANY": -0.2, "IN_THREAD": 0.2, "IS": 0.2, "IS+ACT_DO": 0.7,
    "IS+ACT_ED": 0.4, "IS+ACT_ING": -0.2, "IS+BAD": 0.5, "IS+FINDING": -0.2, "IS+GOOD": 0.2, "IS+LOOK": -0.2,
    "IS+MEND_DO": 0.1, "IS+MEND_ED": 0.2, "IS+MEND_ING": 0.1, "IS+MOVE_ING": 0.2, "IS+REPORT_ED": 0.4,
    "IS+SYSTEM": 0.4, "IS_FIRST": -0.2, "IS_LAST": -0.1, "JOKED": -0.8, "LABELLED": 0.1, "LINK": -0.4, "LOOK": -0.5,
    "LOOK+BAD": 0.3, "LOOK+GOOD": 0.4, "LOOK+MEND_DO": -0.3, "LOOK+SYSTEM": -0.4, "LOOK_FIRST": -0.7,
    "LOOK_LAST": 0.3, "MEND_DO": 0.2, "MEND_DOES": -0.2, "MEND_DOES_FIRST": 0.2, "MEND_DO_FIRST": -0.2,
    "MEND_DO_LAST": -0.1, "MEND_ED": 0.9, "MEND_ED_FIRST": 0.2, "MEND_ED_LAST": -0.5, "MEND_ING": -0.1,
    "MEND_ING_LAST": 0.1, "MENTION": 0.1, "MOVE_DO": 0.2, "MOVE_DOES": -0.1, "MOVE_DO_FIRST": -0.1,
    "MOVE_DO_LAST": -0.6, "MOVE_ED": 0.6, "MOVE_ED_FIRST": -0.2, "MOVE_ED_LAST": -0.2, "MOVE_ING_FIRST": -0.1,
    "MOVE_ING_LAST": -0.4, "NEG+BAD": -0.3, "NEG+FINDING": 0.4, "NEG+GOOD": -0.2, "NEG+LOOK": -0.5,
    "NEG+MEND_DO": -0.3, "NEG+MEND_ED": 0.1, "NEG+SOCIAL": 0.3, "NEG+SYSTEM": 0.4, "NEG_FIRST": -0.4,
    "NEG_LAST": -0.2, "NEWS": -0.4, "NEWS+BAD": 0.3, "NEWS+IS": 0.4, "NEWS+REPORT_ED": -0.1, "NEWS+SYSTEM": -1.0,
    "NEWS_ALL": -0.7, "NEWS_FIRST": 0.1, "NEWS_LAST": 0.2, "NEWS_SOME": -0.9, "NO_TAG": 0.3, "NUMBER": 0.8,
    "OFFSTAGE": -0.6, "OFFSTAGE_FIRST": -0.2, "OFFSTAGE_LAST": -0.8, "ONLY": 0.5, "ONLY+BAD": 0.2,
    "ONLY+FINDING": -0.2, "ONLY+GOOD": -0.3, "ONLY+IS": 0.1, "ONLY+MEND_DO": 0.3, "ONLY+REPORT_ED": -0.2,
    "ONLY+USER": 0.3, "ONLY_FIRST": 0.2, "ONLY_LAST": -0.3, "OUTSIDE": 0.3, "OUTSIDE_FIRST": 0.4, "OUTSIDE_LAST": 0.3,
    "PERCENT": -0.1, "POST": 1.2, "PROGRESS_FIRST": -0.4, "PROGRESS_LAST": -0.2, "QUANTITY": -0.1, "QUOTED": -0.4,
    "REACTED": -0.1, "REFERENCE": -0.5, "REPORT_DO": -0.2, "REPORT_DOES": 0.2, "REPORT_DO_FIRST": -0.3,
    "REPORT_ED": 0.9, "REPORT_ED_FIRST": 0.6, "REPORT_ED_LAST": -0.1, "REPORT_ING": -0.2, "ROLE_OUTSIDE": 0.1,
    "ROLE_SCRIBE": -0.9, "RULE_ACTION": -0.4, "RULE_COMMUNICATION": 0.3, "RULE_DECISION": 0.4, "RULE_DECLARED": 1.6,
    "RULE_DISMISSED": -0.8, "RULE_ELSEWHEN": -0.3, "RULE_FOUND": 0.6, "RULE_IMPACT": 0.7, "RULE_INTENT": -1.0,
    "RULE_MITIGATED": 0.1, "RULE_NONE": -1.2, "RULE_OBSERVATION": -0.4, "RULE_OBSTACLE": -0.1, "RULE_OFF_STAGE": -1.0,
    "RULE_OLD": -0.2, "RULE_RESOLVED": 2.0, "RULE_STRONG": 0.9, "RULE_USUAL": -1.0, "SECOND": -0.7, "SECOND+IS": -0.1,
    "SECOND_FIRST": -0.1, "SENTENCES_MANY": 0.4, "SHOUTS": 0.1, "SOCIAL": -1.0, "SOCIAL_FIRST": -0.4,
    "SOCIAL_LAST": -0.2, "SOCIAL_MANY": -0.5, "STILL": -0.1, "STILL+SYSTEM": -0.2, "STILL_FIRST": -0.3,
    "STILL_LAST": 0.3, "SYSTEM": 0.5, "SYSTEM+ACT_DO": 0.1, "SYSTEM+ACT_ED": 0.5, "SYSTEM+ACT_ING": 0.5,
    "SYSTEM+BAD": 0.5, "SYSTEM+DECISION": -0.1, "SYSTEM+DECLARE": 0.2, "SYSTEM+FINDING": -0.2, "SYSTEM+GOOD": -0.1,
    "SYSTEM+HAS": -0.6, "SYSTEM+IS": -0.2, "SYSTEM+LOOK": -0.2, "SYSTEM+MEND_DO": -0.3, "SYSTEM+MEND_ED": -0.5,
    "SYSTEM+MOVE_ING": 0.3, "SYSTEM+REPORT_ED": -0.3, "SYSTEM+SOCIAL": 0.4, "SYSTEM+SYSTEM": -0.2,
    "SYSTEM+USER": -0.2, "SYSTEM_FIRST": 0.1, "SYSTEM_LAST": -0.1, "SYSTEM_MANY": 0.2, "TERMS_0": -0.9,
    "TERMS_1": -0.5, "TERMS_2": -0.2, "TERMS_3": -0.2, "TERMS_4": 0.1, "TRAILS_OFF": -0.5, "USER": 0.6,
    "USER+ACT_DO": 0.1, "USER+ACT_ED": -0.4, "USER+FINDING": -0.4, "USER+GOOD": -0.4, "USER+HAS": -0.1,
    "USER+IS": -0.7, "USER+LOOK": -0.1, "USER+MEND_DO": 0.1, "USER+MEND_ED": -0.2, "USER+MOVE_ED": 0.3,
    "USER+REPORT_ED": 0.2, "USER+SYSTEM": -0.5, "USER+USER": 0.1, "USER_FIRST": -0.1, "USER_LAST": -0.6,
    "USER_MANY": 1.0, "VERSION": 0.7, "WAS": 0.5, "WAS+ACT_ED": -0.2, "WAS+BAD": -0.2, "WAS+GOOD": -0.4,
    "WAS+SYSTEM": 0.3, "WAS_ASKED": -0.2, "WAS_FIRST": 0.1, "WAS_LAST": 0.1, "WHEN": 0.2, "WHEN_FIRST": 0.1,
    "WHEN_LAST": -0.4, "WORDS_13_20": 0.8, "WORDS_1_2": -0.7, "WORDS_3_4": -0.4, "WORDS_5_7": -0.1, "WORDS_8_12": 0.2,
    "WORDS_MORE": 0.2, "a": -0.7, "a_LAST": 0.1, "about": -0.1, "after": 0.6, "after_LAST": 0.4, "again": 0.6,
    "all": 0.7, "all_FIRST": 0.6, "all_LAST": -0.3, "also": -0.4, "also_LAST": -0.1, "am": -0.4, "an": 0.2,
    "and": 0.1, "another": 0.2, "any": -0.2, "are": 0.6, "as": 0.2, "at": 0.3, "back": 0.9, "back_LAST": -0.1,
    "be": -0.1, "because": -0.5, "been": 0.3, "before": -0.5, "before_LAST": -0.1, "between": 0.3, "both": 0.6,
    "but": -0.2, "can": -0.1, "did": 0.1, "do": 0.3, "do_FIRST": -0.1, "does": -0.1, "down": 0.2, "down_LAST": 0.3,
    "each": -0.2, "every": 0.2, "first": 0.1, "first_LAST": 0.1, "for_FIRST": -0.4, "from": 0.5, "had": -0.3,
    "half": -0.4, "has": 0.2, "here": 0.1, "here_FIRST": -0.2, "here_LAST": -0.6, "how": -0.2, "how_FIRST": -0.1,
    "i": -0.3, "i_FIRST": -0.1, "if": -0.3, "in_FIRST": -0.9, "in_LAST": -0.2, "it": 0.2, "it_FIRST": -0.2,
    "it_LAST": -0.1, "last": -0.4, "last_FIRST": 0.2, "like": 0.5, "me": -0.5, "me_LAST": -0.2, "more": -0.4,
    "my": 0.2, "my_FIRST": -0.1, "never": -0.5, "next": -0.3, "next_FIRST": -0.2, "no_FIRST": 0.3, "no_LAST": -0.3,
    "nobody": -0.4, "not": -0.1, "not_FIRST": -0.4, "not_LAST": -0.1, "nothing": -0.2, "nothing_FIRST": -0.3,
    "now": 0.7, "now_FIRST": 0.7, "now_LAST": 0.4, "of": 0.1, "of_FIRST": -0.2, "off": 0.5, "on": 0.3,
    "on_FIRST": -0.1, "on_LAST": 0.5, "one": -0.3, "one_FIRST": -0.1, "one_LAST": 0.2, "only": -0.1,
    "only_FIRST": 0.5, "only_LAST": 0.1, "or": -0.6, "other": 0.4, "our": 0.2, "out": 0.6, "out_LAST": 0.6,
    "over_LAST": 0.2, "per": 0.6, "same": 0.1, "same_FIRST": -0.3, "should": -0.2, "should_FIRST": -0.2, "since": 0.3,
    "since_FIRST": -0.4, "since_LAST": 0.1, "so": -0.7, "some": -0.1, "still": -0.4, "than": 0.1, "that": -0.3,
    "that_FIRST": -1.1, "that_LAST": -0.1, "the": 0.1, "their": -0.4, "them": -0.1, "them_LAST": -0.2, "then": -0.1,
    "then_LAST": 0.2, "there": -1.2, "there_FIRST": -0.3, "there_LAST": -0.8, "they": -0.4, "they_FIRST": -0.2,
    "this": 0.2, "this_FIRST": -0.5, "this_LAST": -0.1, "to": 0.3, "to_LAST": 0.8, "too": -0.1, "too_LAST": -0.3,
    "two": 0.6, "two_FIRST": 0.3, "until": 0.5, "up": -0.3, "up_LAST": 0.2, "us": -0.3, "us_LAST": 0.4, "was": -0.4,
    "we": -0.4, "we_FIRST": 0.4, "were": 0.1, "what": -0.3, "what_FIRST": -0.3, "when": -0.7, "where": -0.1,
    "which": -0.1, "which_FIRST": -0.1, "who": -0.9, "who_FIRST": -0.3, "why": -0.1, "why_FIRST": -0.1, "will": -0.1,
    "with": 0.2, "would": -0.2, "you": -0.8, "your": 0.2,
}  # fmt: skip
BIAS = 0.3
# Fitted table: end
GIVEN = {"PINNED": 0.8}
"""A guess, for want of examples: weak evidence that a message matters to those who were there."""
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
