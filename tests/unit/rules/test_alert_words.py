"""What an alert's name says, and what grouping makes of it."""

from datetime import timedelta

import pytest

from fermata.rules.alert_words import list_spoken_of, split_words, tells_of_calls
from fermata.rules.grouping import Candidate, CandidateIndex, GroupingSettings, Topology, choose_incident

CALLS = Topology(edges=(("checkout", "ledger"), ("ledger", "mail"), ("mail", "checkout")))


@pytest.fixture(scope="session")
def decide(build_alert, build_incident, noon):
    """Give the decision on the last alert, seconds after each of the others opened an incident."""

    def ask(*known, after_s=10, topology=CALLS):
        *before, new = known
        index = CandidateIndex()
        for number, (name, labels) in enumerate(before, start=1):
            first = build_alert(name, labels, fingerprint=str(number))
            index.put(Candidate(incident=build_incident(first, id=f"inc-{number}"), alerts=(first,)))
        alert = build_alert(new[0], new[1], fingerprint="new", after_s=after_s)
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
        ("HighFailureRate", True),
        ("CheckoutHealthCheckFailed", True),
        ("Exceptions of checkout", True),
        ("Checkout is degraded", True),
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


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("checkout is down", {"checkout"}),
        ("Checkout", {"checkout"}),
        ("CheckoutDown", {"checkout"}),
        ("[FIRING:1] payments error rate above 5 %", {"payments"}),
        ("High latency on checkout-api.", {"high", "checkout-api"}),
        ("Service payments cannot be reached", {"payments"}),
        ("booking: pay flow fails", {"booking"}),
        ("🔴 checkout - slow", {"checkout"}),
    ],
)
def test_name_speaks_of_its_subject_and_of_what_it_ends_with(name, meant):
    """As people and tools write it; a word too many is harmless, as no service is called so."""
    assert list_spoken_of(name) == meant


@pytest.mark.parametrize(
    "name", ["-" * 60, "[]" * 40, "!" * 60 + "checkout!", "()" * 40 + "x?", "on a" + ".-" * 5_000 + "!", "on " * 5_000]
)
def test_name_of_signs_alone_is_read_in_no_time(name):
    """Whoever may send an alert may call it so, and all others wait until it is read."""
    assert not list_spoken_of(name) & {"checkout"}


def test_name_speaks_of_the_host_in_its_address():
    """As an uptime monitor without a name says it."""
    assert "profile" in list_spoken_of("DOWN: https://profile.example.com/healthz")


@pytest.mark.parametrize(
    "name",
    [
        "Rate limit of the payment provider's API nearly reached",
        "API rate limit reached",
        "checkout-recommendations job failed",
        "Certificate expires in 3 days",
    ],
)
def test_word_in_a_sentence_is_no_name(name):
    """`api` or `checkout` stands there by chance, or as a part of another name."""
    assert not list_spoken_of(name) & {"api", "checkout", "payment"}


@pytest.mark.parametrize("labels", [{"service": "checkout"}, {"job": "checkout", "instance": "10.0.0.8:80"}])
def test_words_name_what_the_labels_of_another_alert_name(decide, labels):
    """An uptime monitor says it in a sentence, Prometheus in labels: one trouble, whichever is heard first."""
    said, labelled = ("checkout is down", {}), ("HighErrorRate", labels)

    after, before = decide(labelled, said), decide(said, labelled)

    assert (after.incident_id, after.reason.rule, before.incident_id) == ("inc-1", "words", "inc-1")
    assert after.reason.text == "its name speaks of checkout, the same as alert HighErrorRate, 10s apart"
    assert before.reason.text == "same checkout, by the words of its name, as alert checkout is down, 10s apart"


@pytest.mark.parametrize(
    "others",
    [
        [("HighErrorRate", {"service": "cart"})],
        [("cart is down", {})],
        [("HighErrorRate", {"service": "checkout", "environment": env}) for env in ("staging", "production")],
    ],
)
def test_words_join_nothing_in_doubt(decide, others):
    """Another service, words on both sides, or two incidents that they fit: a card too many hides nothing."""
    assert decide(*others, ("checkout is down", {})).incident_id is None


@pytest.mark.parametrize(("said", "job"), [("Node down", "node"), ("node-exporter is down", "node-exporter")])
def test_words_are_about_no_job_that_reads_every_host(decide, said, job):
    """A full disk on any host would join the outage of one."""
    labelled = ("HostHighCpuLoad", {"job": job, "instance": "web-7:9100"})

    assert decide((said, {}), labelled).incident_id is None
    assert decide(labelled, (said, {})).incident_id is None


def test_words_of_two_incidents_say_that_they_are_ambiguous(decide):
    """Whoever merges by hand sees what it might have been."""
    others = [("HighErrorRate", {"service": "checkout", "environment": env}) for env in ("staging", "production")]

    assert all("more than one open incident" in text for text in decide(*others, ("checkout is down", {})).rejected)


def test_words_count_within_the_window_and_the_place(decide):
    """As for what labels name."""
    labelled = ("HighErrorRate", {"service": "checkout", "environment": "staging"})

    assert decide(labelled, ("checkout is down", {}), after_s=601).incident_id is None
    assert decide(labelled, ("checkout is down", {"environment": "production"})).incident_id is None
