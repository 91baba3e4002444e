import pytest
from tests.unit.rules.signatures.town import Town, make_signature

from fermata.domain.entity import Entity
from fermata.rules.claims import Claim, Quote
from fermata.rules.signatures import Specificity
from fermata.rules.signatures.cluster_rank import examine, list_symptoms


@pytest.fixture
def town():
    """Give two workloads without a ready pod: `web`, which calls `db` through its service."""
    env = {"containers": [{"name": "app", "env": [{"name": "DB", "value": "db:5432"}]}]}
    town = Town().deployment(spec=env).replica_set(existing=1).waiting("CrashLoopBackOff", spec=env)
    town.deployment("db").replica_set("db-1", "db", existing=1).pod("db-1-a", "db-1").service("db")
    return town.add("Node", "n1", namespace="")


def claim(subject, cause="x", *, confidence=0.5, explains=()):
    """Return a claim about an entity given by its ref."""
    entity = Entity.parse(f"kubernetes:{subject}")
    return Claim(cause, entity, "words", confidence, (Quote("d", 1, "q"),), explains=frozenset(explains))


def sign(*claims, specificity=Specificity.ORIGIN):
    """Return a signature that makes these claims."""
    return make_signature(claims[0].cause, lambda _: claims, specificity=specificity)


def rank(town, *signatures):
    """Return cause and reason of each finding, best first."""
    return [(item.claim.cause, item.lost_because) for item in examine(town.build(), signatures)]


def test_callee_that_explains_its_caller_leads(town):
    """The caller's trouble counts half, on top of the callee's own."""
    caller, callee = sign(claim("deployment/shop/web", "web")), sign(claim("deployment/shop/db", "db"))

    (first, second) = examine(town.build(), [caller, callee])

    assert (first.claim.cause, second.claim.cause) == ("db", "web")
    assert first.indirect >= second.direct
    assert not second.indirect
    assert second.lost_because.startswith(f"It explains {len(second.direct)} of {len(list_symptoms(town.build()))}")


def test_fault_of_other_objects_is_no_rival(town):
    """Two faults at once explain nothing in common: who is second is told as a second fault, and no loser."""
    town.deployment("mail").replica_set("mail-1", "mail", existing=1).pod("mail-1-a", "mail-1")

    (_, second) = rank(town, sign(claim("deployment/shop/db", "db")), sign(claim("deployment/shop/mail", "mail")))

    assert second[0] == "mail"
    assert second[1].startswith("It is no rival of db but a second fault, of other objects: ")


def test_fault_of_a_service_hurts_its_callers_and_not_what_is_behind_it(town):
    """The pods behind it do not know that nobody reaches them."""
    town.deployment("edge", spec={"containers": [{"name": "app", "env": [{"name": "WEB", "value": "web:80"}]}]})
    town.service("web").replica_set("edge-1", "edge", existing=1).pod("edge-1-a", "edge-1")

    (found,) = examine(town.build(), [sign(claim("service/shop/db"))])

    refs = {trouble.ref for trouble in found.indirect}
    assert {"kubernetes:pod/shop/web-1-a", "kubernetes:pod/shop/edge-1-a"} <= refs
    assert not any(trouble.ref.endswith("/db-1-a") for trouble in found.direct)


def test_node_explains_the_pods_that_are_on_it(town):
    """And nothing that is elsewhere or nowhere."""
    (found,) = examine(town.build(), [sign(claim("node/n1"))])

    assert {trouble.ref for trouble in found.direct} >= {"kubernetes:pod/shop/web-1-a"}
    assert "kubernetes:pod/shop/db-1-a" not in {trouble.ref for trouble in found.direct}


def test_claim_about_something_that_works_is_dropped(town):
    """A difference that hurts nobody is not evidence."""
    town.deployment("idle", replicas=1, ready=1)

    assert rank(town, sign(claim("deployment/shop/idle")), sign(claim("deployment/shop/unknown"))) == []


def test_what_a_claim_says_it_explains_counts_whole(town):
    """A quota is no workload's, yet the workloads that could not be created are its doing."""
    quota = claim("namespace/shop", explains=["kubernetes:deployment/shop/db", "kubernetes:deployment/shop/web"])

    (found,) = examine(town.build(), [sign(quota)])

    assert {trouble.ref for trouble in found.direct} == set(quota.explains)


def test_same_cause_of_the_same_object_counts_once(town):
    """The better one stays."""
    weak, strong = claim("deployment/shop/db"), claim("deployment/shop/db", confidence=0.9)

    (found,) = examine(town.build(), [sign(weak, strong)])

    assert found.claim is strong


@pytest.mark.parametrize(
    ("specificity", "confidence", "expected"),
    [
        (Specificity.SYMPTOM, 0.9, "It names only a symptom; lead says what brings it about."),
        (
            Specificity.STATE,
            0.9,
            "It explains as much but names a state; lead names an exact limit, setting or line.",
        ),
        (Specificity.ORIGIN, 0.5, "It explains as much, on weaker evidence than lead."),
        (Specificity.ORIGIN, 0.8, "Nothing sets it apart from lead, which comes first in the catalogue."),
    ],
)
def test_loser_is_told_why(town, specificity, confidence, expected):
    """What decides is said in the order in which it decides."""
    leader = sign(claim("deployment/shop/db", "lead", confidence=0.8))
    loser = sign(claim("deployment/shop/db", "lost", confidence=confidence), specificity=specificity)

    assert rank(town, leader, loser) == [("lead", ""), ("lost", expected)]


def test_loser_that_reaches_the_same_only_through_callers_is_told_so(town):
    """It misses nothing by name; what it explains, it explains less directly."""
    both = claim(
        "deployment/shop/db", "both", explains=["kubernetes:pod/shop/web-1-a", "kubernetes:deployment/shop/web"]
    )

    (_, second) = rank(town, sign(both), sign(claim("deployment/shop/db", "half")))

    assert second[1].endswith("and more of them only through callers.")


def test_exact_cause_explains_all_that_follows_from_its_object_being_down(town):
    """A state that reaches further through callers does not overtake what says why the same object is down."""
    follows = claim("deployment/shop/db", "down", explains=["kubernetes:pod/shop/web-1-a"])
    down, why = sign(follows, specificity=Specificity.STATE), sign(claim("deployment/shop/db", "why"))

    ranked = rank(town, down, why)

    assert [cause for cause, _ in ranked] == ["why", "down"]
    assert ranked[1][1].startswith("It explains as much but names a state")


def test_exact_cause_explains_what_the_states_of_its_callers_do(town):
    """That a caller is not up either is a link of the same chain, and what fails for the caller follows, too."""
    town.deployment("edge").replica_set("edge-1", "edge", existing=1).pod("edge-1-a", "edge-1")
    edge = ["kubernetes:deployment/shop/edge", "kubernetes:pod/shop/edge-1-a"]
    db = [f"kubernetes:{ref}" for ref in ("deployment/shop/db", "pod/shop/db-1-a", "service/shop/db")]
    caller = sign(claim("deployment/shop/web", "down", explains=[*edge, *db]), specificity=Specificity.STATE)
    why = sign(claim("deployment/shop/db", "why", explains=["kubernetes:deployment/shop/web"]))
    elsewhere = sign(claim("deployment/shop/db", "else"))

    ranked = rank(town, caller, why, elsewhere)

    assert [cause for cause, _ in ranked] == ["why", "down", "else"]


@pytest.mark.parametrize("namespace", ["shop", ""])
def test_asked_about_object_counts_where_nothing_else_is_wrong(namespace):
    """A suspended job looks well to everybody but those who miss its work."""
    well = Town().deployment(replicas=1, ready=1).build()
    found = sign(claim("cronjob/shop/export"), claim("cronjob/shop/other"))
    asked = [Entity(kind="cronjob", name="export", namespace=namespace)]

    assert examine(well, [found]) == ()
    (finding,) = examine(well, [found], asked=asked)
    assert finding.claim.subject.name == "export"
    (run,) = examine(well, [found], asked=[Entity(kind="job", name="export-29401020", namespace=namespace)])
    assert run.claim.subject.name == "export"
    assert examine(well, [found], asked=[Entity(kind="job", name="export-2940", namespace=namespace)]) == ()
    (named,) = examine(well, [found], question="why no export since Monday? all the others run")
    assert named.claim.subject.name == "export"
    assert examine(well, [found], question="why are there no exports?") == ()


def test_asked_about_object_does_not_compete_with_what_is_wrong(town):
    """What somebody asks about is often where it hurts, not where the cause sits."""
    asked = [Entity(kind="cronjob", name="export", namespace="shop")]

    assert examine(town.build(), [sign(claim("cronjob/shop/export"))], asked=asked) == ()


@pytest.mark.parametrize(
    ("confidence", "leader"), [(0.95, "why"), (0.5, "down")], ids=["sure and exact", "exact and unsure"]
)
def test_sure_cause_leads_over_a_state_that_explains_little_more(town, confidence, leader):
    """That a caller is down may follow in a way that nobody captured."""
    web = [f"kubernetes:{ref}" for ref in ("deployment/shop/web", "pod/shop/web-1-a", "service/shop/db")]
    down = sign(claim("deployment/shop/web", "down", explains=web), specificity=Specificity.STATE)
    town.pod("lone-0", None)
    town.add("PersistentVolumeClaim", "data", status={"phase": "Pending"})
    why = sign(
        claim("pod/shop/lone-0", "why", confidence=confidence, explains=["kubernetes:persistentvolumeclaim/shop/data"])
    )

    ranked = rank(town, down, why)

    assert ranked[0][0] == leader
    assert leader == "down" or ranked[1][1] == "It names a state only; why names an exact limit, setting or line."


def test_state_that_explains_far_more_leads_over_a_sure_cause_elsewhere(town):
    """A small fault of something else is not what everybody suffers from."""
    town.pod("lone-0", None)
    all_of_them = [trouble.ref for trouble in list_symptoms(town.build())]
    down = sign(claim("deployment/shop/db", "down", explains=all_of_them[:-1]), specificity=Specificity.STATE)
    why = sign(claim("pod/shop/lone-0", "why", confidence=0.95))

    assert rank(town, down, why)[0][0] == "down"


def _asks(kind="deployment", name="web", namespace="shop"):
    return [Entity(kind=kind, name=name, namespace=namespace)]


@pytest.fixture
def street():
    """Give two workloads that do not know each other: `web` with one pod that fails, `batch` with three."""
    town = Town().deployment().replica_set(existing=1).waiting("CrashLoopBackOff").service("web")
    town.deployment("batch").replica_set("batch-1", "batch", existing=3)
    for letter in "abc":
        town.pod(f"batch-1-{letter}", "batch-1")
    return town


_BATCH = "deployment/shop/batch"


@pytest.mark.parametrize(
    "asked",
    [_asks(), _asks("deployment", "web", ""), _asks("service"), _asks("service", "web", ""), _asks("pod", "web-1-a")],
)
def test_cause_of_what_the_alert_is_about_leads_over_more_trouble_elsewhere(street, asked):
    """Several things are broken in one namespace: what breaks more pods is not therefore what the alert tells of."""
    own, other = sign(claim("deployment/shop/web", "own", confidence=0.9)), sign(claim(_BATCH, "other", confidence=0.9))

    (first, second) = examine(street.build(), [own, other], asked=asked)

    assert first.claim.cause == "own"
    assert second.lost_because == f"Nothing shows that it reaches {second.beside}, which the alert is about."


@pytest.mark.parametrize("specificity", [Specificity.STATE, Specificity.ORIGIN, Specificity.SYMPTOM])
def test_surest_fault_of_a_neighbour_does_not_lead_over_the_least_of_what_the_alert_is_about(street, specificity):
    """A plan for the neighbour would be a change of something else, and leave what the alert tells of as it is."""
    own = sign(claim("deployment/shop/web", "own", confidence=0.3), specificity=specificity)
    other = sign(claim(_BATCH, "other", confidence=0.97))

    (first, second) = examine(street.build(), [own, other], asked=_asks())

    assert (first.claim.cause, first.beside) == ("own", "")
    assert (second.claim.cause, second.beside) == ("other", "deployment/shop/web")


def test_fault_of_another_namespace_does_not_lead_over_the_alerted_workload_either(street):
    """A paste of all namespaces holds more of other people's trouble than of one's own."""
    street.add("Deployment", "mail", namespace="other")
    own = sign(claim("deployment/shop/web", "own", confidence=0.3), specificity=Specificity.STATE)
    pods = tuple(f"kubernetes:pod/shop/batch-1-{letter}" for letter in "abc")
    other = sign(claim("deployment/other/mail", "other", confidence=0.97, explains=pods))

    (first, second) = examine(street.build(), [own, other], asked=_asks())

    assert (first.claim.cause, second.beside) == ("own", "deployment/shop/web")


@pytest.mark.parametrize(
    ("told", "leads"), [("namespace shop: web is down", "own"), ("web: batch answers 503", "other")]
)
def test_quota_that_refuses_others_explains_no_trouble_of_the_alerted_workload(street, told, leads):
    """It reaches whom it refuses: those are named, and the name of the namespace ties nobody to them."""
    own = sign(claim("deployment/shop/web", "own", confidence=0.4), specificity=Specificity.STATE)
    quota = claim("namespace/shop", "other", confidence=0.95, explains=["kubernetes:deployment/shop/batch"])

    (first, second) = examine(street.build(), [own, sign(quota)], asked=_asks(), told=told)

    assert first.claim.cause == leads
    assert second.beside == ("deployment/shop/web" if leads == "own" else "")


def test_sure_cause_of_what_the_alert_is_about_leads_over_one_elsewhere(street):
    """What may reach anybody is not set aside; what explains nothing of the alert is overtaken all the same."""
    own = sign(claim("deployment/shop/web", "own", confidence=0.9))
    pods = tuple(f"kubernetes:pod/shop/batch-1-{letter}" for letter in "abc")
    other = sign(claim("networkpolicy/shop/deny", "other", confidence=0.9, explains=pods))

    (first, second) = examine(street.build(), [own, other], asked=_asks())

    assert (first.claim.cause, second.beside) == ("own", "")
    assert second.lost_because == "It explains nothing of what the alert is about; own does."


@pytest.mark.parametrize(
    ("asked", "confidence", "subject", "explains"),
    [
        ([], 0.9, _BATCH, ()),
        (_asks(name="batch"), 0.9, _BATCH, ()),
        (_asks(name="elsewhere"), 0.9, _BATCH, ()),
        (_asks("container"), 0.9, _BATCH, ()),
        (_asks(namespace="other"), 0.9, _BATCH, ()),
        (_asks(), 0.8, "networkpolicy/shop/deny", ()),
        (_asks(), 0.9, _BATCH, ("kubernetes:deployment/shop/web",)),
        (_asks(), 0.9, "node/n1", ("kubernetes:deployment/shop/batch",)),
        (_asks(), 0.9, "deployment/kube-system/coredns", ("kubernetes:deployment/shop/batch",)),
    ],
    ids=[
        "nobody",
        "own_of_leader",
        "unknown",
        "container",
        "other_namespace",
        "unsure",
        "reached",
        "node",
        "everybodys",
    ],
)
def test_what_may_reach_the_alerted_workload_is_not_overtaken(street, asked, confidence, subject, explains):
    """A cause that explains it too, that all depend on, or beside which nothing is sure, leads as by its reach."""
    own = sign(claim("deployment/shop/web", "own", confidence=confidence))
    pods = tuple(f"kubernetes:pod/shop/batch-1-{letter}" for letter in "abc")
    other = sign(claim(subject, "other", confidence=0.9, explains=(*pods, *explains)))

    (first, _second) = examine(street.build(), [own, other], asked=asked)

    assert (first.claim.cause, first.beside) == ("other", "")


@pytest.mark.parametrize(("confidence", "leads"), [(0.9, "own"), (0.8, "callee")])
def test_sure_cause_of_the_alerted_workload_leads_over_one_of_what_it_calls(town, confidence, leads):
    """A caller has other reasons to fail: a sure one of its own is that, an unsure one may be what the callee does."""
    own = sign(claim("deployment/shop/web", "own", confidence=confidence))
    reached = ["kubernetes:deployment/shop/web"]
    callee = sign(claim("deployment/shop/db", "callee", confidence=0.95, explains=reached))

    (unasked, _) = examine(town.build(), [own, callee])
    (first, second) = examine(town.build(), [own, callee], asked=_asks())

    assert (unasked.claim.cause, first.claim.cause) == ("callee", leads)
    if leads == "own":
        assert second.lost_because == "It reaches what the alert is about by calls only; own is a cause of its own."


def test_cause_of_what_the_alerted_workload_calls_leads_where_that_is_well(street):
    """An alert about errors is often the caller's, which runs."""
    env = {"containers": [{"name": "app", "env": [{"name": "DB", "value": "db:80"}, {"name": "X", "value": "x:1"}]}]}
    street.deployment("edge", replicas=1, ready=1, spec=env)
    street.deployment("db").replica_set("db-1", "db", existing=1).pod("db-1-a", "db-1").service("db")
    own = sign(claim("deployment/shop/db", "own", confidence=0.9))
    other = sign(claim(_BATCH, "other", confidence=0.9))

    (unasked, _) = examine(street.build(), [own, other])
    (first, _) = examine(street.build(), [own, other], asked=_asks(name="edge"))

    assert (unasked.claim.cause, first.claim.cause) == ("other", "own")


@pytest.fixture
def square():
    """Give two workloads that do not know each other: `search`, which runs, and `batch`, which does not."""
    well = Town().deployment("search", replicas=1, ready=1).replica_set("search-1", "search", existing=1, ready=1)
    well.pod("search-1-a", "search-1", ready=True).service("search")
    well.deployment("batch").replica_set("batch-1", "batch", existing=1).pod("batch-1-a", "batch-1").service("batch")
    return well


@pytest.mark.parametrize("asked", [_asks(name="search"), _asks("service", "search"), _asks("pod", "search-1-a")])
def test_trouble_beside_a_workload_that_is_well_is_not_its_cause(square, asked):
    """An alert about what runs is not explained by whatever else is wrong in its namespace."""
    quota = claim("namespace/shop", "quota", explains=["kubernetes:pod/shop/batch-1-a"])

    found = examine(square.build(), [sign(claim(_BATCH, "other", confidence=0.95)), sign(quota)], asked=asked)

    assert [(item.claim.cause, bool(item.beside)) for item in found] == [("quota", False), ("other", True)]
    assert found[1].beside.endswith("/search") or found[1].beside.endswith("/search-1-a")
    assert found[1].lost_because == f"Nothing shows that it reaches {found[1].beside}, which the alert is about."


def test_workload_that_may_not_be_listed_is_known_by_its_pods():
    """Without the right to list deployments, what pods are owned by and called still tells whose they are."""
    town = Town()
    for name in ("search-5d8f7c9b64", "batch-6b9c4d5f78"):
        town.pod(f"{name}-x2x7k", name, node="n1", state={"waiting": {"reason": "CrashLoopBackOff"}})
    own = sign(claim("deployment/shop/search", "own"))

    found = examine(town.build(), [sign(claim(_BATCH, "other", confidence=0.95)), own], asked=_asks(name="search"))

    assert [(item.claim.cause, bool(item.beside)) for item in found] == [("own", False), ("other", True)]


@pytest.mark.parametrize(
    ("asked", "subject", "told"),
    [
        ([], _BATCH, {}),
        (_asks(name="search", namespace="elsewhere"), _BATCH, {}),
        (_asks(name="search"), _BATCH, {"told": "search fails: http://batch/jobs answers 503"}),
        (_asks(name="search"), _BATCH, {"question": "why does search fail, is it batch?"}),
        (_asks(name="search"), "networkpolicy/shop/deny", {}),
        (_asks(name="search"), "deployment/other/batch", {}),
        (_asks(name="search"), "ingress/shop/edge", {"told": "edge answers 502"}),
        (_asks(name="search"), "node/n2", {"told": "search on n2 is slow"}),
    ],
    ids=["nobody", "unknown", "alert_names_it", "question_names_it", "everybodys", "elsewhere", "ingress", "node"],
)
def test_what_may_reach_a_workload_that_is_well_is_not_set_aside(square, asked, subject, told):
    """Who is named, or asked about, or may reach anybody, is tied as far as anybody knows."""
    other = sign(claim(subject, "other", explains=["kubernetes:pod/shop/batch-1-a"]))

    (found,) = examine(square.build(), [other], asked=asked, **told)

    assert not found.beside


@pytest.mark.parametrize(
    ("on", "runs", "is_beside"),
    [
        ("n1", {}, True),
        ("n2", {}, False),
        ("", {}, False),
        ("n1", {"owner": ("Deployment", "coredns"), "namespace": "kube-system"}, False),
        ("n1", {"owner": ("DaemonSet", "kube-proxy"), "namespace": "kube-system"}, True),
    ],
    ids=["another's", "its_own", "nobody_knows_where", "everybodys", "of_each_node"],
)
def test_node_reaches_what_runs_on_it(square, on, runs, is_beside):
    """A dead node is no cause of what runs elsewhere, however much it takes down."""
    square.pod("search-1-a", "search-1", node=on, ready=True).pod("lost-0", ("StatefulSet", "lost"), node="n2")
    if runs:
        square.pod("one-0", runs["owner"], node="n2", namespace=runs["namespace"])
        square.add(runs["owner"][0], runs["owner"][1], "kube-system")
    node = sign(claim("node/n2", "dead", confidence=0.7))

    (found,) = examine(square.build(), [node], asked=_asks(name="search"))

    assert bool(found.beside) is is_beside


def test_fault_of_a_workload_that_shows_no_trouble_counts_where_it_is_asked_about(square):
    """A service without addresses looks well to everybody but those who call: what else is wrong does not hide it."""
    own = sign(claim("service/shop/search", "ports", confidence=0.9))
    other = sign(claim(_BATCH, "other", confidence=0.95))

    found = examine(square.build(), [own, other], asked=_asks("service", "search"))

    assert [(item.claim.cause, bool(item.beside)) for item in found] == [("ports", False), ("other", True)]
    assert [item.claim.cause for item in examine(square.build(), [own, other])] == ["other"]


def test_ingress_of_others_is_set_aside(square):
    """Where it leads is nothing to a workload that nobody names with it."""
    other = sign(claim("ingress/shop/edge", "other", explains=["kubernetes:pod/shop/batch-1-a"]))

    (found,) = examine(square.build(), [other], asked=_asks(name="search"))

    assert found.beside


def test_trouble_that_says_itself_that_it_reaches_the_workload_is_tied(square):
    """A signature knows of ways that are no calls."""
    other = sign(claim(_BATCH, "other", explains=["kubernetes:pod/shop/search-1-a"]))

    (found,) = examine(square.build(), [other], asked=_asks(name="search"))

    assert not found.beside


@pytest.mark.parametrize(
    ("line", "is_tied"), [("GET http://batch/jobs: EOF", True), ("batch-size 5, rebatch", False), ("ready", False)]
)
def test_trouble_that_the_logs_of_the_workload_name_is_tied(square, line, is_tied):
    """Whom it complains of it has to do with; a word that merely holds the name is another one."""
    square.log("search-1-a", line)

    (found,) = examine(square.build(), [sign(claim(_BATCH, "other"))], asked=_asks(name="search"))

    assert bool(found.beside) is not is_tied


def test_trouble_of_what_the_workload_calls_through_others_is_tied(square):
    """The chain of calls is known, though its middle is well."""
    middle = {"containers": [{"name": "app", "env": [{"name": "B", "value": "batch:80"}]}]}
    first = {"containers": [{"name": "app", "env": [{"name": "M", "value": "middle:80"}]}]}
    square.deployment("middle", replicas=1, ready=1, spec=middle).service("middle")
    square.deployment("edge", replicas=1, ready=1, spec=first)

    (found,) = examine(square.build(), [sign(claim(_BATCH, "other"))], asked=_asks(name="edge"))

    assert not found.beside
