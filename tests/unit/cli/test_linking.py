"""`fermata link | unlink`: a code for somebody, and its end."""

import pytest

from fermata.ports.desk import Guest


def redeem(desk, code):
    """Enter a code, as somebody in the console's channel who is not in the settings."""

    async def work(house, engine):
        return await house.links.redeem(Guest(channel="console", handle="dana-at-work"), code)

    return desk.play(work)


@pytest.fixture
def talking(desk):
    """Give a desk whose house has a channel."""
    desk.write_settings("  console: {}\n")
    return desk


def test_code_is_printed_with_what_to_do(talking):
    """The person enters it in the channel; it is theirs alone."""
    result = talking.run("link", "--as", "max", "--channel", "console")

    assert result.code == 0, result.err
    (line,) = (line.strip() for line in result.out.splitlines() if "/fermata link" in line)
    assert redeem(talking, line.rpartition(" ")[2]).person.id == "max"


def test_code_for_machines_is_of_whoever_sits_there(talking):
    """Without --as it is for whoever has the console handle."""
    result = talking.run("link", "--channel", "console", "--json")

    assert (result.json["person"], result.json["channel"]) == ("dana", "console")
    assert redeem(talking, result.json["code"]).person.id == "dana"


def test_code_may_be_for_one_account(talking):
    """It says which, and nobody else can enter it."""
    result = talking.run("link", "--as", "max", "--channel", "console", "--account", "max-at-home")

    assert "max, as max-at-home, enters this" in result.out
    (line,) = (line.strip() for line in result.out.splitlines() if "/fermata link" in line)
    assert redeem(talking, line.rpartition(" ")[2]).person is None


def test_link_is_taken_back(talking):
    """Once; afterwards there is nothing to take back."""
    redeem(talking, talking.run("link", "--as", "max", "--channel", "console", "--json").json["code"])

    first = talking.run("unlink", "--as", "max", "--channel", "console", "--json")
    again = talking.run("unlink", "--as", "max", "--channel", "console")

    assert first.json == {"person": "max", "channel": "console", "removed": 1}
    assert (again.code, "not linked" in again.err) == (2, True)
    assert "not linked in console any more" not in again.out


@pytest.mark.parametrize("args", [("--as", "zoe", "--channel", "console"), ("--as", "max", "--channel", "fax")])
def test_code_for_nobody_or_nowhere_is_refused(talking, args):
    """Both are names of the settings."""
    result = talking.run("link", *args)

    assert (result.code, "There is no" in result.err) == (2, True)
