"""The paper trail by rules alone, against its bars, beside every message that contains a keyword.

The first cases were written by whoever wrote the rules, from public post-mortems and from how channels read: they say
that the rules do what they are meant to. The exams were written by other hands who had not seen the rules: what the
rules did at first sight of them says how they fare on other people's channels.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "src")]
from harness import write_rows  # noqa: E402 - the path comes first
from postmortem_cases import EXAMS, UNSEEN, Case, read_cases, read_exam, write_bundle  # noqa: E402 - as above

NEAR = timedelta(seconds=60)
SECONDS = HERE / "cases" / "postmortem-second"
"""What second readers wrote, `EXAMS.json`: of each case that they read, by its name."""
FILLERS = 150
BLAME = re.compile(
    r"\b(at fault|'s fault|(?:my|your|his|her|their) fault|broke|blame|idiot|stupid|careless|never tests|"
    r"should have|forgot|embarrassing)\b",
    re.IGNORECASE,
)
KEYWORDS = re.compile(
    r"error|fail|down|deploy|roll|revert|incident|alert|firing|timeout|latency|fix|restart|resolved|recover|status|"
    r"cause|customer|5\d\d",
    re.IGNORECASE,
)


def score(case: Case, answer: dict[str, Any]) -> Counter[str]:
    """Count what is right and wrong of one draft."""
    counts: Counter[str] = Counter()
    lines = answer["timeline"]
    right: set[int] = set()
    per_event: Counter[str] = Counter()
    shared = Counter(name for event in case.events.values() for name in event.ids)
    for name, event in case.events.items():
        own = {item for item in event.ids if shared[item] == 1}
        hits = [index for index, line in enumerate(lines) if _is_hit(line, event)]
        about = [index for index, line in enumerate(lines) if own.intersection(line["citations"])]
        counts["events"] += 1
        counts["recalled"] += bool(hits)
        counts["most_lines"] = max(counts["most_lines"], len(about))
        right.update(hits)
        per_event[name] = len(about)
        if not hits:
            case.missed.append(name)  # type: ignore[attr-defined]  # only when asked to explain
    cited = {citation for line in lines for citation in line["citations"]}
    alive = {message["id"] for message in case.chat["messages"] if "deleted_at" not in message}
    known = alive | {item["id"] for kind in ("deploys", "metrics") for item in case.chat[kind]}
    counts["lines"] = len(lines)
    counts["right"] = len(right)
    counts["noise"] = len(case.noise)
    counts["rejected"] = len(case.noise - cited)
    counts["citations"] = sum(len(line["citations"]) for line in lines)
    counts["valid"] = sum(citation in known for line in lines for citation in line["citations"])
    counts["uncited"] = sum(not line["citations"] for line in lines)
    counts["misattributed"] = sum(_is_misattributed(case, line) for line in lines)
    told = [index for index, line in enumerate(lines) if line["status"] != "ruled_out" or index in right]
    counts["facts"] = len(told)
    # Who wrote an exam put progress, repetitions and details in no list: telling them is neither right nor wrong.
    judged = case.noise | case.other | case.retracted | {name for event in case.events.values() for name in event.ids}
    counts["judged"] = sum(
        index in right or bool(judged.intersection(line["citations"])) for index, line in enumerate(lines)
    )
    text = json.dumps(answer, ensure_ascii=False).lower()
    counts["leaks"] = sum(forbidden.lower() in text for forbidden in case.forbidden)
    counts["as_fact"] = sum(
        line["status"] == "confirmed" and bool(case.retracted.intersection(line["citations"])) for line in lines
    )
    counts["foreign"] = sum(bool(case.other.intersection(line["citations"])) for line in lines)
    counts["blame"] = sum(len(BLAME.findall(line["text"])) for line in lines)
    said = json.dumps([line["text"] for line in lines], ensure_ascii=False).lower()
    counts["blame"] += sum(sentence.lower().strip(" .!") in said for sentence in case.blame)
    for name, at in case.key_times.items():
        counts["key_times"] += 1
        found = answer["key_times"].get(name)
        is_right = found is not None and abs(datetime.fromisoformat(found) - at) <= NEAR
        counts["key_times_right"] += is_right
        counts["key_times_wrong"] += found is not None and not is_right
        if not is_right:
            case.missed.append(f"{name}={found}")  # type: ignore[attr-defined]  # as above
    case.wrong = [line for index, line in enumerate(lines) if index not in right]  # type: ignore[attr-defined]  # as above
    return counts


def _is_hit(line: dict[str, Any], event: Any) -> bool:
    is_near = abs(datetime.fromisoformat(line["time"]) - event.at) <= NEAR
    is_same = event.is_ruled_out is None or (line["status"] == "ruled_out") == event.is_ruled_out
    return is_near and is_same and bool(event.ids.intersection(line["citations"]))


def _is_misattributed(case: Case, line: dict[str, Any]) -> bool:
    if line["actor"] is None:
        return False
    actors = line["actor"] if isinstance(line["actor"], list) else [line["actor"]]
    if not set(actors) <= {case.authors.get(citation) for citation in line["citations"]}:
        return True
    allowed = [event.actors for event in case.events.values() if event.actors and _is_hit(line, event)]
    return bool(allowed) and not any(set(actors) <= names for names in allowed)


def draft(case: Case) -> dict[str, Any]:
    """What `fermata postmortem draft` answers."""
    from fermata.flows.postmortem.drafting import draft_bundle

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / case.name
        write_bundle(case, path)
        return draft_bundle(path).to_json()


def draft_unweighed(case: Case) -> dict[str, Any]:
    """The same with the key times as the rules found them, before other minutes compete with theirs."""
    from fermata.rules.timeline import draft as drafting

    weigh = drafting.weigh_key_times
    drafting.weigh_key_times = lambda _trail, _heard, found: found
    try:
        return draft(case)
    finally:
        drafting.weigh_key_times = weigh


def compare_weighed() -> tuple[str, str, str, str]:
    """The key times of the channels that nobody reads, weighed and as the rules found them."""
    cases = [case for exam in sorted(UNREAD) for case in read_exam(EXAMS / f"{exam}.tar.xz")]
    told = [
        f"{counts['key_times_right']} of {counts['key_times']} right, {counts['key_times_wrong']} wrong"
        for counts in (add_up(cases, draft), add_up(cases, draft_unweighed))
    ]
    return (f"key times of the {len(cases)} unread channels", "80 of 100", told[0], f"rules unweighed: {told[1]}")


def grep(case: Case) -> dict[str, Any]:
    """The baseline: a line for every message with a keyword, the first and the last as the incident's ends."""
    kept = [message for message in case.chat["messages"] if KEYWORDS.search(message["text"])]
    lines = [
        {
            "time": message["time"],
            "text": message["text"],
            "actor": message["user"],
            "citations": [message["id"]],
            "status": "confirmed",
        }
        for message in kept
    ]
    first, last = kept[0]["time"], kept[-1]["time"]
    ends = {"started": first, "detected": first, "declared": first, "mitigated": last, "resolved": last}
    return {"timeline": lines, "key_times": ends}


def reread(own: dict[str, Any]) -> dict[str, Any]:
    """The timeline that a second reader wrote of a channel, having seen nothing else, in the form of a draft."""
    lines = [
        {
            "time": line["time"],
            "text": line["text"],
            "actor": line["actor"] or None,
            "citations": line["ids"],
            "status": "confirmed",
        }
        for line in own["lines"]
    ]
    return {"timeline": lines, "key_times": own["key_times"]}


def measure_speed(count: int) -> float:
    """CPU seconds for a channel of so many messages, reading included."""
    case = read_cases(count)[0]
    for number, message in enumerate(case.chat["messages"]):
        message["text"] += f" {number}"
    began = time.process_time()
    draft(case)
    return time.process_time() - began


def add_up(cases: list[Case], answer: Any) -> Counter[str]:
    """The counts of all cases."""
    total: Counter[str] = Counter()
    for case in cases:
        case.missed = []  # type: ignore[attr-defined]  # only when asked to explain
        counts = score(case, answer(case))
        most = max(total["most_lines"], counts["most_lines"])
        total += counts
        total["most_lines"] = most
    return total


def share(counts: Counter[str], part: str, whole: str) -> str:
    """A share with its counts."""
    return f"{counts[part] / max(1, counts[whole]):.3f} ({counts[part]} of {counts[whole]})"


BARS = (
    ("gold events told within 60 s with the right citation", ">= 0.85", "recalled", "events"),
    ("lines that tell a gold event", ">= 0.75", "right", "lines"),
    ("the same, lines of ruled-out guesses apart", ">= 0.75", "right", "facts"),
    ("the same, lines apart that tell what the author put in no list", ">= 0.75", "right", "judged"),
    ("messages of noise left out", ">= 0.97", "rejected", "noise"),
    ("citations that exist", "1.000", "valid", "citations"),
    ("lines with a wrong actor", "<= 0.02", "misattributed", "lines"),
    ("key times within 60 s", ">= 0.80", "key_times_right", "key_times"),
)
ZEROS = (
    ("leaks of deleted text or secrets", "leaks"),
    ("withdrawn guesses told as fact", "as_fact"),
    ("lines of another incident", "foreign"),
    ("words of blame", "blame"),
    ("lines without a citation", "uncited"),
)


# Each batch of cases was scored before anything was changed because of it; the later runs say less.
UNREAD = frozenset({"ae", "d", "i", "o", "q", "s", "u", "w", "y", "zz"})
"""Exams that nobody who writes rules has read, and that no weight was fitted on. Keep it so."""
FIRST_LOOK = (
    (
        "recall at first sight of each earlier batch (2 to 3 cases, by whoever wrote the rules)",
        ">= 0.85",
        "0.67, 0.65, 0.83, 0.66, 0.75; precision 0.72 to 0.98, noise left out 0.965 to 1, key times 0.70 to 0.90",
        "-",
    ),
    (
        "first sight of exam a (12 cases by another hand)",
        "as above",
        (
            "recall 0.83, precision 0.46, noise left out 0.82, key times 0.63, 9 guesses as fact, 25 lines of another "
            "incident; the rules before it: 0.53, 0.48, 0.91, 0.54"
        ),
        "recall 0.38, precision 0.21, noise left out 0.58",
    ),
    (
        "first sight of exam b (12 cases by a third hand)",
        "as above",
        (
            "recall 0.69, precision 0.59, noise left out 0.93, key times 0.62, 1 guess as fact, 2 lines of another "
            "incident; the rules before exam a: 0.48, 0.51, 0.84, 0.49"
        ),
        "recall 0.28, precision 0.24, noise left out 0.78",
    ),
    (
        "first sight of exam c (12 cases by a fourth hand)",
        "as above",
        (
            "recall 0.69, precision 0.59, noise left out 0.93, key times 0.71, 1 guess as fact, 8 lines of another "
            "incident; unread after a second round: 0.74, 0.64, 0.97, 0.71"
        ),
        "recall 0.32, precision 0.24, noise left out 0.62",
    ),
    (
        "first sight of exam d (12 cases by a fifth hand)",
        "as above",
        (
            "recall 0.63, precision 0.56, noise left out 0.95, key times 0.75, 1 guess as fact, 5 lines of another "
            "incident"
        ),
        "recall 0.32, precision 0.25, noise left out 0.73",
    ),
    *(
        (
            f"first sight of exam {name} (12 cases by another hand)",
            "as above",
            f"recall {recall}, precision {precision}, noise left out {noise}, key times {keys}",
            f"recall {found}, precision {right}, noise left out {out}",
        )
        for name, recall, precision, noise, keys, found, right, out in (
            # The rules as they were then, without a weight fitted on the exam; g to m came on one day.
            ("g", 0.61, 0.65, 0.97, 0.47, 0.25, 0.29, 0.88),
            ("h", 0.75, 0.66, 0.96, 0.69, 0.30, 0.31, 0.84),
            ("i", 0.78, 0.61, 0.96, 0.83, 0.34, 0.22, 0.71),
            ("j", 0.73, 0.59, 0.94, 0.61, 0.30, 0.26, 0.75),
            ("k", 0.61, 0.55, 0.94, 0.27, 0.11, 0.18, 0.90),
            ("l", 0.77, 0.69, 0.97, 0.68, 0.34, 0.25, 0.72),
            ("m", 0.72, 0.56, 0.92, 0.65, 0.34, 0.31, 0.77),
            ("n", 0.72, 0.57, 0.96, 0.60, 0.41, 0.34, 0.78),
            ("o", 0.76, 0.60, 0.92, 0.70, 0.41, 0.25, 0.62),
            ("p", 0.79, 0.61, 0.98, 0.60, 0.32, 0.26, 0.74),
            ("q", 0.79, 0.51, 0.97, 0.58, 0.39, 0.29, 0.74),
            # Short ones, each with a second incident told beside it.
            ("z", 0.52, 0.50, 0.97, 0.37, 0.20, 0.34, 0.92),
            ("zz", 0.55, 0.59, 0.98, 0.39, 0.19, 0.39, 0.96),
        )
    ),
    *(
        (
            f"first sight of exam {name} ({cases} channels of 500 to 730 messages, of {hands} hands)",
            "as above",
            (
                f"recall {recall}, precision {precision}, noise left out {noise}, key times {keys}, "
                f"{lines} lines a channel, {foreign} of another incident"
            ),
            f"recall {found}, precision {right}, noise left out {out}",
        )
        for name, cases, hands, recall, precision, noise, keys, lines, foreign, found, right, out in (
            ("r", 11, "seven", 0.77, 0.15, 0.93, 0.39, 107, 40, 0.48, 0.05, 0.66),
            ("s", 5, "four", 0.85, 0.15, 0.92, 0.50, 119, 6, 0.37, 0.03, 0.50),
        )
    ),
    *(
        (
            (
                f"first sight of exam {name} ({cases} channels of 430 to 580 messages, mostly generated talk around a "
                "published table, told until their author's own script of 60 lines found 0.63 to 0.81 of it)"
            ),
            "as above",
            (
                f"recall {recall}, precision {precision}, noise left out {noise}, key times {keys}, "
                f"{lines} lines a channel, {foreign} of another incident"
            ),
            (
                f"recall {found}, precision {right}, noise left out {out}; "
                f"those scripts: recall {script}, precision {share}"
            ),
        )
        for name, cases, recall, precision, noise, keys, lines, foreign, found, right, out, script, share in (
            ("t", 8, 0.80, 0.42, 0.97, 0.67, 56, 29, 0.44, 0.11, 0.78, "0.69 to 0.76", "0.57 to 0.66"),
            ("u", 4, 0.70, 0.43, 0.97, 0.46, 54, 9, 0.42, 0.15, 0.84, "0.71 to 0.77", "0.60 to 0.72"),
            # One of them could not be drafted at all before "90 of 212" was no time of day any more.
            ("v", 7, 0.72, 0.47, 0.99, 0.67, 26, 6, 0.48, 0.12, 0.88, "0.64 to 0.75", "0.61 to 0.73"),
            ("w", 5, 0.79, 0.44, 0.99, 0.58, 23, 8, 0.33, 0.07, 0.86, "0.64 to 0.80", "0.64 to 0.79"),
            # A second incident was told whole in each of x's three channels, and in one an order to the reader.
            ("x", 3, 0.91, 0.34, 0.97, 0.31, 41, 14, 0.44, 0.08, 0.88, "0.67 to 0.73", "0.57 to 0.65"),
            ("y", 3, 0.71, 0.44, 0.99, 0.30, 23, 7, 0.31, 0.17, 0.96, "0.67 to 0.75", "0.60 to 0.67"),
            # Six more hands. Minutes that a public table lacked are the authors' own.
            ("aa", 8, 0.67, 0.44, 0.99, 0.46, 24, 12, 0.26, 0.08, 0.90, "0.69 to 0.75", "0.58 to 0.80"),
            ("ab", 12, 0.69, 0.48, 0.99, 0.43, 25, 24, 0.37, 0.10, 0.86, "0.69 to 0.75", "0.57 to 0.80"),
            ("ac", 4, 0.74, 0.57, 0.99, 0.50, 25, 4, 0.36, 0.19, 0.93, "0.68 to 0.76", "0.59 to 0.65"),
        )
    ),
    # Half of them long, half of 59 to 82 messages; three more hands. The rules before key times were weighed found 28
    # of 55 and 13 of 26 of them.
    *(
        (
            f"first sight of exam {name} ({cases} channels around a published table, half of them short)",
            "as above",
            (
                f"recall {recall}, precision {precision}, noise left out {noise}, key times {keys}, "
                f"{lines} lines a channel, {foreign} of another incident, {leaks} leaks"
            ),
            (
                f"recall {found}, precision {right}, noise left out {out}; "
                f"their authors' scripts: recall {script}, precision {share}"
            ),
        )
        for name, cases, recall, precision, noise, keys, lines, foreign, leaks, found, right, out, script, share in (
            ("ad", 12, 0.74, 0.55, 0.99, 0.56, 21, 14, 1, 0.31, 0.15, 0.89, "0.67 to 0.79", "0.59 to 0.79"),
            ("ae", 6, 0.59, 0.42, 0.99, 0.54, 22, 8, 0, 0.22, 0.10, 0.89, "0.64 to 0.80", "0.59 to 0.82"),
        )
    ),
)


def compare_readers() -> Iterator[tuple[str, str, str, str]]:
    """How far two careful readers agree on an exam: the bound of what any draft can be right by one of them."""
    for path in sorted(SECONDS.glob("*.json")):
        written = json.loads(path.read_text())
        cases = [case for exam in path.stem for case in read_exam(EXAMS / f"{exam}.tar.xz") if case.name in written]
        own, ours = add_up(cases, lambda case, told=written: reread(told[case.name])), add_up(cases, draft)
        what = (
            f"second readers' own timelines of {len(cases)} channels of {' and '.join(path.stem)}, judged like a draft"
        )
        yield what, "-", describe_reading(own), f"rules: {describe_reading(ours)}"


def describe_reading(counts: Counter[str]) -> str:
    """The figures of somebody's timelines in words."""
    shares = [
        f"{name} {share(counts, *parts)}"
        for name, *parts in (
            ("recall", "recalled", "events"),
            ("precision", "right", "lines"),
            ("of lines in any list", "right", "judged"),
            ("noise left out", "rejected", "noise"),
            ("key times", "key_times_right", "key_times"),
        )
    ]
    return f"{', '.join(shares)}; guesses as fact {counts['as_fact']}, another incident {counts['foreign']}"


def main() -> None:
    """Measure, and write the table; with `--explain` say what was missed instead."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--explain", action="store_true")
    parser.add_argument("--unseen", action="store_true", help="with --explain: the cases that were never looked at")
    parser.add_argument(
        "--exam", type=Path, help="score a folder of cases with chat.json and gold.json; writes nothing"
    )
    options = parser.parse_args()
    folders = [UNSEEN] if options.unseen else []
    cases = read_exam(options.exam) if options.exam else read_cases(FILLERS, *folders)
    ours = add_up(cases, draft)
    if options.explain:
        for case in cases:
            print(f"== {case.name}: missed {case.missed}")
            for line in case.wrong:
                noise = "NOISE" if case.noise.intersection(line["citations"]) else ""
                print(
                    "  +",
                    line["time"][11:19],
                    line["status"],
                    line["kind"],
                    line["citations"],
                    line["text"][:90],
                    noise,
                )
    theirs = add_up(cases, grep)
    rows = [(what, goal, share(ours, *parts), share(theirs, *parts)) for what, goal, *parts in BARS]
    rows += [(what, "0", str(ours[name]), str(theirs[name])) for what, name in ZEROS]
    rows.append(("lines about one event, at most", "<= 2", str(ours["most_lines"]), str(theirs["most_lines"])))
    if options.explain or options.exam:
        for row in rows:
            print(row)
        return
    fresh = read_cases(FILLERS, UNSEEN)
    ours, theirs = add_up(fresh, draft), add_up(fresh, grep)
    for what, goal, *parts in (BARS[0], BARS[1], BARS[4], BARS[7]):
        rows.append((f"the last {len(fresh)} cases, {what}", goal, share(ours, *parts), share(theirs, *parts)))
    for exam in sorted(EXAMS.glob("*.tar.xz")):
        kept = read_exam(exam)
        ours, theirs = add_up(kept, draft), add_up(kept, grep)
        name = exam.name.partition(".")[0]
        read = "never read, only scored" if name in UNREAD else "used since"
        for what, goal, *parts in BARS:
            rows.append((f"exam {name}, {read}: {what}", goal, share(ours, *parts), share(theirs, *parts)))
        for what, count in ZEROS:
            rows.append((f"exam {name}, {read}: {what}", "0", str(ours[count]), str(theirs[count])))
    rows.append(compare_weighed())
    rows += compare_readers()
    rows += FIRST_LOOK
    rows.append(("10,000 messages", "<= 3 s CPU", f"{measure_speed(10_000):.2f} s", "-"))
    rows.append(("100,000 messages", "neither crash nor stall", f"{measure_speed(100_000):.1f} s CPU", "-"))
    write_rows("postmortem", "python bench/postmortem.py", rows)


if __name__ == "__main__":
    main()
