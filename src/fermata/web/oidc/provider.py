"""The identity provider over the network: what it says of itself, its keys, and a code turned into a token.

Nothing is followed to another place, nothing is read without a bound, and nothing it answers reaches a message but the
error code of its protocol. Held in memory for an hour; keys are asked for again when one is named that is not known.
"""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from fermata.kit.clock import Clock, is_within
from fermata.kit.errors import OperationalError, TransientError, UnauthenticatedError
from fermata.ports.breaker import Breaker
from fermata.ports.trust import load_trust
from fermata.settings.tree import OidcSettings
from fermata.web.oidc.id_token import LONGEST_TOKEN, Jwk, KeyNotKnown, choose_key, read_handle, read_header, verify

FRESH_FOR = timedelta(hours=1)
TIMEOUT_S = 10.0
"""Of one call, answer included: somebody waits for a page."""
LARGEST_ANSWER_BYTES = 1024 * 1024
SCOPES = "openid email profile"
"""`openid` is the protocol, the others bring the claims that people are named by."""


@dataclass(frozen=True, slots=True)
class Discovery:
    """What the provider says of itself."""

    authorization_url: str
    token_url: str
    keys_url: str
    takes_secret_in_form: bool
    """It takes the client's secret among the form's fields only, not in a header."""
    read_at: datetime


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to sign in, as the browser keeps it."""

    state: str
    nonce: str
    verifier: str
    """What the code was bound to (RFC 7636): its digest went to the provider before, itself goes with the code."""


class Provider:
    """The one provider of the settings."""

    def __init__(self, settings: OidcSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._discovery: Discovery | None = None
        self._keys: Sequence[Jwk] = ()
        # Whoever can reach the page can begin to sign in: a provider that is away is not waited for by all of them.
        self._breaker = Breaker(f"The identity provider {self.name}", clock)
        self._tls: ssl.SSLContext | bool | None = None

    @property
    def name(self) -> str:
        """Return the provider as people know it: the host of its address."""
        return urlsplit(self._settings.issuer).hostname or ""

    async def write_address(self, attempt: Attempt, challenge: str, redirect_url: str) -> str:
        """Return where a browser goes to sign in.

        Raises:
            OperationalError: The provider cannot be asked about itself.
        """
        found = await self._discover()
        asked = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": redirect_url,
            "scope": SCOPES,
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        joint = "&" if urlsplit(found.authorization_url).query else "?"
        return f"{found.authorization_url}{joint}{urlencode(asked)}"

    async def identify(self, code: str, attempt: Attempt, redirect_url: str) -> str:
        """Return the handle of whoever signed in: the value of the claim in the settings.

        Raises:
            UnauthenticatedError: The code or the token does not prove it.
            OperationalError: The provider cannot be asked.
        """
        token = await self._redeem(code, attempt, redirect_url)
        settings = self._settings
        key = await self._find_key(read_header(token))
        claims = verify(
            token,
            key,
            issuer=settings.issuer,
            client_id=settings.client_id,
            nonce=attempt.nonce,
            now=self._clock.now(),
        )
        return read_handle(claims, settings.claim)

    async def _find_key(self, header: Mapping[str, Any]) -> Jwk:
        found = await self._discover()
        try:
            return choose_key(self._keys, header)
        except KeyNotKnown:
            # Providers change their keys at any time; whoever gets here holds a token that came from the provider.
            self._keys = await self._fetch_keys(found.keys_url)
            return choose_key(self._keys, header)

    async def _discover(self) -> Discovery:
        now = self._clock.now()
        if self._discovery is not None and is_within(FRESH_FOR, self._discovery.read_at, now):
            return self._discovery
        issuer = self._settings.issuer
        said = await self._ask("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if said.get("issuer") != issuer:
            raise OperationalError(
                f"The identity provider at {issuer} is not the one of the settings",
                why=f"it calls itself {str(said.get('issuer'))[:200]!r}",
                do="Write server.oidc.issuer exactly as the provider does",
            )
        methods = said.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        found = Discovery(
            authorization_url=self._check_address(said, "authorization_endpoint"),
            token_url=self._check_address(said, "token_endpoint"),
            keys_url=self._check_address(said, "jwks_uri"),
            takes_secret_in_form="client_secret_basic" not in methods and "client_secret_post" in methods,
            read_at=now,
        )
        self._keys = await self._fetch_keys(found.keys_url)
        self._discovery = found
        return found

    def _check_address(self, said: Mapping[str, Any], name: str) -> str:
        """Return an address of the provider's; plain http is for a provider that is on this machine itself."""
        address = said.get(name)
        own = urlsplit(self._settings.issuer)
        parts = urlsplit(address) if isinstance(address, str) else urlsplit("")
        is_here = own.scheme == "http" and (parts.scheme, parts.hostname) == ("http", own.hostname)
        if not parts.netloc or not (parts.scheme == "https" or is_here):
            raise OperationalError(
                f"The identity provider at {self._settings.issuer} cannot be used",
                why=f"its {name} is no https address",
                do="Look at its discovery document",
            )
        return str(address)

    async def _fetch_keys(self, address: str) -> Sequence[Jwk]:
        keys = (await self._ask("GET", address)).get("keys")
        return tuple(key for key in keys if isinstance(key, dict)) if isinstance(keys, list) else ()

    async def _redeem(self, code: str, attempt: Attempt, redirect_url: str) -> str:
        found, settings = await self._discover(), self._settings
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_url,
            "client_id": settings.client_id,
            "code_verifier": attempt.verifier,
        }
        headers = {}
        if settings.client_secret and found.takes_secret_in_form:
            fields["client_secret"] = settings.client_secret
        elif settings.client_secret:
            # Each part escaped first, as RFC 6749, 2.3.1 has it.
            pair = f"{quote(settings.client_id, safe='')}:{quote(settings.client_secret, safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        answer = await self._ask("POST", found.token_url, fields, headers)
        token = answer.get("id_token")
        if not isinstance(token, str) or len(token) > LONGEST_TOKEN:
            raise OperationalError(
                f"The identity provider {self.name} gave no ID token",
                why="its answer to the code holds none",
                do="Allow this client the scope openid",
            )
        return token

    async def _ask(
        self,
        method: str,
        address: str,
        fields: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Mapping[str, Any]:
        """Send one request and return the JSON object of its answer."""
        import httpx2

        self._breaker.refuse_if_closed()
        try:
            async with (
                asyncio.timeout(TIMEOUT_S),
                httpx2.AsyncClient(
                    verify=self._find_tls(), timeout=None, trust_env=False, follow_redirects=False
                ) as http,
                http.stream(
                    method, address, data=dict(fields) if fields else None,
                    headers={"Accept": "application/json", "User-Agent": "fermata", **(headers or {})},
                ) as response,
            ):  # fmt: skip
                received = bytearray()
                async for chunk in response.aiter_bytes():
                    received += chunk
                    if len(received) > LARGEST_ANSWER_BYTES:
                        raise self._describe("it answered with more than anybody reads")
                status = response.status_code
        except TimeoutError as error:
            self._breaker.note_silence()
            raise TransientError(
                f"The identity provider {self.name} did not answer", why=f"within {TIMEOUT_S:g} s", do="Try again"
            ) from error
        except httpx2.HTTPError as error:
            self._breaker.note_silence()
            raise TransientError(
                f"The identity provider {self.name} cannot be reached",
                why=type(error).__name__,
                do="Try again, or sign in by `fermata login`",
            ) from error
        self._breaker.note_answer()
        return self._read(bytes(received), status, is_code=fields is not None)

    def _read(self, body: bytes, status: int, *, is_code: bool) -> Mapping[str, Any]:
        try:
            said = json.loads(body)
        except ValueError:
            said = None
        if is_code and 400 <= status < 500:
            reason = name_error(said.get("error") if isinstance(said, dict) else None)
            # The client's own credentials were refused: trying again changes nothing.
            if status == 401 or reason in ("invalid_client", "unauthorized_client"):
                raise self._describe(f"it does not accept this client ({reason})")
            raise UnauthenticatedError(
                "You are not signed in", why=f"the provider did not accept the code ({reason})", do="Try again"
            )
        if status >= 500:
            raise TransientError(f"The identity provider {self.name} has trouble", why=f"HTTP {status}", do="Try again")
        if status != 200 or not isinstance(said, dict):
            raise self._describe(f"it answered HTTP {status}" if status != 200 else "its answer is no JSON object")
        return said

    def _describe(self, why: str) -> OperationalError:
        return OperationalError(
            f"The identity provider {self.name} cannot be used", why=why, do="Compare server.oidc with the provider"
        )

    def _find_tls(self) -> ssl.SSLContext | bool:
        # Reading the certificate store takes 20 ms: once.
        if self._tls is None:
            self._tls = load_trust(self._settings.ca_file, "server.oidc")
        return self._tls


def name_error(code: object) -> str:
    """Return an error code of the protocol (`access_denied`); anything else it might hold is not repeated."""
    known = isinstance(code, str) and 0 < len(code) <= 60 and code.replace("_", "").isalnum() and code.isascii()
    return str(code) if known else "no reason given"
