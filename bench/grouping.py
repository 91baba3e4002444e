"""Which alerts are one incident: the timelines of `cases/grouping` through real intake on a real store.

A pair of alerts is what is counted. Of those put into one incident, how many belong there (precision: what is missing
from 1 are failures hidden behind another's card); of those that belong together, how many were put together (recall:
what is missing are cards too many). Of `kept.yaml` only sums are printed: the rules are not to be written on it.
Whoever mended the rules first had written both files, and had the kept ones in mind: only the first sight is unseen.

    python bench/grouping.py            # the table
    python bench/grouping.py --wrong    # which of the written cases go wrong, and why
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "src")]
from harness import write_rows  # noqa: E402 - the path comes first

from fermata.bootstrap import House  # noqa: E402 - as above
from fermata.integrations.alertmanager.system import Alertmanager  # noqa: E402 - as above
from fermata.integrations.webhook.system import Webhook  # noqa: E402 - as above
from fermata.kit.digest import compute_digest  # noqa: E402 - as above
from fermata.ports.source import SourceSettings  # noqa: E402 - as above
from fermata.settings import Settings  # noqa: E402 - as above
from fermata.store.connect import open_store  # noqa: E402 - as above
from fermata.testing.clock import FakeClock  # noqa: E402 - as above
from fermata.testing.engine import InlineEngine  # noqa: E402 - as above

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
WINDOW_S = 600
"""As `grouping.window` is by default."""
Case = Mapping[str, Any]
Placed = Sequence[str]
"""The incident of each alert of a case, in order."""


@dataclass(frozen=True)
class Score:
    """Pairs of alerts of some cases."""

    right: int
    hidden: int
    """Put together, and none of each other's."""
    doubled: int
    """Not put together, and one incident."""

    def __str__(self) -> str:
        """Return the row's cell."""
        shown, true = self.right + self.hidden, self.right + self.doubled
        precision = f"{self.right / shown:.2f}" if shown else "-"
        return (
            f"precision {precision}, recall {self.right / true:.2f}; pairs hidden in another's incident {self.hidden}, "
            f"pairs with a card each {self.doubled} of {true}"
        )


def read_cases(name: str) -> list[Case]:
    """Return the cases of one file."""
    return YAML(typ="safe").load(HERE / "cases" / "grouping" / f"{name}.yaml")


def write_body(told: Case, *, over: bool) -> tuple[str, bytes]:
    """Return the source and the body that its sender would send."""
    if "title" in told:
        return "webhook", json.dumps({"title": told["title"], "status": "up" if over else "down"}).encode()
    labels = told["labels"]
    group = ", ".join(f'{name}="{labels[name]}"' for name in ("alertname", "cluster", "service") if name in labels)
    alert = {
        "status": "resolved" if over else "firing",
        "labels": labels,
        "annotations": {},
        "startsAt": (NOON + timedelta(seconds=told.get("began", told["at"]))).isoformat(),
        "endsAt": (NOON + timedelta(seconds=told["ends"])).isoformat() if over else "0001-01-01T00:00:00Z",
        "generatorURL": "",
        "fingerprint": compute_digest(labels)[7:23],
    }
    return "alertmanager", json.dumps({"version": "4", "groupKey": f"{{}}:{{{group}}}", "alerts": [alert]}).encode()


def list_messages(case: Case) -> Iterator[tuple[int, int, bool]]:
    """Give (second, number of the alert, whether it is its end), in the order they are heard."""
    heard = [(told["at"], number, False) for number, told in enumerate(case["alerts"])]
    heard += [(told["ends"], number, True) for number, told in enumerate(case["alerts"]) if "ends" in told]
    yield from sorted(heard)


def write_graph(case: Case) -> dict[str, Any]:
    """Return the calls of a case as `fermata up` keeps what systems know of them."""
    edges = [call.split() for call in case.get("calls", ())]
    names = sorted({name for edge in edges for name in edge})
    return {
        "at": NOON.isoformat(),
        "services": [{"name": name, "aliases": []} for name in names],
        "edges": [{"from": caller, "to": callee, "mode": ""} for caller, callee in edges],
        "sources": ["cases"],
        "problems": [],
    }


async def replay(case: Case, folder: Path) -> tuple[Placed, Sequence[str]]:
    """Return where real intake puts each alert, and why."""
    clock = FakeClock(NOON)
    store = open_store(f"sqlite:///{folder / 'fermata.db'}")
    systems = {one.name: one for one in (Alertmanager(SourceSettings(), clock), Webhook(SourceSettings(), clock))}
    house = House(Settings.model_validate({"state_dir": folder}), systems, store, InlineEngine(store), clock)
    if "calls" in case:
        await store.write(lambda transaction: transaction.flags.put("graph/known", write_graph(case)))
    placed = [""] * len(case["alerts"])
    for second, number, over in list_messages(case):
        clock.advance(NOON + timedelta(seconds=second) - clock.now())
        receipt = await house.intake.receive(*write_body(case["alerts"][number], over=over))
        if not over:
            # One that opens nothing stands for itself.
            placed[number] = receipt.incidents[0] if receipt.incidents else f"none-{number}"
    found = await store.read(lambda rows: rows.incidents.list_recent())
    store.close()
    return placed, [f"{one.title}: {merge.text}" for one in reversed(found) for merge in one.merges]


def place_by_rules(case: Case) -> tuple[Placed, Sequence[str]]:
    """Place a case by what is to be measured."""
    with tempfile.TemporaryDirectory(prefix="fermata-bench-") as folder:
        return asyncio.run(replay(case, Path(folder)))


def place_each(case: Case) -> Placed:
    """Make each alert an incident."""
    return [str(number) for number in range(len(case["alerts"]))]


def place_by_window(case: Case) -> Placed:
    """Make one incident of whatever is heard within the window of what was heard before it."""
    placed: list[str] = []
    before = -WINDOW_S
    for told in case["alerts"]:
        is_near = bool(placed) and told["at"] - before <= WINDOW_S
        placed.append(placed[-1] if is_near else str(len(placed)))
        before = told["at"]
    return placed


def score(cases: Sequence[Case], place: Callable[[Case], Placed]) -> Score:
    """Count pairs."""
    pairs = [
        (one[0] == other[0], one[1] == other[1])
        for case in cases
        for one, other in combinations(zip((told["in"] for told in case["alerts"]), place(case), strict=True), 2)
    ]
    return Score(pairs.count((True, True)), pairs.count((False, True)), pairs.count((True, False)))


def print_wrong(cases: Sequence[Case]) -> None:
    """Print the cases that go wrong."""
    for case in cases:
        placed, reasons = place_by_rules(case)
        found = score([case], lambda _, placed=placed: placed)
        if found.hidden or found.doubled:
            sys.stdout.write(f"{case['case']}: hidden {found.hidden}, doubled {found.doubled}\n")
            sys.stdout.writelines(f"    {reason}\n" for reason in reasons)


def main() -> None:
    """Print the rows."""
    if "--wrong" in sys.argv[1:]:
        print_wrong(read_cases("written"))
        return
    rows = []
    for name, what in (
        ("written", "at first sight 0.80 and 0.55, 4 hidden; then for the rules"),
        ("kept", "at first sight 0.90 and 0.66, 2 hidden; never replayed one by one, but the rules' hand wrote them"),
    ):
        cases = read_cases(name)
        each, window = score(cases, place_each), score(cases, place_by_window)
        beside = f"an incident for each alert: {each}; one for each {WINDOW_S // 60} minutes: {window}"
        ours = score(cases, lambda case: place_by_rules(case)[0])
        rows.append((f"{len(cases)} timelines ({what})", "nothing hidden", str(ours), beside))
    write_rows("grouping", "python bench/grouping.py", rows)


if __name__ == "__main__":
    main()
