"""The development cases of the paper trail: a small script language, turned into bundles and the answers to them."""

from __future__ import annotations

import json
import random
import re
import tarfile
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
FOLDER = HERE / "cases" / "postmortem"
UNSEEN = HERE / "cases" / "postmortem-unseen"
"""Written after the rules and scored as they were; what they taught went into the rules only afterwards."""
EXAMS = HERE / "cases" / "postmortem-exams"
"""Written by other hands; scored as they were, and used for developing since."""
NOISE = (HERE / "postmortem_noise.txt").read_text().splitlines()
_LINE = re.compile(r"(\d\d:\d\d:\d\d) (\S+) (\w+) (.*)")
_FLAGS = re.compile(r"\{([^}]*)\}")


@dataclass
class Event:
    """Something that a good draft tells."""

    at: datetime
    ids: set[str]
    is_ruled_out: bool | None = False
    """`None`: an exam does not say."""
    actors: set[str] = field(default_factory=set)
    """Who may be named for it; empty: whoever the cited items are of."""


@dataclass
class Case:
    """A bundle's chat and what is known about it."""

    name: str
    chat: dict[str, Any]
    events: dict[str, Event] = field(default_factory=dict)
    key_times: dict[str, datetime] = field(default_factory=dict)
    noise: set[str] = field(default_factory=set)
    other: set[str] = field(default_factory=set)
    retracted: set[str] = field(default_factory=set)
    forbidden: list[str] = field(default_factory=list)
    """Texts that must not be anywhere in the output."""
    authors: dict[str, str] = field(default_factory=dict)
    is_script: bool = True
    """Written in the script language, where what is not marked may be told or not."""
    blame: list[str] = field(default_factory=list)
    """Sentences that blame somebody."""


def read_cases(fillers: int, folder: Path = FOLDER) -> list[Case]:
    """Every case, with so many messages of noise put between its own (the same ones on every run)."""
    return [read_case(path, fillers) for path in sorted(folder.glob("*.chat"))]


def read_exam(source: Path) -> list[Case]:
    """Every case of an exam: a folder each, with `chat.json` and `gold.json`, in a folder or packed."""
    if source.is_dir():
        return read_exam_folder(source)
    with tempfile.TemporaryDirectory() as folder, tarfile.open(source) as packed:
        packed.extractall(folder, filter="data")
        return read_exam_folder(Path(folder))


def read_exam_folder(folder: Path) -> list[Case]:
    """Every case of an exam that is unpacked."""
    return [read_exam_case(path.parent) for path in sorted(folder.glob("*/gold.json"))]


def read_exam_case(folder: Path) -> Case:
    """One case of an exam."""
    chat = json.loads((folder / "chat.json").read_text())
    gold = json.loads((folder / "gold.json").read_text())
    chat = {"deploys": [], "metrics": []} | chat
    case = Case(folder.name, chat, is_script=False)
    for name, event in gold["events"].items():
        actors = {actor for actor in event.get("actors") or () if actor}
        case.events[name] = Event(datetime.fromisoformat(event["time"]), set(event["ids"]), None, actors)
    case.key_times = {name: datetime.fromisoformat(at) for name, at in gold.get("key_times", {}).items() if at}
    case.noise, case.other = set(gold.get("noise", ())), set(gold.get("other", ()))
    case.retracted = set(gold.get("retracted", ()))
    case.forbidden = list(gold.get("forbidden", ()))
    case.blame = list(gold.get("blame", ()))
    case.authors = {message["id"]: message["user"] for message in chat["messages"]}
    case.authors |= {item["id"]: item.get("author") or item.get("actor") or "" for item in chat["deploys"]}
    return case


def read_case(path: Path, fillers: int) -> Case:
    """One case."""
    chat: dict[str, Any] = {
        "platform": "slack",
        "incident": {"title": "", "channels": []},
        "participants": {},
        "messages": [],
        "deploys": [],
        "metrics": [],
    }
    case = Case(path.stem, chat)
    day = datetime(2000, 1, 1, tzinfo=UTC)
    given: dict[str, Event] = {}
    for line in filter(None, path.read_text().splitlines()):
        word, _, rest = line.partition(" ")
        if word == "day:":
            day = datetime.fromisoformat(rest).replace(tzinfo=UTC)
        elif _LINE.match(line):
            _read_message(case, line, day)
        elif word == "event":
            name, at, ids = rest.split(" ")
            given[name] = Event(_at(day, at), set(ids.removeprefix("ids=").split(",")))
        else:
            _read_head(case, word, rest, day)
    for name, event in given.items():
        known = case.events.get(name)
        case.events[name] = Event(event.at, event.ids | (known.ids if known else set()))
    _fill(case, fillers)
    return case


def _at(day: datetime, text: str) -> datetime:
    parts = [int(part) for part in text.split(":")]
    return day + timedelta(hours=parts[0], minutes=parts[1], seconds=parts[2] if len(parts) > 2 else 0)


def _read_head(case: Case, word: str, rest: str, day: datetime) -> None:
    chat = case.chat
    if word == "title:":
        chat["incident"]["title"] = rest
    elif word == "channels:":
        chat["incident"]["channels"] = rest.split()
    elif word == "person":
        handle, role, zone = rest.split()
        chat["participants"][handle] = {"role": role, "tz": zone}
    elif word == "bot":
        chat["participants"][rest] = {"role": "bot", "tz": "UTC", "bot": True}
    elif word == "secret":
        case.forbidden.append(rest)
    elif word == "key":
        case.key_times = {name: _at(day, at) for name, _, at in (part.partition("=") for part in rest.split())}
    elif word == "deploy":
        name, at, rest = rest.split(" ", 2)
        fields, _, title = rest.partition(" title=")
        record = dict(part.split("=") for part in fields.split())
        case.authors[name] = record["author"]
        chat["deploys"].append(
            {"id": name, "time": _at(day, at).isoformat(), "kind": "deployment", "title": title, "state": "success"}
            | record
        )
    elif word == "metric":
        name, label, unit, at, *runs = rest.split()
        values = [float(run.split("*")[0]) for run in runs for _ in range(int(run.split("*")[1]))]
        start, dice = _at(day, at).timestamp(), random.Random(name)
        points = [[start + 60 * n, value * dice.uniform(0.95, 1.05)] for n, value in enumerate(values)]
        service, metric = label.split(":")
        chat["metrics"].append(
            {"id": name, "name": metric, "labels": {"service": service}, "unit": unit, "points": points}
        )


def _read_message(case: Case, line: str, day: datetime) -> None:
    clock, user, name, text = _LINE.match(line).groups()
    flags = [flag for found in _FLAGS.findall(text) for flag in found.split(",")]
    text = _FLAGS.sub("", text).strip()
    at = _at(day, clock)
    message: dict[str, Any] = {"id": name, "time": at.isoformat(), "user": user, "text": text}
    message["channel"] = case.chat["incident"]["channels"][0]
    message["bot"] = case.chat["participants"].get(user, {}).get("bot", False)
    case.authors[name] = user
    for flag in flags:
        key, _, value = flag.partition("=")
        if key == "t":
            message["thread"] = value
        elif key == "was":
            message["edited"] = {"time": (at + timedelta(minutes=1)).isoformat(), "previous_text": value}
            case.forbidden.append(flag.partition("password ")[2] or value)
        elif key == "d":
            message["deleted_at"] = (at + timedelta(minutes=2)).isoformat()
            case.forbidden.append(text)
        elif key == "x":
            case.other.add(name)
        elif key == "r":
            case.retracted.add(name)
        elif key.startswith("e"):
            known = case.events.setdefault(key, Event(at, set(), bool(case.retracted) and rules_out(text)))
            known.ids.add(name)
    if not flags:
        case.noise.add(name)
    case.chat["messages"].append(message)


def rules_out(text: str) -> bool:
    """Whether a message that is told excludes something: those are expected as `ruled_out`."""
    pattern = (
        r"it's not|not the|rule.{0,20} out|theory is out|can't be (?:it|that)|innocent|nothing to do with|it isn't|"
        r"ruled out|red herring|unrelated|wasn't it"
    )
    return re.search(pattern, text, re.IGNORECASE) is not None


def _fill(case: Case, count: int) -> None:
    dice = random.Random(case.name)
    people = [name for name, person in case.chat["participants"].items() if not person.get("bot")]
    times = [datetime.fromisoformat(message["time"]) for message in case.chat["messages"]]
    span = (max(times) - min(times)).total_seconds()
    for number in range(count):
        at = min(times) + timedelta(seconds=dice.uniform(30, span))
        name = f"z{number}"
        user = dice.choice(people)
        case.noise.add(name)
        case.authors[name] = user
        case.chat["messages"].append(
            {
                "id": name,
                "time": at.isoformat(),
                "user": user,
                "channel": case.chat["incident"]["channels"][0],
                "text": dice.choice(NOISE),
            }
        )
    case.chat["messages"].sort(key=lambda message: message["time"])


def write_bundle(case: Case, folder: Path) -> None:
    """Write a case as a bundle."""
    folder.mkdir(parents=True)
    (folder / "bundle.yaml").write_text(f"version: 1\nid: {case.name}\n")
    (folder / "chat.json").write_text(json.dumps(case.chat))
