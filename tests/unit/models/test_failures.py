import json
import socket
import ssl

import pytest
from httpx2 import RemoteProtocolError, Response

from fermata.domain.model import AttemptOutcome
from fermata.models.failures import Said, describe_failure, read_said


class OddError(Exception):
    """An error with whatever a provider adds to it."""

    def __init__(self, text="odd", **facts):
        super().__init__(text)
        vars(self).update(facts)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (IndexError("list index out of range"), AttemptOutcome.BAD_ANSWER),
        (TimeoutError(), AttemptOutcome.TIMED_OUT),
        (ConnectionResetError("reset"), AttemptOutcome.UNREACHABLE),
        (OddError(), AttemptOutcome.BAD_ANSWER),
    ],
)
def test_any_error_is_a_failed_call(error, said):
    """Also one that no adapter should raise."""
    assert describe_failure(error).said is said


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"error": {"message": "No credit"}}, "402: No credit"),
        ({"Error": {"Message": "No credit", "Code": "x"}}, "402: No credit"),
        ({"detail": "No credit"}, "402: No credit"),
        ('{"error": "No credit"}', "402: No credit"),
        ("<html>No credit</html>", "402: No credit"),
        ([{"error": {"message": "No credit"}}], "402: No credit"),
        ([], "402: odd"),
        ({"error": {"code": 1}}, "402: odd"),
        (None, "402: odd"),
    ],
)
def test_providers_own_sentence_is_kept(body, expected):
    """Wherever it stands in the body."""
    assert describe_failure(OddError(body=body, status_code=402)).message == expected


@pytest.mark.parametrize(
    ("words", "facts", "expected"),
    [
        ("Please try again in 7m12s. Visit", {}, 432),
        ("Please try again in 1h12m1.5s.", {}, 4321.5),
        ("Please try again in 6ms", {}, 0.006),
        ("Please retry in 34.07s.", {}, 34.07),
        ("Please retry in 34.07s.", {"retry_after": 2.0}, 2.0),
        ("Please try again in a while", {}, None),
        ("Try again in 3 of our regions", {}, None),
    ],
)
def test_wait_is_read_from_words_where_no_header_says_it(words, facts, expected):
    """Else a limit of the day is met again every five minutes, and one of a minute is left alone by a guess."""
    failure = describe_failure(OddError(status_code=429, body=[{"error": {"message": words}}], **facts))

    assert failure.retry_after_s == pytest.approx(expected)


def test_words_of_an_error_are_redacted_and_cut():
    """A provider may repeat the prompt, or the key."""
    failure = describe_failure(OddError("password=correct-horse-battery " + "x" * 5000))

    assert "correct-horse" not in failure.message
    assert len(failure.message) <= 600


def test_refused_connection_was_never_sent():
    """Such a call cannot have cost anything; a reset one can."""
    from httpx2 import ConnectError, ReadError

    refused, reset = OddError(), OddError(phase="read")
    refused.__cause__ = ConnectError("refused")
    reset.__cause__ = ReadError("reset")

    assert not describe_failure(refused).was_sent
    assert not describe_failure(OddError(phase="connect")).was_sent
    assert describe_failure(reset).was_sent


def test_code_and_pause_are_handed_on():
    """For the rules to read."""
    failure = describe_failure(
        OddError(provider_error_code="insufficient_quota", provider_error_type="billing", retry_after=3.0)
    )

    assert (failure.code, failure.retry_after_s) == ("insufficient_quota billing", 3.0)
    assert failure.message.endswith(" (it asks to wait 3s)")


def test_cut_leaves_no_half_of_a_key():
    """An endpoint may say so much before it repeats the key that the words end in the middle of it."""
    key = "plain-house-key-of-forty-characters-more"
    for length in range(540, 601):
        assert "plain-house" not in describe_failure(OddError("x" * length + " " + key), key).message


@pytest.mark.parametrize(
    ("cause", "why"),
    [
        (socket.gaierror(-2, "Name or service not known"), "its name does not resolve (Name or service not known)"),
        (ConnectionRefusedError(111, "Connect call failed"), "nothing listens there"),
        (ConnectionResetError(104, "reset"), "it may speak https only"),
        (RemoteProtocolError("Server disconnected"), "before its answer was whole (Server disconnected)"),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number"), "is its address http, not https?"),
        (ValueError("x"), "Connection error."),
    ],
)
def test_missing_connection_says_what_misses(cause, why):
    """SDKs say the same three words of a name, a certificate and a closed port."""
    error = OddError("Connection error.")
    error.__cause__ = OddError()
    error.__cause__.__cause__ = cause

    assert why in describe_failure(error).message


def test_certificate_that_is_not_accepted_says_what_to_set():
    """It is the one case in which a house's own endpoint is right and we are not."""
    cause = ssl.SSLCertVerificationError(1, "certificate verify failed")
    cause.verify_message = "self-signed certificate"
    error = OddError("Connection error.")
    error.__cause__ = cause

    failure = describe_failure(error)

    assert "not accepted (self-signed certificate)" in failure.message
    assert "SSL_CERT_FILE" in failure.message
    assert (failure.is_lasting, failure.was_sent) == (True, False)


@pytest.mark.parametrize(
    ("reason", "is_lasting"), [("WRONG_VERSION_NUMBER", True), ("UNEXPECTED_EOF_WHILE_READING", False)]
)
def test_tls_that_nobody_speaks_there_lasts(reason, is_lasting):
    """Plain HTTP is no TLS a moment later either; a connection that broke in the middle of it may be well again."""
    cause = ssl.SSLError(1, f"[SSL: {reason}]")
    cause.reason = reason
    error = OddError("Connection error.")
    error.__cause__ = cause

    assert describe_failure(error).is_lasting is is_lasting


@pytest.mark.parametrize(
    ("location", "told"),
    [
        ("https://login.example.com:8443/sso?token=abc", "https://login.example.com,"),
        ("/v2/x", "another path,"),
        ("http://[abc/", "what is no address,"),
    ],
)
def test_redirect_names_the_server_it_leads_to(location, told):
    """It is not followed, so a person must write the address; what else stands in it may be a secret."""
    error = OddError("Error code: 307")
    error.__cause__ = OddError("Error code: 307", response=Response(307, headers={"location": location}))

    failure = describe_failure(error)

    assert (failure.status, failure.is_lasting) == (307, True)
    assert f"it redirects to {told}" in failure.message
    assert "abc" not in failure.message


def test_answer_that_is_no_redirect_has_no_such_status():
    """What an error carries along of a good answer says nothing of a redirect."""
    assert describe_failure(OddError("odd", response=Response(200))).status is None


def test_page_of_an_error_is_told_by_its_words():
    """A proxy in front of a server that is down writes for browsers."""
    page = "<html>\r\n<head><title>503 Service Unavailable</title></head>\r\n<body><hr>nginx</body></html>"

    message = describe_failure(OddError("odd", status_code=503, body=page)).message

    assert message == "503: 503 Service Unavailable nginx"


def test_words_of_a_provider_beat_those_of_the_connection():
    """An answer with a status came over a connection that held."""
    error = OddError("odd", status_code=500)
    error.__cause__ = ConnectionResetError(104, "reset")

    assert describe_failure(error).message == "500: odd"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", '{"choices": [1], "error": "x"}'),
        ("application/json", "[1]"),
        ("application/json", "{"),
        ("text/plain", "ok"),
        ("application/json", "[" * 200_000),
    ],
)
def test_body_that_may_be_an_answer_says_nothing(kind, body):
    """Only an error or a page is known not to be one."""
    assert read_said(kind, body) is None


def test_error_in_a_body_without_words_is_still_one():
    """And a code that is no status is none."""
    assert read_said("application/json", '{"error": {"code": "x"}}') == Said(
        "it answers with an error: an error without words"
    )


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ({"code": 429}, 429),
        ({"code": "503"}, 503),
        ({"code": "invalid_api_key"}, 401),
        ({"code": None, "type": "overloaded_error"}, 529),
        ({"code": 7}, 200),
        ({"code": "9999"}, 200),
    ],
)
def test_error_in_a_body_is_read_as_the_status_it_names(error, status):
    """As a number, as digits, or by the word of the provider behind a gateway."""
    said = read_said("application/json", json.dumps({"error": {"message": "no", **error}}))

    assert said.to_failure().status == said.status == status


def test_what_came_instead_of_an_answer_is_no_models_doing():
    """A server that says it failed, and a page of whoever stands between; the page is there a moment later, too."""
    error = read_said("application/json", '{"error": "upstream connect error"}').to_failure()
    page = read_said("text/html", "<title>Sign in</title>").to_failure()

    assert (error.said, error.is_lasting) == (AttemptOutcome.OVERLOADED, False)
    assert (page.said, page.is_lasting, page.is_page) == (AttemptOutcome.UNREACHABLE, True, True)


@pytest.mark.parametrize(("body", "is_page"), [(" <html>blocked", True), ("blocked", False), ({"error": "<"}, False)])
def test_page_behind_an_error_is_told_from_an_apis_words(body, is_page):
    """A firewall forbids with a page."""
    assert describe_failure(OddError("odd", status_code=403, body=body)).is_page is is_page


@pytest.mark.parametrize(
    ("retry_after", "told"), [(30.0, "30s"), (32580.0, "9h 3m"), (2e9, "more than a day"), (float("inf"), "more than")]
)
def test_wait_that_a_provider_asks_for_is_readable(retry_after, told):
    """Some headers name a date in another century."""
    assert f"(it asks to wait {told}" in describe_failure(OddError("odd", retry_after=retry_after)).message
