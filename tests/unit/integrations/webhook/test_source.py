"""The plain form, and what tools send that is put into it."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fermata.domain.alert import AlertBatch, AlertStatus, Severity
from fermata.integrations.webhook.source import PlainSource
from fermata.integrations.webhook.system import Webhook
from fermata.kit.errors import TooLargeError, UserError
from fermata.ports.source import SourceSettings
from fermata.testing.clock import FakeClock
from fermata.testing.source_contract import RECEIVED_AT

PAGE = Path(__file__).parents[4] / "docs" / "systems" / "webhook.md"
PLAIN = {"title": "checkout is down", "service": "checkout", "status": "firing"}
# As `Monitor.sendNotification` builds it, without the settings of kinds of monitor that are not used here.
BEAT = {
    "monitorID": 3,
    "status": 0,
    "time": "2026-11-23 09:51:00.041",
    "msg": "Request failed with status code 502",
    "ping": None,
    "important": True,
    "duration": 60,
    "retries": 0,
    "timezone": "Europe/Berlin",
    "timezoneOffset": "+01:00",
    "localDateTime": "2026-11-23 10:51:00",
}
MONITOR = {
    "id": 3,
    "name": "shop",
    "description": None,
    "pathName": "shop",
    "url": "https://shop.example.com/",
    "hostname": None,
    "port": None,
    "active": True,
    "type": "http",
    "tags": [{"tag_id": 1, "monitor_id": 3, "value": "web", "name": "service", "color": "#4B5563"}],
    "includeSensitiveData": False,
}
KUMA = {"heartbeat": BEAT, "monitor": MONITOR, "msg": "[shop] [🔴 Down] Request failed with status code 502"}
# The names of the example in the documentation of the webhook, with values of ours.
INCIDENT = {
    "name": "web",
    "url": "https://shop.example.com",
    "http_method": "get",
    "cause": "Status 502",
    "started_at": "2026-11-23T09:51:00.000Z",
    "acknowledged_at": None,
    "resolved_at": None,
    "response_content": None,
    "response_url": None,
    "screenshot_url": None,
}
BETTER = {
    "event": "started",
    "data": {
        "id": "25",
        "type": "incident",
        "attributes": INCIDENT,
        "relationships": {"monitor": {"data": {"id": "4", "type": "monitor"}}},
    },
}
# The names that pages of receivers give; those of the vendor could not be read.
ROBOT = {
    "monitorID": "77712",
    "monitorURL": "https://shop.example.com",
    "monitorFriendlyName": "web",
    "alertType": "1",
    "alertTypeFriendlyName": "Down",
    "alertDetails": "HTTP 502 - Bad Gateway",
    "alertDateTime": "1795427460",
}
BODIES = (PLAIN, KUMA, BETTER, ROBOT)


def parse(body):
    """Parse bytes, or a value as JSON."""
    return PlainSource().parse(body if isinstance(body, bytes) else json.dumps(body).encode(), RECEIVED_AT)


def tell(event, **attributes):
    """Return a message about the incident of `BETTER`."""
    return {"event": event, "data": BETTER["data"] | {"attributes": INCIDENT | attributes}}


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


@pytest.mark.parametrize("nothing", [None, "", "0001-01-01T00:00:00Z"])
def test_time_that_is_none_is_that_of_its_receipt(nothing):
    """Year 1 is how programs in Go write that there is none."""
    alert = read(PLAIN | {"status": "up", "started_at": nothing, "ended_at": nothing})

    assert (alert.starts_at, alert.ends_at) == (RECEIVED_AT, RECEIVED_AT)


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
    assert parse(KUMA).one_at_a_time


def test_monitor_that_is_called_down_already_is_called_so_once():
    """`web is down is down` is no sentence."""
    assert read(KUMA | {"monitor": MONITOR | {"name": "Web is down"}}).name == "Web is down"


def test_monitor_of_uptime_kuma_that_is_up_ends_its_alert():
    """It tells when that was, and newer versions since when it was down."""
    beat = BEAT | {"status": 1, "time": "2026-11-23 09:58:00.007", "msg": "200 - OK"}

    newer = read(KUMA | {"heartbeat": beat | {"lastDownTime": BEAT["time"]}})
    older = read(KUMA | {"heartbeat": beat, "monitor": MONITOR | {"tags": None}})

    assert (newer.status, newer.fingerprint) == (AlertStatus.RESOLVED, read(KUMA).fingerprint)
    assert (newer.starts_at, newer.ends_at) == (
        read(KUMA).starts_at,
        datetime(2026, 11, 23, 9, 58, 0, 7000, tzinfo=UTC),
    )
    assert (older.starts_at, older.ends_at) == (newer.ends_at, newer.ends_at)
    assert (older.fingerprint, older.labels["service"]) == (newer.fingerprint, "shop")


def test_address_that_uptime_kuma_did_not_ask_for_is_left_out():
    """Monitors of a port or a container carry what the form for pages begins with."""
    assert "url" not in read(KUMA | {"monitor": MONITOR | {"type": "port", "url": "https://"}}).annotations
    assert "url" not in read(KUMA | {"monitor": MONITOR | {"type": "docker", "url": None}}).annotations


@pytest.mark.parametrize(
    "change",
    [{"heartbeat": None, "monitor": None}, {"heartbeat": BEAT | {"status": 3}}, {"heartbeat": {"status": "0"}}],
)
def test_what_is_no_alert_of_uptime_kuma_is_told_in_words(change):
    """Its test button, and notices of certificates and domains, come without a monitor and a heartbeat."""
    batch = parse(KUMA | change)

    assert batch.alerts == ()
    assert "Uptime Kuma" in batch.refused[0]


def test_time_of_uptime_kuma_that_is_none_is_the_receipt():
    """A time that cannot be read costs itself."""
    assert read(KUMA | {"heartbeat": BEAT | {"time": "soon"}}).starts_at == RECEIVED_AT


def test_incident_of_better_stack_is_read():
    """The same monitor in its next incident is the same thing again, whatever it is called by then."""
    alert = read(BETTER)
    end = read(tell("resolved", name="shop", resolved_at="2026-11-23T09:58:00.000Z"))

    assert (alert.name, alert.severity, alert.annotations["summary"]) == (
        "web is down",
        Severity.CRITICAL,
        "Status 502",
    )
    assert (end.status, end.ends_at) == (AlertStatus.RESOLVED, datetime(2026, 11, 23, 9, 58, tzinfo=UTC))
    assert (end.fingerprint, end.id) == (alert.fingerprint, alert.id)


@pytest.mark.parametrize(
    ("event", "resolved_at", "status"),
    [
        ("acknowledged", None, "firing"),
        ("reopened", None, "firing"),
        ("reopened", "2026-11-23T09:58:00.000Z", "firing"),
        ("comment", None, "firing"),
        ("comment", "2026-11-23T09:58:00.000Z", "resolved"),
        ("resolved", None, "resolved"),
        (None, "2026-11-23T09:58:00.000Z", "resolved"),
    ],
)
def test_state_of_an_incident_is_that_of_its_event(event, resolved_at, status):
    """Whoever looks at it or writes a comment changes nothing; where the event does not tell, its end does."""
    assert read(tell(event, resolved_at=resolved_at)).status == status


def test_incident_of_better_stack_tells_which_firing_it_is():
    """Its start is kept as it was sent, or its end would be that of another one; without a start it tells none."""
    ahead = tell("started", started_at="2030-01-01T00:00:00Z")

    assert not parse(ahead).one_at_a_time
    assert parse(ahead).many_at_once
    assert read(ahead).starts_at == datetime(2030, 1, 1, tzinfo=UTC)
    assert parse(tell("started", started_at=None)).one_at_a_time
    assert read(tell("started", started_at=None)).starts_at == RECEIVED_AT


def test_incident_without_a_monitor_is_told_by_name_and_address():
    """People and other tools open incidents, too."""
    bare = {"event": "started", "data": BETTER["data"] | {"relationships": {"monitor": {"data": None}}}}
    other = {"data": bare["data"] | {"attributes": INCIDENT | {"name": "cart"}}}

    assert read(bare).fingerprint not in {read(BETTER).fingerprint, read(other).fingerprint}
    assert read(bare).fingerprint == read({"data": bare["data"] | {"id": "26"}}).fingerprint


def test_change_of_a_monitor_of_better_stack_is_told_in_words():
    """Its other webhooks are no alerts."""
    batch = parse(
        {"event": "paused", "data": {"id": "4", "type": "monitor", "attributes": {"url": "https://x.example"}}}
    )

    assert batch.alerts == ()
    assert "no incident" in batch.refused[0]


def test_monitor_of_uptimerobot_is_read():
    """Its time is in seconds; that of an end is not its start."""
    alert, end = read(ROBOT), read(ROBOT | {"alertType": 2})

    assert (alert.name, alert.starts_at) == ("web is down", datetime(2026, 11, 23, 9, 51, tzinfo=UTC))
    assert (end.status, end.fingerprint) == (AlertStatus.RESOLVED, alert.fingerprint)
    assert (end.starts_at, end.ends_at) == (RECEIVED_AT, RECEIVED_AT)
    assert read(ROBOT | {"alertDateTime": "now"}).starts_at == RECEIVED_AT
    assert "neither down nor up" in parse(ROBOT | {"alertType": 3}).refused[0]


def test_variable_that_uptimerobot_did_not_fill_is_none():
    """It stays as it stands in the template; a monitor without its number is told by its name."""
    alert = read(ROBOT | {"alertDetails": "*alertDetails*", "monitorID": "*monitorID*", "alertDateTime": "*"})

    assert alert.annotations == {"url": ROBOT["monitorURL"]}
    assert alert.fingerprint == read(ROBOT | {"monitorID": None}).fingerprint != read(ROBOT).fingerprint
    assert alert.fingerprint != read(ROBOT | {"monitorID": None, "monitorFriendlyName": "cart"}).fingerprint


@pytest.mark.parametrize("status", ["down", "up"])
def test_template_for_healthchecks_is_json_whatever_the_check_is_called(status):
    """The page shows it; `$NAME_JSON` is the name with its quotes, `$NAME` would be the bare one."""
    (template,) = re.findall(r"^\{.*\$CODE.*\}$", PAGE.read_text(), re.MULTILINE)
    name = 'nightly "full" backup \\ $STATUS'
    values = {"CODE": "5d6a", "STATUS": status, "NAME_JSON": json.dumps(name)}

    alert = read(re.sub(r"\$([A-Z_]+)", lambda found: values[found[1]], template).encode())

    assert (alert.name, alert.labels["service"], alert.severity) == (name, name, Severity.CRITICAL)
    assert alert.status is (AlertStatus.FIRING if status == "down" else AlertStatus.RESOLVED)


def test_template_for_uptimerobot_is_read():
    """The page shows it; its variables stand between asterisks."""
    (template,) = re.findall(r"^\{\"monitorID\".*?\}$", PAGE.read_text(), re.MULTILINE | re.DOTALL)

    filled = re.sub(r"\*(\w+)\*", lambda found: ROBOT[found[1]], template)

    assert read(filled.encode()).fingerprint == read(ROBOT).fingerprint
    assert read(filled.encode()).starts_at == read(ROBOT).starts_at


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


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b'{"title": "backup",\n "status": "down",}', "it is no JSON from line 2, column "),
        (b"title=backup&status=down", "it is no JSON from line 1, column 1 on"),
        (b"\xff\xfe\xff", "it is no JSON"),
        (b"", "it is no JSON from line 1, column 1 on"),
    ],
)
def test_body_that_is_no_json_is_refused_with_the_place(body, why):
    """A script's comma too many is found by it; nothing of the body is repeated."""
    with pytest.raises(UserError) as caught:
        parse(body)

    assert caught.value.why.startswith(why)
    assert "backup" not in str(caught.value)


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
    system = Webhook(SourceSettings(), FakeClock())

    assert system.find_source().name == "webhook"


@pytest.mark.parametrize(
    "variable",
    [
        "$ALERT_CYCLE_KEY",
        "$TAGS[service]",
        "${ID}",
        "{EVENT.ID}",
        "{{ .ID }}",
        "{$MACRO}",
        "{}",
        "*monitorID*",
        " $ID ",
    ],
)
def test_variable_that_nobody_filled_in_tells_no_alerts_apart(variable):
    """It is the same of all: two different alerts would be one, and the second would be lost."""
    one, other = (
        PlainSource().parse(json.dumps(PLAIN | {"title": title, "id": variable}).encode(), RECEIVED_AT).alerts[0]
        for title in ("disk full", "cpu high")
    )
    (nameless,) = PlainSource().parse(json.dumps(PLAIN | {"service": variable}).encode(), RECEIVED_AT).alerts

    assert one.fingerprint != other.fingerprint
    assert "service" not in nameless.labels


@pytest.mark.parametrize(
    "told",
    [
        "$5 off",
        "cost in $",
        "a*b*",
        "{",
        "web-{1}",
        "PROD$DB",
        "*",
        "{0f8fad5b-d9cb-469f-a165-70867728950e}",
        "{af0b1c2d-1}",
    ],
)
def test_text_that_holds_a_sign_of_variables_is_a_text(told):
    """Only a value that is a variable and nothing else is one."""
    (alert,) = PlainSource().parse(json.dumps(PLAIN | {"service": told}).encode(), RECEIVED_AT).alerts

    assert alert.labels["service"] == told


def test_half_a_letter_loses_no_alert():
    """What a script writes that cut a text within an emoji; a whole pair stays."""
    body = rb'{"title": "\ud83d\ude00 down \ud83d", "status": "down", "labels": {"a": "\udd34"}}'

    (alert,) = PlainSource().parse(body, RECEIVED_AT).alerts

    assert (alert.name, alert.labels["a"]) == ("\N{GRINNING FACE} down \ufffd", "\ufffd")


def test_body_of_another_encoding_is_told_by_its_byte():
    """PowerShell sends Latin-1: that it were no JSON would send people looking for a comma."""
    with pytest.raises(UserError) as refusal:
        PlainSource().parse('{"title": "Zahlung überfällig", "status": "down"}'.encode("latin-1"), RECEIVED_AT)

    assert "it is not UTF-8, from byte 20 on" in str(refusal.value)
