"""The app's manifest: what to paste into Slack to make the app, with no permission that is not used."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

SCOPES: Mapping[str, str] = MappingProxyType(
    {
        "channels:history": "finds a card that it posted before, after a crash or a lost answer (public channels)",
        "chat:write": "posts cards and answers, and changes them",
        "commands": "receives /fermata and /generate-postmortem",
        "files:write": "attaches the diff that is too long for a message",
        "groups:history": "as channels:history, in private channels it was invited to",
        "usergroups:read": "tells whether somebody is in the user group that may approve",
        "users:read": "tells machines and guests from people of the workspace",
    }
)
"""What the bot's token asks for, and why. With these alone nothing reads messages as they are written."""

OBSERVER_SCOPES: Mapping[str, str] = MappingProxyType(
    {
        "files:read": "tells the names of files in messages; contents are never fetched",
        "pins:read": "hears what is pinned",
        "reactions:read": "hears reactions",
    }
)
"""What the observer asks for beside them, and why: without them post-mortems know less, and all else works."""

OBSERVER_EVENTS = (
    "message.channels",
    "message.groups",
    "pin_added",
    "pin_removed",
    "reaction_added",
    "reaction_removed",
    "user_change",
)
"""What Slack sends for the observer, from channels that the app was invited to; the scopes above are for these."""

APP_SCOPE = "connections:write"
"""What the app-level token asks for: to open the socket."""


def build_manifest(name: str = "Fermata", *, hook_url: str = "", has_observer: bool = True) -> dict[str, Any]:
    """Return the manifest of an app, as JSON types.

    Args:
        name: As people see it; 35 characters at most.
        hook_url: `https://.../v1/hooks/slack` for mode `http`; empty for Socket Mode.
        has_observer: Whether Slack sends what people write where the app is, for post-mortems.
    """
    where = {"url": hook_url} if hook_url else {}
    request = {"request_url": hook_url} if hook_url else {}
    scopes = {**SCOPES, **OBSERVER_SCOPES} if has_observer else SCOPES
    events = {"event_subscriptions": {**request, "bot_events": list(OBSERVER_EVENTS)}} if has_observer else {}
    commands = [
        {
            "command": "/fermata",
            "description": "Incidents, questions, halt and resume",
            "usage_hint": "status | incidents | ask ... | halt ... | resume | link CODE | help",
            "should_escape": False,
        },
        {
            "command": "/generate-postmortem",
            "description": "Draft the post-mortem of an incident",
            "usage_hint": "[INCIDENT] [share]",
            "should_escape": False,
        },
    ]
    return {
        "display_information": {
            "name": name[:35],
            "description": "Investigates incidents, proposes a plan, and acts only on a person's word.",
            "background_color": "#1f2933",
        },
        "features": {
            # Slack takes letters, digits, dots, dashes and underscores here, in lower case.
            "bot_user": {"display_name": name[:35].lower().replace(" ", "-"), "always_online": True},
            "slash_commands": [command | where for command in commands],
        },
        "oauth_config": {"scopes": {"bot": sorted(scopes)}},
        "settings": {
            **events,
            "interactivity": {"is_enabled": True, **request},
            "org_deploy_enabled": False,
            "socket_mode_enabled": not hook_url,
            "token_rotation_enabled": False,
        },
    }
