import pytest

from fermata.rules.timeline.wording import word_line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("ok so I rolled back checkout :tada:", "Rolled back checkout"),
        ("<@U12> @here the pool is full", "The pool is full"),
        ("see <https://x.example/1|PR 1>", "See PR 1"),
        ("ana's timeout change starves the pool", "The timeout change starves the pool"),
        ("ana broke checkout again", ""),
        ("this is bob's fault", ""),
        ("they broke checkout", ""),
        ("the rotation broke checkout", "The rotation affected checkout"),
        ("checkout broke down after the rotation", "Checkout failed after the rotation"),
        ("who approved this", ""),
        ("ok to turn refunds on", "Ok to turn refunds on"),
        ("I'm IC.", "I'm IC."),
        ("rust people are back! 50 -> 31", "Rust people are back. 50 \u2192 31"),
        ("the volume *drops* since noon", "The volume drops since noon"),
        ("[panel] [\U0001f534 Down] no answer", "[panel] [Down] no answer"),
        ("", ""),
    ],
)
def test_line_is_blameless_and_addressed_to_nobody(text, line):
    """What a change did is told of the change; who is to blame is not told."""
    assert word_line(text, {"ana", "bob"}) == line


def test_long_line_is_cut_at_a_word():
    """A pasted paragraph does not fill the timeline."""
    line = word_line("pool " * 100, set())

    assert line.endswith("pool ...")
    assert len(line) < 250


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("applied it with the token bg_live_7Hq2ZpX0vTt91LmK", "Applied it with the token [redacted]"),
        ("ran it as aB3dE5fG7hJ9kL1m", "Ran it as [redacted]"),
        ("password: hunter22 works", "Password [redacted] works"),
        ("CheckoutHigh5xx fires on aB1c2d3", "CheckoutHigh5xx fires on aB1c2d3"),
        ("creds are admin7secret now", "Creds [redacted] now"),
        ("log in as root / Winter2025! for now", "Log in as root / [redacted] for now"),
        ("restarted Postgres16 on R2D2&co", "Restarted Postgres16 on R2D2&co"),
        ("key shopk_01j7xw0r2m9q5t8z3b6c4d7f1g2h leaks", "Key [redacted] leaks"),
        ("uses postgres://shop_admin:[redacted:url:b9ea]5432/shop", "Uses postgres://[redacted:url:b9ea]5432/shop"),
        ("db_1a2b3c4d5e6f7a8b9c0d is a commit", "db_1a2b3c4d5e6f7a8b9c0d is a commit"),
        ("the token expired in 2025", "The token expired in 2025"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(text, line):
    """A word of mixed letters and digits, or what is called a password; an alert's name is none."""
    assert word_line(text, set()) == line


@pytest.mark.parametrize(
    "text",
    [
        "whoever merged this did not think",
        "this is what you get when nobody tests",
        "pushed on a monday without testing",
        "not very professional",
        "which genius runs migrations at peak",
        "typical platform, ships without looking",
        "every time ana's team releases, we take the calls",
        "storage people never clean up",
        "who reviewed this parser was sleeping",
        "they shouldn't be let near prod",
        "so fraud broke everybody's shopping",
    ],
)
def test_reproach_without_a_name_is_blame_too(text):
    """Contempt needs no name."""
    assert word_line(text, set()) == ""


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("logs stop at 08:53:40", "Logs stop at 08:53:40"),
        ("proxy web:api01:8080 is full", "Proxy web:api01:8080 is full"),
        ("rolled back :+1: :tada::tada:", "Rolled back"),
        ("pdf-worker is down", "pdf-worker is down"),
        ("`pdf-worker` restarted", "`pdf-worker` restarted"),
        ("*deploy* of **checkout** done", "Deploy of checkout done"),
        ("removed /tmp/*.log and /var/*.gz", "Removed /tmp/*.log and /var/*.gz"),
        ("`restarted pdf-worker", "Restarted pdf-worker"),
        ("https://x.example/1 has the graph", "https://x.example/1 has the graph"),
        ("api.orders times out", "api.orders times out"),
        ("don't deploy, it fails", "Don't deploy, it fails"),
        ("> <script>alert(1)</script>", "<script>alert(1)</script>"),
    ],
)
def test_times_names_and_links_stay_as_they_were_said(text, line):
    """Only the name of an emoji is left out, only a plain word begins with a capital."""
    assert word_line(text, set()) == line
