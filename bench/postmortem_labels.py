"""The paper trail with a model's labels on top of the rules, against its bars: recorded answers are checked and scored.

A folder of answers holds, for each case, the answer of a model to the case's brief (`CASE-N.json`, by brief). Without
one, `--write FOLDER` writes the briefs, so that a model, or a person in its place, can answer them. `--ceiling` scores
whoever would label without a fault: it says how much of the truth the briefs show, not what a model makes of them.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "src")]
from postmortem import BARS, FILLERS, ZEROS, add_up, draft, share  # noqa: E402 - the path comes first
from postmortem_cases import Case, read_cases, read_exam, write_bundle  # noqa: E402 - as above

from fermata.domain.trail import PostmortemDraft, Trail  # noqa: E402 - as above
from fermata.flows.postmortem.labelling import Labelling  # noqa: E402 - as above
from fermata.models.prompts import load_prompts  # noqa: E402 - as above
from fermata.rules.condense import count_tokens  # noqa: E402 - as above
from fermata.rules.labels import Brief, Labels, apply_labels, compose_briefs, read_labels  # noqa: E402 - as above

Answer = Callable[[Case, int, Brief, PostmortemDraft], Any]
"""A case, which of its briefs, and the draft of the rules; `None`: no answer."""


class Arm:
    """Drafts with labels, and counts what they cost."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.costs: Counter[str] = Counter()
        self.refused: list[str] = []

    def draft(self, case: Case) -> dict[str, Any]:
        """What `fermata postmortem draft` answers with these labels."""
        from fermata.flows.postmortem.drafting import draft_bundle

        def label(trail: Trail, drafted: PostmortemDraft) -> Labelling:
            return self._label(case, trail, drafted)

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / case.name
            write_bundle(case, path)
            return draft_bundle(path, label=label).to_json()

    def _label(self, case: Case, trail: Trail, drafted: PostmortemDraft) -> Labelling:
        briefs = compose_briefs(trail, drafted)
        prompt = count_tokens(load_prompts()["label"].text)
        answered = []
        for number, brief in enumerate(briefs, start=1):
            value = self._answer(case, number, brief, drafted)
            self.costs["calls"] += 1
            self.costs["input"] += prompt + count_tokens(brief.text)
            self.costs["output"] += count_tokens(json.dumps(value, separators=(",", ":")))
            labels = read_labels(value)
            if isinstance(labels, Labels):
                answered.append((brief, labels))
        labelled = apply_labels(trail, drafted, answered)
        self.costs["messages"] += len(trail.messages)
        self.costs["whole"] += count_tokens(json.dumps(case.chat, ensure_ascii=False))
        self.costs["applied"] += labelled.applied
        self.costs["refused"] += len(labelled.refused)
        self.refused += [f"{case.name}: {text}" for text in labelled.refused]
        return Labelling(labelled.draft)


def read_answers(folder: Path) -> Answer:
    """Recorded answers."""

    def answer(case: Case, number: int, _brief: Brief, _drafted: PostmortemDraft) -> Any:
        path = folder / f"{case.name}-{number}.json"
        return json.loads(path.read_text()) if path.exists() else None

    return answer


def know_all(case: Case, _number: int, brief: Brief, drafted: PostmortemDraft) -> Any:
    """Keep what tells an event that no line tells, drop what tells none: what no model can beat by much."""
    gold = {name for event in case.events.values() for name in event.ids}
    told = {name for entry in drafted.entries for name in entry.citations}
    missing = [event.ids for event in case.events.values() if not event.ids & told]
    shown = {n: item.uncertain.message.id for n, item in brief.items.items() if item.uncertain is not None}
    keep = [n for n, name in shown.items() if any(name in ids for ids in missing)]
    lines = {n: drafted.entries[item.index] for n, item in brief.items.items() if item.index is not None}
    drop = [n for n, entry in lines.items() if not gold.intersection(entry.citations)]
    empty: dict[str, Any] = {name: [] for name in ("merge", "rule_out", "said", "words", "times")}
    return {"drop": drop, "keep": [{"n": n, "kind": "observation"} for n in keep]} | empty


def main() -> None:
    """Print the rules and the labelled drafts side by side."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--exam", type=Path, help="a folder of cases; without it the development cases")
    parser.add_argument("--labels", type=Path, help="a folder of answers; only the cases that have one are scored")
    parser.add_argument("--ceiling", action="store_true")
    parser.add_argument("--write", type=Path, help="write the briefs of all cases here, and score nothing")
    options = parser.parse_args()
    cases = read_exam(options.exam) if options.exam else read_cases(FILLERS)
    if options.write:
        write(cases, options.write)
        return
    if options.labels:
        cases = [case for case in cases if (options.labels / f"{case.name}-1.json").exists()]
    arm = Arm(know_all if options.ceiling else read_answers(options.labels))
    rules, labelled = add_up(cases, draft), add_up(cases, arm.draft)
    for what, goal, *parts in BARS:
        print(f"{what:55} {goal:8} {share(rules, *parts):24} {share(labelled, *parts)}")
    for what, name in (*ZEROS, ("lines about one event, at most", "most_lines")):
        print(f"{what:55} {'0' if name != 'most_lines' else '<= 2':8} {rules[name]!s:24} {labelled[name]}")
    print(f"{len(cases)} cases; {dict(arm.costs)}")
    for text in arm.refused:
        print("refused:", text)


def write(cases: list[Case], folder: Path) -> None:
    """Write what would be asked about each case."""
    folder.mkdir(parents=True, exist_ok=True)

    def keep_brief(case: Case, number: int, brief: Brief, _drafted: PostmortemDraft) -> None:
        (folder / f"{case.name}-{number}.txt").write_text(brief.text)

    arm = Arm(keep_brief)
    for case in cases:
        arm.draft(case)


if __name__ == "__main__":
    main()
