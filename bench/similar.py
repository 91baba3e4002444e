"""Earlier incidents like this one: how often the true repeats come first, beside trivial choices.

The histories are drawn at random by whoever wrote the rules: a team of eleven services, three alerting rules that
fire for whatever is wrong, faults that come back at their own pace, and a diagnosis that is missing four times in ten.
They say that the rules do what they are meant to, not how a real team's history reads.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "src")]
from harness import write_rows  # noqa: E402 - the path comes first

from fermata.domain.ids import IncidentId  # noqa: E402 - as above
from fermata.rules.signatures import CATALOGUE  # noqa: E402 - as above
from fermata.rules.similar import Past, find_similar  # noqa: E402 - as above

HISTORIES, INCIDENTS = 20, 150
FIRST = 3
SERVICES = (
    "checkout",
    "search",
    "ledger",
    "mail",
    "auth",
    "media",
    "cart",
    "gateway",
    "stock",
    "reports",
    "ads",
    "chat",
)
RULES = ("HighErrorRate", "HighLatency", "TargetDown")
Choice = Callable[[Past, Sequence[Past]], list[Past]]


def make_history(draw: random.Random) -> list[tuple[Past, tuple[str, str]]]:
    """Incidents, oldest first, each with the fault it really was."""
    texts = {item.id: item.title for item in CATALOGUE}
    faults = [(draw.choice(sorted(texts)), draw.choice(SERVICES), draw.choice(RULES)) for _ in range(40)]
    pace = [1 / (rank + 1) for rank in range(len(faults))]
    found = []
    for number in range(INCIDENTS):
        cause, service, rule = draw.choices(faults, pace)[0]
        is_known = draw.random() < 0.6
        rule = rule if draw.random() < 0.7 else draw.choice(RULES)
        past = Past(
            id=IncidentId(f"inc-{number}"),
            title=f"{rule} on {service}",
            started_at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=30 * number),
            rules=frozenset({rule}),
            places=frozenset({service}),
            causes=frozenset({(cause, service)} if is_known else ()),
            text=texts[cause] if is_known else f"{service} has trouble",
        )
        found.append((past, (cause, service)))
    return found


def choose_newest(_asked: Past, known: Sequence[Past]) -> list[Past]:
    """Take the newest."""
    return list(reversed(known))


def choose_by_rule(asked: Past, known: Sequence[Past]) -> list[Past]:
    """Take the newest of the same alerting rule."""
    return [past for past in reversed(known) if past.rules & asked.rules]


def choose_by_title(asked: Past, known: Sequence[Past]) -> list[Past]:
    """Take the newest of the same title: rule and service."""
    return [past for past in reversed(known) if past.title == asked.title]


def choose_alike(asked: Past, known: Sequence[Past]) -> list[Past]:
    """Take what the rules take."""
    return [item.past for item in find_similar(asked, known, FIRST)]


def score(choice: Choice, *, diagnosed: bool) -> tuple[float, float]:
    """Return how often a true repeat is among the first, and which share of what is shown is one.

    Args:
        diagnosed: Asked about incidents whose cause was found, or about those where it was not.
    """
    draw = random.Random(7)
    hits = asked = right = shown = 0
    for _ in range(HISTORIES):
        history = make_history(draw)
        for position in range(INCIDENTS // 2, INCIDENTS):
            past, fault = history[position]
            truth = {item.id for item, other in history[:position] if other == fault}
            if not truth or bool(past.causes) is not diagnosed:
                continue
            first = choice(past, [item for item, _ in history[:position]])[:FIRST]
            asked += 1
            hits += any(item.id in truth for item in first)
            right += sum(item.id in truth for item in first)
            shown += len(first)
    return hits / asked, right / max(shown, 1)


def main() -> None:
    """Print the rows."""
    choices = {
        "the newest": choose_newest,
        "the newest of the same rule": choose_by_rule,
        "the newest of the same title": choose_by_title,
    }
    rows = []
    for diagnosed, which in ((True, "whose cause was found"), (False, "without a diagnosis")):
        ours = score(choose_alike, diagnosed=diagnosed)
        beside = {name: score(choice, diagnosed=diagnosed) for name, choice in choices.items()}
        told = [(f"a true repeat among the first {FIRST}", 0), ("share of what is shown that is one", 1)]
        for what, part in told:
            others = "; ".join(f"{name} {found[part]:.2f}" for name, found in beside.items())
            rows.append((f"incidents {which}: {what}", "-", f"{ours[part]:.2f}", others))
    write_rows("similar", "python bench/similar.py", rows)


if __name__ == "__main__":
    main()
