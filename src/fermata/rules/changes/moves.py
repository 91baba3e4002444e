"""Libraries, images and engines that a change moves to another version, takes away, or leaves open."""

# ruff: noqa: E501 - a row of a table is one line, so that rows can be compared

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fermata.rules.changes.diffs import Diff, DiffLine, FileKind, Hunk
from fermata.rules.changes.edit_tables import Edit, make_edit

_VERSIONED = re.compile(r"image|tag|version|engine|chart", re.IGNORECASE)
_VERSION = re.compile(r"(?<![\d.])v?(\d+)\.(\d+)(?:\.(\d+))?")
_FROM = re.compile(r"^\s*FROM\s+(?:--\S+\s+)?(\S+)", re.IGNORECASE)
_TAG = re.compile(r"v?(\d+)(?:\.(\d+))?(?:\.(\d+))?")
_TOOLS = re.compile(
    r"@types/|(?<![a-z])(?:eslint|prettier|stylelint|husky|lint-staged|jest|vitest|mocha|chai|sinon|cypress|playwright"
    r"|storybook|nodemon|rspec|rubocop|factory_bot|webmock|capybara|pytest|flake8|black|ruff|mypy|pylint|tox|coverage"
    r"|junit|mockito|assertj|testcontainers|checkstyle|spotbugs|spotless|detekt|ktlint|jacoco|phpunit|phpstan|xunit|moq"
    r")(?![a-z])",
    re.IGNORECASE,
)
"""What only who writes or tests a program runs, as a word of its own: `langchain` is no `chai`."""
_MAJOR, _MINOR, _PATCH, _BASE = 0.9, 0.45, 0.25, 0.7


@dataclass(frozen=True, slots=True)
class Move:
    """A library, an image or an engine that goes to another version."""

    name: str
    old: str
    new: str
    line: DiffLine
    strength: float
    """0.9 for a major version, 0.45 for a minor one, 0.25 for a patch."""


def find_move(hunk: Hunk) -> Move | None:
    """Return the library, image or engine that a hunk moves furthest; `None` when it moves none."""
    if hunk.kind not in (FileKind.MANIFEST, FileKind.SETTINGS):
        return None
    moves = [move for move in _list_moves(hunk) if not _TOOLS.search(move.name)]
    return max(moves, key=lambda move: move.strength, default=None)


def _list_moves(hunk: Hunk) -> Iterator[Move]:
    for line in hunk.list_signed("+"):
        if base := _read_base(line, hunk):
            yield base
            continue
        new = _VERSION.search(line.text)
        if new is None or (hunk.kind is FileKind.SETTINGS and not _VERSIONED.search(line.text)):
            continue
        name = line.text[: new.start()].strip()
        olds = [one.text for one in hunk.list_signed("-") if name and one.text.strip().startswith(name)]
        old = _VERSION.search(olds[0]) if olds else None
        if old is not None and old[0] != new[0]:
            yield Move(_name(hunk, line, name), old[0], new[0], line, _weigh(old, new))


def _weigh(old: re.Match[str], new: re.Match[str]) -> float:
    """A major version may break anything on purpose; a patch should not. Before 1.0 each minor one may."""
    if new[1] != old[1] or (new[1] == "0" and new[2] != old[2]):
        return _MAJOR
    return _MINOR if new[2] != old[2] else _PATCH


def _name(hunk: Hunk, line: DiffLine, front: str) -> str:
    """Return what is named before a version: the name above or before it, else the last quoted word, else the last."""
    above = hunk.name_version(line)
    if above:
        return above
    inline = re.match(r"([\w-]+)\s*=\s*\{", front)
    if inline:
        return inline[1]
    quoted = re.findall(r"[\"']([^\"']{2,})[\"']", front)
    words = re.findall(r"[\w@./-]*[A-Za-z][\w@./-]*", front)
    named: list[str] = quoted or words or [front]
    return named[-1]


def _read_base(line: DiffLine, hunk: Hunk) -> Move | None:
    """Return the step from one base image to another: half a system comes with it."""
    new = _FROM.match(line.text)
    olds = [found[1] for one in hunk.list_signed("-") if (found := _FROM.match(one.text))]
    if new is None or not olds or olds[0] == new[1]:
        return None
    return Move(new[1].partition(":")[0], olds[0], new[1], line, _weigh_base(olds[0], new[1]))


def _weigh_base(old: str, new: str) -> float:
    """Return how much a step between images matters: the same system in a later patch is next to none."""
    before, after = _TAG.search(old.rpartition(":")[2]), _TAG.search(new.rpartition(":")[2])
    if before is None or after is None or _TAG.sub("#", old) != _TAG.sub("#", new):
        return _BASE
    if before[1] != after[1]:
        return _MAJOR
    # What runs programs takes things away in minor versions, too.
    return _BASE if before[2] != after[2] else _PATCH


_LIBRARIES = (
    (r"hikari|c3p0|dbcp|\bpool", "pool connections refused | timeout query"),
    (r"jdbc|psycopg|asyncpg|(?:^|\W)pgx?\b|mysql|mongo|redis|lettuce|jedis|driver|sqlx|oracle|mssql|cassandra|clickhouse", "pool query null refused schema tls | timeout import auth"),
    (r"hibernate|sequelize|sqlalchemy|active_?record|activerecord|typeorm|prisma|\borm\b|doctrine|django|gorm|ecto|entity_?framework|mybatis|jooq", "query null schema constraint import load | slow lock parse"),
    (r"kafka|rabbit|amqp|sqs|pika|celery|sidekiq|bull|nats|pulsar|mqtt", "backlog duplicate concurrency skew parse | retry import null"),
    (r"axios|requests|urllib3|http|grpc|undici|okhttp|netty|feign|(?:^|\W)got\b|reqwest|hyper|fetch|rpc", "refused ports parse tls pool retry ratelimit routing | timeout null import notfound load size"),
    (r"openssl|rustls|tls|ssl|crypto|jose|jwt|oauth|oidc|passport|certifi|bouncy", "tls auth | refused import"),
    (r"jackson|gson|pydantic|protobuf|avro|serde|json|xml|yaml|marshmallow|serializ|zod|joi|thrift|msgpack", "parse null data import encoding | time"),
    (r"(?:^|\W)tz|moment|pytz|joda|dateutil|date-fns|luxon|chrono|timezone", "time data null import | parse"),
    (r"spring|express|flask|rails|fastapi|laravel|symfony|(?:^|\W)(?:next|nest|gin|echo)\b|aspnet|framework|servlet|tomcat|jetty", "routing auth import parse null notfound config | restart constraint"),
    (r"ingress|envoy|istio|nginx|traefik|haproxy|linkerd|gateway|chart|coredns|cert-?manager", "routing notfound tls config refused | unavailable dns parse"),
    (r"postgres|mysql|mariadb|elastic|engine|opensearch|mongodb|node|python|java|jdk|ruby|php|dotnet|golang|nodejs|runtime", "schema query import parse tls memory | slow cpu null encoding"),
)  # fmt: skip
_KINDS = tuple((re.compile(pattern, re.IGNORECASE), kinds) for pattern, kinds in _LIBRARIES)
_STEP = 1.2  # Times the strength of the move, where it is known what the library is for.


def find_move_edits(hunk: Hunk) -> Iterator[Edit]:
    """Find what the library that a hunk moves is for: a driver breaks queries, a framework routes."""
    move = find_move(hunk)
    if move is not None:
        name = f"{move.name} {move.old}"
        kinds = next((kinds for pattern, kinds in _KINDS if pattern.search(name)), None)
        if kinds is not None:
            text = f"{move.name}, of which much hangs, moves from {move.old} to {move.new}"
            yield make_edit(text, move.line, kinds, round(_STEP * move.strength, 2))


_PACKAGE = re.compile(
    r"^\s*(?:gem\s+[\"']([\w-]+)|[\"']([@\w./-]+)[\"']\s*:\s*[\"'][~^<>=\d*]|([A-Za-z][\w.-]*)\s*(?:\[[^\]]*\])?\s*(?:==|>=|~=|<)"
    r"|(?:implementation|api|compile|runtimeOnly)\s*\(?[\"']([\w.:-]+):|<artifactId>([\w.-]+)</|([\w-]+)\s*=\s*(?:\{|\"\d)"
    r"|\s*([\w./-]+)\s+v\d)"
)
_INSTALLS = re.compile(r"apt(?:-get)?|apk|yum|dnf|pacman|microdnf|zypper", re.IGNORECASE)
_WORDS = re.compile(r"(?<![\w./-])[a-z][a-z0-9.+-]{2,}(?![\w/])")
_NOISE_TEXT = (
    "run apt-get apt apk add install yum dnf update upgrade no-cache no-install-recommends virtual del clean and rm"
)
_NOISE = frozenset(_NOISE_TEXT.split())
_OF_PACKAGE = (
    (re.compile(r"ca-certificates|openssl|libssl"), "tls | refused"),
    (re.compile(r"tzdata"), "time | null notfound data"),
    (re.compile(r"locales|fonts?|icu"), "encoding notfound | data parse"),
)
_COPIED = re.compile(r"^\s*(?:COPY|ADD)\s+(?:--\S+\s+)*(\S.*)$", re.IGNORECASE)
_OPEN = re.compile(r"[\"'](?:\*|latest|x)[\"']|:latest\b|>=?\s*\d[\w.]*[\"']?\s*,?\s*$")


def find_missing(hunk: Hunk) -> Iterator[Edit]:
    """Find a library, a package of the system or a file that is no longer put in, and a version that is left open."""
    if hunk.kind is not FileKind.MANIFEST:
        return
    removed, added = hunk.list_signed("-"), hunk.list_signed("+")
    kept = "\n".join(line.text for line in hunk.lines if line.sign != "-")
    for line in removed:
        gone = next(
            (name for name in _list_names(line, hunk) if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", kept)),
            None,
        )
        if gone is not None:
            kinds = next(
                (kinds for pattern, kinds in _OF_PACKAGE if pattern.search(gone)),
                "import notfound | null restart config tls cache",
            )
            yield make_edit(f"{gone} is no longer put in", line, kinds, 1.2)
            break
    loose = next((line for line in added if _OPEN.search(line.text)), None)
    if loose is not None and any(_VERSION.search(line.text) for line in removed):
        yield make_edit("any version may be taken", loose, "import null parse | tls config restart", 0.9)


def _list_names(line: DiffLine, hunk: Hunk) -> Sequence[str]:
    """Return what a line puts in."""
    found = _PACKAGE.match(line.text)
    if found is not None:
        return [group for group in found.groups() if group][:1]
    copied = _COPIED.match(line.text)
    if copied is not None:
        return [copied[1].split()[0].rstrip("/").rpartition("/")[2]]
    is_list = any(_INSTALLS.search(one.text) for one in hunk.lines)
    return [word for word in _WORDS.findall(line.text) if word not in _NOISE] if is_list else []


def list_move_edits(diff: Diff) -> tuple[Edit, ...]:
    """Return what a diff does to what others wrote."""
    return tuple(edit for hunk in diff.effective for finder in (find_move_edits, find_missing) for edit in finder(hunk))
