"""`fermata check`: look at the settings, the store and every system, and say exactly what is missing."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fermata.cli.opening import NO_FILE, find_base, is_open_to_others, load
from fermata.cli.output import JsonFlag, get_console, get_line_width, print_json, show_controls, wrap_hanging
from fermata.kit.errors import FermataError
from fermata.kit.units import format_duration

if TYPE_CHECKING:
    from rich.status import Status

    from fermata.ports.system import CheckResult, System
    from fermata.settings import LoadedSettings
    from fermata.settings.tree import LimitSettings

_DEADLINE_S = 20
_SERVER_S = 2.0
_READ_ONLY = "no guardrails: read-only, every action is refused (docs/policy.md has some to copy)"
_INDENT = 8
"""Columns before the words of a finding on a terminal."""


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(check)


def check(
    only: Annotated[
        list[str] | None,
        typer.Argument(metavar="SYSTEM", help="Look at these systems alone, such as `docker`. Otherwise at all."),
    ] = None,
    deadline: Annotated[
        int, typer.Option(min=1, help="Seconds a system may take; all are asked at once.")
    ] = _DEADLINE_S,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Look at the settings and every system, and say exactly what is missing. Exit 1 when something is."""
    loaded = load()
    results = run_check(loaded, only=only or (), deadline=timedelta(seconds=deadline), is_quiet=as_json)
    if as_json:
        print_json(results)
    if not all(result.ok for result in results):
        raise typer.Exit(1)


def run_check(
    loaded: LoadedSettings, *, only: Sequence[str] = (), deadline: timedelta, is_quiet: bool = False
) -> list[CheckResult]:
    """Look, print each system's findings as soon as they are there, and return all of them.

    Args:
        only: Systems to look at; empty is all of them, with the settings and the store.

    Raises:
        UserError: One of `only` is not configured.
    """
    from fermata.kit.errors import NotFoundError
    from fermata.kit.log import configure_log

    if strangers := sorted(set(only) - set(loaded.systems)):
        configured = ", ".join(sorted(loaded.systems)) or "none"
        raise NotFoundError(f"{strangers[0]} is not configured", why=f"`systems:` names {configured}")
    configure_log("error")
    names = [name for name in loaded.systems if not only or name in only]
    with _open_page(names, is_quiet=is_quiet) as page:
        return asyncio.run(_look(loaded, names, deadline, page, is_whole=not only))


async def _look(
    loaded: LoadedSettings, names: Sequence[str], deadline: timedelta, page: _Page, *, is_whole: bool
) -> list[CheckResult]:
    """Told as it is found and from inside the loop: a thread that hangs in a name look-up keeps it from ending."""
    from fermata.bootstrap import build_systems
    from fermata.flows.doctor import check_systems
    from fermata.kit.clock import SystemClock

    results: list[CheckResult] = []
    if is_whole:
        results = [*check_settings(loaded), *await _check_store(loaded), await _check_server(loaded)]
        page.tell("settings", results)
    systems = build_systems(loaded, SystemClock())
    for name, find in _ACROSS if is_whole else ():
        if dead := find(loaded, systems):
            page.tell(name, dead)
            results += dead
    chosen = {name: systems[name] for name in names}
    if shut := _find_shut_doors(loaded, chosen):
        page.tell("server", shut)
        results += shut
    heard = {} if is_whole else await _check_listening(loaded, chosen)
    results += [finding for found in heard.values() for finding in found]

    def tell(name: str, found: Sequence[CheckResult]) -> None:
        page.tell(name, [*heard.get(name, ()), *found])

    results += await check_systems(chosen, people=loaded.settings.people, deadline=deadline, on_checked=tell)
    page.sum_up(results)
    return results


def _find_dead_guardrails(loaded: LoadedSettings, systems: Mapping[str, System]) -> list[CheckResult]:
    """Return a finding for each guardrail that can permit nothing as it is written; none is found when all can."""
    from fermata.ports.system import CheckResult
    from fermata.rules.dead_guardrails import find_dead_ends

    settings = loaded.settings
    faults = find_dead_ends(
        settings.policy.guardrails,
        offered={entry.spec.name for system in systems.values() for entry in system.list_actions()},
        people=settings.people,
        group_roles={group.role for group in settings.groups},
    )
    return [CheckResult(name="policy: guardrail", ok=False, text=fault) for fault in faults]


def _find_dead_targets(loaded: LoadedSettings, systems: Mapping[str, System]) -> list[CheckResult]:
    """Return a finding for each setting of rehearsals by which none could ever run; none is found without any."""
    from fermata.ports.system import CheckResult
    from fermata.rules.dead_targets import find_dead_targets

    chaos, faults = loaded.settings.chaos, []
    if not any(chaos.production_words):
        text = "production_words holds none: every rehearsal is refused. Leave it out, or name how yours is called"
        faults.append(CheckResult(name="chaos: production", ok=False, text=text))
    proxies = getattr(systems["faultproxy"].settings, "proxies", ()) if "faultproxy" in systems else ()
    dead = find_dead_targets(chaos.targets, [proxy.edge for proxy in proxies]) if proxies else ()
    return [*faults, *(CheckResult(name="chaos: target", ok=False, text=text) for text in dead)]


def _find_closed_rooms(loaded: LoadedSettings, systems: Mapping[str, System]) -> list[CheckResult]:
    """Return a finding for each address whose room gets no card; at the first incident nobody would be told."""
    from fermata.ports.channel import NamesRooms
    from fermata.ports.system import CheckResult
    from fermata.rules.notices import find_closed_rooms

    channels: dict[str, object] = {name: system.find_channel() for name, system in systems.items()}
    rooms = {name: channel.list_rooms() for name, channel in channels.items() if isinstance(channel, NamesRooms)}
    faults = find_closed_rooms([*loaded.settings.notify.list_addresses(), *loaded.settings.chaos.announce], rooms)
    return [CheckResult(name="notify: address", ok=False, text=fault) for fault in faults]


def _find_shut_doors(loaded: LoadedSettings, systems: Mapping[str, System]) -> list[CheckResult]:
    """Return a finding for each system that is heard by requests alone while these would be refused."""
    from fermata.ports.system import CheckResult

    if loaded.settings.server.public_url:
        return []
    text = (
        "server.public_url is not set: requests to /v1/hooks/{name} under any other name than localhost are refused, "
        "and no click arrives. Set it to the https address that your proxy has"
    )
    return [
        CheckResult(name=f"{name}: address", ok=False, text=text.format(name=name))
        for name, system in systems.items()
        if system.find_webhook() is not None and system.find_listener() is None
    ]


def _find_mute_models(loaded: LoadedSettings, _: Mapping[str, System]) -> list[CheckResult]:
    """Return a finding for each target that is never asked; with another one beside it, no card would say so."""
    from importlib.util import find_spec

    from fermata.models.prices import find_model
    from fermata.ports.system import CheckResult

    targets = loaded.settings.models.targets
    if targets and find_spec("pydantic_ai") is None:
        text = "no target can be asked: the extra ai is not installed. Install fermata-ops[ai]"
        return [CheckResult(name="models: package", ok=False, text=text)]
    refusals = {target.id: find_model(target).refusal for target in targets}
    return [
        CheckResult(name="models: target", ok=False, text=f"{name} is never asked: {refusal}")
        for name, refusal in refusals.items()
        if refusal
    ]


_ACROSS = (
    ("policy", _find_dead_guardrails),
    ("chaos", _find_dead_targets),
    ("notify", _find_closed_rooms),
    ("models", _find_mute_models),
)
"""Looks at settings that only make sense beside those of the systems, by the group of their findings."""


async def _check_store(loaded: LoadedSettings) -> list[CheckResult]:
    """Return whether the store answers, and what the serving process wrote there about its channels."""
    from fermata.bootstrap import open_house
    from fermata.ports.system import CheckResult

    name = "settings: store"
    try:
        house = open_house(loaded, enqueues=False)
    except FermataError as error:
        return [CheckResult(name=name, ok=False, text=str(error))]
    try:
        answer = next(result for result in await house.is_ready() if result.name == "store")
        store = CheckResult(name=name, ok=answer.ok, text=f"{_name_store(loaded)}: {answer.text}")
        if not answer.ok:
            return [store]
        return [store, *await house.check_clock(), *await house.check_workers(), *await house.check_channels()]
    finally:
        await house.close()


async def _check_listening(loaded: LoadedSettings, chosen: Mapping[str, System]) -> Mapping[str, list[CheckResult]]:
    """Return what the serving process wrote about the chosen channels: a token may be well, and nobody listen."""
    from fermata.ports.system import CheckResult

    if all(system.find_channel() is None for system in chosen.values()):
        return {}
    store, *states = await _check_store(loaded)
    if not store.ok:
        unknown = f"whether it hears and its cards arrive is not known, as the store does not answer: {store.text}"
        channels = [name for name, system in chosen.items() if system.find_channel() is not None]
        return {name: [CheckResult(name=f"{name}: listener", ok=False, text=unknown)] for name in channels}
    return {name: [one for one in states if one.name.startswith(f"{name}: ")] for name in chosen}


async def _check_server(loaded: LoadedSettings) -> CheckResult:
    """Say whether Fermata serves, or could: whoever else holds its port is found here, not at the first start."""
    import secrets

    import httpx2

    from fermata.ports.system import CheckResult

    name, server = "settings: server", loaded.settings.server
    if not server.port:
        return CheckResult(name=name, ok=True, text="the system chooses the port at each start")
    base = find_base(server.host, server.port)
    challenge = secrets.token_hex(16)
    try:
        async with httpx2.AsyncClient(timeout=_SERVER_S, trust_env=False) as http:
            answer = await http.get(f"{base}/healthz", params={"challenge": challenge})
        told = answer.json()
        is_fermata = answer.status_code == 200 and isinstance(told, dict) and told.get("alive") is True
        proof = str(told.get("proof", "")) if is_fermata else ""
    except httpx2.ConnectError:
        return CheckResult(name=name, ok=True, text=f"not serving now; `fermata up` will, at {base}")
    except (httpx2.HTTPError, ValueError):
        is_fermata = False
    do = "stop it, or set server.port to a free one (8714 is the default)"
    if not is_fermata:
        return CheckResult(name=name, ok=False, text=f"something else holds {base}: {do}")
    if await _is_proven(loaded, challenge, proof):
        return CheckResult(name=name, ok=True, text=f"Fermata serves at {base}")
    text = f"what holds {base} answers like Fermata and did not prove that it serves this store"
    which = "it is another one, an older one, or one that cannot read its store now"
    return CheckResult(name=name, ok=False, text=f"{text}: {which}; {do}")


async def _is_proven(loaded: LoadedSettings, challenge: str, proof: str) -> bool:
    """Answer whether whoever gave this proof serves the store of these settings; of a store nobody reads, no."""
    import hmac

    from fermata.bootstrap import open_house
    from fermata.flows.proof import find_proof

    try:
        house = open_house(loaded, enqueues=False)
    except FermataError:
        return False  # That it cannot be opened is told as a finding of its own.
    try:
        expected = await find_proof(house.store, challenge)
    except FermataError:
        return False
    finally:
        await house.close()
    return bool(expected) and hmac.compare_digest(expected.encode(), proof.encode())


def _name_store(loaded: LoadedSettings) -> str:
    from fermata.kit.redaction import redact

    return redact(loaded.settings.store_url).text


class _Page:
    """Where findings go: nowhere, for those who want JSON."""

    def tell(self, name: str, found: Sequence[CheckResult]) -> None:
        """Show what is found of one system."""

    def sum_up(self, results: Sequence[CheckResult]) -> None:
        """Show what it comes to."""


_STYLES = {"ok": "green", "warn": "yellow", "FAIL": "bold red"}


def _mark(result: CheckResult) -> str:
    return "FAIL" if not result.ok else "warn" if result.is_partial else "ok"


class _Lines(_Page):
    """A finding is a line for whoever searches in it."""

    def tell(self, name: str, found: Sequence[CheckResult]) -> None:  # noqa: ARG002 - every line names its system
        for result in found:
            typer.echo(show_controls(f"{_mark(result):<4} {result.name}: {result.text}"))


class _Groups(_Page):
    """A terminal: what belongs together stands together, and who has not answered yet is named below."""

    def __init__(self, names: Sequence[str], status: Status) -> None:
        self._waiting = list(names)
        self._status = status

    def tell(self, name: str, found: Sequence[CheckResult]) -> None:
        self._waiting = [other for other in self._waiting if other != name]
        _print_group(name, found)
        self._status.update(_say_waiting(self._waiting))

    def sum_up(self, results: Sequence[CheckResult]) -> None:
        self._status.stop()
        _print_summary(results)


@contextmanager
def _open_page(names: Sequence[str], *, is_quiet: bool) -> Iterator[_Page]:
    console = get_console()
    if is_quiet or not console.is_terminal:
        yield _Page() if is_quiet else _Lines()
        return
    with console.status(_say_waiting(names)) as status:
        yield _Groups(names, status)


def _say_waiting(names: Sequence[str]) -> str:
    return show_controls(f"Waiting for {', '.join(names)} ...") if names else "Looking ..."


def _print_group(name: str, found: Sequence[CheckResult]) -> None:
    from rich.text import Text

    console = get_console()
    good = all(result.ok for result in found)
    console.print(Text(name, style="bold" if good else "bold red"))
    if not found:
        console.print(
            Text("  -     it only sends: there is nothing to ask. `fermata test-alert` tries the way in", style="dim")
        )
    for result in found:
        label = result.name.removeprefix(f"{name}: ").removeprefix(name)
        said, _, rest = result.text.partition("\n")
        line = wrap_hanging(
            show_controls(f"{label}: {said}" if label else said), width=get_line_width(console), indent=_INDENT
        )
        word = _mark(result)
        mark = (f"  {word:<6}", _STYLES[word])
        console.print(Text.assemble(mark, line), soft_wrap=True)
        if rest:  # To be copied: a grant, as it is.
            console.print(show_controls(rest), markup=False, soft_wrap=True)


def _print_summary(results: Sequence[CheckResult]) -> None:
    from rich.text import Text

    console = get_console()
    failed = [result.name for result in results if not result.ok]
    if not failed:
        partial = sum(result.is_partial for result in results)
        beside = f", {partial} with a warning" if partial else ""
        console.print(Text(f"\nAll {len(results)} findings are ok{beside}.", style="green"))
        return
    counted = f"\n{len(failed)} of {len(results)} findings need you: {', '.join(failed)}"
    console.print(Text(show_controls(counted), style="red"), soft_wrap=True)


def _check_limits(limits: LimitSettings) -> Mapping[str, tuple[bool, str]]:
    """Return a finding where nothing could ever count as restored; none where something can."""
    if limits.verify_within > limits.stable_for:
        return {}
    text = (
        f"verify_within ({format_duration(limits.verify_within)}) is over before stable_for "
        f"({format_duration(limits.stable_for)}) can have held: no fix would ever count as restored. Make it longer"
    )
    return {"limits": (False, text)}


def _find_fault_of_place(folder: Path) -> str:
    """Return what is wrong with the place of the state directory; empty where nothing is, or it is not there yet."""
    if folder.exists() and not folder.is_dir():
        return f"{folder} is a file: set state_dir to a folder of its own"
    return f"others may enter {folder}: chmod 700 it" if is_open_to_others(folder) else ""


def _find_fault_of_file(file: Path | None) -> str:
    """Return what is wrong with the settings' own file: who writes it names the people and what they may permit."""
    if file is None or not file.stat().st_mode & stat.S_IWOTH:
        return ""
    return f"everybody on this machine may write {file}, and so name who may approve what: chmod o-w it"


def _check_secret_files(loaded: LoadedSettings) -> Mapping[str, tuple[bool, str]]:
    """Return a finding where others on this machine can read a secret; none where they cannot."""
    paths = dict.fromkeys(origin.path for origin in loaded.origins.values() if origin.path is not None)
    bare = [str(path) for path in paths if _is_readable_for_others(path)]
    text = f"everybody on this machine may read {', '.join(bare)}: chmod 600 {' '.join(bare)}"
    return {"secrets": (False, text)} if bare else {}


def _is_readable_for_others(path: Path) -> bool:
    with suppress(OSError):
        whole = path.resolve()
        found = whole.stat()
        # What an orchestrator mounts into a container has its modes by that, and nobody else is in there.
        is_kept_here = found.st_uid == os.geteuid() or found.st_dev == Path("/").stat().st_dev
        can_be_reached = all(parent.stat().st_mode & stat.S_IXOTH for parent in whole.parents)
        return bool(found.st_mode & stat.S_IROTH) and is_kept_here and can_be_reached
    return False


def _check_page(public_url: str) -> Mapping[str, tuple[bool, str]]:
    """Return a finding where the page is said to lie below a path; none where it does not."""
    from urllib.parse import urlsplit

    path = urlsplit(public_url).path.strip("/")
    text = (
        f"server.public_url ends in /{path}, and the page works at the root of a host only: give it a name of its own"
    )
    return {"page": (False, text)} if path else {}


def check_settings(loaded: LoadedSettings) -> list[CheckResult]:
    """Return the findings about the settings themselves."""
    from fermata.ports.system import CheckResult
    from fermata.rules.dead_handles import find_dead_handles

    settings = loaded.settings
    dead = find_dead_handles(settings.people)
    guarded = settings.server.can_prove
    deciders = [person.id for person in settings.people if not person.bot]
    rails = settings.policy.guardrails
    place = _find_fault_of_place(settings.state_dir)
    loose = _find_fault_of_file(loaded.file)
    file = str(loaded.file or NO_FILE)
    findings: Mapping[str, tuple[bool, str]] = {
        "file": (not loose, loose or file),
        "state directory": (
            not place,
            place or f"{settings.state_dir}",
        ),
        "intake": (
            guarded,
            "alerts must prove themselves"
            if guarded
            else "set server.alert_token: env:NAME, or every alert is refused",
        ),
        "people": (
            bool(deciders),
            ", ".join(deciders) if deciders else "nobody may decide: add `people:` with roles and handles",
        ),
        # To permit nothing is a decision too, and the one to begin with.
        "policy": (True, f"{len(rails)} guardrail{'s' if len(rails) > 1 else ''}" if rails else _READ_ONLY),
        **_check_secret_files(loaded),
        **_check_limits(settings.limits),
        **_check_page(settings.server.public_url),
    }
    results = [CheckResult(name=f"settings: {what}", ok=ok, text=text) for what, (ok, text) in findings.items()]
    return [*results, *(CheckResult(name="settings: handle", ok=False, text=text) for text in dead)]
