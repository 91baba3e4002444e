import pytest

from fermata.domain.diagnosis import Verdict
from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import CallEdge, GraphFacts
from fermata.flows.callees import COLLECTOR
from fermata.rules.signatures.checks import list_checks

PODS = "NAME    READY   STATUS             RESTARTS   AGE\nweb-1   0/1     CrashLoopBackOff   7          9m"


def _print(scene, text):
    facts = {"form": "kubectl"}
    return scene.add(
        EvidenceKind.OBJECTS, "kubernetes:namespace/shop", text.split("\n"), facts, query="kubectl get pods -n shop"
    )


def test_known_checks_come_first_and_once(scene, gap):
    """Two are enough; the same one twice is one."""
    scene.state("running").gaps = [gap]

    first, second = list_checks(scene.build(), ["Do this.", "Do this."], [])

    assert first == "Do this."
    assert second.startswith("Get what supervisor.logs could not give")
    assert list_checks(scene.build(), ["Do this.", "Do that.", "Do more."], []) == ("Do this.", "Do that.")


def test_what_fermata_itself_says_is_missing_is_what_to_do(scene, gap):
    """There is nobody who could give it."""
    scene.state("running").gaps = [gap.model_copy(update={"collector": "fermata.services", "reason": "name one"})]

    assert list_checks(scene.build(), [], [])[0] == "Name one."


def test_what_was_looked_at_besides_is_nothing_to_do(scene, gap):
    """It is told on the card; what really is missing comes before."""
    beside = gap.model_copy(update={"collector": COLLECTOR, "reason": "the log names catalog: looked at, too"})
    scene.state("running").gaps = [beside]
    alone = list_checks(scene.build(), [], [])
    scene.gaps = [beside, gap]

    assert not any("looked at, too" in check for check in alone)
    assert list_checks(scene.build(), [], [])[0].startswith("Get what supervisor.logs could not give")


def test_nothing_collected_in_time_tells_of_nothing_but_the_machine(scene, gap):
    """Whoever reads that the systems have no answer would look there; nobody was asked at all."""
    scene.gaps = [gap, gap.model_copy(update={"collector": "supervisor.state", "entity": None})]

    (check,) = list_checks(scene.build(), [], [])

    assert check.startswith("Investigate again: nothing was collected, since every collector timed out.")


def test_part_that_was_read_in_time_is_not_denied(scene, gap):
    """A collector that was cut off brought what it had: there is more to say than that the machine is busy."""
    scene.state("running").gaps = [
        gap.model_copy(update={"collector": "scene", "reason": "cut off after 8s; read: state; not read: events"})
    ]
    collector = scene.build().evidence[0].collector
    scene.gaps = [one.model_copy(update={"collector": collector}) for one in scene.gaps]

    assert not any("nothing was collected" in check for check in list_checks(scene.build(), [], []))


def test_refusal_beside_a_late_collector_is_what_to_see_to(scene, gap):
    """It would be refused again."""
    scene.gaps = [gap.model_copy(update={"reason": "permission denied"}), gap]

    assert list_checks(scene.build(), [], [])[0].startswith("Get what supervisor.logs could not give")


def test_what_is_wrong_is_said_with_its_line(scene):
    """A pod that crashes without anything that says why is the next thing to look at."""
    (check,) = list_checks(_print(scene, PODS).build(), [], [])

    assert check.startswith("Find out why web-1 is CrashLoopBackOff (line 2 of 'objects of kubernetes:namespace/shop')")
    assert "describe it and read its logs" in check


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("ImagePullBackOff", "whether registry/web:1.O is there by that name and tag"),
        ("CreateContainerConfigError", "describe it: its events name what is missing"),
        ("ContainerCreating", "describe it: its events say what it waits for"),
        ("Pending", "describe it: its events say why no node takes it"),
    ],
)
def test_what_never_ran_is_not_asked_for_logs(scene, status, told):
    """There are none; where the image cannot be had, which one that is stands with its workload."""
    owner = "NAME  READY  UP-TO-DATE  AVAILABLE  AGE  CONTAINERS  IMAGES\nweb  0/1  1  0  9m  web  registry/web:1.O"
    pod = f"NAME  READY  STATUS  RESTARTS  AGE  NODE\nweb-6d4cf56db6-x2z9q  0/1  {status}  0  9m  <none>"
    query, ref = "kubectl get {} -n shop -o wide", "kubernetes:namespace/shop"
    for kind, text in (("deployments", owner), ("pods", pod)):
        scene.add(EvidenceKind.OBJECTS, ref, text.split("\n"), {"form": "kubectl"}, query=query.format(kind))

    checks = list_checks(scene.build(), [], [])

    assert "web-6d4cf56db6-x2z9q has no logs yet" in checks[0]
    assert all(told in check and "read its logs" not in check for check in checks)


def test_image_of_a_pod_that_nobody_knows_more_of_is_its_own(scene):
    """Neither its description nor its workload was captured."""
    (check,) = list_checks(_print(scene, PODS.replace("CrashLoopBackOff", "ImagePullBackOff")).build(), [], [])

    assert "whether the image that it names is there" in check


def test_who_only_sent_a_log_is_not_told_to_describe_anything(scene):
    """On most platforms nothing can be described; what is there is the log."""
    scene.add(EvidenceKind.LOGS, "service/shop", ["ERROR TypeError: x is undefined"], {})

    (check,) = list_checks(scene.build(), [], [])

    assert "(line 1 of" in check
    assert "read what stands before it there" in check


def test_line_is_asked_about_once(scene):
    """In other words it is the same question."""
    scene.state("running").logs(["ERROR Traceback of nothing", "FATAL x"], name="checkout")
    known = "Explain 'FATAL x' (line 2 of 'logs of checkout'): no limit fits it."
    asked = list_checks(scene.build(), [], [])

    again = list_checks(scene.build(), [asked[0].partition(": no ")[0] + ": no limit fits it.", known], [])

    assert len(again) == 2
    assert sum(asked[0].partition(": no ")[0] in check for check in again) == 1


def test_line_that_the_changes_ask_about_leaves_room_for_another_check(scene):
    """They write its place in another way; asked about twice, it would hide what else is wrong."""
    (asked,) = list_checks(scene.state("running").logs(["ERROR Traceback of nothing"]).build(), [], [])
    title = asked.partition("(line 1 of '")[2].partition("'")[0]
    known = f"Explain line 1 of '{title}', 'ERROR Traceback of nothing': nothing that changed is tied to it closely."

    assert list_checks(scene.build(), [known], []) == (known,)


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
        check == "Look at the values behind CheckoutDown around the onset: no rule knows a fault in what was collected."
    )


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (1, "postgres:database/shop1 does not explain it."),
        (
            4,
            "postgres:database/shop1, postgres:database/shop2, postgres:database/shop3 and 1 more does not explain it.",
        ),
    ],
)
def test_what_was_collected_under_another_name_is_not_denied(scene, count, words):
    """A database that belongs to the alerted service by the settings was looked at, and that is said."""
    scene.change("c0ffee", {"README.md": [1]})
    for number in range(1, count + 1):
        scene.add(EvidenceKind.DATABASE_LOAD, f"postgres:database/shop{number}", ["2 sessions"], {})

    (check,) = list_checks(scene.build(), [], [])

    assert check == f"Find out why CheckoutDown fires: what was collected of {words}"


def test_changes_alone_tell_nothing_of_what_runs(scene):
    """A commit is not the service."""
    scene.change("c0ffee", {"README.md": [1]})

    (check,) = list_checks(scene.build(), [], [])

    assert check.startswith("Find out how checkout runs: of what was collected only changes speak of it")


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["cart", "shop"], "Find out how cart, shop run: of what was collected only changes speak of them, and none"),
        ([], "Find out what the alert is about: nothing that was collected answers to the names in its labels."),
    ],
)
def test_names_that_only_changes_speak_of_are_asked_for(scene, names, words):
    """One, several, or none at all."""
    scene.names = names
    scene.change("c0ffee", {"README.md": [1]})

    assert list_checks(scene.build(), [], [])[0].startswith(words)


def test_what_the_server_hides_is_asked_for_once(scene):
    """The grant that would show it stands in the evidence, and is the nearest look."""
    for _ in range(2):
        scene.add(EvidenceKind.DATABASE_LOAD, "postgres:database/shop", ["2 sessions"], {})
    cut = "what 7 sessions of other roles do: GRANT pg_monitor to the reading role"
    scene.evidence = [item.model_copy(update={"cut": cut}) for item in scene.evidence]

    first, second = list_checks(scene.build(), [], [])

    assert first == f"Let 'database_load of postgres:database/shop' be read whole: {cut}."
    assert second.startswith("Find out why CheckoutDown fires")


def test_nothing_collected_asks_what_the_alert_is_about(scene, gap):
    """The checks name what was looked for and what did not answer; the gap is passed on."""
    refused = gap.model_copy(update={"reason": "permission denied"})
    scene.gaps = [refused, gap.model_copy(update={"entity": None})]

    diagnosis = scene.diagnose()

    assert diagnosis.verdict is Verdict.UNDETERMINED
    assert diagnosis.checks == (
        "Get what supervisor.logs could not give for supervisor:process/checkout: permission denied.",
        "Find out what the alert is about: nothing that was collected answers to checkout.",
    )
    assert diagnosis.gaps == tuple(scene.gaps)


def test_case_without_names_still_says_what_to_do(scene, gap):
    """An alert may carry no label that names anything."""
    scene.names = []
    scene.gaps = [gap.model_copy(update={"entity": None, "reason": "permission denied"})]

    assert scene.diagnose().checks == (
        "Get what supervisor.logs could not give: permission denied.",
        "Find out what the alert is about: nothing that was collected answers to the names in its labels.",
    )


def test_known_changes_add_what_would_settle_them(scene):
    """A change whose diff nobody has is the next thing to get."""
    scene.state("running").logs(["ERROR nothing fits this"]).change("abc1234", {}, diff_read=False)

    assert "Get the diff of abc1234." in scene.diagnose().checks


def test_check_claims_nothing_of_changes_that_nobody_read(scene, gap, stack):
    """Where the repository did not answer in time, the very change may be there."""
    scene.state("running").logs(stack("KeyError: 'batch'"))
    scene.gaps = [gap.model_copy(update={"collector": "git.changes"})]

    assert "no limit, setting or change that was read fits it" in scene.diagnose().checks[0]
