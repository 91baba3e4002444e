"""Condense: what of a log to read, within a budget of tokens. No model, no network, one pass, bounded memory.

`condense` reads logs as streams; `condense_lines` takes lines that are in memory and keeps their numbers; `keep_lines`
gives bare lines. `parse_messages` only groups. How it decides is told in `docs/logs.md`; every part is a function from
lines to a value. Needs the standard library alone, so scorers can run it anywhere.
"""

from fermata.rules.condense.condensing import (
    DEFAULT_BUDGET,
    Condensed,
    Kept,
    NumberedLine,
    Template,
    condense,
    condense_lines,
    keep_lines,
)
from fermata.rules.condense.miner import Miner, parse_messages
from fermata.rules.condense.tokens import count_tokens

__all__ = [
    "DEFAULT_BUDGET",
    "Condensed",
    "Kept",
    "Miner",
    "NumberedLine",
    "Template",
    "condense",
    "condense_lines",
    "count_tokens",
    "keep_lines",
    "parse_messages",
]
