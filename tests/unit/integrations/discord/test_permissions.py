"""What the bot may do, computed as Discord does."""

import pytest

from fermata.integrations.discord.permissions import NEEDED, VIEW, compute_permissions, list_missing, write_invitation

ALL = sum(NEEDED.values())
SEND = NEEDED["Send Messages"]


def build_guild(everyone=0, role=0, owner="9"):
    """Give a server with one role beside everyone's."""
    return {
        "id": "1",
        "owner_id": owner,
        "roles": [{"id": "1", "permissions": str(everyone)}, {"id": "2", "permissions": str(role)}],
    }


MEMBER = {"user": {"id": "5"}, "roles": ["2"]}


def overwrite(one, *, allow=0, deny=0):
    """Give an overwrite."""
    return {"id": one, "allow": str(allow), "deny": str(deny)}


@pytest.mark.parametrize(
    ("guild", "overwrites", "missing"),
    [
        (build_guild(role=ALL), [], ()),
        (build_guild(everyone=ALL), [], ()),
        (build_guild(role=1 << 3), [overwrite("1", deny=ALL)], ()),
        (build_guild(owner="5"), [overwrite("5", deny=ALL)], ()),
        (build_guild(role=ALL), [overwrite("1", deny=SEND)], ("Send Messages",)),
        (build_guild(role=ALL), [overwrite("1", deny=SEND), overwrite("2", allow=SEND)], ()),
        (build_guild(role=ALL), [overwrite("2", allow=SEND), overwrite("5", deny=SEND)], ("Send Messages",)),
        (build_guild(role=ALL), [overwrite("7", deny=SEND)], ()),
        (build_guild(role=ALL & ~VIEW), [], tuple(NEEDED)),
    ],
)
def test_overwrites_count_in_discords_order(guild, overwrites, missing):
    """Everyone's, then the roles', then one's own; administrators and the owner may all; unseen means nothing."""
    held = compute_permissions(guild, MEMBER, {"permission_overwrites": overwrites})

    assert list_missing(held) == missing


def test_invitation_asks_for_just_what_is_needed():
    """No administrator, no reading of other people's messages beyond the channel's history."""
    assert write_invitation("7").endswith(f"client_id=7&scope=bot+applications.commands&permissions={ALL}")
