"""What every channel has to keep to, as tests: subclass, say what was shown, and pytest collects the rest."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from fermata.domain.card import Card, CardRow, CardSection, Quote, Tone
from fermata.domain.ids import IncidentId, ProposalId
from fermata.kit.errors import OperationalError
from fermata.ports.channel import Channel
from fermata.testing.requiring import require

DIFF = """--- conf.d/checkout.ini
+++ conf.d/checkout.ini
@@ -1,3 +1,3 @@
 [program:checkout]
-command=/bin/sh -c "ulimit -d 65536; exec python services/checkout.py --listen 127.0.0.1:8001 --log-level info"
+command=/bin/sh -c "ulimit -d 131072; exec python services/checkout.py --listen 127.0.0.1:8001 --log-level info"
 autorestart=true
"""


def build_card(*, value: str = "131072", tone: Tone = Tone.BAD) -> Card:
    """Return a card with every kind of part, long lines, and text that other people wrote."""
    return Card(
        incident_id=IncidentId("inc-1"),
        title="[critical] checkout: CheckoutDown",
        subtitle="since 12:00:10 UTC",
        tone=tone,
        sections=(
            CardSection(
                heading="Proposed",
                paragraphs=(
                    "Raise the memory limit of checkout, which " + "needs more than it may have, " * 6 + "and ends.",
                ),
                rows=(
                    CardRow(label="action", text="supervisor.set_memory_limit"),
                    CardRow(label="parameter limit_bytes", text=value, tone=Tone.WARN),
                    CardRow(label="plan digest", text="sha256:" + "0123456789abcdef" * 4, tone=Tone.QUIET),
                    CardRow(label="undo", text="put the limit back:  65536", tone=Tone.GOOD),
                ),
                quotes=(
                    Quote(source="checkout stderr", evidence_id="ev-1", line=42, text="MemoryError: out of memory"),
                ),
                diff=DIFF,
            ),
            CardSection(heading="Approval", rows=(CardRow(label="who", text="1 of role oncall: alice, bob"),)),
        ),
        proposal_id=ProposalId("prop-1"),
        plan_digest="sha256:" + "0123456789abcdef" * 4,
        can_decide=True,
        expires_at=datetime(2026, 11, 23, 12, 30, tzinfo=UTC),
        footer="Valid until 12:30 UTC",
    )


def build_long_card(lines: int = 10_000) -> Card:
    """Return a card whose diff is longer than any message of a chat, each line of it different."""
    head = f"--- conf.d/checkout.ini\n+++ conf.d/checkout.ini\n@@ -1,0 +1,{lines} @@\n"
    card = build_card()
    first = card.sections[0].model_copy(
        update={"diff": head + "".join(f"+setting_{number} = {number * 7919 % 10_007}\n" for number in range(lines))}
    )
    return card.model_copy(update={"sections": (first, *card.sections[1:])})


class ChannelContract:
    """The suite. A subclass is named `Test...` and implements the first three methods.

    The further ones are for channels that find a message again (find-or-post), that have rooms, or buttons: one that
    does not implement them keeps the default, and the tests of that part hold nothing against it.
    """

    def make_channel(self) -> Channel:
        """Return the channel under test; `read_shown` speaks of the latest one made."""
        raise NotImplementedError

    def read_shown(self) -> str:
        """Return all that people have been shown so far, as text."""
        raise NotImplementedError

    def break_channel(self) -> None:
        """Make the latest channel unreachable."""
        raise NotImplementedError

    def count_messages(self) -> int | None:
        """Return how many messages with cards there are now; `None` where a message cannot be found again."""
        return None

    def lose_answer(self) -> None:
        """Let the service take the next message of the latest channel, and lose its answer."""
        raise NotImplementedError

    def has_buttons(self) -> bool | None:
        """Answer whether the newest message can be decided; `None` where nothing can be pressed."""
        return None

    def choose_room(self) -> str:
        """Return a room besides the one of the settings; empty where there is one place only."""
        return ""

    def read_room(self, room: str) -> str:
        """Return what people in that room have been shown."""
        raise NotImplementedError

    async def test_card_is_shown_whole(self) -> None:
        """A person decides on what they see: every part is there, diffs and digests unbroken."""
        card = build_card()

        await self.make_channel().deliver(card, key="inc-1", receipt=None)

        shown = self.read_shown()
        for line in DIFF.splitlines():
            require(line in shown, f"a line of the diff is missing or broken: {line}")
        require(card.plan_digest in shown, "the digest is missing or broken")
        squeezed = _squeeze(shown)
        for part in card.to_text().splitlines():
            require(_squeeze(part) in squeezed, f"missing: {part}")

    async def test_receipt_finds_the_message_again(self) -> None:
        """A delivery gives a receipt, and the next one with it shows the card as it is now."""
        channel = self.make_channel()

        receipt = await channel.deliver(build_card(), key="inc-1", receipt=None)
        again = await channel.deliver(build_card(value="262144"), key="inc-1", receipt=receipt)

        require(bool(receipt) and bool(again), "an empty receipt")
        require("262144" in self.read_shown(), "the changed card is not shown")

    async def test_delivery_without_its_receipt_still_shows_the_card(self) -> None:
        """A crash may lose the receipt: the card is found or shown again, and nothing fails."""
        channel = self.make_channel()
        await channel.deliver(build_card(), key="inc-1", receipt=None)

        await channel.deliver(build_card(value="262144"), key="inc-1", receipt=None)

        require("262144" in self.read_shown(), "the card is not shown")

    async def test_unreachable_channel_is_an_operational_error(self) -> None:
        """The outbox tries again later; so the failure has to say that it is one."""
        channel = self.make_channel()
        self.break_channel()

        try:
            await channel.deliver(build_card(), key="inc-1", receipt=None)
        except OperationalError as error:
            require(bool(error.what and error.do), "the error does not say what to do")
        else:
            raise AssertionError("delivered to nowhere")

    async def test_diff_of_ten_thousand_lines_is_shown_whole(self) -> None:
        """A limit of the service shortens nothing: what would be approved can be read, line by line."""
        card = build_long_card()

        await self.make_channel().deliver(card, key="inc-1", receipt=None)

        shown = {line.strip() for line in self.read_shown().splitlines()}
        lost = [line for line in card.sections[0].diff.splitlines() if line.strip() and line.strip() not in shown]
        require(not lost, f"{len(lost)} lines of the diff are missing, the first is {lost[:1]}")

    async def test_lost_answer_makes_no_second_message(self) -> None:
        """The service took the message and its answer was lost: the next delivery finds it."""
        channel = self.make_channel()
        if self.count_messages() is None:
            return
        self.lose_answer()
        receipt = None
        for _ in range(3):
            try:
                receipt = await channel.deliver(build_card(), key="inc-1", receipt=receipt)
            except OperationalError:
                continue
        await channel.deliver(build_card(value="262144"), key="inc-1", receipt=receipt)

        require(self.count_messages() == 1, f"{self.count_messages()} messages instead of one")
        require("262144" in self.read_shown(), "the changed card is not shown")

    async def test_keys_are_messages_of_their_own(self) -> None:
        """Two incidents are two messages, however often each changes."""
        channel = self.make_channel()
        for key in ("inc-1", "inc-2", "inc-1"):
            await channel.deliver(build_card(), key=key, receipt=None)

        require(self.count_messages() in (None, 2), f"{self.count_messages()} messages instead of two")

    async def test_decided_card_has_no_buttons(self) -> None:
        """The message that is there loses what must not be pressed any more."""
        channel = self.make_channel()
        card = build_card()

        receipt = await channel.deliver(card, key="inc-1", receipt=None)
        before = self.has_buttons()
        await channel.deliver(card.model_copy(update={"can_decide": False}), key="inc-1", receipt=receipt)

        require(before in (None, True), "a card that can be decided has no buttons")
        require(self.has_buttons() in (None, False), "a decided card still has its buttons")

    async def test_room_gets_its_own_message(self) -> None:
        """The same incident in two places is two messages, and each is found again."""
        channel = self.make_channel()
        room = self.choose_room()
        if not room:
            return
        for _ in range(2):
            await channel.deliver(build_card(), key="inc-1", receipt=None)
            await channel.deliver(build_card(value="262144"), key="inc-1", receipt=None, room=room)

        require(self.count_messages() in (None, 2), f"{self.count_messages()} messages instead of two")
        require("262144" in self.read_room(room), "the room was shown nothing, or something else")


def _squeeze(text: str) -> str:
    """Wrapping, indents and letter case are the channel's own affair."""
    return re.sub(r"\s+", "", text).lower()
