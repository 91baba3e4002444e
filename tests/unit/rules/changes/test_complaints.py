"""Names and values of a change that a cluster complains of word for word."""

from time import process_time

import pytest

from fermata.domain.evidence import EvidenceKind
from fermata.rules.changes.complaints import judge_complaints, list_complaints, list_workload_names

TAG = "+++ b/apps/shop.yaml\n-    newTag: v2.13.2\n+    newTag: v2.41.0"
KEY = "+++ b/apps/config.yaml\n data:\n-  DB_HOST: pg\n+  DATABASE_HOST: pg"
VALUE = '+++ b/apps/config.yaml\n data:\n-  CACHE_TTL: 30s\n+  CACHE_TTL: "60"'
TYPO = "+++ b/dns/coredns.yaml\n-      forward . /etc/resolv.conf\n+      forwad . /etc/resolv.conf"
TAINT = '+++ b/nodes.tf\n+    key = "spot"'
NOT_FOUND = 'Failed to pull image "r.example/shop:{}": r.example/shop:{}: not found'


def warn(text, reason="Failed"):
    """Give the row of an event as `kubectl get events` prints it."""
    return f"2m          Warning   {reason}   pod/shop-6f7c9d4b8-q2xzl   {text}"


def judge(incident, diff, *lines, query=""):
    """Return what ties one change to lines of objects."""
    incident.add(EvidenceKind.OBJECTS, "shop", lines).change("c1", 5, diff)
    if query:
        incident.evidence[0] = incident.evidence[0].model_copy(update={"query": query})
    (change,) = incident.list_changes()
    return list(judge_complaints(change, incident.read()))


@pytest.mark.parametrize(
    ("diff", "line", "text"),
    [
        (TAG, warn(NOT_FOUND.format("v2.41.0", "v2.41.0")), "v2.41.0, which it brings"),
        (TAG.replace("v2.41.0", "9f1c2ab"), warn(NOT_FOUND.format("9f1c2ab", "9f1c2ab")), "9f1c2ab, which it brings"),
        (KEY, warn("Error: couldn't find key DB_HOST in ConfigMap shop/config"), "DB_HOST, which it takes away"),
        (KEY, "    message: couldn't find key DB_HOST in ConfigMap shop/config", "DB_HOST, which it takes away"),
        (TAG, "  Message:  chart shop at v2.41.0 not found", "v2.41.0, which it brings"),
        (TAG, "shop\tv2.13.2\tFalse\tFalse\tHelm upgrade failed for chart shop@v2.41.0", "v2.41.0, which it brings"),
        (VALUE, warn('Error: invalid value "60" for CACHE_TTL'), "60, which it gives CACHE_TTL"),
        (VALUE.replace("60", "6"), warn('Error: invalid value "6" for CACHE_TTL'), "6, which it gives CACHE_TTL"),
        (TYPO, warn("Error during parsing: Unknown directive 'forwad'"), "forwad, which it brings"),
        (TAINT, warn("0/5 nodes: 5 node(s) had untolerated taint {spot: true}.", "FailedScheduling"), "spot, which it"),
    ],
    ids=[
        "tag",
        "commit as a tag",
        "key",
        "message of an object",
        "message of a description",
        "row that is not ready",
        "value",
        "digit in quotes",
        "quoted word",
        "taint",
    ],
)
def test_what_one_side_has_and_is_complained_of_ties_the_change(incident, diff, line, text):
    """The line of the diff and that of the complaint are told."""
    (sign,) = judge(incident, diff, "NAME READY", line)

    assert (sign.name, sign.points) == ("constant", 2.5)
    assert sign.text.startswith(text)
    assert sign.text.endswith("is what is complained of")
    assert (sign.telling.number, sign.telling.text) == (2, line)
    assert sign.line.sign in "+-"


def test_pasted_log_of_a_program_complains_too(incident):
    """Of a program that ends on its settings nobody may have kept more."""
    (sign,) = judge(incident, TYPO, "Corefile:9 - Error: Unknown directive 'forwad'", query="kubectl logs coredns-1")

    assert sign.line.text.strip().startswith("forwad")


@pytest.mark.parametrize(
    ("diff", "line"),
    [
        (TAG, "2m          Normal    Pulled   pod/shop-1   Failed over to image r.example/shop:v2.41.0"),
        (TAG, warn("Back-off restarting r.example/shop:v2.41.0", "BackOff")),
        (TAG, warn(NOT_FOUND.format("v2.13.9", "v2.13.9"))),
        (TAG, warn('Failed to pull image "r.example/shop:v2.41.0": 429 Too Many Requests - toomanyrequests')),
        (TAG, warn('Failed to pull image "r.example/shop:v2.41.0": dial tcp: i/o timeout')),
        (TAG, warn('Failed to pull image "r.example/shop:v2.41.0": write /layer: no space left on device')),
        (TAG, warn('Failed to pull image "r.example/shop:v2.41.0": 401 Unauthorized')),
        (TYPO, warn("Error during parsing: it would forwad nothing")),
        (VALUE, warn('Error: invalid value "90" for CACHE_TTL')),
        (VALUE, warn('Error: invalid value "60" for OTHER_TTL')),
        ("+++ b/a.yaml\n-CACHE_TTL: 60\n+CACHE_TTL:", warn("Error: CACHE_TTL is not set")),
        ("+++ b/a.yaml\n-image: shop\n+image: ghcr.io/shop", warn("Error: ghcr.io/other: not found")),
        ("+++ b/a.yaml\n-memory: 512Mi\n+memory: 128Mi", warn("Error: 128Mi is invalid")),
        ("+++ b/a.yaml\n+host: 10.0.20.5", warn("Error: 10.0.20.5 is unknown")),
        ("+++ b/a.yaml\n+name: shop-api", warn("Error: shop-api-6f7c9d4b8-q2xzl: shop-api has failed")),
        ("+++ b/a.yaml\n name: old-config\n+also: old-config", warn('Error: configmap "old-config" not found')),
        ("+++ b/a.yaml\n+# the-old-config", warn('Error: configmap "the-old-config" not found')),
        ("+++ b/a.yaml\n+x: ___-___", warn('Error: "___-___" not found')),
        ("+++ b/a.yaml\n+timeout: 5m0s", warn("Error: failed: back-off 5m0s restarting failed container")),
        ("+++ b/a.yaml\n+at: 2026-11-26", warn("2026-11-26 14:48:10 error: it failed")),
        ("+++ b/a.yaml\n+mode: read-only", warn("Error: read-only file system is not found")),
        ("+++ b/a.yaml\n+image: a@sha256:aa11bb", warn("Error: b@sha256:cc22dd not found")),
        ("+++ b/a.yaml\n-RETRY_MAX: 2\n+RETRY_MAX: 3", warn("Error: RETRY_MAX reached, line 3 is invalid")),
    ],
    ids=[
        "no warning", "no complaint", "another tag", "too often", "no answer", "a full disk", "no rights",
        "an ordinary word", "another value",
        "another name", "no value", "a registry", "an amount", "an address", "a workload", "both sides", "a comment",
        "no name", "a duration", "a day", "two words", "a digest", "a digit",
    ],
)  # fmt: skip
def test_what_is_named_for_another_reason_ties_nothing(incident, diff, line):
    """What stands on both sides, in whatever is said of a workload, or in what finds no fault with the name."""
    assert judge(incident, diff, line) == []


def test_only_objects_complain(incident):
    """The words of logs are weighed as words."""
    incident.log("shop", (-3, 30, warn("Error: couldn't find key DB_HOST"))).change("c1", 5, KEY)

    assert list_complaints(incident.evidence) == ()
    assert list_workload_names(incident.evidence) == frozenset()


def test_names_of_workloads_are_read_from_those_of_their_pods(incident):
    """Of deployments, daemon sets and stateful sets; a name of two words is no pod's."""
    pods = "pod/shop-api-6f7c9d4b8-q2xzl agent-x2bcd redis-0 postgres-rw gp3-encrypted cart-6f7c9d4b8"
    incident.add(EvidenceKind.OBJECTS, "shop", [pods])

    assert list_workload_names(incident.evidence) == {"shop-api", "agent", "redis", "cart"}


def test_change_that_is_complained_of_is_named(incident):
    """It is tied more exactly than one that came later, to the same service."""
    incident.add(EvidenceKind.OBJECTS, "shop", [warn("Error: couldn't find key DB_HOST in ConfigMap shop/config")])
    incident.change("c1", 12, KEY).change("c2", 3, "+++ b/apps/other.yaml\n-  title: one\n+  title: two")

    assert incident.judge().guilty == "c1"


def test_long_diff_beside_many_complaints_is_soon_read(incident):
    """Each word is looked up, not sought in every complaint."""
    lines = [warn(f'Error: key "alpha_{at}a" not found in gamma-{at}.delta_{at}') for at in range(200)]
    rows = (f"+  k_{at}x: omega_{at}a.th_{at} r/p-{at}x:v{at}.2" for at in range(4000))
    diff = "\n".join(["+++ b/apps/shop.yaml", *rows])
    incident.add(EvidenceKind.OBJECTS, "shop", lines).change("c1", 5, diff)
    (change,), symptoms = incident.list_changes(), incident.read()
    began = process_time()

    found = list(judge_complaints(change, symptoms))

    assert found == []
    assert process_time() - began < 10  # Sought in every complaint it takes minutes.
