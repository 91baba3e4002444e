from datetime import UTC, datetime, timedelta

import pytest

from fermata.domain.evidence import EvidenceKind
from fermata.rules.signatures.workloads import (
    clip,
    contains_word,
    is_same_file,
    is_same_service,
    list_unreadable,
    say_plainly,
)

NOW = datetime(2026, 11, 23, 9, 52, tzinfo=UTC)
ERROR = "2026-11-23T09:{minute:02}:00Z ERROR x"


def test_alerted_objects_come_first_and_are_matched_by_name(scene):
    """Case and instance numbers aside; a supervisor's group is the service its processes make up."""
    scene.state("running", "other").state("running", "Checkout_01").state("running", "checkout/web")

    workloads = scene.build().workloads

    assert [(item.entity.name, item.alerted) for item in workloads] == [
        ("Checkout_01", True),
        ("web", True),
        ("other", False),
    ]


def test_another_name_counts_only_where_nothing_has_it_for_its_own(scene):
    """People call monitors as they like, and a unit says in its description what that is."""
    scene.state("running", "other").state("running", "till", names=["Checkout"])
    assert [item.entity.name for item in scene.build().workloads if item.alerted] == ["till"]

    scene.state("running")
    assert [item.entity.name for item in scene.build().workloads if item.alerted] == ["checkout"]


def test_prefix_counts_only_where_no_name_fits(scene):
    """`checkout-web` may be what the alert means, unless there is a `checkout`."""
    scene.state("running", "checkout-web").state("running", "checkouts")
    assert [item.alerted for item in scene.build().workloads] == [True, False]

    scene.state("running")
    assert [item.entity.name for item in scene.build().workloads if item.alerted] == ["checkout"]


def test_latest_look_counts(scene):
    """An older observation of the same object is history, in whatever order they come."""
    scene.state("running").state("stopped", observed_at=NOW - timedelta(minutes=5))

    assert scene.build().workloads[0].phase == "running"


@pytest.mark.parametrize(("minute", "current"), [(50, True), (36, True), (35, False)])
def test_error_long_before_the_onset_is_history(scene, minute, current):
    """Alert rules wait; a quarter of an hour before the onset at most belongs to it."""
    (workload,) = scene.logs([ERROR.format(minute=minute)]).build().workloads

    assert bool(workload.errors) is current
    assert len(workload.past) == 1


@pytest.mark.parametrize(("started", "current"), [(timedelta(seconds=90), False), (timedelta(seconds=30), True)])
def test_error_before_a_steady_run_was_got_over(scene, started, current):
    """A restart that holds cures; one of a few seconds ago is still on probation."""
    scene.state("running", started_at=NOW - started).logs([ERROR.format(minute=50)])

    assert bool(scene.build().workloads[0].errors) is current


def test_error_after_the_start_of_a_steady_run_is_current(scene):
    """A process can run on and fail its requests."""
    scene.state("running", started_at=NOW - timedelta(minutes=10)).logs([ERROR.format(minute=50)])

    assert scene.build().workloads[0].errors


@pytest.mark.parametrize(
    ("facts", "minutes"),
    [
        ({"oldest_at": "2026-11-23T09:40:00Z", "newest_at": "2026-11-23T09:52:00Z", "seconds": [0, 300]}, 45),
        ({"oldest_at": "2026-11-23T09:40:00Z", "newest_at": "2026-11-23T09:52:00Z", "seconds": [0]}, 52),
        ({"newest_at": "2026-11-23T09:52:00Z", "seconds": [0, 300]}, 52),
        ({"seconds": "none"}, None),
    ],
    ids=["by its source", "not so many", "from nowhere on", "no facts"],
)
def test_line_without_a_time_of_its_own_was_written_when_its_source_says(scene, facts, minutes):
    """Programs write times without a zone, and an engine keeps one for each line; else the last write is the latest."""
    scene.state("running").add(EvidenceKind.LOGS, "supervisor:process/checkout", ["up", "ERROR x"], facts)

    (found,) = scene.build().workloads[0].past

    assert found.written_by == (NOW.replace(minute=minutes) if minutes else None)


def test_facts_of_another_form_are_told_apart_from_none(scene):
    """A collector's mistake is a gap, not a crash and not silence."""
    scene.state("running").add(EvidenceKind.STATE, "supervisor:process/profile", ["x"], {"phase": "dancing"})
    scene.add(EvidenceKind.ALERT, "service/checkout", ["x"], {"any": "thing"})

    assert [item.entity.name for item in list_unreadable(scene.evidence)] == ["profile"]
    assert scene.build().workloads[1].phase == "unknown"


def test_names_words_and_paths_are_compared_whole():
    """Small comparisons that many rules rest on."""
    assert is_same_service("Checkout_00", "checkout")
    assert not is_same_service("checkout", "checkout-web")
    assert contains_word("2500 250", "250")
    assert not contains_word("PROFILE_PORT", "PORT")
    assert is_same_file("./a.py", "a.py")
    assert is_same_file("/srv/shop/a.py", "shop/a.py")
    assert is_same_file("a.py", "shop/a.py")
    assert not is_same_file("/srv/ba.py", "a.py")
    assert clip("a\n b" + "x" * 400, 10) == "a bxxxxxx…"


@pytest.mark.parametrize(
    "prefix",
    [
        "2026-11-28T06:10:00.123Z ERROR 1 --- [checkout] [nio-8080-exec-7] o.h.engine.jdbc.spi.SqlExceptionHelper   : ",
        "06:10:00.123 [http-nio-8080-exec-7] ERROR c.s.PriceController - ",
        "2026-11-28T06:10:00.123Z pid=7 tid=a10 class=MailJob jid=d0001b3 WARN: ",
        "2026-11-28 06:10:00,123 ERROR [io.qua.QuarkusErrorHandler] (executor-thread-1) ",
        "2026-11-28 06:10:00.123 UTC ",
        "",
    ],
)
def test_words_of_a_line_are_told_without_those_of_its_logger(prefix):
    """Who reads a card wants to know what failed; the cited line has all of it."""
    assert say_plainly(f"{prefix}no connection is free.").endswith("no connection is free")
    assert len(say_plainly(f"{prefix}no connection is free.")) <= len("(executor-thread-1) no connection is free")


@pytest.mark.parametrize(
    "said",
    [
        "Timeout acquiring a connection",
        "Too many connections",
        "404 from the payment provider",
        "10.0.0.5:5432 refused the connection",
        "/var/lib/mysql is full",
        'connection to server at "db" (10.0.0.5), port 5432 failed: FATAL:  no password supplied',
        "could not write log level INFO: no space left on device",
    ],
)
def test_words_that_only_look_like_those_of_a_logger_are_told(said):
    """A card that says `imeout acquiring a connection`, or no longer whom it could not reach, helps nobody."""
    assert say_plainly(said) == said
    assert say_plainly(f"2026-11-28T06:10:00.123Z {said}.") == said
