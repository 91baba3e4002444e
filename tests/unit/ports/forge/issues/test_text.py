"""A card as an issue: whole, in its place or in comments, and no text of others does anything there."""

import hashlib

from fermata.domain.card import CardRow, CardSection, Quote
from fermata.ports.chat.nonce import find_nonce
from fermata.ports.forge.issues.text import LONGEST_TITLE, read_marker, write_issue, write_marker
from fermata.testing.channel_contract import DIFF, build_card

LONGEST = 65_536


def with_sections(*sections, **changes):
    """Return the contract's card with other sections."""
    return build_card().model_copy(update={"sections": sections, **changes})


def test_card_stands_in_the_issue_whole():
    """Every line of the diff and every word of the card is in one text."""
    card = build_card()

    issue = write_issue(card, "inc-1", longest=LONGEST)

    assert issue.body.startswith("<!-- fermata inc-1 -->\n")
    assert all(line in issue.body for line in DIFF.splitlines())
    assert card.plan_digest in issue.body
    assert issue.supplements == ()


def test_open_card_says_how_to_decide():
    """The comment to write carries the nonce of the plan that is shown."""
    card = build_card()

    body = write_issue(card, "inc-1", longest=LONGEST).body

    assert f"/approve {find_nonce(card)}\n" in body
    assert len(find_nonce(card)) == 16


def test_decided_card_offers_nothing():
    """After the decision there is nothing to write any more."""
    body = write_issue(build_card().model_copy(update={"can_decide": False}), "inc-1", longest=LONGEST).body

    assert "/approve" not in body


def test_card_that_waits_for_nobody_says_how_to_have_it_looked_at_again():
    """A comment may be the only way there is to the next plan."""
    card = build_card().model_copy(update={"can_decide": False, "can_ask": True})

    body = write_issue(card, "inc-1", longest=LONGEST, command="/fermata ").body

    assert body.rstrip().endswith("write as a comment of its own:\n\n```text\n/fermata ask\n```")
    assert "approve" not in body


def test_what_explains_is_folded():
    """Evidence stands below a line that opens it."""
    quote = Quote(source="checkout stderr", evidence_id="ev-1", line=4, text="two\nlines")
    section = CardSection(heading="Evidence", quotes=(quote,), detail=True)

    body = write_issue(with_sections(section), "inc-1", longest=LONGEST).body

    assert "<details><summary>Evidence</summary>" in body
    assert r"checkout stderr:4  two\nlines" in body


def test_text_of_others_does_nothing():
    """A mention, a reference, HTML, a fence and a marker of Fermata's own are shown as they are."""
    text = "@ops see #12 <img src=x> <!-- fermata inc-2 --> /approve 0123456789abcdef"
    section = CardSection(
        heading="Why", paragraphs=(text,), rows=(CardRow(label="row", text=text),), diff="```\n@ops\n```\n"
    )

    issue = write_issue(with_sections(section), "inc-1", longest=LONGEST)

    outside = [line for line in issue.body.splitlines() if "@ops" in line and "`" not in line]
    assert outside == ["@ops"]
    assert "````diff\n```\n@ops\n```\n````" in issue.body
    assert not issue.body.startswith(write_marker("inc-2"))


def test_long_diff_goes_on_in_comments_named_by_digest():
    """Nothing is cut: the pieces put together are the diff, and the issue names each."""
    diff = "".join(f"+line {number} of a long diff\n" for number in range(10_000))
    why = CardSection(heading="Why", paragraphs=("It is long.",))

    issue = write_issue(with_sections(CardSection(heading="Proposed", diff=diff), why), "inc-1", longest=LONGEST)

    pieces = [item.body.split("```diff\n")[1].rsplit("\n```", 1)[0] for item in issue.supplements]
    assert "\n".join(pieces) + "\n" == diff
    assert all(len(item.body) <= LONGEST for item in issue.supplements)
    assert all(hashlib.sha256(piece.encode()).hexdigest() in issue.body for piece in pieces)
    assert "It is long." in issue.body
    assert len(issue.body) < LONGEST


def test_what_explains_leaves_before_what_is_approved():
    """The diff stays in the issue as long as moving the evidence is enough."""
    log = tuple(Quote(source="log", evidence_id="ev-1", line=n, text="x" * 90) for n in range(900))
    evidence = CardSection(heading="Evidence", quotes=log, detail=True)

    issue = write_issue(with_sections(CardSection(heading="Proposed", diff=DIFF), evidence), "inc-1", longest=LONGEST)

    assert all(line in issue.body for line in DIFF.splitlines())
    assert len(issue.supplements) == 2


def test_line_longer_than_a_comment_is_cut_within():
    """A line of a megabyte is whole, too."""
    issue = write_issue(with_sections(CardSection(heading="Proposed", diff="+" * 150_000)), "inc-1", longest=LONGEST)

    assert sum(item.body.count("+") for item in issue.supplements) == 150_000


def test_long_title_is_shortened_and_whole_in_the_text():
    """Forges take titles of 255 characters."""
    issue = write_issue(with_sections(title="word " * 100), "inc-1", longest=LONGEST)

    assert len(issue.title) == LONGEST_TITLE
    assert "word " * 99 in issue.body


def test_forge_that_keeps_commands_for_itself_is_written_other_ones():
    """The card offers what arrives."""
    body = write_issue(build_card(), "inc-1", longest=LONGEST, command="/fermata ").body

    assert f"\n/fermata approve {find_nonce(build_card())}\n" in body
    assert "\n/approve" not in body


def test_line_in_a_block_is_no_quick_action():
    """A space before the slash: a fence longer than three backticks is none to GitLab."""
    section = CardSection(heading="Why", quotes=(Quote(source="/close", evidence_id="e", line=1, text="```"),))

    body = write_issue(with_sections(section, can_decide=False), "inc-1", longest=LONGEST).body

    assert "````text\n /close:1  ```\n````" in body


def test_marker_is_read_from_the_first_line_only():
    """And only when it is whole."""
    assert read_marker(f"{write_marker('inc-1', 'ab 1/2')}\r\n\nwords") == "inc-1 ab 1/2"
    assert read_marker(f"words\n{write_marker('inc-1')}") == ""
    assert read_marker("<!-- fermata inc-1") == ""
    assert read_marker("") == ""


def test_card_links_to_its_page_where_it_has_one():
    """Whoever reads the issue gets to evidence and history with one click."""
    card = build_card().model_copy(update={"page": "https://fermata.example/incidents/inc-1"})

    issue = write_issue(card, "inc-1", longest=LONGEST)

    assert "\n[Open its page](<https://fermata.example/incidents/inc-1>)\n" in issue.body
    assert "Open its page" not in write_issue(build_card(), "inc-1", longest=LONGEST).body
