"""Lines of logs that a library wrote, or that stand in it: frames of stacks, and what its loggers say.

They name what the library has, which every program that calls it shares, whatever was changed in it.
"""

from __future__ import annotations

import re

from fermata.domain.evidence import Evidence
from fermata.rules.changes.loglines import read_message

_OWNERS = (
    r"javax?|jakarta|jdk|sun|kotlinx?|scala|clojure|groovy|akka|reactor|rx"
    r"|org\.(?:springframework|apache|hibernate|postgresql|eclipse|jboss|h2|jooq|slf4j|mariadb|mongodb|elasticsearch)"
    r"|com\.(?:mysql|fasterxml|zaxxer|google|sun|rabbitmq|mongodb|datastax|amazonaws|azure|netflix|lambdaworks)"
    r"|io\.(?:netty|grpc|micrometer|lettuce|vertx|projectreactor|undertow)|software\.amazon|oracle|redis\.clients"
    r"|Microsoft|System|Npgsql|Grpc|Confluent|StackExchange|MySql|MassTransit|Dapper|Polly|Azure|RabbitMQ"
)
_FRAME = re.compile(rf"^\s*at (?:async )?(?:{_OWNERS})[./$]")
_FILE = re.compile(
    r"(?:site|dist)-packages/|node_modules/|/gems/|/vendor/(?:bundle/)?|\bnode:internal|\(internal/|<frozen "
    r"|/go/pkg/mod/|/usr/(?:local/)?lib/|/lib/python\d|/usr/local/go/src/|/rustc/|\.cargo/registry/"
)
_LOGGER = re.compile(r"(?<![\w.])o\.(?:s|a|h|e)(?:\.[a-z]{1,3}){0,5}\.[A-Z]\w+")
"""As Spring shortens the names of its loggers and of those of Apache, Hibernate and Eclipse: `o.s.k.l.ErrorHandler`."""
_PYTHON = re.compile(r"\s*File \"[^\"]{1,500}\", line \d")
_STACKED = re.compile(rf"\s+at \S|{_PYTHON.pattern}")
_INDENT = "  "
"""Python sets source in by four. Compiled code has none to show: there the error itself follows its last frame."""


def is_of_stack(item: Evidence, number: int) -> bool:
    """Answer whether a line of a log is a frame of a stack, or the source that Python writes below one: nobody says it.

    Args:
        number: The line's.
    """
    texts = {line.number: line.text for line in item.lines if number - 1 <= line.number <= number}
    own, above = (read_message(texts.get(at, "")) for at in (number, number - 1))
    return _STACKED.match(own) is not None or (own.startswith(_INDENT) and _PYTHON.match(above) is not None)


def is_library_line(text: str) -> bool:
    """Answer whether a line of a log is a library's: a frame of a stack that lies in it, or its logger's words."""
    return any(pattern.search(text) for pattern in (_FRAME, _FILE, _LOGGER))
