"""Numbers that are a status, and numbers that only look like one."""

import re

import pytest

from fermata.rules.changes.links import list_signs, measure_rarity
from fermata.rules.changes.live import Rollouts
from fermata.rules.changes.statuses import drop_numbers, drop_statuses, status

REPORTED = re.compile(status("429"), re.IGNORECASE)


@pytest.mark.parametrize(
    "text",
    [
        "429 Too Many Requests",
        "ERROR maps answered 429",
        "ERROR maps: 429",
        "Request failed with status code 429",
        "HTTPError: 429 Client Error",
        'POST /v1/geo HTTP/1.1" 429 0',
        "status=429",
        "statusCode: 429",
        "GET https://api.acme.example/x 429",
        "POST /x -> 429",
        "retry after (429)",
        "upstream_status=429",
        "got a 429 from maps",
    ],
)
def test_status_stays_one(text):
    """Its context says so, in whatever form."""
    assert REPORTED.search(drop_numbers(text))


@pytest.mark.parametrize(
    "text",
    [
        "ERROR render page 7 rows=429: out of paper",
        "ERROR user 429 upload failed",
        "ERROR 429 of 500 rows imported",
        "ERROR request 429 timed out",
        "ERROR checkout took 429 ms",
        "ERROR got 429 rows",
        "ERROR rows: 429",
        "ERROR shard #429 is gone",
        "ERROR took 0.429",
        "ERROR total was 429.50",
    ],
)
def test_number_of_other_things_is_none(text):
    """A count, a page, a user, a duration and an amount are no status."""
    assert not REPORTED.search(drop_numbers(text))


def test_name_of_a_number_is_kept():
    """The number goes, the word stays."""
    assert drop_numbers("timeout=500 took 404 ms of 300") == "timeout=  took   ms of 300"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("GET /orders/7 500 30012ms", "GET /orders/7   30012ms"),
        ('"POST /v1/geo HTTP/1.1" 503 0', '"POST /v1/geo HTTP/1.1"   0'),
        ("GET /orders took 500 ms", "GET /orders took 500 ms"),
        ("GET /orders 500 ms", "GET /orders 500 ms"),
        ("503 of 900 rows", "503 of 900 rows"),
    ],
)
def test_what_a_request_was_answered_with_is_dropped(text, left):
    """Durations and counts stay."""
    assert drop_statuses(text) == left


@pytest.mark.parametrize(
    ("line", "is_tied"),
    [
        ("ALTER TABLE orders ADD CHECK (length(note) < 500);", False),
        ("MAX_ITEMS=500", False),
        ("response_timeout: 500", False),
        ("status.interval = 500", False),
        ("response.status = 500", True),
        ("return abort(500)", True),
        ("error_page 500 /50x.html;", True),
    ],
)
def test_status_of_an_answer_is_no_number_of_anything_else(incident, line, is_tied):
    """Every failing request is answered with one; only a change that speaks of answers may have set it."""
    incident.log("shop", (-3, 30, "ERROR GET /orders 500 30012ms: something is amiss"))
    incident.change("cfg-1", 5, f"@@ a.conf @@\n+{line}", kind="config")

    (change,), symptoms = incident.list_changes(), incident.read()
    effect = Rollouts([change], began_at=symptoms.began_at).judge(change)

    signs = list_signs(change, effect, symptoms, measure_rarity([change]))

    assert any(sign.name == "number" for sign in signs) is is_tied
