"""How different programs write the same thing: formats and everyday chatter for `needle_cases`."""

# ruff: noqa: E501 - a log line is as long as it is.

from __future__ import annotations

import json
import random
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

Render = Callable[[datetime, str, str, str], str]


@dataclass
class Style:
    """A format, a service of its own, and what its program says all day."""

    render: Render
    service: str
    phrases: list[tuple[str, str]]
    services: list[str]

    def chatter(self, rnd: random.Random) -> tuple[str, str, str]:
        """Give one ordinary line: level, message, service."""
        level, phrase = rnd.choice(self.phrases)
        values = {
            "n": rnd.randint(1, 99999), "m": rnd.randint(1, 300), "h": f"{rnd.getrandbits(48):012x}", "ip": f"10.{rnd.randint(0, 9)}.{rnd.randint(0, 255)}.{rnd.randint(1, 254)}",
            "user": rnd.choice(("ann", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy")), "f": f"{rnd.random() * 40:.2f}",
            "path": rnd.choice(("/cart", "/orders", "/items/{n}", "/search", "/login", "/metrics", "/static/app.js")).format(n=rnd.randint(1, 999)),
        }  # fmt: skip
        return level, phrase.format(**values), rnd.choice(self.services)


PHRASES: list[tuple[str, str]] = [
    ("INFO", "request {h} GET {path} 200 in {m} ms"),
    ("INFO", "user {user} logged in from {ip}"),
    ("INFO", "processed {n} events in {f} s"),
    ("DEBUG", "cache hit for key item:{n}"),
    ("DEBUG", "cache miss for key item:{n}, loading"),
    ("INFO", "scheduled job compaction finished in {m} ms"),
    ("INFO", "published message {h} to topic orders partition {m}"),
    ("WARN", "request {h} was slow: {n} ms"),
    ("INFO", "session {h} closed by client {ip}"),
    ("INFO", "flushed {n} rows to segment {h}"),
    ("DEBUG", "acquired lock {h} after {m} us"),
    ("WARN", "retrying call to inventory (attempt 1 of 3)"),
    ("INFO", "call to inventory succeeded"),
    ("INFO", "worker {m} picked up task {h}"),
    ("INFO", "stats: connections={m} requests={n} errors=0"),
    ("ERROR", "client {ip} sent malformed header, closing"),
    ("INFO", "GC pause {f} ms"),
    ("INFO", "exported {n} spans"),
]


def _plain(now: datetime, level: str, message: str, service: str) -> str:
    return f"{now:%Y-%m-%d %H:%M:%S},{now.microsecond // 1000:03d} {level:<5} [{service}] {message}"


def _java(now: datetime, level: str, message: str, service: str) -> str:
    return f"{now:%Y-%m-%d %H:%M:%S}.{now.microsecond // 1000:03d}  {level} 1 --- [nio-8080-exec-{now.microsecond % 9}] c.shop.{service}.Main : {message}"


def _json(now: datetime, level: str, message: str, service: str) -> str:
    return json.dumps(
        {
            "ts": now.isoformat(),
            "level": level.lower(),
            "service": service,
            "msg": message,
            "trace": f"{zlib.crc32(message.encode() + str(now).encode()):08x}",
        }
    )


def _logfmt(now: datetime, level: str, message: str, service: str) -> str:
    return f'ts={now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z level={level.lower()} svc={service} caller=main.go:{now.microsecond % 400} msg="{message}"'


def _cri(now: datetime, level: str, message: str, service: str) -> str:
    return f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond:06d}000Z stdout F {level[0]}{now:%m%d %H:%M:%S}.{now.microsecond:06d}       1 {service}.go:{now.microsecond % 900}] {message}"


def _syslog(now: datetime, level: str, message: str, service: str) -> str:
    return f"{now:%b %d %H:%M:%S} node-7 {service}[{4000 + now.hour}]: {level.lower()}: {message}"


def _ansi(now: datetime, level: str, message: str, service: str) -> str:
    colour = {"ERROR": 31, "FATAL": 31, "WARN": 33}.get(level, 32)
    return f"\x1b[90m{now:%H:%M:%S}\x1b[0m \x1b[{colour}m{level}\x1b[0m {service}: {message}"


def _compose(now: datetime, level: str, message: str, service: str) -> str:
    return f"{service}-1  | {now:%Y/%m/%d %H:%M:%S} [{level}] {message}"


def _bare(now: datetime, level: str, message: str, service: str) -> str:
    del level, service
    return f"[{now:%d/%m/%y %H:%M:%S}] {message}"


FORMATS: list[Render] = [_plain, _java, _json, _logfmt, _cri, _syslog, _ansi, _compose, _bare]


def make_style(rnd: random.Random) -> Style:
    """Choose a format and what this program says."""
    service = rnd.choice(("orders", "payments", "billing-api", "edge", "inventory", "auth"))
    phrases = rnd.sample(PHRASES, rnd.randint(6, 14))
    return Style(rnd.choice(FORMATS), service, phrases, [service])
