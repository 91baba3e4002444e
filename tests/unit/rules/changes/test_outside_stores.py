"""How what fails outside of any change is worded by clocks, disks, stores and clients, and what only looks like it."""

import pytest

from fermata.rules.changes.outside import find_outside


@pytest.fixture
def outside(incident):
    """Give a function that returns what the incident speaks for, by cause."""
    return lambda: {found.cause: found for found in find_outside(incident.read())}


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("ERROR An error occurred (RequestTimeTooSkewed) when calling the PutObject operation", "clock_skew"),
        ("ERROR The difference between the request time and the current time is too large.", "clock_skew"),
        ("ERROR chronyd: System clock wrong by -1187.332194 seconds", "clock_skew"),
        ("ERROR kernel: EXT4-fs (nvme1n1): Remounting filesystem read-only", "hardware_failure"),
        ("ERROR kernel: nvme nvme1: I/O 512 QID 4 timeout, aborting", "hardware_failure"),
        ("ERROR XMinioStorageFull: Storage backend has reached its minimum free drive threshold", "disk_full"),
        ("ERROR flood stage disk watermark [95%] exceeded on [n3]", "disk_full"),
    ],
)
def test_failure_that_says_so_in_these_words_names_its_cause(incident, outside, line, cause):
    """The line is quoted as it was said."""
    incident.calm("shop").log("shop", (-3, 30, line))

    assert outside()[cause].quotes[0].text.endswith(line)


@pytest.mark.parametrize(
    "line",
    [
        "ERROR mkdir /etc/x: Read-only file system",
        "ERROR could not extend file: Read-only file system",
        "ERROR checkout has minimum free delivery threshold 20",
    ],
)
def test_file_system_that_takes_no_writes_is_no_full_one(incident, outside, line):
    """It was mounted so, or the kernel made it so: room is not what it lacks."""
    incident.calm("shop").log("shop", (-3, 30, line))

    assert "disk_full" not in outside()


@pytest.mark.parametrize(
    "line",
    [
        "ERROR ApiError(429, 'circuit_breaking_exception', '[parent] Data too large, data for [<http_request>]')",
        "ERROR search failed: status 429, es_rejected_execution_exception: queue capacity 1000",
        "ERROR index [p] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark]",
    ],
)
def test_store_of_our_own_that_answers_429_is_no_other_party(incident, outside, line):
    """Elasticsearch says so for want of heap, of room in a queue, or on a disk."""
    incident.calm("shop").log("shop", (-3, 30, line))

    assert "third_party_limit" not in outside()


@pytest.mark.parametrize(
    "line",
    [
        "WARN [Consumer clientId=consumer-fulfil-1, groupId=fulfil] poll timeout has expired: # records too large",
        "WARN [Producer clientId=producer-1] Connection to node # timed out, slow",
        "WARN <BrokerConnection client_id=kafka-python-2.0, node_id=1> # records too large, timeout",
    ],
)
def test_name_of_who_speaks_is_not_what_it_is_about(incident, outside, line):
    """Kafka's clients head each line with their own name; so all of theirs have the same."""
    incident.calm("shop").log("shop", (-3, 90, line))

    assert not {"bad_input_data", "noisy_neighbour"} & outside().keys()


def test_link_that_explains_is_no_other_party(incident, outside):
    """The error's own documentation answers nobody."""
    incident.calm("shop").log(
        "shop", (-3, 30, "ERROR timed out (Background on this error at: https://sqlalche.dev/e/3)")
    )

    assert "third_party_outage" not in outside()
