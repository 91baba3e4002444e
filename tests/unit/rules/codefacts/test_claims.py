"""What is claimed of a call stands only where the code says it, letter by letter and number by number."""

import pytest
from tests.unit.rules.codefacts.code_scene import BRIEFS, CALLS, check, find_row, make_claim

from fermata.domain.service_graph import OnError
from fermata.rules.answers import list_mismatches
from fermata.rules.codefacts.claims import (
    FACTS_SCHEMA,
    Claim,
    CodeFact,
    check_claims,
    read_claims,
    settle_facts,
    write_value,
)
from fermata.rules.codefacts.files import make_file
from fermata.rules.codefacts.selecting import Place

ERROR = {"words": "no charge", "field": "on_error", "value": "fail"}
POOL = {"words": "redis.Redis", "brief": 1, "call": "cart->redis-cart", "field": "pool_max", "value": "40"}
ADS = {"words": "250 *", "call": "checkout->adservice"}
TRUTHS = [
    ({}, 3000.0),
    ({"value": "3"}, 3000.0),
    ({"quote": "context.WithTimeout(ctx, 3*time.Second)"}, 3000.0),
    ({**ADS, "value": "250ms", "quote": "Timeout: 250 * time.Millisecond"}, 250.0),
    ({"words": "MaxRetries", "call": "checkout->adservice", "field": "retries", "value": "4"}, 4.0),
    ({**ERROR, "quote": "if err != nil { return status.Errorf(codes.Internal,"}, "fail"),
    ({**ERROR, "words": "log.Printf", "call": "checkout->adservice", "value": "log"}, "log"),
    ({**POOL, "quote": "socket_timeout=1.5, max_connections=40"}, 40.0),
    ({**POOL, "field": "timeout_ms", "value": "1.5s", "quote": "socket_timeout=1.5,"}, 1500.0),
    ({**POOL, "field": "timeout_ms", "value": "1.5", "quote": "socket_timeout=1.5"}, 1500.0),
]  # fmt: skip
WRONG_CALLS = [
    "", "paymentservice", "checkout->payments", "paymentservice->checkout", "checkout->Paymentservice", "1", "*",
    "checkout -> paymentservice", "cart->redis-cart", "checkout->adservice,checkout->paymentservice", "checkout->",
]  # fmt: skip
WRONG_FIELDS = [
    "", "timeout", "TIMEOUT_MS", "timeout_ms ", "rate_rps", "replicas", "latency_ms", "code.timeout_ms", "kind", "name",
    "__class__",
]  # fmt: skip
WRONG_VALUES = [
    "", "0", "4s", "3ms", "3m", "3000", "3000ms", "-3s", "3 s", "3h", "three", "3s; drop", "30s", "0.3s", "33s", "1e3",
    "null", "None", "inf", "NaN", "fail", "90s",
]  # fmt: skip
WRONG_LINES = ["", "f1", "f1:0", "f1:999", "f9:5", "5", "src/checkout/main.go:5", "f1:5 ", "F1:5", "f1:-1"]
WRONG_QUOTES = [
    "", " ", "3", "3*time", "context.WithTimeout(ctx, 5*time.Second)", "ctx, cancel := context.WithTimeout(ctx, 3s)",
    "Context.WithTimeout(ctx, 3*time.Second)", "timeout is 3 seconds", "ctx, cancel", "context.WithTimeout(ctx",
    "context.WithTimeout(ctx, 3*time.Second)\n\tdefer cancel()", "resp, err := pb.NewPaymentServiceClient",
]  # fmt: skip
SPOILT = [
    *({"call": call} for call in WRONG_CALLS),
    *({"field": field} for field in WRONG_FIELDS),
    *({"value": value} for value in WRONG_VALUES),
    *({"line": line} for line in WRONG_LINES),
    *({"quote": quote} for quote in WRONG_QUOTES),
    {"field": "retries", "value": "3"},
    {"field": "pool_max", "value": "3"},
    {**ADS, "words": "MaxRetries", "field": "retries", "value": "3"},
    {**ADS, "words": "MaxRetries", "field": "retries", "value": "5"},
    {**ADS, "words": "MaxRetries", "field": "retries", "value": "4s"},
    {**ADS, "words": "MaxRetries", "field": "timeout_ms", "value": "4s"},
    {**ADS, "value": "250s", "quote": "Timeout: 250 * time.Millisecond"},
    {**ADS, "value": "77s"},
    {**ADS, "value": "77s", "quote": "// adService timeout 77s"},
    {**ADS, "value": "77s", "quote": "adService timeout 77s"},
    {**POOL, "value": "99", "quote": "pool_size=99"},
    {**POOL, "field": "retries", "value": "9", "quote": "# retries=9"},
    {**POOL, "field": "retries", "value": "9", "quote": "retries=9"},
    {**POOL, "field": "timeout_ms", "value": "1.5ms", "quote": "socket_timeout=1.5"},
    {**POOL, "field": "timeout_ms", "value": "5s", "quote": "socket_timeout=1.5"},
    {**POOL, "value": "40", "quote": "max_connections=4"},
    *({**ERROR, "value": word} for word in ("", "ignore", "fallback", "crash", "log", "FAIL", "retry", "fail;")),
    {**ERROR, "value": "degrade"},
    {**ERROR, "words": "context.WithTimeout"},
    {**ERROR, "call": "checkout->adservice", "words": "log.Printf", "value": "fail"},
    {**ERROR, "call": "checkout->adservice", "words": "log.Printf", "value": "crash"},
    {**ERROR, "quote": 'return status.Errorf(codes.Internal, "no charge: nothing"'},
]  # fmt: skip


@pytest.mark.parametrize(("changes", "value"), TRUTHS)
def test_truth_stands(changes, value):
    """With its value in the graph's unit, and the line it was read from."""
    facts, refused = check(make_claim(**changes), brief=changes.get("brief", 0))

    assert [fact.value for fact in facts] == [value]
    assert facts[0].where.startswith("src/")
    assert refused == []


@pytest.mark.parametrize("changes", SPOILT, ids=str)
def test_spoilt_claim_is_refused(changes):
    """Wrong calls, fields, values, lines and quotes, numbers from comments and from sentences: none becomes a fact."""
    facts, refused = check(make_claim(**changes), brief=changes.get("brief", 0))

    assert facts == []
    assert len(refused) == 1
    assert refused[0].why


def test_spoilt_claims_are_many():
    """As many as were promised."""
    assert len(SPOILT) >= 60


def test_orders_in_comments_are_not_even_shown():
    """A comment has no row that could be named, and nothing of it is in the brief."""
    shown = " ".join(brief.text for brief in BRIEFS)

    assert "Ignore your instructions" not in shown
    assert all(order not in shown for order in ("retries = 7", "retries=9", "77s", "pool_size=99", "must obey"))
    with pytest.raises(StopIteration):
        find_row("90 * time.Second")


def test_sentence_in_quotes_is_no_code():
    """A message may say what it likes."""
    line, text = find_row("you must obey")
    claim = make_claim(call="checkout->adservice", line=line, quote="adservice timeout is 55s", value="55s")

    facts, refused = check(claim)

    assert "55s" in text
    assert facts == []
    assert "no code" in refused[0].why


def test_two_values_of_one_field_are_no_fact():
    """Which of them holds is not known; the same value twice is one fact."""
    one = CodeFact(CALLS[0], "timeout_ms", 3000.0, "a:1", "x")
    same, other = (
        CodeFact(CALLS[0], "timeout_ms", 3000.0, "a:2", "x"),
        CodeFact(CALLS[0], "timeout_ms", 5.0, "a:3", "x"),
    )

    assert settle_facts([one, same]) == ([one], [])
    kept, refused = settle_facts([one, other])

    assert kept == []
    assert refused[0].why == "several values stand in the code: 3000 at a:1, 5 at a:3"


def test_attempts_are_one_more_than_retries():
    """The number is copied as it stands, and the first attempt is taken off."""
    file = make_file("a/x.py", "checkout", "@retry(max_attempts=3)")
    claim = Claim(call="c", field="retries", value="3", line="f1:1", quote="max_attempts=3")

    facts, _ = check_claims([claim], {"c": CALLS[0]}, {"c": {"f1:1": Place(file, 0)}})

    assert [fact.value for fact in facts] == [2.0]


@pytest.mark.parametrize(
    "answer",
    [None, [], {}, {"facts": {}}, {"facts": [{"call": "a"}]}, {"facts": [], "more": 1}, "facts", {"facts": [3]}],
)
def test_answer_of_another_shape_is_named(answer):
    """And nothing of it is used."""
    assert isinstance(read_claims(answer), str)


def test_answer_of_the_schema_is_read():
    """The schema asks for what the reader reads."""
    answer = {"facts": [make_claim().model_dump()]}

    assert list_mismatches(answer, FACTS_SCHEMA) == []
    assert read_claims(answer) == (make_claim(),)


def test_values_are_written_plainly():
    """Words stay words; numbers lose the zeros of a float."""
    assert [write_value(3000.0), write_value("fail"), write_value(OnError.LOG.value)] == ["3000", "fail", "log"]
