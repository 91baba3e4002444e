"""Frequent causes in programs: does an edit bring what logs then say, and do harmless diffs bring none?

The samples were written from how programs fail, before anybody looked which ones the rules know; those of
`programs-more` after the first lot of rules was in place.
"""

import re
from pathlib import Path

import pytest

from fermata.domain.evidence import EvidenceLine
from fermata.rules.changes.diffs import parse_diff
from fermata.rules.changes.edits import list_edits
from fermata.rules.changes.failures import classify, weigh

SAMPLES = Path(__file__).parents[3] / "samples" / "changes"
TIED = 0.6
"""Points from which on an edit ties a change to what is seen."""
STRONG = 0.6
UNTOLD = {
    "block in a reactive chain", "breaker threshold per instance", "cancellation token dropped",
    "ecto timeout infinity", "large synchronous serialisation", "loop variable pointer", "lru by string of args",
    "sidekiq queue name", "sort with unstable comparator", "sql in code: select star",
    "visibility shorter than the work",
}  # fmt: skip
"""Causes of which no edit says what one of the two wordings is about; amounts are read by another table."""
UNWORDED = {
    "cached value asked for each time", "comparison instead of an inclusive one",
    "enum order changed, stored by ordinal", "environment variable as boolean", "hikari leak: manual connection",
    "include dropped, loaded per row", "proto optional removed", "rails validates uniqueness dropped",
}  # fmt: skip
"""Causes of which one of the two wordings names no kind of failure."""
SUSPECTED = {
    "cache helper extracted", "enum member added at the end", "offset computed in one place", "utc spelled otherwise",
}  # fmt: skip
"""Harmless changes that look like a cause all the same."""


def read(name):
    """Return title, wordings and diff of each sample of a file."""
    blocks = re.split(r"^=== ", (SAMPLES / f"programs-{name}.txt").read_text(), flags=re.MULTILINE)[1:]
    for block in blocks:
        head, *lines = block.splitlines()
        title, _, path = head.partition(" | ")
        body = [line for line in lines if not line.startswith("> ")]
        texts = [f"+++ b/{path}", "@@ -10,9 +10,9 @@", *body]
        says = [line[2:] for line in lines if line.startswith("> ")]
        yield title, says, tuple(EvidenceLine(number=at, text=text) for at, text in enumerate(texts, start=1))


CAUSES = [sample for name in ("python", "node", "jvm", "go-rust", "web", "more") for sample in read(name)]
HARMLESS = list(read("harmless"))


def tie(edit, kinds):
    """Return the points of an edit where these kinds are seen for certain."""
    first = sorted((weigh(kind) for kind in edit.brings & kinds), reverse=True)
    also = max((weigh(kind) for kind in edit.also & kinds), default=0.0)
    return edit.strength * (1.2 * first[0] + 0.4 * sum(first[1:2]) + 0.2 * also) if first else 0.0


@pytest.mark.parametrize(("title", "says", "lines"), CAUSES, ids=[sample[0] for sample in CAUSES])
def test_edit_of_a_program_brings_what_logs_then_say(title, says, lines):
    """Either wording of what follows is of a kind that an edit can bring; what no diff tells is listed."""
    edits = list_edits(parse_diff(lines))

    points = [max((tie(edit, classify(text)) for edit in edits), default=0.0) for text in says]

    assert len(says) == 2
    assert min(points) >= TIED or title in UNTOLD | UNWORDED


@pytest.mark.parametrize(("title", "says", "lines"), HARMLESS, ids=[sample[0] for sample in HARMLESS])
def test_harmless_change_of_a_program_is_no_strong_edit(title, says, lines):
    """It has the looks of a cause: the same files, the same words; those that still look dangerous are listed."""
    strong = [edit.text for edit in list_edits(parse_diff(lines)) if edit.strength >= STRONG]

    assert says == []
    assert not strong or title in SUSPECTED
