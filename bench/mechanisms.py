"""How well a change that broke something is told from changes that could break other things.

    python bench/mechanisms.py [--write]

`bench/cases/mechanisms.jsonl.xz` holds what engineers of four hands, who had not seen the rules, wrote down from
memory: a change, the log lines, metrics and alert that followed, and a harmless twin of the change. Each becomes an
incident of one service, with six changes to it at times drawn at random: the guilty one, its twin, and four of the
same hand that broke other things. Time, place and size tell nothing here, so that what is measured is the tie alone;
the exams of `cases.py` measure all of it. The generated parts are calm log lines and metrics, drawn with a fixed
seed.

The incidents of hands a and c are the reference that fits are held against (`rules/changes/reference.py`, made by
`--write`), and their figures say less; no rule was made from those of b and d. The library that changes are held
against (`rules/changes/written.txt.xz`, made by `--write`) has the incidents of all hands, and of eight more
(`written.jsonl.xz`): each hand is judged by one without its own.
"""

from __future__ import annotations

import argparse
import json
import lzma
import random
import re
import sys
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "src")]

from fermata.kit.redaction import redact  # noqa: E402 - found by the line above
from fermata.kit.redaction.marks import MARK  # noqa: E402 - as above
from fermata.rules.changes import likeness  # noqa: E402 - as above
from fermata.rules.changes.written import (  # noqa: E402 - as above
    Incident,
    Library,
    list_change_stems,
    list_seen_stems,
)

CARDS = HERE / "cases" / "mechanisms.jsonl.xz"
REFERENCE = HERE.parent / "src" / "fermata" / "rules" / "changes" / "reference.py"
WRITTEN = REFERENCE.with_name("written.txt.xz")
MORE = HERE / "cases" / "written.jsonl.xz"
"""What further hands wrote: only for the library."""
KNOWN_HANDS = ("a", "c")
OTHERS = 4
FIRST_DAY = datetime(2026, 9, 14, 10, tzinfo=UTC)
STEPS = (0.3, 0.5, 0.75, 1.0)
ALREADY_TOLD = re.compile("INFO|ERROR|WARN|level")


def read_cards(file: Path = CARDS) -> list[dict[str, Any]]:
    """Every card, in the order of the file."""
    with lzma.open(file, "rt", encoding="utf-8") as cards:
        return [json.loads(line) for line in cards]


def say(at: datetime) -> str:
    """A time as bundles write it."""
    return at.isoformat().replace("+00:00", "Z")


def write_case(card: dict[str, Any], others: list[dict[str, Any]], folder: Path, dice: random.Random) -> dict[str, str]:
    """Write one incident as a bundle; return change id -> `guilty`, `twin` or `other`."""
    changes = [("guilty", card), ("twin", {**card, **card["twin"]}), *(("other", other) for other in others)]
    dice.shuffle(changes)
    service = re.sub(r"[^a-z0-9-]", "-", str(card["service"]).lower())
    onset = FIRST_DAY + timedelta(minutes=dice.randint(0, 600))
    title, _, summary = str(card["alert"]).partition(":")
    for name in ("alerts", "changes", "logs", "metrics"):
        (folder / name).mkdir(parents=True)
    labels = {}
    times = sorted(dice.sample(range(6, 240), len(changes)), reverse=True)
    for number, ((label, change), ago) in enumerate(zip(changes, times, strict=True), 1):
        labels[f"c{number}"] = label
        for item in list_changes(number, change, service, onset - timedelta(minutes=ago), dice):
            (folder / "changes" / f"{item['id']}.json").write_text(json.dumps(item))
    nodes = [{"name": "gateway", "kind": "gateway"}, {"name": service, "kind": "app"}]
    edge = {"from": "gateway", "to": service, "protocol": "http", "mode": "sync"}
    (folder / "graph.json").write_text(json.dumps({"services": nodes, "edges": [edge], "journeys": []}))
    (folder / "logs" / f"{service}.log").write_text(make_log(card, service, onset, dice))
    (folder / "metrics" / "metrics.csv").write_text(make_metrics(card, service, onset, dice))
    alert = {
        "title": title.strip(),
        "service": service,
        "severity": "critical",
        "status": "firing",
        "started_at": say(onset + timedelta(minutes=4)),
        "labels": {"service": service, "env": "production"},
        "annotations": {"summary": summary.strip()},
    }
    (folder / "alerts" / "alert.json").write_text(json.dumps(alert))
    window = {"start": say(onset - timedelta(hours=4)), "end": say(onset + timedelta(minutes=15))}
    bundle = {"version": 1, "id": card["id"], "title": title.strip(), "window": window, "alert": "alerts/alert.json"}
    (folder / "bundle.yaml").write_text(json.dumps(bundle))
    return labels


def list_changes(
    number: int, card: dict[str, Any], service: str, at: datetime, dice: random.Random
) -> list[dict[str, Any]]:
    """A change as a bundle has it; of a commit the deployment that brought it, too."""
    lines = [line if line[:1] in {"+", "-", " ", "@"} else f" {line}" for line in card["diff"]]
    if not lines[0].startswith("@@"):
        lines.insert(0, "@@ -10,6 +10,6 @@")
    kind = card["kind"] if card["kind"] in {"config", "flag", "migration", "terraform"} else "commit"
    change = {
        "id": f"c{number}",
        "kind": kind,
        "title": card["message"],
        "service": service,
        "repo": service,
        "author": "jo",
        "files": [card["path"]],
        "diff": "\n".join([f"--- a/{card['path']}", f"+++ b/{card['path']}", *lines, ""]),
    }
    if kind != "commit":
        return [{**change, "time": say(at), "environment": "production", "state": "applied"}]
    sha = f"{dice.getrandbits(160):040x}"
    release = {
        "id": f"d{number}",
        "time": say(at),
        "kind": "deployment",
        "title": f"Deploy {service} {sha[:7]}",
        "service": service,
        "repo": service,
        "environment": "production",
        "state": "success",
        "sha": sha,
        "commits": [f"c{number}"],
    }
    return [{**change, "time": say(at - timedelta(minutes=3)), "sha": sha}, release]


def make_log(card: dict[str, Any], service: str, onset: datetime, dice: random.Random) -> str:
    """Four calm hours, and from the onset on the card's lines, ten times."""
    lines, at = [], onset - timedelta(minutes=250)
    while (at := at + timedelta(seconds=dice.randint(20, 60))) < onset + timedelta(minutes=10):
        lines.append((at, f"INFO {service} request handled in {dice.randint(20, 60)} ms status=200"))
    at = onset + timedelta(seconds=20)
    for line in (part for _ in range(10) for text in card["logs"] for part in str(text).split("\n")):
        is_marked = ALREADY_TOLD.search(line) or line.startswith((" ", "\t"))
        lines.append((at, line if is_marked else f"ERROR {line}"))
        at += timedelta(seconds=dice.randint(3, 11))
    lines.sort(key=lambda pair: pair[0])
    return "".join(f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z {line}\n" for at, line in lines)


def make_metrics(card: dict[str, Any], service: str, onset: datetime, dice: random.Random) -> str:
    """Three calm hours of each metric of the card, then four times or a fifth of it."""
    own = {}
    for name, way in (pair[:2] for pair in card.get("metrics", ()) if isinstance(pair, list) and len(pair) > 1):
        key = re.sub(r"\W", "_", str(name)).strip("_")
        own[key if key.startswith(service) else f"{service}_{key}"] = 0.2 if "down" in str(way) else 4.0
    rows = [",".join(("time", f"{service}_rps", f"{service}_cpu_percent", *own))]
    for minute in range(-180, 15):
        values = [dice.gauss(100, 4), dice.gauss(30, 2)]
        values += [dice.gauss(50, 2) * (factor if minute >= 0 else 1.0) for factor in own.values()]
        at = int((onset + timedelta(minutes=minute)).timestamp())
        rows.append(",".join((str(at), *(f"{value:.2f}" for value in values))))
    return "\n".join(rows) + "\n"


def judge(task: tuple[dict[str, Any], list[dict[str, Any]]]) -> tuple[str, Counter[str], str]:
    """Judge one incident: hand, counts, and the kinds of failure that were seen."""
    from changes import say_word_overlap

    from fermata.flows.bundle.diagnose import build_case
    from fermata.flows.bundle.read import read_bundle
    from fermata.rules.changes.judge import judge_changes
    from fermata.rules.changes.reading import read_symptoms

    card, others = task
    counts: Counter[str] = Counter(cases=1)
    likeness.read_library = lambda: make_library(card["id"][0])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / card["id"]
        labels = write_case(card, others, folder, random.Random(card["id"]))
        case = build_case(read_bundle(folder))
        judgement, guess = judge_changes(case), say_word_overlap(case)
    said = labels.get((judgement.guilty or "").replace("d", "c"), "")
    counts[f"named {said}"] += bool(judgement.guilty)
    first = next(one.id for one in judgement.ranked if one.id in labels)
    counts["first"] += labels[first] == "guilty"
    counts["overlap"] += labels.get((guess or "").replace("d", "c")) == "guilty"
    kinds = read_symptoms(case).kinds
    return card["id"][0], counts, " ".join(_write_kind(kind, share) for kind, share in sorted(kinds.items()))


def _write_kind(kind: str, share: float) -> str:
    step = min(STEPS, key=lambda own: abs(own - share))
    return kind if step == 1.0 else f"{kind}:{round(100 * step)}"


def write_reference(rows: list[str]) -> None:
    """Put the kinds of the known hands' incidents between the quotes of the table."""
    lines, line = [], ""
    for row in sorted(filter(None, rows)):
        if len(line) + len(row) > 116:
            lines.append(line.rstrip())
            line = ""
        line += f"{row}; "
    lines.append(line.rstrip("; "))
    head, _, rest = REFERENCE.read_text().partition('_TEXT = """\n')
    _, _, tail = rest.partition('\n"""\n')
    REFERENCE.write_text(f'{head}_TEXT = """\n' + "\n".join(lines) + f'\n"""\n{tail}')


def hide_secrets(texts: list[Any]) -> list[str]:
    """The lines without what might be a secret, if only an invented one: of a real incident none gets so far either."""
    return MARK.sub(" ", redact("\n".join(map(str, texts))).text).split("\n")


def list_incidents(cards: list[dict[str, Any]]) -> list[Incident]:
    """The stems of each one's change and of what was seen."""
    found = []
    for card in cards:
        diff = hide_secrets(card["diff"])
        lines = [(line[0], line[1:]) if line[:1] in {"+", "-"} else (" ", line) for line in diff]
        change = dict.fromkeys(list_change_stems(lines, card["message"]))
        metrics = [
            pair.rsplit(" ", 1)[0] if isinstance(pair, str) else str(pair[0]) for pair in card["metrics"] if pair
        ]
        own = set(list_seen_stems([card["service"]]))
        seen = dict.fromkeys(list_seen_stems([*hide_secrets([*card["logs"], card["alert"]]), *metrics]))
        kept = (stem for stem in seen if stem not in own)
        found.append(Incident(tuple(change), tuple(kept)))
    return found


@lru_cache
def make_library(hand: str) -> Library:
    """What comes with the program but for the incidents of one hand, so that it is judged by what others wrote."""
    return Library(list_incidents([card for card in (*read_cards(), *read_cards(MORE)) if card["id"][0] != hand]))


def write_library() -> None:
    """Pack what all hands wrote."""
    incidents = list_incidents([*read_cards(), *read_cards(MORE)])
    rows = {f"{' '.join(one.change)}\t{' '.join(one.seen)}\n" for one in incidents}
    WRITTEN.write_bytes(lzma.compress("".join(sorted(rows)).encode(), preset=9 | lzma.PRESET_EXTREME))


def main() -> None:
    """Judge all, and print or keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write the reference of the known hands' incidents")
    options = parser.parse_args()
    cards = read_cards()
    dice = random.Random(5)
    tasks = []
    for card in cards:
        pool = [other for other in cards if other["id"][0] == card["id"][0] and other is not card]
        tasks.append((card, dice.sample(pool, OTHERS)))
    totals: dict[str, Counter[str]] = {}
    kinds: list[str] = []
    with ProcessPoolExecutor(2) as pool:
        for hand, counts, seen in pool.map(judge, tasks, chunksize=8):
            totals.setdefault("a and c" if hand in KNOWN_HANDS else "b and d", Counter()).update(counts)
            kinds += [seen] if hand in KNOWN_HANDS else []
    if options.write:
        write_reference(kinds)
        write_library()
        return
    from harness import write_rows

    rows = []
    for hands, counts in sorted(totals.items(), reverse=True):
        total, wrong = counts["cases"], counts["named other"] + counts["named twin"]
        where = f"hands {hands}" + (", of which no rule was made" if hands == "b and d" else ", of the reference")
        chance = f"chance {total / (OTHERS + 2):.0f}, word overlap {counts['overlap']}"
        rows += [
            (f"{where}: guilty change first of {OTHERS + 2}", "-", f"{counts['first']} of {total}", chance),
            (f"{where}: named, and guilty", "-", f"{counts['named guilty']} of {total}", "-"),
            (f"{where}: named, and innocent", "-", f"{wrong} ({counts['named twin']} of them twins)", "-"),
        ]
    write_rows("mechanisms", "python bench/mechanisms.py", rows)


if __name__ == "__main__":
    main()
