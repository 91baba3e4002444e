"""What a failed call was, and whom it speaks against: the key, the target, its window, or only this request.

Providers disagree about statuses: no credit is a 402, a 429 or a 400, a prompt that is too long a 400, a 413 or a 422.
So the provider's own words decide before its status does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from fermata.domain.model import AttemptOutcome

_Outcome = AttemptOutcome


class Scope(StrEnum):
    """Whom a failure speaks against."""

    KEY = "key"
    """The account: another key may do."""
    TARGET = "target"
    """The model or its server."""
    WINDOW = "window"
    """The target, for requests as long as this one."""
    REQUEST = "request"
    """This request alone."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What is known of a failed call."""

    said: AttemptOutcome
    """What the adapter took it for."""
    status: int | None = None
    """HTTP status, when there was one; also that of an error inside a stream."""
    code: str = ""
    """The provider's own code and type of the error: `insufficient_quota`, `ThrottlingException`."""
    message: str = ""
    """Its words, redacted and cut."""
    retry_after_s: float | None = None
    is_about_form: bool = False
    """An answer came, in words instead of the form that was asked for."""
    is_cut_off: bool = False
    """The answer was cut off at the limit that was asked for: models that think may need more than their answer."""
    is_page: bool = False
    """What came is written for browsers: a proxy, a firewall or a login answered, and not the API."""
    is_lasting: bool = False
    """Asked again in a moment it would fail alike: a certificate that is not accepted, an API that moved."""
    was_sent: bool = True
    """False only when surely nothing left: the connection was refused. Such a call costs nothing."""


# Words of OpenAI, Anthropic (whose empty balance and whose limit of a month are each a 400), Bedrock, OpenRouter,
# DeepSeek, Mistral, and of LiteLLM's proxy for a budget of its own. A `budget_tokens` is of thoughts, not of money.
_NO_CREDIT = re.compile(
    r"insufficient[_ ](quota|credits?|balance|funds)|credit balance|exceeded your current quota|billing|"
    r"payment required|out of credit|more credits|quota ?exceeded|spending limit|"
    r"api usage limits|you will regain access|budget has been exceeded|budget_exceeded|exceeded\w{0,12}budget\b|"
    r"\bover budget\b",
    re.IGNORECASE,
)
# A limit for some time, which ends by itself. OpenAI, Groq, Gemini and Vertex name their billing page or a quota beside
# it: how to have a higher one, not that nothing is left to pay with. LiteLLM calls both a RateLimitError.
_RATE = re.compile(
    r"rate[_ -]limit(?!_error)|(?<![a-z])per[_ ](second|sec|minute|min|hour|day)(?![a-z])|\b[RT]P[SMHD]\b|"
    r"\b(try again|retry) (in|after) \d",
    re.IGNORECASE,
)
# OpenAI, Azure, vLLM, llama.cpp, Ollama, Anthropic, Bedrock, Gemini.
_TOO_LONG = re.compile(
    r"context[_ ]length|context[_ ](window|size)|maximum context|prompt is too long|input is too long|"
    r"too many (input )?tokens|exceeds? the (maximum|available|model)[^.]{0,40}(tokens|context)|"
    r"input token count|reduce the length|request_too_large|string_above_max_length",
    re.IGNORECASE,
)
# With a page behind it: no API says so, and a firewall's 403 is about no key.
_NO_API = (200, 403)
# What a server says that does not know a field, a schema or a grammar.
_OF_FORM = (400, 422, 501)
_BY_STATUS = {
    401: _Outcome.UNAUTHORISED,
    402: _Outcome.OUT_OF_CREDIT,
    403: _Outcome.UNAUTHORISED,
    407: _Outcome.UNREACHABLE,
    408: _Outcome.TIMED_OUT,
    413: _Outcome.CONTEXT_TOO_LONG,
    429: _Outcome.RATE_LIMITED,
}
_ADVICE = {
    _Outcome.OUT_OF_CREDIT: "pay, or raise its limit at the provider",
    _Outcome.UNAUTHORISED: "renew the key, or what it may do",
    _Outcome.CONTEXT_TOO_LONG: "set a smaller analysis.brief_tokens, or a model with a larger window",
}
# What pydantic-ai is sure of: it read the provider's code, which says more than a status.
_SURE = (_Outcome.OUT_OF_CREDIT, _Outcome.CONTEXT_TOO_LONG)
_OF_KEYS = (_Outcome.RATE_LIMITED, _Outcome.OUT_OF_CREDIT, _Outcome.UNAUTHORISED)
_OF_TARGETS = (_Outcome.OVERLOADED, _Outcome.TIMED_OUT, _Outcome.UNREACHABLE, _Outcome.BAD_ANSWER)


def classify(failure: Failure) -> AttemptOutcome:
    """Return how the call ended, in the words of attribution."""
    if failure.said in _SURE or failure.status is None:
        return failure.said
    if 300 <= failure.status < 400:
        return _Outcome.UNREACHABLE  # Its API is elsewhere, and a key goes nowhere else by itself.
    if failure.is_page and failure.status in _NO_API:
        return _Outcome.UNREACHABLE
    if failure.status >= 500:
        return _Outcome.OVERLOADED
    if failure.status < 400 and failure.said is not _Outcome.OVERLOADED:
        return failure.said
    # A refusal, or an error behind a status of success. A rate limit may speak of tokens per minute, so length is
    # looked for in others only.
    words = f"{failure.code} {failure.message}"
    if failure.status != 429 and _TOO_LONG.search(words):
        return _Outcome.CONTEXT_TOO_LONG
    # A code says what it is; a sentence may speak of both.
    may_be_rate = failure.status == 429 and not _NO_CREDIT.search(failure.code)
    if _NO_CREDIT.search(words) and not (may_be_rate and _RATE.search(failure.message)):
        return _Outcome.OUT_OF_CREDIT
    return _BY_STATUS.get(failure.status, _as_refusal(failure.said))


def find_scope(failure: Failure, outcome: AttemptOutcome) -> Scope:
    """Return whom a failure speaks against."""
    if outcome in _OF_KEYS:
        return Scope.KEY
    if failure.is_about_form or failure.is_cut_off:
        return Scope.REQUEST
    if outcome in _OF_TARGETS:
        return Scope.TARGET
    if outcome is _Outcome.CONTEXT_TOO_LONG:
        return Scope.WINDOW
    # No such model, no such address: the next request would meet the same.
    return Scope.TARGET if failure.status == 404 else Scope.REQUEST


def may_be_about_form(failure: Failure, outcome: AttemptOutcome) -> bool:
    """Answer whether a target may have refused the way the answer's form was asked for, so that words may do.

    Servers word it in as many ways as there are grammars, so every refusal of a request as such counts.
    """
    return outcome is _Outcome.REFUSED and failure.status in _OF_FORM


def advise(outcome: AttemptOutcome, status: int | None = None) -> str:
    """Return what a person can do about a failed call, in words; empty where waiting is all.

    Args:
        outcome: How it ended.
        status: Its HTTP status, when there was one.
    """
    if outcome is _Outcome.REFUSED:
        return "see models.targets[].model and base_url" if status == 404 else ""
    if outcome is _Outcome.UNREACHABLE and status in (403, 407):
        return "a firewall or a proxy on the way says so, not the API"
    return _ADVICE.get(outcome, "")


def _as_refusal(said: AttemptOutcome) -> AttemptOutcome:
    """Bedrock throttles with a 400, for one: what the adapter read from the code beats a status that says little.

    That there is a status at all says that no answer came, so it was no bad one.
    """
    return said if said in (*_OF_KEYS, *_OF_TARGETS) and said is not _Outcome.BAD_ANSWER else _Outcome.REFUSED
