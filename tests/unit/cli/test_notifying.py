"""`fermata notify explain`: where a card would go, and why there."""

import pytest

NOTIFY = """\
  console: {}
notify:
  routes:
    - {id: pay, services: [checkout], addresses: [console], escalate_to: ["console:night"]}
  quiet: {begins: "22:00", ends: "07:00", zone: Europe/Berlin}
  fallback: [console]
"""


@pytest.fixture
def routed(desk):
    """Give a desk with a route."""
    desk.write_settings(NOTIFY)
    return desk


def test_place_and_reasons_are_told(routed):
    """The route that covers it, what happens when nobody decides, and what when the channel fails."""
    result = routed.run("notify", "explain", "--severity", "critical", "--service", "checkout")

    assert result.out.splitlines() == [
        "Goes to console",
        "  route pay: service checkout",
        "  nobody decides within half of the plan's validity: console:night too",
        "  a channel that fails: console, the first that works",
    ], result.err


def test_quiet_hours_are_told_for_an_instant(routed):
    """At three in the morning a warning waits."""
    result = routed.run("notify", "explain", "--severity", "warning", "--at", "2026-11-24T03:00+01:00", "--json")

    assert result.json["held_until"] == "2026-11-24T06:00:00Z"
    assert result.json["reasons"][0] == "every channel: no route covers it"


def test_nobody_to_tell_is_said(desk):
    """Without a channel a card goes nowhere, which somebody should know."""
    result = desk.run("notify", "explain", "--team", "web", "--environment", "prod", "--no-plan")

    assert result.out.startswith("Goes to nobody: no channel is configured"), result.err


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--severity", "awful"), "is no severity"),
        (("--at", "tomorrow"), "is no instant"),
        (("--at", "2026-11-24T03:00"), "has no time zone"),
    ],
)
def test_what_cannot_be_read_is_refused(routed, args, words):
    """With how it is written."""
    result = routed.run("notify", "explain", *args)

    assert (result.code, words in result.err) == (2, True)
