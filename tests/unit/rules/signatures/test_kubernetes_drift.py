"""Changes by hand that a delivery tool set back."""

import pytest
from tests.unit.rules.signatures.town import Town

from fermata.rules.signatures.kubernetes_drift import SIGNATURES

CAUSE = "hand_edit_undone"
UP, DOWN = "Scaled up replica set web-1 from 2 to 5", "Scaled down replica set web-1 from 5 to 2"
BEGAN, HEALED = "Initiated automated sync to 'a38d35d'", "Partial sync operation to a38d35d succeeded"
CORRECTED = "Cluster state of release shop/web.v3 has been corrected:\nDeployment/shop/web configured"


def town(*, ready=0):
    """Give a workload with fewer pods than it wants, or with all of them."""
    return Town().deployment(replicas=2, ready=ready).replica_set(wanted=2, existing=2, ready=ready)


def heal(*steps, began=BEGAN, healed=HEALED, age_s=300, ready=0):
    """Give what a hand and Argo CD's self-heal leave: steps of scaling, each a message and its age."""
    built = town(ready=ready).add("Application", "shop", namespace="argocd")
    for message, step_s in steps or ((UP, 311), (DOWN, 309)):
        built.event("Deployment", "web", "ScalingReplicaSet", message, age_s=step_s, sort="Normal")
    for reason, message in (("OperationStarted", began), ("OperationCompleted", healed)):
        built.event("Application", "shop", reason, message, age_s=age_s, sort="Normal", namespace="argocd")
    return built


def correct(message=CORRECTED, *, age_s=120, ready=0):
    """Give what Flux leaves that corrected a release."""
    built = town(ready=ready).add("HelmRelease", "web")
    return built.event("HelmRelease", "web", "DriftCorrected", message, age_s=age_s, sort="Normal")


@pytest.mark.parametrize(
    ("built", "tool"), [(heal(), "Argo CD"), (heal((DOWN, 311), (UP, 309)), "Argo CD"), (correct(), "Flux")]
)
def test_workload_that_was_set_back_is_told_with_its_tool(built, tool):
    """Whoever changed it by hand must change its source."""
    (claim,) = built.find(SIGNATURES, CAUSE)

    assert claim.subject.ref == "kubernetes:deployment/shop/web"
    assert claim.text == f"{tool} set web back to its source: what was changed by hand did not stay."
    assert claim.person_must.startswith(f"Change web in the source that {tool} delivers")


@pytest.mark.parametrize(
    "built",
    [
        heal(ready=2),
        heal(age_s=3000),
        heal((UP, 311), (DOWN, 100)),
        heal((UP, 711), (DOWN, 709)),
        heal((UP, 311)),
        heal((UP, 311), (DOWN.replace("web-1", "web-2"), 309)),
        heal((UP, 311), (DOWN.replace("to 2", "to 3"), 309)),
        heal((UP, 311), ("Scaled it", 309)),
        heal(began="Initiated automated sync to 'b77e01c'"),
        heal(began="dana initiated sync to a38d35d"),
        heal(healed=HEALED.replace("Partial sync", "Sync")),
        correct(ready=2),
        correct(age_s=3000),
        correct(CORRECTED.replace("shop/web con", "shop/pay con")),
        correct(CORRECTED.replace("configured", "created")),
    ],
    ids=[
        "well", "long ago", "minutes between", "scaled at another time", "one way only", "another set", "not all",
        "no numbers", "another revision", "by a person", "the whole revision", "well at Flux", "long ago at Flux",
        "another workload", "was missing",
    ],
)  # fmt: skip
def test_workload_that_nobody_is_seen_to_set_back_is_silent(built):
    """It is well, or what is seen is a delivery, an autoscaler's work, or long over."""
    assert built.find(SIGNATURES, CAUSE) == []
