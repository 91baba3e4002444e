"""A cause that somebody names in so many words is a candidate, however little its words weigh."""

import pytest
from tests.unit.rules.timeline.trail_scene import heard, trail

from fermata.rules.timeline import draft_postmortem
from fermata.rules.timeline.causes import names_cause, names_cause_mended


@pytest.mark.parametrize(
    "text",
    [
        "cause is a missing index on orders",
        "turns out the cert expired",
        "ok so it turned out to be the vacuum job",
        "it was the new limiter all along",
        "so it was the old resolver config the whole time",
        "that was our retry loop after all",
        "the culprit was the new limiter",
        "root cause of the outage: stale dns in the resolver cache",
        "contributing factor: no limit on connections",
        "found it: the cause is the connection pool",
        "causes are a full disk and a stale lock",
        "trigger was the 14:02 deploy of v42",
        "contributing factor: the alert was muted",
        "turns out we had a missing index and nobody noticed",
        "cause is clear: a missing index",
        "cause of the checkout errors: bad flag default",
    ],
)
def test_sentence_that_names_what_it_was_names_the_cause(text):
    """By that word, by what turned out, or by what it was all along."""
    assert names_cause(text)


@pytest.mark.parametrize(
    "text",
    [
        "is the cause a missing index?",
        "maybe the cause is a missing index",
        "cause is unknown, pool looks full",
        "cause: under investigation, database team is on it",
        "the cause of INC-12 was a missing index",
        "cause was a missing index last time",
        "if the cause is the index we need a dba",
        "it was dns all along lol",
        "turns out I was wrong about the index",
        "turns out the database is fine",
        "turns out lunch is cancelled",
        "turns out we are all tired",
        "it was a good night after all",
        "it was not the limiter all along",
        "it is the database that hurts",
        "because the index is missing",
        "Causes: Failed to start the VM",
        "turns out " + "the index and " * 12 + "the lock",
        "the culprit was it all along",
        "the culprit was caught on camera",
        "cause of the warehouse thing was a full disk",
        "turns out it wasn't the index",
        "turns out staging was down",
        "turns out the database was never affected",
        "turns out nobody knows why the index is missing",
        "cause is what we need to find in the database",
    ],
)
def test_guesses_questions_jokes_and_other_matters_name_none(text):
    """Nor does what turned out to be no fault, or a story of many words."""
    assert not names_cause(text)


def test_named_cause_is_found_and_weighs_enough_to_be_told():
    """Beside whatever else is said."""
    (item,) = heard(("12:00", "ana", "it was the new limiter all along"))

    (clause,) = item.reading.clauses
    assert clause.is_found
    assert clause.weight >= 4


def test_what_it_turned_out_not_to_be_is_no_cause():
    """It is seen, and found is something else."""
    (denied,), (found,) = (
        heard(("12:00", "ana", f"turns out {text}"))[0].reading.clauses
        for text in ("it wasn't the index", "the index was dropped")
    )

    assert (denied.is_found, found.is_found) == (False, True)


@pytest.mark.parametrize(
    "text",
    [
        "it was the new limiter, rolled it back",
        "it was the new limiter so I rolled it back",
        "ok it's the retry storm from checkout - disabled retries",
        "rolled back v42, it was the new limiter",
        "it was a missing index; we reverted the migration",
        "the limiter config was wrong so I rolled it back",
        "it was the limiter, rolled back and errors are gone",
    ],
)
def test_sentence_that_mends_what_it_names_names_the_cause(text):
    """What was mended was what was wrong: it needs none of the words that a cause is named by otherwise."""
    assert names_cause_mended(text)


@pytest.mark.parametrize(
    "text",
    [
        "it was the new limiter",
        "rolled it back",
        "it was the new limiter, looking",
        "it was the right call, rolled it back",
        "it was the last step, restarted all pods",
        "it was a long night, fixed the door",
        "it was it, rolled it back",
        "it wasn't the limiter, rolled it back anyway",
        "maybe it was the limiter, rolled it back",
        "it was the limiter, rolled it back?",
        "checkout was slow, so I restarted it",
        "removing one by one, the admin delete is slow as hell",
        "the pods were restarted, checkout is still down",
        "it was the limiter" + " of the api" * 9 + ", rolled it back",
    ],
)
def test_deed_beside_a_symptom_or_a_doubt_names_none(text):
    """A restart of what was slow says nothing of why; nor does a verdict on the deed."""
    assert not names_cause_mended(text)


@pytest.mark.parametrize(
    "text", ["it was the new limiter, rolled it back", "it was the limiter, rolled back and errors are gone"]
)
def test_cause_and_deed_in_one_sentence_are_a_candidate(text):
    """And a line: it tells what was done, too."""
    lines = (
        ("12:00", "ana", "checkout fails, customers get 504s"),
        ("12:20", "bob", text),
        ("12:40", "ana", "resolved"),
    )

    draft = draft_postmortem(trail(*lines))

    assert [entry.citations for entry in draft.factors] == [("m2",)]
    assert "m2" in {entry.citations[0] for entry in draft.entries}
