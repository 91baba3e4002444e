"""What a workload computes more for."""

import pytest
from tests.unit.rules.signatures.town import make_signature

from fermata.domain.entity import Entity
from fermata.domain.evidence import EvidenceKind
from fermata.rules.claims import Claim
from fermata.rules.signatures.conclusion import conclude


def claim(cause, confidence, *, subject=None, is_strain=False):
    """Return a signature that claims a cause of every pod, or of somebody else for their sake."""

    def find(cluster):
        for pod in cluster.list("Pod"):
            whose = Entity(kind="service", name=subject) if subject else pod.entity
            quotes, explains = cluster.quote(pod), frozenset({pod.ref})
            yield Claim(cause, whose, "It is so.", confidence, quotes, explains=explains, person_must="Look.")

    return make_signature(cause, find, is_strain=is_strain)


STRAIN = claim("pod_cpu_overload", 0.95, is_strain=True)


@pytest.fixture
def case(scene):
    """Give a case with one pod that does not run."""
    lines = ["NAME    READY   STATUS    RESTARTS   AGE", "web-1   0/1     Pending   0          9m"]
    facts, query = {"form": "kubectl"}, "kubectl get pods -n shop"
    return scene.add(EvidenceKind.OBJECTS, "kubernetes:namespace/shop", lines, facts, query=query).build()


def test_load_and_limit_lead_over_that_more_is_computed(case):
    """Each of the others says why it lost, by the leader that it lost to."""
    limit, surge = claim("autoscaler_limit_reached", 0.5), claim("traffic_surge", 0.9, subject="door")

    found = conclude(case, [STRAIN, limit, surge, claim("no_room", 0.3)]).hypotheses

    assert {item.cause: item.lost_because for item in found} == {
        "traffic_surge": "",
        "autoscaler_limit_reached": "traffic_surge says what it has to carry; this says why it cannot.",
        "pod_cpu_overload": "It is what traffic_surge brings: web-1 computes and is late for it.",
        "no_room": "traffic_surge says more exactly what is wrong, or rests on more.",
    }
    assert found[0].cause == "traffic_surge"


@pytest.mark.parametrize(
    ("beside", "leading"),
    [
        (claim("autoscaler_limit_reached", 0.5), "autoscaler_limit_reached"),
        (claim("traffic_surge", 0.4, subject="door"), "pod_cpu_overload"),
        (claim("no_room", 0.9), "pod_cpu_overload"),
    ],
    ids=["its own limit", "unsure, of another", "no load"],
)
def test_only_what_a_workload_has_to_carry_leads_over_its_strain(case, beside, leading):
    """A surge that is unsure and comes in elsewhere explains nothing of it."""
    assert conclude(case, [STRAIN, beside]).leading.cause == leading
