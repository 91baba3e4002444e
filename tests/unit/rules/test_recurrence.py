"""A past incident points at what to rehearse: the same fault at the same service first."""

from fermata.domain.diagnosis import Diagnosis, Verdict
from fermata.domain.entity import Entity
from fermata.rules.recurrence import find_recurrences
from fermata.testing import records

ITEMS = [
    {"target": "cart", "fault": "kill"},
    {"target": "checkout->payment", "fault": "error"},
    {"target": "checkout->payment", "fault": "latency"},
    {"fault": "latency"},
]


def diagnose(*causes, name="payment"):
    """Give a diagnosis of these causes, all at one workload."""
    (hypothesis, *_) = records.make_diagnosis().hypotheses
    entity = Entity(system="kubernetes", kind="pod", namespace="shop", name=name)
    found = [hypothesis.model_copy(update={"cause": cause, "entity": entity}) for cause in causes]
    return Diagnosis(verdict=Verdict.IDENTIFIED, hypotheses=tuple(found))


def test_same_fault_at_the_same_service_comes_first():
    """The other faults at that service follow."""
    found = find_recurrences(diagnose("connection_pool_exhausted"), ITEMS)

    assert [item.number for item in found] == [3, 2]
    assert "the same kind of fault" in found[0].why
    assert "the same service" in found[1].why


def test_replica_stands_for_its_service():
    """A pod's name begins with its workload's; another service that begins alike is not meant."""
    assert find_recurrences(diagnose("slow_calls", name="payment-7d9f-x2x4"), ITEMS)
    assert find_recurrences(diagnose("slow_calls", name="payments"), ITEMS) == ()


def test_item_is_named_once_for_its_best_cause():
    """Two hypotheses about one service are one rehearsal."""
    found = find_recurrences(diagnose("high_cpu", "slow_calls"), ITEMS)

    assert [item.number for item in found] == [3, 2]
    assert found[0].why.startswith("slow calls")


def test_nothing_diagnosed_is_nothing_to_rehearse():
    """A guess would be somebody else's incident."""
    assert find_recurrences(Diagnosis(verdict=Verdict.UNDETERMINED, checks=("look",)), ITEMS) == ()
