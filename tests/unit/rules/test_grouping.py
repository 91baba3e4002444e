"""Which incident an alert belongs to, and why."""

import random
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fermata.domain.alert import Alert
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

NONE = Topology()
ACTIVE = GroupingSettings()


@pytest.fixture(scope="session")
def hold(build_incident):
    """Give a builder of a candidate with these alerts."""

    def build(*alerts, id="inc-1", group_keys=(), **changes):  # noqa: A002 - the field's name
        return Candidate(incident=build_incident(*alerts, id=id, **changes), alerts=alerts, group_keys=group_keys)

    return build


@pytest.fixture(scope="session")
def choose(noon):
    """Give the decision on one alert against candidates, five minutes after noon."""

    def ask(alert, *candidates, group_key="", topology=NONE, rules=ACTIVE):
        index = CandidateIndex()
        for candidate in candidates:
            index.put(candidate)
        return choose_incident(alert, group_key, index, topology, rules, noon + timedelta(minutes=5))

    return ask


def test_first_alert_opens_an_incident(build_alert, choose, noon):
    """With nothing to join, an alert starts its own incident and says so."""
    decision = choose(build_alert())

    assert decision.incident_id is None
    assert (decision.reason.rule, decision.reason.alert_id) == ("first", build_alert().id)
    assert decision.reason.text == "first alert; no other incident is open"
    assert decision.reason.at == noon + timedelta(minutes=5)


@pytest.mark.parametrize("mode", list(GroupingMode))
def test_alert_that_fires_again_joins_in_every_mode(build_alert, hold, choose, mode):
    """Folding equal fingerprints is no correlation: neither window nor mode change it."""
    known = hold(build_alert(fingerprint="f"))

    decision = choose(build_alert(fingerprint="f", after_s=7200), known, rules=GroupingSettings(mode=mode))

    assert decision.incident_id == "inc-1"
    assert decision.reason.rule == "fingerprint"
    assert decision.reason.text == "the same alert CheckoutDown fired again"
    assert not decision.reason.shadow


@pytest.mark.parametrize(("minutes", "joins"), [(4, True), (-6, False)])
def test_alert_that_fires_again_soon_reopens_a_resolved_incident(build_alert, hold, choose, noon, minutes, joins):
    """Within the window of the resolution it is the same disruption; later it is a new one."""
    resolved = hold(build_alert(fingerprint="f"), state="resolved", resolved_at=noon + timedelta(minutes=minutes))

    decision = choose(build_alert(fingerprint="f", after_s=290), resolved)

    assert decision.incident_id == ("inc-1" if joins else None)
    if joins:
        assert decision.reason.text == "the same alert CheckoutDown fired again 1m after the incident was resolved"
    else:
        (text,) = decision.rejected
        assert text.endswith("fired again 11m after the incident was resolved, but that is longer than 10m")


@pytest.mark.parametrize("state", ["resolved", "merged"])
def test_incident_that_is_over_takes_no_other_alert(build_alert, hold, choose, state):
    """What is resolved or merged is joined by nothing but its own alert; a merged one by nothing at all."""
    over = hold(build_alert("A", fingerprint="f"), state=state)

    assert choose(build_alert("B"), over).incident_id is None
    if state == "merged":
        assert choose(build_alert("A", fingerprint="f"), over).incident_id is None


def test_common_owner_joins_within_the_window(build_alert, hold, choose):
    """Two alerts of one service belong together, and the reason says so with its values."""
    decision = choose(build_alert("CheckoutSlow", after_s=12), hold(build_alert("CheckoutDown")))

    assert decision.incident_id == "inc-1"
    assert decision.reason.rule == "entity"
    assert decision.reason.text == "same service checkout as alert CheckoutDown, 12s apart"


def test_owner_at_the_same_instant_says_so(build_alert, hold, choose):
    """No distance is no number."""
    text = choose(build_alert("CheckoutSlow"), hold(build_alert("CheckoutDown"))).reason.text

    assert text == "same service checkout as alert CheckoutDown, at the same time"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"pod": "api-7c9d8b6f54-2xk9q"}, {"pod": "api-7c9d8b6f54-m4ztd"}),
        ({"pod": "db-0"}, {"statefulset": "db"}),
        ({"service": "checkout"}, {"process": "checkout"}),
        ({"service": "checkout"}, {"deployment": "checkout", "namespace": "shop"}),
        ({"service": "checkout", "pod": "api-0"}, {"service": "checkout", "pod": "worker-0"}),
        ({"datname": "shop", "instance": "pg1:9187"}, {"datname": "shop", "instance": "pg1:5432"}),
        ({"instance": "vm1:9100", "job": "node"}, {"instance": "vm1:8080", "job": "app"}),
        ({"process": "nginx", "instance": "vm1:80"}, {"process": "nginx", "instance": "vm1:443"}),
    ],
)
def test_different_alerts_of_one_thing_belong_together(build_alert, hold, choose, one, other):
    """Pods count as what made them; a service, a process and a deployment of one name are one thing."""
    assert choose(build_alert("A", one), hold(build_alert("B", other))).reason.rule == "entity"
    assert choose(build_alert("B", other), hold(build_alert("A", one))).reason.rule == "entity"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"service": "checkout"}, {"service": "profile"}),
        ({"service": "checkout", "cluster": "eu"}, {"service": "checkout", "cluster": "us"}),
        ({"service": "checkout", "namespace": "shop"}, {"service": "checkout", "namespace": "staging"}),
        ({"service": "checkout", "env": "prod"}, {"service": "checkout", "environment": "test"}),
        ({"pod": "api-0", "namespace": "a"}, {"pod": "api-1", "namespace": "b"}),
        ({"pod": "web-0", "service": "checkout"}, {"pod": "web-1", "service": "profile"}),
        ({"process": "nginx", "instance": "vm1:80"}, {"process": "nginx", "instance": "vm2:80"}),
        ({"datname": "shop", "instance": "pg1:9187"}, {"datname": "shop", "instance": "pg2:9187"}),
        ({"instance": "vm1:9100"}, {"instance": "vm2:9100"}),
        ({"namespace": "a", "cluster": "eu"}, {"namespace": "b", "cluster": "eu"}),
        ({"namespace": "a", "cluster": "eu", "queue": "x"}, {"namespace": "a", "cluster": "eu", "queue": "y"}),
        ({"namespace": "a", "cluster": "eu", "pod": "x-0"}, {"namespace": "a", "cluster": "eu", "pod": "y-0"}),
        ({"cluster": "eu"}, {"cluster": "eu"}),
        ({"cluster": "eu", "region": "eu-1", "env": "prod"}, {"cluster": "eu", "region": "eu-1", "env": "prod"}),
        ({"namespace": "a"}, {"namespace": "a"}),
        ({"severity": "critical", "job": "x", "team": "t"}, {"severity": "critical", "job": "x", "team": "t"}),
        ({"prometheus": "p", "receiver": "r"}, {"prometheus": "p", "receiver": "r"}),
        ({"service": "node-exporter", "node": "w1"}, {"service": "node-exporter", "node": "w2"}),
        ({}, {}),
    ],
)
def test_alerts_of_one_name_about_different_things_stay_apart(build_alert, hold, choose, one, other):
    """Cluster, namespace, service and host keep equal names apart; labels that everything shares tie nothing."""
    first, second = build_alert("Same", one, fingerprint="1"), build_alert("Same", other, fingerprint="2")

    assert choose(second, hold(first)).incident_id is None
    assert choose(first, hold(second)).incident_id is None


@pytest.mark.parametrize("other", [{"severity": "critical"}, {"job": "demo"}, {"cluster": "eu", "namespace": "shop"}])
def test_different_names_without_a_common_owner_have_nothing_to_do_with_each_other(build_alert, hold, choose, other):
    """Two rules that share a handling or a place are not even near."""
    decision = choose(build_alert("A", other), hold(build_alert("B", other)))

    assert (decision.incident_id, decision.rejected) == (None, ())


def test_rejection_says_what_kept_it_apart(build_alert, hold, choose):
    """A candidate that came near is named with the values that differ."""
    labels = {"service": "checkout"}
    us = hold(build_alert("Slow", labels | {"cluster": "us"}, fingerprint="1"))

    decision = choose(build_alert("Slow", labels | {"cluster": "eu"}, fingerprint="2"), us)

    assert decision.rejected == (
        "inc-1: same service checkout as alert Slow, at the same time, but cluster is eu here and us there",
    )


def test_rejection_of_different_things_names_both(build_alert, hold, choose):
    """Two alerts of one name say what each is about, where one that names nothing brings them together."""
    known = hold(
        build_alert("Slow", {"deployment": "checkout"}), build_alert("Slow", {}, fingerprint="2"), group_keys=("g",)
    )

    decision = choose(build_alert("Slow", {"deployment": "cart"}), known, group_key="g")

    assert decision.rejected[0].endswith("but what it is about is cart here and checkout there")


@pytest.mark.parametrize(("after_s", "joins"), [(600, True), (601, False), (-600, True), (-601, False)])
def test_window_ends_at_its_exact_length(build_alert, hold, choose, after_s, joins):
    """Ten minutes before or after still belongs, a second more does not."""
    decision = choose(build_alert("B", after_s=after_s), hold(build_alert("A")))

    assert decision.incident_id == ("inc-1" if joins else None)
    if not joins:
        assert decision.rejected == (
            "inc-1: same service checkout as alert A, 10m 1s apart, but 10m 1s away from its alerts (window 10m)",
        )


def test_window_is_counted_from_the_latest_alert(build_alert, hold, choose):
    """A disruption that grows slowly stays one incident."""
    known = hold(build_alert("A"), build_alert("B", after_s=500))

    assert choose(build_alert("C", after_s=1000), known).incident_id == "inc-1"


LABELS = {"namespace": "shop", "cluster": "eu", "reason": "OOMKilled"}


def test_same_name_and_labels_join_without_a_common_owner(build_alert, hold, choose):
    """Two identifying labels of an ownerless alert are enough, and the reason lists them."""
    one, other = (build_alert("Oom", LABELS, fingerprint=fingerprint, after_s=3) for fingerprint in "12")

    decision = choose(other, hold(one))

    assert decision.reason.rule == "labels"
    assert decision.reason.text == (
        "same alert name Oom, cluster=eu, namespace=shop, reason=OOMKilled as alert Oom, at the same time"
    )


def test_labels_must_be_as_many_as_the_settings_say(build_alert, hold, choose):
    """More demanded labels keep apart, and an ignored label neither joins nor separates."""
    one, other = build_alert("Oom", LABELS, fingerprint="1"), build_alert("Oom", LABELS, fingerprint="2")
    shard = build_alert("Oom", LABELS | {"shard": "7"}, fingerprint="3")
    shards = hold(build_alert("Oom", LABELS | {"shard": "8"}, fingerprint="4"))

    decision = choose(shard, hold(one), rules=GroupingSettings(min_shared_labels=4))

    assert decision.incident_id is None
    assert choose(other, hold(one), rules=GroupingSettings(min_shared_labels=4)).incident_id is None
    assert decision.rejected[0].endswith("but 4 identifying labels must agree, one of them more than a place")
    assert choose(shard, shards).incident_id is None
    assert choose(shard, shards, rules=GroupingSettings(ignored_labels={"shard"})).incident_id == "inc-1"


def test_labels_join_within_the_window_only(build_alert, hold, choose):
    """The same labels an hour later are another disruption."""
    one, other = build_alert("Oom", LABELS, fingerprint="1"), build_alert("Oom", LABELS, fingerprint="2", after_s=3600)

    assert choose(other, hold(one)).incident_id is None


def test_source_group_strengthens_a_common_owner_or_name(build_alert, hold, choose):
    """What the source grouped needs neither the window nor the number of labels."""
    late = build_alert("B", after_s=3600)
    hosts = [build_alert("DiskFull", {"instance": f"vm{n}:9100"}) for n in (1, 2)]

    by_owner = choose(late, hold(build_alert("A"), group_keys=("g",)), group_key="g")
    by_name = choose(hosts[1], hold(hosts[0], group_keys=("f", "g")), group_key="g")

    assert (by_owner.incident_id, by_owner.reason.rule) == ("inc-1", "source_group")
    assert by_owner.reason.text == "same source group, same service checkout as alert A, 1h apart"
    assert (by_name.incident_id, by_name.reason.rule) == ("inc-1", "source_group")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"service": "checkout"}, {"service": "profile"}),
        ({"pod": "a-0"}, {"pod": "b-0"}),
        ({"job": "render", "instance": "r1:9100"}, {"job": "mail", "instance": "m1:9100"}),
        ({"namespace": "a"}, {"namespace": "b"}),
        ({"service": "checkout", "cluster": "eu"}, {"service": "checkout", "cluster": "us"}),
    ],
)
def test_source_group_never_joins_different_things(build_alert, hold, choose, one, other):
    """A source that groups everything by name does not make two services one."""
    known = hold(build_alert("Same", one, fingerprint="1"), group_keys=("g",))

    assert choose(build_alert("Same", other, fingerprint="2"), known, group_key="g").incident_id is None


@pytest.mark.parametrize(("mine", "theirs"), [("", ("",)), ("g", ()), ("g", ("h",))])
def test_absent_or_other_source_group_strengthens_nothing(build_alert, hold, choose, mine, theirs):
    """A source without groups gives none in common."""
    late = build_alert("B", after_s=3600)

    assert choose(late, hold(build_alert("A"), group_keys=theirs), group_key=mine).incident_id is None


def test_source_group_alone_joins_nothing(build_alert, hold, choose):
    """A group key without a common owner or name is a routing detail."""
    known = hold(build_alert("A", {"service": "checkout"}), group_keys=("g",))

    assert choose(build_alert("B", {"service": "profile"}), known, group_key="g").incident_id is None


@pytest.mark.parametrize("edge", [("checkout", "profile"), ("profile", "checkout")])
def test_direct_neighbours_belong_together(build_alert, hold, choose, edge):
    """A caller and its callee that fail together are one disruption; the reason names the edge."""
    known = hold(build_alert("Down", {"service": "profile"}))

    decision = choose(
        build_alert("Errors", {"service": "checkout"}, after_s=5), known, topology=Topology(edges=(edge,))
    )

    assert decision.reason.rule == "topology"
    assert decision.reason.text == "checkout is a direct neighbour of profile as alert Down, 5s apart"


@pytest.mark.parametrize(
    ("mine", "after_s"),
    [
        ({"service": "cart"}, 0),
        ({"service": "checkout", "cluster": "us"}, 0),
        ({"service": "checkout"}, 601),
        ({"instance": "checkout:80"}, 0),
    ],
)
def test_strangers_in_the_topology_stay_apart(build_alert, hold, choose, mine, after_s):
    """No edge, another cluster, too late, or no service at all: nothing to do with each other."""
    known = hold(build_alert("Down", {"service": "profile", "cluster": "eu"}))
    topology = Topology(edges=(("checkout", "profile"), ("profile", "db"), ("db", "cart")))

    assert choose(build_alert("Errors", mine, after_s=after_s), known, topology=topology).incident_id is None


@pytest.mark.parametrize(
    "mine",
    [
        {"service": "Checkout"},
        {"instance": "http://checkout:8000/healthz", "job": "blackbox"},
        {"name": "shop-checkout-1", "id": "/docker/88", "image": "x", "compose_service": "checkout", "job": "cadvisor"},
    ],
)
def test_two_tools_that_tell_of_one_service_open_one_incident(build_alert, hold, choose, mine):
    """An uptime monitor is called Checkout, a probe asks an address, and cAdvisor has labels of its own."""
    known = hold(build_alert("HighErrorRate", {"service": "checkout"}))

    assert choose(build_alert("Down", mine, after_s=5), known).incident_id == known.incident.id


def test_neighbours_are_direct_ones_only():
    """Two hops away is another service's problem first; letters may be small or not, as each tool writes them."""
    topology = Topology(edges=(("web", "checkout"), ("checkout", "profile"), ("profile", "db")))

    assert (topology.list_callers(["Checkout"]), topology.list_callees(["Checkout"])) == ({"web"}, {"profile"})
    assert topology.list_callees(["checkout", "profile"]) == {"profile", "db"}


def test_stronger_rule_wins_over_a_nearer_incident(build_alert, hold, choose):
    """The same service ten minutes ago is a better reason than a neighbour just now; the other is explained."""
    service = hold(build_alert("Down", {"service": "checkout"}, after_s=-600), id="inc-far")
    neighbour = hold(build_alert("Down", {"service": "profile"}, after_s=-1), id="inc-near")
    topology = Topology(edges=(("checkout", "profile"),))

    decision = choose(build_alert("Slow"), neighbour, service, topology=topology)

    assert decision.incident_id == "inc-far"
    assert decision.rejected == (
        "inc-near: checkout is a direct neighbour of profile as alert Down, 1s apart, but another fits better",
    )


def test_nearest_then_oldest_wins_among_equals(build_alert, hold, choose, noon):
    """One rule, two incidents: time decides, then age; the order they are given in does not."""
    far = hold(build_alert("A", after_s=-60), id="inc-far")
    near = hold(build_alert("B", after_s=-2), id="inc-near", opened_at=noon)
    twin = hold(build_alert("C", after_s=-2), id="inc-twin", opened_at=noon - timedelta(minutes=1))

    assert choose(build_alert("D"), far, near).incident_id == "inc-near"
    assert choose(build_alert("D"), near, twin).incident_id == "inc-twin"
    assert choose(build_alert("D"), twin, near).incident_id == "inc-twin"


def test_second_owner_joins_where_the_first_is_kept_apart(build_alert, hold, choose):
    """An alert with two owners joins by the one that agrees."""
    known = hold(build_alert("A", {"deployment": "web", "service": "cart"}), build_alert("B", {"service": "checkout"}))

    decision = choose(build_alert("C", {"deployment": "web", "service": "checkout"}), known)

    assert decision.reason.text == "same service checkout as alert B, at the same time"


def test_at_most_five_rejections_are_kept(build_alert, hold, choose):
    """A storm does not fill the journal with what was not done."""
    others = [hold(build_alert("Same", {"service": "cart", "cluster": f"c{n}"}), id=f"inc-{n}") for n in range(9)]

    assert len(choose(build_alert("Same", {"service": "cart", "cluster": "eu"}), *others).rejected) == 5


def test_shadow_mode_says_what_it_would_have_done(build_alert, hold, choose):
    """Computed, said, not done."""
    decision = choose(build_alert("B"), hold(build_alert("A")), rules=GroupingSettings(mode="shadow"))

    assert (decision.incident_id, decision.shadow_of) == (None, "inc-1")
    assert decision.reason.shadow
    assert decision.reason.text == (
        "would have joined inc-1 (shadow mode): same service checkout as alert A, at the same time"
    )
    assert choose(build_alert("B"), rules=GroupingSettings(mode="shadow")).reason.shadow is False


def test_grouping_that_is_off_joins_nothing(build_alert, hold, choose):
    """Each alert is its own incident, and the reason says why."""
    decision = choose(build_alert("B"), hold(build_alert("A")), rules=GroupingSettings(mode="off"))

    assert decision.incident_id is None
    assert decision.reason.text == "first alert; grouping is off"


def storm(alerts, noon, *, group_key=""):
    """Take in alerts one by one, as intake does, and return the candidates they end in."""
    candidates = CandidateIndex()
    for alert in alerts:
        decision = choose_incident(alert, group_key, candidates, NONE, ACTIVE, noon)
        entities = find_entities(alert)
        if decision.incident_id is None:
            incident, earlier = open_incident(alert, f"inc-{len(candidates)}", decision.reason, entities, noon), ()
        else:
            earlier = candidates[decision.incident_id].alerts
            before = candidates[decision.incident_id].incident
            incident = join_incident(before, alert, decision.reason, entities, noon)
        candidates.put(Candidate(incident=incident, alerts=(*earlier, alert), group_keys=(group_key,)))
    return list(candidates)


ALPHABET = "bcdfghjklmnpqrstvwxz2456789"


def label(shape, service, pod, n):
    """Label an alert the way one of three exporters would: by service, by pod, or by both."""
    if shape == "service":
        return {"service": service, "instance": f"10.0.{n % 7}.{n % 200}:8080", "job": "shop"}
    if shape == "pod":
        return {"pod": pod, "namespace": "shop", "service": "kube-state-metrics", "node": "w1"}
    return {"app": service, "pod": pod, "namespace": "shop", "cluster": "eu"}


def make_storm(noon, dice, count, shapes):
    """Make `count` alerts of three services, mixed, each service with up to four rules, two of them common to all."""
    alerts = []
    for n in range(count):
        service = ("checkout", "profile", "cart-api")[n % 3]
        name = (f"{service}Down", f"{service}Slow", "HighErrorRate", "PodOOMKilled")[dice.randrange(4)]
        pod = f"{service}-{''.join(dice.choices(ALPHABET, k=10))}-{''.join(dice.choices(ALPHABET, k=5))}"
        labels = label(shapes[dice.randrange(len(shapes))], service, pod, n)
        alerts.append(
            Alert(
                source="alertmanager",
                fingerprint=f"{n:x}",
                name=name,
                status="firing",
                severity="warning",
                labels=labels | {"alertname": name, "severity": "critical", "prometheus": "monitoring/k8s"},
                annotations={},
                starts_at=noon - timedelta(seconds=dice.randrange(300)),
                payload_digest="sha256:0",
                received_at=noon,
            )
        )
    dice.shuffle(alerts)
    return alerts


def name_cause(alert):
    """Return the service a made-up alert belongs to."""
    return next(name for name in ("checkout", "profile", "cart-api") if name in str(dict(alert.labels)))


@settings(max_examples=25, deadline=None)
@given(
    dice=st.randoms(use_true_random=False),
    count=st.integers(3, 60),
    shapes=st.sampled_from([("service",), ("pod",), ("both",), ("service", "pod", "both")]),
    group_key=st.sampled_from(["", "{}:{}"]),
)
def test_mixed_storm_ends_in_one_incident_per_cause(noon, dice, count, shapes, group_key):
    """In whatever order they come, alerts of three causes make three incidents."""
    incidents = storm(make_storm(noon, dice, count, shapes), noon, group_key=group_key)

    assert len(incidents) == 3
    for incident in incidents:
        assert len({name_cause(alert) for alert in incident.alerts}) == 1


def test_storm_of_a_thousand_makes_three_incidents_with_a_reason_each(noon):
    """1,000 alerts, 3 causes, 3 incidents; every alert says why it is where it is."""
    dice = random.Random(7)  # noqa: S311 - a fixed seed, so that the storm is the same each time

    incidents = storm(make_storm(noon, dice, 1000, ("service", "both")), noon)

    assert len(incidents) == 3
    assert sum(len(incident.alerts) for incident in incidents) == 1000
    for incident in incidents:
        texts = [merge.text for merge in incident.incident.merges]
        assert texts[0].startswith("first alert")
        assert all(text.startswith("same ") for text in texts[1:])
