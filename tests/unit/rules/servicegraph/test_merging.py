"""Each fact from the source that knows best, and the others beside it."""

import pytest

from fermata.rules.servicegraph.merging import Standing, merge
from fermata.rules.servicegraph.partial import Basis, Fact


def standing(graph, pair):
    """Give the standing of one call."""
    return next(edge.standing for edge in graph.edges if f"{edge.caller}>{edge.callee}" == pair)


def test_what_runs_beats_what_was_meant_and_the_loser_is_listed(part):
    """A live object's replicas win over a manifest's."""
    declared, live = part("declared", nodes=["web"]), part("live", nodes=["web"])
    declared.add_node("web", replicas=3, source="web.yaml")
    live.add_node("web", replicas=1)

    graph = merge([declared, live])

    (conflict,) = graph.conflicts
    assert graph.nodes[0].facts["replicas"].value == 1
    assert (conflict.where, conflict.key, conflict.kept.basis) == ("web", "replicas", Basis.LIVE)
    assert [(fact.value, fact.source) for fact in conflict.others] == [(3, "web.yaml")]


def test_guess_is_no_opinion(part):
    """A kind that somebody says is no conflict with one told from an image."""
    one, two = part("declared", nodes=["db"]), part("written", nodes=["db"])
    one.guess("db", "kind", "cache", "image")
    two.add_node("db", kind="db")

    graph = merge([one, two])

    assert (graph.nodes[0].kind, graph.conflicts) == ("db", ())


def test_guessed_worker_is_none_where_another_source_has_a_caller_that_waits(part):
    """What publishes no port in one file may be asked all the same; what a queue gives is work."""
    alone, called = part("declared", "basket>db job>db mail>db"), part("declared", "front>basket mq>job front>mail")
    for name in ("basket", "job", "mail"):
        alone.guess(name, "kind", "worker", "it publishes no port")
    called.guess("mq", "kind", "queue", "image kafka")
    called.edges[2].facts["mode"] = _fact("async", "k8s")
    called.add_node("db", kind="db")

    kinds = {node.name: node.kind for node in merge([alone, called]).nodes}

    assert kinds == {"basket": "", "db": "db", "job": "worker", "mail": "worker", "front": "", "mq": "queue"}


def test_kind_that_somebody_says_outlives_the_doubt(part):
    """Only guesses are taken back."""
    alone, called = part("declared", "job>db"), part("declared", "front>job")
    alone.add_node("job", kind="worker")
    called.guess("job", "kind", "gateway", "image nginx")

    assert {node.kind for node in merge([alone, called]).nodes if node.name == "job"} == {"worker"}


def test_host_of_the_world_that_only_calls_lead_to_is_somebody_else_s(part):
    """Unless a source defines it, or says what it is."""
    calls = part("written", "pay>api.stripe.com web>shop.example.com pay>mail.example.org", nodes=["shop.example.com"])
    calls.nodes["mail.example.org"].facts["kind"] = Fact("queue", Basis.WRITTEN, "test")

    kinds = {node.name: node.kind for node in merge([calls]).nodes}

    assert kinds == {
        "pay": "", "web": "", "api.stripe.com": "external", "shop.example.com": "", "mail.example.org": "queue"
    }  # fmt: skip


def test_call_to_a_queue_is_not_waited_for_unless_a_source_says_so(part):
    """A guess, as configuration names a broker and no way of asking it."""
    one = part("declared", "web>mq web>db")
    one.guess("mq", "kind", "queue", "image kafka")
    said = part("written")
    said.add_edge("web", "mq", mode="sync")

    assert [edge.is_async for edge in merge([one]).edges] == [True, False]
    assert [edge.is_async for edge in merge([one, said]).edges] == [False, False]


@pytest.mark.parametrize(
    ("key", "one", "two", "differ"),
    [
        ("memory_limit", "128Mi", "134217728", False),
        ("memory_limit", "128Mi", "none", True),
        ("replicas", 1, 1.0, False),
        ("replicas", 2, True, True),
        ("kind", "db", "cache", True),
        ("calls_seen", 1, 99, False),
    ],
)
def test_equal_values_in_other_words_are_no_conflict(part, key, one, two, differ):
    """Quantities are compared as amounts, numbers as numbers."""
    first, second = part("declared", nodes=["a"]), part("written", nodes=["a"])
    first.add_node("a", **{key: one})
    second.add_node("a", **{key: two})

    assert bool(merge([first, second]).conflicts) is differ


@pytest.mark.parametrize(("rate", "conflicts"), [(9.0, 0), (2.0, 1)])
def test_measurements_that_are_near_each_other_agree(part, rate, conflicts):
    """They cover different minutes; of equals the first is kept."""
    one, two = part("measured", "a>b", source="prometheus"), part("measured", source="traces")
    one.edges[0].facts.update({"rate_rps": _fact(10.0, "prometheus")})
    two.add_edge("a", "b", rate_rps=rate)

    graph = merge([one, two])

    assert graph.edges[0].facts["rate_rps"].value == 10.0
    assert len(graph.conflicts) == conflicts


def _fact(value, source):
    from fermata.rules.servicegraph.partial import Fact

    return Fact(value, Basis.MEASURED, source)


def test_call_that_both_tell_of_is_confirmed(part):
    """Its mode is what was measured."""
    measured = part("measured")
    measured.add_edge("web", "cart", mode="async")

    graph = merge([part("declared", "web>cart", ["web", "cart"]), measured])

    assert standing(graph, "web>cart") is Standing.CONFIRMED
    assert graph.edges[0].is_async
    assert len(graph.edges[0].told_by) == 2


def test_call_of_a_measured_caller_that_was_not_seen_is_marked(part):
    """Dead, rare, or switched off: a person is to know."""
    graph = merge(
        [part("declared", "web>cart web>old quiet>cart", ["web", "cart"]), part("measured", "web>cart web>new")]
    )

    assert standing(graph, "web>old") is Standing.NEVER_SEEN
    assert standing(graph, "web>new") is Standing.UNDECLARED
    # Nobody measures `quiet`, so that nothing was seen of it says nothing.
    assert standing(graph, "quiet>cart") is Standing.DECLARED


def test_call_to_a_store_is_missed_only_where_its_caller_is_seen_to_use_stores(part):
    """Many meshes measure no databases, and many libraries not those of their service."""
    declared = part("declared", "web>db web>cart web>cache web>mq cart>db web>psp.com", ["web", "cart"])
    declared.add_node("db", kind="db")
    declared.add_node("cache", kind="cache")
    declared.add_node("mq", kind="queue")
    declared.add_node("psp.com", kind="external")

    assert standing(merge([declared, part("measured", "web>cart")]), "web>db") is Standing.DECLARED
    assert standing(merge([declared, part("measured", "web>mq")]), "web>db") is Standing.DECLARED
    seen = merge([declared, part("measured", "web>cache web>cart", ["cart"])])
    assert standing(seen, "web>db") is Standing.NEVER_SEEN
    assert standing(seen, "cart>db") is Standing.DECLARED
    assert standing(seen, "web>psp.com") is Standing.DECLARED


def test_broker_that_hands_out_messages_is_no_measured_caller(part):
    """What it asks itself nobody would have seen."""
    declared = part("declared", "kafka>zookeeper mailer>kafka", ["kafka", "mailer", "zookeeper"])
    declared.add_node("kafka", kind="queue")

    graph = merge([declared, part("measured", "kafka>mailer")])

    assert standing(graph, "kafka>zookeeper") is Standing.DECLARED
    assert standing(graph, "kafka>mailer") is Standing.CONFIRMED
    assert len(graph.edges) == 2


def test_measurement_alone_is_no_deviation(part):
    """Without anything declared of the caller there is nothing to deviate from."""
    graph = merge([part("measured", "web>cart web>web"), part("declared", nodes=["other"])])

    assert standing(graph, "web>cart") is Standing.MEASURED
    assert len(graph.edges) == 1


def test_journeys_follow_the_merged_names(part):
    """One that two files have is one."""
    first, second = part("written", nodes=["cart-service"]), part("written", nodes=["cartservice"])
    second.journeys += [
        {"name": "buy", "entry": "cartservice", "needs": ["cartservice", "gone"]},
        {"name": "x", "entry": "?"},
    ]
    second.journeys.append({"name": "buy", "entry": "cartservice"})

    assert list(merge([first, second]).journeys) == [
        {"name": "buy", "entry": "cart-service", "needs": ["cart-service", "gone"]},
        {"name": "x", "entry": "?"},
    ]


def test_sources_are_listed_with_what_they_could_not_say(part):
    """Problems and notes name their source; a note is said once."""
    one = part("declared", "a>b", source="k8s/")
    one.problems.append("x.yaml: broken")
    one.notes += ["left out", "left out"]

    graph = merge([one])

    assert graph.sources == (("k8s/", Basis.DECLARED, 2, 1),)
    assert graph.problems == ("k8s/: x.yaml: broken",)
    assert graph.notes == ("k8s/: left out",)
    assert not graph.nodes[0].is_defined
    assert graph.nodes[0].kind == ""
