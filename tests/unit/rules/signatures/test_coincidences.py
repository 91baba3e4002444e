"""What else began when a service left its normal range."""

from datetime import timedelta

import pytest

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import MetricFacts, Series
from fermata.rules.signatures.coincidences import find_coincidences
from fermata.rules.signatures.telemetry import SIGNATURES

DEGRADED = SIGNATURES[0]
CRON = "Nov 23 09:{} host7 CRON[{}]: (root) CMD (/usr/local/bin/backup-es.sh)"


def measure(scene, rows, *, begin=50, points=60):
    """Add series of one value a minute: `service metric` -> (usual, later)."""
    start = scene.build().scope.window_start.timestamp()
    for name, (usual, later) in rows.items():
        service, metric = name.split()
        values = [usual] * begin + [later] * (points - begin)
        series = Series(
            labels={"service": service, "__name__": metric},
            points=tuple((start + 60 * minute, value) for minute, value in enumerate(values)),
        )
        facts = MetricFacts(expression=metric, purpose="bundle", step_s=60, series=(series,))
        scene.add(EvidenceKind.METRICS, f"service/{service}", [name], facts)
    return scene


def find(scene, *, apart=()):
    """Return what began when the fiftieth minute did, as `measure` has it."""
    case = scene.build()
    began = case.scope.window_start + timedelta(minutes=50)
    return find_coincidences(case, began, baseline=None, apart=frozenset(apart))


def test_host_whose_resources_run_out_and_job_that_was_started_are_named(scene):
    """The slowness has no better reason, so both are told, cited and what to look at first."""
    measure(scene, {"checkout latency_seconds": (0.1, 2.0), "host7 cpu_iowait": (2.0, 60.0)})
    scene.add(EvidenceKind.LOGS, "service/cron", [CRON.format("40:10", 2231)], {})

    (found,) = scene.match(DEGRADED)

    assert "About then cpu_iowait rose from 2 to 60 (30 times) on host7; " in found.text
    assert "this was started: '/usr/local/bin/backup-es.sh' at 09:40:10 UTC." in found.text
    assert "look first at host7 and /usr/local/bin/backup-es.sh" in found.person_must
    assert len(found.citations) == 3


@pytest.mark.parametrize(
    ("rows", "begin"),
    [
        ({"host7 cpu_iowait": (60.0, 2.0)}, 50),
        ({"host7 cpu_iowait": (2.0, 2.0)}, 50),
        ({"host7 requests_total": (2.0, 60.0)}, 50),
        ({"host7 cpu_iowait": (2.0, 60.0)}, 30),
        ({"host7 cpu_iowait": (2.0, 60.0)}, 56),
        ({"stock cpu_iowait": (2.0, 60.0)}, 50),
    ],
    ids=["fell", "stayed", "no resource", "long before", "after", "looked at already"],
)
def test_host_that_did_not_run_out_then_is_left_out(scene, rows, begin):
    """What moved at another time, or the other way, explains nothing."""
    assert find(measure(scene, rows, begin=begin), apart=["stock"]) == ()


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        ([CRON.format("39:10", 1)], ["/usr/local/bin/backup-es.sh"]),
        (["Nov 23 09:40:00 host7 systemd[1]: Starting Nightly report"], ["Nightly report"]),
        (["2026-11-23T09:40:30Z INFO backup of orders started"], ["backup of orders started"]),
        ([CRON.format("20:10", 1), CRON.format("40:10", 2)], []),
        ([CRON.format("55:10", 1)], []),
        (["backup of orders started"], []),
        (["2026-11-23T09:40:30Z INFO order started"], []),
    ],
    ids=["cron", "systemd", "program", "routine", "later", "no time", "no job"],
)
def test_job_that_was_started_then_for_the_first_time_is_named(scene, lines, names):
    """A job that ran before without any harm is routine."""
    scene.add(EvidenceKind.LOGS, "service/cron", lines, {})

    assert [item.name for item in find(scene)] == names
