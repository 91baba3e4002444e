"""What one check has found: the weak point, what the fault there is expected to do, and what that rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import sqrt

from fermata.rules.weakness.faults import Fault, Kind, Predict

_LOSS = {Predict.COLLAPSE: 1.0, Predict.UNKNOWN: 0.8, Predict.DEGRADE: 0.7, Predict.GRACEFUL: 0.6}
_HANDLED = {Predict.COLLAPSE: 0.0, Predict.UNKNOWN: 0.2, Predict.DEGRADE: 0.0, Predict.GRACEFUL: 0.3}
"""Evidence that the fault is handled. An answer nobody knows may be a good one, and one that is stated a wrong one."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A weak point."""

    kind: Kind
    target: str
    """A service, or `caller->callee`."""
    fault: Fault
    predict: Predict
    why: str
    """One sentence for a person, with the numbers it rests on."""
    likelihood: float
    """0..1: how probable it is that the weakness is there and that its fault comes. Guesses that order the list."""
    journeys: float
    """0..1: share of the journeys that feel it."""
    numbers: Mapping[str, float | str] = field(default_factory=dict)
    """By name, with the unit in the name."""
    settled_by: tuple[str, ...] = ()
    """Fields of graph.json that would turn `unknown` into an answer."""
    magnitude: Mapping[str, float | str] = field(default_factory=dict)
    """How much of the fault to inject."""

    @property
    def score(self) -> float:
        """Return the root of journeys hit x likelihood x predicted loss x (1 - evidence that it is handled): 0..1.

        The root, as the one journey that is hit may be the one that earns the money: the graph does not say.
        """
        return sqrt(self.journeys) * self.likelihood * _LOSS[self.predict] * (1 - _HANDLED[self.predict])

    @property
    def endpoints(self) -> tuple[str, ...]:
        """Return the services of the target: one, or caller and callee."""
        return tuple(self.target.split("->"))
