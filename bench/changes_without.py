"""Which change is named once the guilty one is taken out of the evidence: whatever is named then is innocent.

    python bench/changes_without.py [changes-3 ...] [--cases]

What did it is often not among what was read: it was a provider, or a setting or a repository that nobody connected. So
each case of the exams is judged twice, as it is, and without its guilty change and all that the truth accepts in its
place. Printed are both counts for each exam, and how often the likeliest change was right by how far it was believed:
over all cases, and over those whose guilty change was there. Without names: the exams that rules were mended on.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from cases import unpack
from changes import interval

from fermata.domain.evidence import EvidenceKind
from fermata.flows.bundle.diagnose import diagnose_bundle
from fermata.flows.bundle.read import Bundle, read_bundle
from fermata.rules.changes.judge import judge_changes

READ = tuple(f"changes-{number}" for number in range(3, 10))
BINS = (0.0, 0.2, 0.4, 0.6, 0.7, 0.8, 0.9, 1.01)


@dataclass(frozen=True)
class Answer:
    """What was said of one case."""

    exam: str
    case: str
    has_guilty: bool
    """Whether the guilty change is among what was read."""
    is_taken_out: bool
    named: str | None
    is_right: bool
    """Whether what is named is to blame."""
    is_decoy: bool
    belief: float
    """In the likeliest change, named or not."""
    is_likeliest_right: bool


def take_out(bundle: Bundle, ids: frozenset[str]) -> Bundle:
    """Return a bundle without the changes of these ids."""
    kept = (one for one in bundle.evidence if one.kind is not EvidenceKind.CHANGE or one.facts.get("id") not in ids)
    return replace(bundle, evidence=tuple(kept))


def iterate_answers(exam: str) -> Iterator[Answer]:
    """Judge each case of an exam as it is, and without its guilty change where it has one."""
    for name, truth, path in unpack(exam):
        bundle = read_bundle(path)
        right = frozenset({truth["guilty"], *truth.get("accept", ())} - {None})
        worlds = [(bundle, False)] + ([(take_out(bundle, right), True)] if right else [])
        for seen, is_taken_out in worlds:
            found = diagnose_bundle(seen)
            judged, named = judge_changes(found.case), found.diagnosis.guilty_change
            likeliest = judged.ranked[0].id if judged.ranked else None
            has_guilty = bool(right) and not is_taken_out
            yield Answer(
                exam, name, has_guilty, is_taken_out, named, named in right, named in truth["decoys"],
                judged.belief, likeliest in right,
            )  # fmt: skip


def print_counts(answers: Sequence[Answer]) -> None:
    """Print a line an exam, and their sum."""
    exams = sorted({one.exam for one in answers}, key=lambda name: int(name.rpartition("-")[2]))
    for exam in (*exams, "all"):
        own = [one for one in answers if exam in (one.exam, "all")]
        there = [one for one in own if one.has_guilty]
        none = [one for one in own if not one.has_guilty and not one.is_taken_out]
        out = [one for one in own if one.is_taken_out]
        print(
            f"{exam:11} guilty named {interval(sum(one.is_right for one in there), len(there))}, "
            f"none said {sum(one.named is None for one in none)} of {len(none)}, "
            f"decoys named {sum(one.is_decoy and not one.is_right for one in (*there, *none))}; "
            f"taken out: an innocent named {interval(sum(one.named is not None for one in out), len(out))}"
        )


def print_reliability(what: str, answers: Iterable[Answer]) -> None:
    """Print how often the likeliest change was right, by how far it was believed."""
    kept = list(answers)
    print(f"\n{what}\nbelief      cases  mean  right")
    for least, most in pairwise(BINS):
        own = [one for one in kept if least <= one.belief < most]
        if own:
            mean = sum(one.belief for one in own) / len(own)
            share = sum(one.is_likeliest_right for one in own) / len(own)
            print(f"{least:.1f} to {min(most, 1.0):.1f}  {len(own):5}  {mean:.2f}   {share:.2f}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("exams", nargs="*", default=READ)
    parser.add_argument("--cases", action="store_true", help="print a line for each innocent change that is named")
    options = parser.parse_args()
    answers = [answer for exam in options.exams for answer in iterate_answers(exam)]
    for one in answers if options.cases else ():
        if one.named is not None and not one.is_right:
            where = "taken out" if one.is_taken_out else "as it is"
            print(f"{one.exam} {one.case} ({where}): {one.named}, believed {one.belief:.2f}")
    print_counts(answers)
    print_reliability("Guilty change there, or taken out, or none", answers)
    print_reliability("Guilty change there", (one for one in answers if one.has_guilty))


if __name__ == "__main__":
    main()
