"""A click on a rehearsal's card in a chat is a click on that rehearsal: its card carries it in the incident's place."""

import pytest

from fermata.domain.held_experiment import ExperimentState
from fermata.domain.ids import IncidentId, PersonId
from fermata.domain.proposal import Ruling
from fermata.flows.decide import Clicker, Decisions
from fermata.flows.desk import Counter
from fermata.flows.desk_commands import Commands
from fermata.kit.digest import shorten
from fermata.ports.desk import Guest


async def click(bench, held_id, nonce, ruling=Ruling.APPROVE, **guest):
    """Press a button as Dana, unless another guest is named."""
    counter = Counter(bench.flow, Decisions(bench.flow), Commands(bench.flow), bench.experiments)
    whom = Guest(**({"channel": "console", "handle": "dana", "name": "Dana"} | guest))
    return await counter.decide(whom, ruling, incident_id=IncidentId(held_id), nonce=nonce, reason="lunch")


async def test_click_on_the_card_approves(bench):
    """The first digits of the digest name what was shown."""
    held = await bench.propose()

    reply = await click(bench, held.id, shorten(held.digest))

    assert (reply.ok, reply.text) == (True, "Approved by dana. 1 of 1 approvals.")
    assert await bench.state(held) is ExperimentState.APPROVED


async def test_click_on_the_card_rejects(bench):
    """With its reason."""
    held = await bench.propose()

    assert (await click(bench, held.id, shorten(held.digest), Ruling.REJECT)).ok
    assert (await bench.show(held)).held.reason == "Rejected by dana: lunch"


@pytest.mark.parametrize(
    ("nonce", "guest", "words"),
    [
        ("00000000", {}, "what was shown"),
        ("", {}, "what was shown"),
        (None, {"handle": "max"}, "this needs role oncall"),
        (None, {"bot": True}, "is a machine account"),
        (None, {"barred": "you are a guest"}, "lets you decide nothing"),
    ],
)
async def test_click_that_does_not_count_is_answered(bench, nonce, guest, words):
    """Another card, no digest, the wrong role, a machine, a guest."""
    held = await bench.propose()

    reply = await click(bench, held.id, shorten(held.digest) if nonce is None else nonce, **guest)

    assert not reply.ok
    assert words in reply.text
    assert await bench.state(held) is ExperimentState.PROPOSED


async def test_click_by_a_handle_that_is_somebody_elses_by_then_decides_nothing(bench):
    """A link was taken back after it was looked up: whose handle it is, is settled in the transaction that writes."""
    held = await bench.propose()
    clicker = Clicker(channel="console", handle="left", person=bench.flow.people[PersonId("dana")])

    word = await bench.experiments.decide_for(clicker, held.id, Ruling.APPROVE, shown_digest=held.digest)

    assert (word.accepted, word.rule) == (False, "unknown_person")
    assert await bench.state(held) is ExperimentState.PROPOSED


async def test_click_on_a_card_of_nothing_is_answered(bench):
    """The row is gone, or never was."""
    reply = await click(bench, "exp-none", "00000000")

    assert not reply.ok
    assert "There is no experiment" in reply.text


async def test_card_is_found_while_somebody_writes_why_not(bench):
    """A chat asks for a reason in a window of its own, and looks whether the card still waits."""
    held = await bench.propose()
    counter = Counter(bench.flow, Decisions(bench.flow), Commands(bench.flow), bench.experiments)

    assert (await counter.find_card(IncidentId(held.id))).can_decide
    await bench.decide(held)
    assert not (await counter.find_card(IncidentId(held.id))).can_decide
    assert await counter.find_card(IncidentId("exp-none")) is None
