"""A strict identity provider on loopback: OpenID Connect's code flow with PKCE, its own keys, and a forger on request.

It refuses what a real provider refuses: an address that is not registered, a code that was used, a verifier that does
not fit, a client that does not prove itself. A test says who sits at the browser, changes the keys, or has a token
forged. Needs the extra `oidc`.
"""
# ruff: noqa: S101 - a fake refuses by assertion what it does not model; the server keeps it as a complaint

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlencode

from fermata.kit.clock import Clock
from fermata.testing.web_server import Answer, Request, WebServer

Forge = Callable[[dict[str, Any], dict[str, Any], Any], str | None]
"""Claims, header and signing key -> another token; `None` goes on with the claims and the header as it left them."""


class OidcProvider:
    """One provider with one client. Use it as an async context manager."""

    def __init__(self, clock: Clock, redirect_url: str, *, client_id: str = "fermata", secret: str) -> None:
        self.clock = clock
        self.redirect_url = redirect_url
        """The only address it sends a browser back to."""
        self.client_id = client_id
        self.secret = secret
        """Empty: a public client."""
        self.user: dict[str, Any] = {"sub": "u-1", "email": "ada@example.com", "email_verified": True}
        """Who sits at the browser: claims."""
        self.denies = ""
        """An error code: nobody is signed in."""
        self.forge: Forge | None = None
        self.changes: dict[str, Any] = {}
        """What it says of itself otherwise."""
        self.server = WebServer(self._answer)
        self._codes: dict[str, Mapping[str, str]] = {}
        self._key: Any = None
        self._kid = ""
        self.rotate()

    async def __aenter__(self) -> Self:
        """Listen."""
        await self.server.__aenter__()
        return self

    async def __aexit__(self, *failure: object) -> None:
        """Stop."""
        await self.server.__aexit__(*failure)

    @property
    def issuer(self) -> str:
        """Return its address."""
        return self.server.url

    def rotate(self) -> None:
        """Sign with another key from now on, and publish that one alone."""
        from cryptography.hazmat.primitives.asymmetric import ec

        self._key = ec.generate_private_key(ec.SECP256R1())
        self._kid = secrets.token_hex(4)

    def count(self, path: str) -> int:
        """Return how often an address was asked for."""
        return sum(request.path == path for request in self.server.requests)

    def _answer(self, request: Request) -> Answer:
        pages = {
            ("GET", "/.well-known/openid-configuration"): self._describe,
            ("GET", "/keys"): lambda _: Answer({"keys": [self.publish_key()]}),
            ("GET", "/authorize"): self._authorize,
            ("POST", "/token"): self._give_token,
        }
        page = pages.get((request.method, request.path))
        if page is None:
            raise NotImplementedError(request.path)
        return page(request)

    def _describe(self, _: Request) -> Answer:
        said = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "id_token_signing_alg_values_supported": ["ES256"],
        }
        return Answer(said | self.changes)

    def publish_key(self) -> dict[str, Any]:
        """Return the public half of the key it signs with, as a JSON Web Key."""
        import jwt

        public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(self._key.public_key()))
        return {**public, "kid": self._kid, "use": "sig", "alg": "ES256"}

    def _authorize(self, request: Request) -> Answer:
        asked = {name: request.get_query(name) for name in request.query}
        assert asked["client_id"] == self.client_id
        assert asked["redirect_uri"] == self.redirect_url, "the redirect address is not registered"
        assert asked["response_type"] == "code"
        assert "openid" in asked["scope"].split()
        assert asked["code_challenge_method"] == "S256"
        assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 43
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        said = {"error": self.denies} if self.denies else {"code": code}
        there = f"{self.redirect_url}?{urlencode({**said, 'state': asked['state']})}"
        return Answer(status=302, headers={"Location": there})

    def _give_token(self, request: Request) -> Answer:
        assert request.headers["content-type"] == "application/x-www-form-urlencoded"
        form = {name: values[0] for name, values in parse_qs(request.body.decode(), strict_parsing=True).items()}
        if not self._proves_client(request, form):
            return Answer({"error": "invalid_client"}, status=401)
        asked = self._codes.pop(form.get("code", ""), None)
        if asked is None or form.get("grant_type") != "authorization_code":
            return Answer({"error": "invalid_grant"}, status=400)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=")
        if challenge.decode() != asked["code_challenge"] or form["redirect_uri"] != asked["redirect_uri"]:
            return Answer({"error": "invalid_grant"}, status=400)
        return Answer({"access_token": "unused", "token_type": "Bearer", "id_token": self._sign(asked["nonce"])})

    def _proves_client(self, request: Request, form: Mapping[str, str]) -> bool:
        if form.get("client_id") != self.client_id:
            return False
        if not self.secret:
            return "authorization" not in request.headers and "client_secret" not in form
        if self.changes.get("token_endpoint_auth_methods_supported") == ["client_secret_post"]:
            return form.get("client_secret") == self.secret
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        name, _, secret = base64.b64decode(given).decode().partition(":")
        return scheme == "Basic" and (unquote(name), unquote(secret)) == (self.client_id, self.secret)

    def _sign(self, nonce: str) -> str:
        import jwt

        now = self.clock.now()
        claims = {
            "iss": self.issuer,
            "aud": self.client_id,
            "iat": int(now.timestamp()),
            "exp": int((now + timedelta(minutes=5)).timestamp()),
            "nonce": nonce,
            **self.user,
        }
        header = {"kid": self._kid, "alg": "ES256"}
        forged = self.forge(claims, header, self._key) if self.forge is not None else None
        return forged or jwt.encode(claims, self._key, algorithm="ES256", headers=header)
