"""What the bot may do in a channel, computed as Discord does (reference, "Permissions", read 2026-11). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

_ADMINISTRATOR = 1 << 3
VIEW = 1 << 10
NEEDED: Mapping[str, int] = MappingProxyType(
    {
        "View Channel": VIEW,
        "Send Messages": 1 << 11,
        "Embed Links": 1 << 14,
        "Attach Files": 1 << 15,
        "Read Message History": 1 << 16,
        "Create Public Threads": 1 << 35,
        "Send Messages in Threads": 1 << 38,
    }
)
"""What Fermata needs in its channel, by the names that Discord shows."""


def write_invitation(application_id: str) -> str:
    """Return the link that invites the bot with just what it needs."""
    return (
        f"https://discord.com/oauth2/authorize?client_id={application_id}&scope=bot+applications.commands"
        f"&permissions={sum(NEEDED.values())}"
    )


def compute_permissions(guild: Mapping[str, Any], member: Mapping[str, Any], channel: Mapping[str, Any]) -> int:
    """Return the permissions of a member in a channel, as bits.

    Args:
        guild: With `id`, `owner_id` and `roles`.
        member: With `user` and `roles`.
        channel: With `permission_overwrites`.
    """
    user_id, guild_id = str(member["user"]["id"]), str(guild["id"])
    own = {str(role) for role in member.get("roles") or ()}
    base = 0
    for role in guild.get("roles") or ():
        if str(role["id"]) == guild_id or str(role["id"]) in own:
            base |= int(role["permissions"])
    if base & _ADMINISTRATOR or str(guild.get("owner_id")) == user_id:
        return sum(NEEDED.values()) | base
    overwrites = {str(one["id"]): one for one in channel.get("permission_overwrites") or ()}
    # First everyone's, then all roles' together, at last the member's own: each denies, then allows.
    for group in ([guild_id], sorted(own - {guild_id}), [user_id]):
        found = [overwrites[one] for one in group if one in overwrites]
        for one in found:
            base &= ~int(one.get("deny") or 0)
        for one in found:
            base |= int(one.get("allow") or 0)
    return base


def list_missing(permissions: int) -> tuple[str, ...]:
    """Return the names of those that are needed and not there; without View Channel nothing else counts."""
    held = permissions if permissions & VIEW else 0
    return tuple(name for name, bit in NEEDED.items() if not held & bit)
