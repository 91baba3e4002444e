"""The slash commands are within what Discord takes."""

import pytest

from fermata.flows.desk_commands import Commands
from fermata.integrations.discord.commands import COMMANDS
from fermata.testing.discord.guild import Refused
from fermata.testing.discord.rules import check_commands


def test_commands_are_taken_as_they_are():
    """Names, descriptions, and required options first."""
    check_commands(COMMANDS)


def test_check_can_fail():
    """A name with a capital is none."""
    with pytest.raises(Refused):
        check_commands([{"name": "Fermata", "description": "x"}])


def test_every_word_of_the_desk_has_its_subcommand(monkeypatch):
    """One that is added there is missed here; what `help` lists is there as it is listed."""
    monkeypatch.setattr("fermata.flows.desk_commands.Switch", lambda _: None)
    monkeypatch.setattr("fermata.flows.desk_commands.Links", lambda _: None)
    words = set(Commands(None)._words)

    offered = {option["name"] for option in COMMANDS[0]["options"]}

    assert words == offered
    assert COMMANDS[1]["name"] in words
