import pytest

from fermata.domain.model import AttemptOutcome
from fermata.rules.routing.failures import Failure, Scope, advise, classify, find_scope, may_be_about_form

O = AttemptOutcome  # noqa: E741 - the table below is read by its columns


@pytest.mark.parametrize(
    ("said", "status", "words", "expected"),
    [
        (O.RATE_LIMITED, 429, "Rate limit reached on tokens per min", O.RATE_LIMITED),
        (O.RATE_LIMITED, 429, "Request too large: too many tokens per min", O.RATE_LIMITED),
        (O.RATE_LIMITED, 429, "You exceeded your current quota, please check your plan and billing", O.OUT_OF_CREDIT),
        (
            O.RATE_LIMITED,
            429,
            "Rate limit reached on requests per day. See platform.openai.com/account/billing",
            O.RATE_LIMITED,
        ),
        (
            O.RATE_LIMITED,
            429,
            "Quota exceeded for aiplatform.googleapis.com/requests_per_minute_per_project",
            O.RATE_LIMITED,
        ),
        (
            O.RATE_LIMITED,
            429,
            "You exceeded your current quota, please check your billing. Please retry in 34.07s.",
            O.RATE_LIMITED,
        ),
        (O.OUT_OF_CREDIT, 429, "Rate limit reached", O.OUT_OF_CREDIT),
        (
            O.RATE_LIMITED,
            429,
            "litellm.RateLimitError: You exceeded your current quota, please check your billing",
            O.OUT_OF_CREDIT,
        ),
        (O.REFUSED, 400, "Your credit balance is too low; rate limits are on another page", O.OUT_OF_CREDIT),
        (O.OUT_OF_CREDIT, 400, "", O.OUT_OF_CREDIT),
        (O.REFUSED, 400, "Your credit balance is too low", O.OUT_OF_CREDIT),
        (O.REFUSED, 402, "pay", O.OUT_OF_CREDIT),
        (
            O.REFUSED,
            400,
            "You have reached your specified API usage limits. You will regain access on",
            O.OUT_OF_CREDIT,
        ),
        (O.REFUSED, 400, "You will regain access on 2026-12-01", O.OUT_OF_CREDIT),
        (O.REFUSED, 400, "Budget has been exceeded! Current cost: 5.2, Max budget: 5.0", O.OUT_OF_CREDIT),
        (O.REFUSED, 401, "ExceededTokenBudget: Current spend for token: 5.2; Max Budget: 5.0", O.OUT_OF_CREDIT),
        (O.RATE_LIMITED, 429, "ExceededBudget: User=ci over budget", O.OUT_OF_CREDIT),
        (O.REFUSED, 400, "max_tokens must be greater than thinking.budget_tokens", O.REFUSED),
        (O.REFUSED, 400, "thinking: the budget exceeded what this model takes", O.REFUSED),
        (O.RATE_LIMITED, 429, "You have reached your hourly usage limit", O.RATE_LIMITED),
        (O.BAD_ANSWER, 307, "Error code: 307", O.UNREACHABLE),
        (O.REFUSED, 401, "", O.UNAUTHORISED),
        (O.REFUSED, 403, "", O.UNAUTHORISED),
        (O.REFUSED, 407, "", O.UNREACHABLE),
        (O.REFUSED, 408, "", O.TIMED_OUT),
        (O.REFUSED, 413, "", O.CONTEXT_TOO_LONG),
        (O.CONTEXT_TOO_LONG, 400, "", O.CONTEXT_TOO_LONG),
        (O.REFUSED, 400, "This model's maximum context length is 8192 tokens", O.CONTEXT_TOO_LONG),
        (O.REFUSED, 400, "the request exceeds the available context size", O.CONTEXT_TOO_LONG),
        (O.REFUSED, 422, "Input is too long for requested model.", O.CONTEXT_TOO_LONG),
        (O.REFUSED, 400, "Invalid value: 'foo'", O.REFUSED),
        (O.REFUSED, 404, "The model does not exist", O.REFUSED),
        (O.RATE_LIMITED, 400, "ThrottlingException", O.RATE_LIMITED),
        (O.BAD_ANSWER, 418, "", O.REFUSED),
        (O.CANCELLED, 418, "", O.REFUSED),
        (O.BAD_ANSWER, 500, "", O.OVERLOADED),
        (O.OVERLOADED, 529, "Overloaded", O.OVERLOADED),
        (O.TIMED_OUT, None, "", O.TIMED_OUT),
        (O.UNREACHABLE, None, "", O.UNREACHABLE),
        (O.BAD_ANSWER, 200, "", O.BAD_ANSWER),
        (O.OVERLOADED, 200, "no provider", O.OVERLOADED),
        (O.OVERLOADED, 200, "Your credit balance is too low", O.OUT_OF_CREDIT),
        (O.OVERLOADED, 200, "prompt is too long", O.CONTEXT_TOO_LONG),
    ],
)
def test_failure_is_named_by_words_before_status(said, status, words, expected):
    """The provider's own words decide before its status does."""
    assert classify(Failure(said, status=status, message=words)) is expected


@pytest.mark.parametrize(("code", "expected"), [("budget_exceeded", O.OUT_OF_CREDIT), ("requests", O.RATE_LIMITED)])
def test_code_of_an_empty_account_decides_before_a_sentence_that_speaks_of_both(code, expected):
    """A budget of a proxy is one for a day; more of it is not there in fifteen seconds."""
    words = "Budget has been exceeded: 10 USD per day"

    assert classify(Failure(O.RATE_LIMITED, status=429, code=code, message=words)) is expected


@pytest.mark.parametrize(
    ("status", "expected"), [(200, O.UNREACHABLE), (403, O.UNREACHABLE), (401, O.UNAUTHORISED), (404, O.REFUSED)]
)
def test_page_is_no_word_of_an_api(status, expected):
    """A firewall that forbids says nothing of the key; a login may be about it."""
    assert classify(Failure(O.REFUSED, status=status, message="see the page", is_page=True)) is expected


@pytest.mark.parametrize(
    ("outcome", "facts", "expected"),
    [
        (O.RATE_LIMITED, {}, Scope.KEY),
        (O.OUT_OF_CREDIT, {}, Scope.KEY),
        (O.UNAUTHORISED, {}, Scope.KEY),
        (O.OVERLOADED, {}, Scope.TARGET),
        (O.TIMED_OUT, {}, Scope.TARGET),
        (O.BAD_ANSWER, {}, Scope.TARGET),
        (O.BAD_ANSWER, {"is_about_form": True}, Scope.REQUEST),
        (O.BAD_ANSWER, {"is_cut_off": True}, Scope.REQUEST),
        (O.CONTEXT_TOO_LONG, {}, Scope.WINDOW),
        (O.REFUSED, {}, Scope.REQUEST),
        (O.REFUSED, {"status": 404}, Scope.TARGET),
    ],
)
def test_failure_speaks_against_key_target_window_or_request(outcome, facts, expected):
    """A rate limit is the key's, an outage the target's, a long prompt the window's, a refusal nobody's."""
    assert find_scope(Failure(outcome, **facts), outcome) is expected


@pytest.mark.parametrize(
    ("outcome", "status", "expected"),
    [
        (O.REFUSED, 400, True),
        (O.REFUSED, 422, True),
        (O.REFUSED, 404, False),
        (O.REFUSED, None, False),
        (O.OUT_OF_CREDIT, 400, False),
        (O.OVERLOADED, 500, False),
    ],
)
def test_refusal_that_may_be_of_a_form_is_told_from_others(outcome, status, expected):
    """Only then may asking in words do."""
    assert may_be_about_form(Failure(outcome, status=status), outcome) is expected


@pytest.mark.parametrize(
    ("outcome", "status", "expected"),
    [
        (O.OUT_OF_CREDIT, 400, "raise its limit"),
        (O.UNAUTHORISED, 401, "renew the key"),
        (O.CONTEXT_TOO_LONG, 400, "analysis.brief_tokens"),
        (O.REFUSED, 404, "models.targets[].model"),
        (O.UNREACHABLE, 403, "a firewall or a proxy"),
        (O.UNREACHABLE, 407, "a firewall or a proxy"),
    ],
)
def test_failure_that_a_person_can_end_says_how(outcome, status, expected):
    """Whoever reads of it at night should not have to look up what a word means."""
    assert expected in advise(outcome, status)


@pytest.mark.parametrize(
    ("outcome", "status"), [(O.REFUSED, 400), (O.REFUSED, None), (O.OVERLOADED, 529), (O.OK, None)]
)
def test_failure_that_only_time_ends_advises_nothing(outcome, status):
    """Advice that helps nobody hides the advice that does."""
    assert advise(outcome, status) == ""
