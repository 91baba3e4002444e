"""The proxy's control port: begin, renew, look at and withdraw a fault. JSON over HTTP on loopback, by token only.

    GET  /v1/state
    POST /v1/begin     {"experiment": "exp-1", "ttl_s": 3, "longest_s": 300, "fault": {"kind": "latency", ...}}
    POST /v1/renew     {"experiment": "exp-1", "ttl_s": 3}
    POST /v1/withdraw  {"experiment": "exp-1"}

Every answer is the state. A fault without a lease (`ttl_s`, 1 to 900 s) is refused; so is one while the halt file is
there, and one while another experiment's is. `longest_s` ends it however often it is renewed.
"""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from fermata.domain.experiment import FaultKind, FaultSpec
from fermata.integrations.faultproxy.lease import LONGEST_LEASE_S, SHORTEST_LEASE_S, Lease, Traffic

CAN_DO = frozenset(
    {
        FaultKind.LATENCY,
        FaultKind.ERROR,
        FaultKind.BLACKHOLE,
        FaultKind.RESET,
        FaultKind.SLOW_BODY,
        FaultKind.BANDWIDTH,
    }
)
"""What a relay can do to calls; the other kinds need the callee's machine."""
NO_HTTP = "no call through it was HTTP, and an HTTP error cannot be put into another protocol: rehearse a reset"
LONGEST_S = 24 * 3600.0
_LONGEST_REQUEST = 16 * 1024
_PATIENCE_S = 5.0
_LOOK_S = 0.1
"""How often the lease and the halt file are looked at: a fault outlives either by no more."""


class _Renew(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    experiment: str = Field(min_length=1, max_length=200)
    ttl_s: float = Field(ge=SHORTEST_LEASE_S, le=LONGEST_LEASE_S)


class _Begin(_Renew):
    longest_s: float = Field(gt=0, le=LONGEST_S)
    fault: FaultSpec


class _Withdraw(BaseModel):
    model_config = ConfigDict(extra="forbid")

    experiment: str = Field(default="", max_length=200)


class Refused(Exception):
    """The request is not carried out."""

    def __init__(self, status: HTTPStatus, why: str) -> None:
        super().__init__(why)
        self.status = status


class Control:
    """Carries out requests on a lease, and ends the fault when its time is over or somebody halts.

    Args:
        token: What every request must carry.
        to: Where the proxy relays to, for people.
        halt_file: While it is there no fault begins, and one that is there ends.
        now: Seconds of the clock the relay uses.
    """

    def __init__(
        self, lease: Lease, traffic: Traffic, *, token: str, to: str, halt_file: Path | None, now: Callable[[], float]
    ) -> None:
        self._lease = lease
        self._traffic = traffic
        self._token = token
        self._to = to
        self._halt_file = halt_file
        self._now = now

    async def watch(self) -> None:
        """End what must end, until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(_LOOK_S)

    def look(self) -> None:
        """End the fault if its lease has run out or somebody halted."""
        now = self._now()
        if self._lease.find(now) is not None and self._is_halted():
            self._lease.withdraw("", "halted", now)

    def _is_halted(self) -> bool:
        if self._halt_file is None:
            return False
        try:
            self._halt_file.lstat()
        except FileNotFoundError:
            return False
        except OSError:
            return True  # A folder that cannot be looked into halts, as everywhere.
        return True

    def carry_out(self, method: str, path: str, token: str, body: bytes) -> dict[str, Any]:
        """Carry out one request and return the state.

        Raises:
            Refused: With the status and the reason.
        """
        if not hmac.compare_digest(token.encode(), self._token.encode()):
            raise Refused(HTTPStatus.UNAUTHORIZED, "the token is not this proxy's")
        if (method, path) == ("GET", "/v1/state"):
            return self.describe()
        steps: dict[str, Callable[[bytes], None]] = {
            "/v1/begin": self._begin,
            "/v1/renew": self._renew,
            "/v1/withdraw": self._withdraw,
        }
        if method != "POST" or path not in steps:
            raise Refused(HTTPStatus.NOT_FOUND, "there is no such request")
        try:
            steps[path](body)
        except ValidationError as error:
            problems = "; ".join(
                f"{'.'.join(map(str, item['loc'])) or 'request'}: {item['msg']}"
                for item in error.errors(include_url=False, include_input=False, include_context=False)
            )
            raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, problems) from error
        return self.describe()

    def _begin(self, body: bytes) -> None:
        asked = _Begin.model_validate_json(body)
        if asked.fault.kind not in CAN_DO:
            raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, f"a proxy cannot do {asked.fault.kind.value}")
        if asked.fault.kind is FaultKind.ERROR and self._traffic.has_no_http:
            raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, NO_HTTP)
        if self._is_halted():
            raise Refused(HTTPStatus.CONFLICT, "halted: the halt file is there")
        begun = self._lease.begin(
            asked.experiment, asked.fault, now=self._now(), lease_s=asked.ttl_s, longest_s=asked.longest_s
        )
        if not begun:
            raise Refused(HTTPStatus.CONFLICT, "another fault is active")

    def _renew(self, body: bytes) -> None:
        asked = _Renew.model_validate_json(body)
        if not self._lease.renew(asked.experiment, now=self._now(), lease_s=asked.ttl_s):
            raise Refused(HTTPStatus.GONE, "the fault is not there any more")

    def _withdraw(self, body: bytes) -> None:
        asked = _Withdraw.model_validate_json(body or b"{}")
        self._lease.withdraw(asked.experiment, "it was withdrawn", self._now())

    def describe(self) -> dict[str, Any]:
        """Return the state: where to, the fault that is there or was last, and the calls that went through."""
        now = self._now()
        active = self._lease.find(now)
        fault = self._lease.last
        self._traffic.settle(now)
        return {
            "to": self._to,
            "halted": self._is_halted(),
            "can_do": sorted(kind.value for kind in CAN_DO),
            "active": active is not None,
            "experiment": fault.experiment_id if fault else "",
            "affected": fault.affected if fault else 0,
            "ended": fault.ended if fault else "",
            "lease_left_s": round(active.until - now, 3) if active else 0.0,
            "fault": fault.spec.model_dump(mode="json", exclude_none=True) if fault else None,
            "calls": self._traffic.ended,
            "in_flight": self._traffic.in_flight,
            "call_seconds": round(self._traffic.call_seconds, 6),
            "unreached": self._traffic.unreached,
            "no_http": self._traffic.has_no_http,
        }

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the one request of a connection."""
        try:
            async with asyncio.timeout(_PATIENCE_S):
                status, answer = await self._answer(reader)
                body = json.dumps(answer).encode()
                head = (
                    f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: application/json\r\n"
                    f"Content-Length: {len(body)}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"
                )
                writer.write(head.encode() + body)
                await writer.drain()
        except (TimeoutError, OSError, asyncio.IncompleteReadError):
            pass  # Whoever asked has gone; there is nobody to tell.
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader) -> tuple[HTTPStatus, dict[str, Any]]:
        try:
            method, path, headers = _read_head(await reader.readuntil(b"\r\n\r\n"))
            size = headers.get("content-length", "0")
            if not size.isdigit() or int(size) > _LONGEST_REQUEST:
                raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the request is too large")
            body = await reader.readexactly(int(size))
            token = headers.get("authorization", "").removeprefix("Bearer ")
            return HTTPStatus.OK, self.carry_out(method, path, token, body)
        except Refused as refusal:
            return refusal.status, {"error": str(refusal)}
        except (ValueError, asyncio.LimitOverrunError):
            return HTTPStatus.BAD_REQUEST, {"error": "this is no request"}


def _read_head(text: bytes) -> tuple[str, str, dict[str, str]]:
    """Return method, path and headers by lower-case name; `ValueError` when it is no head."""
    first, *lines = text.decode("latin-1").rstrip("\r\n").split("\r\n")
    method, path, _ = first.split(" ", 2)
    pairs = (line.partition(":") for line in lines)
    return method, path, {name.strip().lower(): value.strip() for name, _, value in pairs}
