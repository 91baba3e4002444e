"""What was deleted leaves a document: its lines, its words, its links, and nothing else."""

from datetime import UTC, datetime
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
