"""What whoever approved at a terminal hears while the plan is carried out elsewhere."""

import time

import pytest

from fermata.cli import deciding
from fermata.domain.proposal import ProposalState


@pytest.fixture
def held(desk):
    """Give the view of an incident whose plan is held."""
    return desk.send()


def test_whoever_waits_hears_that_the_serving_process_has_gone(desk, held, monkeypatch):
    """It died after the approval: that the incident is still held is no news of what was approved."""
    monkeypatch.setattr(deciding, "_WORD_EVERY_S", 0.5)

    with desk.serving_inline(held, lambda _: time.sleep(2)):
        result = desk.run("approve", "--digest", held.plan.digest)

    assert "No process serves this store at the moment. Nothing goes on until you start `fermata up`" in result.err


def test_whoever_waits_hears_that_the_store_is_away(desk, held, monkeypatch):
    """The word is given and kept: the command goes on to wait, and says what it cannot read."""
    monkeypatch.setattr(deciding, "_WORD_EVERY_S", 0.25)
    store = desk.folder / "state" / "fermata.db"

    def take_away(house):
        store.rename(store.with_suffix(".away"))
        time.sleep(2)
        store.with_suffix(".away").rename(store)

    with desk.serving_inline(held, take_away):
        result = desk.run("approve", "--digest", held.plan.digest)

    assert "The approval stands, and how far it has come cannot be read now. The store at" in result.err
    assert desk.show(held.incident.id).proposal.state is ProposalState.EXECUTED


def test_whoever_waits_hears_what_the_verification_waits_for(desk, held, monkeypatch):
    """That the incident is `verifying` tells nobody why it takes minutes, and what would end it."""
    monkeypatch.setattr(deciding, "_WORD_EVERY_S", 0.25)

    with desk.serving_inline(held):
        result = desk.run("approve", "--digest", held.plan.digest)

    assert (
        "The plan was carried out; whether it helped is measured until CheckoutDown no longer fires or the time for "
        "that is up (0 s so far). Ctrl-C ends the waiting only."
    ) in " ".join(result.err.split())
