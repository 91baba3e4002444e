"""`fermata init slack`: the app manifest, so that nobody clicks scopes together."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from fermata.cli.output import get_console, say
from fermata.cli.setup.telling import say_missing_package
from fermata.kit.errors import OperationalError, UserError

_HOOKS = "/v1/hooks/slack"
_STEPS = """\

Next
{install}  1. Open https://api.slack.com/apps, Create New App, From a manifest, choose the workspace, and paste it.
  2. {secret}
  3. Install App: the Bot User OAuth Token is SLACK_BOT_TOKEN.
  4. In fermata.yaml, below `systems:` (docs/systems/slack.md), and your member id below `people:`:
       slack:
         bot_token: env:SLACK_BOT_TOKEN
{way}
         channel: C0123ABCD                # View channel details, at the bottom
  5. /invite the app into the channel, then: fermata check slack"""

_SOCKET_STEP = (
    "Basic Information, App-Level Tokens: generate one with the scope connections:write. It is SLACK_APP_TOKEN."
)
_SOCKET_LINES = "         app_token: env:SLACK_APP_TOKEN"
_HTTP_STEP = (
    "Basic Information, App Credentials: the Signing Secret is SLACK_SIGNING_SECRET. Once `fermata up` runs with it, "
    "let Slack verify the address under Event Subscriptions."
)
_HTTP_LINES = """\
         mode: http                        # with server.public_url: {url}
         signing_secret: env:SLACK_SIGNING_SECRET"""


def slack(
    output: Annotated[Path, typer.Option("--output", "-o", help="Where the manifest goes.")] = Path(
        "slack-manifest.json"
    ),
    name: Annotated[str, typer.Option(help="What people call the app.")] = "Fermata",
    public_url: Annotated[
        str, typer.Option(help="For `mode: http`: how Slack reaches Fermata, https://... Otherwise a socket is used.")
    ] = "",
    *,
    print_manifest: Annotated[
        bool, typer.Option("--print-manifest", help="Print it on stdout, and nothing else.")
    ] = False,
    observer: Annotated[
        bool, typer.Option(help="Let Slack send what people write where the app is invited, for post-mortems.")
    ] = True,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Write the manifest of a Slack app with exactly the scopes that Fermata uses."""
    from fermata.integrations.slack.manifest import OBSERVER_SCOPES, SCOPES, build_manifest

    if public_url and not public_url.startswith("https://"):
        raise UserError(f"{public_url!r} is no address that Slack posts to", do="Write it like https://fermata.acme.io")
    hook_url = f"{public_url.rstrip('/')}{_HOOKS}" if public_url else ""
    manifest = build_manifest(name, hook_url=hook_url, has_observer=observer)
    text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    if print_manifest:
        typer.echo(text, nl=False)
        return
    try:
        with output.open("w" if force else "x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError as error:
        raise UserError(f"{output} is there already", do="Use --force, or another --output") from error
    except OSError as error:
        raise OperationalError(f"{output} cannot be written", why=error.strerror or str(error)) from error
    say(f"The manifest of the Slack app is in {output}. The app may do this, and nothing else:")
    for scope, why in sorted({**SCOPES, **(OBSERVER_SCOPES if observer else {})}.items()):
        say(f"  {scope:<18} {why}")
    if observer:
        say("It hears what is written in channels it is invited to, for post-mortems; --no-observer leaves that out.")
    secret, way = (_HTTP_STEP, _HTTP_LINES) if public_url else (_SOCKET_STEP, _SOCKET_LINES)
    steps = _STEPS.format(install=say_missing_package("slack"), secret=secret, way=way.format(url=public_url))
    get_console().print(steps, markup=False, soft_wrap=True)
