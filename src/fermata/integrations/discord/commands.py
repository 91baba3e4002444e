"""The slash commands: made once in the server, and made anew only when they are others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fermata.integrations.discord.answers import read_object
from fermata.integrations.discord.client import DiscordClient
from fermata.kit.log import get_log

_log = get_log("discord")
_SUBCOMMAND, _TEXT = 1, 3


def _text(name: str, description: str, *, required: bool) -> dict[str, Any]:
    return {"type": _TEXT, "name": name, "description": description, "required": required}


def _word(name: str, description: str, *options: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": _SUBCOMMAND, "name": name, "description": description, "options": list(options)}


_DRAFT_OPTIONS: Sequence[Mapping[str, Any]] = (
    _text("incident", "inc-...; without it, the last one of this channel", required=False),
    {
        **_text("share", "Let the channel see the answer", required=False),
        "choices": [{"name": "yes", "value": "share"}],
    },
)
COMMANDS: Sequence[Mapping[str, Any]] = (
    {
        "type": 1,
        "name": "fermata",
        "description": "Incidents, questions, halt and resume",
        "options": [
            _word("status", "Whether anything is halted, and what waits for a person"),
            _word("incidents", "What is going on"),
            _word(
                "ask",
                "An answer from live state",
                _text("question", "Why is checkout slow?", required=True),
                _text("incident", "Of one incident: inc-... or latest", required=False),
            ),
            _word("halt", "No action starts any more, at once", _text("reason", "Why", required=True)),
            _word("resume", "Actions may start again"),
            _word(
                "resolve",
                "It is over, fixed by hand; a plan that waits is withdrawn",
                _text("incident", "inc-...", required=True),
                _text("reason", "What ended it", required=True),
            ),
            # As in every other channel, and as `help` says; the one below is quicker to find.
            _word("generate-postmortem", "Draft the post-mortem of an incident", *_DRAFT_OPTIONS),
            _word("link", "Say who you are to Fermata", _text("code", "What `fermata link` printed", required=True)),
            _word("help", "What there is"),
        ],
    },
    {
        "type": 1,
        "name": "generate-postmortem",
        "description": "Draft the post-mortem of an incident",
        "options": [*_DRAFT_OPTIONS],
    },
)
"""As Discord takes them; names and descriptions within 32 and 100 characters."""


async def register_commands(client: DiscordClient, application_id: str, channel_id: str) -> bool:
    """Make the commands in the channel's server, unless they are there as they should be; answer whether it did.

    Raises:
        OperationalError: Discord refuses: the bot was invited without `applications.commands`.
    """
    call = "looking at the channel"
    channel = read_object(await client.ask(call, "GET", f"/channels/{channel_id}"), call, "guild_id")
    path = f"/applications/{application_id}/guilds/{channel['guild_id']}/commands"
    known = await client.ask("listing the slash commands", "GET", path)
    if _are_same(known):
        return False
    await client.ask("making the slash commands", "PUT", path, body=[dict(command) for command in COMMANDS])
    _log.info("discord.commands_made", count=len(COMMANDS))
    return True


def _are_same(known: Sequence[Mapping[str, Any]]) -> bool:
    by_name = {str(command.get("name")): command for command in known}
    return set(by_name) == {str(command["name"]) for command in COMMANDS} and all(
        _covers(by_name[str(command["name"])], command) for command in COMMANDS
    )


def _covers(found: Any, wanted: Any) -> bool:
    """Compare what we say only: Discord adds fields, and leaves out those that are empty or false."""
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and all(_covers(found.get(name), value) for name, value in wanted.items())
    if isinstance(wanted, list):
        found = found or []
        return len(found) == len(wanted) and all(map(_covers, found, wanted))
    return bool(found == wanted or (not wanted and not found))
