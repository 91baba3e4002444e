"""The ways an API fails, one by one, for the tests of every integration that speaks to one.

Each is an answer of `web_server` with what a person must be told. A test serves it for every call and asserts both.
"""

from __future__ import annotations

from dataclasses import dataclass

from fermata.testing.web_server import Answer, Fault


@dataclass(frozen=True, slots=True)
class ApiFailure:
    """One way to fail."""

    name: str
    answer: Answer
    words: str
    """A regular expression that the error's text matches."""
    is_transient: bool
    """Whether it may pass by itself."""

    @property
    def timeout_s(self) -> float:
        """Return how long to wait for it: short where no answer comes, and enough for a busy machine elsewhere."""
        return 0.3 if self.answer.fault is Fault.HANG else 30.0

    def __str__(self) -> str:
        """Return the name, which pytest shows."""
        return self.name


API_FAILURES = (
    ApiFailure("expired_token", Answer({"message": "token expired"}, 401), "HTTP 401.*Renew the credential", False),
    ApiFailure("forbidden", Answer({"message": "no rights"}, 403), "HTTP 403.*Widen the credential.*it needs", False),
    ApiFailure("absent", Answer({"message": "no such path"}, 404), "HTTP 404", False),
    ApiFailure("limited", Answer({"message": "slow"}, 429, {"Retry-After": "20"}), "HTTP 429", True),
    ApiFailure("broken", Answer({"message": "oops"}, 500), "HTTP 500", True),
    ApiFailure("overloaded", Answer(b"<html>503</html>", 503), "HTTP 503", True),
    ApiFailure("hang", Answer({}, fault=Fault.HANG), "did not answer within", True),
    ApiFailure("half", Answer({"data": "x" * 100}, fault=Fault.HALF), "cannot be reached", True),
    ApiFailure("dropped", Answer({}, fault=Fault.DROP), "cannot be reached", True),
    ApiFailure("login_page", Answer(b"<html>log in</html>"), "not its API's", False),
    ApiFailure("garbage", Answer({"unexpected": True, "data": 7}), "not its API's", False),
    ApiFailure("moved", Answer({}, 302, {"Location": "https://elsewhere"}), "redirects", False),
)
"""Every call is answered so. A client is given the `timeout_s` of the failure."""
