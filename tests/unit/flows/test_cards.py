"""Cards: made anew from the rows, redacted as a whole, queued once for each channel."""

import pytest
from tests.unit.flows.stage import ALICE, WELL, Scripted, make_alert

from fermata.domain.card import Card, CardRow, CardSection, Quote
from fermata.domain.proposal import Ruling
from fermata.flows.cards import (
    find_page,
    has_marked_cards,
    mark_card,
    redact_card,
    refresh_card,
    refresh_marked_cards,
)
from fermata.flows.deliver import deliver_due

SECRET = "api_key=k3yk3yk3yk3y"
DIGEST = "sha256:" + "0123456789abcdef" * 4


def test_every_text_of_a_card_is_redacted():
    """Title, paragraphs, rows, quotes, diff and footer pass the choke point; what is compared stays as it is."""
    section = CardSection(
        heading=SECRET,
        paragraphs=(SECRET,),
        rows=(CardRow(label=SECRET, text=SECRET),),
        quotes=(Quote(source=SECRET, evidence_id="ev-1", line=1, text=SECRET),),
        diff=f"+{SECRET}",
    )
    card = Card(
        incident_id="inc-1",
        title=SECRET,
        subtitle=SECRET,
        sections=(section,),
        proposal_id="prop-1",
        plan_digest=DIGEST,
        footer=SECRET,
    )

    redacted = redact_card(card)

    assert "k3yk3y" not in str(redacted.to_json())
    assert (redacted.incident_id, redacted.proposal_id, redacted.plan_digest) == ("inc-1", "prop-1", DIGEST)
    assert redacted.sections[0].quotes[0].evidence_id == "ev-1"


def test_card_without_secrets_is_unchanged():
    """Redaction does not rewrite what is harmless: the card that is approved is the card that was made."""
    card = Card(incident_id="inc-1", title="checkout is down", sections=(CardSection(heading="Why", diff="+a\n-b"),))

    assert redact_card(card) == card


async def test_secret_in_an_alert_reaches_no_channel(chatty_stage, channel):
    """An annotation is text from outside: a secret in it is redacted on the card that goes out."""
    alert = make_alert() | {"annotations": {"summary": f"it said {SECRET}"}}
    await chatty_stage.send(alert)

    await deliver_due(chatty_stage.context)

    assert "[redacted:" in channel.cards[0].to_text()
    assert "k3yk3y" not in channel.cards[0].to_text()


async def test_mark_is_taken_by_the_refresh(chatty_stage):
    """A marked card is made once, and its mark is gone then."""
    receipt = await chatty_stage.send()
    context = chatty_stage.context

    made = await chatty_stage.store.write(
        lambda transaction: (
            mark_card(transaction, context, receipt.incidents[0]),
            refresh_marked_cards(transaction, context, chatty_stage.clock.now()),
        )
    )

    assert made[1] == 1
    assert not await chatty_stage.store.read(has_marked_cards)


async def test_refreshed_card_waits_for_every_channel(chatty_stage):
    """A change queues the incident's card, as the newest of its key."""
    receipt = await chatty_stage.send()

    await chatty_stage.store.write(
        lambda transaction: refresh_card(
            transaction, chatty_stage.context, receipt.incidents[0], chatty_stage.clock.now()
        )
    )

    (entry,) = await chatty_stage.store.read(lambda transaction: transaction.outbox.list_due(chatty_stage.clock.now()))
    assert (entry.channel, entry.key) == ("chat", receipt.incidents[0])


async def test_stored_plan_that_is_no_plan_any_more_is_a_note(stage):
    """A damaged plan row takes the button away and says so; the rest of the card stands."""
    view = await stage.hold()
    with stage.store.begin() as transaction:
        transaction.connection.exec_driver_sql("UPDATE plans SET record = '{}'")

    card = (await stage.show(view.incident.id)).card

    assert not card.can_decide
    assert "The stored plan cannot be read and will not run" in card.to_text()
    assert "CheckoutDown" in card.to_text()


async def test_last_reason_stands_on_the_card_until_the_next_look(stage):
    """Why a person must act is shown, and goes when the incident is looked at again."""
    view = await stage.hold(make_alert("BillingDown", "billing"))
    stage.rehearsal.hand.write({"billing": stage.rehearsal.hand.read()["checkout"]})
    before = view.card.to_text()

    await stage.house.curation.investigate_again(view.incident.id, ALICE)
    await stage.engine.drain()

    assert "No plan: the cause is undetermined." in before
    assert "No plan" not in (await stage.show(view.incident.id)).card.to_text()


async def test_plan_of_an_earlier_look_goes_when_the_next_one_finds_nothing(stage):
    """Below "no plan" it would read as if it could be done; while the incident has only ended, it stays to be read."""
    view = await stage.hold()
    await stage.resolve()
    ended = (await stage.show(view.incident.id)).card.to_text()
    stage.rehearsal.hand.write({"checkout": WELL})

    await stage.send(make_alert(at=-1))
    await stage.house.curation.investigate_again(view.incident.id, ALICE)
    await stage.engine.drain()
    again = (await stage.show(view.incident.id)).card

    assert "rehearsal.set_memory_limit" in ended
    assert "No plan" in again.to_text()
    assert "rehearsal.set_memory_limit" not in again.to_text()
    assert "Plan digest" not in again.to_text()
    assert (again.proposal_id, again.plan_digest, again.can_decide) == (None, "", False)


async def test_rejection_stands_on_the_card_of_the_next_look(stage):
    """The same plan held again, a minute later, says who rejected it and why."""
    view = await stage.hold()
    await stage.decide(view, Ruling.REJECT, reason="left stopped on purpose")

    await stage.house.curation.investigate_again(view.incident.id, ALICE)
    await stage.engine.drain()
    again = (await stage.show(view.incident.id)).card.to_text()

    assert "Rejected before" in again
    assert "left stopped on purpose" in again


@pytest.mark.parametrize(
    ("public_url", "page"),
    [
        ("https://fermata.example.com/", "https://fermata.example.com/incidents/inc-1"),
        ("http://10.0.0.7:8714/ops", "http://10.0.0.7:8714/ops/incidents/inc-1"),
        ("", ""),
        ("fermata.example.com", ""),
        ("javascript:alert(1)", ""),
        ("https://fermata.example.com/) [x](https://evil.example", ""),
    ],
)
def test_page_of_an_incident_is_a_web_address_or_none(public_url, page):
    """A link that leads nowhere, or ends in the middle, is worse than none."""
    assert find_page(public_url, "inc-1") == page


async def test_cards_say_where_their_page_is(build_stage, channel):
    """Those that are made anew, and those that a chat asks for."""
    stage = build_stage(Scripted(channel=channel), server={"public_url": "https://fermata.example.com"})
    receipt = await stage.send()
    page = f"https://fermata.example.com/incidents/{receipt.incidents[0]}"

    await deliver_due(stage.context)

    assert channel.cards[0].page == page
    assert (await stage.house.desk.find_card(receipt.incidents[0])).page == page
