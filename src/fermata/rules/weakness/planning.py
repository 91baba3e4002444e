"""The plan: every check's findings, one for each place and fault, best first, and no kind that swamps the list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import chain

from fermata.domain.service_graph import ServiceGraph
from fermata.rules.weakness.background_checks import check_background
from fermata.rules.weakness.call_delays import check_delays
from fermata.rules.weakness.call_errors import check_errors
from fermata.rules.weakness.commit_checks import check_commits
from fermata.rules.weakness.faults import Kind, Predict
from fermata.rules.weakness.finding import Finding
from fermata.rules.weakness.load_checks import check_loads
from fermata.rules.weakness.proven import weigh_kind
from fermata.rules.weakness.service_checks import check_services
from fermata.rules.weakness.shape_checks import check_shape
from fermata.rules.weakness.standing import Landscape
from fermata.rules.weakness.usage import weigh_usage

LIMIT = 40
_CHECKS = (check_services, check_background, check_errors, check_delays, check_loads, check_shape, check_commits)
_KIND_AGAIN, _TARGET_AGAIN = 0.93, 0.8
"""What each earlier item of the same kind, or at the very same target leaves of a score: ten of one kind halve the
eleventh, so that a new kind of half the weight comes before it. Chosen on the kept graphs, where many weak points of
one service, each at another of its calls, are no reason to doubt the next."""
_ONE_FOR_ALL = {Kind.QUEUE_LAG: 0.75, Kind.CPU_EXHAUSTION: 0.85}
"""The same for kinds of which one rehearsal shows how the others would go: whoever takes too slowly leaves a queue, and
of several processors the first to be full decides."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One item of the plan."""

    finding: Finding
    also: tuple[str, ...]
    """Other kinds that were found at the same place for the same fault, strongest first."""
    source: str = ""
    """Who suggested it, in words; empty for the rules' own."""
    remark: str = ""
    """What a reader said of an item of the rules, in words."""
    lift: float = 1.0
    """By how much a reader's order raises or lowers its weight."""
    proven: float = 1.0
    """What is left of its likelihood by how often its kind proved real."""

    @property
    def weight(self) -> float:
        """Return what it is ordered by: its score, how often its kind proved real, and a reader's lift."""
        return self.finding.score * self.proven * self.lift

    @property
    def is_computed_collapse(self) -> bool:
        """Return whether formulas say that a journey ends: nothing that is only read comes before it."""
        return not self.source and self.finding.predict is Predict.COLLAPSE


def plan_rehearsals(land: Landscape, *, limit: int = LIMIT) -> list[Planned]:
    """Plan what to rehearse, best first.

    Ranked by the root of journeys hit x likelihood x predicted loss x (1 - evidence that it is handled), then
    diversified. What is on the list is chosen without asking which kinds prove real most often, or it would be a list
    of those; what comes first of it is.

    Args:
        land: The system.
        limit: Items at most; 0 or less gives none.
    """
    room = max(limit, LIMIT)
    listed = diversify(_shorten(_sort(_keep_strongest(find_weaknesses(land))), room), room)
    return diversify(_sort(replace(item, proven=weigh_kind(item.finding.kind)) for item in listed), limit)


def build_landscape(graph: ServiceGraph) -> Landscape:
    """Build what plans and scenarios are read from."""
    return Landscape(graph)


def find_weaknesses(land: Landscape) -> Iterable[Finding]:
    """Find all that the rules can tell, also several at one place for one fault, in no order that means anything."""
    for finding in chain.from_iterable(check(land) for check in _CHECKS):
        yield replace(finding, likelihood=finding.likelihood * weigh_usage(land, finding.target))


def _keep_strongest(findings: Iterable[Finding]) -> list[Planned]:
    """Keep one finding for each place and fault, and each kind once at a place: a second time it would say the same."""
    places: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        places.setdefault((finding.target, finding.fault), []).append(finding)
    ranked = [sorted(items, key=lambda item: -item.score) for items in places.values()]
    ranked.sort(key=lambda items: (-items[0].score, items[0].target, items[0].fault))
    told: set[tuple[str, str]] = set()
    kept = []
    for items in ranked:
        best = next((item for item in items if (item.target, item.kind) not in told), None)
        if best is None:
            continue
        told.add((best.target, best.kind))
        also = dict.fromkeys(item.kind.value for item in items if item.kind is not best.kind)
        kept.append(Planned(best, tuple(also)))
    return kept


def _sort(items: Iterable[Planned]) -> list[Planned]:
    return sorted(items, key=lambda item: (-item.weight, item.finding.target, item.finding.fault))


def _shorten(ranked: list[Planned], limit: int) -> list[Planned]:
    """Keep the best of each kind, as many as the list has room for: the others could not come forward."""
    kinds: Counter[str] = Counter()
    kept = []
    for item in ranked:
        if kinds[item.finding.kind] < limit:
            kinds[item.finding.kind] += 1
            kept.append(item)
    return kept


def diversify(waiting: Iterable[Planned], limit: int) -> list[Planned]:
    """Take the best again and again, each time with what has been taken before held against its like.

    What somebody suggested waits until no computed collapse does.

    Args:
        waiting: Best first: of equals the earlier is taken.
        limit: Items at most.
    """
    chosen: list[Planned] = []
    kinds: Counter[str] = Counter()
    targets: Counter[str] = Counter()

    def weigh(item: Planned) -> float:
        held = (
            _ONE_FOR_ALL.get(item.finding.kind, _KIND_AGAIN) ** kinds[item.finding.kind]
            * _TARGET_AGAIN ** targets[item.finding.target]
        )
        return item.weight * held

    rest = list(waiting)
    while rest and len(chosen) < limit:
        best = max(rest, key=weigh)
        if best.source and (ahead := [item for item in rest if item.is_computed_collapse]):
            best = max(ahead, key=weigh)
        rest.remove(best)
        chosen.append(best)
        kinds[best.finding.kind] += 1
        targets[best.finding.target] += 1
    return chosen
