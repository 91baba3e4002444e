"""The two calls of S3 that a state's history needs, signed with version 4.

Source: AWS, "Signature Calculations for the Authorization Header: Transferring Payload in a Single Chunk" (read
2026-11); its published examples are this module's tests. An SDK for two calls would weigh 21 MB.
"""

from __future__ import annotations

import hashlib
import hmac
import html
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

from fermata.integrations.terraform.settings import S3State
from fermata.kit.clock import Clock
from fermata.kit.errors import OperationalError
from fermata.ports.json_api import ApiSession, ApiTarget, JsonApi, NotThere

_EMPTY = hashlib.sha256(b"").hexdigest()
_LISTED = re.compile(r"<Version>(.*?)</Version>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an object, unread."""

    key: str
    id: str
    """Empty where the bucket keeps none."""
    place: str
    modified_at: datetime | None


@dataclass(frozen=True, slots=True)
class Credentials:
    """Whose signature it is."""

    access_key_id: str
    secret_access_key: str
    region: str


def sign(credentials: Credentials, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> str:
    """Return the Authorization header of a request without a body. Pure.

    Args:
        path: Decoded, beginning with a slash.
        headers: All that are signed, `host` and `x-amz-date` (`20130524T000000Z`) among them; names in lower case.
    """
    moment = headers["x-amz-date"]
    scope = f"{moment[:8]}/{credentials.region}/s3/aws4_request"
    names = ";".join(sorted(headers))
    request = "\n".join(
        [
            method,
            quote(path, safe="/~"),
            "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in sorted(query.items())),
            *(f"{name}:{headers[name].strip()}" for name in sorted(headers)),
            "",
            names,
            _EMPTY,
        ]
    )
    text = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = f"AWS4{credentials.secret_access_key}".encode()
    for part in (moment[:8], credentials.region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.new(key, text.encode(), "sha256").hexdigest()
    return (
        f"AWS4-HMAC-SHA256 Credential={credentials.access_key_id}/{scope},SignedHeaders={names},Signature={signature}"
    )


class S3Store:
    """One object of one bucket. Reads; the state's lock object is not looked at, as nothing is written."""

    def __init__(self, name: str, settings: S3State, timeout_s: float, clock: Clock) -> None:
        self.settings = settings
        self._clock = clock
        self._credentials = Credentials(
            settings.access_key_id, settings.secret_access_key.get_secret_value(), settings.region
        )
        # An own endpoint is spoken to by path; AWS by the bucket's own host.
        aws = f"https://{settings.bucket}.s3.{settings.region}.amazonaws.com"
        self._url = settings.endpoint.rstrip("/") or aws
        self._root = f"/{settings.bucket}" if settings.endpoint else ""
        target = ApiTarget(
            name=f"The bucket of {name}",
            url=self._url,
            timeout_s=timeout_s,
            ca_file=settings.ca_file,
            permissions=f"s3:GetObject, s3:GetObjectVersion on {settings.bucket}/{settings.key} and "
            f"s3:ListBucketVersions on {settings.bucket}",
            settings_key=f"terraform.workspaces.{name}.s3",
        )
        self._api = JsonApi(target, clock)

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Bucket]:
        """Yield the bucket over connections that are closed with the block."""
        async with self._api.connect() as session:
            yield Bucket(self, session)

    async def get(self, session: ApiSession, path: str, query: Mapping[str, str]) -> bytes:
        """Return what a signed request brings.

        Raises:
            OperationalError: It cannot be read.
        """
        headers = {
            "host": urlsplit(self._url).netloc,
            "x-amz-content-sha256": _EMPTY,
            "x-amz-date": self._clock.now().astimezone(UTC).strftime("%Y%m%dT%H%M%SZ"),
        }
        if token := self.settings.session_token.get_secret_value():
            headers["x-amz-security-token"] = token
        path = f"{self._root}{path}" or "/"
        headers["authorization"] = sign(self._credentials, "GET", path, query, headers)
        # Written as it was signed: another spelling of the same address has another signature.
        asked = "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in sorted(query.items()))
        address = quote(path, safe="/~") + (f"?{asked}" if asked else "")
        return (await session.send("GET", address, headers=headers)).body


class Bucket:
    """The versions of one object, over one set of connections."""

    def __init__(self, store: S3Store, session: ApiSession) -> None:
        self._store = store
        self._session = session

    async def list_versions(self, most: int, since: datetime | None) -> list[Version]:
        """Return the newest versions, newest first; one where the bucket keeps none or does not let them be listed.

        Args:
            since: Only those since then, and the one before.

        Raises:
            OperationalError: They cannot be listed.
        """
        settings = self._store.settings
        try:
            query = {"versions": "", "prefix": settings.key, "max-keys": str(most * 4)}
            listed = (await self._store.get(self._session, "", query)).decode(errors="replace")
        except NotThere:
            raise
        except OperationalError as error:
            if error.facts.get("status") != 403:
                raise
            listed = ""  # The newest may be readable all the same; the doctor says what is missing.
        read = (_read_version(text, settings.bucket) for text in _LISTED.findall(listed))
        versions = [one for one in read if one.key == settings.key][:most]
        if not versions:
            return [Version(settings.key, "", f"s3://{settings.bucket}/{settings.key}", None)]
        wanted = sum(since is None or one.modified_at is None or one.modified_at >= since for one in versions)
        return versions[: wanted + 1]

    async def read(self, version: Version) -> bytes:
        """Return what a version holds.

        Raises:
            OperationalError: It cannot be read.
        """
        query = {"versionId": version.id} if version.id else {}
        return await self._store.get(self._session, f"/{version.key}", query)


def _read_version(text: str, bucket: str) -> Version:
    def find(name: str) -> str:
        match = re.search(rf"<{name}>([^<]*)</{name}>", text)
        return html.unescape(match[1]) if match else ""

    key, number = find("Key"), find("VersionId")
    # What was there before versioning was turned on is called null. Without a version, the newest is read in its place.
    number = "" if number == "null" and find("IsLatest") != "false" else number
    place = f"s3://{bucket}/{key}" + (f"?versionId={number}" if number else "")
    return Version(key, number, place, _read_instant(find("LastModified")))


def _read_instant(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone(UTC) if text else None
    except ValueError:
        return None
