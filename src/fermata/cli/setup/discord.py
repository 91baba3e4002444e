"""`fermata init discord`: the link that invites the bot, so that nobody adds permissions together."""

from __future__ import annotations

from typing import Annotated

import typer

from fermata.cli.output import get_console, say
from fermata.cli.setup.telling import say_missing_package
from fermata.kit.errors import UserError

_STEPS = """\

Next
{install}  1. Open https://discord.com/developers/applications, New Application. Bot, Reset Token: it is DISCORD_TOKEN.
     Switch Public Bot off; leave Privileged Gateway Intents off, and Interactions Endpoint URL empty. For what people
     write in post-mortems, switch Message Content Intent on, and set `observe: true`.
  2. {invite}
  3. In Discord: User Settings, Advanced, Developer Mode. Copy Channel ID is `channel`, Copy User ID is a handle.
     A private channel has to be opened for the bot's role.
  4. In fermata.yaml, below `systems:` (docs/systems/discord.md), and your user id below `people:`; ids in quotes:
       discord:
         token: env:DISCORD_TOKEN
         channel: "1180000000000000001"
  5. fermata check discord"""


def discord(
    application_id: Annotated[
        str, typer.Argument(help="The application's id: General Information, Application ID. Not the token.")
    ] = "",
    *,
    print_link: Annotated[bool, typer.Option("--print-link", help="Print it on stdout, and nothing else.")] = False,
) -> None:
    """Write the link that invites a Discord bot with exactly the permissions that Fermata uses."""
    from fermata.integrations.discord.permissions import NEEDED, write_invitation
    from fermata.integrations.discord.settings import SNOWFLAKE

    # Not repeated: it may be the token, pasted by mistake.
    if application_id and not SNOWFLAKE.fullmatch(application_id):
        raise UserError("That is no application id", do="It is digits alone: General Information, Application ID")
    if print_link:
        if not application_id:
            raise UserError(
                "The link holds the application's id", do="fermata init discord --print-link APPLICATION_ID"
            )
        typer.echo(write_invitation(application_id))
        return
    say(f"The bot may do this in its channel, and nothing else: {', '.join(NEEDED)}.")
    if application_id:
        invite = f"Invite the bot, it asks for nothing more:\n     {write_invitation(application_id)}"
    else:
        invite = "General Information, Application ID, and for the link that invites the bot:\n     "
        invite += "fermata init discord APPLICATION_ID"
    steps = _STEPS.format(install=say_missing_package("discord"), invite=invite)
    get_console().print(steps, markup=False, soft_wrap=True)
