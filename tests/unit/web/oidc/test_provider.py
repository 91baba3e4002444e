"""The provider over real connections: discovery, keys that change, codes, and everything it may answer instead."""

import base64
import hashlib
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from tests.unit.web import story
from tests.unit.web.house import Oidc

from fermata.kit.errors import OperationalError, TransientError, UnauthenticatedError
from fermata.testing.clock import FakeClock
from fermata.testing.oidc import OidcProvider
from fermata.testing.web_server import Answer, Fault
from fermata.web.oidc import provider as module
from fermata.web.oidc.provider import Attempt, Provider, name_error

REDIRECT = "http://127.0.0.1:4600/oidc/callback"
ATTEMPT = Attempt(state="s" * 43, nonce="n" * 43, verifier="v" * 43)
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(ATTEMPT.verifier.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture
def clock():
    """Stand still."""
    return FakeClock(story.NOW)


@pytest.fixture
async def idp(clock):
    """Serve a provider; it complains of nothing in the end."""
    async with OidcProvider(clock, REDIRECT, secret="a secret: with / and +") as provider:
        yield provider
        assert provider.server.complaints == []


@pytest.fixture
def provider(idp, clock):
    """Give our side of it."""
    return Provider(Oidc(issuer=idp.issuer, client_secret=idp.secret), clock)


async def get_code(provider):
    """Go to the provider as a browser does; give the code it sends back."""
    address = await provider.write_address(ATTEMPT, CHALLENGE, REDIRECT)
    async with httpx2.AsyncClient(verify=False, trust_env=False) as browser:
        answer = await browser.get(address)
    there = parse_qs(urlsplit(answer.headers["location"]).query)
    assert there["state"] == [ATTEMPT.state]
    return there["code"][0]


async def test_code_becomes_a_handle(provider, idp):
    """The whole way, with a secret that has to be escaped."""
    assert await provider.identify(await get_code(provider), ATTEMPT, REDIRECT) == "ada@example.com"


async def test_secret_goes_where_the_provider_takes_it(provider, idp):
    """In the form for those who know no header; a public client sends none."""
    idp.changes = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    assert await provider.identify(await get_code(provider), ATTEMPT, REDIRECT) == "ada@example.com"

    idp.changes, idp.secret = {}, ""
    public = Provider(Oidc(issuer=idp.issuer, client_secret=""), provider._clock)
    assert await public.identify(await get_code(public), ATTEMPT, REDIRECT) == "ada@example.com"


async def test_changed_keys_are_asked_for_once(provider, idp):
    """What the provider says of itself is kept for an hour; a key that is not known is looked for at once."""
    await provider.identify(await get_code(provider), ATTEMPT, REDIRECT)
    idp.rotate()
    await provider.identify(await get_code(provider), ATTEMPT, REDIRECT)
    await provider.identify(await get_code(provider), ATTEMPT, REDIRECT)

    assert (idp.count("/.well-known/openid-configuration"), idp.count("/keys")) == (1, 2)


async def test_what_it_says_is_asked_again_after_an_hour(provider, idp, clock):
    """Addresses may change too."""
    await get_code(provider)
    clock.advance(timedelta(hours=1))
    await get_code(provider)
    clock.advance(timedelta(hours=-2))  # A clock that is set back makes nothing younger.
    await get_code(provider)

    assert idp.count("/.well-known/openid-configuration") == 3


async def test_code_is_good_once_and_for_one_attempt(provider, idp):
    """A code that was used, and one that another verifier belongs to, are refused in words."""
    code = await get_code(provider)
    await provider.identify(code, ATTEMPT, REDIRECT)
    with pytest.raises(UnauthenticatedError, match="invalid_grant"):
        await provider.identify(code, ATTEMPT, REDIRECT)

    other = Attempt(ATTEMPT.state, ATTEMPT.nonce, "w" * 43)
    with pytest.raises(UnauthenticatedError, match="invalid_grant"):
        await provider.identify(await get_code(provider), other, REDIRECT)


async def test_token_of_another_attempt_is_refused(provider, idp):
    """The nonce binds the token to this browser."""
    other = Attempt(ATTEMPT.state, "m" * 43, ATTEMPT.verifier)

    with pytest.raises(UnauthenticatedError, match="another attempt"):
        await provider.identify(await get_code(provider), other, REDIRECT)


async def test_wrong_secret_is_a_fault_of_the_settings(provider, idp):
    """Nobody who signs in can do anything about it."""
    wrong = Provider(Oidc(issuer=idp.issuer, client_secret="wrong"), provider._clock)

    with pytest.raises(OperationalError, match="does not accept this client"):
        await wrong.identify(await get_code(wrong), ATTEMPT, REDIRECT)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"issuer": "https://evil.example"}, "calls itself 'https://evil.example'"),
        ({"issuer": None}, "calls itself"),
        ({"token_endpoint": "http://evil.example/token"}, "token_endpoint is no https address"),
        ({"jwks_uri": "file:///etc/passwd"}, "jwks_uri is no https"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "authorization_endpoint is no https"),
        ({"authorization_endpoint": 7}, "authorization_endpoint is no https"),
    ],
)
async def test_provider_that_is_another_is_not_used(provider, idp, changes, why):
    """Its name must be that of the settings, and its addresses secret ones."""
    idp.changes = changes

    with pytest.raises(OperationalError, match=why):
        await provider.write_address(ATTEMPT, CHALLENGE, REDIRECT)


async def test_https_provider_names_no_plain_address(idp, clock):
    """Plain http is for a provider on this machine, not for a host of the same name."""
    secure = Provider(Oidc(issuer=idp.issuer.replace("http:", "https:")), clock)

    with pytest.raises(OperationalError, match="no https address"):
        secure._check_address({"jwks_uri": f"{idp.issuer}/keys"}, "jwks_uri")


async def test_address_with_a_question_is_continued(provider, idp):
    """A provider's address may have parameters of its own."""
    idp.changes = {"authorization_endpoint": f"{idp.issuer}/authorize?tenant=ops"}

    assert (await provider.write_address(ATTEMPT, CHALLENGE, REDIRECT)).startswith(
        f"{idp.issuer}/authorize?tenant=ops&response_type=code&"
    )


@pytest.mark.parametrize(
    ("answer", "kind", "why"),
    [
        (Answer(status=503), TransientError, "HTTP 503"),
        (Answer(b"<html>"), OperationalError, "no JSON object"),
        (Answer([1]), OperationalError, "no JSON object"),
        (Answer({}, status=302, headers={"Location": "https://evil.example"}), OperationalError, "HTTP 302"),
        (Answer(b"x" * (module.LARGEST_ANSWER_BYTES + 1)), OperationalError, "more than anybody reads"),
        (Answer(fault=Fault.DROP), TransientError, "cannot be reached"),
        (Answer(fault=Fault.HANG), TransientError, "did not answer"),
    ],
)
async def test_answer_that_is_none_is_told_in_words(provider, idp, monkeypatch, answer, kind, why):
    """Trouble of the provider is the provider's, whatever it looks like."""
    monkeypatch.setattr(module, "TIMEOUT_S", 0.2)  # Ten seconds are too long for a test.
    idp.server.respond = lambda _: answer

    with pytest.raises(kind, match=why):
        await provider.write_address(ATTEMPT, CHALLENGE, REDIRECT)


async def test_provider_that_is_away_is_not_waited_for_again(provider, idp, clock):
    """After three calls without an answer the next is refused at once, until some time has passed."""
    usual, idp.server.respond = idp.server.respond, lambda _: Answer(fault=Fault.DROP)
    for _ in range(4):
        with pytest.raises(TransientError):
            await provider.write_address(ATTEMPT, CHALLENGE, REDIRECT)
    asked, idp.server.respond = len(idp.server.requests), usual
    clock.advance(timedelta(minutes=1))

    assert await provider.write_address(ATTEMPT, CHALLENGE, REDIRECT)
    assert asked == 3


@pytest.mark.parametrize("body", [{}, {"id_token": 7}, {"id_token": "x" * 70_000}])
async def test_answer_without_a_token_is_a_fault_of_the_provider(provider, idp, body):
    """A client without the scope gets none."""
    code, usual = await get_code(provider), idp.server.respond
    idp.server.respond = lambda request: Answer(body) if request.path == "/token" else usual(request)

    with pytest.raises(OperationalError, match="gave no ID token"):
        await provider.identify(code, ATTEMPT, REDIRECT)


async def test_key_set_that_is_none_holds_no_key(provider, idp):
    """Whatever stands where keys should."""
    usual = idp.server.respond
    idp.server.respond = lambda request: Answer({"keys": "none"}) if request.path == "/keys" else usual(request)

    with pytest.raises(UnauthenticatedError, match="0 keys"):
        await provider.identify(await get_code(provider), ATTEMPT, REDIRECT)


@pytest.mark.parametrize(
    ("given", "told"),
    [("access_denied", "access_denied"), (None, "no reason given"), ("<b>x</b>", "no reason given"),
     ("x" * 61, "no reason given"), ("", "no reason given"), (7, "no reason given")],
)  # fmt: skip
def test_only_codes_of_the_protocol_are_repeated(given, told):
    """What else an answer holds is not ours to show."""
    assert name_error(given) == told
