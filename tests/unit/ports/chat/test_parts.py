"""What does not fit into a message leaves it whole, what explains first."""

from dataclasses import dataclass

import pytest

from fermata.domain.card import CardRow, CardSection, Quote
from fermata.ports.chat.attachment import Attachment
from fermata.ports.chat.parts import CardPart, PartKind, attach_until_it_fits, list_texts


@dataclass(slots=True)
class Part(CardPart):
    """A part of a chat that counts characters."""

    @property
    def size(self):
        """Return its length; in a file it takes ten."""
        return 10 if self.file else len(self.text)

    def attach(self, name):
        """Move it."""
        self.file = Attachment(f"{name}.{self.ending}", self.title, self.text.encode())


def build_parts():
    """Give two quotes, a diff and a text."""
    kinds = (PartKind.TEXT, PartKind.QUOTES, PartKind.DIFF, PartKind.QUOTES)
    return [Part(kind, "Why", "x" * size) for kind, size in zip(kinds, (900, 50, 300, 80), strict=True)]


def fit(parts, most):
    """Move until all are that short together; give the numbers of those in files, in the order of the parts."""
    found = attach_until_it_fits(
        parts, lambda: True if sum(part.size for part in parts) <= most else None, stem="inc", least=60
    )
    return found, [part.file.name for part in parts if part.file]


@pytest.mark.parametrize(
    ("most", "moved"),
    [
        (1260, ["inc-4.txt"]),
        (1000, ["inc-3.diff", "inc-4.txt"]),
        (100, ["inc-1.txt", "inc-3.diff", "inc-4.txt"]),
    ],
)
def test_parts_leave_by_kind_and_from_the_longest_on(most, moved):
    """Quotes before diffs before text; what is too short to gain anything stays."""
    assert fit(build_parts(), most) == (True, moved)


def test_nothing_is_found_when_even_the_names_are_too_long():
    """The caller then makes one file of all."""
    assert fit(build_parts(), 5)[0] is None


def test_part_says_what_its_file_holds():
    """A diff is called one; the others bear the section's name."""
    text, quotes, diff, _ = build_parts()

    assert [part.title for part in (text, quotes, diff)] == ["Why", "Why: quotes", "Why: diff"]
    assert [part.label for part in (text, quotes, diff)] == ["Why", "Why: quotes", "The whole diff"]


def test_section_is_taken_apart_whole():
    """Every word of it is in a part, and a quote's line feed starts no line of its own."""
    quote = Quote(source="log", evidence_id="e", line=3, text="a\nb")
    row = CardRow(label="Risk", text="low")
    section = CardSection(heading="Why", paragraphs=("It broke.",), rows=(row,), quotes=(quote,), diff="-a\n+b\n")

    assert list(list_texts(section)) == [
        (PartKind.TEXT, "Why\nIt broke.\nRisk: low"),
        (PartKind.QUOTES, "log:3  a\\nb"),
        (PartKind.DIFF, "-a\n+b\n"),
    ]
    assert list(list_texts(CardSection(heading="Why"))) == [(PartKind.TEXT, "Why")]
