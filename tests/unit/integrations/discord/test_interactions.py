"""What the gateway tells, read."""

import pytest

from fermata.integrations.discord.counter import split_custom_id
from fermata.integrations.discord.forms import build_reject_form, read_reason
from fermata.integrations.discord.interactions import read_interaction, write_command

USER = {"id": "21", "username": "alice"}
PAYLOAD = {"id": "1", "token": "t", "type": 3, "application_id": "10", "channel_id": "5", "member": {"user": USER}}


def test_guest_is_the_id_that_discord_proves():
    """Names are for words only."""
    guest = read_interaction(PAYLOAD).guest

    assert (guest.channel, guest.handle, guest.name, guest.bot, guest.barred) == ("discord", "21", "alice", False, "")


@pytest.mark.parametrize(
    ("changes", "bot", "barred"),
    [
        ({"member": {"user": {**USER, "bot": True}}}, True, ""),
        ({"member": {}}, True, "private message"),
        ({"member": None, "user": USER}, False, "private message"),
        ({"member": {"user": USER, "pending": True}}, False, "not yet agreed"),
    ],
)
def test_who_cannot_decide_is_known(changes, bot, barred):
    """Machines, nobody, people outside of the server or not yet through its door."""
    guest = read_interaction(PAYLOAD | changes).guest

    assert guest.bot is bot
    assert barred in guest.barred


@pytest.mark.parametrize("missing", ["id", "token", "type"])
def test_payload_that_cannot_be_answered_is_an_error(missing):
    """It is left alone."""
    with pytest.raises(KeyError):
        read_interaction({name: value for name, value in PAYLOAD.items() if name != missing})


def test_application_is_the_one_of_ready_where_the_payload_has_none():
    """Answers go to it."""
    payload = {name: value for name, value in PAYLOAD.items() if name != "application_id"}

    assert read_interaction(payload, "77").application_id == "77"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"name": "fermata"}, "help"),
        ({"name": "fermata", "options": [{"type": 1, "name": "status", "options": []}]}, "status"),
        ({"name": "fermata", "options": [{"type": 1, "name": "status"}]}, "status"),
        (
            {
                "name": "fermata",
                "options": [
                    {
                        "type": 1,
                        "name": "ask",
                        "options": [
                            {"name": "question", "type": 3, "value": "why?"},
                            {"name": "incident", "type": 3, "value": "inc-1"},
                        ],
                    }
                ],
            },
            "ask --incident inc-1 why?",
        ),
        ({"name": "generate-postmortem", "options": [{"name": "incident", "type": 3, "value": "inc-1"}]}, None),
    ],
)
def test_command_is_written_as_the_desk_takes_it(data, text):
    """In whatever order the options were typed."""
    assert write_command(data) == (text or "generate-postmortem inc-1")


@pytest.mark.parametrize(
    ("custom_id", "parts"),
    [
        ("approve:inc-1:0123", ("approve", "inc-1", "0123")),
        ("approve:a:b:0123", ("approve", "a:b", "0123")),
        ("approve", ("approve", "", "")),
        ("", ("", "", "")),
    ],
)
def test_button_is_taken_apart(custom_id, parts):
    """What is missing is empty, and decides nothing."""
    assert split_custom_id(custom_id) == parts


def test_reason_is_read_from_a_row_and_from_a_label():
    """Discord has two forms of a form."""
    field = {"type": 4, "custom_id": "reason", "value": " wrong service "}

    assert read_reason({"components": [{"type": 1, "components": [field]}]}) == "wrong service"
    assert read_reason({"components": [{"type": 18, "component": field}]}) == "wrong service"
    assert read_reason({"components": []}) == ""


def test_form_carries_the_buttons_own_id():
    """What it belongs to travels with it."""
    assert build_reject_form("reject:inc-1:0123456789abcdef")["custom_id"] == "reject:inc-1:0123456789abcdef"
