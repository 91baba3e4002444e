"""Signed webhooks that come again change nothing, and lose no alert."""

from datetime import timedelta

import pytest
from tests.unit.flows.stage import make_alert, write_body

from fermata.domain.alert import Signed
from fermata.domain.incident import IncidentState

FIRING, ENDED = write_body(make_alert()), write_body(make_alert(status="resolved"))


@pytest.fixture
def send(stage):
    """Give what sends a signed body; each time that is signed along is another signature."""

    async def send(body, stamp=""):
        signed = Signed(digest=f"sha256:{stamp}{hash(body)}", is_stamped=bool(stamp))
        return await stage.house.intake.receive("alertmanager", body, signed)

    return send


async def find_state(stage):
    """Give the state of the only incident."""
    (incident,) = await stage.house.readings.list_incidents()
    return incident.state


@pytest.mark.parametrize("recorded", [FIRING, ENDED])
async def test_stamped_webhook_that_comes_again_is_the_delivery_it_was(stage, send, recorded):
    """It is answered, and neither opens what is over nor ends what goes on."""
    stamps = iter("abcd")
    bodies = [FIRING, ENDED] if recorded is FIRING else [FIRING, ENDED, FIRING]
    taken = {}
    for body in bodies:
        taken.setdefault(body, stamp := next(stamps))
        await send(body, stamp)
        stage.clock.advance(timedelta(minutes=2))
    before = await find_state(stage)

    receipt = await send(recorded, taken[recorded])

    assert await find_state(stage) is before
    assert (receipt.alerts, receipt.new, receipt.incidents) == (1, 0, ())
    assert receipt.held_back == ("this very message came before",)


async def test_end_is_not_taken_again_from_the_same_body(stage, send):
    """Without a time, too: what was recorded at an end does not end the firing that came since."""
    for body in (FIRING, ENDED, FIRING):
        await send(body)
        stage.clock.advance(timedelta(minutes=2))
    assert await find_state(stage) is not IncidentState.RESOLVED

    receipt = await send(ENDED)

    assert await find_state(stage) is not IncidentState.RESOLVED
    assert receipt.held_back == ("this very body came before: that 1 of its alerts are over is not taken again",)


async def test_firing_that_comes_again_in_the_same_words_is_not_lost(stage, send):
    """A source that lost sight of it sends no other ones, also where the body held an end besides."""
    body = write_body(make_alert(), make_alert("Other", "mail", status="resolved"))
    for sent in (body, ENDED):
        await send(sent)
        stage.clock.advance(timedelta(minutes=2))
    assert await find_state(stage) is IncidentState.RESOLVED

    await send(body)

    assert await find_state(stage) is not IncidentState.RESOLVED


async def test_what_was_signed_is_forgotten_after_a_while(stage, send):
    """Stamped ones after the door refuses them anyway, ends after a day; the next one makes room."""

    def count(transaction):
        return [transaction.deliveries.has("intake/stamped", f"sha256:a{hash(FIRING)}"),
                transaction.deliveries.has("intake/plain", f"sha256:{hash(ENDED)}")]  # fmt: skip

    await send(FIRING, "a")
    await send(ENDED)
    known = await stage.store.read(count)
    stage.clock.advance(timedelta(hours=25))
    await send(FIRING, "b")
    await send(write_body(make_alert(status="resolved", at=90_000)))

    assert known == [True, True]
    assert await stage.store.read(count) == [False, False]


async def test_unsigned_webhooks_are_never_left_out(stage):
    """A token says nothing of a body, and whoever has it sends what they like."""
    for body in (FIRING, ENDED, FIRING, ENDED):
        receipt = await stage.house.intake.receive("alertmanager", body)
        stage.clock.advance(timedelta(minutes=2))

    assert (await find_state(stage), receipt.held_back) == (IncidentState.RESOLVED, ())
