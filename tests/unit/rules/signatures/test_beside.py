"""What is wrong beside the subject of an alert, and nothing ties to it."""

from dataclasses import replace

import pytest
from tests.unit.rules.signatures.town import make_signature

from fermata.domain.diagnosis import Verdict
from fermata.domain.entity import Entity
from fermata.domain.evidence import EvidenceKind
from fermata.rules.claims import Claim
from fermata.rules.signatures.conclusion import conclude

BESIDE = (
    "NAME         READY   STATUS    RESTARTS   AGE\n"
    "web-1        0/1     Pending   0          9m\n"
    "checkout-1   1/1     Running   0          9m"
)


def _sign(cause, name, *, reaches=()):
    """Return a signature that claims something about one pod."""

    def find(cluster):
        pod = cluster.find("Pod", name)
        explains = frozenset(cluster.find("Pod", each).ref for each in reaches)
        quotes = cluster.quote(pod)
        yield Claim(cause, pod.entity, "web-1 has no room.", 0.95, quotes, explains=explains, person_must="Look.")

    return make_signature(cause, find)


@pytest.mark.parametrize("is_known", [False, True], ids=["alone", "beside_a_cause"])
def test_trouble_beside_what_the_alert_is_about_is_told_and_is_no_cause(scene, is_known):
    """Nothing ties the two: it is what a person may look at, behind whatever explains the alert."""
    query, facts = "kubectl get pods -n shop", {"form": "kubectl"}
    scene.add(EvidenceKind.OBJECTS, "kubernetes:namespace/shop", BESIDE.split("\n"), facts, query=query)
    case = scene.build()
    case = replace(case, scope=_ask_about_pod(case.scope, "checkout-1"))
    seen = _sign("seen", "checkout-1", reaches=["web-1"])
    causes = [_sign("no_room", "web-1"), *([seen] if is_known else [])]

    diagnosis = conclude(case, causes)

    if is_known:
        assert [item.cause for item in diagnosis.hypotheses] == ["seen", "no_room"]
        assert diagnosis.hypotheses[1].lost_because.startswith("Nothing shows that it reaches pod/shop/checkout-1")
    else:
        assert diagnosis.verdict is Verdict.UNDETERMINED
        assert diagnosis.checks[0] == (
            "Find out whether pod/shop/checkout-1 depends on it: also wrong, and nothing shows that it "
            "reaches that: web-1 has no room."
        )


def test_trouble_of_what_the_alert_is_about_is_looked_at_first(scene):
    """What is wrong beside it may have nothing to do with it, and comes after."""
    rows = BESIDE.split("\n")
    rows = [
        row.replace("1/1", "0/1").replace("Running", "ErrImagePull") if "checkout-1" in row else row for row in rows
    ]
    query = "kubectl get pods -n shop"
    scene.add(EvidenceKind.OBJECTS, "kubernetes:namespace/shop", rows, {"form": "kubectl"}, query=query)
    case = scene.build()
    case = replace(case, scope=_ask_about_pod(case.scope, "checkout-1"))

    first, second = conclude(case, [_sign("no_room", "web-1")]).checks

    assert first.startswith("Find out why checkout-1 is ErrImagePull")
    assert second.startswith("Find out whether pod/shop/checkout-1 depends on it")


def _ask_about_pod(scope, name):
    return scope.model_copy(update={"entities": (Entity(kind="pod", name=name, namespace="shop"),)})
