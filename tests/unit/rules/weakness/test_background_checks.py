"""What goes on beside the requests."""

import pytest

from fermata.rules.weakness.background_checks import check_background
from fermata.rules.weakness.faults import Fault, Kind, Predict

ASYNC = {"is_async": True}
ASKED = "a>dir b>dir c>dir d>dir web>a web>b web>c"


def check(build, arrows, **facts):
    """Give the findings of all services."""
    return list(check_background(build(arrows, **facts)))


def ask(build, on_error="log", **facts):
    """Give what is found where four of six ask one beside their work."""
    calls = {arrow: {"is_async": True, "on_error": on_error} for arrow in ("a>dir", "b>dir", "c>dir", "d>dir")}
    calls = {arrow: {key: value for key, value in fact.items() if value} for arrow, fact in calls.items()}
    return check(build, ASKED, **calls, **facts)


@pytest.mark.parametrize("kind", ["app", "external"])
def test_registry_is_missed_by_what_starts(build, pick, kind):
    """Those that run go on; that it is drawn as somebody else's does not matter where its replicas are known."""
    found = pick(ask(build, dir={"kind": kind, "replicas": 1}), Kind.SPOF)

    assert (found.target, found.fault, found.predict) == ("dir", Fault.KILL, Predict.DEGRADE)
    assert found.why.startswith("4 services ask dir beside their work")
    assert found.settled_by == ()


def test_unread_registry_is_a_question(build, pick):
    """Where nobody says what its callers do without it, that would settle it."""
    known = pick(ask(build), Kind.SPOF)
    unread = pick(ask(build, on_error=None), Kind.SPOF)

    assert unread.likelihood < known.likelihood
    assert (unread.predict, unread.settled_by) == (Predict.UNKNOWN, ("on_error",))


def test_two_registries_stand_in_for_each_other(build):
    """Nor does work pile up in front of one: nobody sends it any."""
    assert ask(build, dir={"replicas": 2}) == []


def test_collector_of_traces_is_no_registry(build, pick):
    """It is told things, and whoever tells does not care."""
    assert pick(ask(build, on_error="ignore"), Kind.SPOF) is None


def test_consumer_may_lose_what_it_took(build, pick):
    """Unless it confirms afterwards; a queue in front of a queue is no consumer of itself."""
    found = check(build, "w>q", w={"kind": "worker"}, q={"kind": "queue"}, **{"w>q": ASYNC})

    assert pick(found, Kind.QUEUE_LAG, "w").fault is Fault.LATENCY
    assert pick(found, Kind.SILENT_LOSS).target == "w"
    assert pick(found, Kind.SILENT_LOSS).predict is Predict.UNKNOWN


def test_consumer_is_slowed_where_it_asks(build, pick):
    """One that is handed its work is called by the queue."""
    asking = check(build, "w>q web>q", w={"kind": "worker"}, q={"kind": "queue"}, **{"w>q": ASYNC, "web>q": ASYNC})
    handed = check(build, "q>w", q={"kind": "queue"}, **{"q>w": ASYNC})

    assert pick(asking, Kind.QUEUE_LAG, "w->q").likelihood > pick(asking, Kind.QUEUE_LAG, "w").likelihood
    assert {item.target for item in handed} == {"q", "w"}


def test_work_piles_up_where_nobody_waits(build, pick):
    """In front of a queue, and of a worker that is called asynchronously; a store keeps what it is sent."""
    queue = check(build, "web>q worker>q", q={"kind": "queue"}, **{"web>q": ASYNC})
    bare = check(build, "worker>q", q={"kind": "queue"})
    asked = check(build, "web>q w>q", w={"kind": "worker"}, q={"kind": "queue"}, **{"web>q": ASYNC, "w>q": ASYNC})
    worker = check(build, "web>w", **{"web>w": ASYNC})
    store = check(build, "web>db", db={"kind": "db"}, **{"web>db": ASYNC})

    assert pick(queue, Kind.QUEUE_LAG).why.startswith("what web sent piles up in front of q while its consumers")
    assert pick(asked, Kind.QUEUE_LAG, "q").why.startswith("what web sent piles up in front of q")
    assert pick(bare, Kind.QUEUE_LAG).why.startswith("work piles up")
    assert pick(worker, Kind.QUEUE_LAG).target == "w"
    assert store == []


def test_work_for_others_is_theirs(build):
    """Nobody here can see how much waits there."""
    assert check(build, "web>hook", hook={"kind": "external"}, **{"web>hook": ASYNC}) == []


def test_job_that_takes_work_is_no_consumer_that_can_be_killed(build):
    """It is not there between its runs."""

    def look(kind):
        land = build("web>q q>w", q={"kind": "queue"}, w={"kind": kind}, **{"q>w": {"is_async": True}})
        return {item.target for item in check_background(land)}

    assert "w" in look("worker")
    assert "w" not in look("job")
