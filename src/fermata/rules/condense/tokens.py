"""How many tokens a model will count in a text, without its vocabulary: an estimate that does not fall short.

Byte-pair vocabularies cannot be shipped or fetched, so the count follows their first step, which is public: text is cut
into words (with one sign or blank before them), groups of three digits, runs of signs, runs of blanks, and
nothing is ever joined across a cut (source: the split patterns of `cl100k_base` and `o200k_base` in openai/tiktoken,
`tiktoken_ext/openai_public.py`, read 2026-11-25). What is left to guess is into how many parts a word falls. The
weights below were set on the 16 systems of loghub so that the sum lies a few per cent above both vocabularies;
`bench/logs.py` measures it again where a tokenizer is installed.
"""

from __future__ import annotations

import re
from itertools import pairwise

# Blank + word, camel-case humps, digits in threes, runs of signs, runs of blanks, anything else letter by letter.
_PIECE = re.compile(
    r"( ?[A-Z]?[a-z]{1,40})|( ?[A-Z]{1,40})|([0-9]{1,3})|( ?[!-/:-@\[-`{-~]{1,64})|([ \t]{1,64})|([\r\n]{1,64})|(.)",
    re.DOTALL,
)
_MARGIN = 1.04  # The mean over 16 systems was 1.03 without it, the worst page of one of them 0.93.
# The 260 pairs of letters most frequent in words of logs and of this documentation; ids and base64 have other pairs.
_PAIRS = (
    "ab ac ad ae af ag ai ak al am an ap ar as at au av aw ay ba bd be bi bl bo br bs bu ca cc cd ce ch ci ck cl "
    "co cp cr cs ct cu da db dc dd de df di dl do dr ds du ea eb ec ed ee ef eg ei el em en ep eq er es et ev ew "
    "ex ey fa fe ff fi fl fo fr ft fu ga ge gh gi gl gn go gr gs gu ha he hi ho hr ht hu ia ib ic id ie if ig il "
    "im in io ip ir is it iv ix iz ke ki ks la ld le li ll lo ls lt lu ly ma mb me mi mm mo mp ms na nc nd ne nf "
    "ng ni nk nn no ns nt nu nv oa ob oc od of og oi ok ol om on oo op or os ot ou ov ow pa pe pi pl po pp pr ps "
    "pt pu qu ra rc rd re rg ri rk rl rm rn ro rr rs rt ru rv ry sa sc se sh si sk sl so sp ss st su sw sy ta tc "
    "te th ti tl to tp tr ts tt tu ty ua ub uc ud ue ug ui ul um un up ur us ut va ve vi wa we wh wi wn wo wr ws "
    "xe xi xp xt yp ys yt ze "
)
_COMMON_PAIRS = frozenset(_PAIRS.split())


def count_tokens(text: str) -> int:
    """Return how many tokens a text is: at most 5 % below `cl100k_base` and `o200k_base`, mostly a little above."""
    return int(weigh_tokens(text) + 0.999)


def weigh_tokens(text: str) -> float:
    """Return the same before it is rounded up: for lines that are added up, each with its line end."""
    return _MARGIN * sum(_weigh(match) for match in _PIECE.finditer(text))


def _weigh(match: re.Match[str]) -> float:
    piece = match[0]
    kind = match.lastindex
    if kind == 1:
        return _weigh_word(piece)
    if kind == 2:
        return _weigh_capitals(piece.lstrip())
    if kind == 4:
        return _weigh_signs(piece.lstrip())
    if kind in (3, 5, 6):
        return 1.0
    # Two-byte letters fall into words now and then, rare signs into their bytes.
    return max(1.0, len(piece.encode("utf-8", "replace")) - 1.0)


def _weigh_word(piece: str) -> float:
    word = piece.lstrip()
    length = len(word)
    if length < 3:
        return 1.03 if piece[0] == " " else 1.1
    if _is_random(word.lower()):
        return 0.4 + 0.56 * length
    return (1.08 if piece[0] == " " else 1.22) + 0.045 * max(0, length - 5)


def _weigh_capitals(piece: str) -> float:
    length = len(piece)
    if length < 3:
        return 1.0 if length == 1 else 1.2
    return 0.6 + (0.6 if _is_random(piece.lower()) else 0.24) * length


def _weigh_signs(signs: str) -> float:
    changes = sum(1 for first, second in pairwise(signs) if first != second)
    return 0.8 + 0.26 * min(changes, 2) + 0.85 * max(0, changes - 2) + 0.06 * (len(signs) - 1 - changes)


def _is_random(word: str) -> bool:
    """Answer whether a word of lower-case letters looks drawn by lot: two of seven pairs of letters are uncommon."""
    uncommon = sum(1 for first, second in pairwise(word) if first + second not in _COMMON_PAIRS)
    return 7 * uncommon >= 2 * len(word)
