import pytest
from tests.unit.rules.timeline.trail_scene import heard

from fermata.rules.timeline.alarms import Bots


def list_news(*lines, words=("checkout",)):
    """Return the ids of the bots' messages that are news."""
    items = heard(*lines)
    bots = Bots(items, words)
    return [item.message.id for item in items if item.message.is_bot and bots.is_news(item)]


def test_alert_is_news_when_it_fires_once_more_and_its_last_end_too():
    """An alert that was over and comes back is a relapse; of its ends the last one held."""
    news = list_news(
        ("12:00", "pager", "[FIRING] CheckoutHigh5xx value=12"),
        ("12:05", "pager", "[RESOLVED] CheckoutHigh5xx"),
        ("12:10", "pager", "[FIRING] CheckoutHigh5xx value=14"),
        ("12:20", "pager", "[RESOLVED] CheckoutHigh5xx"),
    )

    assert news == ["m1", "m3", "m4"]


def test_alert_that_never_ended_is_news_once():
    """Said again while it fires, it is a reminder; numbers in it make it no other alert."""
    news = list_news(
        ("12:00", "pager", "[FIRING] CheckoutHigh5xx value=1200"),
        ("12:10", "pager", "[FIRING] CheckoutHigh5xx value=1400"),
        ("12:20", "pager", "[RESOLVED] CheckoutHigh5xx value=1100"),
    )

    assert news == ["m1", "m3"]


def test_later_alert_needs_the_incidents_words():
    """Once one is told, another is news only when it is about the same."""
    news = list_news(
        ("12:00", "pager", "[FIRING] LoginSlow"),
        ("12:01", "pager", "[FIRING] CheckoutHigh5xx"),
        ("12:02", "pager", "[FIRING] WarehouseLate"),
        ("12:03", "pager", "[RESOLVED] WarehouseLate"),
    )

    assert news == ["m1", "m2"]


def test_flood_after_an_alert_is_an_echo():
    """Dozens of the same form add nothing once something was told."""
    flood = [(f"12:{minute:02}", "pager", f"[FIRING] CheckoutPull job=ci-{minute}") for minute in range(2, 10)]

    assert list_news(("12:00", "pager", "[FIRING] CheckoutHigh5xx"), *flood) == ["m1"]


def test_routine_is_no_news():
    """What a bot says every few minutes it says every day; what it says once may matter."""
    routine = [(f"12:{minute:02}", "deploybot", f"Job BACKUP_{minute} done") for minute in range(4)]

    assert list_news(*routine, ("12:30", "deploybot", "restored checkout from the snapshot")) == ["m5"]


def test_status_page_is_told_in_each_state():
    """The first post, each change of state, and the last."""
    news = list_news(
        ("12:00", "deploybot", "Status page: investigating slow pages"),
        ("12:10", "deploybot", "Status page: identified, a fix is on its way"),
        ("12:30", "deploybot", "Status page: all is fine again"),
    )

    assert news == ["m1", "m2", "m3"]


def test_status_page_is_news_where_it_says_more_than_before():
    """A state that it was in already is none, nor an update that says that work goes on."""
    news = list_news(
        ("12:00", "ana", "checkout errors at 40%, timeouts everywhere"),
        ("12:05", "pager", "Incident published: checkout is slow - Investigating"),
        ("12:10", "pager", "[Monitoring] checkout is slow"),
        ("12:15", "pager", "Identified - A migration locks the orders table."),
        ("12:20", "pager", "Update - We have disabled the migration."),
        ("12:25", "pager", "Monitoring - We are continuing to monitor this issue."),
        ("12:40", "pager", "Resolved - This incident has been resolved."),
    )

    assert news == ["m2", "m3", "m4", "m5", "m7"]


def test_every_state_of_a_status_page_that_speaks_alone_is_news():
    """Nobody else tells that it is looked at or watched."""
    news = list_news(
        ("12:05", "pager", "Investigating - We are continuing to investigate this issue."),
        ("12:10", "pager", "Investigating - We are continuing to investigate this issue."),
        ("12:25", "pager", "Monitoring - We are continuing to monitor this issue."),
    )

    assert news == ["m1", "m3"]


@pytest.mark.parametrize(
    "text",
    [
        "ana: Yesterday I deployed checkout 4.1. Blockers: failing checkout tests",
        "Build failed on main: checkout unit tests (2 failing)",
        "Failed: build 912 on branch feature/checkout in shop",
        "Bump checkout from 4.17.20 to 4.17.21",
        "Daily digest: 3 checkout monitors triggered yesterday",
        "bob has joined the channel of checkout",
        "checkout errors assigned to bob",
        'bob posted a standup update: "Still on the checkout ticket, errors are failing"',
        "[FIRING:1] DiskFull checkout severity=info - 78% used",
        "[FIRING:1] CertExpired checkout env=test",
        "bob deployed checkout 4.35.0 (staging)",
        "checkout pull request #9941 rolled out: all checks green",
    ],
)
def test_what_bots_say_every_day_is_no_news(text):
    """Stand-ups, digests, builds and who joined are not what happens, even with the incident's words."""
    assert list_news(("12:00", "ana", "checkout is slow, errors at 40%"), ("12:05", "pager", text)) == []


def test_what_a_bot_did_to_something_that_nobody_names_is_no_news():
    """It is somebody else's deploy, or alert; where only bots speak, each may be the incident's."""
    said = ("12:00", "ana", "checkout is slow, errors at 40%")

    assert list_news(said, ("12:05", "deploybot", "search 77 deployed by eve")) == []
    assert list_news(said, ("12:05", "pager", "[FIRING] SearchSlow")) == []
    assert list_news(said, ("12:05", "deploybot", "checkout 77 deployed by eve")) == ["m2"]
    assert list_news(("12:05", "deploybot", "search 77 deployed by eve")) == ["m1"]


def test_what_a_monitor_says_again_is_no_news():
    """A reminder is none, whatever its numbers are."""
    news = list_news(
        ("12:00", "pager", "[FIRING] CheckoutHigh5xx value=12"),
        ("12:05", "pager", "[FIRING] CheckoutSlow (repeat 3) value=9"),
        ("12:06", "pager", "[FIRING] CheckoutLate still firing for 20m"),
    )

    assert news == ["m1"]


def test_feeds_of_builds_and_of_staging_are_no_news():
    """Of a bot that speaks all day, neither jobs that went well nor what no user sees."""
    feed = [(f"12:{minute:02}", "deploybot", f"basket-{minute} rolled out by tools") for minute in range(12)]
    news = list_news(
        *feed,
        ("12:30", "deploybot", "checkout #812 passed in 4m"),
        ("12:31", "deploybot", "checkout 1f3a -> staging finished"),
        ("12:32", "deploybot", "ledger build failed on main, exited 1"),
        ("12:33", "ana", "checkout is slow"),
    )

    assert not {"m13", "m14", "m15"} & set(news)


def test_alert_of_a_kind_that_comes_of_one_thing_or_another_all_day_is_no_news():
    """However much it is about the incident's own: others of its kind came long before, and long after."""
    daily = [
        (f"{hour}:00", "pager", f"[WARN] {name}: queue {depth}% of soft limit")
        for hour, name, depth in (("09", "web-blog", 91), ("10", "docs-api", 88), ("14", "mail-relay", 95))
    ]
    ours = ("12:00", "pager", "[WARN] checkout-api: queue 98% of soft limit")
    lines = [*daily[:2], ("12:01", "ana", "checkout-api is slow"), ours, daily[2]]

    assert list_news(*lines, words=("checkout-api",)) == []
    assert list_news(daily[0], ("12:01", "ana", "checkout-api is slow"), ours, words=("checkout-api",)) == ["m3"]


def test_what_a_bot_fills_in_makes_no_other_alert_and_no_other_news():
    """Whose queue it is, and the title of a newsletter: named in brackets or between quotation marks."""
    stores = ("Gull and Sons", "Bergen Bakes", "Ticket Owl")
    daily = [(f"{9 + n}:00", "pager", f"FIRING checkout webhooks late ({store})") for n, store in enumerate(stores)]
    letters = [
        (f"1{n}:30", "deploybot", f'Newsletter "{store}" sent to {n}400 readers') for n, store in enumerate(stores)
    ]
    ours = [
        ("12:00", "ana", "checkout webhooks are late"),
        ("12:01", "pager", "FIRING checkout webhooks late (Pampas Wines)"),
    ]

    assert list_news(*sorted([*daily, *letters]), *ours) == []
    assert list_news(*ours) == ["m2"]


@pytest.mark.parametrize("clocks", [("09:00", "10:00"), ("14:00", "15:00")])
def test_alert_of_a_kind_of_every_day_is_one_by_either_side(clocks):
    """What the others did near it does not matter, where they came far from it as well."""
    names = ("web-a", "docs-b")
    daily = [(clock, "pager", f"[WARN] {name}: queue 90%") for clock, name in zip(clocks, names, strict=True)]
    ours = ("12:00", "pager", "[WARN] checkout-api: queue 98%")
    together = [
        ("11:59", "ana", "checkout-api is slow"),
        ours,
        ("12:01", "pager", "[WARN] docs-b: queue 92%"),
        ("12:01", "pager", "[WARN] web-a: queue 91%"),
    ]
    lines = sorted([*daily, *together])

    assert f"m{lines.index(ours) + 1}" not in list_news(*lines, words=("checkout-api",))
    assert list_news(*together, words=("checkout-api",)) == ["m2"]


def test_alerts_of_one_kind_that_come_together_are_news():
    """What fails fails together: a kind that is seen at no other time is no habit."""
    news = list_news(
        ("12:00", "pager", "[FIRING] errors of checkout-api"),
        ("12:05", "pager", "[FIRING] errors of cart-api"),
        ("12:10", "pager", "[FIRING] errors of login-api"),
        words=("checkout-api", "cart-api"),
    )

    assert news == ["m1", "m2"]
