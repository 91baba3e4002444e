"""Ten recorded bodies of a real Alertmanager, and what may be wrong with others."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fermata.domain.alert import AlertStatus, Severity
from fermata.integrations.alertmanager.source import AlertmanagerSource
from fermata.integrations.alertmanager.system import Alertmanager
from fermata.kit.errors import TooLargeError, UserError
from fermata.ports.source import SourceSettings
from fermata.testing.clock import FakeClock
from fermata.testing.source_contract import RECEIVED_AT, SourceContract

SAMPLES = Path(__file__).parents[3] / "samples" / "alertmanager"


def read(name):
    """Give a recorded body by the start of its name."""
    (path,) = SAMPLES.glob(f"{name}-*.json")
    return path.read_bytes()


def parse(body):
    """Parse bytes, or a value as JSON."""
    return AlertmanagerSource().parse(body if isinstance(body, bytes) else json.dumps(body).encode(), RECEIVED_AT)


def build(**fields):
    """Give a body with one alert, some fields of which are set."""
    alert = {"status": "firing", "labels": {"alertname": "Down"}, "startsAt": "2026-11-23T09:51:00Z", **fields}
    return {"version": "4", "groupKey": "g", "alerts": [alert]}


class TestAlertmanagerSource(SourceContract):
    """The contract, on all recorded bodies."""

    def make_source(self):
        return AlertmanagerSource()

    def list_samples(self):
        samples = {path.name: path.read_bytes() for path in sorted(SAMPLES.glob("[0-9]*.json"))}
        assert len(samples) == 10
        return samples


def test_recorded_alert_is_read_field_by_field():
    """Nothing of a real alert is lost on the way."""
    batch = parse(read("01"))

    (alert,) = batch.alerts
    assert (alert.source, alert.name, alert.fingerprint) == ("alertmanager", "HighErrorRate", "5ffdb6c44fddef39")
    assert (alert.status, alert.severity) == (AlertStatus.FIRING, Severity.CRITICAL)
    assert alert.labels["service"] == "checkout-api"
    assert alert.summary == "checkout-api error ratio 31%"
    assert alert.starts_at == datetime(2026, 11, 23, 0, 39, 15, 211000, tzinfo=UTC)
    assert alert.ends_at is None
    assert "g0.expr=service_error_ratio+%3E+0.05" in alert.generator_url
    assert batch.group_key == '{}:{alertname="HighErrorRate", namespace="shop"}'
    assert batch.truncated == 0


def test_recorded_resolution_ends_the_recorded_firing():
    """The pair 01 and 02 is one firing and its end."""
    (firing,), (resolved,) = parse(read("01")).alerts, parse(read("02")).alerts

    assert resolved.id == firing.id
    assert resolved.status is AlertStatus.RESOLVED
    assert resolved.ends_at == datetime(2026, 11, 23, 0, 39, 17, 211000, tzinfo=UTC)


def test_group_of_three_is_told_apart_alert_by_alert():
    """One of the three is resolved while the group still says firing (04); the next message leaves it out (05)."""
    all_three, mixed, rest = (parse(read(name)).alerts for name in ("03", "04", "05"))

    assert {alert.id for alert in mixed} == {alert.id for alert in all_three}
    assert sorted(alert.status.value for alert in mixed) == ["firing", "firing", "resolved"]
    ended = {alert.id for alert in mixed if alert.status is AlertStatus.RESOLVED}
    assert {alert.id for alert in rest} == {alert.id for alert in all_three} - ended


def test_recorded_truncation_is_counted():
    """`max_alerts: 2` of three leaves one that was not seen."""
    batch = parse(read("10"))

    assert (len(batch.alerts), batch.truncated) == (2, 1)


def test_payload_digest_is_of_the_bytes():
    """Two deliveries of one alert in other bytes are told apart by their digest alone."""
    body = read("01")

    compact, spaced = parse(body).alerts[0], parse(body + b"\n").alerts[0]
    assert compact.id == spaced.id
    assert compact.payload_digest != spaced.payload_digest


def test_alert_without_fingerprint_gets_one_of_its_labels():
    """Alertmanager before 0.20 sends none; equal labels are the same alert, in whatever order they came."""
    one, same, other = (
        parse(build(labels=labels)).alerts[0].fingerprint
        for labels in ({"a": "1", "b": "2"}, {"b": "2", "a": "1"}, {"a": "1", "b": "3"})
    )

    assert one == same != other


def test_alert_without_a_name_is_kept():
    """A rule posted by hand may have no alertname; it is an alert all the same."""
    assert parse(build(labels={"service": "checkout"})).alerts[0].name == "unnamed"


def test_null_label_is_an_absent_label():
    """Some senders write null for an empty label; Prometheus means the same by both."""
    assert dict(parse(build(labels={"alertname": "Down", "pod": None})).alerts[0].labels) == {"alertname": "Down"}


def test_nanoseconds_are_cut_to_microseconds():
    """Go writes up to nine digits."""
    assert parse(build(startsAt="2026-11-23T09:51:00.123456789Z")).alerts[0].starts_at.microsecond == 123456


def test_value_annotation_is_the_measured_value():
    """Alertmanager sends no value; rules commonly put theirs into an annotation of that name."""
    assert parse(build(annotations={"value": "31%"})).alerts[0].value == "31%"


def test_long_annotation_is_cut_and_says_so():
    """Text for people never costs an alert."""
    text = parse(build(annotations={"description": "x" * 20_000})).alerts[0].annotations["description"]

    assert text.endswith("[cut: 3,616 more characters]")
    assert len(text) < 16_500


def test_nul_in_a_text_is_replaced():
    """PostgreSQL cannot store it, and one alert must not fail a whole webhook there."""
    alert = parse(build(labels={"alertname": "Do\x00wn"}, annotations={"summary": "\x00"})).alerts[0]

    assert alert.name == "Do\N{REPLACEMENT CHARACTER}wn"
    assert "\x00" not in alert.summary


def test_null_for_the_alerts_is_an_empty_batch():
    """Go writes an empty list as null."""
    assert parse({"version": "4", "alerts": None}).alerts == ()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (build(startsAt=None), "alerts[0].startsAt"),
        (build(startsAt="0001-01-01T00:00:00Z"), "alerts[0].startsAt"),
        (build(startsAt="2026-11-23T09:51:00"), "alerts[0].startsAt"),
        (build(startsAt=1_795_000_000), "alerts[0].startsAt"),
        (build(startsAt="9999-12-31T23:59:59-01:00"), "alerts[0].startsAt"),
        (build(endsAt="soon"), "alerts[0].endsAt"),
        (build(status="pending"), "alerts[0].status"),
        (build(labels={"alertname": 3}), "alerts[0].labels.alertname"),
        (build(labels=None) | {"truncatedAlerts": -1}, "truncatedAlerts"),
        (build(labels=["a"]), "alerts[0].labels"),
        ({"version": "4"}, "alerts"),
        ({"alerts": []}, "version"),
        ({"version": "1", "alerts": [{}]}, "version"),
        ({"version": 4, "alerts": []}, "version"),
    ],
)
def test_faulty_field_is_named(body, field):
    """A refusal says where the fault is, for the person who set the sender up."""
    with pytest.raises(UserError) as refusal:
        parse(body)

    assert refusal.value.facts["field"] == field
    assert refusal.value.status == 400


def test_refusal_shows_no_value_of_the_body():
    """A refusal is journalled and logged; what was sent may hold secrets."""
    with pytest.raises(UserError) as refusal:
        parse(build(startsAt="hunter2", labels={"password": "hunter2"}))

    assert "hunter2" not in str(refusal.value)


def test_label_name_in_a_refusal_stays_on_its_line():
    """A label's name comes from outside and cannot forge a line of the log."""
    with pytest.raises(UserError) as refusal:
        parse(build(labels={"a\nERROR all is lost\x1b[2J": 1}))

    assert str(refusal.value).isprintable()


@pytest.mark.parametrize(
    "body",
    [
        {"version": "4", "alerts": [build()["alerts"][0]] * 10_001},
        build(labels={f"label_{number}": "x" for number in range(129)}),
        build(labels={"alertname": "x" * 4_097}),
        build(labels={"x" * 1_025: "x"}),
    ],
    ids=["alerts", "labels", "value", "name"],
)
def test_beyond_its_bounds_is_too_large(body):
    """Each bound has a size; one past it is refused with HTTP 413."""
    with pytest.raises(TooLargeError):
        parse(body)


def test_at_its_bounds_is_accepted():
    """The bounds themselves are inside."""
    labels = {f"label_{number}": "x" * 4_096 for number in range(128)}

    assert len(parse(build(labels=labels)).alerts[0].labels) == 128
    assert len(parse({"version": "4", "alerts": [build()["alerts"][0]] * 10_000}).alerts) == 10_000


def test_system_offers_its_source_and_nothing_else():
    """Alertmanager calls Fermata; there is nothing to collect, to change or to show there."""
    system = Alertmanager(SourceSettings(), FakeClock())

    assert system.find_source().name == "alertmanager"
    assert not system.list_collectors()
    assert not system.list_actions()
    assert system.find_channel() is None


def test_annotation_is_cut_behind_its_secrets():
    """Half of an address holds all of its password, and no longer looks like one to whoever takes the alert in."""
    words = ("word " * 5000)[: 16_384 - 37] + " postgres://shop:correct-horse-battery@db/x" + " more" * 400
    body = {
        "version": "4",
        "alerts": [
            {
                "status": "firing",
                "labels": {"alertname": "A"},
                "annotations": {"description": words},
                "startsAt": "2026-11-23T09:51:00Z",
            }
        ],
    }

    (alert,) = AlertmanagerSource().parse(json.dumps(body).encode(), datetime(2026, 11, 23, 10, tzinfo=UTC)).alerts

    assert "correct" not in alert.annotations["description"]
    assert "more characters]" in alert.annotations["description"]
