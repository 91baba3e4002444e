"""The whole catalogue on whole scenes; `rank` and the package's own promises are tested here too."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tests.unit.rules.signatures.town import make_signature

from fermata.domain.diagnosis import Hypothesis, Verdict
from fermata.domain.entity import Entity
from fermata.domain.evidence import EvidenceKind
from fermata.rules.changes.judge import ChangeJudgement
from fermata.rules.citations import cite, refuse_bad_citations
from fermata.rules.claims import Claim
from fermata.rules.signatures import CATALOGUE, Signature, Specificity, diagnose
from fermata.rules.signatures.conclusion import conclude
from fermata.rules.signatures.rank import Candidate, list_symptoms, rank_candidates

ONSET = datetime(2026, 11, 23, 9, 51, tzinfo=UTC)
REFUSED = "ConnectionRefusedError: [Errno 111] Connection refused"


def test_each_signature_documents_itself():
    """Ids are unique and everything that the documentation shows is there."""
    assert len({signature.id for signature in CATALOGUE}) == len(CATALOGUE)
    for signature in CATALOGUE:
        assert signature.looks_at
        assert all([signature.title, signature.ruled_out_by, signature.confidence_note, signature.action])
        assert signature.anchor == f"docs/signatures.md#{signature.id}"
        assert signature.specificity.words


def test_failure_that_nothing_explains_is_the_first_check(scene, stack):
    """It is shown with its line, not guessed about."""
    scene.state("running").logs(stack("TypeError: x"))

    diagnosis = scene.diagnose()

    assert diagnosis.verdict is Verdict.UNDETERMINED
    (check,) = diagnosis.checks
    assert check.startswith("Explain 'TypeError: x' (line 4 of 'logs of supervisor:process/checkout')")


def test_firing_alert_over_healthy_evidence_is_undetermined(scene):
    """Something hurts; that all looks normal is not health."""
    diagnosis = scene.state("running").logs(["WARNING slow, retried"]).diagnose()

    assert diagnosis.verdict is Verdict.UNDETERMINED
    assert diagnosis.checks[0].startswith("Look at the values behind CheckoutDown")


def test_resolved_alert_over_a_running_process_is_healthy(scene):
    """The only way to be healthy: nothing fires, it runs, and it logs no failures."""
    scene.resolved = True

    assert scene.state("running").logs(["WARNING slow, retried"]).diagnose().verdict is Verdict.HEALTHY


def test_resolved_alert_over_a_process_that_only_warns_is_not_healthy(scene):
    """It runs, nothing fires, and it does nothing but warn."""
    scene.resolved = True

    scene.state("running").logs([f"2026-11-23T09:5{minute}:00Z WARN stuck" for minute in range(6)])

    assert scene.diagnose().verdict is Verdict.UNDETERMINED


@pytest.mark.parametrize("phase", ["starting", "unknown"])
def test_resolved_alert_over_anything_else_is_not_healthy(scene, phase):
    """Not known to run is not known to be well."""
    scene.resolved = True

    assert scene.state(phase).diagnose().verdict is Verdict.UNDETERMINED
    scene.evidence.clear()
    assert scene.diagnose().verdict is Verdict.UNDETERMINED


@pytest.mark.parametrize(("facts", "cut", "count"), [(True, "not allowed", 1), (False, "cut", 0), (True, "", 0)])
def test_question_without_an_answer_becomes_a_gap(scene, facts, cut, count):
    """What was never read is missing, and not merely cut."""
    scene.add(
        EvidenceKind.OBJECTS, "kubernetes:namespace/shop", ["error: no"], {"form": "kubectl", "is_unanswered": facts}
    )
    scene.evidence[-1] = scene.evidence[-1].model_copy(update={"cut": cut})

    gaps = conclude(scene.build(), []).gaps

    assert [gap.reason for gap in gaps] == ["not allowed"] * count


def test_facts_that_cannot_be_read_become_a_gap(scene):
    """A collector's mistake is said, not swallowed."""
    scene.add(EvidenceKind.STATE, "supervisor:process/checkout", ["x"], {"phase": "dancing"})

    assert [gap.reason for gap in scene.diagnose().gaps] == ["its facts are not those of state evidence"]


def test_drift_wins_over_the_commit_that_touched_the_reader(scene, stack):
    """Both explain the exception; the setting is named by two failures' lines and the commit by one."""
    scene.state("crash_loop", exit_code=1)
    scene.logs(
        ["ERROR setting TIMEOUT_MS is bad", "", *stack("ValueError: '250ms'", "/srv/services/httpd.py:199:read_number")]
    )
    scene.environment({"TIMEOUT_MS": "250ms"}).desired({"TIMEOUT_MS": "250"})
    scene.change("abc1234", {"services/httpd.py": [199]})

    diagnosis = scene.diagnose()

    assert [item.cause for item in diagnosis.hypotheses] == ["invalid_environment_value", "faulty_commit", "crash_loop"]
    assert diagnosis.guilty_change is None
    assert diagnosis.leading.lost_because == ""
    assert all(item.lost_because for item in diagnosis.hypotheses[1:])


def test_cause_inside_the_dependency_wins_over_the_relation_to_it(scene, stack):
    """Whatever breaks the dependency also breaks its callers: the limit explains the refused connections too."""
    scene.state("running").state("crash_loop", "profile", exit_code=1)
    scene.logs(stack(REFUSED)).logs(stack("MemoryError"), "profile").resources(name="profile")

    diagnosis = scene.diagnose()

    assert [item.cause for item in diagnosis.hypotheses] == [
        "memory_limit_exceeded",
        "dependency_refused",
        "crash_loop",
    ]
    assert diagnosis.leading.entity.name == "profile"
    assert diagnosis.leading.suggestions[0].target.name == "profile"


def test_stopped_dependency_wins_over_a_commit_at_the_caller(scene, stack):
    """The commit explains the exception only; the stopped process explains it and its own state."""
    scene.state("running", started_at=ONSET).state("stopped", "profile")
    scene.logs(stack(REFUSED, "services/checkout.py:41:fetch")).change("abc1234", {"services/checkout.py": [41]})

    diagnosis = scene.diagnose()

    assert [item.cause for item in diagnosis.hypotheses] == ["dependency_refused", "faulty_commit"]
    assert diagnosis.hypotheses[1].lost_because == (
        "It explains 2 of 3 symptoms, dependency_refused 3: not profile is stopped."
    )
    assert diagnosis.guilty_change is None


def test_limit_wins_over_the_commit_that_needs_more(scene, stack):
    """The commit is not even a runner-up: what it needs is legitimate."""
    scene.state("crash_loop", exit_code=1).resources().environment({"PORT": "8001"}).desired({"PORT": "8001"})
    scene.logs(stack("MemoryError", "/srv/services/checkout.py:90:load")).change(
        "abc1234", {"services/checkout.py": [90]}
    )

    diagnosis = scene.diagnose()

    assert diagnosis.verdict is Verdict.IDENTIFIED
    assert [item.cause for item in diagnosis.hypotheses] == ["memory_limit_exceeded", "crash_loop"]


def test_same_case_gives_the_same_diagnosis(scene, stack):
    """Pure: nothing but the case decides."""
    case = scene.state("crash_loop").logs(stack("MemoryError")).resources().build()

    assert diagnose(case) == diagnose(case)


class Contest:
    """Two made-up hypotheses about checkout, ranked."""

    def __init__(self, scene):
        self.case = scene.state("crash_loop").logs(["ERROR a 1", "ERROR b", "ERROR a 2"]).resources().build()
        self.candidates = []

    def add(self, cause, specificity, *lines, confidence=0.5, entity="supervisor:process/checkout", resources=False):
        state, log, limits = self.case.evidence[:3]
        citations = [cite(log, line) for line in lines] or [cite(state, 1)]
        hypothesis = Hypothesis(
            cause=cause,
            text="x",
            confidence=confidence,
            entity=Entity.parse(entity),
            citations=(*citations, *([cite(limits, 1)] if resources else [])),
        )
        signature = Signature(cause, "t", (EvidenceKind.LOGS,), "r", "c", "a", specificity, lambda _: [])
        self.candidates.append(Candidate(signature, hypothesis))
        return self

    def rank(self):
        ranked = [candidate.hypothesis for candidate in rank_candidates(self.case, self.candidates)]
        return [item.cause for item in ranked], ranked[-1].lost_because


@pytest.fixture
def contest(scene):
    """Give a contest over a crashing process with two kinds of error lines."""
    return Contest(scene)


def test_equal_failures_are_one_symptom(contest):
    """Numbers aside, a line that repeats is one thing to explain."""
    assert [symptom.text for symptom in list_symptoms(contest.case)] == [
        "the alert about checkout",
        "checkout is in a crash loop",
        "'ERROR a #' in checkout",
        "'ERROR b' in checkout",
    ]


def test_reach_goes_first(contest):
    """What explains more leads, however sure or exact the other one is."""
    contest.add("sure", Specificity.ORIGIN, 1, confidence=1.0).add("wide", Specificity.STATE, 1, 2, confidence=0.1)

    causes, lost = contest.rank()

    assert causes == ["wide", "sure"]
    assert lost == "It explains 3 of 4 symptoms, wide 4: not 'ERROR b' in checkout."


def test_fault_of_other_objects_is_no_rival(contest, scene):
    """Two faults at once explain nothing in common: who is second is told as a second fault, and no loser."""
    contest.case = scene.state("crash_loop", name="mailer").build()
    contest.add("wide", Specificity.ORIGIN, 1, 2).add("apart", Specificity.ORIGIN, entity="supervisor:process/mailer")
    state = contest.candidates[-1].hypothesis
    elsewhere = state.model_copy(update={"citations": (cite(contest.case.evidence[-1], 1),)})
    contest.candidates[-1] = replace(contest.candidates[-1], hypothesis=elsewhere)

    causes, lost = contest.rank()

    assert causes == ["wide", "apart"]
    assert lost == "It is no rival of wide but a second fault, of other objects: mailer is in a crash loop."


def test_symptom_never_leads(contest):
    """It loses also when it cites everything."""
    contest.add("loud", Specificity.SYMPTOM, 1, 2).add("quiet", Specificity.STATE)

    assert contest.rank()[0] == ["quiet", "loud"]


def test_hypothesis_elsewhere_explains_what_it_cites(contest):
    """A cause in another object explains the failure it cites here, and with it how this object fares."""
    contest.add("here", Specificity.ORIGIN).add("there", Specificity.RELATION, 1, entity="supervisor:process/profile")

    assert contest.rank()[0] == ["there", "here"]


def test_exact_wins_among_equals_in_reach(contest):
    """A line or a limit is worth more than a state."""
    causes, lost = contest.add("state", Specificity.STATE).add("line", Specificity.ORIGIN).rank()

    assert causes == ["line", "state"]
    assert lost == "It explains as much but names a state; line names an exact limit, setting or line."


def test_direct_evidence_wins_among_equally_exact(contest):
    """More pieces of evidence about the object itself."""
    causes, lost = contest.add("one", Specificity.ORIGIN).add("two", Specificity.ORIGIN, resources=True).rank()

    assert causes == ["two", "one"]
    assert "on 1 pieces of evidence about its own object; two has 2" in lost


def test_confidence_then_the_catalogue_settle_the_rest(contest):
    """The last two words, and the reader is told that nothing better was found."""
    weak = contest.add("weak", Specificity.ORIGIN, confidence=0.4).add("strong", Specificity.ORIGIN, confidence=0.6)
    assert weak.rank() == (["strong", "weak"], "It explains as much, on weaker evidence than strong.")

    contest.candidates.clear()
    causes, lost = contest.add("first", Specificity.ORIGIN).add("second", Specificity.ORIGIN).rank()
    assert causes == ["first", "second"]
    assert lost == "Nothing sets it apart from first, which comes first in the catalogue."


PENDING = "NAME    READY   STATUS    RESTARTS   AGE\nweb-1   0/1     Pending   0          9m"
READY = "NAME    READY   STATUS    RESTARTS   AGE\nweb-1   1/1     Running   0          9m"


def _print(scene, text, query):
    """Add what kubectl printed."""
    ref, facts = "kubernetes:namespace/shop", {"form": "kubectl"}
    return scene.add(EvidenceKind.OBJECTS, ref, text.split("\n"), facts, query=query)


def _claim_pod(cause, specificity=Specificity.ORIGIN, *, quoted=True):
    """Return a signature that claims something about every pod."""

    def find(cluster):
        for pod in cluster.list("Pod"):
            quotes = cluster.quote(pod) if quoted else ()
            all_pods = frozenset(other.ref for other in cluster.list("Pod"))
            yield Claim(cause, pod.entity, f"{pod.name} fails.", 0.9, quotes, explains=all_pods, person_must="Look.")

    return make_signature(cause, find, specificity=specificity)


def test_cause_among_objects_is_cited_like_any_other(scene):
    """What a claim quotes becomes a citation of the evidence; a claim without one is no hypothesis."""
    case = _print(scene, PENDING, "kubectl get pods -n shop").build()

    diagnosis = conclude(case, [_claim_pod("no_room"), _claim_pod("hearsay", quoted=False)])

    assert diagnosis.verdict is Verdict.IDENTIFIED
    assert [item.cause for item in diagnosis.hypotheses] == ["no_room"]
    refuse_bad_citations(diagnosis.leading.citations, case.evidence)


def test_whoever_explains_more_leads_among_workloads_and_objects(scene, stack):
    """Each ranking keeps its order; what led its own and lost is told why."""
    scene.state("crash_loop", exit_code=1).logs(stack("MemoryError")).resources()
    case = _print(scene, PENDING, "kubectl get pods -n shop").build()

    diagnosis = conclude(case, [*CATALOGUE, _claim_pod("no_room")])

    causes = [item.cause for item in diagnosis.hypotheses]
    assert causes[0] == "memory_limit_exceeded"
    (lost,) = (item for item in diagnosis.hypotheses if item.cause == "no_room")
    assert lost.lost_because == "memory_limit_exceeded explains more of what was observed."


def test_overtaken_leader_of_equal_reach_is_told_why(scene):
    """Between equals in reach the more exact one leads."""
    scene.state("exited", exit_code=0)
    case = _print(scene, f"{PENDING}\nweb-2   0/1     Pending   0          9m", "kubectl get pods -n shop").build()

    diagnosis = conclude(case, [*CATALOGUE, _claim_pod("no_room")])

    (lost,) = (item for item in diagnosis.hypotheses if item.cause == "stopped_process")
    assert diagnosis.leading.cause == "no_room"
    assert lost.lost_because == "no_room says more exactly what is wrong, or rests on more."


def test_no_other_change_leads_than_the_one_all_were_weighed_against(scene, stack, monkeypatch):
    """A stack may point at one commit while the rest of the evidence points at another."""
    scene.state("crash_loop", exit_code=1).logs(stack("ValueError: x", "/srv/a.py:3:run"))
    scene.change("aaaaaaa1", {"a.py": [3]}).change("bbbbbbb2", {"b.py": [9]})
    case = scene.build()
    other = case.changes[1] if case.changes[0].facts.id == "aaaaaaa1" else case.changes[0]

    def match(_):
        entity = Entity.parse("service/checkout")
        return [
            Hypothesis(cause="other", text="b", confidence=0.9, entity=entity, citations=(cite(other.evidence, 1),))
        ]

    blaming = replace(_claim_pod("other"), match=match, blames_change=True)
    judgement = ChangeJudgement("bbbbbbb2", None, (), ())
    monkeypatch.setattr("fermata.rules.signatures.conclusion.judge_changes", lambda _: judgement)

    diagnosis = conclude(case, [*CATALOGUE, blaming])

    assert diagnosis.guilty_change == "bbbbbbb2"
    assert [item.cause for item in diagnosis.hypotheses][:2] == ["other", "faulty_commit"]
    assert diagnosis.hypotheses[0].lost_because == ""


@pytest.mark.parametrize(("is_measured", "leading"), [(True, "measured"), (False, "judged")])
def test_measured_cause_that_names_a_change_leads_over_another_judged_one(scene, monkeypatch, is_measured, leading):
    """A statement that reads a whole table does so whichever change is suspected of something else."""
    scene.state("running").change("aaaaaaa1", {"a.py": [3]}).change("bbbbbbb2", {"b.py": [9]})
    kind = EvidenceKind.DATABASE_LOAD if is_measured else EvidenceKind.TEXT
    scene.add(kind, "postgres:database/shop", ["select ? takes 395 ms a call"], {})
    case = scene.build()
    changes = {change.facts.id: change.evidence for change in case.changes}
    load = next(item for item in case.evidence if item.kind is kind)

    def blame(cause, *evidence):
        entity = Entity.parse("service/checkout")
        cited = tuple(cite(item, 1) for item in evidence)
        found = Hypothesis(cause=cause, text="b", confidence=0.7, entity=entity, citations=cited)
        return replace(_claim_pod(cause), match=lambda _: [found], find=lambda _: (), blames_change=True)

    judgement = ChangeJudgement("bbbbbbb2", None, (), ())
    monkeypatch.setattr("fermata.rules.signatures.conclusion.judge_changes", lambda _: judgement)

    diagnosis = conclude(case, [blame("measured", changes["aaaaaaa1"], load), blame("judged", changes["bbbbbbb2"])])

    assert diagnosis.leading.cause == leading


@pytest.mark.parametrize(
    ("confidence", "other", "leading"),
    [
        (0.8, {"specificity": Specificity.RELATION}, "blamed"),
        (0.6, {"specificity": Specificity.RELATION}, "slow"),
        (0.8, {"specificity": Specificity.STATE}, "blamed"),
        (0.8, {"specificity": Specificity.ORIGIN}, "slow"),
        (0.8, {"specificity": Specificity.ORIGIN, "is_strain": True}, "blamed"),
        (0.4, {"specificity": Specificity.RELATION}, "slow"),
        (0.4, {"specificity": Specificity.ORIGIN, "is_strain": True}, "slow"),
    ],
)
def test_closely_tied_change_leads_over_how_it_shows(scene, monkeypatch, confidence, other, leading):
    """Objects that are slow, busy or down explain more symptoms than the change that made them so."""
    scene.state("running").change("bbbbbbb2", {"b.py": [9]})
    case = _print(scene, f"{PENDING}\nweb-2   0/1     Pending   0          9m", "kubectl get pods -n shop").build()
    cited = (cite(case.changes[0].evidence, 1),)

    def match(_):
        entity = Entity.parse("service/checkout")
        return [Hypothesis(cause="blamed", text="b", confidence=confidence, entity=entity, citations=cited)]

    blaming = replace(_claim_pod("blamed"), match=match, find=lambda _: (), blames_change=True)
    judgement = ChangeJudgement("bbbbbbb2", None, (), ())
    monkeypatch.setattr("fermata.rules.signatures.conclusion.judge_changes", lambda _: judgement)

    diagnosis = conclude(case, [blaming, replace(_claim_pod("slow"), **other)])

    assert diagnosis.leading.cause == leading
    assert diagnosis.leading.lost_because == ""
    assert all(item.lost_because for item in diagnosis.hypotheses[1:])


@pytest.mark.parametrize(
    ("cause", "must", "said"),
    [
        ("database_locks", "Take it back.", "End process 7. Then take it back."),
        ("other", "Take it back.", "Take it back."),
        ("database_locks", "", ""),
    ],
)
def test_lock_is_ended_before_the_change_that_took_it_is_taken_back(scene, monkeypatch, cause, must, said):
    """To take back a migration that still runs waits for the same lock; where an action does it, nothing is added."""
    case = scene.state("running").change("bbbbbbb2", {"b.py": [9]}).build()
    cited = (cite(case.changes[0].evidence, 1),)

    def propose(cause, must, confidence):
        entity = Entity.parse("service/checkout")
        found = Hypothesis(
            cause=cause, text="b", confidence=confidence, entity=entity, citations=cited, person_must=must
        )
        return replace(_claim_pod(cause), match=lambda _: [found], find=lambda _: ())

    blaming = replace(propose("blamed", must, 0.8), blames_change=True)
    judgement = ChangeJudgement("bbbbbbb2", None, (), ())
    monkeypatch.setattr("fermata.rules.signatures.conclusion.judge_changes", lambda _: judgement)

    diagnosis = conclude(case, [blaming, propose(cause, "End process 7.", 0.7)])

    assert diagnosis.leading.cause == "blamed"
    assert diagnosis.leading.person_must == said


def test_change_of_a_closely_tied_release_leads_as_well(scene, monkeypatch):
    """Which change of a release it is makes the one named less sure, and the release not."""
    scene.state("running").change("bbbbbbb2", {"b.py": [9]})
    case = _print(scene, PENDING, "kubectl get pods -n shop").build()
    cited = (cite(case.changes[0].evidence, 1),)

    def match(_):
        entity = Entity.parse("service/checkout")
        return [Hypothesis(cause="blamed", text="b", confidence=0.6, entity=entity, citations=cited)]

    blaming = replace(_claim_pod("blamed"), match=match, find=lambda _: (), blames_change=True)
    judgement = ChangeJudgement("bbbbbbb2", None, (), ())
    monkeypatch.setattr(ChangeJudgement, "is_shared", True)
    monkeypatch.setattr("fermata.rules.signatures.conclusion.judge_changes", lambda _: judgement)

    diagnosis = conclude(case, [blaming, replace(_claim_pod("slow"), specificity=Specificity.RELATION)])

    assert diagnosis.leading.cause == "blamed"


@pytest.mark.parametrize(
    ("text", "resolved", "expected"),
    [
        (READY, True, Verdict.HEALTHY),
        (READY, False, Verdict.UNDETERMINED),
        (PENDING, True, Verdict.UNDETERMINED),
    ],
)
def test_cluster_is_healthy_when_nothing_is_wrong_and_nothing_fires(scene, text, resolved, expected):
    """Old warnings do not make it ill, a firing alert does."""
    scene.resolved = resolved
    case = _print(scene, text, "kubectl get pods -n shop").build()

    assert conclude(case, []).verdict is expected


def test_cluster_whose_pods_are_asked_about_tells_how_they_are(scene):
    """A log of a pod brings no phase along: the cluster knows it."""
    scene.resolved, scene.names = True, ["web-1"]
    _print(scene, READY, "kubectl get pods -n shop")
    scene.add(EvidenceKind.LOGS, "kubernetes:pod/shop/web-1", ["served"], {}, query="web-1")

    assert scene.diagnose().verdict is Verdict.HEALTHY


def test_call_that_was_lost_lately_is_not_healthy(scene):
    """It is too little to name anything, and too much to say that all is well."""
    scene.resolved = True
    _print(scene, READY, "kubectl get pods -n shop")
    _print(scene, "NAME   CLUSTER-IP\ncart   10.0.0.9", "kubectl get services -n shop")
    scene.add(
        EvidenceKind.LOGS,
        "kubernetes:pod/shop/web-1",
        ["served", "served", "cart: connection refused"],
        {},
        query="web-1",
    )

    assert conclude(scene.build(), []).verdict is Verdict.UNDETERMINED
