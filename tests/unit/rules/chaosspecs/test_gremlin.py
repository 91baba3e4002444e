"""Gremlin attacks: aimed by labels, ended by a length, and never without the way to stop them."""

import pytest
from tests.unit.rules.chaosspecs.cases import make_experiment, on_itself, put

from fermata.domain.experiment import FaultKind, FaultSpec
from fermata.kit.errors import UserError
from fermata.rules.chaosspecs.gremlin import write_attack
from fermata.rules.chaosspecs.validation import validate_spec

ATTACK = write_attack(make_experiment(ports=(8080,)))
CPU = write_attack(on_itself(FaultKind.CPU, load_percent=90))
CLUSTER = {
    "impactDefinition": {
        "cliArgs": ["latency", "-l", "300", "-m", "2000", "-p", "^53", "-h", "payment,^api.gremlin.com"],
        "length": 300,
    },
    "targetDefinition": {
        "strategy": {
            "k8sObjects": [
                {
                    "clusterId": "staging-1",
                    "namespace": "staging-shop",
                    "kind": "DEPLOYMENT",
                    "name": "checkout",
                    "uid": "uid-1",
                }
            ],
            "count": 1,
        }
    },
}


def test_latency_is_aimed_at_one_host_and_keeps_the_way_back():
    """Name look-ups and Gremlin's own API stay reachable."""
    assert ATTACK == {
        "command": {
            "type": "latency",
            "commandType": "Latency",
            "args": ["-l", "300", "-m", "2000", "-p", "8080,^53", "-h", "payment,^api.gremlin.com"],
        },
        "target": {
            "type": "Random",
            "containers": {"multiSelectLabels": {"app": ["checkout"], "io.kubernetes.pod.namespace": ["staging-shop"]}},
            "exact": "1",
        },
    }


@pytest.mark.parametrize(
    ("experiment", "args"),
    [
        (make_experiment(FaultSpec(kind=FaultKind.BLACKHOLE)), ["-l", "300", "-p", "^53", "-h"]),
        (on_itself(FaultKind.CPU, load_percent=90), ["-l", "300", "-p", "90", "-c", "1"]),
        (on_itself(FaultKind.MEMORY, memory_mb=200), ["-l", "300", "-m", "200"]),
    ],
)
def test_each_attack_passes_our_rules(experiment, args):
    """What the house writes, the house accepts."""
    attack = write_attack(experiment)

    assert attack["command"]["args"][: len(args)] == args
    assert validate_spec(attack) == ()


def test_uncounted_replicas_are_hit_by_share():
    """Without a namespace only the labels select; without a count a share does."""
    assert write_attack(make_experiment(replicas=None, namespace=""))["target"] == {
        "type": "Random", "containers": {"multiSelectLabels": {"app": ["checkout"]}}, "percent": 40,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("experiment", "words"),
    [
        (make_experiment(labels={}), "checkout has no labels"),
        (make_experiment(callee=""), "all traffic of the containers"),
        (make_experiment(FaultSpec(kind=FaultKind.CPU, load_percent=9)), "not a call"),
        (on_itself(FaultKind.KILL), "that ends when it is told to"),
        (
            make_experiment(FaultSpec(kind=FaultKind.LATENCY, latency_ms=9, status=500, failing_percent=5)),
            "one fault only for faultproxy",
        ),
    ],
)
def test_what_does_not_end_or_hits_too_much_is_not_written(experiment, words):
    """A shutdown has no length, and an attack without a host hits everything."""
    with pytest.raises(UserError, match=words):
        write_attack(experiment)


def test_attack_in_a_cluster_is_checked_too():
    """Somebody may bring one, though none is written here."""
    assert validate_spec(CLUSTER) == ()


def args(*words, of=ATTACK):
    """Give an attack with another command line."""
    return put(of, "command.args", list(words))


NETWORK = ("-p", "^53", "-h", "db,^api.gremlin.com")


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (put(ATTACK, "command.commandType", "CPU"), "CPU is not that of latency"),
        (put(ATTACK, "command.type", "shutdown"), "command.type: "),
        (put(ATTACK, "target.hosts", "all"), "target.hosts: there is no such field"),
        (put(ATTACK, "target.exact", None), "either a share or a count"),
        (put(ATTACK, "target.percent", 10), "either a share or a count"),
        (put(put(ATTACK, "target.exact", None), "target.percent", 60), "60 % of the replicas are more than 50 %"),
        (put(ATTACK, "target.containers.multiSelectLabels", {}), "multiSelectLabels: "),
        (args("-l", "301", "-m", "9", *NETWORK), "-l 301 is no number of seconds up to 300"),
        (args("-l", "x", "-m", "9", *NETWORK), "-l x is no number of seconds"),
        (args("-m", "9", *NETWORK), "-l is required"),
        (args("-l", "9", "-m", "9", "-p", "^53"), "-h is required"),
        (args("-l", "9", "-m", "9", "-p", "80", "-h", "db,^api.gremlin.com"), "-p must hold ^53"),
        (args("-l", "9", "-m", "9", "-p", "^53", "-h", "db"), "-h must hold ^api.gremlin.com"),
        (args("-l", "9", "-m", "9", "-p", "^53", "-h", "^api.gremlin.com"), "-h names no host"),
        (args("-l", "9", "-m", "9", "-p", "^53,x", "-h", "db,^api.gremlin.com"), "-p '^53,x' cannot be read"),
        (args("-l", "9", "-m", "soon", *NETWORK), "-m is no number of milliseconds"),
        (args("-l", "9", "-m", "9", "-d", "eth0", *NETWORK), "pairs of -h, -l, -m, -p"),
        (args("-l", "9", "-l", "9", "-m", "9", *NETWORK), "each at most once"),
        (args("-l", "9", "-m"), "and their values"),
        (args("-l", "9", "-p", "101", "-c", "1", of=CPU), "-p 101 is more than 100 %"),
        (args("-l", "9", "-p", "90", "-c", "all", of=CPU), "-c 'all' is no whole number"),
        (put(CLUSTER, "impactDefinition.length", 60), "it is not the -l of its own command line"),
        (put(CLUSTER, "impactDefinition.cliArgs", ["shutdown", "-d", "0"]), "'shutdown' is no attack that ends"),
        (put(CLUSTER, "targetDefinition.strategy.percentage", 30), "either a share or a count"),
        (put(CLUSTER, "targetDefinition.strategy.k8sObjects", []), "k8sObjects: "),
    ],
)
def test_unsafe_attack_is_refused_with_its_place(document, words):
    """Gremlin takes a length of a year, and an attack that cuts off its own agent."""
    problems = validate_spec(document)

    assert any(words in problem for problem in problems), problems
