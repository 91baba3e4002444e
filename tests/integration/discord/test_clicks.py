"""Clicks, forms and commands: each is taken to the desk and answered to whoever made it."""

from fermata.domain.proposal import Ruling
from fermata.testing.discord.guild import ALICE


async def test_approve_counts_and_is_answered_to_whoever_clicked(discord, card, desk, listen, told):
    """The desk gets the incident and the digits of the plan that was seen; the answer is for the clicker alone."""
    async with listen(desk):
        click = await discord.gateway.click(ALICE, card.id, "approve")
        said = await told(ALICE)

    guest, ruling, incident_id, nonce, _ = desk.asked[0]
    assert (guest.channel, guest.handle, guest.name, guest.bot) == ("discord", ALICE, "Alice", False)
    assert (ruling, incident_id, nonce) == (Ruling.APPROVE, "inc-1", "0123456789abcdef")
    assert (said["text"], said["public"], click.kind) == ("Approved by alice.", False, 4)
