"""`fermata models blame`: who it was, when, in whose words, and what to do next."""

from datetime import timedelta

import pytest

from fermata.cli import main as door
from fermata.cli import models
from fermata.domain.model import AttemptOutcome
from fermata.kit.clock import SystemClock
from fermata.rules.attribution import Party
from fermata.testing.records import make_attempt


@pytest.fixture(autouse=True)
def commands():
    """See to it that the commands are at the door."""
    if all(group.name != "models" for group in door.app.registered_groups):
        models.add_to(door.app)


def keep(desk, *attempts):
    """Put settled calls into the ledger, a second apart."""
    now = SystemClock().now()

    async def play(house, engine):
        def write(transaction):
            for position, attempt in enumerate(attempts):
                at = now - timedelta(seconds=len(attempts) - position)
                transaction.spending.settle(attempt.model_copy(update={"id": f"att-{position}", "at": at}))

        await house.context.store.write(write)

    desk.play(play)


def answered(**changes):
    """Give a call that was answered."""
    return make_attempt(outcome=AttemptOutcome.OK, prompt_name="diagnose", **changes)


def test_every_party_has_words_and_an_advice():
    """A new one would be a traceback at three in the morning."""
    from fermata.cli.blaming import _TOLD

    assert set(_TOLD) == {party.value for party in Party}


@pytest.mark.parametrize(("options", "words"), [((), "in the last 7 days"), (("--days", "1"), "today")])
def test_nothing_asked_blames_nobody(desk, options, words):
    """Which is said for the time that was asked about; what held a call back stands elsewhere."""
    result = desk.run("models", "blame", *options)

    assert (result.code, result.out.startswith(f"No model was asked {words}. If one was to be: the card says")) == (
        0,
        True,
    )


def test_who_it_was_is_told_with_the_last_words_and_what_to_do(desk):
    """A model that invents a quote is no outage, and a limit is no model."""
    limited = {"outcome": AttemptOutcome.RATE_LIMITED, "error": "429: slow down", "key_label": "team"}
    keep(desk, answered(fault=""), answered(fault="E1:2: the quoted words do not stand there"), make_attempt(**limited))

    result = desk.run("models", "blame")

    assert "openai/gpt: 3 calls, 2 answers, 2 of them looked up, 1 accepted" in result.out
    assert "1 call: the model, which says what does not stand; nothing of it was shown as true" in result.out
    assert ": E1:2: the quoted words do not stand there" in result.out
    assert "1 call: a limit (key team); pay, raise it, or add a key or a target" in result.out


def test_other_model_behind_the_name_and_another_prompt_are_told(desk):
    """Since when, what it was before, and whether it is worse."""
    good = [answered(fault="", fingerprint="m-1", prompt_digest="sha256:aaaaaaaaaa") for _ in range(8)]
    bad = [answered(fault="no", fingerprint="m-2", prompt_digest="sha256:bbbbbbbbbb") for _ in range(5)]
    keep(desk, *good, *bad)

    result = desk.run("models", "blame")

    assert "before as 'm-1': 5 of 5 answers did not stand, before 0 of 8 (prompt diagnose). WORSE: by" in result.out
    assert "chance that comes once in 1,287 times, and 2 comparisons were made." in " ".join(result.out.split())
    assert "Our prompt diagnose is another since" in result.out
    assert "(sha256:bbbbbbbb, before sha256:aaaaaaaa)" in result.out


def test_answers_that_get_worse_without_a_change_are_told(desk):
    """The provider may have changed what stands behind the name."""
    keep(desk, *[answered(fault="")] * 6, *[answered(fault="no")] * 10)

    result = desk.run("models", "blame")

    assert "No newer name and no newer prompt diagnose, but since" in result.out
    assert desk.run("models", "blame", "--json").json["targets"][0]["shifts"][0]["what"] == "neither"
