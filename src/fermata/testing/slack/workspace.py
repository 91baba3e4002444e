"""What a Slack workspace holds: people, channels, messages, files. The fake's memory; no network in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from fermata.kit.clock import Clock

BOT_TOKEN = "xoxb-1-2-pretend"  # noqa: S105 - for a server of our own
APP_TOKEN = "xapp-1-A1-2-pretend"  # noqa: S105 - as above
SIGNING_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"  # noqa: S105 - the one of Slack's own documentation
ALL_SCOPES = (
    "channels:history",
    "chat:write",
    "commands",
    "files:read",
    "files:write",
    "groups:history",
    "pins:read",
    "reactions:read",
    "usergroups:read",
    "users:read",
)
ALL_EVENTS = (
    "message.channels",
    "message.groups",
    "pin_added",
    "pin_removed",
    "reaction_added",
    "reaction_removed",
    "user_change",
)


class Refused(Exception):
    """What a method answers with `ok: false`."""

    def __init__(self, code: str, **more: Any) -> None:
        self.code = code
        self.more = more
        super().__init__(code)


@dataclass(slots=True)
class SlackUser:
    """Somebody in the workspace."""

    id: str
    name: str
    is_bot: bool = False
    is_restricted: bool = False
    """A guest."""
    is_stranger: bool = False
    """Of another workspace, and in no channel shared with the app."""
    team_id: str = "T0ACME"
    deleted: bool = False
    real_name: str = ""
    tz: str = "Europe/Berlin"


@dataclass(slots=True)
class SlackMessage:
    """One message, as it is now."""

    ts: str
    text: str
    blocks: list[dict[str, Any]]
    thread_ts: str = ""
    metadata: dict[str, Any] | None = None
    user: str = "UFERMATA"
    files: list[str] = field(default_factory=list)
    """Ids of files that came with it."""
    edits: int = 0
    seen: list[list[dict[str, Any]]] = field(default_factory=list)
    """What it showed before each edit."""
    subtype: str = ""
    edited_ts: str = ""
    """When a person last edited it."""
    reactions: dict[str, list[str]] = field(default_factory=dict)
    """Who reacted, by the reaction's name."""
    is_pinned: bool = False
    attachments: list[dict[str, Any]] = field(default_factory=list)
    bot_name: str = ""
    """The name that another app's message goes under; `user` is empty then."""


@dataclass(slots=True)
class SlackFile:
    """One uploaded file."""

    id: str
    name: str
    length: int
    content: bytes | None = None
    title: str = ""
    channel: str = ""
    thread_ts: str = ""


@dataclass(slots=True)
class SlackConversation:
    """One channel."""

    id: str
    name: str
    is_private: bool = False
    is_archived: bool = False
    has_app: bool = True
    messages: list[SlackMessage] = field(default_factory=list)


class SlackWorkspace:
    """All of it, with one app installed."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.scopes = list(ALL_SCOPES)
        self.bot_token = BOT_TOKEN
        self.app_token = APP_TOKEN
        self.revoked: str = ""
        """Slack's code for every call with the bot's token: `token_revoked`."""
        self.subscribed = set(ALL_EVENTS)
        """Events that the app asked for."""
        self.page_size = 1000
        """Most objects of one page, whatever was asked for: small ones make a client turn pages."""
        self.is_held_short = False
        """Whether history gives 15 messages a minute, as to apps distributed outside of Slack's Marketplace."""
        self._last_turn: datetime | None = None
        self.users = {
            user.id: user
            for user in (
                SlackUser("UALICE", "alice"),
                SlackUser("UBOB", "bob"),
                SlackUser("UMALLORY", "mallory"),
                SlackUser("UGUEST", "guest", is_restricted=True),
                SlackUser("USTRANGER", "stranger", is_stranger=True, team_id="T0OTHER"),
                SlackUser("UPARTNER", "partner", team_id="T0OTHER"),
                SlackUser("UROBOT", "robot", is_bot=True),
                SlackUser("UFERMATA", "fermata", is_bot=True),
            )
        }
        self.groups: dict[str, list[str]] = {"SONCALL": ["UALICE", "UBOB"], "SLEADS": ["UBOB"]}
        """Members of each user group."""
        self.channels = {
            channel.id: channel
            for channel in (
                SlackConversation("C0INCIDENTS", "incidents"),
                SlackConversation("C0OTHER", "other"),
                SlackConversation("C0WITHOUT", "without", has_app=False),
                SlackConversation("G0SECRET", "secret", is_private=True, has_app=False),
            )
        }
        self.files: dict[str, SlackFile] = {}
        self.views: list[dict[str, Any]] = []
        """Modals that were opened, with `trigger_id`."""
        self.triggers: set[str] = set()
        """Ids of interactions that a modal may answer to."""
        self.whispers: list[dict[str, Any]] = []
        """Messages that one person sees: by response address and by `chat.postEphemeral`."""
        self._last_micros = 0

    def next_ts(self) -> str:
        """Return an id for a message: later than all before it."""
        self._last_micros = max(self._last_micros + 1, int(self.clock.now().timestamp() * 1_000_000))
        return f"{self._last_micros // 1_000_000}.{self._last_micros % 1_000_000:06d}"

    def require_turn(self) -> int:
        """Return how many messages of a history this call may have.

        Raises:
            Refused: The last call is less than a minute ago, and the app is held short.
        """
        if not self.is_held_short:
            return self.page_size
        now = self.clock.now()
        if self._last_turn is not None and now - self._last_turn < timedelta(minutes=1):
            raise Refused("ratelimited")
        self._last_turn = now
        return 15

    def find_message(self, channel: str, ts: str) -> SlackMessage | None:
        """Return a message, in a thread or not."""
        return next((one for one in self.channels[channel].messages if one.ts == ts), None)

    def delete(self, channel: str, ts: str) -> None:
        """Delete a message, as a person may."""
        messages = self.channels[channel].messages
        messages[:] = [one for one in messages if one.ts != ts]

    def list_cards(self, channel: str = "C0INCIDENTS") -> list[SlackMessage]:
        """Return the messages that are in no thread, oldest first."""
        return [one for one in self.channels[channel].messages if not one.thread_ts]

    def list_thread(self, ts: str, channel: str = "C0INCIDENTS") -> list[SlackMessage]:
        """Return the replies to a message."""
        return [one for one in self.channels[channel].messages if one.thread_ts == ts]

    def read(self, channel: str = "C0INCIDENTS") -> str:
        """Return all that is to be seen in a channel, files included."""
        said: list[str] = []
        for message in self.channels[channel].messages:
            said += [read_blocks(message.blocks) or message.text]
            said += [(self.files[one].content or b"").decode() for one in message.files]
        return "\n".join(said)


def read_blocks(blocks: Any) -> str:
    """Return the text of blocks as a person reads it: runs joined, blocks and parts on lines of their own."""
    if isinstance(blocks, list):
        return "\n".join(filter(None, map(read_blocks, blocks)))
    if not isinstance(blocks, dict):
        return ""
    kind = blocks.get("type")
    if kind == "link":
        return f"{blocks.get('text', '')} ({blocks['url']})"
    if kind in ("plain_text", "mrkdwn", "text"):
        return str(blocks["text"])
    if kind in ("rich_text_section", "rich_text_preformatted"):
        return "".join(map(read_blocks, blocks["elements"]))
    return "\n".join(
        filter(None, (read_blocks(blocks[key]) for key in ("text", "fields", "elements", "label") if key in blocks))
    )


def list_buttons(blocks: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the buttons of a message by their action's id."""
    return {
        element["action_id"]: {**element, "block_id": block.get("block_id", "b1")}
        for block in blocks
        if block["type"] == "actions"
        for element in block["elements"]
    }
