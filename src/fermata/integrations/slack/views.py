"""The one form: why a plan is rejected."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from fermata.integrations.slack.blocks import plain
from fermata.ports.chat.nonce import split_value

REJECT_FORM = "reject_form"
_BLOCK, _INPUT = "reason", "reason"
_LONGEST_REASON = 500
"""Characters, as the house keeps them."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody is to be answered."""

    user: str
    channel: str
    ts: str = ""
    """The card's message; empty for a command."""
    response_url: str = ""


def build_reject_form(value: str, place: Place) -> dict[str, Any]:
    """Return the modal. What it belongs to travels with it, unseen; the server keeps truth.

    Args:
        value: Of the button.
    """
    _, nonce = split_value(value)
    field = {
        "type": "plain_text_input",
        "action_id": _INPUT,
        "multiline": True,
        "min_length": 1,
        "max_length": _LONGEST_REASON,
    }
    return {
        "type": "modal",
        "callback_id": REJECT_FORM,
        "private_metadata": json.dumps({"value": value, **asdict(place)}),
        "title": plain("Reject the plan"),
        "submit": plain("Reject"),
        "close": plain("Cancel"),
        "blocks": [
            {
                "type": "section",
                "text": plain(f"Plan {nonce} will not be executed. The incident stays open for a person."),
            },
            {"type": "input", "block_id": _BLOCK, "label": plain("Why?"), "element": field},
        ],
    }


def read_reject_form(view: dict[str, Any]) -> tuple[str, Place, str]:
    """Return the button's value, where to answer, and the reason, from a form that was sent off.

    Raises:
        KeyError: It is not ours.
        ValueError: As above.
    """
    held = json.loads(view["private_metadata"])
    reason = view["state"]["values"][_BLOCK][_INPUT]["value"] or ""
    return held.pop("value"), Place(**held), reason
