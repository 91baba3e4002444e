"""A handle that no click can carry is named before an incident shows it."""

import pytest

from fermata.domain.person import Person
from fermata.rules.dead_handles import find_dead_handles


def find(**handles):
    """Judge one person's handles."""
    return find_dead_handles([Person(id="alice", name="Alice", roles=("oncall",), handles=handles)])


def test_given_handles_of_the_right_form_then_nothing_is_said():
    """Numbers, member ids, and whatever a terminal or a provider calls somebody."""
    found = find(
        github="583231", gitlab="12", discord="1180000000000000021", slack="U0123ABCD", console="al\nice", oidc="a@b.c"
    )

    assert found == []


@pytest.mark.parametrize(
    ("channel", "handle", "told"),
    [
        ("github", "octocat", "api.github.com/users/<login>"),
        ("gitlab", "@alice", "the user's number"),
        ("discord", "alice#1234", "Copy User ID"),
        ("slack", "@alice", "Copy member ID"),
        ("slack", "u0123abcd", "Copy member ID"),
    ],
)
def test_given_a_name_where_an_id_is_told_then_it_says_where_to_find_it(channel, handle, told):
    """Nobody looks at a name that can be given up and taken by somebody else."""
    (found,) = find(**{channel: handle})

    assert found.startswith(f"alice is {handle!r} on {channel}")
    assert told in found
    assert f"fermata link --as alice --channel {channel}" in found


@pytest.mark.parametrize(
    ("channel", "handle", "end"),
    [
        ("github", "octo-cat", "--channel github --account octo-cat`"),
        ("gitlab", "@al.ice", "--channel gitlab --account @al.ice`"),
        ("gitlab", "$(reboot)", "--channel gitlab`"),
        ("slack", "alice", "--channel slack`"),
    ],
)
def test_given_a_forge_then_the_code_is_for_the_account_of_that_name(channel, handle, end):
    """Where everybody reads the code it has to be; and only a name is put into a command."""
    (found,) = find(**{channel: handle})

    assert found.endswith(end)
