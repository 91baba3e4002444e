"""What was deleted leaves a document: its lines, its words, its links, and nothing else."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from fermata.domain.postmortem import Postmortem
from fermata.flows.postmortem.recheck import recheck, strike_deleted

NOON = datetime(2026, 7, 2, 12, 0, tzinfo=UTC)

SOURCES = {
    "slack:C1/1.0": {"kind": "message", "text": "the CEO broke prod\nok", "url": ""},
    "slack:C1/2.0": {"kind": "message", "text": "rolled back", "url": "https://acme.slack.com/archives/C1/p20"},
}
GONE = "[message](#src-slack_C1_1.0)"
OPENED = "[message](https://acme.slack.com/archives/C1/p20)"


@pytest.mark.parametrize(
    ("line", "left"),
    [
        (f"| 12:00 | U1 | The CEO broke it | {GONE} |", None),
        (f"| 12:00 | U1 | Rolled back | {OPENED} |", f"| 12:00 | U1 | Rolled back | {OPENED} |"),
        (f"| 12:00 | U1 | Rolled back | {OPENED} {GONE} |", f"| 12:00 | U1 | Rolled back | {OPENED} |"),
        (f"| 12:00 | U1 | The CEO broke it | {GONE} {OPENED} |", None),
        ('- <a id="src-slack_C1_1.0"></a>`slack:C1/1.0`: U1, 12:00', None),
        ("- [ ] 12:00 U1 *(no event)* <!-- keep slack:C1/1.0 -->", None),
        ("As they said: The  CEO broke prod, again", None),
        ('- U2: "the CEO broke" is no way to talk', "- U2: is no way to talk"),
        ('  - "the CEO broke"', None),
        ("> the CEO broke", None),
        ("ok", "ok"),
        ("The CEO called", "The CEO called"),
        ("", ""),
    ],
)
def test_lines_of_the_deleted_go_and_others_stay(line, left):
    """A line speaks with the words of its first source."""
    found = strike_deleted(f"first\n{line}\nlast", SOURCES, ["slack:C1/1.0"])

    expected = ["first", "last"] if left is None else ["first", left, "last"]
    assert found.text.split("\n") == expected
    assert found.removed == (1 if left is None else 0)


def test_draft_loses_what_it_quotes_of_the_deleted():
    """Also the JSON from which the document is made again."""
    cited = {"citations": ["slack:C1/2.0"]}
    entries = [{"text": text, **cited} for text in ('"the CEO broke" no', '"the CEO broke"', "Rolled back")]
    postmortem = Postmortem(
        incident_id="inc-1",
        version=1,
        base='"the CEO broke" no',
        text="x",
        sources=SOURCES,
        draft={"timeline": entries},
        generated_at=NOON,
        updated_at=NOON,
    )
    transaction = SimpleNamespace(trail=SimpleNamespace(list_forgotten=lambda _names: frozenset({"slack:C1/1.0"})))

    kept = recheck(transaction, postmortem)

    assert [entry["text"] for entry in kept.draft["timeline"]] == ["no", "Rolled back"]
    assert kept.base == "no"


def test_source_is_known_by_the_link_that_opens_it():
    """Where a permalink stands in place of the document's own list."""
    found = strike_deleted(f"a {OPENED}\nb {GONE}", SOURCES, ["slack:C1/2.0"])

    assert found.text == f"b {GONE}"


def test_nothing_deleted_changes_nothing():
    """Nor does the deletion of what was no source."""
    text = f"a {GONE}"

    assert strike_deleted(text, SOURCES, []).text == strike_deleted(text, SOURCES, ["slack:C1/9.0"]).text == text


def _recheck(texts, *, gone="slack:C1/1.0", dropped=(), text="x"):
    """Recheck a post-mortem that rests on these messages, said one minute after another."""
    sources = {
        name: {"kind": "message", "text": said, "url": "", "at": (NOON + timedelta(minutes=number)).isoformat()}
        for number, (name, said) in enumerate(texts.items())
    }
    draft = {"dropped": [{"id": name, "why": "small talk"} for name in dropped]}
    postmortem = Postmortem(
        incident_id="inc-1",
        version=1,
        base=text,
        text=text,
        sources=sources,
        draft=draft,
        generated_at=NOON,
        updated_at=NOON,
    )
    transaction = SimpleNamespace(trail=SimpleNamespace(list_forgotten=lambda _names: frozenset({gone})))
    return recheck(transaction, postmortem)


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("> the certificate on lb-7 expired last night\nreally?", "really?"),
        ('ok "certificate on lb-7" sounds odd, I rolled back', "ok sounds odd, I rolled back"),
        ("the certificate on lb-7 expired last night, says Ben", "says Ben"),
        ("the certificate is fine, I looked", "the certificate is fine, I looked"),
        ('"lb-7" is drained', '"lb-7" is drained'),
    ],
)
def test_words_beside_a_line_lose_what_they_repeat_of_the_deleted(said, left):
    """Who quoted it loses the quote there, too: the page shows it, and so does the list of what was left out."""
    texts = {"slack:C1/1.0": "the certificate on lb-7 expired last night", "slack:C1/2.0": said}

    found = _recheck(texts, dropped=["slack:C1/2.0"])

    assert {name: source["text"] for name, source in found.sources.items()} == {"slack:C1/2.0": left}
    assert [item["id"] for item in found.draft["dropped"]] == ["slack:C1/2.0"]


def test_message_that_was_nothing_but_the_quote_goes_with_it():
    """Its box and its lines, too."""
    texts = {
        "slack:C1/1.0": "the certificate on lb-7 expired last night",
        "slack:C1/2.0": "> the certificate on lb-7 expired last night",
    }
    box = "- [ ] 12:01 Ben <!-- keep slack:C1/2.0 -->"

    found = _recheck(texts, dropped=["slack:C1/2.0"], text=f"above\n{box}\nbelow")

    assert (dict(found.sources), list(found.draft["dropped"]), found.text) == ({}, [], "above\nbelow")


@pytest.mark.parametrize("earlier", ["journal:inc-1/1", "slack:C1/0.0"])
def test_words_that_somebody_said_before_the_deleted_one_stay(earlier):
    """An alert that somebody copied and took away is the alert's; a common phrase is whoever said it first's."""
    alert = "Alert CheckoutDown fired: checkout does not answer"
    texts = {earlier: alert, "slack:C1/1.0": alert, "slack:C1/2.0": f'"{alert}" looks bad'}

    found = _recheck(texts)

    assert {name: source["text"] for name, source in found.sources.items()} == {
        earlier: alert,
        "slack:C1/2.0": f'"{alert}" looks bad',
    }


def test_own_record_keeps_its_words_when_somebody_had_said_them_first():
    """What the journal tells is Fermata's own."""
    texts = {"slack:C1/1.0": "bob halted everything now", "journal:inc-1/1": "bob halted everything now"}

    found = _recheck(texts)

    assert found.sources["journal:inc-1/1"]["text"] == "bob halted everything now"
