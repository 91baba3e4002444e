"""One cheap call to a target tells what it takes, or in words why it does not answer."""

import pytest

from fermata.domain.model import AttemptOutcome
from fermata.models.settings import ModelSettings
from fermata.models.trials import PATIENCE_S, try_target
from fermata.rules.budget import Budgets
from fermata.testing.providers import FakeOpenAi, ModelFault, Script
from fermata.testing.spend_book import MemorySpendBook
from fermata.testing.web_server import WebServer

PRICE = {"input_per_mtok": "3", "output_per_mtok": "15"}


@pytest.fixture
async def endpoint():
    """Give an OpenAI-compatible endpoint that says it is ready."""
    async with WebServer(FakeOpenAi(Script(say='{"state": "ready"}'))) as server:
        yield server


@pytest.fixture
def attempt_one(endpoint, clock, book):
    """Give a maker of trials of one target at the endpoint."""

    async def attempt(book=book, patience_s=PATIENCE_S, **changes):
        target = {"base_url": endpoint.url, "model": "small-1", "slowness": 1, **changes}
        settings = ModelSettings.model_validate({"targets": [target], "deadlines": {"medium": {"first_byte_s": 0.5}}})
        return await try_target(settings, settings.targets[0], book, clock, patience_s=patience_s)

    return attempt


async def test_good_target_takes_everything_in_one_call(endpoint, attempt_one, book):
    """Schema, stream and usage are shown by a single call, which is in the ledger at its price."""
    trial = await attempt_one(price=PRICE)

    assert (trial.is_ok, trial.takes_schema, trial.streams, trial.tells_usage) == (True, True, True, True)
    assert len(endpoint.requests) == 1
    assert trial.cost_usd > 0
    assert list(book.rows.values()) == list(trial.attempts)


async def test_endpoint_without_schemas_is_found_out(endpoint, attempt_one):
    """It refuses the schema and answers to words: both are said."""
    endpoint.respond.script.fault = ModelFault.NO_SCHEMA

    trial = await attempt_one()

    assert (trial.is_ok, trial.takes_schema) == (True, False)
    assert [attempt.outcome for attempt in trial.attempts] == [AttemptOutcome.REFUSED, AttemptOutcome.OK]


async def test_endpoint_that_keeps_its_usage_is_found_out(endpoint, attempt_one):
    """What it costs is then estimated."""
    endpoint.respond.script.tells_usage = False

    trial = await attempt_one()

    assert (trial.is_ok, trial.tells_usage) == (True, False)


async def test_target_that_cannot_stream_answers_without(endpoint, attempt_one):
    """Two broken streams, then the whole answer at once."""
    endpoint.respond.script.plan(ModelFault.BROKEN_BODY, ModelFault.BROKEN_BODY)

    trial = await attempt_one()

    assert (trial.is_ok, trial.streams) == (True, False)


async def test_what_the_settings_exclude_is_not_tried(endpoint, attempt_one):
    """No stream, and no schema: nothing is said about either."""
    trial = await attempt_one(stream=False, structure="prompted")

    assert (trial.is_ok, trial.takes_schema, trial.streams) == (True, None, None)
    assert len(endpoint.requests) == 1


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (ModelFault.UNAUTHORISED, "unauthorised"),
        (ModelFault.NO_CREDIT, "out_of_credit"),
        (ModelFault.RATE_LIMITED_LONG, "rate_limited"),
        (ModelFault.SERVER_ERROR, "overloaded"),
        (ModelFault.RESET, "unreachable"),
    ],
)
async def test_failure_is_said_and_not_repeated(endpoint, attempt_one, fault, words):
    """Another form of the same call would cost and cure nothing."""
    endpoint.respond.script.fault = fault

    trial = await attempt_one()

    assert not trial.is_ok
    assert trial.failure.startswith(words)
    assert len(endpoint.requests) == 1


async def test_model_that_is_not_there_is_looked_for_once(endpoint, attempt_one):
    """No form of a call brings it, and what to look at is said."""
    endpoint.respond.script.fault = ModelFault.NO_MODEL

    trial = await attempt_one()

    assert trial.failure.endswith("(see models.targets[].model and base_url)")
    assert len(endpoint.requests) == 1


async def test_failing_key_is_named(endpoint, attempt_one):
    """By its label, never by itself."""
    endpoint.respond.script.keys = frozenset({"another-key"})

    trial = await attempt_one(keys=[{"key": "the-wrong-key", "label": "team"}])

    assert trial.failure.startswith("unauthorised (key team): ")
    assert trial.failure.endswith(" (renew the key, or what it may do)")
    assert "the-wrong-key" not in trial.failure


async def test_target_that_answers_nonsense_fails_in_every_way(endpoint, attempt_one):
    """Each way is tried once, and the reasons are said."""
    endpoint.respond.script.say = "I would rather talk about the weather"

    trial = await attempt_one()

    assert not trial.is_ok
    assert "bad_answer" in trial.failure
    assert len(endpoint.requests) == 3


async def test_target_that_hangs_is_given_up_in_time(endpoint, attempt_one):
    """On one's own machine each way of asking would be waited for ten times as long as elsewhere."""
    endpoint.respond.script.fault = ModelFault.HANG

    trial = await attempt_one(slowness=100, patience_s=0.3)

    assert trial.failure == "no answer within 0.3 s: it hangs, or is being loaded (--deadline waits longer)"
    assert [attempt.outcome for attempt in trial.attempts] == [AttemptOutcome.CANCELLED]


async def test_first_failure_is_said_beside_the_end_of_the_wait(endpoint, attempt_one):
    """What the target said at first is about how it is set."""
    endpoint.respond.script.plan(ModelFault.NO_SCHEMA)
    endpoint.respond.script.fault = ModelFault.HANG

    trial = await attempt_one(slowness=100, patience_s=1)

    assert trial.failure.startswith("refused: 400: ")
    assert trial.failure.endswith(
        "; then: no answer within 1 s: it hangs, or is being loaded (--deadline waits longer)"
    )


async def test_unknown_price_is_not_tried(endpoint, attempt_one):
    """What it costs would be a guess, so nothing is sent."""
    trial = await attempt_one(provider="openai", keys=["k1"], model="nobody-sells-this", local=False)

    assert "price" in trial.failure
    assert endpoint.requests == []


async def test_budget_that_is_used_up_is_said(endpoint, attempt_one):
    """Trying is paid like any other call."""
    trial = await attempt_one(MemorySpendBook(Budgets(day_usd="0.000001")), price=PRICE)

    assert "budget" in trial.failure
    assert endpoint.requests == []


async def test_keys_that_do_not_answer_are_named_beside_the_one_that_does(endpoint, attempt_one):
    """Those that stand behind it in the settings, too: a spare key is tried before it is needed."""
    endpoint.respond.script.keys = frozenset({"the-good-key"})
    keys = ["the-old-key", "the-good-key", "the-spare-key"]

    trial = await attempt_one(keys=[{"key": key, "label": key[4:-4]} for key in keys])

    assert trial.is_ok
    assert [(key.label, key.why.partition(":")[0]) for key in trial.dead_keys] == [
        ("old", "unauthorised"),
        ("spare", "unauthorised"),
    ]
    assert "the-spare-key" not in str(trial.dead_keys)


async def test_spare_key_that_no_budget_bears_is_said(attempt_one):
    """It was not asked, so nobody knows whether it answers."""
    keys = [{"key": key, "label": key} for key in ("k1", "k2")]
    one = await attempt_one(price=PRICE, keys=keys[:1])
    # Room for the most that one call may cost, and not for another beside what it did cost.
    (most,) = [row.cost_usd for row in (await _list_reserved(attempt_one, keys[:1]))]

    trial = await attempt_one(MemorySpendBook(Budgets(day_usd=str(most + one.cost_usd / 2))), price=PRICE, keys=keys)

    assert [(key.label, "budget" in key.why) for key in trial.dead_keys] == [("k2", True)]


async def test_spare_keys_that_no_time_was_left_for_are_not_called_wrong(endpoint, attempt_one):
    """The one was asked until the time was up, the other not at all: nobody knows whether they answer."""
    endpoint.respond.script.plan(None, ModelFault.HANG)
    keys = [{"key": key, "label": key} for key in ("k1", "k2", "k3")]

    trial = await attempt_one(keys=keys, slowness=100, patience_s=1)

    assert trial.is_ok
    assert len(endpoint.requests) == 2
    assert [(key.label, key.why) for key in trial.dead_keys] == [
        ("k2", "the time was up before it could be found out (--deadline waits longer)"),
        ("k3", "the time was up before it could be found out (--deadline waits longer)"),
    ]


async def _list_reserved(attempt_one, keys):
    class Watched(MemorySpendBook):
        async def reserve(self, draft):
            reserved.append(draft)
            await super().reserve(draft)

    reserved = []
    await attempt_one(Watched(), price=PRICE, keys=keys)
    return reserved
