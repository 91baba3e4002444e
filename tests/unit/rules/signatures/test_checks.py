from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import CallEdge, GraphFacts
from fermata.rules.signatures.checks import list_checks

PODS = "NAME    READY   STATUS             RESTARTS   AGE\nweb-1   0/1     CrashLoopBackOff   7          9m"


def _print(scene, text):
    facts = {"form": "kubectl"}
    return scene.add(
        EvidenceKind.OBJECTS, "kubernetes:namespace/shop", text.split("\n"), facts, query="kubectl get pods -n shop"
    )


def test_known_checks_come_first_and_once(scene, gap):
    """Two are enough; the same one twice is one."""
    scene.gaps = [gap]

    first, second = list_checks(scene.build(), ["Do this.", "Do this."], [])

    assert first == "Do this."
    assert second.startswith("Get what supervisor.logs could not give")
    assert list_checks(scene.build(), ["Do this.", "Do that.", "Do more."], []) == ("Do this.", "Do that.")


def test_what_is_wrong_is_said_with_its_line(scene):
    """A pod that crashes without anything that says why is the next thing to look at."""
    (check,) = list_checks(_print(scene, PODS).build(), [], [])

    assert check.startswith("Find out why web-1 is CrashLoopBackOff (line 2 of 'objects of kubernetes:namespace/shop')")


def test_without_an_alert_nobody_is_sent_to_look_for_one(scene):
    """A folder may hold no alert, and then its labels are no help."""
    case = scene.build()
    bare = type(case)(scope=case.scope.model_copy(update={"alerts": ()}), alerts=(), evidence=case.evidence)

    (check,) = list_checks(bare, [], [])

    assert check.startswith("Say what is felt to be wrong: no alert is known")


def test_service_that_was_measured_is_not_asked_for(scene):
    """Metrics or a graph that know the alerted name answer to it, however normal they are."""
    edges = (CallEdge(caller="web", callee="checkout"),)
    scene.add(EvidenceKind.GRAPH, "service/web", ["{}"], GraphFacts(edges=edges))

    (check,) = list_checks(scene.build(), [], [])

    assert check.startswith("Look at the values behind CheckoutDown around the onset")


def test_failing_log_of_nobodys_is_asked_about(scene):
    """A log that belongs to nothing that alerts may still say what is wrong."""
    scene.state("running").logs(["FATAL x"], name="elsewhere")

    assert any("'FATAL x'" in check for check in list_checks(scene.build(), [], []))


def test_everything_normal_sends_to_the_alerts_own_values(scene):
    """Only when nothing else is left to look at."""
    scene.state("running")

    (check,) = list_checks(scene.build(), [], [])

    assert (
        check == "Look at the values behind CheckoutDown around the onset: everything that was collected looks normal."
    )
