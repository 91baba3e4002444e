"""Programs that refuse what they are asked for, and call it no error."""

from datetime import UTC, datetime, timedelta

import pytest

from fermata.domain.diagnosis import Verdict
from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import MetricFacts, Series
from fermata.rules.signatures import diagnose
from fermata.rules.signatures.refusals import find_refusals
from fermata.rules.signatures.unrest import find_unrest

START = datetime(2026, 11, 23, 8, 51, tzinfo=UTC)
FORMS = [
    '10.0.0.1 - - [{apache}] "POST /pay HTTP/1.1" {status} 12 "-" "curl"',
    '{{"time": "{iso}", "level": "info", "msg": "request", "status": {status}}}',
    "{iso} INFO GET /cart {status} 12 ms",
    "{iso} INFO http request done status_code={status}",
    "{iso} INFO the gateway answered {status}",
]


def serve(pick, form=FORMS[0], minutes=61):
    """Write a request each ten seconds; `pick` gives the status by its number."""
    lines = []
    for number in range(minutes * 6):
        at = START + timedelta(seconds=10 * number)
        lines.append(
            form.format(apache=f"{at:%d/%b/%Y:%H:%M:%S} +0000", iso=f"{at:%Y-%m-%dT%H:%M:%SZ}", status=pick(number))
        )
    return lines


@pytest.fixture
def calm(scene):
    """Give a scene whose alert is over, with a process that runs."""
    scene.resolved = True
    return scene.state("running")


@pytest.mark.parametrize("form", FORMS)
def test_status_never_seen_before_is_named_whatever_the_level(calm, form):
    """All are refused since 09:31, in whatever form the log says it; nobody calls that healthy."""
    case = calm.logs(serve(lambda number: 200 if number < 240 else 401, form)).build()

    assert find_refusals(case) == (
        "Find out why checkout refuses with 401 what it is asked for since 09:31:00 UTC: all of 61 requests at the "
        "end, none before (line 241 of 'logs of supervisor:process/checkout')."
    )
    assert find_unrest(case) == find_refusals(case)
    assert diagnose(case).verdict is Verdict.UNDETERMINED


def test_part_that_is_refused_is_told(calm):
    """A third of all callers is an outage; where a few were refused before, that is said."""
    case = calm.logs(serve(lambda number: 413 if number % (3 if number >= 300 else 20) == 0 else 200)).build()

    assert "refuses with 413 what it is asked for since 09:4" in find_refusals(case)
    assert "33% of 61 requests at the end, 6% before" in find_refusals(case)


def test_log_that_refuses_all_from_its_beginning_is_no_calm_one(calm):
    """Nobody knows how it was before, and nobody is served."""
    told = find_refusals(calm.logs(serve(lambda _: 403)).build())

    assert told.endswith(
        "since 08:51:00 UTC: all of 61 requests at the end (line 1 of 'logs of supervisor:process/checkout')."
    )


@pytest.mark.parametrize(
    "pick",
    [
        lambda _: 200,
        lambda number: 404 if number % 3 == 0 else 200,
        lambda number: 404 if number % 6 == 0 else 200,
        lambda number: 401 if 100 < number < 200 else 200,
        lambda _: 503,
    ],
    ids=["served", "always a third", "a few", "over", "a server's error is another's"],
)
def test_routine_is_no_refusal(calm, pick):
    """What was refused all the time, seldom, or is served again is nothing new."""
    assert find_refusals(calm.logs(serve(pick)).build()) == ""


def test_log_without_times_is_read_at_its_end(calm):
    """Its last twenty requests count."""
    lines = [f"GET /cart {200 if number < 50 else 401} 3 ms" for number in range(80)]

    told = find_refusals(calm.logs(lines).build())

    assert told == (
        "Find out why checkout refuses with 401 what it is asked for: all of 20 requests at the end, none before "
        "(line 51 of 'logs of supervisor:process/checkout')."
    )


def test_few_requests_and_numbers_of_other_things_are_no_refusals(calm):
    """Nine are chance, and an exit's code or a duration is no status."""
    assert find_refusals(calm.logs(["GET /cart 401 3 ms"] * 9).build()) == ""
    assert find_refusals(calm.logs(["job ended, exit code 404, rows=429 took 413 ms"] * 30).build()) == ""


@pytest.mark.parametrize(
    "labels", [{"__name__": "http_requests", "code": "401"}, {"__name__": "http_requests_4xx_rate"}]
)
def test_measured_refusals_are_named(calm, labels):
    """A label or a name says which answers are counted; fewer of them are no trouble."""

    def measure(before, after):
        points = [(START.timestamp() + 60 * minute, before if minute < 40 else after) for minute in range(61)]
        row = Series(labels={"service": "checkout", **labels}, points=tuple(points))
        facts = MetricFacts(expression="m", purpose="bundle", step_s=60, series=(row,))
        return calm.add(EvidenceKind.METRICS, "service/shop", ["row"], facts).build()

    assert find_refusals(measure(0.1, 9.0)).startswith("Find out why checkout refuses with 4")

    calm.evidence.pop()
    assert find_refusals(measure(9.0, 0.1)) == ""


def test_measures_of_other_things_are_no_refusals(calm):
    """A 200 by its label is what one wants to see."""
    points = tuple((START.timestamp() + 60 * minute, 1.0 if minute < 40 else 99.0) for minute in range(61))
    row = Series(labels={"service": "checkout", "__name__": "http_requests", "code": "200"}, points=points)
    facts = MetricFacts(expression="m", purpose="bundle", step_s=60, series=(row,))

    assert find_refusals(calm.add(EvidenceKind.METRICS, "service/shop", ["row"], facts).build()) == ""
