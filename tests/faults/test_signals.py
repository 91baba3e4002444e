"""Signals that end `fermata up`, at moments nobody chose: what it was doing is neither lost nor done twice.

The kill matrix names its points; here the moment is drawn, and the polite signals let the rest go on for a while.
"""

import json
import random
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.faults.scenery import ONCE

pytestmark = pytest.mark.kill
SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGKILL)
LANES = 3


def play(company, stages, seed):
    """End two lives by a signal each, after as many points as the seed draws; then live to the end."""
    draw = random.Random(seed)  # noqa: S311 - the same moments again for the same seed
    scenery, url = stages.make()
    scenery.add_workloads()
    told = []
    for _ in range(2):
        number, after = SIGNALS[(seed + len(told)) % len(SIGNALS)], draw.randint(1, 60)
        life = company.start(scenery.folder, url, is_served=True, number=number, kill_after=after)
        status = life.wait()
        # Not by the status: SIGINT gives 0 where it was ignored before, as behind a shell's `&`.
        told.append((number.name, after, status, life.has("report")))
        if told[-1][-1]:
            return scenery, told
    last = company.start(scenery.folder, url, is_served=True)
    return scenery, [*told, ("none", 0, last.wait(), last.has("report"))]


@pytest.fixture(scope="module")
def endings(company, sqlite_stages):
    """Give thirty plays, several at once, as futures by their seed."""
    with ThreadPoolExecutor(LANES) as pool:
        yield {seed: pool.submit(play, company, sqlite_stages, seed) for seed in range(30)}


@pytest.mark.parametrize("seed", range(30))
def test_ended_at_any_moment_it_loses_and_doubles_nothing(seed, endings):
    """One alert, one incident, at most one effect, and one message, by whatever signal it ended."""
    scenery, told = endings[seed].result()

    assert told[-1][-1], (told, (scenery.folder / "log").read_text())
    report = json.loads((scenery.folder / "local.report").read_text())
    assert report["unfinished"] == report["failed"] == [], told
    assert (report["unsettled"], report["undelivered"], report["journal_holds"]) == (0, 0, True)
    (incident,) = report["incidents"]
    assert {kind: report["kinds"].count(kind) for kind in ONCE} == dict.fromkeys(ONCE, 1)
    (message,) = scenery.messages
    assert message.key == incident["id"]
    happened = len(scenery.marks["checkout"])
    # Where it did not happen it is not tried again, and a person is told.
    expected = ("resolved", "action.executed") if happened else ("needs_person", "action.failed")
    assert happened <= 1
    assert (incident["state"], report["kinds"].count(expected[1])) == (expected[0], 1), (told, incident["words"])


def test_signals_come_while_it_works(endings):
    """Most lives end by their signal, of every kind, and not after everything was over."""
    lives = [life for future in endings.values() for life in future.result()[1]]
    ended = [name for name, *_, is_over in lives if not is_over]

    assert len(ended) >= len(endings)
    assert set(ended) == {number.name for number in SIGNALS}
