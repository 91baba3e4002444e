"""The card says who was asked besides, what it cost, and why an answer does not count."""

from decimal import Decimal

from tests.unit.rules.card_scene import LEADING, compose_usual, find_section, list_rows

from fermata.domain.analysis import Analysis, AnalysisOutcome, Relation
from fermata.domain.card import Tone
from fermata.domain.diagnosis import Diagnosis, Verdict
from fermata.testing.records import make_attempt

HEADING = "What a model said"


def compose_with(analysis):
    """Compose the usual card after models were asked."""
    return compose_usual(diagnosis=Diagnosis(verdict=Verdict.IDENTIFIED, hypotheses=(LEADING,), analysis=analysis))


def test_card_without_models_has_no_such_section():
    """Nobody was asked: nothing is said of it."""
    assert find_section(compose_usual(), HEADING) is None
    assert find_section(compose_usual(diagnosis=None), HEADING) is None


def test_accepted_answer_names_its_model_and_its_price():
    """Who says so, and what it cost."""
    card = compose_with(
        Analysis(
            outcome=AnalysisOutcome.ACCEPTED,
            text="acme/sage: confirms the first hypothesis.",
            target="acme/sage",
            relation=Relation.CONFIRMS,
            cost_usd=Decimal("0.0123"),
            input_tokens=3_900,
            output_tokens=210,
            seconds=4.2,
        )
    )

    assert list_rows(card, HEADING) == {
        "Asked": "acme/sage",
        "Answer": "acme/sage: confirms the first hypothesis.",
        "Cost": "$0.01 and 4s for 4,110 tokens",
    }


def test_answer_that_was_not_accepted_says_why():
    """The last reason in words, the others below it, a few of them."""
    analysis = Analysis(
        outcome=AnalysisOutcome.NOT_ACCEPTED,
        text="The model's answer was not accepted: reason 4",
        refusals=tuple(f"reason {number}" for number in range(5)),
    )

    section = find_section(compose_with(analysis), HEADING)

    assert [(row.label, row.text) for row in section.rows[:-1]] == [
        ("Answer", "The model's answer was not accepted: reason 4"),
        ("Not accepted", "reason 0"),
        ("Not accepted", "reason 1"),
        ("Not accepted", "reason 2"),
    ]
    assert section.rows[0].tone is Tone.WARN


def test_footer_adds_up_what_was_spent():
    """Every call is counted; an estimate is called one."""
    one, two = make_attempt(cost_usd="0.10", is_estimated=False), make_attempt("att-2", cost_usd="0.02")

    assert compose_usual(costs=(one,)).footer.endswith("The analysis cost $0.10: 1 call to models.")
    assert compose_usual(costs=(one, two)).footer.endswith("The analysis cost about $0.12: 2 calls to models.")
