"""What the public log scorers call: thin adapters around `fermata.rules.condense`."""

from __future__ import annotations

from fermata.rules.condense.miner import parse_messages


def parse(lines: list[str]) -> tuple[list[int], list[str]]:
    """Group log messages: one group id a line, and one template string a line."""
    return parse_messages(lines)
