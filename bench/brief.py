"""What a model is sent about an incident, in tokens, and what code lets pass of its answers. No model is asked.

    python bench/brief.py [--cases] [--bundle FOLDER]

Over all cases of bench/cases. Tokens are Fermata's own estimate (`rules/condense/tokens.py`: at most 5 % below OpenAI's
vocabularies). The whole prompt is the instructions, the schema, the brief and two batches of evidence, each as full as
it may be. Truthful answers are the signatures' own hypotheses, written as a model would write them; each is then spoilt
in one place: another quote, an object nobody saw, a number nobody wrote, an action that does not exist.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cases import HERE, iterate_seen
from harness import write_rows

from fermata.domain.answer import EvidenceRequest, Wanted
from fermata.domain.diagnosis import Diagnosis, Hypothesis
from fermata.domain.evidence import Evidence
from fermata.flows.bundle.diagnose import diagnose_bundle
from fermata.flows.bundle.read import read_bundle
from fermata.flows.bundle.shipped import SHIPPED_SPECS
from fermata.models.prompts import load_prompts
from fermata.rules.acceptance import DIAGNOSIS_SCHEMA, PLAN_SCHEMA, judge_answer, read_answer
from fermata.rules.asked_evidence import choose_pieces, understand
from fermata.rules.brief import PLANNING, SMALL, Brief, compose_brief, compose_extra, compose_refusal
from fermata.rules.condense import count_tokens
from fermata.rules.signatures import Case

BATCH_TOKENS = 1_500
CRASH_LOOP = ("kubernetes-1", "claims-0217")
"""`kubectl describe` of the pods that crash, their logs, the events: what a person would look at."""
MOST_TOKENS, MOST_FIXED = 7_500, 3_000
REASONS = ["E12:345: the quoted words do not stand there: " + "words " * 12] * 3
"""As many and as long as an answer usually gets."""
SMALL_WINDOW = 8_192


@dataclass(frozen=True)
class Sent:
    """One case as it would be sent."""

    archive: str
    name: str
    cause: str
    brief: int
    small: int
    asked_once: int
    """The whole prompt of the usual one call: instructions, schema, brief."""
    whole: int
    """The longest prompt: with two full batches."""
    planned: int
    """The prompt that asks for an action, where nobody names one: instructions, schema, its own small brief."""
    again: int
    """The prompt after an answer that was not accepted: the usual one, with that answer and the reasons."""
    raw: int
    """Tokens of all its evidence, as it was collected."""
    unread: int
    """Logs of what the incident is about that found no room."""
    seconds: float
    is_accepted: bool | None
    """Whether the truthful answer passes; `None` where signatures name no cause."""
    spoilt_accepted: tuple[str, ...]


def measure(archive: str, name: str, case: Case, diagnosis: Diagnosis) -> Sent:
    """Compose everything that could be sent for a case, and judge answers to it."""
    began = time.process_time()
    brief = compose_brief(case, diagnosis, SHIPPED_SPECS)
    seconds = time.process_time() - began
    instructions = count_tokens(load_prompts()["diagnose"].text) + count_tokens(json.dumps(DIAGNOSIS_SCHEMA))
    batches = 2 * count_tokens(ask_for_much(case, diagnosis, brief))
    leading = diagnosis.leading
    truthful = write_answer(leading, brief) if leading else None
    return Sent(
        archive,
        name,
        leading.cause if leading else "undetermined",
        brief.tokens,
        compose_brief(case, diagnosis, SHIPPED_SPECS, SMALL).tokens,
        instructions + brief.tokens,
        instructions + brief.tokens + batches,
        count_plan(case, diagnosis),
        instructions + brief.tokens + count_tokens(compose_refusal(REASONS, json.dumps(truthful or {}))),
        sum(count_tokens(line.text) + 1 for item in case.evidence for line in item.lines),
        len(brief.unread),
        seconds,
        passes(truthful, case, diagnosis, brief) if truthful else None,
        tuple(how for how, spoilt in (spoil(truthful) if truthful else ()) if passes(spoilt, case, diagnosis, brief)),
    )


def count_plan(case: Case, diagnosis: Diagnosis) -> int:
    """Return the tokens of asking for an action."""
    fixed = count_tokens(load_prompts()["plan"].text) + count_tokens(json.dumps(PLAN_SCHEMA))
    return fixed + compose_brief(case, diagnosis, SHIPPED_SPECS, PLANNING).tokens


def ask_for_much(case: Case, diagnosis: Diagnosis, brief: Brief) -> str:
    """Return the fullest batch: six questions about what the case is about."""
    names = list(dict.fromkeys(item.entity.name for item in brief.names.values()))
    requests = [EvidenceRequest(what=Wanted.LOGS, of=name) for name in names[:3]]
    requests += [EvidenceRequest(what=Wanted.OBJECTS, of=name) for name in names[:3]]
    questions = understand(requests, case, diagnosis, brief.names)
    asked = [(item.words, choose_pieces(item, case.evidence, (), brief.names)) for item in questions]
    return compose_extra(asked, list(case.by_id), BATCH_TOKENS)


def write_answer(hypothesis: Hypothesis, brief: Brief) -> dict[str, Any]:
    """Write a hypothesis as a model would: by the brief's names, with quotes and no words that are not cited."""
    names = {item.id: name for name, item in brief.names.items()}
    return {
        "verdict": "identified",
        "hypotheses": [
            {
                "cause": hypothesis.cause,
                "text": "What is cited says it.",
                "confidence": hypothesis.confidence,
                "entity": hypothesis.entity.ref,
                "citations": [
                    {
                        "evidence": names[citation.evidence_id],
                        "lines": f"{citation.first_line}-{citation.last_line}",
                        "quote": citation.quote,
                    }
                    for citation in hypothesis.citations[:8]
                ],
                "suggestion": None,
            }
        ],
    }


def spoil(answer: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the answer spoilt in one place, each with the word for how."""
    (hypothesis,) = answer["hypotheses"]
    (first, *others) = hypothesis["citations"]
    changes: Mapping[str, Mapping[str, Any]] = {
        "quote": {"citations": [first | {"quote": f"{first['quote'][:40]} exploded"}, *others]},
        "piece": {"citations": [first | {"evidence": "E4711"}, *others]},
        "entity": {"entity": "kubernetes:pod/nowhere/made-up-by-a-model"},
        "number": {"text": "It failed 918273 times."},
        "action": {"suggestion": {"action": "kubernetes.fix", "target": hypothesis["entity"], "parameters": {}}},
        "address": {"text": "See https://made.up/by-a-model for the cure."},
    }
    for how, change in changes.items():
        yield how, {**answer, "hypotheses": [hypothesis | change]}
    yield "change", {**answer, "guilty_change": "0123456789abcdef"}


def passes(answer: Mapping[str, Any], case: Case, diagnosis: Diagnosis, brief: Brief) -> bool:
    """Answer whether an answer is accepted, with all that it holds."""
    names: Mapping[str, Evidence] = brief.names
    read = read_answer(answer)
    if isinstance(read, tuple):
        return False
    judgement = judge_answer(read, case, diagnosis, names, SHIPPED_SPECS, model="bench/none")
    # An action that does not exist is dropped from an answer that otherwise stands: dropped, it did not pass.
    return judgement.accepted and not judgement.left_out


def list_archives() -> list[str]:
    """Return the archives of cases."""
    return sorted(path.name.removesuffix(".tar.xz") for path in HERE.glob("*.tar.xz"))


def write_kinds(sent: list[Sent]) -> list[str]:
    """Return the table by cause, for docs/costs.md."""
    by_cause: dict[str, list[Sent]] = defaultdict(list)
    for one in sent:
        by_cause[one.cause].append(one)
    rare = [one for found in by_cause.values() if len(found) < 3 for one in found]
    groups = sorted(((cause, found) for cause, found in by_cause.items() if len(found) >= 3), key=lambda pair: pair[0])
    rows = ["| cause | cases | evidence | brief, median | largest |", "|---|---|---|---|---|"]
    for cause, found in [*groups, (f"{len({one.cause for one in rare})} others", rare)]:
        tokens = [one.brief for one in found]
        raw = statistics.median(one.raw for one in found)
        shown = cause if " " in cause or cause == "undetermined" else f"`{cause}`"
        rows.append(f"| {shown} | {len(found)} | {raw:,.0f} | {statistics.median(tokens):,.0f} | {max(tokens):,} |")
    return rows


def main() -> None:
    """Measure and write the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", action="store_true", help="print each case")
    parser.add_argument("--bundle", type=Path, help="measure this folder only")
    arguments = parser.parse_args()
    if arguments.bundle:
        found = diagnose_bundle(read_bundle(arguments.bundle))
        print(measure("", arguments.bundle.name, found.case, found.diagnosis))
        return
    sent = [
        measure(archive, one.name, one.case, one.diagnosis)
        for archive in list_archives()
        for one in iterate_seen(archive)
    ]
    if arguments.cases:
        for one in sent:
            print(one)
    (crash,) = [one for one in sent if (one.archive, one.name) == CRASH_LOOP]
    judged = [one for one in sent if one.is_accepted is not None]
    refused = [one.name for one in judged if not one.is_accepted]
    passed = [(one.name, how) for one in judged for how in one.spoilt_accepted]
    largest, small = max(one.brief for one in sent), max(one.small for one in sent)
    whole_small = small + max(one.whole - one.brief for one in sent) - 2 * BATCH_TOKENS + BATCH_TOKENS + 2_000
    write_rows(
        "brief",
        "python bench/brief.py",
        [
            (
                f"fixed part of a brief, largest of {len(sent)} cases",
                f"<= {MOST_FIXED:,} tokens",
                f"{largest:,}; median {statistics.median(one.brief for one in sent):,.0f}",
                f"all evidence of a case, median {statistics.median(one.raw for one in sent):,.0f}",
            ),
            (
                "a pod's crash loop: the prompt of the usual one call",
                f"<= {MOST_TOKENS:,} tokens",
                f"{crash.asked_once:,}, of which the brief {crash.brief:,}",
                f"its evidence {crash.raw:,}; largest of all cases {max(one.asked_once for one in sent):,}",
            ),
            (
                "the same when it asks for two full batches: the last of three prompts",
                f"<= {MOST_TOKENS:,} tokens",
                f"{crash.whole:,}",
                f"all three together {crash.asked_once + crash.whole + (crash.asked_once + crash.whole) // 2:,}",
            ),
            (
                "the usual prompt and the one that asks for an action, both together",
                f"<= {MOST_TOKENS:,} tokens",
                f"{crash.asked_once + crash.planned:,}",
                f"largest of all cases {max(one.asked_once + one.planned for one in sent):,}",
            ),
            (
                "the prompt after an answer that was not accepted",
                f"<= {MOST_TOKENS:,} tokens",
                f"{crash.again:,}",
                f"largest of all cases {max(one.again for one in sent):,}",
            ),
            (
                "with the small brief, one batch and the answer, in a window of 8,192",
                f"<= {SMALL_WINDOW:,} tokens",
                f"{whole_small:,}; largest small brief {small:,}",
                "an answer of 2,000",
            ),
            (
                "cases with a log that found no room, for which a low-tier model would be asked",
                "-",
                f"{sum(one.unread > 0 for one in sent)} of {len(sent)}",
                f"at most 3 logs; of all {sum(min(one.unread, 3) for one in sent)}",
            ),
            ("composing a brief, CPU, largest", "-", f"{max(one.seconds for one in sent):.2f} s", "-"),
            (
                "truthful answers that are refused",
                "0",
                f"{len(refused)} of {len(judged)}",
                "the signatures' own hypotheses, as a model would write them",
            ),
            (
                "spoilt answers that are accepted",
                "0",
                f"{len(passed)} of {7 * len(judged)}",
                "quote, piece, entity, number, action, address, change",
            ),
        ],
    )
    print("\n".join(write_kinds(sent)))
    if refused or passed:
        print(refused, passed)
    sys.exit(0 if largest <= MOST_FIXED and crash.whole <= MOST_TOKENS and not refused and not passed else 1)


if __name__ == "__main__":
    main()
