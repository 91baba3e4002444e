"""The card says why, whose words these are, who was asked besides, what it cost, and why an answer does not count."""

from decimal import Decimal

import pytest
from tests.unit.rules.card_scene import CHECKOUT, LEADING, OTHER, SHOP, compose_usual, find_section, list_rows

from fermata.domain.analysis import Analysis, AnalysisOutcome, Relation
from fermata.domain.card import Tone
from fermata.domain.diagnosis import ActionSuggestion, Diagnosis, Verdict
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


REVERT = ActionSuggestion(name="git.revert_commit", target=SHOP, parameters={"commit": "abc"})
RESTART = ActionSuggestion(name="supervisor.restart", target=CHECKOUT)
THEIRS = OTHER.model_copy(
    update={
        "tier": "acme/sage",
        "cause": "other: gremlins\u2019 own flag",
        "guilty_change": "def",
        "person_must": "acme/sage says: Turn the flag off.",
        "suggestions": (REVERT, RESTART),
    }
)


def compose_two(first, second):
    """Compose the usual card of two hypotheses."""
    return compose_usual(diagnosis=Diagnosis(verdict=Verdict.IDENTIFIED, hypotheses=(first, second)))


def test_what_a_model_calls_for_is_not_lost_with_its_hypothesis():
    """The change it blames, the person it needs and the action it knows stand beside it, as not proposed."""
    card = compose_two(LEADING.model_copy(update={"suggestions": (RESTART,)}), THEIRS)

    section = find_section(card, "Also considered, by a model")

    assert [(row.label, row.text) for row in section.rows] == [
        ("Cause, in a model's words", "other: gremlins\u2019 own flag"),
        ("Where", CHECKOUT.ref),
        ("Change it blames", "def"),
        ("A person would have to", "acme/sage says: Turn the flag off."),
        ("Suggests", 'git.revert_commit on git:repository/shop (commit="abc"); not proposed'),
        ("Suggests", f"supervisor.restart on {CHECKOUT.ref}; as the first does"),
        ("Confidence", "weak (0.20, by acme/sage)"),
        ("Why it is not the first", "only a symptom"),
    ]


def test_what_signatures_call_for_is_not_lost_to_a_model():
    """Where a model leads, the change that they blame and what a person must do stay on the card."""
    leads = THEIRS.model_copy(update={"lost_because": ""})
    card = compose_two(leads, OTHER.model_copy(update={"guilty_change": "abc"}))

    rows = list_rows(card, "Also considered")

    assert (rows["Guilty change"], rows["A person would have to"]) == ("abc", "Look.")
    silent = compose_two(leads, OTHER.model_copy(update={"person_must": ""}))
    assert "A person would have to" not in list_rows(silent, "Also considered")
    assert list_rows(card, "Why")["A person must"] == "acme/sage says: Turn the flag off."


@pytest.mark.parametrize(
    ("hypothesis", "guilty", "label"),
    [(THEIRS, "def", "Change it blames"), (THEIRS, "abc", "Guilty change"), (OTHER, "abc", "Guilty change")],
)
def test_change_is_guilty_only_by_what_code_has_weighed(hypothesis, guilty, label):
    """A model's word for it stands under another name; rules may have ruled that very change out."""
    leading = hypothesis.model_copy(update={"lost_because": ""})
    card = compose_usual(diagnosis=Diagnosis(verdict=Verdict.IDENTIFIED, hypotheses=(leading,), guilty_change=guilty))

    assert list_rows(card, "Why")[label] == guilty


def test_no_heading_holds_the_words_of_a_model():
    """Its cause and its text stand where it says that they are a model's."""
    for card in (compose_two(LEADING, THEIRS), compose_two(THEIRS.model_copy(update={"lost_because": ""}), OTHER)):
        assert not any("gremlins" in section.heading for section in card.sections)
        said = [text for section in card.sections for text in section.paragraphs if "broke checkout" in text]
        assert "acme/sage says: \u201cabc broke checkout.\u201d" in said


def test_what_was_left_out_and_what_it_would_check_is_told():
    """A suggestion that was dropped has its reason on the card; so has what a person could look at."""
    card = compose_with(
        Analysis(
            outcome=AnalysisOutcome.ACCEPTED,
            text="acme/sage: confirms.",
            left_out=("There is no action 'shell.run' in the catalogue",),
            checks=("Look at the flag.",),
        )
    )

    rows = list_rows(card, HEADING)

    assert rows["Left out"] == "There is no action 'shell.run' in the catalogue"
    assert rows["It would check"] == "Look at the flag."
    assert "Action chosen by" not in rows


def test_model_that_chose_the_action_is_named():
    """A person approves the action; who thought of it is said."""
    card = compose_with(Analysis(outcome=AnalysisOutcome.ACCEPTED, text="acme/sage: confirms.", action_by="acme/small"))

    assert list_rows(card, HEADING)["Action chosen by"] == "acme/small"
