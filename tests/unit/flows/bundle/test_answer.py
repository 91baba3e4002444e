"""The machine-readable answer: what the format lays down, with every quote traceable to a file and a line."""

from dataclasses import replace

import pytest

from fermata.domain.diagnosis import ActionSuggestion, ChangeVerdict, Citation, Diagnosis, Hypothesis, Verdict
from fermata.domain.entity import Entity
from fermata.domain.evidence import Gap
from fermata.flows.bundle.answer import compose_answer, locate, rank_entities
from fermata.flows.bundle.diagnose import Diagnosed, build_case, diagnose_bundle
from fermata.flows.bundle.places import Places
from fermata.testing.records import make_evidence

CART = Entity(kind="pod", namespace="shop", name="cart-1", system="kubernetes")
NODE = Entity(kind="node", name="n1", system="kubernetes")


@pytest.fixture
def bundle(folder):
    """Give a bundle of one log."""
    folder.write("logs/cart.log", "2026-11-23T12:00:00Z INFO up\n2026-11-23T12:01:00Z ERROR no memory\n")
    return folder.read()


def make_hypothesis(evidence, entity=CART, **changes):
    """Give a hypothesis that cites the evidence's second line."""
    citation = Citation(evidence_id=evidence.id, first_line=2, last_line=2, quote="ERROR no memory")
    values = {"cause": "c", "text": "it is so", "confidence": 0.8, "entity": entity, "citations": (citation,)}
    return Hypothesis(**(values | changes))


def answer(bundle, **diagnosis):
    """Give the answer for a diagnosis of a bundle."""
    made = Diagnosis(**({"verdict": Verdict.IDENTIFIED} | diagnosis))
    return compose_answer(Diagnosed(bundle, build_case(bundle), made), 0.0124)


def test_weighed_change_is_told_with_its_title_author_and_time(folder):
    """A person knows a change by them; of one that no evidence tells of there is the id alone."""
    change = {"id": "9f1c2ab", "kind": "commit", "title": "Cache", "author": "ada", "time": "2026-11-23T11:00:00Z"}
    folder.write("changes/c.json", [change])
    weighed = tuple(ChangeVerdict(id=name, blame=0.9, why="it did") for name in ("9f1c2ab", "unknown"))

    known, unknown = answer(folder.read(), verdict=Verdict.UNDETERMINED, checks=("look",), changes=weighed)["changes"]

    assert (known["kind"], known["title"], known["author"]) == ("commit", "Cache", "ada")
    assert known["changed_at"].startswith("2026-11-23T11:00:00")
    assert unknown == {"id": "unknown", "blame": 0.9, "why": "it did"}


def test_answer_says_what_was_found(bundle):
    """Hypotheses with their citations, the changes with their blame, and costs of nothing."""
    hypothesis = make_hypothesis(bundle.evidence[0])
    verdict = ChangeVerdict(id="9f1c2ab", blame=0.9, why="it wrote the line")

    told = answer(bundle, hypotheses=(hypothesis,), guilty_change="9f1c2ab", changes=(verdict,))

    assert told["incident"] == "shop-1"
    assert told["verdict"] == "identified"
    assert told["guilty_change"] == "9f1c2ab"
    assert told["changes"] == [{"id": "9f1c2ab", "blame": 0.9, "why": "it wrote the line"}]
    assert told["costs"] == {"usd": 0, "tokens": 0, "model_calls": 0, "seconds": 0.012}
    (found,) = told["hypotheses"]
    assert found["contributing_factors"] == [{"kind": "pod", "namespace": "shop", "name": "cart-1"}]
    assert found["citations"] == [
        {
            "evidence": bundle.evidence[0].id,
            "lines": "2",
            "quote": "ERROR no memory",
            "source": "logs/cart.log:2",
        }
    ]


def test_suggested_action_is_a_plan_that_needs_a_live_system(bundle):
    """Without a dry run nothing is planned; what could be done is named."""
    suggestion = ActionSuggestion(name="supervisor.restart", target=CART, parameters={"n": 1})

    told = answer(bundle, hypotheses=(make_hypothesis(bundle.evidence[0], suggestions=(suggestion,)),))

    action = {"name": "supervisor.restart", "target": "kubernetes:pod/shop/cart-1", "parameters": {"n": 1}}
    assert told["plan"]["actions"] == [action]
    assert "dry run" in told["plan"]["needs"]
    assert told["no_action_reason"] is None


def test_nothing_known_says_so(bundle):
    """Silence is an answer: no hypothesis, no suspect, the checks, and why nothing is proposed."""
    told = answer(bundle, verdict=Verdict.UNDETERMINED, checks=("Look there.",), gaps=(Gap(collector="x", reason="y"),))

    assert told["hypotheses"] == told["entities"] == []
    assert told["plan"] is None
    assert told["checks"] == ["Look there."]
    assert "undetermined" in told["no_action_reason"]
    assert told["missing"] == [{"what": "x", "why": "y"}]


def test_entities_are_ranked_once_each_by_their_best_hypothesis():
    """Two causes at one place are one suspect, with the evidence of both."""
    first, second = make_evidence(text="a\nERROR no memory"), make_evidence(text="b")
    hypotheses = tuple(
        make_hypothesis(item, entity, confidence=confidence)
        for item, entity, confidence in ((first, CART, 0.9), (first, NODE, 0.5), (second, CART, 0.4))
    )

    ranked = rank_entities(Diagnosis(verdict=Verdict.IDENTIFIED, hypotheses=hypotheses))

    assert [(item["kind"], item["name"], item["score"]) for item in ranked] == [
        ("pod", "cart-1", 0.9),
        ("node", "n1", 0.5),
    ]
    assert ranked[0]["evidence"] == [first.id, second.id]


def test_quote_from_printed_text_names_file_and_command():
    """The command can be asked again, and the file says where its answer stands here."""
    item = make_evidence(title="kubectl.json: kubectl get pods", query="kubectl get pods")
    citation = Citation(evidence_id=item.id, first_line=3, last_line=4, quote="x")

    assert locate(citation, {item.id: item}, Places({})) == "kubectl.json: kubectl get pods:3-4"
    assert locate(citation, {}, Places({})) == f"{item.id}:3-4"


def test_same_bundle_has_the_same_answer(folder, tmp_path):
    """A copy elsewhere has the same run id; another byte gives another one."""
    folder.write("logs/cart.log", "ERROR a\n")
    first = compose_answer(diagnose_bundle(folder.read()), 0)
    again = compose_answer(diagnose_bundle(folder.read()), 0)
    folder.write("logs/cart.log", "ERROR b\n")
    other = compose_answer(diagnose_bundle(folder.read()), 0)

    assert first == again
    assert other["run_id"] != first["run_id"]


def test_what_was_cut_is_said(folder):
    """A log pulled with a filter, a change without a time; which file a diff came from is no cut."""
    folder.write("logs/a.log", "2026-11-23T12:00:00Z INFO up\n")
    folder.write("logs/a.meta.json", {"filter": "level>=warn"})
    folder.write("changes/c.json", [{"id": "9f1c2ab", "kind": "commit", "title": "x"}])
    folder.write("changes/d.json", [{"id": "8f1c2ab", "kind": "commit", "title": "x", "time": "2026-11-23T11:00:00Z"}])
    folder.write("changes/8f1c2ab.diff", "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n")

    told = answer(folder.read(), verdict=Verdict.UNDETERMINED, checks=("look",))["cut"]

    assert {"what": "logs/a.log", "why": "pulled with filter level>=warn"} in told
    assert [item["why"] for item in told if item["what"].startswith("changes/")] == [
        "the source gives no time; it is taken as the start of the window"
    ]


def test_what_is_told_as_missing_is_not_told_as_cut_as_well(bundle):
    """Once is enough, where it can be mended."""
    cut = bundle.evidence[0].model_copy(update={"cut": "20 kinds may not be read"})
    bundle = replace(bundle, evidence=(cut, *bundle.evidence[1:]))
    gap = Gap(collector="kubernetes.objects", reason="20 kinds may not be read")

    told = answer(bundle, verdict=Verdict.UNDETERMINED, checks=("look",), gaps=(gap,))
    alone = answer(bundle, verdict=Verdict.UNDETERMINED, checks=("look",))

    assert "20 kinds may not be read" not in str(told["cut"])
    assert "20 kinds may not be read" in str(alone["cut"])
    assert told["missing"] == [{"what": "kubernetes.objects", "why": "20 kinds may not be read"}]


def test_change_without_a_time_is_known_to_have_none(folder):
    """It stands at the start of the window and is not dated by it."""
    folder.write("changes/c.json", [{"id": "9f1c2ab", "kind": "commit", "title": "x"}])
    folder.write("changes/d.json", [{"id": "8f1c2ab", "kind": "commit", "title": "x", "time": "2026-11-23T11:00:00Z"}])

    dated = {item.facts["id"]: item.facts["is_dated"] for item in folder.read().evidence}

    assert dated == {"9f1c2ab": False, "8f1c2ab": True}


def test_hypothesis_that_does_not_lead_keeps_what_it_blames_and_suggests(bundle):
    """A model that contradicts may be right: its change, its action and its duty are in the answer."""
    suggestion = ActionSuggestion(name="supervisor.restart", target=CART)
    first = make_hypothesis(bundle.evidence[0])
    second = make_hypothesis(
        bundle.evidence[0], guilty_change="def", suggestions=(suggestion,), person_must="m says: Look."
    )

    leads, behind = answer(bundle, hypotheses=(first, second), guilty_change="abc")["hypotheses"]

    assert (leads["guilty_change"], leads["suggestions"]) == ("abc", [])
    assert (behind["guilty_change"], behind["person_must"]) == ("def", "m says: Look.")
    assert [item["name"] for item in behind["suggestions"]] == ["supervisor.restart"]
