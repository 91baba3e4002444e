"""Who is to blame for what models did not bring, from the ledger alone."""

import time
from datetime import timedelta

import pytest

from fermata.domain.model import AttemptOutcome
from fermata.rules.attribution import Party, attribute, find_party, tell_standing
from fermata.testing.records import NOON, make_attempt

MINUTE = timedelta(minutes=1)
GOOD, BAD, BROKEN = "good", "bad", "broken"


def ended(position, said=GOOD, **changes):
    """Give one call that ended: answered well, with an invented claim, or with no form at all."""
    outcome = AttemptOutcome.BAD_ANSWER if said == BROKEN else AttemptOutcome.OK
    fault = {GOOD: "", BAD: "E1:2: the quoted words do not stand there"}.get(said)
    values = {"at": NOON + position * MINUTE, "outcome": outcome, "prompt_name": "diagnose", "fingerprint": "m-1"}
    return make_attempt(f"att-{position:03}", **(values | {"fault": fault, "prompt_digest": "p-1"} | changes))


def series(*runs, **changes):
    """Give calls one after the other: `(how many, what they said, changes)`."""
    told = [(said, own) for often, said, own in runs for _ in range(often)]
    return [ended(position, said, **(changes | own)) for position, (said, own) in enumerate(told)]


@pytest.mark.parametrize("outcome", [each for each in AttemptOutcome if each is not AttemptOutcome.OK])
def test_every_failure_is_somebodys(outcome):
    """A new outcome needs a party, or it would be nobody's."""
    assert find_party(make_attempt(outcome=outcome)) is not None


def test_answer_that_says_what_does_not_stand_is_the_models_doing():
    """To the provider it went well; one that nobody looked up is nobody's fault."""
    parties = [find_party(each) for each in (ended(1, BAD), ended(1), ended(1, fault=None))]

    assert parties == [Party.CLAIMS, None, None]


def test_each_party_is_told_with_its_last_words_and_its_keys():
    """The most calls first; whoever reads sees which key, when, and what was said."""
    limited = {"outcome": AttemptOutcome.RATE_LIMITED, "error": "429: slow down"}
    down = {"outcome": AttemptOutcome.UNREACHABLE, "error": "refused"}
    attempts = [
        ended(1),
        ended(2, key_label="one", **limited),
        ended(3, key_label="two", **limited),
        ended(4, **down),
        ended(5, BAD),
        make_attempt("under-way"),
    ]

    (standing,) = attribute(reversed(attempts))

    assert (standing.calls, standing.answered, standing.checked, standing.accepted) == (5, 2, 2, 1)
    told = [(blame.party, blame.calls, blame.keys, blame.last) for blame in standing.blames]
    assert told == [
        (Party.LIMIT, 2, ("one", "two"), "rate_limited: 429: slow down"),
        (Party.CLAIMS, 1, (), "E1:2: the quoted words do not stand there"),
        (Party.INFRASTRUCTURE, 1, (), "unreachable: refused"),
    ]
    assert standing.blames[0].last_at == NOON + 3 * MINUTE
    assert standing.shifts == ()


@pytest.mark.parametrize(
    ("field", "what", "prompt"), [("fingerprint", "model", "diagnose"), ("prompt_digest", "prompt", "diagnose")]
)
def test_other_model_or_prompt_that_answers_worse_is_told_as_such(field, what, prompt):
    """Behind the same name, and since when; what never answered tells nothing of it."""
    lost = ended(99, outcome=AttemptOutcome.TIMED_OUT, fault=None)

    (standing,) = attribute([*series((8, GOOD, {}), (3, BAD, {field: "new"}), (2, BROKEN, {field: "new"})), lost])

    (shift,) = standing.shifts
    assert (shift.what, shift.prompt_name, shift.now, shift.is_worse) == (what, prompt, "new", True)
    assert (shift.before, shift.bad_before, shift.since, shift.bad_since) == (8, 0, 5, 5)
    assert shift.began_at == NOON + 8 * MINUTE


def test_other_model_that_answers_as_well_is_told_and_not_called_worse():
    """That it changed is worth knowing; one bad answer of many is chance."""
    (standing,) = attribute(series((8, GOOD, {}), (7, GOOD, {"fingerprint": "new"}), (1, BAD, {"fingerprint": "new"})))

    assert [(shift.was, shift.now, shift.is_worse) for shift in standing.shifts] == [("m-1", "new", False)]


def test_builds_that_answer_by_turns_are_one_change_at_most():
    """Behind a load balancer several answer: the newest counts from when it first came up."""
    by_turns = [ended(position, fingerprint=f"m-{position % 2}") for position in range(12)]

    (standing,) = attribute(by_turns)

    assert [(shift.now, shift.before) for shift in standing.shifts] == [("m-1", 1)]


@pytest.mark.parametrize(("late", "told"), [((10, BAD, {}), True), ((10, GOOD, {}), False)])
def test_same_name_and_prompt_that_answer_worse_of_late_are_told(late, told):
    """A provider may change what stands behind a name and say nothing."""
    (standing,) = attribute(series((6, GOOD, {}), late, fingerprint="", prompt_digest="p-1"))

    assert [(shift.what, shift.since, shift.is_worse) for shift in standing.shifts] == [("neither", 10, True)] * told


@pytest.mark.parametrize("field", ["fingerprint", "prompt_digest"])
def test_harmless_change_hides_no_unsaid_one_after_it(field):
    """An upgrade changes prompts, and some providers name another build each week."""
    (standing,) = attribute(series((6, GOOD, {}), (20, GOOD, {field: "new"}), (10, BAD, {field: "new"})))

    assert [(shift.what, shift.before, shift.since, shift.is_worse) for shift in standing.shifts] == [
        ("model" if field == "fingerprint" else "prompt", 6, 30, False),
        ("neither", 20, 10, True),
    ]


def test_new_build_is_not_blamed_for_the_old_one_that_came_back():
    """A provider that goes back to a build answers as that one again."""
    new = {"fingerprint": "m-2"}
    (standing,) = attribute(series((20, GOOD, {}), (20, GOOD, new), (10, BAD, {})))

    assert [(shift.what, shift.since, shift.bad_since, shift.is_worse) for shift in standing.shifts] == [
        ("model", 20, 0, False),
        ("neither", 10, 10, True),
    ]


def test_difference_counts_the_less_the_more_is_compared():
    """Of twenty targets one looks worse by chance once in a week or so; alone it would be told."""
    doubtful = series((20, GOOD, {}), (7, GOOD, {}), (3, BAD, {}))
    clear = series((20, GOOD, {}), (10, BAD, {}), target="acme/clear")
    others = [call for number in range(20) for call in series((30, GOOD, {}), target=f"acme/{number:02}")]

    (alone,) = attribute(doubtful)
    among = {standing.target: standing.shifts for standing in attribute([*doubtful, *clear, *others])}

    (shift,) = alone.shifts
    assert 0.02 < shift.chance < 0.05
    assert (shift.is_worse, shift.compared) == (True, 1)
    assert [target for target, shifts in among.items() if shifts] == ["acme/clear"]
    assert among["acme/clear"][0].compared == 22


def test_few_answers_are_no_change():
    """Ten are compared with those before them: without any before there is nothing to compare."""
    (standing,) = attribute(series((10, BAD, {})))

    assert standing.shifts == ()


def test_targets_are_told_apart():
    """Each by its name."""
    assert [each.target for each in attribute([ended(1, target="b/x"), ended(2, target="a/x")])] == ["a/x", "b/x"]


LIMITED = (
    "openai/gpt was called 2 times and answered 1; to blame: limit 1; last limit at 2026-11-23T12:02:00.000Z: "
    "rate_limited: 429: slow down. See fermata models blame."
)


@pytest.mark.parametrize(
    ("attempts", "told"),
    [
        ([ended(1)], "openai/gpt was called once and answered 1, 1 of 1 accepted; nothing failed."),
        (
            [ended(1, fault=None), ended(2, outcome=AttemptOutcome.RATE_LIMITED, error="429: slow down.")],
            LIMITED,
        ),
    ],
)
def test_target_is_told_in_one_sentence(attempts, told):
    """For whoever asks in words."""
    (standing,) = attribute(attempts)

    assert tell_standing(standing) == told


def test_years_of_calls_are_compared_in_no_time():
    """Binomial coefficients of so many calls have tens of thousands of digits; whoever asks waits for the answer."""
    calls = series(
        (6_000, BAD, {}),
        (14_000, GOOD, {}),
        (14_000, GOOD, {"fingerprint": "m-2"}),
        (6_000, BAD, {"fingerprint": "m-2"}),
    )
    began = time.process_time()

    (standing,) = attribute(calls)

    assert time.process_time() - began < 5
    # The same share under either name, and of late none but bad ones.
    assert [(shift.what, shift.is_worse) for shift in standing.shifts] == [("model", False), ("neither", True)]
