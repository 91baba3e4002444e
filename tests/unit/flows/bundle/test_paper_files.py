"""What people wrote: tickets, runbooks, chats. Data, cut at a length, and without what was deleted."""

import pytest

from fermata.domain.evidence import EvidenceKind
from fermata.flows.bundle import paper_files

JIRA = {
    "key": "OPS-1",
    "fields": {
        "summary": "Slow",
        "status": {"name": "Open"},
        "description": {
            "type": "doc",
            "content": [{"type": "paragraph", "content": [{"type": "text", "text": "Since noon"}]}],
        },
        "comment": {"comments": [{"author": {"displayName": "Ada"}, "body": "me too"}]},
    },
}
LINEAR = {"identifier": "OPS-2", "title": "Slow", "description": "Since noon", "comments": {"nodes": [{"body": "yes"}]}}


@pytest.mark.parametrize("content", [JIRA, [JIRA], {"issues": [JIRA]}])
def test_jira_issue_is_read(folder, texts, content):
    """Its fields as lines, its document format as plain text, its comments below."""
    folder.write("tickets/t.json", content)

    item = folder.get_only(EvidenceKind.TICKET)

    assert texts(item) == ["summary Slow", "status Open", "", "Since noon", "", "comment Ada me too"]
    assert (item.entity.ref, item.title) == ("ticket/OPS-1", "tickets/t.json: OPS-1 Slow")


def test_linear_issue_is_read(folder, texts):
    """The same from flatter fields."""
    folder.write("tickets/t.json", LINEAR)

    assert texts(folder.get_only(EvidenceKind.TICKET)) == ["title Slow", "", "Since noon", "", "comment  yes"]


def test_runbook_is_read_with_its_heading(folder):
    """The heading is its title."""
    folder.write("runbooks/cart.md", "# Cart is slow\nRestart it.\n")

    item = folder.get_only(EvidenceKind.RUNBOOK)

    assert item.title == "runbooks/cart.md: Cart is slow"
    assert item.lines[1].text == "Restart it."


def test_chat_has_its_messages_deploys_and_metrics(folder, texts):
    """Deleted messages never appear; a deploy is a change and a series a metric."""
    folder.write(
        "chat.json",
        {
            "incident": {"channels": ["#inc"]},
            "messages": [
                {"id": "1", "time": "2026-11-23T12:00:00Z", "user": "ada", "text": "is it\nslow?"},
                {"id": "2", "time": "2026-11-23T12:01:00Z", "user": "ada", "text": "oops", "deleted_at": "now"},
                "rubbish",
            ],
            "deploys": [{"id": "dep-1", "kind": "deployment", "time": "2026-11-23T11:00:00Z", "service": "cart"}],
            "metrics": [
                {"name": "error_rate", "labels": {"service": "cart"}, "points": [[1795435200, 1], [1795435260, 2]]}
            ],
        },
    )

    item = folder.get_only(EvidenceKind.TEXT)

    assert texts(item) == ["2026-11-23T12:00:00Z ada is it slow?"]
    assert item.entity.ref == "channel/#inc"
    assert folder.get_only(EvidenceKind.CHANGE).facts["id"] == "dep-1"
    assert folder.get_only(EvidenceKind.METRICS).facts["series"][0]["labels"]["service"] == "cart"


def test_chat_repeats_nothing_of_what_was_taken_away(folder, texts):
    """Neither what was deleted nor what an edited message said first; it may say itself what it says now."""
    folder.write(
        "chat.json",
        {
            "messages": [
                {"time": "2026-11-23T12:00:00Z", "text": "I think all carts are lost", "deleted": True},
                {"time": "2026-11-23T12:01:00Z", "text": '"all carts are lost" no, they are slow'},
                {"time": "2026-11-23T12:02:00Z", "text": "> all carts are lost"},
                {
                    "time": "2026-11-23T12:03:00Z",
                    "text": "checkout is slow in eu for everybody",
                    "edited": {"previous_text": "checkout is slow in eu for everybody, Tom did it"},
                },
                {"text": '"Tom did it" is not helpful'},
                {"time": "2026-11-23T12:05:00Z", "user": "ada"},
            ],
        },
    )

    assert texts(folder.get_only(EvidenceKind.TEXT)) == [
        "2026-11-23T12:01:00Z no, they are slow",
        "2026-11-23T12:03:00Z checkout is slow in eu for everybody",
        "is not helpful",
        "2026-11-23T12:05:00Z ada",
    ]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("tickets/t.json", "{", "not JSON"),
        ("tickets/t.json", "[3]", "an issue is an object"),
        ("runbooks/r.md", "\n", "it is empty"),
        ("chat.json", "{", "not JSON"),
        ("chat.json", "[1]", "a chat is an object"),
        ("chat.json", '{"metrics": [{"name": "x"}]}', "its metrics"),
        ("objects/o.txt", " \n", "it is empty"),
    ],
)
def test_what_cannot_be_used_is_named(folder, name, content, reason):
    """With the file and the reason."""
    folder.write("logs/a.log", "x\n")
    folder.write(name, content)

    (warning,) = folder.read().warnings

    assert warning.startswith(name)
    assert reason in warning


def test_long_page_is_cut(folder, monkeypatch):
    """The first lines, and how many there were."""
    monkeypatch.setattr(paper_files, "MOST_LINES", 2)  # A constant.
    folder.write("runbooks/r.md", "a\nb\nc")

    assert "first 2 of 3 lines" in folder.get_only(EvidenceKind.RUNBOOK).cut
