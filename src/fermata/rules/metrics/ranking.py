"""Which node a disturbance began at, most likely first; or that nothing is abnormal.

What counts, in this order: how much of the excess is a node's own (`explain`), how clear its shift is (`shift`), and
whether the alerted node keeps time with it. Names play no part. The weights are few and the same for every system.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import sqrt

from fermata.rules.metrics.callgraph import CallGraph
from fermata.rules.metrics.explain import Blame, blame_nodes, find_cold_caches, find_surges
from fermata.rules.metrics.parts import describe_part, list_siblings, name_labels, name_part
from fermata.rules.metrics.semantics import Kind
from fermata.rules.metrics.series import Series, as_rate
from fermata.rules.metrics.shift import THRESHOLD, Frame, Shift, make_frame, measure_profile
from fermata.rules.metrics.symptoms import NodeState, Signal, find_signal, pick_series, read_nodes
from fermata.rules.metrics.words import describe_blame, describe_misses, describe_resource, describe_surge

_ALERTED = 0.95
# Of the signal that was alerted; a little is left for what else a node shows.
_OTHER = 0.4
# Of the other signal: a slow callee makes callers time out, so slowness may be behind failures, though rarely.
_MISSED = 0.3
# Of what a node shows that answers a cold cache's misses: some of it may be its own.
_RESOURCE = 0.3
# Of a resource: a busy processor alone says little, and much beside a slowness of the same node.
_FEWEST_SPREADS = 1.0
# How far the alerted node must depart, on average, while a suspect does: a cause without its effect is none.
_FAINTEST = 0.5
_CLEAR = 3.0
# The same beside a suspect that departs by so many thresholds, where no other is found: a clear cause may have a faint
# effect, since the alerted node's own noise may be as large.
_LEAST_SCORE = 0.02
_ALONE = 2.0
# Times the usual threshold, for a shift that no alerted node and no entry of the graph bears out.
_LONG_AGO = 3
# Steps between reference and window from which on the reference may have aged: deploys and seasons lie between.

NOTHING_LEFT = "nothing left its normal range"
"""Why nothing is named where nobody said whom it is about."""


@dataclass(frozen=True, slots=True)
class RankedNode:
    """One suspect."""

    node: str
    metric: str
    """The metric that says so."""
    score: float
    """0..1; comparable within one ranking."""
    onset: float
    """Epoch seconds of the metric's first departing point."""
    why: str
    """For people, in one or two sentences."""
    shift: Shift
    """The shift behind it, with the points to cite."""
    part: str = ""
    """Which of its parts shows it, as `pod api-x`, where the others are as usual."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """The answer."""

    items: tuple[RankedNode, ...] = ()
    """Most likely origin first; empty when nothing is abnormal."""
    why: str = ""
    """Why the list is empty."""

    @property
    def abnormal(self) -> bool:
        """Tell whether an origin is claimed."""
        return bool(self.items)


@dataclass(frozen=True)
class _Scene:
    """What one look at the metrics sees."""

    graph: CallGraph
    nodes: Mapping[str, NodeState]
    signal: Signal | None
    profile: Mapping[float, float]
    """The alerted node's departures; empty when it is not known or not measured."""
    blames: Mapping[Signal, Mapping[str, Blame]]
    is_lenient: bool = False
    """Whether a clear cause may have a faint effect."""


@dataclass
class _Suspect:
    """A node's reasons, added up."""

    innocence: float = 1.0
    best: float = 0.0
    shift: Shift | None = None
    why: list[str] = field(default_factory=list)

    def accuse(self, score: float, shift: Shift, why: str) -> None:
        """Add one reason; independent reasons add up as chances do."""
        self.innocence *= 1 - score
        if self.shift is None or score > self.best:
            self.best, self.shift = score, shift
            self.why.insert(0, why)
        else:
            self.why.append(why)


def rank_metrics(
    series: Iterable[Series],
    graph: CallGraph,
    *,
    target: str | None = None,
    signal: str = "",
    onset: float | None = None,
    baseline: tuple[float, float] | None = None,
) -> Ranking:
    """Rank the nodes by how likely a disturbance began there.

    Args:
        target: The node that was alerted: only it and what it calls are suspects, and only when it moves with them.
            Without it, every node is a suspect.
        signal: The alerted metric's name, if known: slowness and failures are then not confused.
        onset: Epoch seconds the trouble began, if known.
        baseline: First and last instant of what was normal; otherwise what precedes the onset, or the first fifth.
    """
    # What names no service has no place in the graph.
    rated = [as_rate(item) for item in series if item.service]
    looked_at = False
    for frame in _list_frames(rated, onset, baseline):
        looked_at = True
        items = _rank(rated, graph, frame, target=target, signal=find_signal(signal))
        if items:
            return Ranking(items)
    if not looked_at:
        return Ranking(why="there are too few points to tell what is normal")
    return Ranking(why=f"nothing that {target} depends on moved with it" if target else NOTHING_LEFT)


def _list_frames(
    series: Sequence[Series], onset: float | None, baseline: tuple[float, float] | None
) -> Iterator[Frame]:
    """Yield the ways to look, the more careful first.

    Beside a reference of long ago, the window's first point is asked too. If nothing is abnormal then, the fault may
    have been there from the first point on, and the old reference must do.
    """
    longest: Sequence[float] = max((item.times for item in series), key=len, default=())
    frame = make_frame(longest, onset, baseline)
    if frame is None:
        return
    times = [time for time in longest if time >= frame.since]
    if len(times) > _LONG_AGO and times[0] - frame.end > _LONG_AGO * (times[1] - times[0]):
        yield Frame(frame.start, frame.end, frame.since, near=True)
    yield frame


def _rank(
    series: Sequence[Series], graph: CallGraph, frame: Frame, *, target: str | None, signal: Signal | None
) -> tuple[RankedNode, ...]:
    nodes = read_nodes(series, frame)
    felt = target or _find_entry(nodes, graph)
    profile, signal = _read_target(
        nodes.get(felt or ""), [item for item in series if item.service == felt], frame, signal
    )
    scene = _Scene(graph, nodes, signal, profile, {one: blame_nodes(nodes, graph, one) for one in Signal})
    allowed = graph.list_reachable(target) if target else nodes.keys()
    items = _list_suspects(scene, allowed) or _list_suspects(replace(scene, is_lenient=True), allowed)
    return tuple(_name_part(item, series, frame) for item in items)


def _name_part(item: RankedNode, series: Sequence[Series], frame: Frame) -> RankedNode:
    """Say which of the node's parts shows it, where the others do not."""
    siblings = list_siblings(item.shift.series, series)
    part = describe_part(item.shift, siblings, frame)
    labels = name_labels(item.shift.series, siblings, with_places=False)
    told = f" It is the one of {labels}." if labels else ""
    if not part:
        return replace(item, why=f"{item.why}{told}")
    return replace(item, why=f"{item.why} {part}{told}", part=name_part(item.shift.series, siblings))


def _list_suspects(scene: _Scene, allowed: Collection[str]) -> tuple[RankedNode, ...]:
    suspects: dict[str, _Suspect] = {}
    caches = find_cold_caches(scene.nodes, scene.graph, find_surges(scene.nodes, scene.graph, allowed))
    for accuse in (_accuse_blamed, _accuse_surges, _accuse_resources):
        for node, score, shift, why in accuse(scene, allowed):
            # Whoever answers a cache's misses is slow by what the cache does.
            part = _MISSED if caches.get(node) in allowed else 1.0
            suspects.setdefault(node, _Suspect()).accuse(score * part, shift, why)
    for node, score, shift, why in _accuse_caches(scene, allowed, caches):
        suspects.setdefault(node, _Suspect()).accuse(score, shift, why)
    # Where nobody is known to suffer, only what cannot be missed is worth a word.
    bar = THRESHOLD if scene.profile else _ALONE * THRESHOLD
    items = [
        RankedNode(
            node,
            suspect.shift.series.metric,
            round(1 - suspect.innocence, 4),
            suspect.shift.onset,
            " ".join(suspect.why),
            suspect.shift,
        )
        for node, suspect in suspects.items()
        if suspect.shift is not None and 1 - suspect.innocence >= _LEAST_SCORE and suspect.shift.deviation >= bar
    ]
    # Of equal suspects, the one that moved first.
    return tuple(sorted(items, key=lambda item: (-item.score, item.onset, item.node)))


def _find_entry(nodes: Mapping[str, NodeState], graph: CallGraph) -> str | None:
    """Return the node whose disturbance its users feel most, among those that nobody calls; `None` if none is ill."""
    felt = {
        node: max((symptom.shift.strength for symptom in state.symptoms.values()), default=0.0)
        for node, state in nodes.items()
        if node in graph.callees and node not in graph.callers
    }
    best = max(felt, key=lambda node: felt[node], default=None)
    return best if best is not None and felt[best] > 0 else None


def _read_target(
    state: NodeState | None, series: Sequence[Series], frame: Frame, signal: Signal | None
) -> tuple[Mapping[float, float], Signal | None]:
    """Return the alerted node's departures, and its signal: the one that moved further, where nobody named one."""
    if state is None:
        return {}, signal
    told: dict[Signal, list[Series]] = {
        one: [state.symptoms[one].shift.series]
        if one in state.symptoms
        else pick_series((item for item in series if item.service == state.node), one)
        for one in (Signal if signal is None else (signal,))
    }
    found = {one: measure_profile(items[0], frame) for one, items in told.items() if items}
    if not found:
        return {}, signal
    best = max(found, key=lambda one: max(found[one].values(), default=0.0))
    return found[best], best


def _accuse_blamed(scene: _Scene, allowed: Collection[str]) -> Iterator[tuple[str, float, Shift, str]]:
    for signal, blames in scene.blames.items():
        top = max((blame.own for node, blame in blames.items() if node in allowed), default=0.0)
        weight = _ALERTED if scene.signal in (None, signal) else _OTHER
        for node, blame in blames.items():
            symptom = scene.nodes[node].symptoms.get(signal)
            shift = symptom.shift if symptom is not None else scene.nodes[node].load
            if node not in allowed or shift is None or top <= 0:
                continue
            score = weight * blame.own / top * shift.strength * _keep_time(scene, shift)
            yield node, score, shift, describe_blame(shift, blame)


def _accuse_surges(scene: _Scene, allowed: Collection[str]) -> Iterator[tuple[str, float, Shift, str]]:
    """Accuse where more traffic enters, by the part of the excess that lies on the traffic's way."""
    for node, surge in find_surges(scene.nodes, scene.graph, allowed).items():
        weight = _ALERTED if surge.is_external else _OTHER
        for signal, blames in scene.blames.items():
            total = sum(blame.own for other, blame in blames.items() if other in allowed)
            if scene.signal in (None, signal) and total > 0:
                hit = sum(blame.own for other, blame in blames.items() if other in allowed and other in surge.reached)
                score = weight * hit / total * surge.load.strength * _keep_time(scene, surge.load)
                yield node, score, surge.load, describe_surge(surge)


def _accuse_resources(scene: _Scene, allowed: Collection[str]) -> Iterator[tuple[str, float, Shift, str]]:
    for node, state in scene.nodes.items():
        for shift in state.resources[:1]:
            if node in allowed and not _is_due_to_load(shift, state.load):
                score = _RESOURCE * shift.strength * _keep_time(scene, shift)
                yield node, score, shift, describe_resource(shift)


def _accuse_caches(
    scene: _Scene, allowed: Collection[str], caches: Mapping[str, str]
) -> Iterator[tuple[str, float, Shift, str]]:
    for node, cache in caches.items():
        cold = scene.nodes[cache].cold
        if cold is not None and cache in allowed:
            yield cache, _ALERTED * cold.strength * _keep_time(scene, cold), cold, describe_misses(cold, node)


def _is_due_to_load(shift: Shift, load: Shift | None) -> bool:
    """Tell whether a processor is busier by no more than its traffic explains."""
    if load is None or shift.series.meaning.kind is not Kind.CPU or not load.before or not shift.before:
        return False
    return shift.after / shift.before <= load.after / load.before * 1.2


def _keep_time(scene: _Scene, shift: Shift) -> float:
    """Return how well the alerted node keeps time with a shift, 0..1: the cosine of their departures.

    Nothing is held against a suspect when the alerted node was not measured.
    """
    profile = scene.profile
    if not profile:
        return 1.0
    meanwhile = [profile[time] for index in shift.indexes if (time := shift.series.times[index]) in profile]
    least = _FAINTEST if scene.is_lenient and shift.deviation >= _CLEAR * THRESHOLD else _FEWEST_SPREADS
    if meanwhile and sum(meanwhile) < least * len(meanwhile):
        return 0.0
    pairs = [(max(profile[time], 0.0), abs(value)) for time, value in shift.profile.items() if time in profile]
    lengths = sqrt(sum(one * one for one, _ in pairs)) * sqrt(sum(other * other for _, other in pairs))
    return sum(one * other for one, other in pairs) / lengths if lengths else 1.0
