import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from fermata.domain.ids import IncidentId
from fermata.domain.model import AttemptOutcome, TaskKind, Tier, Usage
from fermata.kit.errors import GuardRefused, OperationalError
from fermata.models.calls import CallFailed, Lane, Reply, Task
from fermata.models.dispatch import Dispatcher
from fermata.models.prices import find_model
from fermata.models.settings import ModelSettings
from fermata.models.switchboard import Switchboard
from fermata.ports.model import ATTEMPTED, NoModelAnswered
from fermata.rules.budget import Budgets
from fermata.rules.pricing import FREE
from fermata.rules.routing import Failure, Need, Target

O = AttemptOutcome  # noqa: E741 - read by its columns
# One dollar per token in, and as much out: sums are read at a glance.
DEAR = {"provider": "openai", "model": "dear", "keys": ["k1", "k2"], "tier": "high",
        "price": {"input_per_mtok": 1_000_000, "output_per_mtok": 1_000_000}}  # fmt: skip
LOCAL = {"base_url": "http://127.0.0.1:1", "model": "local", "tier": "low"}
TASK = Task(TaskKind.DIAGNOSE, Need(input_tokens=2, output_tokens=3))


class Calls:
    """A transport that answers as it is told, one word for each call."""

    def __init__(self, *script):
        self.script, self.orders = list(script), []

    async def __call__(self, order):
        """Answer one call."""
        self.orders.append(order)
        step = self.script.pop(0) if self.script else "ok"
        if isinstance(step, BaseException):
            raise step
        if isinstance(step, Failure):
            raise CallFailed(step)
        return step if isinstance(step, Reply) else Reply(step, usage=Usage(input_tokens=1, output_tokens=1))

    @property
    def names(self):
        """Give whom it was asked to ask."""
        return [order.lane.target.name for order in self.orders]


@pytest.fixture
def dispatch(book, clock):
    """Give a maker of dispatchers."""

    def make(*targets, **settings):
        whole = ModelSettings.model_validate({"targets": targets, **settings})
        lanes = []
        for index, target in enumerate(whole.targets):
            known = find_model(target)
            rules = Target(
                target.id,
                target.tier,
                is_local=target.is_local,
                refusal=known.refusal,
                context_tokens=target.context_tokens,
                max_output_tokens=target.max_output_tokens,
            )
            lanes.append(Lane(index, target, rules, known.price or FREE))
        switchboard = Switchboard(lanes, whole.pauses.build())
        return Dispatcher(whole, switchboard, book, clock)

    return make


async def test_answer_is_paid_by_its_tokens(dispatch, book):
    """Reserved at its most, settled at what it was."""
    served = await dispatch(DEAR).run(TASK, Calls("hello"))

    assert served.value == "hello"
    assert [attempt.cost_usd for attempt in served.attempts] == [2]
    assert book.total_usd == 2


async def test_money_is_reserved_before_the_call(dispatch, book):
    """While the call is under way its row counts at the dearest price."""
    seen = []

    async def call(order):
        seen.append((book.total_usd, len(book.open)))
        return Reply("x", usage=Usage(input_tokens=1))

    await dispatch(DEAR).run(TASK, call)

    assert seen == [(5, 1)]


async def test_answer_without_usage_counts_in_full(dispatch, book):
    """What a provider keeps to itself is estimated, and marked."""
    served = await dispatch(DEAR).run(TASK, Calls(Reply("x", output_text="some words")))

    [attempt] = served.attempts
    assert (attempt.cost_usd, attempt.is_estimated, attempt.usage.input_tokens) == (5, True, 2)
    assert attempt.usage.output_tokens > 0


@pytest.mark.parametrize(
    ("told", "cost"), [(Usage(input_tokens=10**12, output_tokens=1), 4009), (Usage(input_tokens=-(10**12)), 5)]
)
async def test_usage_that_cannot_be_true_is_bounded_and_written_down(dispatch, book, told, cost):
    """Too much counts as the most it can be, too little as if nothing had been told; the row says which."""
    served = await dispatch(DEAR).run(TASK, Calls(Reply("x", usage=told)))

    [attempt] = served.attempts
    assert (attempt.cost_usd, attempt.is_estimated, book.total_usd) == (cost, True, cost)
    assert "1,000,000,000,000 tokens in" in attempt.doubt


@pytest.mark.parametrize(
    ("told", "cost"), [(Usage(input_tokens=10**12, output_tokens=1), 4009), (Usage(output_tokens=-1), 5)]
)
async def test_usage_of_an_answer_that_was_no_good_is_bounded_too(dispatch, book, told, cost):
    """It is paid for, and told by the same hand."""
    failed = CallFailed(Failure(O.BAD_ANSWER, message="no JSON"), usage=told)

    served = await dispatch(DEAR, LOCAL).run(TASK, Calls(failed))

    assert (served.attempts[0].cost_usd, served.attempts[0].is_estimated) == (cost, True)
    assert "reckoned with" in served.attempts[0].doubt
    assert book.total_usd == cost


async def test_failing_key_makes_room_for_the_next(dispatch):
    """The account is at fault, not the model: the same target is asked with the other key."""
    calls = Calls(Failure(O.RATE_LIMITED, status=429))

    served = await dispatch(DEAR).run(TASK, calls)

    assert [order.key.get_label() for order in calls.orders] == [
        key.get_label() for key in calls.orders[0].lane.settings.keys
    ]
    assert [attempt.outcome for attempt in served.attempts] == [O.RATE_LIMITED, O.OK]


async def test_weaker_target_is_the_last_one(dispatch):
    """A diagnosis begins high; when nobody there answers, a local model is better than none."""
    calls = Calls(Failure(O.OVERLOADED, status=500))

    served = await dispatch(LOCAL, DEAR).run(TASK, calls)

    assert calls.names == ["openai/dear", "openai-compatible/local"]
    assert served.tier is Tier.LOW
    assert served.decision[0].startswith("openai/dear: overloaded")


async def test_task_may_begin_elsewhere(dispatch):
    """After an answer that was not accepted the caller names the tier."""
    calls = Calls()

    await dispatch(LOCAL, DEAR).run(Task(TaskKind.PARSE, Need(), tier=Tier.HIGH), calls)

    assert calls.names == ["openai/dear"]


async def test_single_target_is_waited_for(dispatch, clock):
    """An outage shorter than the tier's patience is waited out: there is nobody else."""
    began = clock.now()
    calls = Calls(Failure(O.OVERLOADED, status=503))

    served = await dispatch(LOCAL).run(TASK, calls)

    assert len(calls.orders) == 2
    assert (clock.now() - began).total_seconds() == 10
    assert any("waited 10.0 s" in line for line in served.decision)


async def test_long_pause_is_not_waited_for(dispatch, clock):
    """What a provider asks to wait for ends at the tier's own patience."""
    began = clock.now()
    failure = Failure(O.RATE_LIMITED, status=429, retry_after_s=120.0)

    with pytest.raises(NoModelAnswered, match="rate_limited for another 2m") as caught:
        await dispatch(LOCAL).run(TASK, Calls(failure))

    assert caught.value.outcomes == (O.RATE_LIMITED,)
    assert clock.now() == began


async def test_request_ends_after_twice_its_deadline(dispatch, clock):
    """Targets that take their time do not add up without end."""

    async def call(order):
        await clock.sleep(order.deadlines.answer_s)
        raise CallFailed(Failure(O.TIMED_OUT, message="late"))

    many = [{**LOCAL, "name": f"n{index}", "slowness": 1} for index in range(5)]
    deadlines = {"low": {"answer_s": 10, "wait_s": 0}}

    with pytest.raises(NoModelAnswered) as caught:
        await dispatch(*many, deadlines=deadlines).run(Task(TaskKind.PARSE, Need()), call)

    assert len(caught.value.attempts) == 2


async def test_budget_that_is_used_up_leaves_the_free_ones(dispatch, book):
    """The dear target is refused with words, and the local one answers."""
    book.budgets = Budgets(day_usd=Decimal(4))
    calls = Calls()

    served = await dispatch(DEAR, LOCAL).run(TASK, calls)

    assert calls.names == ["openai-compatible/local"]
    assert "the budget of the day does not bear it (it may cost $5.00" in served.unaffordable[0]


async def test_budget_alone_in_the_way_is_said(dispatch, book):
    """The caller hears of the guard, not of a model that did not answer."""
    book.budgets = Budgets(incident_usd=Decimal(4))

    with pytest.raises(GuardRefused) as caught:
        await dispatch(DEAR).run(Task(TaskKind.DIAGNOSE, TASK.need, incident_id=IncidentId("inc-1")), Calls())

    assert caught.value.rule == "budget"
    assert caught.value.facts["left_usd"] == 4


async def test_target_that_could_not_be_paid_for_is_told_once_and_not_as_asked(dispatch, book):
    """Whoever reads why nobody answered meets each target once, with what was the matter."""
    book.budgets = Budgets(day_usd=Decimal(4))

    with pytest.raises(NoModelAnswered) as caught:
        await dispatch(DEAR, LOCAL).run(TASK, Calls(*[Failure(O.REFUSED, status=400)] * 3))

    assert caught.value.why.count("the budget of the day does not bear it") == 1
    assert "asked for this already" not in caught.value.why
    assert ".." not in caught.value.why


async def test_failed_call_gives_its_money_back_before_the_next(dispatch, book):
    """At the edge of a budget the second call must not be refused for what the first one never cost."""
    book.budgets = Budgets(day_usd=Decimal(5))

    served = await dispatch(DEAR).run(TASK, Calls(Failure(O.RATE_LIMITED, status=429)))

    assert len(served.attempts) == 2


async def test_fifty_calls_at_the_edge_spend_nothing_over(dispatch, book):
    """Ten fit, forty are refused, and not a cent is spent beyond."""
    book.budgets = Budgets(day_usd=Decimal(50))

    async def call(order):
        await asyncio.sleep(0)
        return Reply("x", usage=Usage(input_tokens=2, output_tokens=3))

    dispatcher = dispatch(DEAR)
    results = await asyncio.gather(*(dispatcher.run(TASK, call) for _ in range(50)), return_exceptions=True)

    assert sum(isinstance(result, GuardRefused) for result in results) == 40
    assert book.total_usd == 50


async def test_ledger_that_is_down_stops_what_costs(dispatch, book):
    """Nothing dear is called without its row; a local model answers without one."""
    book.trouble = OperationalError("The store does not answer")
    calls = Calls()

    await dispatch(DEAR, LOCAL).run(TASK, calls)
    with pytest.raises(NoModelAnswered, match="The store does not answer"):
        await dispatch(DEAR).run(TASK, Calls())

    assert calls.names == ["openai-compatible/local"]


async def test_row_that_cannot_be_settled_counts_as_reserved(dispatch, book):
    """The answer is not lost for it."""

    async def call(order):
        book.trouble = OperationalError("The store went away")
        return Reply("x", usage=Usage(input_tokens=1))

    served = await dispatch(DEAR).run(TASK, call)

    assert served.value == "x"
    assert book.total_usd == 5


async def test_cancelled_call_is_settled_and_blames_nobody(dispatch, book):
    """We stopped waiting: the row says so, at the most it may have cost, and the circuit stays closed."""
    begun = asyncio.Event()

    async def call(order):
        begun.set()
        await asyncio.Event().wait()

    dispatcher = dispatch(DEAR)
    task = asyncio.ensure_future(dispatcher.run(TASK, call))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    [row] = book.rows.values()
    assert (row.outcome, row.cost_usd, row.is_estimated, book.open) == (O.CANCELLED, 5, True, set())
    assert (await dispatcher.run(TASK, Calls("ok"))).value == "ok"


async def test_attempts_are_seen_by_whoever_cuts_the_wait_from_outside(dispatch):
    """Nothing is returned then: the key that was refused before would be forgotten with the call that hung."""

    async def call(order):
        if order.key.get_label() == "one":
            raise CallFailed(Failure(O.RATE_LIMITED, status=429, message="slow down"))
        await asyncio.Event().wait()

    keys = [{"key": "k1", "label": "one"}, {"key": "k2", "label": "two"}]
    attempted = []
    token = ATTEMPTED.set(attempted)
    try:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await dispatch(DEAR | {"keys": keys}).run(TASK, call)
    finally:
        ATTEMPTED.reset(token)

    assert [attempt.outcome for attempt in attempted] == [O.RATE_LIMITED, O.CANCELLED]


async def test_call_that_nobody_waits_for_any_longer_is_told(dispatch, book):
    """Whoever asked hears who was asked, what it may have cost, and that the target is not to blame."""

    async def call(order):
        await asyncio.Event().wait()

    dispatcher = dispatch(DEAR, LOCAL)
    task = Task(TaskKind.DIAGNOSE, Need(input_tokens=2, output_tokens=3), patience_s=0.05)
    with pytest.raises(NoModelAnswered, match="dear: cancelled: no whole answer in the 0") as caught:
        await dispatcher.run(task, call)

    [row] = book.rows.values()
    assert caught.value.attempts == (row,)
    assert (row.outcome, row.cost_usd, row.is_estimated, book.open) == (O.CANCELLED, 5, True, set())
    assert (await dispatcher.run(TASK, Calls("ok"))).lane.target.name == "openai/dear"


async def test_wait_for_a_target_is_no_longer_than_the_patience(dispatch, clock):
    """What is due after whoever asked has left is not waited for."""
    began = clock.now()
    task = Task(TaskKind.DIAGNOSE, Need(), patience_s=5)

    with pytest.raises(NoModelAnswered, match="overloaded"):
        await dispatch(LOCAL).run(task, Calls(Failure(O.OVERLOADED, status=503)))

    assert clock.now() == began


async def test_model_that_is_not_there_is_not_waited_for(dispatch, clock):
    """It will not be there in ten seconds either; the words say what to look at, and each thing once."""
    began = clock.now()
    calls = Calls(Failure(O.REFUSED, status=404, message="no such model"))

    with pytest.raises(NoModelAnswered) as caught:
        await dispatch(LOCAL).run(TASK, calls)

    assert (len(calls.orders), clock.now()) == (1, began)
    lines = [line.strip() for line in caught.value.why.strip().split("\n")]
    [told] = lines
    assert told.endswith("/local: refused: no such model (see models.targets[].model and base_url)")


async def test_failure_of_one_key_of_two_names_it(dispatch):
    """With the same failure of both, each has its line, and what a person can do."""
    with pytest.raises(NoModelAnswered) as caught:
        await dispatch(DEAR).run(TASK, Calls(*[Failure(O.UNAUTHORISED, status=401, message="no")] * 2))

    labels = [attempt.key_label for attempt in caught.value.attempts]
    for label in labels:
        assert f"unauthorised: no (key {label}: renew the key" in caught.value.why


async def test_same_failure_twice_is_told_once(dispatch):
    """A wall of the same words hides the one that differs."""
    failure = Failure(O.OVERLOADED, status=503, message="busy")

    with pytest.raises(NoModelAnswered) as caught:
        await dispatch(LOCAL, deadlines={"high": {"wait_s": 15}}).run(TASK, Calls(failure, failure))

    assert caught.value.why.count("busy") == 1
    assert "overloaded: busy (2 times)" in caught.value.why


async def test_cancelled_probe_lets_another_through(dispatch, clock):
    """Half-open is not for ever."""
    dispatcher = dispatch(LOCAL, deadlines={"high": {"wait_s": 0}})
    with pytest.raises(NoModelAnswered):
        await dispatcher.run(TASK, Calls(Failure(O.OVERLOADED, status=500)))
    await clock.sleep(10)

    with pytest.raises(asyncio.CancelledError):
        await dispatcher.run(TASK, Calls(asyncio.CancelledError()))

    assert (await dispatcher.run(TASK, Calls("ok"))).value == "ok"


async def test_longer_window_is_looked_for(dispatch):
    """After a prompt that was too long, windows of that size and below are not tried."""
    sizes = [{**LOCAL, "name": str(size), "context_tokens": size} for size in (8000, 4000, 8000 - 1, 32_000)]
    calls = Calls(Failure(O.CONTEXT_TOO_LONG, status=400))

    await dispatch(*sizes).run(TASK, calls)

    assert calls.names == ["openai-compatible/8000", "openai-compatible/32000"]


async def test_answer_is_no_longer_than_the_target_gives(dispatch):
    """And only as much is reserved."""
    calls = Calls()

    await dispatch({**LOCAL, "max_output_tokens": 100}).run(Task(TaskKind.PLAN, Need(output_tokens=4000)), calls)

    assert calls.orders[0].max_output_tokens == 100


async def test_target_of_unknown_price_is_refused_with_words(dispatch):
    """It says what to declare."""
    target = {"base_url": "https://llm.example.com/v1", "model": "house-model"}

    with pytest.raises(NoModelAnswered, match="declare it") as caught:
        await dispatch(target).run(TASK, Calls())

    assert caught.value.do == "Declare the price of each target"


async def test_words_for_a_form_are_asked_for_in_words_once(dispatch):
    """An endpoint that ignores the schema is told in words; the second time it is a bad answer."""
    form = Failure(O.BAD_ANSWER, message="not JSON", is_about_form=True)
    calls = Calls(form, form)

    with pytest.raises(NoModelAnswered) as caught:
        await dispatch(LOCAL).run(TASK, calls)

    assert [order.in_words for order in calls.orders] == [False, True]
    assert caught.value.outcomes == (O.BAD_ANSWER, O.BAD_ANSWER)


async def test_bad_answers_of_a_bounded_request_go_up_to_no_dearer_target(dispatch):
    """It is asked once more in words, and that is all; another failure is passed on as ever."""
    form = Failure(O.BAD_ANSWER, message="not JSON", is_about_form=True)
    calls, others = Calls(form, form), Calls(Failure(O.UNREACHABLE, is_lasting=True))
    bounded = replace(TASK, most_bad_answers=2, tier=Tier.LOW)
    with pytest.raises(NoModelAnswered, match="not worth its price"):
        await dispatch(LOCAL, DEAR).run(bounded, calls)
    await dispatch(LOCAL, DEAR).run(bounded, others)

    assert (calls.names, others.names[-1]) == ([others.names[0]] * 2, "openai/dear")


async def test_endpoint_that_is_asked_again_is_told_what_was_wrong(dispatch):
    """Briefly, without what looks like a secret, and it alone: another target made no such mistake."""
    form = Failure(O.BAD_ANSWER, message=f"answer: password=correct-horse-battery {'x ' * 400}", is_about_form=True)
    calls = Calls(form, Failure(O.BAD_ANSWER, message="no"))
    other = {**LOCAL, "model": "other"}

    await dispatch(LOCAL, other).run(TASK, calls)

    told = [order.fault for order in calls.orders]
    assert (told[0], told[2]) == ("", "")
    assert "correct-horse" not in told[1]
    assert 0 < len(told[1]) <= 300


async def test_endpoint_that_takes_no_schema_is_told_of_no_fault(dispatch):
    """It gave no answer that one could be found in."""
    calls = Calls(Failure(O.REFUSED, status=400, message="response_format is not supported"))

    await dispatch(LOCAL).run(TASK, calls)

    assert [(order.in_words, order.fault) for order in calls.orders] == [(False, ""), (True, "")]


async def test_failure_that_lasts_is_not_tried_again(dispatch, clock):
    """Neither with another key nor after a wait: its certificate is the same then."""
    calls = Calls(*[Failure(O.UNREACHABLE, message="its certificate is not accepted", is_lasting=True)] * 9)

    with pytest.raises(NoModelAnswered):
        await dispatch(DEAR, deadlines={"high": {"wait_s": 60}}).run(TASK, calls)

    assert calls.names == ["openai/dear"]


async def test_longer_answer_stays_within_the_window(dispatch):
    """Four times the room, but no more than there is; without more room it is not tried again."""
    cut = Failure(O.BAD_ANSWER, message="cut off", is_cut_off=True)
    task = Task(TaskKind.PLAN, Need(input_tokens=3000, output_tokens=2000))
    roomy, full = Calls(cut), Calls(cut)

    await dispatch({**LOCAL, "context_tokens": 8000}).run(task, roomy)
    with pytest.raises(NoModelAnswered):
        await dispatch({**LOCAL, "context_tokens": 5000}).run(task, full)

    assert [order.max_output_tokens for order in roomy.orders] == [2000, 5000]
    assert len(full.orders) == 1
