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


def scale(name, old, new):
    """Give what a deployment says of a replica set."""
    return f"Scaled {'up' if new > old else 'down'} replica set {name} from {old} to {new}"


# Somebody sets another image, and it is taken back before, and after, the new pods have taken over.
BEGUN = ((scale("web-2", 0, 1), 330), (scale("web-1", 2, 1), 325), (scale("web-2", 1, 2), 325))
GIVEN_UP = (*BEGUN, (scale("web-1", 1, 2), 309), (scale("web-2", 2, 1), 308), (scale("web-2", 1, 0), 280))
DELIVERED = (*GIVEN_UP[:4], (scale("web-3", 0, 1), 308), (scale("web-2", 2, 0), 280))
WHOLE = (
    *(
        (scale("web-2", 0, 1), 900),
        (scale("web-1", 2, 1), 880),
        (scale("web-2", 1, 2), 880),
        (scale("web-1", 1, 0), 860),
    ),
    *(
        (scale("web-1", 0, 1), 309),
        (scale("web-2", 2, 1), 305),
        (scale("web-1", 1, 2), 305),
        (scale("web-2", 1, 0), 290),
    ),
)
APPLIED = "Deployment/shop/web configured\nService/shop/web configured"


def apply(steps, *applied, message=APPLIED, sort="Normal", ready=0):
    """Give what a hand and Flux leave that applied a Kustomization at these ages."""
    built = town(ready=ready).add("Kustomization", "apps", namespace="flux-system")
    for told, step_s in steps:
        built.event("Deployment", "web", "ScalingReplicaSet", told, age_s=step_s, sort="Normal")
    for age_s in applied:
        built.event("Kustomization", "apps", "Progressing", message, age_s=age_s, sort=sort, namespace="flux-system")
    return built


@pytest.mark.parametrize(
    ("built", "tool"),
    [
        (heal(*GIVEN_UP, age_s=308), "Argo CD"),
        (apply(GIVEN_UP, 306), "Flux"),
        (apply(WHOLE, 306), "Flux"),
        (apply(WHOLE, 306, 1500), "Flux"),
    ],
    ids=["within seconds", "half way", "all the way", "applied long before, too"],
)
def test_new_image_that_was_taken_back_is_told_with_its_tool(built, tool):
    """So are variables and limits: each of them begins a replica set, which is given up again."""
    (claim,) = built.find(SIGNATURES, CAUSE)

    assert claim.text == (
        f"{tool} set web back to its source: what was changed in its pod template (image, variables, limits) by hand "
        "did not stay."
    )
    assert len(claim.quotes) == 2


@pytest.mark.parametrize(
    "built",
    [
        heal(*DELIVERED, age_s=308),
        heal(*BEGUN, age_s=308),
        heal(*GIVEN_UP, age_s=100),
        heal(*WHOLE, age_s=306),
        heal(*GIVEN_UP[:-1], age_s=308),
        apply(DELIVERED, 306),
        apply(GIVEN_UP, 306, 340),
        apply(GIVEN_UP, 100),
        apply(GIVEN_UP, 328),
        apply(WHOLE, 306, ready=2),
        apply(WHOLE, 306, message="Deployment/shop/pay configured"),
        apply(WHOLE, 306, message="Deployment/shop/web unchanged"),
        apply(WHOLE, 306, sort="Warning"),
        apply(((UP, 311), (DOWN, 309)), 306),
        apply(WHOLE),
        apply((), 306),
    ],
    ids=[
        "another delivery", "it stays", "the tool acted at another time", "too long for a heal", "not given up",
        "another delivery by Flux", "Flux brought it", "Flux acted at another time", "taken back by somebody else",
        "well", "another workload",
        "nothing changed", "it failed", "an autoscaler's numbers", "nobody acted", "nothing was scaled",
    ],
)  # fmt: skip
def test_new_image_that_went_otherwise_is_silent(built):
    """It was delivered, replaced, or taken back by somebody else."""
    assert built.find(SIGNATURES, CAUSE) == []


def test_flux_that_applied_the_same_several_times_may_have_brought_it():
    """Of events alike only the last is dated."""
    built = apply(WHOLE, 306)
    built.bodies[-1]["count"] = 3

    assert built.find(SIGNATURES, CAUSE) == []
