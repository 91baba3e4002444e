from tests.unit.rules.timeline.trail_scene import heard

from fermata.rules.timeline.feeds import Feeds

FEED = [(f"12:{minute:02}", "deploybot", f"basket-{minute} rolled out by tools") for minute in range(0, 48, 3)]


def list_apart(*lines):
    """Return the texts of the bots' messages that are apart."""
    items = heard(*sorted(lines, key=lambda line: line[0]))
    feeds = Feeds(items)
    return [item.message.text for item in items if item.message.is_bot and feeds.is_apart(item)]


def test_feed_is_news_where_people_speak_of_the_same():
    """Of what a bot says all day, that one is news of which people speak about then."""
    apart = list_apart(
        *FEED,
        ("12:10", "deploybot", "ledger rolled out by tools"),
        ("12:11", "deploybot", "voucher rolled out by tools"),
        ("12:15", "ana", "who touched the ledger?"),
        ("12:31", "ben", "vouchers are printed again"),
    )

    assert "voucher rolled out by tools" in apart
    assert "ledger rolled out by tools" not in apart


def test_bot_that_says_little_is_no_feed():
    """A dozen messages a bot may say of one incident."""
    assert list_apart(("12:00", "deploybot", "voucher rolled out by tools"), ("12:01", "ana", "hm, odd")) == []


def test_feed_is_news_where_nobody_speaks_at_all():
    """At night the bots are all there is."""
    assert "voucher rolled out by tools" not in list_apart(
        *FEED, ("20:10", "deploybot", "voucher rolled out by tools"), ("12:15", "ana", "lunch?")
    )


def test_feed_is_news_where_the_channel_is_about_it():
    """What people speak of all the time is the incident, whoever is silent just then."""
    talk = [(f"16:{minute:02}", "ana", f"ledger is slow, {minute}00 ms") for minute in range(1, 5)]

    assert "ledger rolled out by tools" not in list_apart(
        *FEED, *talk, ("12:10", "deploybot", "ledger rolled out by tools"), ("12:11", "ben", "lunch is ready")
    )


def test_names_of_people_tie_nothing():
    """A feed names who did it, and people address each other."""
    assert "voucher rolled out for ben" in list_apart(
        *FEED,
        ("12:10", "deploybot", "voucher rolled out for ben"),
        ("12:11", "ana", "ben, lunch?"),
        ("12:12", "ben", "in a minute"),
    )
