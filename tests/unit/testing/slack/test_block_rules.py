"""The stand-in refuses what Slack refuses."""

import pytest

from fermata.testing.slack.block_rules import check_message, check_view

TEXT = {"type": "plain_text", "text": "x"}
BUTTON = {"type": "button", "text": TEXT, "action_id": "a", "value": "v"}
INPUT = {"type": "input", "block_id": "b", "label": TEXT, "element": {"type": "plain_text_input", "action_id": "a"}}
MODAL = {"type": "modal", "title": TEXT, "submit": TEXT, "blocks": [INPUT]}


def rich(*runs):
    """Give a rich text of one paragraph."""
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(runs)}]}


@pytest.mark.parametrize(
    "blocks",
    [
        [{"type": "header", "text": TEXT}],
        [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3000}}],
        [{"type": "section", "fields": [TEXT] * 10}],
        [{"type": "context", "elements": [TEXT]}, {"type": "divider"}],
        [{"type": "actions", "elements": [BUTTON | {"action_id": f"a{n}"} for n in range(25)]}],
        [rich({"type": "text", "text": "x", "style": {"bold": True}})],
        [{"type": "divider"}] * 50,
    ],
)
def test_what_slack_takes_is_taken(blocks):
    """Up to each limit."""
    check_message(blocks)


@pytest.mark.parametrize(
    ("blocks", "words"),
    [
        ([], "not empty"),
        ([{"type": "divider"}] * 51, "51 blocks"),
        ([{"type": "header", "text": TEXT | {"text": "x" * 151}}], "151 characters"),
        ([{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}], "'mrkdwn' is none of"),
        ([{"type": "section", "text": TEXT | {"text": "x" * 3001}}], "3001 characters"),
        ([{"type": "section", "text": TEXT | {"text": ""}}], "0 characters"),
        ([{"type": "section", "fields": [TEXT] * 11}], "fields of a section"),
        ([{"type": "section", "fields": [TEXT | {"text": "x" * 2001}]}], "2001 characters"),
        ([{"type": "section"}], "a section of nothing"),
        ([{"type": "context", "elements": []}], "elements of a context"),
        ([{"type": "actions", "elements": [BUTTON] * 2}], "an action_id twice"),
        ([{"type": "actions", "elements": [BUTTON | {"action_id": str(n)} for n in range(26)]}], "elements of actions"),
        ([{"type": "actions", "elements": [BUTTON | {"value": "v" * 2001}]}], "value over 2000"),
        ([{"type": "actions", "elements": [BUTTON | {"action_id": "a" * 256}]}], "action_id over 255"),
        ([{"type": "actions", "elements": [BUTTON | {"text": TEXT | {"text": "x" * 76}}]}], "76 characters"),
        ([{"type": "actions", "elements": [BUTTON | {"style": "green"}]}], "style of a button"),
        ([{"type": "actions", "elements": [BUTTON | {"colour": "red"}]}], "unknown ['colour']"),
        ([{"type": "actions", "elements": [BUTTON | {"confirm": {"title": TEXT, "text": TEXT}}]}], "confirm lacks"),
        ([{"type": "markdown", "text": "x"}], "'markdown' is none of"),
        ([rich()], "a part of nothing"),
        ([rich({"type": "text", "text": ""})], "0 characters in a run"),
        ([rich({"type": "text", "text": "x", "style": {"blink": True}})], "an unknown style"),
        ([rich({"type": "date", "timestamp": 1})], "'date' is none of"),
        ([rich({"type": "link", "url": ""})], "url of a link"),
        ([{"type": "divider", "block_id": "b"}] * 2, "a block_id twice"),
        ([{"type": "divider", "block_id": "b" * 256}], "block_id over 255"),
        ([rich({"type": "text", "text": "x" * 3000})] * 5, "msg_blocks_too_long"),
    ],
)
def test_what_slack_refuses_is_refused(blocks, words):
    """One beyond each limit."""
    with pytest.raises(ValueError, match=r".") as caught:
        check_message(blocks)

    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"title": TEXT | {"text": "x" * 25}}, "25 characters"),
        ({"private_metadata": "x" * 3001}, "private_metadata over 3000"),
        ({"callback_id": "x" * 256}, "callback_id over 255"),
        ({"blocks": []}, "blocks of a view"),
        ({"blocks": [{"type": "actions", "elements": [BUTTON]}]}, "'actions' is none of"),
        ({"width": 3}, "unknown ['width']"),
    ],
)
def test_modal_that_slack_refuses_is_refused(change, words):
    """As `views.open` does."""
    check_view(MODAL)

    with pytest.raises(ValueError, match=r".") as caught:
        check_view(MODAL | change)

    assert words in str(caught.value)


def test_form_without_a_way_to_send_it_is_refused():
    """An input needs a submit button."""
    with pytest.raises(ValueError, match="input without submit"):
        check_view({name: value for name, value in MODAL.items() if name != "submit"})
