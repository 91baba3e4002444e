"""All that is approved is on the card, or the card cannot be approved."""

import json
from datetime import timedelta

import pytest
from tests.unit.rules.card_scene import (
    CHECKOUT,
    LOG,
    NOON,
    PLAN,
    REVERT_DIFF,
    compose_usual,
    find_section,
    make_action,
)

from fermata.domain.card import Card
from fermata.kit.errors import GuardRefused
from fermata.rules.card import refuse_incomplete


def test_whole_card_is_complete():
    """What `compose_card` writes passes the guard."""
    refuse_incomplete(compose_usual(), PLAN)
    fresh = PLAN.model_copy(update={"undoes": None})
    refuse_incomplete(compose_usual(plan=fresh), fresh)


PIECES = {
    "step 1: action": "git.revert_commit",
    "step 2: action": "supervisor.restart",
    "step 1: target": "git:repository/shop",
    "step 2: target": CHECKOUT.ref,
    "step 1: parameter commit": '"abc"',
    "step 1: parameter force": "false",
    "step 1: risk": "medium",
    "step 1: blast radius": "touches shop",
    "step 2: blast radius": "touches checkout",
    "step 1: undo": "undo of git.revert_commit",
    "step 2: undo": "undo of supervisor.restart",
    "step 1: note": "a commit is made",
    "step 1: diff": REVERT_DIFF,
    "summary": PLAN.summary,
    "cause": "faulty_commit",
    "undone plan": "plan-0",
    "earlier action: restarted, did not help": "restarted, did not help",
    "steady state": "checkout is RUNNING",
    "probe": f"{CHECKOUT.ref} must hold for 5s, within 2m",
    "guardrail restart-shop": "restart-shop",
    "guardrail revert-shop": "revert-shop",
    "role oncall": "oncall",
    "person alice": "alice",
    "needed approvals": "2",
    "valid until": "2026-11-23 12:30:00 UTC",
    "plan digest": PLAN.digest,
    f"quote of {LOG.id}": "TypeError: boom",
}


def _edit(value, old, new):
    """Replace a text wherever it is a whole value of the card's JSON, but in the fields that are not shown."""
    if isinstance(value, dict):
        return {key: item if key == "plan_digest" else _edit(item, old, new) for key, item in value.items()}
    if isinstance(value, list):
        return [_edit(item, old, new) for item in value]
    return new if value == old else value


@pytest.mark.parametrize(("what", "text"), PIECES.items())
def test_card_that_lost_a_piece_is_refused(what, text):
    """Each thing that is approved must be on the card as it is; redaction may have taken it out."""
    card = Card.from_json(_edit(compose_usual().to_json(), text, "[redacted:entropy:9f86]"))

    with pytest.raises(GuardRefused) as refusal:
        refuse_incomplete(card, PLAN)

    assert refusal.value.rule == "incomplete_card"
    assert what in refusal.value.facts["missing"]


@pytest.mark.parametrize("label", ["Parameter commit", "Parameter force", "Risk", "Guardrail", "Approvals needed"])
def test_value_under_another_label_is_not_the_piece(label):
    """A value says nothing without its name."""
    card = Card.from_json(_edit(compose_usual().to_json(), label, "Something"))

    with pytest.raises(GuardRefused):
        refuse_incomplete(card, PLAN)


def test_diff_that_was_cut_by_one_character_is_refused():
    """A diff is whole or it is not there."""
    card = Card.from_json(json.loads(json.dumps(compose_usual().to_json()).replace("+whole", "+whol")))

    with pytest.raises(GuardRefused, match="step 1: diff"):
        refuse_incomplete(card, PLAN)


def test_parameters_of_one_step_do_not_stand_for_another():
    """Each step is complete in its own section."""
    swapped = PLAN.model_copy(
        update={"actions": (PLAN.actions[0], make_action(1, "supervisor.restart", CHECKOUT, diff="", commit="abc"))}
    )

    with pytest.raises(GuardRefused) as refusal:
        refuse_incomplete(compose_usual(), swapped)
    assert "step 2: parameter commit" in refusal.value.facts["missing"]


def test_steps_stand_in_the_order_they_run():
    """A restart before the revert is another plan."""
    card = compose_usual()
    first, second = find_section(card, "Proposed, step 1 of 2"), find_section(card, "Proposed, step 2 of 2")
    turned = [{first: second, second: first}.get(section, section) for section in card.sections]

    with pytest.raises(GuardRefused) as refusal:
        refuse_incomplete(card.model_copy(update={"sections": tuple(turned)}), PLAN)
    assert "step 2: its place in the order" in refusal.value.facts["missing"]


def test_card_of_another_digest_without_a_hold_or_without_content_is_refused():
    """The card belongs to one digest and says until when it can be decided."""
    edited = PLAN.model_copy(update={"created_at": NOON + timedelta(seconds=1)})
    empty = compose_usual().model_copy(update={"sections": ()})

    cases = (
        (compose_usual(), edited, "own field"),
        (compose_usual(proposal=None), PLAN, "valid until"),
        (empty, PLAN, "step 1"),
    )
    for card, plan, words in cases:
        with pytest.raises(GuardRefused, match=words):
            refuse_incomplete(card, plan)
