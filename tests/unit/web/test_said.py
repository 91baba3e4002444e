"""An answer reaches the next page of the same session, and nobody can write one."""

import pytest
from starlette.requests import Request
from starlette.responses import Response
from tests.unit.web.house import House, SessionDesk

from fermata.testing.clock import FakeClock
from fermata.web.said import COOKIE, Said, hear, say

SAID = Said(accepted=True, text="Approved by żółć; 支払い.")


@pytest.fixture
async def session():
    """Give an open session."""
    return await SessionDesk(House(FakeClock())).redeem("link-1")


def carry(session, said=SAID):
    """Give the cookie that a redirect would set."""
    response = Response()
    say(response, session, said, secure=False)
    return response.headers["set-cookie"].split(";")[0].removeprefix(f"{COOKIE}=").strip('"')


def ask_with(cookie):
    """Give the request that brings the cookie back."""
    return Request({"type": "http", "headers": [(b"cookie", f"{COOKIE}={cookie}".encode())]})


async def test_answer_comes_back_whole(session):
    """What was said is what is heard, in any script."""
    assert hear(ask_with(carry(session)), session) == SAID


async def test_longest_answer_fits_a_cookie(session):
    """Browsers drop cookies over 4,096 bytes without a word."""
    assert len(carry(session, Said(accepted=True, text="支" * 5000))) < 4000


@pytest.mark.parametrize(
    "change", [lambda c: c[:-1], lambda c: "A" + c[1:], lambda c: c.split(".")[0], lambda _: "", lambda _: "."]
)
async def test_changed_answer_is_not_heard(session, change):
    """A cookie somebody else wrote says nothing."""
    assert hear(ask_with(change(carry(session))), session) is None


async def test_answer_of_another_session_is_not_heard(session):
    """The session's secret signs it."""
    other = session.model_copy(update={"csrf": "another"})

    assert hear(ask_with(carry(other)), session) is None
