"""Whether an ID token says who somebody is: signed by the provider, for us, now, and for this very attempt. Pure.

The rules are those of OpenID Connect Core 1.0, 3.1.3.7, and RFC 8725 (both read 2026-11). The signature is PyJWT's; the
clock is ours. Only signatures with a public key are accepted, whatever the token's header or the provider's list says:
`none` proves nothing, and with `HS256` the public key itself would be the secret.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from fermata.kit.errors import UnauthenticatedError

SKEW = timedelta(seconds=60)
"""How far the provider's clock and ours may be apart."""
LONGEST_TOKEN = 64 * 1024
_LONGEST_HANDLE = 200
_VERIFIED = ("email_verified", "xms_edov")
"""Claims that say so: the standard's (OpenID Connect Core, 5.1), and Entra ID's, which an app has to ask for."""
_YES = ("true", "1")
_KEY_TYPES = {
    "RS256": "RSA", "RS384": "RSA", "RS512": "RSA", "PS256": "RSA", "PS384": "RSA", "PS512": "RSA",
    "ES256": "EC", "ES384": "EC", "ES512": "EC", "EdDSA": "OKP",
}  # fmt: skip
"""Algorithm -> the type its key must have: one key, one use."""

Jwk = Mapping[str, Any]


class TokenRefused(UnauthenticatedError):
    """The ID token does not prove who somebody is."""


class KeyNotKnown(TokenRefused):
    """No key of the provider's that we know signed it: it may have got a new one since."""


def read_header(token: str) -> Mapping[str, Any]:
    """Return the token's header, unproven.

    Raises:
        TokenRefused: It is no signed token, or names an algorithm that proves nothing.
    """
    import jwt

    try:
        header: Mapping[str, Any] = jwt.get_unverified_header(token)
    except jwt.PyJWTError as error:
        raise _refuse("it is no signed token") from error
    if header.get("alg") not in _KEY_TYPES:
        raise _refuse(f"it is signed with {str(header.get('alg'))[:20]!r}, which proves nothing")
    return header


def choose_key(keys: Sequence[Jwk], header: Mapping[str, Any]) -> Jwk:
    """Return the provider's key that the header names.

    Args:
        keys: The provider's JSON Web Keys, as they came.

    Raises:
        KeyNotKnown: None of them fits.
    """
    kid, algorithm = header.get("kid"), header["alg"]
    fitting = [
        key
        for key in keys
        if key.get("kty") == _KEY_TYPES[algorithm]
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and (kid is None or key.get("kid") == kid)
    ]
    # Without a kid the key must be the only one: trying one after the other would accept a key kept for another use.
    if len(fitting) != 1:
        raise KeyNotKnown(
            "You are not signed in",
            why=f"{len(fitting)} keys of the provider fit what it signed with",
            do="Try again; if it goes on, look at the provider's keys",
        )
    return fitting[0]


def verify(token: str, key: Jwk, *, issuer: str, client_id: str, nonce: str, now: datetime) -> Mapping[str, Any]:
    """Return what a token claims, proven.

    Args:
        key: As `choose_key` gives it for this token's header.
        nonce: What this attempt was begun with.

    Raises:
        TokenRefused: With the rule that it breaks; never with what it holds.
    """
    claims = _verify_signature(token, key)
    if claims.get("iss") != issuer:
        raise _refuse("another issuer made it")
    _verify_audience(claims, client_id)
    _verify_times(claims, now)
    given = claims.get("nonce")
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), nonce.encode()):
        raise _refuse("it was made for another attempt to sign in")
    if not isinstance(claims.get("sub"), str) or not claims["sub"]:
        raise _refuse("it names nobody")
    return claims


def read_handle(claims: Mapping[str, Any], claim: str) -> str:
    """Return who the claims name, as `handles: {oidc: ...}` has them.

    Raises:
        TokenRefused: The claim is not there, is no text, or is an address that the provider does not call verified:
            where people, or those who invite guests, may write any address, it would let them be anybody.
    """
    value = claims.get(claim)
    if not isinstance(value, str) or not 0 < len(value.strip()) <= _LONGEST_HANDLE:
        raise _refuse(f"it holds no claim {claim!r} with a text; see server.oidc.claim")
    if claim == "email" and not any(str(claims.get(name)).lower() in _YES for name in _VERIFIED):
        raise _refuse("the provider does not say that it verified the address; let server.oidc.claim name another one")
    return value.strip()


def _verify_signature(token: str, key: Jwk) -> Mapping[str, Any]:
    import jwt

    header = read_header(token)
    # Times and names are judged below, by our clock and in our words.
    options: Any = {f"verify_{name}": False for name in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")}
    try:
        claims: Mapping[str, Any] = jwt.decode(
            token, jwt.PyJWK(dict(key), header["alg"]), algorithms=[header["alg"]], options=options
        )
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise _refuse("its signature is not the provider's") from error
    return claims


def _verify_audience(claims: Mapping[str, Any], client_id: str) -> None:
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if client_id not in audiences:
        raise _refuse("it was made for another client")
    party = claims.get("azp")
    if (len(audiences) > 1 and party is None) or party not in (None, client_id):
        raise _refuse("it was handed out to another client")


def _verify_times(claims: Mapping[str, Any], now: datetime) -> None:
    expires, issued, begins = (_read_instant(claims, name) for name in ("exp", "iat", "nbf"))
    if expires is None or issued is None:
        raise _refuse("it does not say from when to when it holds")
    if now >= expires + SKEW:
        raise _refuse("it has expired")
    if issued > now + SKEW or (begins is not None and begins > now + SKEW):
        raise _refuse("it is from the future: compare the clocks of both machines")


def _read_instant(claims: Mapping[str, Any], name: str) -> datetime | None:
    value = claims.get(name)
    if value is None:
        return None
    try:
        return datetime.fromtimestamp(float(value), UTC)
    except (TypeError, ValueError, OverflowError, OSError) as error:
        raise _refuse(f"its {name} is no instant") from error


def _refuse(why: str) -> TokenRefused:
    return TokenRefused("You are not signed in", why=f"the provider's token does not hold: {why}", do="Try again")
