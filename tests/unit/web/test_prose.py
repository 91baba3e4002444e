from datetime import UTC, datetime

from fermata.domain.postmortem import Postmortem
from fermata.web.prose import Sources, list_plots, render_prose

NOON = datetime(2026, 7, 2, 12, 0, tzinfo=UTC)
SAID = {"kind": "message", "at": "2026-07-02T12:01:00.000Z", "who": "ana", "text": "it <b>is</b> down", "url": ""}
LINK = "https://chat.example/p1"
METRIC = {
    "kind": "metric", "at": "", "who": "", "text": "checkout errors", "url": "",
    "query": "rate(errors[1m])", "unit": "/s",
    "times": [NOON.timestamp() + 60 * n for n in range(20)], "values": [None, *(float(n) for n in range(19))],
}  # fmt: skip


def make(text="x", **changes):
    """Give a post-mortem with two messages and a metric; one message is in its timeline."""
    values = {
        "incident_id": "inc-1",
        "version": 1,
        "base": text,
        "text": text,
        "draft": {
            "timeline": [{"citations": ["m1"]}],
            "dropped": [{"id": "m2", "why": "another incident"}],
            "key_times": {"started": "2026-07-02T12:05:00.000Z", "mitigated": "2026-07-02T12:10:00.000Z"},
        },
        "sources": {"m1": SAID, "m2": SAID | {"url": LINK, "text": "x" * 400}, "q": METRIC},
        "generated_at": NOON,
        "updated_at": NOON,
    }
    return Postmortem.model_validate(values | changes)


def show(text, **changes):
    """Render it."""
    found = make(text, **changes)
    return render_prose(found.text, Sources(found))


def test_line_of_a_table_stands_beside_its_source():
    """What was said is read without leaving the page; its words are text."""
    html = show("| UTC | source |\n|---|---|\n| 12:01:00 | [message](#src-m1) [message](https://chat.example/p1) |\n")

    assert '<span class="kind">message</span> <q>it &lt;b&gt;is&lt;/b&gt; down</q></div>' in html
    assert f'<a href="{LINK}" rel="noreferrer noopener">open</a>' in html
    assert "x" * 279 + "\u2026" in html


def test_source_in_a_sentence_is_folded_away():
    """One key opens it, with who said it and when; the same address under other words is a plain link."""
    html = show("- errors [message](#src-m1)\n- a person's own [words](https://chat.example/p1)\n")

    assert (
        '<details class="cite"><summary>message</summary><div>ana, 12:01:00: it &lt;b&gt;is&lt;/b&gt; down</div>'
        in html
    )
    assert f'<a href="{LINK}" rel="noreferrer noopener">words</a>' in html


def test_dropped_message_can_be_read_and_taken_back():
    """Its button takes along what was typed, and names the message; one in the timeline, ticked or gone has none."""
    html = show(
        "| 12:01:00 | it | [message](#src-m1) |\n| 12:02:00 | e | [metric](#src-q) |\n\n"
        "- [ ] 12:00 bob *(another incident)* <!-- keep m2 -->\n- [ ] a: b <!-- keep m1 -->\n"
        "- [ ] c: d <!-- keep m9 -->\n- [x] e: f <!-- keep q -->\n"
    )

    assert html.count('form="editor" formaction="/postmortems/inc-1/keep"') == 1
    assert f'name="message" value="m2" aria-label="Take back {"x" * 79}\u2026">Take back</button>' in html
    assert f"<q>{'x' * 279}\u2026</q>" in html


def test_message_whose_words_are_kept_no_longer_says_so():
    """Nothing can be read or taken back."""
    html = show("- [ ] 12:00 bob <!-- keep m2 -->\n", sources={"m1": SAID, "m2": SAID | {"text": ""}})

    assert "its words are kept no longer" in html
    assert "Take back" not in html


def test_message_whose_line_a_person_removed_can_be_taken_back_again():
    """It is in the draft, and in no line of the text."""
    html = show("| 12:02:00 | other | [message](#src-m2) |\n\n- [x] 12:01 ana <!-- keep m1 -->\n")

    assert 'name="message" value="m1"' in html


def test_message_without_a_box_in_the_text_can_be_taken_back_as_well():
    """A long text lists only some of what was left out; one without a source cannot be read, and is not offered."""
    dropped = [{"id": name, "why": "an acknowledgement"} for name in ("m2", "m3", "m1", "m9")]
    sources = {name: SAID | {"text": f"words of {name}"} for name in ("m1", "m2", "m3")}
    found = make(
        "- [ ] 12:00 bob <!-- keep m2 -->\n", draft={"timeline": [{"citations": ["m1"]}], "dropped": dropped},
        sources=sources,
    )  # fmt: skip

    (row,) = Sources(found).list_unlisted()

    assert row.startswith("ana, 12:01:00 <em>(an acknowledgement)</em>")
    assert "<q>words of m3</q>" in row
    assert 'value="m3" aria-label="Take back words of m3"' in row


def test_page_that_shows_a_collision_offers_nothing_else():
    """Another button would decide between two people's words by the way."""
    found = make("- [ ] 12:00 bob <!-- keep m2 -->\n")

    html = render_prose(found.text, Sources(found, has_takers=False))

    assert "<q>" in html
    assert "Take back" not in html


def test_action_leads_to_its_ticket():
    """Until it is one; its id is escaped in the address."""
    text = "## Actions\n\n- [ ] add an alert <!-- action slack:C1/1.2 -->\n"

    assert 'href="/postmortems/inc-1/ticket?item=slack%3AC1%2F1.2" aria-label="Make a ticket of add an alert"' in show(
        text
    )
    assert "Make a ticket" not in show(text, ticks={"slack:C1/1.2": "https://x.example/1"})


def test_cited_metrics_are_drawn_with_their_query():
    """From where the incident began; without a beginning, or points, nothing is drawn."""
    (shown,) = list_plots(make(), NOON)

    assert (shown["title"], shown["query"]) == ("checkout errors", "rate(errors[1m])")
    assert [mark.label for mark in shown["plot"].marks] == ["mitigated"]
    assert list_plots(make(), None) == []
    assert list_plots(make(sources={"q": METRIC | {"values": []}}), NOON) == []
