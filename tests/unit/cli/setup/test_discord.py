"""The invitation of a Discord bot, from the command line."""

import pytest
from tests.unit.cli.desk import run

from fermata import integrations
from fermata.integrations.discord.permissions import NEEDED, write_invitation

ID = "1180000000000000099"


def test_link_stands_between_what_comes_before_and_after_it(folder):
    """Where the token is, which permissions there are, and the section that takes both."""
    result = run("init", "discord", ID)

    assert result.code == 0
    assert write_invitation(ID) in result.out
    assert all(name in result.out for name in NEEDED)
    assert "token: env:DISCORD_TOKEN" in result.out
    assert result.out.index("Reset Token") < result.out.index(ID) < result.out.index("fermata check discord")
    assert list(folder.iterdir()) == []


def test_link_is_printed_alone(folder):
    """For a pipe: nothing but the address."""
    assert run("init", "discord", ID, "--print-link").out == f"{write_invitation(ID)}\n"
    assert run("init", "discord", "--print-link").code == 2


def test_without_an_application_it_is_said_how_to_get_one(folder):
    """And no link that would lead nowhere."""
    result = run("init", "discord")

    assert result.code == 0
    assert "client_id=" not in result.out
    assert "fermata init discord APPLICATION_ID" in result.out


@pytest.mark.parametrize("given", ["MTE4.Gx.secret", "12 34", "abc"])
def test_what_is_no_id_is_refused_and_not_repeated(folder, given):
    """Somebody may have pasted the token."""
    result = run("init", "discord", given)

    assert result.code == 2
    assert given not in result.out + result.err


def test_missing_package_is_the_first_step(folder, monkeypatch):
    """The base installation goes without it."""
    whole = run("init", "discord", ID)
    monkeypatch.setattr(integrations, "SYSTEMS", {"discord": "no_such_package.discord:Discord"})

    result = run("init", "discord", ID)

    assert "  0. " not in whole.out
    assert "  0. It needs the Python package no_such_package, which is not installed." in result.out
