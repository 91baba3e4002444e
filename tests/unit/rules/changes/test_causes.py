"""Frequent causes in all but programs: does a diff bring what logs then say, and a harmless one nothing?

The diffs and words stand in `tests/samples/changes`, written from how systems fail before anybody looked which ones the
rules know. What a diff cannot tell is listed here.
"""

import re
from pathlib import Path

import pytest

from fermata.domain.evidence import EvidenceLine
from fermata.rules.changes.diffs import parse_diff
from fermata.rules.changes.failures import classify, weigh
from fermata.rules.changes.risks import find_risks

SAMPLES = Path(__file__).parents[3] / "samples" / "changes"
TIED = 0.6
"""Points from which on a risk ties a change to what is seen: half of what one telling kind counts."""
STRONG = 0.6
UNTOLD = {
    "es window",  # The store's own word for any phase of any query.
    "numeric scale",  # Half: two digits fewer are one type among others.
    "build with another flag",  # A build job changes no running service by itself.
    "elasticsearch: disk watermark",  # One of two wordings names a rule of the store, not what it lacks.
    "table partitioned anew",  # A detail line without a kind.
    "view without a column",  # Half: the same statement stays, with less in it.
}
STILL_STRONG = {
    "new topic", "renamed variable in a script", "guard added", "function moved", "import sorted", "constant named",
}  # fmt: skip
"""Harmless ones that still look dangerous; all but the first are of program code."""


def read(name):
    """Return title, path, wordings and diff of each sample of a file."""
    blocks = re.split(r"^=== ", (SAMPLES / f"{name}.txt").read_text(), flags=re.MULTILINE)[1:]
    for block in blocks:
        head, *lines = block.splitlines()
        title, _, path = head.partition(" | ")
        says = [line[2:] for line in lines if line.startswith("> ")]
        body = [line for line in lines if not line.startswith("> ")]
        texts = [f"+++ b/{path}", "@@ -1,9 +1,9 @@", *body]
        yield title, says, tuple(EvidenceLine(number=at, text=text) for at, text in enumerate(texts, start=1))


GROUPS = ("kubernetes", "servers", "cloud", "stores", "migrations", "dependencies", "applications", "sundry")
CAUSES = [sample for group in GROUPS for sample in read(group)]
HARMLESS = list(read("harmless"))


def tie(risk, kinds):
    """Return the points of a risk where these kinds are seen for certain."""
    weights = sorted((weigh(kind) for kind in risk.brings & kinds), reverse=True)
    if risk.also is None:
        return risk.strength * sum(one * share for one, share in zip(weights, (1.2, 0.5, 0.3), strict=False))
    also = max((weigh(kind) for kind in risk.also & kinds), default=0.0)
    return risk.strength * (1.2 * weights[0] + 0.4 * sum(weights[1:2]) + 0.2 * also) if weights else 0.0


def add(risks, kinds):
    """Return the points of a change, as they are added up where it is judged: the best risk, and a bit for the next."""
    points = sorted((tie(risk, kinds) for risk in risks), reverse=True)
    return sum(points[:1]) + 0.2 * sum(points[1:4])


@pytest.mark.parametrize(("title", "says", "lines"), CAUSES, ids=[sample[0] for sample in CAUSES])
def test_cause_brings_what_logs_then_say(title, says, lines):
    """Each of two wordings of what follows is of a kind that the diff can bring."""
    risks = find_risks(parse_diff(lines))

    points = [add(risks, classify(text)) for text in says]

    assert len(says) == 2
    assert min(points) >= TIED or title in UNTOLD


@pytest.mark.parametrize(("title", "says", "lines"), HARMLESS, ids=[sample[0] for sample in HARMLESS])
def test_harmless_diff_brings_nothing_strong(title, says, lines):
    """It has the looks of a cause: the same files, the same words."""
    strong = [risk.text for risk in find_risks(parse_diff(lines)) if risk.strength >= STRONG]

    assert says == []
    assert not strong or title in STILL_STRONG
