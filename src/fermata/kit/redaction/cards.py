"""Numbers of payment cards, as people and programs write them: in one run, or in the groups that stand on the card.

A number is one where three things agree: its length and its first digits are an issuer's (ISO/IEC 7812; the ranges that
Visa, Mastercard, American Express, Discover, JCB, Diners Club, UnionPay and Maestro publish, read 2026-11-27), and its
last digit is the one that the others ask for (Luhn, ISO/IEC 7812-1, annex B). One number in ten ends like that by
chance, so what says that it is an id, a moment or a part of something longer is left alone.
"""

from __future__ import annotations

import re

from fermata.kit.redaction.marks import Tally

# Visa's 13 and 19 digits are left out: they are hardly issued, and moments and ids begin with a 4, too.
_ISSUED = re.compile(
    r"""(?x)
      4[0-9]{15}                                                                        # Visa
    | (?:5[1-5][0-9]{2}|222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)[0-9]{12}  # Mastercard
    | 3[47][0-9]{13}                                                                    # American Express
    | (?:6011|64[4-9][0-9]|65[0-9]{2})[0-9]{12}                                         # Discover
    | 35(?:2[89]|[3-8][0-9])[0-9]{12}                                                   # JCB
    | (?:30[0-5][0-9]|3[689][0-9]{2})[0-9]{10}                                          # Diners Club
    | 62[0-9]{14}(?:[0-9]{3})?                                                          # UnionPay
    | (?:5018|5020|5038|5893|6304|6759|676[1-3])[0-9]{12}                               # Maestro
    """
)
_GAP = "[ .\u00a0-]"
# What parts digits from a longer number, a hex digest, a UUID, a fraction; the date to which a card is good may follow.
_ENDS = (
    r"(?![\w%-])(?!/[^\s0-9])(?!\.[0-9])"
    r"(?![ \u00a0](?!(?:0[1-9]|1[0-2])[ /-]?(?:20)?[0-9]{2}(?![0-9]))(?=[a-f]*[0-9])[0-9a-f]{4})"
)
_NUMBER = re.compile(
    rf"[2-6](?<![\w%+-][2-6])(?<![0-9][ .\u00a0][2-6])[0-9]{{3}}(?:[0-9]{{10,12}}|[0-9]{{15}}"
    rf"|(?P<four>{_GAP})[0-9]{{4}}(?P=four)[0-9]{{4}}(?P=four)[0-9]{{4}}(?:(?P=four)[0-9]{{3}})?"
    rf"|(?P<six>{_GAP})[0-9]{{6}}(?P=six)[0-9]{{4,5}}){_ENDS}"
)
_LONGEST_BEFORE = 48
# `trace_id=`, `"offset": `, `ts `: what a number is, where that is said right before it.
_OTHER = re.compile(
    r"""(?ix) (?:^|[^a-z]|(?<=[a-z])(?-i:(?=[A-Z])))
    (?: ids? | uid | gid | uuid | guid | traces? | spans? | parent | correlation | request | offsets? | cursor | seq
      | sequence | ts | time(?:stamp)? | epoch | nanos?(?:econds)? | micros?(?:econds)? | (?<=_)(?:[num]s|total|count)
      | duration | elapsed | uptime | clock | block | blk | nonce | hash | digest | sha[0-9]* | checksum | crc | seed
      | lsn | xid | snowflake | imei | iccid | isbn | ean | bytes | size | revision | version )
    ["'\]\\]{0,3} [ \t]{0,2} [:=\#]{0,2} [ \t]{0,2} ["'\\(\[]{0,3} $"""
)
_OF_CARDS = re.compile(r"(?i)/(?:cards?|pans?|payment[-_]?(?:cards?|methods?))/$")


def hide_cards(text: str, tally: Tally) -> str:
    """Replace the numbers of payment cards."""

    def replace(match: re.Match[str]) -> str:
        return tally.mark("card", match[0]) if _is_card(match) else match[0]

    return _NUMBER.sub(replace, text)


def names_other_number(name: str) -> bool:
    """Answer whether a field's name says that its number is none of a card: `trace_id`, `offset`."""
    return _OTHER.search(name[-_LONGEST_BEFORE:]) is not None


def _is_card(match: re.Match[str]) -> bool:
    digits = "".join(character for character in match[0] if character.isdecimal())
    if _ISSUED.fullmatch(digits) is None or not _ends_rightly(digits):
        return False
    before = match.string[max(0, match.start() - _LONGEST_BEFORE) : match.start()]
    if before.endswith("/"):  # A part of a path is an id.
        return _OF_CARDS.search(before) is not None
    # Groups are written for people; a run may be anything's.
    return len(digits) != len(match[0]) or _OTHER.search(before) is None


def _ends_rightly(digits: str) -> bool:
    """Answer whether the last digit is the one that the others ask for (Luhn)."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0
