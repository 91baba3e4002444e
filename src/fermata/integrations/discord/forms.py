"""The one form: why a plan is rejected; and reading what came back of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

REASON = "reason"
_LONGEST_REASON = 500
"""Characters, as the house keeps them."""


def build_reject_form(custom_id: str) -> dict[str, Any]:
    """Return the modal. Its id is the button's: what it belongs to travels with it; the server keeps truth."""
    nonce = custom_id.rpartition(":")[2]
    field = {
        "type": 4,  # A text input,
        "style": 2,  # of several lines.
        "custom_id": REASON,
        "label": "Why?",
        "min_length": 1,
        "max_length": _LONGEST_REASON,
        "required": True,
    }
    return {
        "custom_id": custom_id,
        "title": f"Reject plan {nonce[:8]}",
        "components": [{"type": 1, "components": [field]}],
    }


def read_reason(data: Mapping[str, Any]) -> str:
    """Return the reason from a form that was sent off; empty when there is none."""
    return next(
        (str(field.get("value") or "") for field in _walk(data) if field.get("custom_id") == REASON), ""
    ).strip()


def _walk(part: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the inputs: Discord nests them in rows (`components`) or, of newer forms, in labels (`component`)."""
    for child in (*(part.get("components") or ()), *([part["component"]] if part.get("component") else [])):
        if "value" in child:
            yield child
        yield from _walk(child)
