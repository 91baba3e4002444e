"""What the index of candidates gives is enough to decide by, whatever came before."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fermata.rules.candidate_index import Terms
from fermata.rules.grouping import (
    Candidate,
    CandidateIndex,
    GroupingMode,
    GroupingSettings,
    Topology,
    choose_incident,
    join_incident,
    open_incident,
)
from fermata.rules.scope import find_entities

NAMES = ("Down", "Slow", "HighErrorRate", "cart is down", "Slow answers of checkout")
PLACES = st.fixed_dictionaries(
    {},
    optional={
        "service": st.sampled_from(["cart", "checkout", "profile", "node-exporter"]),
        "pod": st.sampled_from(["cart-0", "checkout-7c9d8b6f54-2xk9q", "worker-1"]),
        "namespace": st.sampled_from(["shop", "mail"]),
        "cluster": st.sampled_from(["eu", "us"]),
        "instance": st.sampled_from(["w1:9100", "w2:9100"]),
        "database": st.just("orders"),
        "path": st.sampled_from(["/a", "/b"]),
        "os": st.sampled_from(["linux", "bsd"]),
        "asset": st.sampled_from(["1", "2", "3"]),
    },
)
STREAM = st.lists(
    st.tuples(st.sampled_from(NAMES), PLACES, st.integers(0, 3), st.integers(-1500, 300), st.sampled_from(["", "g"])),
    min_size=1,
    max_size=25,
)
EDGES = Topology(edges=(("cart", "checkout"), ("checkout", "profile")))


class Everything(CandidateIndex):
    """Looks at all there is, whatever it has to do with the alert."""

    def list_related(self, keys, neighbours, terms):
        return list(self)


@pytest.fixture(scope="session")
def hold(build_incident):
    """Give a builder of a candidate with these alerts."""

    def build(*alerts, incident_id="inc-1"):
        return Candidate(incident=build_incident(*alerts, id=incident_id), alerts=alerts)

    return build


def make_terms(keys, *, least=2, group_key=""):
    """Give what an equal name is worth where every label counts."""
    return Terms(keys.labels, least, group_key)


@settings(max_examples=150, deadline=None)
@given(
    stream=STREAM,
    rules=st.builds(
        GroupingSettings,
        mode=st.sampled_from(list(GroupingMode)),
        min_shared_labels=st.integers(1, 3),
        ignored_labels=st.frozensets(st.sampled_from(["os", "path", "cluster"])),
    ),
    topology=st.sampled_from([Topology(), EDGES]),
    dice=st.randoms(),
)
def test_index_decides_as_a_look_at_all_would(build_alert, noon, stream, rules, topology, dice):
    """Whatever comes in whatever order, what is found by the index and what is found by comparing with all is one."""
    index = CandidateIndex()
    for number, (name, labels, print_number, after_s, group_key) in enumerate(stream):
        alert = build_alert(name, labels, after_s=after_s, fingerprint=f"{name}-{print_number}")
        every = Everything()
        for one in index:
            every.put(one)

        found = choose_incident(alert, group_key, index, topology, rules, noon)
        looked = choose_incident(alert, group_key, every, topology, rules, noon)

        assert (found.incident_id, found.reason, found.shadow_of) == (
            looked.incident_id,
            looked.reason,
            looked.shadow_of,
        )
        entities = find_entities(alert)
        if found.incident_id is None:
            incident, known = open_incident(alert, f"inc-{number}", found.reason, entities, noon), ((), ())
        else:
            joined = index[found.incident_id]
            incident = join_incident(joined.incident, alert, found.reason, entities, noon)
            known = (joined.alerts, joined.group_keys)
        if dice.random() < 0.1:
            incident = incident.model_copy(update={"state": "resolved", "resolved_at": noon})
        index.put(Candidate(incident=incident, alerts=(*known[0], alert), group_keys=(*known[1], group_key)))
        if dice.random() < 0.2:
            # As between webhooks: some are too old by now, some have lost their earliest alerts.
            kept = [one for one in index if dice.random() < 0.8]
            trimmed = {one.incident.id: one.model_copy(update={"alerts": one.alerts[-1:]}) for one in kept}
            index.keep_only(trimmed if dice.random() < 0.5 else {one.incident.id: one for one in kept})


def test_index_gives_only_what_an_alert_may_have_to_do_with(build_alert, hold):
    """One rule for a thousand services is a thousand incidents, of which an alert of another service needs none."""
    index = CandidateIndex()
    for number in range(5):
        index.put(hold(build_alert("HighErrorRate", {"service": f"s-{number}"}), incident_id=f"inc-{number}"))

    def list_related(labels, neighbours=()):
        keys = index.cache.get_keys(build_alert("HighErrorRate", labels))
        return [one.incident.id for one in index.list_related(keys, neighbours, make_terms(keys))]

    assert len(index) == 5
    assert list_related({"service": "new"}) == []
    assert list_related({"service": "s-3"}) == ["inc-3"]
    assert list_related({"service": "new"}, ["s-1"]) == ["inc-1"]
    assert list_related({"region": "eu"}) == []


def test_index_leaves_out_namesakes_that_a_label_keeps_apart(build_alert, hold):
    """One rule for a thousand hosts without a service: each of them is looked at by itself, not by all others."""
    index = CandidateIndex()
    for number in range(5):
        labels = {"instance": f"w{number}:9100", "os": "linux", "cluster": "eu", "asset": str(number)}
        index.put(hold(build_alert("HostDown", labels), incident_id=f"inc-{number}"))
    index.put(hold(build_alert("HostDown", {"os": "linux", "cluster": "eu"}), incident_id="inc-bare"))

    def list_related(labels, **terms):
        keys = index.cache.get_keys(build_alert("HostDown", labels))
        return {one.incident.id for one in index.list_related(keys, (), make_terms(keys, **terms))}

    assert list_related({"os": "linux", "asset": "3"}) == {"inc-3", "inc-bare"}
    assert list_related({"os": "linux", "asset": "new", "cluster": "eu"}) == {"inc-bare"}
    assert list_related({"asset": "3"}) == set()  # Two must agree.
    assert list_related({"asset": "3"}, least=1) == {"inc-3"}
    assert list_related({"cluster": "eu", "region": "x"}) == set()  # Places alone tie nothing.
    assert list_related({"os": "linux", "cluster": "us"}) == set()
    assert list_related({"os": "bsd", "cpu": "arm"}) == set()
    assert list_related({}, group_key="g") == set()


def test_index_finds_namesakes_of_one_group_whose_place_does_not_differ(build_alert, hold):
    """A source's own group ties them without a label in common; it may come to be known later."""
    index, alert = CandidateIndex(), build_alert("HostDown", {"namespace": "shop"})
    index.put(hold(alert))
    other = build_alert("HostDown", {"namespace": "mail"})
    index.put(hold(other, incident_id="inc-2").model_copy(update={"group_keys": ("g",)}))
    keys = index.cache.get_keys(build_alert("HostDown", {"namespace": "shop"}, fingerprint="new"))

    def list_related():
        return [one.incident.id for one in index.list_related(keys, (), make_terms(keys, group_key="g"))]

    # The group is the shorter list, and what is in it is compared anyway.
    assert list_related() == ["inc-2"]
    index.put(hold(alert).model_copy(update={"group_keys": ("g",)}))
    assert list_related() == ["inc-1"]


def test_index_forgets_what_is_put_anew_or_left_out(build_alert, hold):
    """What an incident was before is not what it is found by now."""
    index, first, second = (
        CandidateIndex(),
        build_alert("A", {"service": "cart"}),
        build_alert("B", {"service": "mail"}),
    )
    index.put(hold(first))
    index.put(hold(second))
    keys = [index.cache.get_keys(alert) for alert in (first, second)]

    def count():
        return [len(index.list_related(one, (), make_terms(one))) for one in keys]

    assert count() == [0, 1]
    index.keep_only({})
    assert count() == [0, 0]
    assert (len(index), index.find("inc-1")) == (0, None)


def test_candidate_is_found_by_its_id(build_alert, hold):
    """As it was put there last."""
    index, candidate = CandidateIndex(), hold(build_alert())
    index.put(candidate)

    changed = candidate.model_copy(update={"group_keys": ("g",)})
    index.put(changed)

    assert index["inc-1"] is index.find("inc-1") is changed
    assert list(index) == [changed]
