"""The demo's checkout treats payment as its design says."""

import asyncio

import pytest

from fermata.cli.pool_demo import service
from fermata.cli.pool_demo.service import DESIGNS, POOL, WORKERS, Checkout, charge
from fermata.testing.virtual_time import run_virtually


@pytest.fixture
def serve(monkeypatch):
    """Give a function that asks a checkout of a design, in virtual time, while payment answers as told."""

    def run(design, work, *, took=2.0, status=200):
        async def call(port, path):
            await asyncio.sleep(took)
            return status

        monkeypatch.setattr(service, "call", call)

        async def play():
            return await work(Checkout(DESIGNS[design], 1))

        return run_virtually(play())

    return run


async def time_it(work):
    """Give what a request was answered with, and after how long."""
    began = asyncio.get_running_loop().time()
    answer, _ = await work
    return answer, round(asyncio.get_running_loop().time() - began, 3)


@pytest.mark.parametrize(
    ("design", "took", "status", "expected"),
    [
        ("naive", 2.0, 200, (200, 2.0)),
        ("naive", 2.0, 500, (502, 2.0)),
        ("timeout", 2.0, 200, (502, 0.3)),
        ("timeout", 0.1, 200, (200, 0.1)),
        ("fallback", 2.0, 200, (200, 0.3)),
    ],
)
def test_payment_is_answered_as_designed(serve, design, took, status, expected):
    """Late, failed, or taken all the same."""
    assert serve(design, lambda checkout: time_it(checkout.handle("/pay")), took=took, status=status) == expected


def test_full_workers_starve_what_needs_no_payment(serve):
    """A refund waits behind sixty-four payments, of which twenty go on at a time."""

    async def work(checkout):
        tasks = [asyncio.create_task(checkout.handle("/pay")) for _ in range(WORKERS)]
        await asyncio.sleep(0)
        refund = await time_it(checkout.handle("/refund"))
        await asyncio.gather(*tasks)
        return refund, asyncio.get_running_loop().time()

    refund, whole = serve("naive", work)

    assert refund == (200, 2.005)
    assert whole == pytest.approx(-(-WORKERS // POOL) * 2.0)


def test_breaker_stops_asking_for_a_while(serve):
    """After five failures nobody waits, until one is tried again."""

    async def work(checkout):
        times = [(await time_it(checkout.handle("/pay")))[1] for _ in range(7)]
        await asyncio.sleep(1)
        return [*times, (await time_it(checkout.handle("/pay")))[1]]

    assert serve("fallback", work) == [0.3] * 5 + [0.0, 0.0, 0.3]


def test_breaker_closes_with_the_first_answer(serve, monkeypatch):
    """Then payments are paid again."""

    async def work(checkout):
        for _ in range(5):
            await checkout.handle("/pay")
        await asyncio.sleep(1.1)

        async def call(port, path):
            return 200

        monkeypatch.setattr(service, "call", call)
        return [(await checkout.handle("/pay"))[1] for _ in range(2)]

    assert serve("fallback", work) == [{"paid": True}, {"paid": True}]


def test_service_tells_its_own_facts(serve):
    """As a reader of its code would."""

    async def work(checkout):
        return await checkout.handle("/facts"), await checkout.handle("/nothing")

    facts, missing = serve("timeout", work)

    assert facts == (200, {"pool_max": 20, "timeout_ms": 300.0, "retries": 0, "on_error": "fail"})
    assert missing[0] == 404
    assert run_virtually(charge("/charge"))[0] == 200
