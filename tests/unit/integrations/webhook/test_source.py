"""The plain form, and what tools send that is put into it."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fermata.domain.alert import AlertBatch, AlertStatus, Severity
from fermata.integrations.webhook.source import PlainSource
from fermata.integrations.webhook.system import Webhook, WebhookSettings
from fermata.kit.errors import TooLargeError, UserError
from fermata.testing.clock import FakeClock
from fermata.testing.source_contract import RECEIVED_AT

PLAIN = {"title": "checkout is down", "service": "checkout", "status": "firing"}
BEAT = {"monitorID": 3, "status": 0, "time": "2026-11-23 09:51:00.041", "msg": "Request failed with status code 502"}
MONITOR = {"id": 3, "name": "shop", "url": "https://shop.example.com/", "tags": [{"name": "service", "value": "web"}]}
KUMA = {"heartbeat": BEAT, "monitor": MONITOR, "msg": "[shop] [Down]"}
BETTER = {
    "data": {
        "id": "25",
        "type": "incident",
        "attributes": {
            "name": "web",
            "url": "https://shop.example.com",
            "cause": "Status 502",
            "started_at": "2026-11-23T09:51:00.000Z",
            "resolved_at": None,
        },
    }
}
ROBOT = {
    "monitorID": "77712",
    "monitorURL": "https://shop.example.com",
    "monitorFriendlyName": "web",
    "alertType": "1",
    "alertDetails": "HTTP 502 - Bad Gateway",
    "alertDateTime": "1795427460",
}
BODIES = (PLAIN, KUMA, BETTER, ROBOT)


def parse(body):
    """Parse bytes, or a value as JSON."""
    return PlainSource().parse(body if isinstance(body, bytes) else json.dumps(body).encode(), RECEIVED_AT)


def read(body):
    """Return the one alert of a body."""
    (alert,) = parse(body).alerts
    return alert


def test_title_and_status_are_enough():
    """It begins when it is received, and is a warning."""
    alert = read({"title": "backup", "status": "down"})

    assert (alert.source, alert.name, alert.status, alert.severity) == (
        "webhook", "backup", AlertStatus.FIRING, Severity.WARNING
    )  # fmt: skip
    assert (alert.starts_at, alert.ends_at, alert.labels) == (RECEIVED_AT, None, {"alertname": "backup"})
    assert parse(PLAIN).one_at_a_time


def test_plain_form_is_read_field_by_field():
    """Labels of its own stand beside the three that are made; numbers are texts."""
    alert = read(
        PLAIN
        | {
            "severity": "critical",
            "started_at": "2026-11-23T10:51:00+01:00",
            "summary": "502",
            "url": "https://x.example.com",
            "value": 14.2,
            "labels": {"namespace": "shop", "shard": 3, "none": None},
        }
    )

    made = {"alertname": "checkout is down", "service": "checkout", "severity": "critical"}
    assert alert.labels == made | {"namespace": "shop", "shard": "3"}
    assert alert.annotations == {"summary": "502", "url": "https://x.example.com"}
    assert (alert.starts_at, alert.value) == (datetime(2026, 11, 23, 9, 51, tzinfo=UTC), "14.2")


def test_severity_may_stand_among_the_labels():
    """Whoever writes labels writes it there."""
    assert read(PLAIN | {"labels": {"severity": "critical"}}).severity is Severity.CRITICAL


@pytest.mark.parametrize(
    ("word", "status"),
    [
        *((word, "firing") for word in ("firing", "Down", "open", "triggered", " fail ")),
        *((word, "resolved") for word in ("resolved", "UP", "ok", "closed", "recovered")),
    ],
)
def test_words_of_tools_for_a_state_are_read(word, status):
    """Templates can write only what the tool has."""
    assert read(PLAIN | {"status": word}).status == status


def test_end_is_the_instant_it_was_told():
    """It is at the latest that of its receipt, also where a clock is ahead."""
    assert read(PLAIN | {"status": "resolved"}).ends_at == RECEIVED_AT
    assert read(PLAIN | {"status": "up", "ended_at": "2030-01-01T00:00:00Z"}).ends_at == RECEIVED_AT
    assert read(PLAIN | {"started_at": "2030-01-01T00:00:00Z"}).starts_at == RECEIVED_AT


def test_what_it_is_does_not_depend_on_how_bad_it_is():
    """Nor on its words: an id alone tells, or title, service and labels."""
    first = read(PLAIN).fingerprint

    assert read(PLAIN | {"severity": "critical", "summary": "x", "status": "up"}).fingerprint == first
    assert read(PLAIN | {"service": "cart"}).fingerprint != first
    assert read(PLAIN | {"labels": {"shard": "2"}}).fingerprint != first
    assert read(PLAIN | {"id": 7}).fingerprint == read({"title": "other", "status": "up", "id": "7"}).fingerprint


def test_monitor_of_uptime_kuma_is_read():
    """Its tag `service` says which service it watches; its times are UTC."""
    alert = read(KUMA)

    assert (alert.name, alert.severity, alert.labels["service"]) == ("shop is down", Severity.CRITICAL, "web")
    assert alert.annotations == {"summary": BEAT["msg"], "url": MONITOR["url"]}
    assert alert.starts_at == datetime(2026, 11, 23, 9, 51, 0, 41000, tzinfo=UTC)
    end = read(KUMA | {"heartbeat": BEAT | {"status": 1}, "monitor": MONITOR | {"tags": None}})
    assert (end.status, end.fingerprint, end.labels["service"]) == (AlertStatus.RESOLVED, alert.fingerprint, "shop")


@pytest.mark.parametrize(
    "change",
    [{"heartbeat": None, "monitor": None}, {"heartbeat": BEAT | {"status": 3}}, {"heartbeat": {"status": "0"}}],
)
def test_what_is_no_alert_of_uptime_kuma_is_told_in_words(change):
    """Its test button, notices of certificates, maintenance."""
    batch = parse(KUMA | change)

    assert batch.alerts == ()
    assert "Uptime Kuma" in batch.refused[0]


def test_time_of_uptime_kuma_that_is_none_is_the_receipt():
    """A time that cannot be read costs itself."""
    assert read(KUMA | {"heartbeat": BEAT | {"time": "soon"}}).starts_at == RECEIVED_AT


def test_incident_of_better_stack_is_read():
    """The same site in its next incident is the same thing again."""
    alert = read(BETTER)
    over = BETTER["data"]["attributes"] | {"resolved_at": "2026-11-23T09:58:00.000Z"}
    end = read({"data": BETTER["data"] | {"id": "26", "attributes": over}})

    assert (alert.name, alert.severity, alert.annotations["summary"]) == (
        "web is down",
        Severity.CRITICAL,
        "Status 502",
    )
    assert (end.status, end.ends_at) == (AlertStatus.RESOLVED, datetime(2026, 11, 23, 9, 58, tzinfo=UTC))
    assert end.fingerprint == alert.fingerprint


def test_monitor_of_uptimerobot_is_read():
    """Its time is in seconds; that of an end is not its start."""
    alert, end = read(ROBOT), read(ROBOT | {"alertType": 2})

    assert (alert.name, alert.starts_at) == ("web is down", datetime(2026, 11, 23, 9, 51, tzinfo=UTC))
    assert (end.status, end.fingerprint) == (AlertStatus.RESOLVED, alert.fingerprint)
    assert read(ROBOT | {"alertDateTime": "now"}).starts_at == RECEIVED_AT
    assert "neither down nor up" in parse(ROBOT | {"alertType": 3}).refused[0]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        *((body, "'body'") for body in (b"", b"null", b"[]", b"{", b"\xff\xfe", b"[" * 100_000)),
        ({"status": "firing"}, "'title'"),
        ({"title": " ", "status": "firing"}, "'title'"),
        ({"title": "x"}, "'status'"),
        (ROBOT | {"monitorFriendlyName": " "}, "'title'"),
        (ROBOT | {"monitorFriendlyName": 7.5, "alertDetails": {}}, "'summary'"),
        (PLAIN | {"status": "perhaps"}, "'status'"),
        (PLAIN | {"status": 1}, "'status'"),
        (PLAIN | {"started_at": "2026-11-23T09:51:00"}, "'started_at'"),
        (PLAIN | {"started_at": 5}, "'started_at'"),
        (PLAIN | {"service": ["checkout"]}, "'service'"),
        (PLAIN | {"labels": {"a\n": {}}}, "'labels.a?'"),
    ],
)
def test_body_that_is_none_is_refused_with_its_field(body, field):
    """The refusal shows what to send, and repeats no value."""
    with pytest.raises(UserError) as refused:
        parse(body)

    assert field in str(refused.value)
    assert '"status": "firing"}' in str(refused.value)
    assert "perhaps" not in str(refused.value)


def test_text_beyond_its_limit_is_too_large():
    """A label that long is a mistake."""
    with pytest.raises(TooLargeError):
        parse(PLAIN | {"title": "x" * 2000})


def test_labels_that_are_none_are_left_out():
    """They are for grouping: an alert is not lost for them."""
    assert read(PLAIN | {"labels": "a,b"}).labels == read(PLAIN).labels


@settings(max_examples=200, deadline=None, database=None)
@given(
    st.sampled_from(BODIES),
    st.dictionaries(
        st.sampled_from(["title", "status", "service", "heartbeat", "monitor", "data", "alertType", "labels", "id"]),
        st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.lists(st.text(max_size=3), max_size=2)
        | st.dictionaries(st.text(max_size=6), st.text(max_size=6) | st.none(), max_size=3),
        max_size=3,
    ),
)  # fmt: skip
def test_whatever_arrives_is_parsed_or_refused(body, changes):
    """Never another exception, and what is parsed can be stored."""
    try:
        batch = parse(body | changes)
    except UserError:
        return

    assert AlertBatch.from_json(batch.to_json()) == batch


def test_system_is_a_source_and_nothing_else():
    """Nothing is set, and nothing is asked."""
    system = Webhook(WebhookSettings(), FakeClock())

    assert system.find_source().name == "webhook"
