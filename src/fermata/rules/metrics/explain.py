"""Whose excess it is: what a caller shows, less what its callees account for.

The arithmetic of exclusive time in a profiler, applied to what exceeds normal. A callee that calls others is treated
alike, so the excess comes to rest at the deepest node that nothing below it explains. What nobody measured explains
nothing: an unknown callee leaves the excess with its caller.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from fermata.rules.metrics.callgraph import CallGraph
from fermata.rules.metrics.shift import Shift
from fermata.rules.metrics.symptoms import NodeState, Signal

SURGE = 1.5
"""How many times its usual traffic is a surge. A guess: services are sized for their daily peak, which is rarely half
as much again as what they had five minutes ago."""
_LEAST_PART = 0.1
_UNSURE = 0.3
# What is left to a caller that got slower by a lesser factor than a callee with at least a tenth of its excess: means
# guessed from percentiles, and time on the network that no callee sees, leave a rest that is not the caller's own.
_PASSED_ON = 0.7
# The part of a caller's own excess that goes to a callee which fell silent: it cannot show failures itself any more.


@dataclass(frozen=True, slots=True)
class Blame:
    """One node's part in one signal."""

    amount: float
    """Its excess, in seconds or failures an interval."""
    own: float
    """What of it no callee accounts for."""
    explained_by: tuple[str, ...] = ()
    """The callees that account for some, the greatest part first."""
    is_looked_at: bool = True
    """Whether a callee is measured: where none is, nobody knows what accounts for it."""


def blame_nodes(nodes: Mapping[str, NodeState], graph: CallGraph, signal: Signal) -> dict[str, Blame]:
    """Return node -> its part, for every node that shows the signal or fell silent below one that does."""
    shown = {node: state for node, state in nodes.items() if signal in state.symptoms}
    # Without a graph nobody knows who waits for whom. One delay is then felt by all on its way alike, and stands out
    # most where least was normal: at the deepest.
    measure = NodeState.measure_amount if graph.edges else NodeState.measure_ratio
    amounts = {node: measure(state, signal) for node, state in shown.items()}
    found = {}
    for node, amount in amounts.items():
        ratio = nodes[node].measure_ratio(signal)
        parts = {
            callee: amounts[callee] * _share_calls(nodes, graph, node, callee)
            for callee in graph.callees.get(node, ())
            if callee in amounts and _accounts(nodes[callee], graph, signal, node)
        }
        ranked = tuple(sorted((callee for callee, part in parts.items() if part > 0), key=lambda one: -parts[one]))
        own = max(0.0, amount - sum(parts.values()))
        if any(
            parts[callee] >= _LEAST_PART * amount and nodes[callee].measure_ratio(signal) > ratio for callee in ranked
        ):
            own *= _UNSURE
        found[node] = Blame(amount, own, ranked, any(callee in nodes for callee in graph.callees.get(node, ())))
    return _pass_to_silent(found, nodes, graph)


def _accounts(callee: NodeState, graph: CallGraph, signal: Signal, caller: str) -> bool:
    """Tell whether a callee's excess may be its caller's reason.

    A callee that is called since the onset only is the caller's doing: something there began to call it. Nobody feels
    the slowness of a callee that nobody waits for.
    """
    return not callee.is_new and (signal is not Signal.SLOW or graph.waits(caller, callee.node))


def _share_calls(nodes: Mapping[str, NodeState], graph: CallGraph, caller: str, callee: str) -> float:
    """Return the part of a callee's calls that come from one caller: by the callers' traffic, for want of better."""

    def weigh(node: str) -> float:
        state = nodes.get(node)
        return 1.0 if state is None or state.traffic is None else state.traffic

    total = sum(weigh(node) for node in graph.callers[callee])
    return weigh(caller) / total if total else 0.0


def _pass_to_silent(found: dict[str, Blame], nodes: Mapping[str, NodeState], graph: CallGraph) -> dict[str, Blame]:
    """Return the parts with those of callees that fell silent below a node whose own excess nobody explains.

    Only beside a callee that still hears from the node: where all fell silent, it is the node that stopped calling.
    """
    passed = dict(found)
    for node, blame in found.items():
        counted = [nodes[callee] for callee in graph.callees.get(node, ()) if callee in nodes]
        silent = [state.node for state in counted if state.is_silent and state.node not in found]
        if not silent or not any(state.traffic and not state.is_silent for state in counted):
            continue
        part = blame.own * _PASSED_ON / len(silent)
        passed[node] = Blame(blame.amount, blame.own * (1 - _PASSED_ON), (*blame.explained_by, *silent))
        for callee in silent:
            earlier = passed.get(callee, Blame(0.0, 0.0))
            passed[callee] = Blame(earlier.amount + part, earlier.own + part)
    return passed


@dataclass(frozen=True, slots=True)
class Surge:
    """More traffic than usual."""

    load: Shift
    reached: frozenset[str]
    """The nodes that carry it, the first among them."""
    is_external: bool
    """Whether it comes from outside what is looked at: from no known caller, or from one that is busier itself."""


def find_surges(nodes: Mapping[str, NodeState], graph: CallGraph, allowed: Collection[str]) -> dict[str, Surge]:
    """Return where more traffic enters the nodes that are looked at: those that surge while none of their callers does.

    A node that gets more from callers which are no busier than usual is called more often for each of their requests:
    retries, or a cache that no longer answers.
    """
    surging = {node: state.load for node, state in nodes.items() if state.load is not None and _is_surge(state.load)}
    found = {}
    for node, load in surging.items():
        callers = graph.callers.get(node, ())
        busy = surging.keys() & set(callers)
        if node in allowed and not busy.intersection(allowed):
            found[node] = Surge(load, graph.list_reachable(node) & surging.keys(), not callers or bool(busy))
    return found


def _is_surge(load: Shift) -> bool:
    """Tell whether a node gets so much more traffic than usual that this alone may slow it."""
    # What had no traffic at all has no usual traffic: it is new, and its caller's doing.
    return load.before > 0 and load.change > 0 and load.after >= SURGE * (load.after - load.change)


def find_cold_caches(nodes: Mapping[str, NodeState], graph: CallGraph, surges: Mapping[str, Surge]) -> dict[str, str]:
    """Return node -> the cache whose misses it answers: one that calls it, or that a common caller asks first.

    What a cache no longer answers is asked of whom it stands before. Where the callers are busier themselves, it is
    their traffic that both carry.
    """
    found = {}
    for node, surge in surges.items():
        callers = graph.callers.get(node, ())
        beside = {*callers, *(other for caller in callers for other in graph.callees[caller])} - {node}
        cold = {
            other: shift.strength
            for other in sorted(beside)
            if other in nodes and (shift := nodes[other].cold) is not None and _is_before(shift, surge.load)
        }
        if cold and not surge.is_external:
            found[node] = max(cold, key=lambda other: cold[other])
    return found


def _is_before(shift: Shift, load: Shift) -> bool:
    """Tell whether a shift began with a load or before it, by no more than a point later: clocks differ."""
    return shift.onset <= load.series.times[load.indexes[:2][-1]]
