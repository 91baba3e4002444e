import pytest

from fermata.domain.diagnosis import ActionSuggestion
from fermata.domain.entity import Entity
from fermata.rules.claims import Claim, Quote, to_hypothesis
from fermata.testing.records import make_evidence

CHECKOUT = Entity.parse("kubernetes:deployment/shop/checkout")
RESTART = ActionSuggestion(name="kubernetes.rollout_restart", target=CHECKOUT)


@pytest.fixture
def log():
    """Give a log of one line."""
    return make_evidence(text="java.lang.OutOfMemoryError: Java heap space")


def _claim(*quotes, **changes):
    values = {
        "cause": "oom_killed",
        "subject": CHECKOUT,
        "text": "checkout needs more memory.",
        "confidence": 0.9,
        "quotes": quotes,
        "suggestions": (RESTART,),
        "person_must": "Restart checkout.",
    }
    return Claim(**(values | changes))


def test_claim_with_a_quote_becomes_a_cited_hypothesis(log):
    """A quote that stands in the evidence becomes its citation; the same quote twice is one."""
    quote = Quote(log.id, 1, "OutOfMemoryError")

    hypothesis = to_hypothesis(_claim(quote, quote), {log.id: log}, lost_because="")

    assert [(item.evidence_id, item.first_line, item.quote) for item in hypothesis.citations] == [
        (log.id, 1, "OutOfMemoryError")
    ]
    assert (hypothesis.cause, hypothesis.entity, hypothesis.confidence) == ("oom_killed", CHECKOUT, 0.9)


def test_claim_whose_quotes_do_not_hold_is_no_hypothesis(log):
    """Unknown evidence, a line that is not there, and words that were redacted since are no ground for a claim."""
    quotes = (Quote("ev-unknown", 1, "x"), Quote(log.id, 7, "x"), Quote(log.id, 1, "password=hunter2"))

    assert to_hypothesis(_claim(*quotes), {log.id: log}) is None


def test_claim_without_words_in_its_quote_cites_the_line(log):
    """A blank quote stands for its whole line."""
    hypothesis = to_hypothesis(_claim(Quote(log.id, 1, "  ")), {log.id: log})

    assert hypothesis.citations[0].quote == log.lines[0].text


def test_action_nobody_offers_is_left_to_a_person(log):
    """Suggestions outside the catalogue are dropped, and then the text says what a person must do."""
    quote = Quote(log.id, 1, "OutOfMemoryError")

    offered = to_hypothesis(_claim(quote), {log.id: log}, known_actions=frozenset({RESTART.name}))
    unknown = to_hypothesis(_claim(quote), {log.id: log})

    assert (offered.suggestions, offered.person_must) == ((RESTART,), "")
    assert (unknown.suggestions, unknown.person_must) == ((), "Restart checkout.")
