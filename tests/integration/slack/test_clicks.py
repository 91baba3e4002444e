"""Clicks over a real socket: taken by the desk, acknowledged, answered."""

from fermata.domain.proposal import Ruling
from fermata.testing.channel_contract import build_card


async def test_approval_is_taken_acknowledged_and_answered(slack, channel, desk, listen, told):
    """The desk gets who, what and which plan; whoever clicked is told, and nobody else."""
    await channel.deliver(desk.card, key="inc-1", receipt=None)
    (message,) = slack.space.list_cards()

    async with listen(desk):
        ack = await slack.sockets.click("UALICE", message.ts, "approve")
        said = await told("UALICE")

    assert ack.acked
    ((guest, ruling, incident_id, nonce, _),) = desk.asked
    assert (guest.channel, guest.handle, guest.name, guest.bot, guest.barred) == ("slack", "UALICE", "alice", False, "")
    assert (ruling, incident_id, nonce) == (Ruling.APPROVE, "inc-1", build_card().plan_digest[7:23])
    assert (said["text"], said["response_type"]) == ("Approved by alice.", "ephemeral")
    assert len(slack.space.whispers) == 1
