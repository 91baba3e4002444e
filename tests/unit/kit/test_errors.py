"""Errors carry three parts and the values behind them."""

from datetime import timedelta

import pytest

from fermata.kit.errors import (
    FermataError,
    ForbiddenError,
    GuardRefused,
    InvariantBroken,
    NotFoundError,
    OperationalError,
    TooLargeError,
    TransientError,
    UnauthenticatedError,
    UserError,
)


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (
            {"what": "Plan 7f3a was not executed", "why": "It changed", "do": "Review it"},
            "Plan 7f3a was not executed. It changed. Review it.",
        ),
        ({"what": "Nothing is there"}, "Nothing is there."),
        ({"what": "Nothing is there.", "do": "Look again."}, "Nothing is there. Look again."),
        ({"what": "It failed", "why": "Who knows?", "do": "Wait!"}, "It failed. Who knows? Wait!"),
        ({"what": "It failed", "why": "", "do": "Wait"}, "It failed. Wait."),
        ({"what": "Too long: abc..."}, "Too long: abc..."),
        (
            {"what": "It is not known", "why": "no system offers it", "do": "Ask"},
            "It is not known: no system offers it. Ask.",
        ),
    ],
)
def test_three_parts_read_as_sentences(parts, text):
    """What, why and what to do stand in that order, each closed once; empty parts leave no trace."""
    assert str(FermataError(**parts)) == text


def test_list_of_faults_keeps_its_lines():
    """What to do stands below a list, not at the end of its last line."""
    error = UserError("Two faults", why="\n  a: wrong\n  b: wrong\n", do="Correct them")

    assert str(error) == "Two faults.\n  a: wrong\n  b: wrong\nCorrect them."


def test_parts_and_facts_are_attributes():
    """A test, a log line or a page reads values, never the text."""
    error = FermataError("It failed", why="It is full", do="Wait", limit=3, plan_id="plan-1")

    assert (error.what, error.why, error.do) == ("It failed", "It is full", "Wait")
    assert error.facts == {"limit": 3, "plan_id": "plan-1"}


@pytest.mark.parametrize(
    ("family", "status"),
    [
        (UserError, 400),
        (UnauthenticatedError, 401),
        (ForbiddenError, 403),
        (NotFoundError, 404),
        (TooLargeError, 413),
    ],
)
def test_user_error_knows_its_status(family, status):
    """Whatever the caller did wrong is a 4xx, and stays a UserError for those who do not care which."""
    error = family("No")

    assert error.status == status
    assert isinstance(error, UserError)


def test_families_are_disjoint():
    """An error belongs to one family, since the family decides who hears of it."""
    families = (UserError, OperationalError, GuardRefused, InvariantBroken)

    for error in (NotFoundError("x"), TransientError("x"), GuardRefused("rule", "x"), InvariantBroken("x")):
        assert sum(isinstance(error, family) for family in families) == 1
        assert isinstance(error, FermataError)


def test_transient_error_carries_the_delay():
    """How long the other side asked to wait is a duration; unsaid is not zero."""
    assert TransientError("Busy", retry_after=timedelta(seconds=3)).retry_after == timedelta(seconds=3)
    assert TransientError("Busy").retry_after is None


def test_refusal_names_its_rule():
    """A refusal says which guard it came from, beside its words."""
    refusal = GuardRefused("drift", "The plan is stale", why="It moved", do="Look again", found="v2")

    assert refusal.rule == "drift"
    assert refusal.facts == {"found": "v2"}
    assert str(refusal) == "The plan is stale. It moved. Look again."
