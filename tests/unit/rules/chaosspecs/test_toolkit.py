"""Chaos Toolkit experiments: two injectors, an undo that is always played, and nothing else."""

from datetime import timedelta

import pytest
from tests.unit.rules.chaosspecs.cases import make_experiment, put

from fermata.kit.errors import UserError
from fermata.rules.chaosspecs.mesh_write import write_object
from fermata.rules.chaosspecs.toolkit import write_toolkit
from fermata.rules.chaosspecs.validation import validate_spec

BY_MESH = write_toolkit(make_experiment())
BY_PROXY = write_toolkit(make_experiment(address="127.0.0.1:8474"))
BEGIN, END = "method.0.provider", "rollbacks.0.provider"


def test_undo_is_always_played_and_the_steady_state_always_watched():
    """The toolkit's own defaults leave a fault behind when a run fails."""
    assert BY_MESH["runtime"] == {
        "rollbacks": {"strategy": "always"},
        "hypothesis": {"strategy": "continuously", "fail_fast": True, "frequency": 1.0},
    }
    assert [probe["name"] for probe in BY_MESH["steady-state-hypothesis"]["probes"]] == ["browse answers"]
    assert (validate_spec(BY_MESH), validate_spec(BY_PROXY)) == ((), ())


def test_cluster_fault_is_our_own_object():
    """What is created carries its own end; what is deleted is just that."""
    resource = write_object(make_experiment())
    place = {"group": "chaos-mesh.org", "version": "v1alpha1", "plural": "networkchaos", "ns": "staging-shop"}

    assert BY_MESH["method"][0]["provider"]["arguments"] == {**place, "resource": resource}
    assert BY_MESH["rollbacks"][0]["provider"]["arguments"] == {**place, "name": "exp-1"}
    assert BY_MESH["method"][0]["pauses"] == {"after": 300}


def test_proxy_fault_has_a_lease_of_its_whole_length_and_a_token_from_outside():
    """Nobody renews, and no file holds a token."""
    begin = BY_PROXY["method"][0]["provider"]

    assert begin["url"] == "http://127.0.0.1:8474/v1/begin"
    assert (begin["arguments"]["ttl_s"], begin["arguments"]["longest_s"]) == (300, 315)
    assert begin["headers"]["Authorization"] == "Bearer ${token}"
    assert BY_PROXY["secrets"]["faultproxy"]["token"] == {"type": "env", "key": "FERMATA_FAULTPROXY_TOKEN"}
    assert BY_PROXY["rollbacks"][0]["provider"]["arguments"] == {"experiment": "exp-1"}


def test_address_may_carry_its_scheme():
    """Both ways that people write a control port."""
    written = write_toolkit(make_experiment(address="http://127.0.0.1:8474/"))

    assert written["rollbacks"][0]["provider"]["url"] == "http://127.0.0.1:8474/v1/withdraw"


def test_only_hit_journeys_are_watched_when_there_are_no_others():
    """A watch that ends it too early is better than none."""
    hit = make_experiment().checks[1]

    written = write_toolkit(make_experiment(whole={"checks": (hit,)}))

    assert [probe["name"] for probe in written["steady-state-hypothesis"]["probes"]] == ["pay answers"]


def test_fault_that_outlives_any_lease_is_refused():
    """The toolkit renews nothing."""
    with pytest.raises(UserError, match="longer than a lease"):
        write_toolkit(make_experiment(address="127.0.0.1:1", whole={"duration": timedelta(minutes=16)}))


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (put(BY_MESH, "rollbackz", []), "rollbackz: there is no such field"),
        (put(BY_MESH, "rollbacks", None), "rollbacks: it is required"),
        (put(BY_MESH, "runtime.rollbacks.strategy", "sometimes"), "runtime.rollbacks.strategy: "),
        (put(BY_MESH, "runtime.rollbacks.strategy", "default"), "runtime.rollbacks.strategy: "),
        (put(BY_MESH, "runtime.hypothesis.fail_fast", False), "runtime.hypothesis.fail_fast: "),
        (put(BY_MESH, "steady-state-hypothesis.probes", []), "steady-state-hypothesis.probes: "),
        (put(BY_MESH, f"{BEGIN}.module", "os"), "method[0].provider.python.module: "),
        (put(BY_MESH, f"{BEGIN}.type", "process"), "method[0].provider: "),
        (put(BY_MESH, "steady-state-hypothesis.probes.0.provider.method", "POST"), "a look changes nothing"),
        (put(BY_MESH, "method.0.pauses", None), "undone before anybody has seen it"),
        (put(BY_MESH, "method.0.pauses.after", 301), "longer than 300 s"),
        (put(BY_MESH, f"{BEGIN}.func", "delete_custom_object"), "the method creates an object"),
        (put(BY_MESH, f"{BEGIN}.arguments.resource", None), "arguments.resource: it is required"),
        (put(BY_MESH, f"{BEGIN}.arguments.resource.spec.mode", "all"), "arguments.resource.spec.mode: all takes"),
        (put(BY_MESH, f"{BEGIN}.arguments.ns", "prod"), "they are not those of the object"),
        (put(BY_MESH, f"{END}.arguments.name", "exp-2"), "they delete another object, or none"),
        (put(BY_MESH, "rollbacks", BY_PROXY["rollbacks"]), "it does not undo what the method does"),
        (put(BY_PROXY, f"{BEGIN}.url", "http://127.0.0.1:8474/v1/start"), "only POST /v1/begin"),
        (put(BY_PROXY, f"{BEGIN}.method", "GET"), "only POST /v1/begin"),
        (put(BY_PROXY, f"{END}.url", "http://other/v1/withdraw"), "only POST /v1/withdraw of the same proxy"),
        (put(BY_PROXY, f"{END}.headers", {}), "rollbacks[0].provider.headers.Authorization"),
        (put(BY_PROXY, f"{BEGIN}.headers.Authorization", "Bearer abc"), "never a token itself"),
        (put(BY_PROXY, f"{BEGIN}.arguments.ttl_s", 901), "method[0].provider.arguments.ttl_s: "),
        (put(BY_PROXY, f"{BEGIN}.arguments", None), "arguments.experiment: it is required"),
        (put(BY_PROXY, f"{END}.arguments.experiment", "exp-2"), "they end another experiment"),
    ],
)
def test_what_the_toolkit_takes_silently_is_refused(document, words):
    """A misspelt undo, a strategy that does not exist, an activity that nobody knows."""
    problems = validate_spec(document)

    assert any(words in problem for problem in problems), problems
