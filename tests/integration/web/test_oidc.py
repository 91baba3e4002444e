"""Signing in through an identity provider: the way there and back, and everyone who must not come in."""

import json
import re
from datetime import timedelta
from html import escape
from urllib.parse import parse_qs, quote, urlsplit

import jwt
import pytest
from tests.integration.web.conftest import DESKTOP, browse, serving
from tests.unit.web import story
from tests.unit.web.house import House

from fermata.kit.errors import UserError
from fermata.testing.oidc import OidcProvider
from fermata.web import app as application


@pytest.fixture
async def idp(house, clock):
    """Serve a provider and name it in the settings."""
    async with OidcProvider(clock, "", secret=house.web.oidc.client_secret) as provider:
        house.web.oidc.issuer = provider.issuer
        yield provider


@pytest.fixture
async def port(idp, house, clock):
    """Serve the page, and register its address with the provider."""
    async with serving(house, clock) as number:
        idp.redirect_url = f"http://127.0.0.1:{number}/oidc/callback"
        yield number


async def go_there(client, idp, place=""):
    """Begin, and sign in at the provider; give the path and query it sends the browser back to."""
    begun = await client.get(f"/oidc/start{place}")
    assert begun.status_code == 303, begun.text
    async with browse(0) as browser:
        answer = await browser.get(begun.headers["location"])
    assert answer.status_code == 302, (answer.text, idp.server.complaints)
    back = urlsplit(answer.headers["location"])
    return f"{back.path}?{back.query}"


async def test_person_comes_in_through_the_provider(client, idp, house):
    """There and back: a session, the page they wanted, and an attempt that is over."""
    back = await go_there(client, idp, f"?next=/incidents/{story.INCIDENT_ID}")

    answer = await client.get(back)

    assert answer.status_code == 200
    assert "Welcome, Ada Brandt" in answer.text
    assert f'content="0; url=/incidents/{story.INCIDENT_ID}"' in answer.text
    assert (await client.get("/")).status_code == 200
    cookies = answer.headers.get_list("set-cookie")
    assert any(re.match(r"fermata=session-1;.*HttpOnly.*SameSite=strict", cookie) for cookie in cookies)
    assert any(re.match(r'fermata_attempt="";.*Max-Age=0', cookie) for cookie in cookies)
    assert (await client.get(back)).status_code == 401, "an attempt ends once"


@pytest.mark.parametrize(
    "place",
    [
        "/halt",
        "/experiments/exp-1",
        f"/postmortems/{story.INCIDENT_ID}",
        "/graph",
        "/?q=caf%C3%A9+db&state=held",
        "/journal?before=40",
    ],
)
async def test_person_comes_back_to_where_the_button_was(client, idp, place):
    """Who wanted to halt has to press once more, and is led to where."""
    answer = await client.get(await go_there(client, idp, f"?next={quote(place)}"))

    assert f'content="0; url={escape(place)}"' in answer.text


async def test_request_for_the_code_gives_nothing_away(client, idp):
    """The address has a challenge, a state and a nonce; the verifier and the secret stay here."""
    begun = await client.get("/oidc/start")

    asked = parse_qs(urlsplit(begun.headers["location"]).query)
    secret = client.cookies["fermata_attempt"].strip('"').partition(".")[0]
    assert asked["code_challenge_method"] == ["S256"]
    assert len({*asked["state"], *asked["nonce"], *asked["code_challenge"], secret}) == 4
    assert secret not in begun.headers["location"]
    assert "SameSite=lax" in begun.headers["set-cookie"]


@pytest.mark.parametrize(
    "place", ["//evil.example", "https://evil.example", "/logout", "/incidents/x?y", "/?q=a;b=c", "/?q='%22", "/\\evil"]
)
async def test_nobody_is_led_elsewhere_afterwards(client, idp, place):
    """Only pages of our own are come back to."""
    answer = await client.get(await go_there(client, idp, f"?next={place}"))

    assert 'content="0; url=/"' in answer.text


async def test_stranger_is_told_and_stays_outside(client, idp, house):
    """The provider knows them, and we do not: they are told their handle, and it is journalled."""
    idp.user["email"] = "<b>mallory</b>@example.com"

    answer = await client.get(await go_there(client, idp))

    assert answer.status_code == 403
    assert "You are not known here" in answer.text
    assert "&lt;b&gt;mallory&lt;/b&gt;@example.com" in answer.text
    assert house.refusals == [("oidc", "<b>mallory</b>@example.com")]
    assert (await client.get("/")).status_code == 401


async def test_answer_to_another_browser_is_refused(client, idp, port, house):
    """Whoever sends somebody a link of their own attempt does not sign them in."""
    back = await go_there(client, idp)

    async with browse(port) as other:
        assert (await other.get(back)).status_code == 401
        await other.get("/oidc/start")
        assert (await other.get(back)).status_code == 401

    assert idp.count("/token") == 0
    assert house.open_sessions == {}


@pytest.mark.parametrize("spoil", ["&iss=https://evil.example", "&error=access_denied"])
async def test_answer_that_is_none_is_refused(client, idp, spoil):
    """From another issuer, or an error beside the code."""
    answer = await client.get(await go_there(client, idp) + spoil)

    assert answer.status_code == 401
    assert idp.count("/token") == 0


async def test_provider_that_says_no_is_quoted_by_its_code(client, idp):
    """In the protocol's word, and nothing else it sent."""
    idp.denies = "access_denied"

    answer = await client.get(await go_there(client, idp))

    assert answer.status_code == 401
    assert "The provider said access_denied" in answer.text.replace("the provider", "The provider")
    assert 'href="/oidc/start"' in answer.text


def expire(claims, _header, _key):
    """Let the token have ended a minute and a second ago."""
    claims["exp"] = claims["iat"] - 61


def mistake(**changes):
    """Give a forger that changes claims."""

    def forge(claims, _header, _key):
        claims |= changes

    return forge


def drop_signature(claims, header, _key):
    """Sign with nothing."""
    return jwt.encode(claims, None, algorithm="none", headers={"kid": header["kid"]})


def use_public_key_as_secret(claims, header, key):
    """Sign with what everybody can read."""
    public = jwt.algorithms.ECAlgorithm.to_jwk(key.public_key())
    return jwt.encode(claims, json.dumps(json.loads(public)) * 2, algorithm="HS256", headers={"kid": header["kid"]})


@pytest.mark.parametrize(
    ("forge", "why"),
    [
        (expire, "it has expired"),
        (mistake(iss="https://evil.example"), "another issuer made it"),
        (mistake(aud="other"), "made for another client"),
        (mistake(nonce="x" * 43), "another attempt"),
        (mistake(email_verified=False), "does not say that it verified the address"),
        (mistake(email=None), "no claim"),
        (drop_signature, "proves nothing"),
        (use_public_key_as_secret, "proves nothing"),
        (lambda *_: "not.a.token", "no signed token"),
    ],
)
async def test_token_that_does_not_hold_lets_nobody_in(client, idp, house, forge, why):
    """Whatever is wrong with it, the rule is told, and there is no session."""
    idp.forge = forge

    answer = await client.get(await go_there(client, idp))

    assert answer.status_code == 401
    assert why in answer.text
    assert house.open_sessions == {}
    assert idp.server.complaints == []


async def test_changed_keys_do_not_lock_people_out(client, idp, port):
    """The provider has another key since; it is found, once it signs."""
    await client.get(await go_there(client, idp))
    idp.rotate()

    async with browse(port) as other:
        assert (await other.get(await go_there(other, idp))).status_code == 200


async def test_provider_that_is_away_is_no_fault_of_ours(client, idp):
    """503 in words, and the one-time link still works."""
    idp.server.respond = lambda _: (_ for _ in ()).throw(NotImplementedError("away"))

    answer = await client.get("/oidc/start")

    assert answer.status_code == 503
    assert (await client.post("/login", data={"token": "link-1"})).status_code == 303


async def test_signed_out_page_offers_the_provider(client, idp):
    """And brings back to where somebody wanted to go."""
    page = (await client.get(f"/incidents/{story.INCIDENT_ID}")).text

    searched = (await client.get("/?q=pay&state=held")).text

    assert f'href="/oidc/start?next=/incidents/{story.INCIDENT_ID}">Sign in with 127.0.0.1' in page
    assert 'href="/oidc/start?next=/%3Fq%3Dpay%26state%3Dheld">' in searched


async def test_without_a_provider_there_is_no_such_way(house, clock):
    """The addresses are there, and say so."""
    async with serving(house, clock) as port, browse(port) as client:
        for path in ("/oidc/start", "/oidc/callback?code=x&state=y"):
            assert (await client.get(path)).status_code == 404
        assert "Sign in with" not in (await client.get("/")).text


async def test_attempt_is_secure_where_people_come_by_https(house, clock, idp):
    """The cookie cannot be set from a subdomain, and the address registered is the public one."""
    house.web.public_url = "https://fermata.example.com"
    async with serving(house, clock) as port, browse(port) as client:
        begun = await client.get("/oidc/start", headers={"Host": "fermata.example.com"})

    asked = parse_qs(urlsplit(begun.headers["location"]).query)
    assert asked["redirect_uri"] == ["https://fermata.example.com/oidc/callback"]
    assert re.match(r"__Host-fermata_attempt=.*; Secure", begun.headers["set-cookie"])


def test_missing_package_is_told_at_the_start(clock, monkeypatch):
    """Not when the first person signs in."""
    house = House(clock)
    house.web.oidc.issuer = "https://login.example.com"
    monkeypatch.setattr(application, "find_spec", lambda _: None)  # The extra is installed here.

    with pytest.raises(UserError, match=r"fermata-ops\[oidc\]"):
        application.create_app(house, clock)


@pytest.mark.browser
async def test_whole_way_in_a_browser(chromium, idp, port, house):
    """A real browser follows it to the end: the strict cookie is there on the page it lands on."""
    context = await chromium.new_context(base_url=f"http://127.0.0.1:{port}", **DESKTOP)
    await context.clock.install(time=story.NOW + timedelta(seconds=1))
    page = await context.new_page()
    await page.goto(f"/incidents/{story.INCIDENT_ID}")

    await page.get_by_role("link", name="Sign in with").click()

    await page.get_by_role("heading", name="checkout: CheckoutDown").wait_for()
    assert idp.server.complaints == []
    await context.close()
