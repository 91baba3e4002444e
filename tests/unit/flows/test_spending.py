"""A call is paid for before it is made; whatever happens to its process, the money is counted."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import threading
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest
from structlog.testing import capture_logs

from fermata.domain.model import AttemptOutcome
from fermata.flows.spending import Spending
from fermata.kit.errors import GuardRefused, OperationalError
from fermata.rules.budget import Budgets
from fermata.store.connect import open_store
from fermata.testing.records import NOON, make_attempt

SRC = Path(__file__).parents[3] / "src"


@pytest.fixture
def book(stage):
    """Give a book with a dollar a day."""
    return Spending(stage.store, stage.clock, Budgets(day_usd=1), stage.context.meters)


async def read_spent(stage):
    """Give what counts against the day."""
    spent = await stage.store.read(lambda transaction: transaction.spending.sum_spent(make_attempt("x")))
    return spent.day_usd


async def test_call_is_counted_in_full_until_it_is_settled(stage, book):
    """Then it counts as what it was; a call that was never sent counts as nothing."""
    draft = make_attempt(cost_usd="0.60")
    await book.reserve(draft)
    reserved = await read_spent(stage)
    with pytest.raises(GuardRefused):
        await book.reserve(make_attempt("att-2", cost_usd="0.60"))

    await book.settle(draft.model_copy(update={"cost_usd": Decimal("0.10"), "outcome": AttemptOutcome.OK}))
    await book.reserve(make_attempt("att-3", cost_usd="0.60"))
    await book.withdraw("att-3")

    assert (reserved, await read_spent(stage)) == (Decimal("0.60"), Decimal("0.10"))


async def test_what_became_of_an_answer_is_kept_beside_its_cost(stage, book):
    """It is no second call: money and calls stay what they were, and answers are counted by whether they stood."""
    answered = make_attempt(cost_usd="0.10", outcome=AttemptOutcome.OK)
    await book.settle(answered)

    await book.judge(answered.model_copy(update={"fault": "an invented quote"}))
    await book.judge(answered.model_copy(update={"fault": ""}))

    text = stage.context.meters.render().decode()
    assert 'fermata_model_calls_total{outcome="ok",target="openai/gpt"} 1.0' in text
    assert 'fermata_model_answers_total{target="openai/gpt",verdict="not_accepted"} 1.0' in text
    assert 'fermata_model_answers_total{target="openai/gpt",verdict="accepted"} 1.0' in text
    assert await read_spent(stage) == Decimal("0.10")
    [row] = await stage.store.read(lambda transaction: transaction.spending.list_of_incident("inc-1"))
    assert row.fault == ""


async def test_fifty_calls_at_once_never_spend_more_than_the_budget(stage, book):
    """Exactly as many go through as the budget bears."""
    drafts = [make_attempt(f"att-{number}", cost_usd="0.07") for number in range(50)]

    done = await asyncio.gather(*(book.reserve(draft) for draft in drafts), return_exceptions=True)

    assert sum(result is None for result in done) == 14
    assert {type(result) for result in done} == {type(None), GuardRefused}
    assert await read_spent(stage) == Decimal("0.98")


@pytest.fixture
def held_up(stage):
    """Give a way to keep the store's one writer busy until it is told to go on."""
    go = threading.Event()

    async def hold_up():
        busy = threading.Event()

        def work(_):
            busy.set()
            go.wait(10)

        writing = asyncio.ensure_future(stage.store.write(work))
        await asyncio.to_thread(busy.wait, 10)
        return writing

    yield SimpleNamespace(begin=hold_up, end=go.set)
    go.set()


async def cancel(work):
    """Let work begin, and cancel it."""
    task = asyncio.ensure_future(work)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def let_writers_end(stage):
    """Let whatever was begun come to its end: writers take turns, and each turn here is one after theirs."""
    for _ in range(10):
        await stage.store.write(lambda _: None)


async def test_stopped_caller_still_settles(stage, book, held_up):
    """The answer came and is paid for: whoever stops waiting for the disk does not leave its row at its most."""
    draft = make_attempt(cost_usd="0.60")
    await book.reserve(draft)
    writing = await held_up.begin()

    await cancel(book.settle(draft.model_copy(update={"cost_usd": Decimal("0.10"), "outcome": AttemptOutcome.OK})))
    held_up.end()
    await writing
    await let_writers_end(stage)

    assert await read_spent(stage) == Decimal("0.10")


class SlowStore:
    """A store whose next transaction is held up after its work, before its end."""

    def __init__(self, store):
        self.store, self.has_worked, self.go = store, threading.Event(), threading.Event()

    async def write(self, work):
        """Write, in a while."""

        def work_slowly(transaction):
            result = work(transaction)
            self.has_worked.set()
            self.go.wait(10)
            return result

        return await self.store.write(work_slowly)


async def test_stopped_caller_reserves_nothing(stage):
    """It makes no call, so nothing is to be paid, although its row was being written already."""
    store = SlowStore(stage.store)
    book = Spending(store, stage.clock, Budgets(day_usd=1), stage.context.meters)

    task = asyncio.ensure_future(book.reserve(make_attempt(cost_usd="0.60")))
    await asyncio.to_thread(store.has_worked.wait, 10)
    task.cancel()
    await asyncio.wait([task])
    store.go.set()
    await let_writers_end(stage)

    assert task.cancelled()
    assert await read_spent(stage) == 0


async def test_stopped_caller_that_never_came_to_its_turn_reserves_nothing(stage, book, held_up):
    """It waited for another's transaction."""
    writing = await held_up.begin()

    await cancel(book.reserve(make_attempt(cost_usd="0.60")))
    held_up.end()
    await writing
    await let_writers_end(stage)

    assert await read_spent(stage) == 0


async def test_stopped_caller_that_was_refused_has_nothing_to_withdraw(stage, book, held_up):
    """What did not fit left no row."""
    await book.reserve(make_attempt("other", cost_usd="0.60"))
    writing = await held_up.begin()

    await cancel(book.reserve(make_attempt(cost_usd="0.60")))
    held_up.end()
    await writing
    await let_writers_end(stage)

    assert await read_spent(stage) == Decimal("0.60")


class FullStore:
    """A store that takes its time to say that it is full."""

    def __init__(self, store):
        self.store = store

    async def write(self, _):
        """Write nothing, after those who came before."""
        await self.store.write(lambda _: None)
        raise OperationalError("The store is full")


async def test_trouble_nobody_waits_for_is_said(stage, held_up):
    """A row that could not be corrected counts at its most, and the log says why."""
    book = Spending(FullStore(stage.store), stage.clock, Budgets(), stage.context.meters)
    writing = await held_up.begin()

    with capture_logs() as logs:
        await cancel(book.settle(make_attempt()))
        held_up.end()
        await writing
        await let_writers_end(stage)

    assert [(entry["event"], entry["error"]) for entry in logs] == [("model.ledger_failed", "The store is full.")]


async def test_call_of_a_process_that_died_counts_in_full(stage, book):
    """The sweep settles it after a while, and says so; one that is under way is left alone."""
    await book.reserve(make_attempt("old", cost_usd="0.30", at=NOON - timedelta(minutes=20)))
    await book.reserve(make_attempt("new", cost_usd="0.30"))

    (settled,) = await book.settle_overdue()

    assert (settled.id, settled.outcome, settled.is_estimated) == ("old", AttemptOutcome.CANCELLED, True)
    assert "the process ended" in settled.error
    assert await book.settle_overdue() == []
    assert await read_spent(stage) == Decimal("0.60")
    text = stage.context.meters.render().decode()
    assert 'fermata_model_calls_total{outcome="cancelled",target="openai/gpt"} 1.0' in text


def test_killed_process_loses_no_reservation(tmp_path):
    """Kill -9 right after the reservation was acknowledged: its row is there, open, at its full price."""
    script = textwrap.dedent(
        f"""
        import asyncio, sys, time
        from fermata.flows.meters import Meters
        from fermata.flows.spending import Spending
        from fermata.kit.clock import SystemClock
        from fermata.rules.budget import Budgets
        from fermata.store.connect import open_store
        from fermata.testing.records import make_attempt
        store = open_store("sqlite:///{tmp_path}/f.db")
        book = Spending(store, SystemClock(), Budgets(day_usd=1), Meters())
        asyncio.run(book.reserve(make_attempt(cost_usd="0.40")))
        print("reserved", flush=True)
        time.sleep(60)
        """
    )
    environment = {**os.environ, "PYTHONPATH": str(SRC)}
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, env=environment)
    assert process.stdout.readline() == b"reserved\n"
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=10)

    store = open_store(f"sqlite:///{tmp_path}/f.db")
    with store.begin_read() as transaction:
        (left,) = transaction.spending.list_open(NOON + timedelta(days=1))
    store.close()
    assert left.cost_usd == Decimal("0.40")
