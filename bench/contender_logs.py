"""What the log scorers call: thin adapters around `fermata.rules.condense`."""

from __future__ import annotations

from collections.abc import Sequence

from fermata.rules.condense import keep_lines, parse_messages


def parse(lines: list[str]) -> tuple[list[int], list[str]]:
    """Group log messages: one group id a line, and one template string a line."""
    return parse_messages(lines)


def prefilter(lines: Sequence[str], budget: int, hint: dict[str, str]) -> list[str]:
    """Return the lines that a reader with `budget` tokens should see, verbatim, in the order of the log."""
    return keep_lines(lines, budget, hint=hint)
