"""What an alert's name says, and what grouping makes of it."""

from datetime import timedelta

import pytest

from fermata.rules.alert_words import split_words, tells_of_calls
from fermata.rules.grouping import Candidate, CandidateIndex, GroupingSettings, Topology, choose_incident

CALLS = Topology(edges=(("checkout", "ledger"), ("ledger", "mail"), ("mail", "checkout")))


@pytest.fixture(scope="session")
def decide(build_alert, build_incident, noon):
    """Give the decision on an alert that starts ten seconds after that of the one open incident."""

    def ask(known, new, topology=CALLS):
        first = build_alert(known[0], known[1], fingerprint="1")
        index = CandidateIndex()
        index.put(Candidate(incident=build_incident(first, id="inc-1"), alerts=(first,)))
        alert = build_alert(new[0], new[1], fingerprint="2", after_s=10)
        return choose_incident(alert, "", index, topology, GroupingSettings(), noon + timedelta(minutes=1))

    return ask


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("HighErrorRate", "high error rate"),
        ("KubePodNotReady", "kube pod not ready"),
        ("checkout_down", "checkout down"),
        ("HTTPLatencyP99", "http latency p99"),
        ("DOWN: the shop", "down: the shop"),
    ],
)
def test_name_is_read_as_its_words(name, words):
    """Rules are called in one word, monitors in a sentence."""
    assert split_words(name) == words


@pytest.mark.parametrize(
    ("name", "of_calls"),
    [
        ("HighErrorRate", True),
        ("HTTP5xxHigh", True),
        ("TargetDown", True),
        ("KubePodCrashLooping", True),
        ("Checkout answers slowly, p99 above 2 s", True),
        ("DownloadFailed", False),
        ("CertificateExpiresSoon", False),
        ("DiskFull", False),
        ("OutOfMemory", False),
        ("BackupFailed", False),
    ],
)
def test_name_tells_whether_a_call_can_bring_it(name, of_calls):
    """Errors, slowness and outages spread from what is called; what a service has of its own does not."""
    assert tells_of_calls(name) is of_calls


@pytest.mark.parametrize(
    ("known", "new"),
    [
        (("DiskFull", {"service": "ledger"}), ("HighErrorRate", {"service": "checkout"})),
        (("HighErrorRate", {"service": "checkout"}), ("DiskFull", {"service": "ledger"})),
    ],
)
def test_caller_that_suffers_belongs_to_its_callee(decide, known, new):
    """Whatever ails the callee, and whichever is heard first."""
    assert decide(known, new).reason.rule == "topology"


@pytest.mark.parametrize(
    ("known", "new"),
    [
        (("DiskFull", {"service": "ledger"}), ("CertificateExpiresSoon", {"service": "checkout"})),
        (("CertificateExpiresSoon", {"service": "checkout"}), ("DiskFull", {"service": "ledger"})),
        # The callee's own errors explain no trouble of its caller's disk, and a caller brings none to its callee.
        (("HighErrorRate", {"service": "ledger"}), ("DiskFull", {"service": "checkout"})),
    ],
)
def test_callers_own_trouble_is_not_its_callees(decide, known, new):
    """In a small house all call all: two troubles that have nothing to do with calls stay two, and it says why."""
    decision = decide(known, new)

    assert decision.incident_id is None
    assert "nothing that a call brings" in decision.rejected[0]
