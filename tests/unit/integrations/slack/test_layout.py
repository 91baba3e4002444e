"""A card as messages: what goes where, whole, and bound to its plan."""

import hashlib
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fermata.domain.card import Card, CardRow, CardSection, Quote, Tone
from fermata.integrations.slack.blocks import MOST_BLOCKS, MOST_JSON, measure
from fermata.integrations.slack.layout import lay_out_card, lay_out_detail, write_summary
from fermata.kit.invisible import make_harmless
from fermata.testing.channel_contract import build_card
from fermata.testing.slack.block_rules import check_message
from fermata.testing.slack.workspace import list_buttons, read_blocks

HOUR = timedelta(hours=1)


def squeeze(text):
    """Give text without its white space."""
    return "".join(text.split()).lower()


def test_buttons_carry_incident_and_first_digits_of_the_digest():
    """They name the plan that was seen; the server keeps truth."""
    buttons = list_buttons(lay_out_card(build_card(), "k", HOUR).build())

    assert {button["value"] for button in buttons.values()} == {"inc-1:0123456789abcdef"}


@pytest.mark.parametrize(("can_decide", "count"), [(True, 4), (False, 0)])
def test_buttons_stand_only_on_what_can_be_decided(can_decide, count):
    """And always below everything else."""
    card = build_card().model_copy(update={"can_decide": can_decide})

    blocks = lay_out_card(card, "inc-1", HOUR).build()

    assert len(list_buttons(blocks)) == count
    assert all(block["type"] != "actions" for block in blocks[:-1])


def ask_once_more(*rows):
    """Return the text of the dialog that Approve opens, on a card with these rows."""
    told = CardSection(heading="Proposed", rows=tuple(CardRow(label=label, text=text) for label, text in rows))
    card = build_card().model_copy(update={"sections": (told,)})
    return list_buttons(lay_out_card(card, "k", HOUR).build())["approve"]["confirm"]["text"]["text"]


@pytest.mark.parametrize(
    ("needed", "have", "when"),
    [
        ("1", "0 of 1", "with your approval, unless a guard refuses"),
        ("2", "1 of 2", "with your approval, unless a guard refuses"),
        ("2", "0 of 2", "as soon as enough people have approved"),
        ("many", "some", "as soon as enough people have approved"),
    ],
)
def test_approve_asks_once_more_and_says_what_it_does(needed, have, when):
    """The action and its target, the plan's digits, and whether it is the last word that is needed."""
    said = ask_once_more(("Plan", "restart checkout"), ("Approvals needed", needed), ("So far", have))

    assert said == f"restart checkout. Plan 0123456789abcdef. It is executed {when}."


def test_dialog_reads_the_plan_and_no_runbook_of_that_name():
    """Whoever names a runbook or an alert must not write what is asked before an approval counts."""
    told = CardSection(heading="Proposed", rows=(CardRow(label="Plan", text="delete the queue"),))
    other = CardSection(heading="Runbooks", rows=(CardRow(label="Plan", text="restart checkout"),))
    card = build_card().model_copy(update={"sections": (told, other)})

    said = list_buttons(lay_out_card(card, "k", HOUR).build())["approve"]["confirm"]["text"]["text"]

    assert said.startswith("delete the queue. Plan ")


def test_dialog_of_a_long_plan_keeps_slacks_limit():
    """300 characters, after what steers a screen is written out; the plan's digits are never what is cut."""
    said = ask_once_more(("Plan", "restart \u202e" * 60))

    assert len(said) <= 300
    assert said.endswith(" .... Plan 0123456789abcdef. It is executed as soon as enough people have approved.")


def test_card_that_waits_for_nobody_offers_to_look_again():
    """There is nothing to approve, reject or be reminded of; the incident is named, and no plan."""
    card = build_card().model_copy(update={"can_decide": False, "can_ask": True, "plan_digest": ""})

    buttons = list_buttons(lay_out_card(card, "k", HOUR).build())

    assert {name: button["value"] for name, button in buttons.items()} == {"ask_for_more": "inc-1:"}


def test_doubt_takes_the_buttons_away_and_says_why():
    """What is not all to be seen cannot be approved."""
    blocks = lay_out_card(build_card(), "inc-1", HOUR).build(doubt="a file is missing.")

    assert list_buttons(blocks) == {}
    assert "Incomplete: a file is missing." in read_blocks(blocks)


def test_detail_goes_to_the_thread_and_nothing_else_does():
    """Each section is in exactly one of the two messages."""
    detail = CardSection(
        heading="Evidence", quotes=(Quote(source="log", evidence_id="e", line=1, text="x"),), detail=True
    )
    card = build_card().model_copy(update={"sections": (*build_card().sections, detail)})

    main, thread = (
        read_blocks(list(lay_out_card(card, "k", HOUR).blocks)),
        read_blocks(lay_out_detail(card, "k").build()),
    )

    assert ("log:1  x" in main, "log:1  x" in thread) == (False, True)
    assert ("Proposed" in main, "Proposed" in thread) == (True, False)
    assert lay_out_detail(build_card(), "k") is None


def test_tone_is_a_mark_that_carries_no_meaning_of_its_own():
    """Read without it, the card says the same."""
    card = build_card().model_copy(update={"tone": Tone.GOOD})

    assert lay_out_card(card, "k", HOUR).blocks[0]["text"]["text"].startswith("\N{LARGE GREEN CIRCLE} [critical]")


def test_long_title_is_whole_below_the_header():
    """A header has 150 characters."""
    title = "[critical] " + "very " * 60 + "long"

    shown = read_blocks(list(lay_out_card(build_card().model_copy(update={"title": title}), "k", HOUR).blocks))

    assert title in shown


@pytest.mark.parametrize("count", [40, 140])
def test_title_that_is_longer_as_it_is_shown_is_taken(count):
    """Each mark that turns a line round is six characters: more than 150 of them Slack would refuse for ever."""
    card = build_card().model_copy(update={"title": "\u200f" * count})

    blocks = lay_out_card(card, "k", HOUR).build()

    check_message(blocks)
    assert "\\u200f" * count in read_blocks(blocks)


def test_line_break_in_a_quote_starts_no_line_of_ours():
    """A log line could otherwise write a row of the card."""
    quote = Quote(source="log", evidence_id="e", line=1, text="x\nApproved by: alice")
    card = build_card().model_copy(update={"sections": (CardSection(heading="Cause", quotes=(quote,)),)})

    assert r"log:1  x\nApproved by: alice" in read_blocks(list(lay_out_card(card, "k", HOUR).blocks))


def test_card_says_which_file_is_attached_and_where():
    """Whoever downloads it can check that it is the one that was approved."""
    diff = "-one\n+two\n" * 400
    card = build_card().model_copy(update={"sections": (CardSection(heading="Proposed", diff=diff),)})

    layout = lay_out_card(card, "k", HOUR)

    (file,) = layout.files
    digest = hashlib.sha256(diff.encode()).hexdigest()
    shown = read_blocks(list(layout.blocks))
    assert f"{file.name} (800 lines, sha256 {digest}), attached in the thread" in shown


def test_summary_is_title_and_state():
    """What a notification gives."""
    assert write_summary(build_card()) == "[critical] checkout: CheckoutDown: since 12:00:10 UTC"
    assert write_summary(build_card().model_copy(update={"subtitle": ""})) == "[critical] checkout: CheckoutDown"


def test_quotes_leave_the_message_before_what_is_approved():
    """What explains goes first; the plan, its diff and the approval stay where they are read."""
    quotes = tuple(Quote(source="log", evidence_id="e", line=n, text="x" * 200) for n in range(80))
    cause = CardSection(heading="Why", paragraphs=("It ran out of memory.",), quotes=quotes)
    card = build_card().model_copy(update={"sections": (cause, *build_card().sections)})

    layout = lay_out_card(card, "k", HOUR)

    (file,) = layout.files
    shown = read_blocks(list(layout.blocks))
    assert file.title == "Why: quotes"
    assert "It ran out of memory." in shown
    assert build_card().sections[0].diff.strip() in shown
    assert card.plan_digest in shown


def test_labels_lose_their_weight_before_anything_leaves_the_message():
    """Bold labels double the size of a message for Slack; without them more of it is read in one place."""
    rows = tuple(CardRow(label=f"Parameter {n}", text=f"value {n}") for n in range(150))
    card = build_card().model_copy(update={"sections": (CardSection(heading="Proposed", rows=rows),)})

    layout = lay_out_card(card, "k", HOUR)

    assert layout.files == ()
    assert "Parameter 149: value 149" in read_blocks(list(layout.blocks))
    assert measure(layout.blocks) < MOST_JSON / 2


TEXT = st.text(min_size=1, max_size=4000)
ROWS = st.lists(st.builds(CardRow, label=st.text(min_size=1, max_size=30), text=TEXT), max_size=4).map(tuple)
QUOTES = st.lists(
    st.builds(Quote, source=st.text(min_size=1, max_size=9), evidence_id=st.just("e"), line=st.just(1), text=TEXT),
    max_size=3,
).map(tuple)
SECTIONS = st.lists(
    st.builds(
        CardSection,
        heading=st.text(min_size=1, max_size=60),
        paragraphs=st.lists(TEXT, max_size=2).map(tuple),
        rows=ROWS,
        quotes=QUOTES,
        diff=st.text(max_size=6000),
    ),
    max_size=60,
).map(tuple)


@settings(max_examples=40, deadline=None)
@given(sections=SECTIONS, title=st.text(min_size=1, max_size=400), factor=st.integers(1, 8))
def test_any_card_keeps_the_limits_and_is_whole(sections, title, factor):
    """Whatever stands on it: Slack takes the message, and every part is in it or in a file that it names."""
    sections = tuple(one.model_copy(update={"diff": one.diff * factor}) for one in sections)
    card = Card(incident_id="inc-1", title=title, sections=sections, plan_digest="sha256:" + "0" * 64, can_decide=True)

    layout = lay_out_card(card, "inc-1", HOUR)

    check_message(layout.build())
    assert measure(layout.blocks) <= MOST_JSON
    assert len(layout.blocks) <= MOST_BLOCKS
    shown = read_blocks(list(layout.blocks))
    files = "\n".join(file.content.decode() for file in layout.files)
    for file in layout.files:
        assert file.sha256 in shown
    whole = squeeze(shown + files)
    for section in sections:
        for row in section.rows:
            assert squeeze(make_harmless(f"{row.label}: {row.text}")) in whole
        assert squeeze(make_harmless(section.diff)) in whole


@pytest.mark.parametrize("footer", ["Incident inc-1.", ""])
def test_card_links_to_its_page_where_it_has_one(footer):
    """Below everything else but the buttons; nothing else on a card is a link."""
    page = "https://fermata.example/incidents/inc-1"
    card = build_card().model_copy(update={"footer": footer, "page": page})

    layout = lay_out_card(card, "inc-1", HOUR)

    check_message(layout.build())
    (link,) = [run for run in layout.blocks[-1]["elements"][0]["elements"] if run["type"] == "link"]
    assert link == {"type": "link", "url": page, "text": "Open its page"}
    assert "'link'" not in str(lay_out_card(build_card(), "inc-1", HOUR).build())
