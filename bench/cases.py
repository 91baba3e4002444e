"""What `fermata investigate` makes of bundles whose answers are known: changes, and objects of a cluster.

    python bench/cases.py [--cases]

The bundles are in bench/cases, with a word on who wrote them and what they were used for. A change counts as named when
it is the truth's; blaming a decoy and blaming any other innocent change are counted apart. Beside it, over the same
evidence: the latest change before the alert, the latest one of the alerted service, and the change that shares most
words with the error lines. Of a cluster's case the first entity is scored. Intervals: 95 %, Wilson.
"""

from __future__ import annotations

import argparse
import json
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from changes import interval, say_latest, say_latest_of_service, say_word_overlap
from harness import write_rows

from fermata.domain.diagnosis import Diagnosis
from fermata.flows.bundle.diagnose import diagnose_bundle
from fermata.flows.bundle.read import read_bundle
from fermata.rules.signatures import Case

HERE = Path(__file__).parent / "cases"
SIZED = tuple(f"changes-{number}" for number in range(3, 13))
"""Of 24 cases, as the goal counts them."""
ARMS: dict[str, Callable[[Case], str | None]] = {
    "latest": say_latest,
    "latest of the service": say_latest_of_service,
    "word overlap": say_word_overlap,
}
USED = {
    "changes-1": "the rules were written on it",
    "changes-2": "unseen first: guilty 7 of 11, none 5 of 5, decoys 2; then used",
    "changes-3": "another hand's, unseen first: guilty 12 of 17, none 6 of 7, decoys 5; then used",
    "changes-4": "a third hand's, unseen first: guilty 8 of 17, none 7 of 7, decoys 4; then used",
    "changes-5": "a fourth hand's, scored unread: guilty 4, 4, 5, 10 of 17, decoys 6, 6, 5, 3; then used",
    "changes-6": "a fifth hand's, unread: guilty 7 of 17, none 5 of 7, decoys 8; bounded by blame 7, 7, 4; then used",
    "changes-7": "a sixth hand's, unread: guilty 11 of 17, none 4, decoys 6; five times more, last 12, 6, 3; then used",
    "changes-8": "a seventh hand's, unread: guilty 13 of 17, none 7, decoys 1; then 15, 7, 1; then used",
    "changes-9": "an eighth hand's, unread: guilty 9 of 17, none 7, decoys 0; then 10, 7, 0; then used",
    "changes-10": "a ninth hand's, never read: guilty 13 of 17, none 7, decoys 2; many times more since",
    "changes-11": "a tenth hand's, never read: guilty 14 of 17, none 6, decoys 2; many times more since",
    "changes-12": "an eleventh hand's, unread: guilty 9 of 17, none 7, decoys 2; then used",
    "kubernetes-1": "the rules were written on it",
    "kubernetes-2": "unseen first: 13 of 20, 2 wrong; then used",
}


@dataclass(frozen=True)
class Seen:
    """One bundle, diagnosed."""

    name: str
    truth: dict[str, Any]
    case: Case
    diagnosis: Diagnosis
    seconds: float


def unpack(archive: str) -> Iterator[tuple[str, dict[str, Any], Path]]:
    """Give each bundle of an archive: its name, what is true of it, and its folder while it is looked at."""
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(HERE / f"{archive}.tar.xz") as packed:
            packed.extractall(folder, filter="data")
        root = Path(folder) / archive
        for name, truth in sorted(json.loads((root / "truth.json").read_text()).items()):
            yield name, truth, root / name


def iterate_seen(archive: str) -> Iterator[Seen]:
    """Unpack an archive and diagnose each of its bundles."""
    for name, truth, path in unpack(archive):
        began = time.process_time()
        found = diagnose_bundle(read_bundle(path))
        yield Seen(name, truth, found.case, found.diagnosis, time.process_time() - began)


def judge_change(truth: dict[str, Any], said: str | None) -> str:
    """Return `right`, `silent`, `decoy` or `innocent`."""
    right = {truth["guilty"], *truth.get("accept", ())}
    if said in right:
        return "right"
    if said is None:
        return "silent"
    return "decoy" if said in truth["decoys"] else "innocent"


def score_changes(archive: str, *, show: bool) -> tuple[str, str, str, str]:
    """Return the row of an archive about changes."""
    seen = list(iterate_seen(archive))
    ours = [(one.truth, one.diagnosis.guilty_change) for one in seen]
    if show:
        for one in seen:
            print(archive, one.name, judge_change(one.truth, one.diagnosis.guilty_change), one.diagnosis.guilty_change)
    beside = [f"{name}: {describe([(one.truth, arm(one.case)) for one in seen])}" for name, arm in ARMS.items()]
    second = HERE / f"{archive}.second.json"
    if second.exists():  # What somebody said who had read the bundles, and nothing else.
        said = json.loads(second.read_text())
        beside.append(f"a second reader: {describe([(one.truth, said[one.name]) for one in seen])}")
    seconds = sum(one.seconds for one in seen) / len(seen)
    goal = "guilty >= 16 of 17, none >= 6 of 7, decoys <= 1" if archive in SIZED else "-"
    return (f"{archive} ({USED[archive]})", goal, f"{describe(ours)}; {seconds:.2f} s CPU a bundle", "; ".join(beside))


def describe(answers: list[tuple[dict[str, Any], str | None]]) -> str:
    """Put the answers of one arm in words."""
    judged = [(truth["guilty"] is not None, judge_change(truth, said)) for truth, said in answers]
    guilty = [verdict for is_guilty, verdict in judged if is_guilty]
    none = [verdict for is_guilty, verdict in judged if not is_guilty]
    wrong = [verdict for _, verdict in judged]
    return (
        f"guilty {interval(guilty.count('right'), len(guilty))}, none {none.count('right')} of {len(none)}, "
        f"decoys blamed {wrong.count('decoy')}, other innocents {wrong.count('innocent')}"
    )


def score_cluster(archive: str, *, show: bool) -> tuple[str, str, str, str]:
    """Return the row of an archive about a cluster."""
    right = wrong = loud = 0
    seen = list(iterate_seen(archive))
    for one in seen:
        leading = one.diagnosis.leading
        accepted = {item.split("/")[1] for item in (one.truth["object"], *one.truth.get("also_accepted", ())) if item}
        named = leading.entity.name if leading else None
        hit = one.diagnosis.verdict.value == one.truth["verdict"] and (named in accepted if accepted else named is None)
        right += hit
        wrong += not hit and named is not None
        loudest = find_loudest(one.case)
        loud += loudest in accepted if accepted else loudest is None
        if show:
            print(archive, one.name, "right" if hit else "WRONG" if named else "silent", named)
    row = f"{interval(right, len(seen))}; named something else {wrong}"
    return (f"{archive} ({USED[archive]})", "-", row, f"the first pod that is not ready: {loud} of {len(seen)}")


def find_loudest(case: Case) -> str | None:
    """The trivial arm: the workload of the first pod that is not ready."""
    for pod in case.cluster.list("Pod"):
        ready = str(pod.printed.get("READY", "")).split("/")
        if len(ready) == 2 and ready[0] != ready[1] and pod.printed.get("STATUS") != "Completed":
            return case.cluster.app_name(pod)
    return None


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", action="store_true", help="print a line a case")
    show = parser.parse_args().cases
    rows = [score_changes(name, show=show) for name in USED if name.startswith("changes")]
    rows += [score_cluster(name, show=show) for name in USED if name.startswith("kubernetes")]
    write_rows("cases", "python bench/cases.py", rows)
    sys.exit(0)


if __name__ == "__main__":
    main()
