"""Fermata's login at Google: a bearer token for an hour, got by signing for a service account (RFC 7523)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from pydantic import BaseModel

from fermata.integrations.googledocs.settings import GoogleDocsSettings, ServiceAccount
from fermata.kit.clock import Clock
from fermata.kit.errors import UserError
from fermata.ports.json_api import ApiTarget, JsonApi

KEY = "googledocs"
SCOPE = "https://www.googleapis.com/auth/drive"
"""All of Drive that the account sees, which is what was shared with it. The narrower scope `drive.file` does not reach
a folder that somebody else made."""
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LIFE = timedelta(hours=1)


class TokenAnswer(BaseModel):
    """What the token endpoint answers."""

    access_token: str


async def fetch_token(settings: GoogleDocsSettings, clock: Clock) -> str:
    """Return a bearer token: the one of the settings, or a new one of the service account.

    Raises:
        UserError: PyJWT is not installed, or the private key is none.
        OperationalError: Google refuses, or cannot be asked.
    """
    account = settings.read_account()
    if account is None:
        return settings.token.get_secret_value() if settings.token is not None else ""
    parts = urlsplit(account.token_uri)
    target = ApiTarget(
        name="Google's login",
        url=f"{parts.scheme}://{parts.netloc}",
        timeout_s=settings.timeout_s,
        ca_file=settings.ca_file,
        permissions="a service account that is not disabled, with this key",
        settings_key=KEY,
    )
    body = urlencode({"grant_type": _GRANT, "assertion": _sign(account, clock)}).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    async with JsonApi(target, clock).connect() as session:
        answer = await session.write("POST", parts.path or "/", TokenAnswer, body=body, headers=headers)
    return answer.access_token


def _sign(account: ServiceAccount, clock: Clock) -> str:
    try:
        import jwt
    except ModuleNotFoundError as error:
        raise UserError(
            "A service account of Google cannot be used",
            why="It needs the Python package PyJWT, which is not installed",
            do="Install it: pip install 'fermata-ops[oidc]'; or give a bearer token instead",
        ) from error
    now = clock.now()
    claims: dict[str, Any] = {
        "iss": account.client_email,
        "scope": SCOPE,
        "aud": account.token_uri,
        "iat": int(now.timestamp()),
        "exp": int((now + _LIFE).timestamp()),
    }
    try:
        return jwt.encode(claims, account.private_key.get_secret_value(), algorithm="RS256")
    except (ValueError, TypeError, jwt.PyJWTError) as error:
        raise UserError(
            "The private key of the service account cannot be used",
            why="It is not an RSA key in PEM",
            do=f"Make a new key for it, and set {KEY}.account to its file",
        ) from error
