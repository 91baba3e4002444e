"""`fermata up | login`: serve, and let people in."""

from __future__ import annotations

import asyncio
import importlib
import signal
import socket
import sys
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from fermata.cli.opening import (
    CHANNEL,
    NO_FILE,
    choose_person,
    find_base,
    get_handle,
    is_open_to_others,
    load,
    with_house,
)
from fermata.cli.output import JsonFlag, print_json, show_controls
from fermata.domain.ids import PersonId
from fermata.kit.errors import OperationalError

if TYPE_CHECKING:
    import uvicorn

    from fermata.bootstrap import House
    from fermata.settings import LoadedSettings, Settings

# As text, as the table of systems has it: cli and web are neighbours and do not lean on each other.
_WEB_APP = ("fermata.web.app", "create_app")
_HTTP_PROTOCOL = "fermata.web.connections:PatientProtocol"


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (up, login):
        app.command()(command)


def build_server(house: House, *, stop_within_s: int) -> uvicorn.Server:
    """Build the web server for a house; its lifespan starts and closes the house.

    Args:
        stop_within_s: Seconds that open requests get to end once it is told to stop.
    """
    import uvicorn

    module, name = _WEB_APP
    config = uvicorn.Config(
        getattr(importlib.import_module(module), name)(house),
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        http=_HTTP_PROTOCOL,
        backlog=128,  # So many are accepted in one go: more would take every file before one is given up.
        lifespan="on",
        timeout_graceful_shutdown=stop_within_s,
    )
    return uvicorn.Server(config)


def open_listener(host: str, port: int) -> socket.socket:
    """Bind the server's socket before anything else is built, so that a taken port is the first thing said.

    Raises:
        OperationalError: The address is taken or not ours.
    """
    try:
        return socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=512
        )
    except OSError as error:
        raise OperationalError(
            f"Fermata cannot listen on {host}:{port}",
            why=error.strerror or str(error),
            do="Stop what holds the port, or set server.port",
        ) from error


def get_base_url(settings: Settings, listener: socket.socket) -> str:
    """Return how this machine reaches the page."""
    host, port = listener.getsockname()[:2]
    return settings.server.public_url or find_base(host, port)


def up() -> None:
    """Serve: take alerts in, investigate, hold, and carry out what people approve. Ctrl-C stops."""
    from fermata.bootstrap import open_house, refuse_if_served

    loaded = load()
    try:
        listener = open_listener(loaded.settings.server.host, loaded.settings.server.port)
    except OperationalError:
        # It is mostly Fermata itself that holds the port: then another port would not help.
        refuse_if_served(loaded.settings)
        raise
    house = open_house(loaded)
    asyncio.run(_serve(house, loaded, listener))


async def _serve(house: House, loaded: LoadedSettings, listener: socket.socket) -> None:
    base = get_base_url(loaded.settings, listener)
    async with AsyncExitStack() as undo:
        undo.push_async_callback(house.close)
        server = build_server(house, stop_within_s=5)
        house.start()  # Before anybody is told that it serves; inside of the server a fault would end as a trace.
        await house.ensure_proof()
        await _greet(house, loaded, base)
        undo.pop_all()  # From here on the server closes it.
    await serve_until_told(server, listener)
    if not server.started:
        raise OperationalError("Fermata did not start", do="The reason stands above")


async def serve_until_told(server: uvicorn.Server, listener: socket.socket) -> None:
    """Serve until SIGTERM, SIGINT or SIGHUP, and end in order: what runs is left to be taken up, locks are released.

    A closed terminal is no reason to die in the middle; `nohup`, which ignores it, is heard.

    Raises:
        SystemExit: SIGHUP came; 128 and its number, as shells say it.
    """
    loop, hung_up = asyncio.get_running_loop(), asyncio.Event()

    def end() -> None:
        hung_up.set()
        server.should_exit = True

    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        loop.add_signal_handler(signal.SIGHUP, end)
    await server.serve(sockets=[listener])
    if hung_up.is_set():
        raise SystemExit(128 + signal.SIGHUP)


async def _greet(house: House, loaded: LoadedSettings, base: str) -> None:
    settings = loaded.settings
    lines = [f"Fermata serves on {base}", f"  settings  {loaded.file or NO_FILE}"]
    lines.append(f"  systems   {', '.join(house.systems) or 'none configured yet'}")
    lines.append(
        f"  alerts    POST {base}/v1/alerts/<{'|'.join(sorted(house.context.sources)) or 'no source configured'}>"
    )
    if not settings.server.can_prove:
        lines.append(
            "  warning   no server.alert_token, alert_hmac_secret or alert_sentry_secret: every alert is refused"
        )
    if is_open_to_others(settings.state_dir):
        lines.append(
            f"  warning   others may enter {settings.state_dir}, and who can write there can approve: chmod 700 it"
        )
    left = await house.find_left_behind()
    if left is not None:
        lines.append(
            f"  warning   this store is empty; incidents that were in {left[0]}: {left[1]}; they do not move along, "
            'docs/operations.md, "PostgreSQL"'
        )
    person = house.context.find_person(CHANNEL, get_handle())
    if person is not None and not sys.stderr.isatty():
        # What is not a terminal is a log, and whoever reads it would be let in.
        lines.append(f"  page      {base}/  (`fermata login` prints a link that lets {person.name} in)")
    elif person is not None:
        token = await house.sessions.issue_link_token(person.id)
        lines.append(f"  page      {base}/login?token={token}  (once, for {person.name}, 10 minutes)")
    else:
        lines.append(f"  page      {base}/  (no link: nobody in `people:` has the console handle {get_handle()!r})")
    halt = house.context.halt.find()
    if halt is not None:
        lines.append(f"  HALTED    by {halt.by}: {halt.reason}; nothing is executed until `fermata resume`")
    print(show_controls("\n".join(lines)), file=sys.stderr, flush=True)  # noqa: T201 - the greeting is for people, the log for machines


def login(
    person: Annotated[str, typer.Option("--as", help="Person id; otherwise whoever has your console handle.")] = "",
    base: Annotated[str, typer.Option(help="How the page is reached; otherwise from the settings.")] = "",
    *,
    as_json: JsonFlag = False,
) -> None:
    """Print a link that lets one person in, once, within ten minutes."""
    settings = load(needs_systems=False).settings
    chosen = choose_person(settings, person)
    token = with_house(lambda house: house.sessions.issue_link_token(PersonId(chosen)), needs_systems=False)
    address = base or settings.server.public_url or find_base(settings.server.host, settings.server.port)
    link = f"{address}/login?token={token}"
    print_json({"person": chosen, "url": link}) if as_json else typer.echo(link)
