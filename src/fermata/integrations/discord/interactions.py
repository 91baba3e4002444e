"""What somebody did, as the gateway tells it: a click, a form, a command.

Only the fields that are needed are read (reference, "Receiving and Responding", read 2026-11).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fermata.ports.desk import Guest

_THREADS = (10, 11, 12)
"""Types of channels that hang from another (Discord's developer reference, "Channel Types")."""

COMMAND, CLICK, FORM = 2, 3, 5
"""Types of interactions."""


@dataclass(frozen=True, slots=True)
class Interaction:
    """One of them."""

    id: str
    token: str
    """Answers it, for 15 minutes."""
    kind: int
    application_id: str
    channel_id: str
    data: Mapping[str, Any]
    message: Mapping[str, Any]
    """The card that was clicked, as it was shown to whoever clicked; empty for a command."""
    guest: Guest

    @property
    def custom_id(self) -> str:
        """Return what the button or the form carries."""
        return str(self.data.get("custom_id") or "")


def read_interaction(payload: Mapping[str, Any], application_id: str = "") -> Interaction:
    """Read an event's payload.

    Args:
        application_id: What READY said, where the payload does not say it.

    Raises:
        KeyError: It is none that can be answered.
    """
    return Interaction(
        id=str(payload["id"]),
        token=str(payload["token"]),
        kind=int(payload["type"]),
        application_id=str(payload.get("application_id") or application_id),
        channel_id=str(payload.get("channel_id") or (payload.get("channel") or {}).get("id") or ""),
        data=payload.get("data") or {},
        message=payload.get("message") or {},
        guest=_read_guest(payload),
    )


def _read_guest(payload: Mapping[str, Any]) -> Guest:
    member: Mapping[str, Any] = payload.get("member") or {}
    user: Mapping[str, Any] = member.get("user") or payload.get("user") or {}
    handle = str(user.get("id") or "")
    name = str(member.get("nick") or user.get("global_name") or user.get("username") or "")
    barred = ""
    if not member:
        barred = "it came from a private message, not from the server"
    elif member.get("pending"):
        barred = "the account has not yet agreed to the server's rules"
    return Guest(
        channel="discord",
        handle=handle or "-",
        name=name,
        room=_find_room(payload),
        bot=not handle or bool(user.get("bot") or user.get("system")),
        barred=barred,
    )


def _find_room(payload: Mapping[str, Any]) -> str:
    """Return the channel somebody is in; of a thread, the channel that it belongs to."""
    channel: Mapping[str, Any] = payload.get("channel") or {}
    parent = channel.get("parent_id") if channel.get("type") in _THREADS else None
    return str(parent or payload.get("channel_id") or "")


def write_command(data: Mapping[str, Any]) -> str:
    """Return a slash command as the desk takes it: `ask why is checkout slow?`.

    A command of its own (`/generate-postmortem`) is a command of the desk under its own name.
    """
    name = str(data.get("name") or "")
    options = list(data.get("options") or ())
    words = [] if name == "fermata" else [name]
    while options and "value" not in options[0]:  # A subcommand, with options of its own.
        words.append(str(options[0].get("name") or ""))
        options = list(options[0].get("options") or ())
    # Discord sends options in the order in which they were typed in.
    ordered = sorted(options, key=lambda one: one.get("name") != "incident")
    # A question may begin with `latest`: what stands in the field of the incident is said to be one.
    named = ["--incident"] if words[-1:] == ["ask"] and any(one.get("name") == "incident" for one in ordered) else []
    return " ".join([*words, *named, *(str(one["value"]).strip() for one in ordered)]).strip() or "help"
