"""What an answer says: one with a good status may still tell of an error."""

from __future__ import annotations

import json

_ERRORS = ("error", "errors")
"""What JSON answers call it: GraphQL's specification (section 7.1, October 2021) answers 200 with `errors`, JSON-RPC
2.0 (section 5) with `error`, and many a handler that catches everything does the same."""


def is_as_agreed(body: bytes, text: str) -> bool:
    """Answer whether the content of an answer with a good status is one of a good answer.

    Args:
        body: As it came, without the pieces of its transfer; perhaps not whole.
        text: What a good answer holds. Empty: nobody said, and then a JSON object whose `error` or `errors` is not
            empty is none. What cannot be read as JSON says nothing.
    """
    if text:
        return text.encode() in body
    if not any(f'"{name}"'.encode() in body for name in _ERRORS):
        return True  # The common case, two hundred times a second.
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return True
    return not (isinstance(told, dict) and any(told.get(name) for name in _ERRORS))
