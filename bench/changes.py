"""Which change is guilty, over a folder of incident bundles whose answers are known.

    PYTHONPATH=src python bench/changes.py BUNDLES TRUTH.json [--keep] [--cases]

`TRUTH.json` is {bundle's folder: {"guilty": change id or null, "decoys": [change ids]}}; folders without an entry are
left out. Beside the diagnosis stand three trivial arms that read the same evidence:

- latest: the latest change before the alert, whatever it is;
- latest of the service: the latest change before the alert to the alerted service, else none;
- word overlap: the change whose text shares most with the error lines (BM25), none when it shares nothing.

`--keep` writes bench/results/changes.md; `--cases` prints a line a bundle.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
import time
from collections import Counter
from pathlib import Path

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import ChangeFacts
from fermata.flows.bundle.diagnose import build_case, diagnose_bundle
from fermata.flows.bundle.read import read_bundle
from fermata.rules.logs import find_level

sys.path.insert(0, str(Path(__file__).parent))

_WORD = re.compile(r"[A-Za-z]{3,}")


def list_changes(case):
    """Return (change, its text), oldest first; runs of tests are no changes."""
    items = [item for item in case.evidence if item.kind is EvidenceKind.CHANGE]
    pairs = [(ChangeFacts.from_json(item.facts), " ".join(line.text for line in item.lines)) for item in items]
    pairs = [(facts, text) for facts, text in pairs if facts.kind != "ci_run"]
    return sorted(pairs, key=lambda pair: pair[0].changed_at)


def say_latest(case):
    before = [facts for facts, _ in list_changes(case) if facts.changed_at <= case.scope.onset]
    return before[-1].id if before else None


def say_latest_of_service(case):
    names = set(case.scope.list_names())
    before = [
        facts for facts, _ in list_changes(case) if facts.changed_at <= case.scope.onset and facts.service in names
    ]
    return before[-1].id if before else None


def say_word_overlap(case):
    logs = [line.text for item in case.evidence if item.kind is EvidenceKind.LOGS for line in item.lines]
    loud = [text for text in logs if (level := find_level(text)) is not None and level.is_severe]
    query = {word.lower() for text in loud[:5000] for word in _WORD.findall(text)}
    before = [(facts, text) for facts, text in list_changes(case) if facts.changed_at <= case.scope.onset]
    texts = [Counter(word.lower() for word in _WORD.findall(text)) for _, text in before]
    if not texts:
        return None
    mean = sum(text.total() for text in texts) / len(texts) or 1.0
    scores = []
    for text in texts:
        score = 0.0
        for word in query & text.keys():
            found = sum(word in other for other in texts)
            weight = math.log(1 + (len(texts) - found + 0.5) / (found + 0.5))
            score += weight * text[word] * 2.2 / (text[word] + 1.2 * (0.25 + 0.75 * text.total() / mean))
        scores.append(score)
    best = max(range(len(scores)), key=scores.__getitem__)
    return before[best][0].id if scores[best] > 0 else None


def interval(hits, total):
    """Return Wilson's 95 % interval; each bundle is a scenario of its own, so there is nothing to cluster."""
    if not total:
        return "-"
    z, share = 1.96, hits / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total)) / (1 + z * z / total)
    return f"{hits}/{total} [{max(0.0, middle - half):.2f}, {min(1.0, middle + half):.2f}]"


def score(answers, truth):
    """Return what the issue counts: guilty named, decoy blamed, none said, and any other wrong blame."""
    guilty = [name for name in answers if truth[name]["guilty"] is not None]
    innocent = [name for name in answers if truth[name]["guilty"] is None]
    blamed = {
        name: answer for name, answer in answers.items() if answer is not None and answer != truth[name]["guilty"]
    }
    decoys = sum(answer in truth[name].get("decoys", ()) for name, answer in blamed.items())
    return {
        "named": interval(sum(answers[name] == truth[name]["guilty"] for name in guilty), len(guilty)),
        "decoys": f"{decoys}/{len(answers)}",
        "other": f"{len(blamed) - decoys}/{len(answers)}",
        "none": interval(sum(answers[name] is None for name in innocent), len(innocent)),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundles", type=Path)
    parser.add_argument("truth", type=Path)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--cases", action="store_true")
    options = parser.parse_args()
    folders = sorted(path for path in options.bundles.iterdir() if path.is_dir())
    known = json.loads(options.truth.read_text())
    truth = {path.name: known[path.name] for path in folders if path.name in known}
    arms = {"latest": say_latest, "latest of the service": say_latest_of_service, "word overlap": say_word_overlap}
    answers = {name: {} for name in ("fermata", *arms)}
    seconds = []
    for path in folders:
        if path.name not in truth:
            continue
        bundle = read_bundle(path)
        began = time.process_time()
        diagnosis = diagnose_bundle(bundle).diagnosis
        seconds.append(time.process_time() - began)
        answers["fermata"][path.name] = diagnosis.guilty_change
        case = build_case(bundle)
        for name, arm in arms.items():
            answers[name][path.name] = arm(case)
        if options.cases:
            said, guilty = diagnosis.guilty_change, truth[path.name]["guilty"]
            cause = diagnosis.hypotheses[0].cause if diagnosis.hypotheses else diagnosis.verdict.value
            print(f"{'ok ' if said == guilty else 'BAD'} {path.name}: said {said}, is {guilty}; {cause}")
    scores = {name: score(given, truth) for name, given in answers.items()}
    beside = {
        key: "; ".join(f"{name} {scores[name][key]}" for name in arms) for key in ("named", "decoys", "other", "none")
    }
    rows = [
        ("guilty change named", ">= 16 of 17 on the kept bundles", scores["fermata"]["named"], beside["named"]),
        ("decoy blamed", "<= 1 of 24", scores["fermata"]["decoys"], beside["decoys"]),
        ("another innocent change blamed", "0", scores["fermata"]["other"], beside["other"]),
        ("none said where none is guilty", ">= 6 of 7", scores["fermata"]["none"], beside["none"]),
        ("CPU seconds a bundle, after reading", "-", f"median {sorted(seconds)[len(seconds) // 2]:.2f}", "-"),
        ("tokens", "0", "0: no model", "-"),
    ]
    if options.keep:
        from harness import write_rows

        write_rows("changes", "PYTHONPATH=src .venv/bin/python bench/changes.py BUNDLES TRUTH.json --keep", rows)
        return
    for row in rows:
        print(" | ".join(row))


if __name__ == "__main__":
    main()
