"""How engineers break things, in any language: does a diff fit what is then seen better than other diffs do?

Samples of some twenty families (a unit, a bound, a name that two sides agree on, a resource, a loop, a lock, a check, a
schedule ...), each with what is seen afterwards, and a harmless one of the same looks for each. They were written
before anybody looked which ones the rules know; rules were mended on every other one first, and then on all.
"""

import re
from functools import cache
from pathlib import Path
from statistics import mean

import pytest

from fermata.domain.evidence import EvidenceLine
from fermata.rules.changes.diffs import parse_diff
from fermata.rules.changes.failures import classify, weigh
from fermata.rules.changes.risks import find_risks

SAMPLES = Path(__file__).parents[3] / "samples" / "changes"
TIED = STRONG = 0.6
HINT = 0.6
"""Of what only a word of the diff suggests."""
CLASSES = {
    "4xx", "5xx", "crash loop", "lag", "mismatch", "refused", "saturation", "slow growth", "timeout", "wrong data",
}  # fmt: skip
UNTOLD = {
    "bound on upload parts added", "cookie renamed by the login", "decimal comma", "default charset of a reader",
    "driver moves a major version", "empty list means everybody", "filter turned round", "flag for everybody",
    "flag reads another attribute", "header renamed at the gateway", "http client moves a major version",
    "job moved into the busy hour", "local time instead of utc", "not found turned into an internal error",
    "page counted from nought", "queue has an end now", "two jobs in the wrong order",
    "variable renamed in the manifest",
}  # fmt: skip
"""Causes that are not tied by either wording, or by one of them only."""
SUSPECTED = {
    "another right is granted", "charset by its constant", "key by a name", "key put together by sprintf",
    "probe gets more time", "sum by a helper", "the same span in another unit", "two resources in one try",
    "utc in another way",
}  # fmt: skip
"""Harmless ones that still look dangerous."""
FITS_BETTER = 0.89
"""Share of other causes that fit what is seen after one less than that one, on average."""


@cache
def read(name):
    """Return title, class, wordings and risks of each sample of a file."""
    found = []
    for block in re.split(r"^=== ", (SAMPLES / f"{name}.txt").read_text(), flags=re.MULTILINE)[1:]:
        head, *lines = block.splitlines()
        title, path, *seen = head.split(" | ")
        says = [line[2:] for line in lines if line.startswith("> ")]
        texts = [f"+++ b/{path}", "@@ -1,9 +1,9 @@", *(line for line in lines if not line.startswith("> "))]
        diff = parse_diff([EvidenceLine(number=at, text=text) for at, text in enumerate(texts, start=1)])
        found.append((title, "".join(seen), says, find_risks(diff)))
    return found


def tie(risk, kinds):
    """Return the points of a risk where these kinds are seen for certain."""
    weights = sorted((weigh(kind) for kind in risk.brings & kinds), reverse=True)
    if risk.also is None:
        share = HINT if risk.is_hint else 1.0
        return share * risk.strength * sum(one * part for one, part in zip(weights, (1.2, 0.5, 0.3), strict=False))
    also = max((weigh(kind) for kind in risk.also & kinds), default=0.0)
    return risk.strength * (1.2 * weights[0] + 0.4 * sum(weights[1:2]) + 0.2 * also) if weights else 0.0


def add(risks, kinds):
    """Return the points of a change, as they are added up where it is judged."""
    points = sorted((tie(risk, kinds) for risk in risks), reverse=True)
    return sum(points[:1]) + 0.2 * sum(points[1:4])


CAUSES = read("mechanisms")


@pytest.mark.parametrize(("title", "seen", "says", "risks"), CAUSES, ids=[sample[0] for sample in CAUSES])
def test_cause_is_tied_to_what_is_then_seen(title, seen, says, risks):
    """Either wording of what follows is of a kind that the diff can bring; what is not told is listed."""
    points = [add(risks, classify(text)) for text in says]

    assert seen in CLASSES
    assert len(says) == 2
    assert (min(points) < TIED) == (title in UNTOLD)


@pytest.mark.parametrize(
    ("title", "risks"), [(title, risks) for title, _, _, risks in read("mechanisms-harmless")],
    ids=[sample[0] for sample in read("mechanisms-harmless")],
)  # fmt: skip
def test_harmless_one_of_the_same_looks_is_no_strong_risk(title, risks):
    """It has the same files and the same words; those that still look dangerous are listed."""
    strong = [risk.text for risk in risks if risk.strength * (HINT if risk.is_hint else 1.0) >= STRONG]

    assert bool(strong) == (title in SUSPECTED)


def test_cause_fits_what_is_then_seen_better_than_other_causes_do():
    """What a mechanism brings is told apart from what others bring; one that fits as well counts half."""
    shares = []
    for at, (_, _, says, risks) in enumerate(CAUSES):
        kinds = frozenset.union(*map(classify, says))
        own = add(risks, kinds)
        others = [add(other[3], kinds) for place, other in enumerate(CAUSES) if place != at]
        shares.append(mean((own > points) + 0.5 * (own == points) for points in others))

    assert mean(shares) >= FITS_BETTER
