"""Text for Jira Data Center: what the wiki would bring to life is shown as it stands."""

import re

import pytest

from fermata.integrations.jira.wiki import write_wiki


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("[the runbook|https://evil.example/login]", r"\[the runbook\|https\://evil.example/login\]"),
        ("[~admin] knows", r"\[\~admin\] knows"),
        ("!https://evil.example/p.png!", r"\!https\://evil.example/p.png\!"),
        ("{html}<script>x</script>{html}", r"\{html\}<script>x</script>\{html\}"),
        ("{color:white}seen{color}", r"\{color\:white\}seen\{color\}"),
        ("mailto:a@b.example", r"mailto\:a@b.example"),
        ("*all* is _well_ -not- +so+ ??who?? ^up^ ~down~", None),
        ("h1. Approved", r"h1\. Approved"),
        ("bq. Approved by alice", r"bq\. Approved by alice"),
        ("|| a || b ||", r"\|\| a \|\| b \|\|"),
        ("# one", r"\# one"),
        ("----", r"\-\-\-\-"),
        ("C:\\temp \\\\ &#91;x&#93;", r"C:&#92;temp &#92;&#92; &#38;\#91;x&#38;\#93;"),
        ("fine :) (!) (on)", None),
    ],
)
def test_live_markup_is_taken_apart(said, written):
    """Each sign stands behind a backslash, or as an entity."""
    result = write_wiki(said)

    assert written is None or result == written
    assert re.search(r"(?<!\\)[\[\]{}|!]|(?:^|\s)[*_+^~?-]\w", result) is None
    shown = re.sub(r"&#(92|38);", lambda match: chr(int(match[1])), result.replace("\\", ""))
    assert shown == said


@pytest.mark.parametrize(
    "said",
    [
        "checkout is slow since 12:30",
        "shop-checkout, order_id, 3*4",
        "- one\n- two",
        "a\n\nb",
        "see SHOP-12, 95% of it.",
    ],
)
def test_plain_words_stay_as_they_are(said):
    """Names with a dash, paragraphs, times, and a list's items."""
    assert write_wiki(said) == said
