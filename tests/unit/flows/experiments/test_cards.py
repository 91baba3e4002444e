"""The card of a rehearsal shows all that is approved, and later what came of it."""

from datetime import date

import pytest
from tests.unit.flows.stage import ScriptedChannel

from fermata.domain.card import Tone
from fermata.domain.held_experiment import ExperimentApproval, ExperimentState
from fermata.flows.experiments.cards import compose_card, queue_card
from fermata.kit.digest import canonical_json
from fermata.testing.experiments import make_cluster_experiment, make_experiment, make_held, make_result
from fermata.testing.records import NOON

YES = ExperimentApproval(
    person_id="dana", role="oncall", channel="console", digest="sha256:00", approved_at=NOON, expires_at=NOON
)


def test_waiting_card_shows_all_that_is_approved():
    """The experiment to its last field, what would be created, and the digest the buttons carry."""
    held = make_held(preview="ttl_s: 3")

    card = compose_card(held)

    assert canonical_json(held.experiment.to_json()) in card.to_text()
    assert "ttl_s: 3" in card.to_text()
    assert card.can_decide
    assert (card.plan_digest, card.proposal_id, card.expires_at) == (held.digest, held.id, held.expires_at)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"approvals": (YES,)}, "waits for a person; dana said yes"),
        ({"state": ExperimentState.APPROVED, "approvals": (YES,)}, "approved by dana"),
        ({"state": ExperimentState.RUNNING, "approvals": (YES,)}, "runs; approved by dana"),
        ({"state": ExperimentState.DONE, "verdict": "graceful"}, "done: graceful"),
        ({"state": ExperimentState.STOPPED, "reason": "halted"}, "stopped: halted"),
        ({"state": ExperimentState.REFUSED, "reason": "no quota"}, "not run: no quota"),
    ],
)
def test_card_says_where_it_is(changes, words):
    """Buttons are there only while it waits."""
    card = compose_card(make_held(**changes))

    assert card.subtitle == words
    assert card.can_decide is ("state" not in changes)


def test_finished_card_shows_the_verdict():
    """In its tone, with what was measured and what to fix first."""
    card = compose_card(make_held(state=ExperimentState.DONE), make_result())

    assert card.tone is Tone.BAD
    assert card.subtitle.startswith("collapsed: refund fell")
    assert "Fix first: Give the calls" in card.to_text()
    assert "pay, fault: 20.0% answered, p95 2000 ms (25 asked)" in card.to_text()


def test_card_says_where_it_came_from_and_how_long_it_comes_back():
    """An incident that is rehearsed, a cluster's namespace, a schedule."""
    experiment = make_cluster_experiment(from_incident="inc-1")
    text = compose_card(make_held(experiment=experiment, scheduled_until=date(2026, 12, 1))).to_text()

    assert "From: incident inc-1" in text
    assert "Scheduled: in each slot until 2026-12-01" in text
    assert "Where: chaosmesh: shop-staging" in text
    assert (
        "Where: faultproxy: this machine"
        in compose_card(
            make_held(experiment=make_experiment(target=make_experiment().target.model_copy(update={"address": ""})))
        ).to_text()
    )


@pytest.mark.parametrize(("announce", "places"), [((), ["chat"]), (("chat:C1", "chat:C2"), ["chat:C1", "chat:C2"])])
async def test_card_goes_where_rehearsals_are_announced(build_bench, announce, places):
    """Otherwise to every channel; a change of it changes the same message."""
    bench = build_bench(channels={"chat": ScriptedChannel()})
    bench.context = bench.build(announce=announce)
    held = make_held()

    await bench.write(lambda transaction: queue_card(transaction, bench.context, held))

    there = await bench.store.read(lambda transaction: transaction.outbox.list_places("exp-1"))
    assert [place.channel for place in there] == places
    now = bench.flow.clock.now()
    entries = await bench.store.read(lambda transaction: transaction.outbox.list_due(now))
    assert all(entry.card.can_decide for entry in entries)


async def test_card_that_hides_something_has_no_buttons(build_bench):
    """What redaction took for a secret would be approved unseen: it is decided where all of it is shown."""
    bench = build_bench(channels={"chat": ScriptedChannel()})
    hidden = make_held(preview="password: hunter2-hunter2-hunter2")

    await bench.write(lambda transaction: queue_card(transaction, bench.context, hidden))

    now = bench.flow.clock.now()
    (entry,) = await bench.store.read(lambda transaction: transaction.outbox.list_due(now))
    assert "hunter2" not in entry.card.to_text()
    assert not entry.card.can_decide
    assert "fermata chaos approve exp-1" in entry.card.footer


def test_finished_card_without_a_measurement_has_no_heading_for_one():
    """As after a runner that died."""
    result = make_result(measured=(), comparison=(), fix_first="")

    card = compose_card(make_held(state=ExperimentState.DONE), result)

    assert "Measured" not in [section.heading for section in card.sections]
