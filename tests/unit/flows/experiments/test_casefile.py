"""A rehearsal is kept as a bundle and what is known, apart; what cannot be a test is refused or said."""

import json

import pytest
from tests.unit.rules.rehearsed.rehearsed_scene import collapse

from fermata.domain.experiment import SteadyCheck, Verdict
from fermata.domain.known_factor import KnownFactor
from fermata.flows.bundle.read import read_bundle
from fermata.flows.experiments.casefile import save_case
from fermata.kit.errors import UserError
from fermata.testing.experiments import make_cluster_experiment, make_experiment

GRAPH = {"services": [{"name": "checkout"}, {"name": "payment"}], "edges": [{"from": "checkout", "to": "payment"}]}
SECRET = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"


@pytest.fixture
def place(tmp_path):
    """Give a folder with a graph, and with what else was seen meanwhile."""
    (tmp_path / "graph.json").write_text(json.dumps(GRAPH))
    (tmp_path / "seen" / "logs").mkdir(parents=True)
    (tmp_path / "seen" / "logs" / "checkout.log").write_text(f"2026-11-23T12:00:06Z ERROR no answer, token={SECRET}\n")
    (tmp_path / "seen" / "bundle.yaml").write_text("version: 1\nid: other\n")
    (tmp_path / "seen" / "graph.json").write_text("{}")
    return tmp_path


def test_case_holds_what_was_measured_and_beside_it_what_was_done(place):
    """The bundle is read as any other; nothing in it says what is known."""
    saved = save_case(make_experiment(), collapse(), place / "case", graph=place / "graph.json")

    bundle = read_bundle(place / "case" / "bundle")
    known = KnownFactor.model_validate_json((place / "case" / "expected.json").read_text())
    assert sorted(path.name for path in (place / "case").iterdir()) == ["bundle", "expected.json"]
    assert (bundle.id, bundle.warnings, bundle.unknown_files) == ("exp-1", (), ())
    assert [alert.name for alert in bundle.alerts] == ["JourneyNotServed", "JourneyNotServed"]
    assert sorted(item.kind.value for item in bundle.evidence) == ["graph", "metrics"]
    assert (known.place, known.verdict) == ("checkout->payment", "collapsed")
    assert (saved.evidence, saved.notes) == (2, ())


def test_what_else_was_seen_is_taken_in_without_secrets(place):
    """The rehearsal's own manifest and graph stay; each file that is not used is named."""
    saved = save_case(make_experiment(), collapse(), place / "case", graph=place / "graph.json", beside=place / "seen")

    written = "".join(path.read_text() for path in (place / "case").rglob("*.json"))
    assert "no answer" in written
    assert SECRET not in written
    assert saved.evidence == 3
    assert saved.notes == ("graph.json: the rehearsal's own is used",)


def test_weak_test_is_said_to_be_one(place):
    """Too short a baseline, or no graph, makes a case that proves little."""
    result = collapse(injected_at=collapse().started_at, wire=())

    notes = " ".join(save_case(make_experiment(), result, place / "case").notes)

    assert "the baseline is 0 s: below 5 s" in notes
    assert "only the call checkout->payment is known" in notes


@pytest.mark.parametrize("verdict", [Verdict.GRACEFUL, Verdict.INCONCLUSIVE, Verdict.INVALID])
def test_run_that_broke_nothing_is_no_case(place, verdict):
    """There is nothing to name."""
    with pytest.raises(UserError, match=f"it is {verdict.value}"):
        save_case(make_experiment(), collapse(verdict=verdict), place / "case")
    with pytest.raises(UserError, match="it has no result"):
        save_case(make_experiment(), None, place / "case")
    assert not (place / "case").exists()


def test_contained_run_is_a_case(place):
    """Somebody felt it."""
    assert save_case(make_experiment(), collapse(verdict=Verdict.CONTAINED), place / "case").evidence == 2


def test_fault_at_a_service_needs_a_graph(place):
    """Otherwise nobody knows through which services the journeys pass."""
    with pytest.raises(UserError, match="needs a graph"):
        save_case(make_cluster_experiment(), collapse(), place / "case")

    assert save_case(make_cluster_experiment(), collapse(), place / "case", graph=place / "graph.json").notes == ()


@pytest.mark.parametrize("name", ["nothing.json", "seen/logs/checkout.log"])
def test_graph_that_cannot_be_read_is_refused(place, name):
    """Nothing is written."""
    with pytest.raises(UserError, match="cannot be used"):
        save_case(make_experiment(), collapse(), place / "case", graph=place / name)
    assert not (place / "case").exists()


def test_folder_that_is_taken_or_cannot_be_written_is_refused(place):
    """Nobody's files are written over."""
    with pytest.raises(UserError, match="is not empty"):
        save_case(make_experiment(), collapse(), place / "seen")
    with pytest.raises(UserError, match="is not empty"):
        save_case(make_experiment(), collapse(), place / "graph.json")
    with pytest.raises(UserError, match="cannot be written"):
        save_case(make_experiment(), collapse(), place / "graph.json" / "case")
    with pytest.raises(UserError, match="is no folder"):
        save_case(make_experiment(), collapse(), place / "case", beside=place / "graph.json")


def test_journeys_may_be_called_anything(place):
    """Quotes, colons and slashes stay text."""
    checks = (SteadyCheck(journey='pay: "now" / *later*', url="http://127.0.0.1:1/", max_p95_ms=1, is_hit=True),)

    save_case(make_experiment(checks=checks), collapse(), place / "case", graph=place / "graph.json")

    assert read_bundle(place / "case" / "bundle").title == 'Not served as agreed: pay: "now" / *later*'
