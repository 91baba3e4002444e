"""What is cited must not say the opposite of what is claimed."""

import pytest

from fermata.rules.acceptance.opposites import find_opposite

SERVED = '10.0.2.4 "GET /healthz HTTP/1.1" 200 2 0.001s'
ACCEPTED = "connection accepted from 10.0.2.9:41212"
DIFF = (
    "--- a/config.yaml",
    "+++ b/config.yaml",
    " pool:",
    "-  max: 60",
    "+  max: 20",
    "-  tag: v1.2.0",
    "+  tag: v1.3.0",
)


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        ("ledger accepts no connections.", SERVED),
        ("ledger refuses connections.", SERVED),
        ("ledger is down and does not answer.", SERVED),
        ("checkout fails every request.", SERVED),
        ("checkout answers with 503.", SERVED),
        ("Nobody was served.", SERVED),
        ("No caller can connect.", SERVED),
        ("There were no errors at first, then ledger was unreachable.", SERVED),
        ("ledger rejects all connections.", ACCEPTED),
        ("ledger is unreachable.", "ledger listening on 8080"),
        ("ledger refuses connections.", 'level=info method=GET status=204 msg="done"'),
    ],
)
def test_request_that_was_served_proves_no_outage(text, cited):
    """A line of an access log with a 2xx, or a connection that was made, says the opposite."""
    assert "the opposite of the claim" in find_opposite(text, [cited, cited], ())


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        ("checkout had no errors.", SERVED),
        ("Nothing failed here.", SERVED),
        ("ledger is up.", SERVED),
        ("ledger answers its health check although it is down for its callers.", SERVED),
        ("Requests take so long that callers time out: latency is what broke.", SERVED),
        ("ledger fails under ten times the traffic.", SERVED),
        ("ledger recovered from the outage.", SERVED),
        ("ledger refuses connections.", "connection refused"),
        ("ledger refuses connections.", '"GET /healthz HTTP/1.1" 503 2'),
        ("ledger refuses connections.", '"GET /a HTTP/1.1" 200 2 upstream="GET /b HTTP/1.1" 502'),
        ("checkout fails.", '"POST /pay HTTP/1.1" 200 body="error: declined"'),
        ("ledger is down.", "max: 20"),
        ("The health check passes while the queue is down.", SERVED),
        ("The probe asks for a page that does not test the database, which is down.", SERVED),
        ("Orders fail with an error in the body.", SERVED),
        ("ledger failed over to the other zone.", SERVED),
        ("ledger is down.", '"POST /pay HTTP/1.1" 200 {"result":"declined"}'),
        ("ledger hangs.", ACCEPTED),
        (
            "ledger listens on 127.0.0.1 alone, and nobody reaches it from outside.",
            "ledger listening on 127.0.0.1:8080",
        ),
        ("ledger listens on port 8081, and callers cannot connect to 8080.", "ledger listening on :8081"),
    ],
)
def test_what_may_be_meant_otherwise_stands(text, cited):
    """That it is slow, asked too much or over is shown by requests that were served; and a failure shows itself."""
    assert find_opposite(text, [cited], ()) == ""


def test_one_line_that_fails_is_proof():
    """A request that was served beside it is context."""
    assert find_opposite("ledger refuses connections.", [SERVED, "connection refused"], ()) == ""
    assert find_opposite("ledger refuses connections.", (), ()) == ""


@pytest.mark.parametrize(
    "text", ["The pool went from 20 to 60.", "`tag` was moved from v1.3.0 to v1.2.0, which broke it"]
)
def test_change_the_other_way_is_refused(text):
    """What a diff takes away was there before."""
    assert "The diff says the opposite: it goes from" in find_opposite(text, (), DIFF)


@pytest.mark.parametrize(
    "text",
    [
        "The pool went from 60 to 20.",
        "The tag went from v1.2.0 to v1.3.0",
        "Put the pool back from 20 to 60.",
        "It should go from 20 to 60.",
        "Traffic moved from 3 to 7.",
        "Calls from checkout to ledger wait.",
        "Latency rose from 20 to 60 ms.",
        "Queries went from 20 to 60.",
    ],
)
def test_change_as_the_diff_has_it_stands(text):
    """And so does its remedy, and what the diff does not speak of."""
    assert find_opposite(text, (), DIFF) == ""


def test_value_that_comes_and_goes_is_not_weighed():
    """A diff with the same value on both sides tells no direction."""
    assert find_opposite("The pool went from 20 to 60.", (), (*DIFF, "-  min: 20", "+  hard: 60")) == ""
