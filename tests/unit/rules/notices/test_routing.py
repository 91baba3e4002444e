"""Where a card goes: the first route that covers it, with its reasons; nowhere is not an answer."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from fermata.domain.alert import Severity
from fermata.domain.entity import Entity
from fermata.rules.notices import (
    Digests,
    Notice,
    Notify,
    QuietHours,
    Route,
    describe_notice,
    find_channel,
    find_closed_rooms,
    plan_escalation,
    route_notice,
)
from fermata.testing.records import make_alert, make_incident

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NIGHT = datetime(2026, 11, 23, 23, 0, tzinfo=UTC)
QUIET = QuietHours(begins=time(22, 0), ends=time(7, 0), zone=ZoneInfo("UTC"))
CHANNELS = ("slack", "github", "console")
CHECKOUT = Notice(severity=Severity.CRITICAL, services=("checkout",), teams=("payments",), environments=("production",))


def route(notify, notice=CHECKOUT, *, channels=CHANNELS, now=NOON):
    """Decide."""
    return route_notice(notify, notice, channels, now)


def test_without_routes_a_card_goes_everywhere_at_once():
    """Nobody has to configure anything to be told."""
    found = route(Notify())

    assert (found.route, found.addresses) == ("", CHANNELS)
    assert found.reasons == ("every channel: there are no routes",)
    assert (found.held_until, found.digest_at) == (None, None)


@pytest.mark.parametrize(
    ("covers", "reason"),
    [
        ({}, "it covers everything"),
        ({"severities": ("critical", "high")}, "critical"),
        ({"services": ("check*",)}, "service checkout"),
        ({"teams": ("search", "payments")}, "team payments"),
        ({"environments": ("prod*",)}, "environment production"),
        (
            {"severities": ("critical",), "services": ("*",), "teams": ("*",)},
            "critical, service checkout, team payments",
        ),
    ],
)
def test_route_that_covers_it_decides_and_says_why(covers, reason):
    """By severity, service, team and environment; what is left empty covers everything."""
    found = route(Notify(routes=(Route(id="pay", addresses=("slack:C1", "github:acme/shop"), **covers),)))

    assert (found.route, found.addresses) == ("pay", ("slack:C1", "github:acme/shop"))
    assert found.reasons == (f"route pay: {reason}",)


@pytest.mark.parametrize(
    "covers",
    [
        {"severities": ("warning",)},
        {"services": ("search",)},
        {"teams": ("payment",)},
        {"environments": ("staging",)},
        {"severities": ("critical",), "services": ("check",)},
    ],
)
def test_route_that_misses_one_thing_is_passed_over(covers):
    """All that a route names has to hold; the next one decides, and after the last one every channel."""
    narrow = Route(id="narrow", addresses=("slack:C1",), **covers)
    wide = Route(id="wide", addresses=("github",))

    assert route(Notify(routes=(narrow, wide))).route == "wide"
    assert route(Notify(routes=(narrow,))).reasons == ("every channel: no route covers it",)


def test_first_route_in_the_file_decides():
    """The order is the one a reader sees."""
    routes = tuple(Route(id=name, addresses=(name,)) for name in ("github", "slack"))

    assert route(Notify(routes=routes)).addresses == ("github",)


def test_address_of_a_channel_that_is_gone_is_left_out():
    """And where none is left, the card goes everywhere rather than nowhere."""
    routes = (Route(id="some", addresses=("discord:9", "slack:C1")),)
    gone = (Route(id="gone", addresses=("discord:9",)),)

    some, none = route(Notify(routes=routes)), route(Notify(routes=gone))

    assert (some.addresses, some.reasons[1]) == (("slack:C1",), "not discord:9: no such channel is configured")
    assert (none.addresses, none.reasons[-1]) == (CHANNELS, "every channel instead")


@pytest.mark.parametrize(
    ("severity", "now", "is_held"),
    [("warning", NIGHT, True), ("info", NIGHT, True), ("high", NIGHT, False), ("warning", NOON, False)],
)
def test_low_severities_wait_until_morning(severity, now, is_held):
    """By night alone, and never what is bad; the reason says until when."""
    found = route(Notify(quiet=QUIET), CHECKOUT.model_copy(update={"severity": Severity(severity)}), now=now)

    assert found.held_until == (datetime(2026, 11, 24, 7, 0, tzinfo=UTC) if is_held else None)
    assert found.reasons[1:] == (
        (f"not before 2026-11-24 07:00 UTC: {severity} waits in quiet hours",) if is_held else ()
    )


@pytest.mark.parametrize(
    ("every", "now", "at"),
    [
        (timedelta(hours=24), NOON, "2026-11-24T00:00+00:00"),
        (timedelta(hours=1), NOON, "2026-11-23T13:00+00:00"),
        (timedelta(hours=1), NOON + timedelta(minutes=59), "2026-11-23T13:00+00:00"),
        (timedelta(hours=5), NIGHT, "2026-11-24T01:00+00:00"),
    ],
)
def test_low_severities_share_a_digest(every, now, at):
    """One card for a span that is counted from midnight; quiet hours need not hold it back besides."""
    notify = Notify(digest=Digests(severities=(Severity.INFO,), every=every), quiet=QUIET)

    found = route(notify, CHECKOUT.model_copy(update={"severity": Severity.INFO}), now=now)

    assert (found.digest_at, found.held_until) == (datetime.fromisoformat(at), None)
    assert "in the digest of every" in found.reasons[-1]


@pytest.mark.parametrize("change", [{"can_decide": True}, {"severity": Severity.WARNING}])
def test_what_is_worse_or_waits_for_somebody_is_in_no_digest(change):
    """A plan has to be decided, and has a card of its own."""
    notify = Notify(digest=Digests(severities=(Severity.INFO,)))
    notice = CHECKOUT.model_copy(update={"severity": Severity.INFO} | change)

    assert route(notify, notice).digest_at is None


@pytest.mark.parametrize(
    ("own", "general", "after"),
    [
        ({}, {}, None),
        ({}, {"escalate_to": ("console",)}, 15),
        ({}, {"escalate_to": ("console",), "escalate_after": timedelta(minutes=5)}, 5),
        ({"escalate_to": ("github",)}, {"escalate_to": ("console",)}, 15),
        ({"escalate_after": timedelta(minutes=3)}, {"escalate_to": ("console",)}, 3),
        ({}, {"escalate_to": ("discord",)}, None),
        ({}, {"escalate_to": ("console",), "escalate_after": timedelta(minutes=30)}, None),
    ],
)
def test_plan_that_nobody_decides_is_shown_to_the_next_ones(own, general, after):
    """At half of its validity unless told; the route's own word first; never when it would be over by then."""
    found = route(Notify(routes=(Route(id="pay", addresses=("slack",), **own),), **general))

    at = plan_escalation(found, NOON, NOON + timedelta(minutes=30))

    assert at == (NOON + timedelta(minutes=after) if after else None)
    if own.get("escalate_to"):
        assert found.escalate_to == ("github",)


def test_escalation_needs_no_route():
    """The default is escalated as well."""
    assert route(Notify(escalate_to=("console",))).escalate_to == ("console",)


def test_incident_is_described_by_its_entities_and_its_alerts_labels():
    """Each value once, whatever label carries it."""
    alerts = [
        make_alert(labels={"service": "checkout", "team": "payments", "env": "production"}),
        make_alert("Slow", labels={"owner": "payments", "stage": "canary", "environment": ""}),
    ]
    incident = make_incident("inc-1", *alerts, entities=(Entity(kind="service", name="cart"),), severity="high")

    notice = describe_notice(incident, alerts, can_decide=True)

    assert notice == Notice(
        severity=Severity.HIGH,
        services=("cart", "checkout"),
        teams=("payments",),
        environments=("production", "canary"),
        can_decide=True,
    )


@pytest.mark.parametrize(
    ("address", "channel"), [("slack", "slack"), ("slack:C1", "slack"), ("github:a/b:c", "github")]
)
def test_channel_stands_before_the_first_colon(address, channel):
    """The rest is the channel's own affair."""
    assert find_channel(address) == channel


def test_address_of_a_room_that_hears_nobody_is_told_once():
    """Of channels that name their rooms only; the channel's own place, its rooms and other channels are right."""
    addresses = ("github", "github:shop/cards", "slack:C1", "github:shop/paging", "github:shop/paging")

    (fault,) = find_closed_rooms(addresses, {"github": ("shop/cards", "shop/pay")})

    assert fault.startswith("github:shop/paging: no card will be shown there, since github shows cards in")
    assert "shop/cards, shop/pay only" in fault
