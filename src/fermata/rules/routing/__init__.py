"""Which target is asked for a task, now, and what a failed call means for the next ones.

Everything here is a function from values to values: the gateway (`fermata.models`) holds the states, reads the clock
and makes the calls. A kind of task is declared by whoever asks, so nothing here reads a prompt: guessing from its text
how hard it is was measured to be no better than its length.
"""

from fermata.rules.routing.breaker import CLOSED, Breaker, Pauses
from fermata.rules.routing.choosing import Choice, Need, TargetState, choose, explain, order_targets
from fermata.rules.routing.failures import Failure, Scope, classify, find_scope
from fermata.rules.routing.targets import DEFAULT_TIERS, Target

__all__ = [
    "CLOSED",
    "DEFAULT_TIERS",
    "Breaker",
    "Choice",
    "Failure",
    "Need",
    "Pauses",
    "Scope",
    "Target",
    "TargetState",
    "choose",
    "classify",
    "explain",
    "find_scope",
    "order_targets",
]
