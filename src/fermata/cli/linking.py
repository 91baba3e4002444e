"""`fermata link | unlink`: who somebody in a chat is."""

from __future__ import annotations

from typing import Annotated

import typer

from fermata.cli.opening import choose_person, get_actor, load, with_house
from fermata.cli.output import JsonFlag, print_json, say
from fermata.domain.ids import PersonId

PersonOption = Annotated[str, typer.Option("--as", help="Person id; otherwise whoever has your console handle.")]
ChannelOption = Annotated[str, typer.Option(help="The channel: slack, discord, github ...")]
AccountOption = Annotated[
    str, typer.Option(help="Your name there: only that account may enter it. Needed where others read: github, gitlab.")
]


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (link, unlink):
        app.command()(command)


def link(
    channel: ChannelOption, person: PersonOption = "", account: AccountOption = "", *, as_json: JsonFlag = False
) -> None:
    """Print a code that tells a channel who somebody is: entered there once, within ten minutes."""
    chosen = choose_person(load().settings, person)
    code = with_house(lambda house: house.links.issue_code(PersonId(chosen), channel, account))
    if as_json:
        print_json({"person": chosen, "channel": channel, "code": code})
        return
    who = f"{chosen}, as {account}," if account else chosen
    say(f"{who} enters this in {channel}, within 10 minutes:")
    say(f"  /fermata link {code}")
    say("Whoever enters it is that person to Fermata from then on: hand it to nobody else.")


def unlink(channel: ChannelOption, person: PersonOption = "", *, as_json: JsonFlag = False) -> None:
    """Take a link back. Handles that stand in the settings are changed there."""
    chosen = choose_person(load().settings, person)
    removed = with_house(lambda house: house.links.unlink(PersonId(chosen), channel, get_actor(house)))
    if as_json:
        print_json({"person": chosen, "channel": channel, "removed": removed})
    else:
        say(f"{chosen} is not linked in {channel} any more.")
