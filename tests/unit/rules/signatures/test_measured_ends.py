"""What the rule of a firing alert measures by a name that everybody knows."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tests.unit.rules.signatures.conftest import ONSET

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import MetricFacts, Series
from fermata.rules.signatures import CATALOGUE

BY_ID = {signature.id: signature for signature in CATALOGUE}
START = ONSET.timestamp()
ROOM = "node_filesystem_avail_bytes / node_filesystem_size_bytes"
LOGS = {"instance": "web1:9100", "mountpoint": "/srv/logs"}
SITE = {"instance": "https://shop.example.com"}


def measure(scene, expression, values, labels=LOGS, purpose="alert"):
    """Give what an alert's rule watches, one point every 10 s, and the alert that fires for it."""
    points = tuple((START + 10 * step, value) for step, value in enumerate(values))
    facts = MetricFacts(
        expression=expression, purpose=purpose, step_s=10, series=(Series(labels=labels, points=points),)
    )
    told = "".join(f'{name}="{value}"' for name, value in labels.items())
    scene.add(EvidenceKind.METRICS, "service/node", ["all 1 series", f"alert{{{told}}}: last {values[-1:]}"], facts)
    case = scene.build()
    return replace(case, alerts=tuple(alert.model_copy(update={"labels": labels}) for alert in case.alerts))


@pytest.mark.parametrize(
    ("expression", "values", "left"),
    [
        (ROOM, [0.96, 0.96, 0.042], "4.2% of its space left"),
        (f"100 * {ROOM}", [96, 96, 0], "no space left"),
        (f"1 - {ROOM}", [0.04, 0.04, 0.95], "5.0% of its space left"),
        (f"100 - ({ROOM} * 100)", [4, 4, 95], "5.0% of its space left"),
        (
            "(node_filesystem_size_bytes - node_filesystem_free_bytes) / node_filesystem_size_bytes",
            [0.04, 0.04, 0.95],
            "5.0% of its space left",
        ),
        ("node_filesystem_files_free / node_filesystem_files", [0.9, 0.9, 0.01], "1.0% of its inodes left"),
    ],
)
def test_file_system_without_room_is_named_with_what_is_left(scene, expression, values, left):
    """However a rule counts, what is left is told in the same way."""
    (found,) = BY_ID["disk_full"].match(measure(scene, expression, values))

    assert f"/srv/logs of web1:9100 has {left}" in found.text
    assert (found.cause, found.confidence) == ("disk_full", 0.9)
    assert "/srv/logs" in found.citations[0].quote
    assert "du -xh" in found.person_must


def test_how_fast_the_room_went_is_told(scene):
    """A job that wrote it full in seconds is another matter than months of growth."""
    (fast,) = BY_ID["disk_full"].match(measure(scene, ROOM, [0.96, 0.8, 0.6, 0.04, 0.03]))
    (slow,) = BY_ID["disk_full"].match(measure(type(scene)(), ROOM, [0.043, 0.042, 0.041]))

    assert "and had 60% at 09:51:20 UTC, 10 s before" in fast.text
    assert "and had" not in slow.text


@pytest.mark.parametrize(
    ("expression", "values", "purpose"),
    [
        (ROOM, [0.5, 0.4], "alert"),
        (ROOM, [0.05, 0.04], "traffic"),
        ("node_filesystem_avail_bytes", [5.0, 4.0], "alert"),
        ("disk_ratio", [0.05, 0.04], "alert"),
        (ROOM, [], "alert"),
    ],
    ids=["room enough", "no alert's rule", "no whole to compare with", "nobody's name", "no points"],
)
def test_what_is_not_measured_so_is_not_claimed(scene, expression, values, purpose):
    """A name that everybody knows, and a number that says it is full: nothing less."""
    assert BY_ID["disk_full"].match(measure(scene, expression, values, purpose=purpose)) == []


def test_other_file_systems_of_the_same_rule_are_left_out(scene):
    """The rule watches all of them, the alert speaks of one."""
    case = measure(scene, ROOM, [0.05])
    other = case.alerts[0].model_copy(update={"labels": {**LOGS, "mountpoint": "/"}})

    assert BY_ID["disk_full"].match(replace(case, alerts=(other,))) == []


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("probe_ssl_earliest_cert_expiry", datetime(2026, 11, 23, tzinfo=UTC).timestamp()),
        ("probe_ssl_earliest_cert_expiry - time()", -(9 * 3600 + 51 * 60)),
        ("(probe_ssl_earliest_cert_expiry - time()) / 86400", -(9 * 60 + 51) / 1440),
        ("(probe_ssl_earliest_cert_expiry - time()) / 60 / 60 / 24", -(9 * 60 + 51) / 1440),
        ("(probe_ssl_earliest_cert_expiry - time()) / (24 * 3600)", -(9 * 60 + 51) / 1440),
        ("(probe_ssl_earliest_cert_expiry - time()) / 3600", -(9 * 60 + 51) / 60),
        ('probe_ssl_earliest_cert_expiry{target="https://10.0.0.1"} - time()', -(9 * 3600 + 51 * 60)),
    ],
)
def test_certificate_that_is_past_its_end_is_named_with_its_end(scene, expression, value):
    """Whether the rule holds the instant, or what is left until then."""
    (found,) = BY_ID["certificate_expired"].match(measure(scene, expression, [value], SITE))

    assert "the end of https://shop.example.com's was 2026-11-23 00:00 UTC" in found.text
    assert "have its server load it" in found.person_must


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("probe_ssl_earliest_cert_expiry - time()", 3600.0),
        ("probe_ssl_earliest_cert_expiry", 5.0),
        ("cert_end", 5.0),
        ("probe_ssl_last_chain_expiry_timestamp_seconds - time()", -6.4e10),
    ],
)
def test_certificate_that_still_holds_has_not_expired(scene, expression, value):
    """An alert days before is a reminder."""
    assert BY_ID["certificate_expired"].match(measure(scene, expression, [value], SITE)) == []
