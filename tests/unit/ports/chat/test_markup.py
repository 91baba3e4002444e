import pytest

from fermata.ports.chat.markup import render_discord, render_slack

NAMES = {"U1": "ana", "C1": "ops", "11": "ana", "22": "ops"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<@U1> look", "@ana look"),
        ("<@U9|bob> look", "@bob look"),
        ("<@U9> look", "@U9 look"),
        ("in <#C1> and <#C2|db>", "in #ops and #db"),
        ("<!here> <!subteam^S1|@oncall> <!channel>", "@here @oncall @channel"),
        ("<!subteam^S1> <!channel|channel>", "@group @channel"),
        ("<!date^1^{date}|noon>", "noon"),
        ("<https://s.acme.io/a?b=1&amp;c=2>", "https://s.acme.io/a?b=1&c=2"),
        ("<https://s.acme.io|the page>", "the page (https://s.acme.io)"),
        ("<https://s.acme.io|s.acme.io>", "https://s.acme.io"),
        ("<mailto:a@acme.io|a@acme.io>", "a@acme.io"),
        ("p99 &lt; 200ms &amp;&amp; x &gt; 1, not &amp;lt;", "p99 < 200ms && x > 1, not &lt;"),
        ("a < b and c > d", "a < b and c > d"),
    ],
)
def test_slacks_markup_reads_as_it_is_shown(text, shown):
    """Names for ids, links with where they lead, characters for their escapes."""
    assert render_slack(text, NAMES) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<@11> and <@!11> and <@&33>", "@ana and @ana and @role"),
        ("<@&22> and <@33>", "@ops and @33"),
        ("in <#22>", "in #ops"),
        ("<:blobfire:123456> <a:party:12>", ":blobfire: :party:"),
        ("since <t:1782993600:R>", "since 2026-07-02 12:00 UTC"),
        ("</fermata status:123>", "/fermata status"),
        ("<id:customize> <t:soon> a < b > c", "<id:customize> <t:soon> a < b > c"),
    ],
)
def test_discords_markup_reads_as_it_is_shown(text, shown):
    """Names for ids, words for emojis and times."""
    assert render_discord(text, NAMES) == shown
