"""The paper trail with a model's labels on top of the rules, against its bars: recorded answers are checked and scored.

A folder of answers holds, for each case, the answer of a model to the case's brief (`CASE-N.json`, by brief). Without
one, `--write FOLDER` writes what would be asked, a text for each brief with instructions, rows and schema, so that a
model, or a person in its place, can answer it without reading anything else. Answers belong to the prompt that they
answer: with `--written`, those of another prompt than today's are counted and not scored. `--ceiling` scores
whoever would label without a fault: it says how much of the truth the briefs show, not what a model makes of them.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "src")]
from postmortem import BARS, FILLERS, NEAR, ZEROS, add_up, draft, share  # noqa: E402 - the path comes first
from postmortem_cases import Case, Event, read_cases, read_exam, write_bundle  # noqa: E402 - as above

from fermata.domain.trail import PostmortemDraft, Trail  # noqa: E402 - as above
from fermata.flows.postmortem.labelling import Labelling  # noqa: E402 - as above
from fermata.models.prompts import load_prompts  # noqa: E402 - as above
from fermata.rules.condense import count_tokens  # noqa: E402 - as above
from fermata.rules.labels import LABEL_SCHEMA, Brief, Labels, apply_labels, compose_briefs, read_labels  # noqa: E402 - as above

ROWS = "rows"
"""Folder beside the briefs that says what each row rests on; whoever answers needs it not."""
_NAME = re.compile(r"\b\d+[a-z]\b")
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
        prompt = count_tokens(load_prompts()["label"].text) + count_tokens(json.dumps(LABEL_SCHEMA))
        answered = []
        for number, brief in enumerate(briefs, start=1):
            value = self._answer(case, number, brief, drafted)
            self.costs["calls"] += 1
            self.costs["input"] += prompt + count_tokens(brief.text)
            self.costs["output"] += count_tokens(json.dumps(value, separators=(",", ":")))
            used = prompt + count_tokens(brief.text) + count_tokens(json.dumps(value, separators=(",", ":")))
            self.costs["most"] = max(self.costs["most"], used)
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


def list_rows(brief: Brief, drafted: PostmortemDraft) -> dict[str, str]:
    """What each row of a brief rests on, by the row's name."""
    rows: dict[str, str] = {}
    seen: Counter[str] = Counter()
    for name, item in brief.items.items():
        if item.uncertain is not None:
            cited = item.uncertain.message.id
        else:
            cited = item.deploy.id if item.deploy is not None else drafted.entries[item.index or 0].citations[0]
        rows[name] = f"{cited} {seen[cited]}"
        seen[cited] += 1
    return rows


def read_answers(folder: Path, written: Path | None = None) -> Answer:
    """Recorded answers.

    Args:
        written: Where the briefs lie that were answered: names of rows change with the rules, what they rest on does
            not.
    """

    def answer(case: Case, number: int, brief: Brief, drafted: PostmortemDraft) -> Any:
        path = folder / f"{case.name}-{number}.json"
        if not path.exists():
            return None
        text = path.read_text()
        if written is not None:
            then = json.loads((written / ROWS / path.name).read_text())
            now = {what: name for name, what in list_rows(brief, drafted).items()}
            text = _NAME.sub(lambda found: now.get(then.get(found[0], ""), found[0]), text)
        return json.loads(text)

    return answer


def know_all(case: Case, _number: int, brief: Brief, drafted: PostmortemDraft) -> Any:
    """Answer knowing the truth: what no model can beat by much, since only what is shown can be labelled."""
    return {"labels": Oracle(case, brief, drafted).answer()}


class Oracle:
    """Labels one brief without a fault."""

    def __init__(self, case: Case, brief: Brief, drafted: PostmortemDraft) -> None:
        self._case = case
        self._items = brief.items
        self._lines = {n: drafted.entries[item.index] for n, item in brief.items.items() if item.index is not None}
        self._free = {n: item.uncertain for n, item in brief.items.items() if item.uncertain is not None}
        self._used: set[str] = set()

    def answer(self) -> list[str]:
        """The labels."""
        labels: list[str] = []
        for event in self._case.events.values():
            labels += self._tell(event)
        times = [label for name, at in self._case.key_times.items() for label in self._time(name, at)]
        for n, entry in self._lines.items():
            if self._case.other.intersection(entry.citations):
                labels.append(f"other {n}")
            elif n not in self._used:
                labels.append(f"drop {n}")
        return labels + times

    def _tell(self, event: Event) -> list[str]:
        """Tell an event by a line, else by a line at another of its minutes, else by a row that is kept."""
        lines = [n for n, entry in self._lines.items() if event.ids.intersection(entry.citations)]
        free = [n for n, one in self._free.items() if one.message.id in event.ids]
        free = [n for n in free if not self._free[n].is_guess or not self._is_withdrawn(n)]
        records = [n for n, item in self._items.items() if item.deploy is not None and item.deploy.id in event.ids]
        rows = [*lines, *free, *records]
        for n in rows:
            if abs(self._items[n].at - event.at) <= NEAR:
                return self._use(n, [])
        for n in rows:
            for minute, at in self._items[n].minutes.items():
                if abs(at - event.at) <= NEAR:
                    return self._use(n, [f"at {n} {minute}"])
        return []

    def _is_withdrawn(self, n: str) -> bool:
        return self._free[n].message.id in self._case.retracted

    def _use(self, n: str, labels: list[str]) -> list[str]:
        is_kept = n not in self._lines and n not in self._used
        self._used.add(n)
        return [f"keep {n} observation", *labels] if is_kept else labels

    def _time(self, name: str, at: datetime) -> list[str]:
        for n in self._used:
            times = [self._items[n].at, *self._items[n].minutes.values()]
            if min(abs(time - at) for time in times) <= NEAR:
                return [f"time {name} {n}"]
        return []


def main() -> None:
    """Print the rules and the labelled drafts side by side."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--exam", type=Path, help="a folder of cases; without it the development cases")
    parser.add_argument("--labels", type=Path, help="a folder of answers; only the cases that have one are scored")
    parser.add_argument("--written", type=Path, help="with --labels: the folder that --write made, once rules changed")
    parser.add_argument("--ceiling", action="store_true")
    parser.add_argument("--write", type=Path, help="write the briefs of all cases here, and score nothing")
    options = parser.parse_args()
    cases = read_exam(options.exam) if options.exam else read_cases(FILLERS)
    if options.write:
        write(cases, options.write)
        return
    if options.labels:
        cases = [case for case in cases if (options.labels / f"{case.name}-1.json").exists()]
        cases = keep_comparable(cases, options.written)
        if not cases:
            return
    arm = Arm(know_all if options.ceiling else read_answers(options.labels, options.written))
    rules, labelled = add_up(cases, draft), add_up(cases, arm.draft)
    for what, goal, *parts in BARS:
        print(f"{what:55} {goal:8} {share(rules, *parts):24} {share(labelled, *parts)}")
    for what, name in (*ZEROS, ("lines about one event, at most", "most_lines")):
        print(f"{what:55} {'0' if name != 'most_lines' else '<= 2':8} {rules[name]!s:24} {labelled[name]}")
    print(f"{len(cases)} cases; {dict(arm.costs)}")
    for text in arm.refused:
        print("refused:", text)


def keep_comparable(cases: list[Case], written: Path | None) -> list[Case]:
    """The cases whose answers answer today's prompt; of the others only that there are some."""
    prompt = load_prompts()["label"].text.strip()
    requests = {case.name: written / f"{case.name}-1.txt" for case in cases} if written is not None else {}
    kept = [case for case in cases if not requests or requests[case.name].read_text().startswith(prompt)]
    if len(kept) < len(cases):
        print(f"{len(cases) - len(kept)} of {len(cases)} answers answer another prompt than today's: not scored")
    return kept


def write(cases: list[Case], folder: Path) -> None:
    """Write one text for each brief: all that whoever answers it in a model's place needs to read, and where to."""
    (folder / ROWS).mkdir(parents=True, exist_ok=True)
    prompt = load_prompts()["label"].text
    schema = json.dumps(LABEL_SCHEMA)

    def keep_brief(case: Case, number: int, brief: Brief, drafted: PostmortemDraft) -> None:
        name = f"{case.name}-{number}"
        end = f"Answer in JSON of this schema, in a file {name}.json:\n{schema}\n"
        (folder / f"{name}.txt").write_text(f"{prompt}\n{brief.text}\n\n{end}")
        (folder / ROWS / f"{name}.json").write_text(json.dumps(list_rows(brief, drafted)))

    arm = Arm(keep_brief)
    for case in cases:
        arm.draft(case)


if __name__ == "__main__":
    main()
