"""A card as messages: what goes where, whole, within Discord's limits, and bound to its plan."""

import hashlib
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fermata.domain.card import Card, CardRow, CardSection, Quote, Tone
from fermata.integrations.discord.counter import split_custom_id
from fermata.integrations.discord.layout import (
    MOST_TOTAL,
    lay_out_card,
    lay_out_detail,
    measure,
    read_mark,
    write_custom_id,
)
from fermata.kit.invisible import make_harmless
from fermata.testing.channel_contract import build_card, build_long_card
from fermata.testing.discord.guild import find_markup, render
from fermata.testing.discord.rules import MESSAGE, check_message

HOUR = timedelta(hours=1)


def read(layout):
    """Give what people see of a layout, files opened."""
    body = layout.build("card", "inc-1")
    texts = [body["content"], *(embed["description"] for embed in body["embeds"])]
    footers = [embed["footer"]["text"] for embed in body["embeds"] if "footer" in embed]
    return "\n".join([*map(render, texts), *footers, *(file.content.decode() for file in layout.files)])


def squeeze(text):
    """Give text without its white space."""
    return "".join(text.split()).lower()


def test_button_carries_action_incident_and_first_digits_of_the_digest():
    """It names the plan that was seen; the server keeps truth."""
    assert write_custom_id("approve", build_card()) == "approve:inc-1:0123456789abcdef"


@pytest.mark.parametrize(("can_decide", "count"), [(True, 4), (False, 0)])
def test_buttons_stand_only_on_what_can_be_decided(can_decide, count):
    """An edit without them takes them away: the field is always there."""
    card = build_card().model_copy(update={"can_decide": can_decide})

    body = lay_out_card(card, HOUR).build("card", "inc-1")

    assert sum(len(row["components"]) for row in body["components"]) == count


def test_card_that_waits_for_nobody_offers_to_look_again():
    """There is nothing to approve, reject or be reminded of; the incident is named, and no plan."""
    card = build_card().model_copy(update={"can_decide": False, "can_ask": True, "plan_digest": ""})

    body = lay_out_card(card, HOUR).build("card", "inc-1")

    (button,) = body["components"][0]["components"]
    assert (button["label"], button["custom_id"]) == ("Ask for more", "ask:inc-1:")
    assert split_custom_id(button["custom_id"]) == ("ask", "inc-1", "")


def test_doubt_takes_the_buttons_away_and_says_why():
    """What is not all to be seen cannot be approved."""
    body = lay_out_card(build_card(), HOUR).build("card", "inc-1", doubt="a file is missing.")

    assert body["components"] == []
    assert "Incomplete: a file is missing." in render(body["embeds"][-1]["description"])


def test_detail_goes_to_the_thread_and_nothing_else_does():
    """Each section is in exactly one of the two messages."""
    detail = CardSection(
        heading="Evidence", quotes=(Quote(source="log", evidence_id="e", line=1, text="x"),), detail=True
    )
    card = build_card().model_copy(update={"sections": (*build_card().sections, detail)})

    main, thread = read(lay_out_card(card, HOUR)), read(lay_out_detail(card))

    assert ("log:1  x" in main, "log:1  x" in thread) == (False, True)
    assert ("Proposed" in main, "Proposed" in thread) == (True, False)
    assert lay_out_detail(build_card()) is None


def test_long_diff_is_a_file_that_the_message_names_by_its_digest():
    """Its name holds the digest too, so that a message's files are known by their names."""
    layout = lay_out_card(build_long_card(500), HOUR)

    (file,) = layout.files
    digest = hashlib.sha256(file.content).hexdigest()
    shown = render(layout.embeds[0]["description"])
    assert f"{file.name} (503 lines, sha256 {digest}), attached" in shown
    assert digest[:16] in file.name


def test_quotes_leave_the_message_before_what_is_approved():
    """Of a card that is too long, evidence goes into a file first; the text stays."""
    quotes = tuple(Quote(source="log", evidence_id="e", line=n, text="x" * 90) for n in range(30))
    text = CardSection(heading="Plan", paragraphs=("word " * 600,), quotes=quotes)
    card = build_card().model_copy(update={"sections": (text,)})

    layout = lay_out_card(card, HOUR)

    assert [file.title for file in layout.files] == ["Plan: quotes"]
    assert "word word" in layout.embeds[0]["description"]


@pytest.mark.parametrize("text", ["+```\n+rm -rf /\n", "\n+first line is empty\n"])
def test_diff_that_a_block_of_code_cannot_hold_is_a_file(text):
    """Three backticks would end the block, and an empty first line would not be shown."""
    section = CardSection(heading="Plan", diff=text)

    layout = lay_out_card(build_card().model_copy(update={"sections": (section,)}), HOUR)

    assert [file.content.decode() for file in layout.files] == [text]


def test_card_of_countless_sections_is_one_file():
    """Even their names would not fit into a message."""
    sections = tuple(CardSection(heading=f"Section {n} " + "y" * 200, paragraphs=("z" * 300,)) for n in range(60))

    layout = lay_out_card(build_card().model_copy(update={"sections": sections}), HOUR)

    (file,) = layout.files
    assert all(f"Section {n} " in file.content.decode() for n in range(60))
    check_message(layout.build("card", "inc-1"), MESSAGE)


def test_mark_tells_what_a_message_shows():
    """Equal cards have one revision, and any change another; a long or strange key is held as its digest."""
    first, same, other = (
        read_mark(lay_out_card(card, HOUR).build("card", "inc-1"))
        for card in (build_card(), build_card(), build_card(value="262144"))
    )
    strange = read_mark(lay_out_card(build_card(), HOUR).build("detail", "a key with blanks"))

    assert first == same
    assert (first.kind, first.key) == ("card", "inc-1")
    assert other.revision != first.revision
    assert (strange.kind, len(strange.key)) == ("detail", 32)


def test_message_without_a_mark_is_nobodys():
    """Also one whose embeds have been removed."""
    assert read_mark({"embeds": [{"footer": {"text": "fermata"}}, {}]}) is None
    assert read_mark({}) is None


def test_long_title_stands_whole_in_the_text():
    """Above it there is room for 2,000 characters only."""
    title = "checkout " * 300
    layout = lay_out_card(build_card().model_copy(update={"title": title}), HOUR)

    assert measure(layout.content) <= 2000
    assert squeeze(title) in squeeze(read(layout))


TEXTS = st.text(
    st.one_of(st.sampled_from("`*_~|[]()<>@:#-\\\n /.1\u202e\U0001f4a5"), st.characters(codec="utf-8")), max_size=200
)
LONG_TEXTS = st.one_of(TEXTS, st.integers(1, 400).map(lambda n: "word `x`\n" * n))
SECTIONS = st.builds(
    CardSection,
    heading=st.text("ab*_`@", min_size=1, max_size=20),
    paragraphs=st.lists(LONG_TEXTS, max_size=3).map(tuple),
    rows=st.lists(
        st.builds(CardRow, label=st.just("label"), text=st.text(min_size=1), tone=st.sampled_from(list(Tone))),
        max_size=3,
    ).map(tuple),
    quotes=st.lists(
        st.builds(Quote, source=st.just("log"), evidence_id=st.just("e"), line=st.integers(1, 99), text=TEXTS),
        max_size=2,
    ).map(tuple),
    diff=st.one_of(st.just(""), TEXTS, st.integers(1, 4000).map(lambda n: "+x\n" * n)),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(SECTIONS, max_size=60), TEXTS.filter(str.strip), TEXTS, TEXTS)
def test_any_card_is_within_the_limits_and_whole(sections, title, subtitle, footer):
    """Whatever is in it: Discord takes it, nothing in it formats or links, and no word of it is missing."""
    card = Card(
        incident_id="inc-1",
        title=title,
        subtitle=subtitle,
        sections=tuple(sections),
        plan_digest=build_card().plan_digest,
        can_decide=True,
        footer=footer,
    )

    layout = lay_out_card(card, HOUR)
    body = layout.build("card", "inc-1")
    doubtful = layout.build("card", "inc-1", doubt="x" * 1000)

    for message in (body, doubtful):
        check_message(message, MESSAGE)
        assert sum(measure(embed["description"]) for embed in message["embeds"]) <= MOST_TOTAL
        for text in (message["content"], *(embed["description"] for embed in message["embeds"])):
            assert find_markup(text) == []
    shown = squeeze(read(layout))
    for section in sections:
        for part in (section.heading, *section.paragraphs, *(row.text for row in section.rows), section.diff):
            assert squeeze(make_harmless(part)) in shown


PAGE = "https://fermata.example/incidents/inc-1"


@pytest.mark.parametrize("title", ["checkout is down", "x" * 3000])
def test_card_links_to_its_page_where_it_has_one(title):
    """Whatever its title leaves of the message; an address that an alert says stays text."""
    card = build_card().model_copy(update={"title": title, "subtitle": "see [it](https://evil.example)"})

    without, body = (
        lay_out_card(one, HOUR).build("card", "inc-1") for one in (card, card.model_copy(update={"page": PAGE}))
    )

    check_message(body, MESSAGE)
    assert body["content"] == f"{without['content']}\n[Open its page](<{PAGE}>)"
    assert "](https" not in without["content"]
